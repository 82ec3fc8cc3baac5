"""Record the story of one run: forward values, gradients and their terms in one `session.run`, then what belongs to them.

The gradient nodes are built in the user's graph, where the rules of control flow and of custom gradients are known, and taken back when
the run is over: recording leaves a graph as it was. All values come from the same run, so the random numbers of dropout agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.autodiff import registry
from autograd_lite.autodiff.gradients import Visit, backward_walk, source_tensor
from autograd_lite.autodiff.reach import is_trainable
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import variable_behind
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.undo import for_a_moment
from autograd_lite.runtime.feeds import flat_feeds
from autograd_lite.runtime.session import get_default_session
from autograd_lite.teach.story.differences import check_leaves
from autograd_lite.teach.story.local import add_local_derivatives
from autograd_lite.teach.story.model import Kind, Node, Result, Story, Term
from autograd_lite.teach.story.structure import Structure, argument_number
from autograd_lite.teach.story.updates import Planned, carried_out, planned_updates


def record(
    loss: Any,
    feed_dict: Mapping[Any, Any] | None = None,
    session: Any = None,
    wrt: Iterable[Any] | None = None,
    train_op: Any = None,
    differences: bool = True,
) -> Story:
    """Run a graph forwards to `loss` and backwards to the leaves, and remember what every node did.

    Nothing is changed: no node is added for good, no variable is updated. A loss that is no scalar is differentiated as its sum.

    Args:
      loss: a floating point tensor (or variable, or name).
      feed_dict: as for `session.run`.
      session: the session whose variables count; the default session unless given.
      wrt: variables, placeholders or other tensors where the backward pass ends; all variables and fed floating point values unless given.
      train_op: the training operation whose updates are told; all updates of these variables by a gradient unless given.
      differences: compare the gradients of the leaves with differences of the loss, too, which runs the graph some more times.

    Raises:
      TypeError: `loss` is no tensor, or of a type through which no gradient flows.
      ValueError: there is no session, or it runs another graph, or the loss does not depend on anything in `wrt`.
      OpError: what `session.run` raises, for example for a placeholder that is not fed or a variable that is not initialized.
    """
    session = _session(session)
    graph: Graph = session.graph
    loss = _loss(loss, graph)
    fed, values = flat_feeds(graph, feed_dict) if feed_dict else ([], [])
    feeds = dict(zip(fed, values))
    structure = Structure(loss, fed)
    notes: list[str] = []
    with for_a_moment(graph):
        ends = _ends(structure, graph, wrt)
        visits, gradients = _walk(loss, ends, notes)
        planned = planned_updates(structure, train_op)
        _run(structure, visits, gradients, planned, session, feeds)
    _say_why(structure)
    updates = carried_out(planned)
    add_local_derivatives(structure.nodes)
    backward = [node for node in reversed(structure.nodes) if _passes_on(node, structure)]
    story = Story(structure.loss, structure.nodes, backward, updates, [], notes)
    if np.ndim(structure.loss.value):
        notes.append(f"{loss.op.name} is not one number, so what is differentiated is the sum of its elements.")
    if differences:
        story.differences.extend(check_leaves(story, session, feeds))
    return story


def _session(session: Any) -> Any:
    if session is None:
        session = get_default_session()
    if session is None:
        raise ValueError("There is no session to take values from.\n  Give session=..., or call this inside `with tf.Session():`.")
    if not hasattr(session, "run") or not isinstance(getattr(session, "graph", None), Graph):
        raise TypeError(f"session must be a tf.Session, received {type(session).__name__}")
    return session


def _loss(loss: Any, graph: Graph) -> Tensor:
    if isinstance(loss, str):
        loss = graph.as_graph_element(loss if ":" in loss else f"{loss}:0", allow_operation=False)
    if isinstance(loss, list | tuple | IndexedSlices) or not hasattr(loss, "graph") or isinstance(loss, Operation):
        raise TypeError(f"loss must be one tensor of floating point numbers, received {type(loss).__name__}")
    if loss.graph is not graph:
        raise ValueError(
            f"{loss.name} is in {loss.graph}, but the session runs {graph}.\n"
            "  Give the session of that graph: session=tf.Session(graph=...)."
        )
    if not isinstance(loss, Tensor):
        with graph.as_default():
            loss = loss.value()
    if not is_trainable(loss) or loss.dtype.is_complex or loss.dtype.name in ("resource", "variant"):
        raise TypeError(f"{loss.name} has type {loss.dtype.name}: gradients start at floating point numbers.")
    return loss


class _End(NamedTuple):
    """Where the backward pass ends: a result, and the tensor at which its gradient arrives."""

    result: Result
    target: Tensor


def _ends(structure: Structure, graph: Graph, wrt: Iterable[Any] | None) -> list[_End]:
    """What the loss is differentiated by."""
    leaves = [result for node in structure.nodes if node.kind in (Kind.VARIABLE, Kind.PLACEHOLDER) for result in node.results]
    if wrt is None:
        return [_End(result, _target(result)) for result in leaves if is_trainable(result.tensor)]
    ends = []
    for x in wrt if isinstance(wrt, list | tuple) else [wrt]:
        tensor = graph.as_graph_element(x if ":" in x else f"{x}:0", allow_operation=False) if isinstance(x, str) else source_tensor(x)
        if tensor.graph is not graph:
            raise ValueError(f"{tensor.name} is in {tensor.graph}, but the session runs {graph}.")
        node = structure.node_of(tensor.op)
        known = structure.known(tensor)
        if known is None and node is not None and node.kind is Kind.VARIABLE and node.results:
            known = node.results[0]
        if known is None:
            raise ValueError(f"{structure.loss.tensor.name} does not depend on {tensor.name}.")
        if not is_trainable(known.tensor):
            raise ValueError(f"{tensor.name} has type {known.tensor.dtype.name}: gradients flow through floating point numbers only.")
        ends.append(_End(known, _target(known)))
    if not ends:
        raise ValueError("wrt is empty: name at least one tensor or variable.")
    return ends


def _target(result: Result) -> Tensor:
    return result.node.op.outputs[0] if result.node.kind is Kind.VARIABLE else result.tensor


def _walk(loss: Tensor, ends: list[_End], notes: list[str]) -> tuple[list[Visit], dict[Result, Any]]:
    """Build the backward pass to `ends`, and without the placeholders if an operation on their way has no gradient function."""
    targets = [end.target for end in ends]
    if not targets:
        notes.append("The loss depends on no variable and no fed floating point value, so there is no gradient to tell of.")
        return [], {}
    try:
        gradients, visits = backward_walk(loss, targets, "story")
    except ValueError as error:  # a loop that was imported without what its gradient needs
        notes.append(f"There are no gradients to tell of: {str(error).splitlines()[0]}")
        return [], {}
    except LookupError as error:
        inner = [end for end in ends if end.result.node.kind is Kind.VARIABLE]
        if not inner or len(inner) == len(ends):
            raise
        notes.append(f"Gradients of fed values are left out: {str(error).splitlines()[0]}")
        ends[:] = inner
        return _walk(loss, ends, notes)
    return visits, {end.result: gradient for end, gradient in zip(ends, gradients)}


class _Wanted:
    """The tensors to fetch in the one run, and the places that wait for their values."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._numbers: dict[Tensor, int] = {}
        self.tensors: list[Tensor] = []

    def number(self, tensor: Tensor) -> int | None:
        """Where the tensor's value will stand; None when a run cannot give it (it lives inside a loop)."""
        if tensor in self._numbers:
            return self._numbers[tensor]
        if not self._graph.is_fetchable(tensor) or tensor.dtype.base_dtype.name in ("resource", "variant"):
            return None
        self._numbers[tensor] = len(self.tensors)
        self.tensors.append(tensor)
        return self._numbers[tensor]

    def gradient(self, gradient: Any) -> Any:
        """Where a gradient will stand: a number, or a pair of them for IndexedSlices."""
        if isinstance(gradient, IndexedSlices):
            return self.number(gradient.values), self.number(gradient.indices)
        return None if gradient is None else self.number(gradient)


def _run(
    structure: Structure, visits: list[Visit], gradients: dict[Result, Any], planned: list[Planned], session: Any, feeds: dict[Tensor, Any]
) -> None:
    """Fetch everything at once and put it where it belongs."""
    wanted = _Wanted(session.graph)
    results = [result for node in structure.nodes for result in node.results]
    forward = [(result, wanted.number(_readable(result))) for result in results]
    parameters = [(node, name, wanted.number(tensor)) for node in structure.nodes for name, tensor in node.parameters.items()]
    arrived = {result: wanted.gradient(gradient) for result, gradient in gradients.items()}
    passed: list[tuple[Result, Node, int, Any]] = []
    for visit in visits:
        node = structure.node_of(visit.op)
        for tensor, gradient in zip(visit.op.outputs, visit.arrived):
            result = structure.known(tensor)
            if gradient is not None and result is not None and result not in arrived and result.node is node:
                arrived[result] = wanted.gradient(gradient)
        if node is None or node.kind.is_leaf:
            continue
        for index, gradient in enumerate(visit.passed):
            result = structure.known(visit.op.inputs[index])
            if gradient is not None and result is not None and result.node is not node:
                passed.append((result, node, argument_number(node, visit.op, index, result), wanted.gradient(gradient)))
    for update in planned:
        update.ask(wanted.number)
    values = session.run(wanted.tensors, feeds)
    for result, number in forward:
        result.value = None if number is None else np.asarray(values[number])
    for node, name, number in parameters:
        node.parameters[name] = None if number is None else np.asarray(values[number])
    for result, place in arrived.items():
        result.gradient = _dense(place, values, result)
    for result, node, argument, place in passed:
        value = _dense(place, values, result)
        if value is not None:
            _add_term(result, node, argument, value)
    for result in results:
        result.terms.sort(key=lambda term: (-term.consumer.id, term.argument))
    for update in planned:
        update.answer(values)


def _add_term(result: Result, consumer: Node, argument: int, value: np.ndarray) -> None:
    """Add a term; what comes back through several operations of one loop or conditional is one term."""
    for term in result.terms:
        if term.consumer is consumer and term.argument == argument:
            term.value = term.value + value
            return
    result.terms.append(Term(consumer, argument, value))


def _readable(result: Result) -> Tensor:
    """A tensor with the value of a result; the variable behind a handle is read."""
    if result.tensor.dtype.name == "resource":
        known = variable_behind(result.tensor)
        if known is not None:
            readings = [tensor for tensor in result.same if tensor.dtype == known[0]]
            return readings[0] if readings else raw.ReadVariableOp(result.tensor, dtype=known[0])
    return result.tensor


def _dense(place: Any, values: list[Any], result: Result) -> np.ndarray | None:
    """The value of a gradient as an array of its result's shape."""
    if isinstance(place, tuple):
        rows, indices = place
        if rows is None or indices is None or result.value is None:
            return None
        dense = np.zeros(result.value.shape, values[rows].dtype)
        np.add.at(dense, values[indices], values[rows])
        return dense
    return None if place is None else np.asarray(values[place])


def _passes_on(node: Node, structure: Structure) -> bool:
    """Whether a node takes part in the backward pass: it has a gradient and arguments to pass it to."""
    has_gradient = any(result.gradient is not None for result in node.results)
    return has_gradient and any(term.consumer is node for argument in node.arguments for term in argument.result.terms)


def _say_why(structure: Structure) -> None:
    """Say for each result without a gradient why it has none."""
    users: dict[Result, list[Node]] = {}
    for node in structure.nodes:
        for argument in node.arguments:
            users.setdefault(argument.result, []).append(node)
    for node in structure.nodes:
        for result in node.results:
            if result.gradient is None:
                result.why = _why(result, users.get(result, []))


def _why(result: Result, users: list[Node]) -> str:
    if not is_trainable(result.tensor):
        return f"It is {result.tensor.dtype.base_dtype.name}: gradients flow through floating point numbers only."
    for user in users:
        rule = registry.find_rule(user.op) if user.kind is Kind.OPERATION else None
        if rule is not None and rule.function is None:
            return f"{rule.reason}, so nothing comes back through {user.name}."
    if users and all(output.gradient is None for user in users for output in user.results):
        return "Nothing that uses it has a gradient."
    if result.node.kind is Kind.CONSTANT:
        return "It is a constant: nobody asked how the loss would change with it."
    return "No way from here leads to a leaf whose gradient is wanted."
