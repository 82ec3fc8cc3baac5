"""Choosing among several branches: `tf.case` by conditions, `tf.switch_case` by number."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_lite.api.arrays import stack
from autograd_lite.api.asserts import Assert
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import cond
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.function import PLACEHOLDERS, FunctionGraph, add_function, unused_function_name
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor

Branch = Callable[[], Any]


@export("case")
def case(
    pred_fn_pairs: Any, default: Branch | None = None, exclusive: bool = False, strict: bool = False, name: str = "case"
) -> Any:
    """Run the branch of the first condition that holds.

    Args:
      pred_fn_pairs: pairs of a scalar bool tensor and a function without arguments, in a list, or (with `exclusive`) a dict.
      default: the branch when no condition holds; without it, one must hold, which is checked as the graph runs.
      exclusive: check as the graph runs that not more than one condition holds.
      strict: keep a list of one result as a list.

    Raises:
      TypeError: when the pairs are no such pairs.
      ValueError: when the branches do not return the same structure and types.

    >>> import autograd_lite as tf
    >>> x = tf.constant(3)
    >>> print(tf.Session().run(tf.case([(x < 0, lambda: -1), (x > 0, lambda: 1)], default=lambda: 0)))
    1
    """
    pairs = _checked_pairs(pred_fn_pairs, exclusive)
    predicates, actions = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    with building(name, "case", predicates):
        if default is None:
            default, predicates, actions = _default_action(predicates, actions)
        chosen = default
        for predicate, action in reversed(list(zip(predicates, actions))):
            chosen = functools.partial(cond, predicate, action, chosen, strict=strict)
        if not exclusive:
            return chosen()
        check = _at_most(predicates, 1, "Input error: exclusive=True")
        with get_default_graph().control_dependencies([check]):
            return chosen()


def _checked_pairs(pairs: Any, exclusive: bool) -> list[tuple[Tensor, Branch]]:
    if isinstance(pairs, Mapping):
        pairs = sorted(pairs.items(), key=lambda item: item[0].name)
    elif not isinstance(pairs, list | tuple):
        raise TypeError(f"'pred_fn_pairs' must be a list, tuple, or dict. Received: {type(pairs)}")
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'pred_fn_pairs' must be a 2-tuple. Received {pair}.")
        predicate, action = pair
        if not isinstance(predicate, Tensor):
            raise TypeError(f"pred must be a Tensor, got: {predicate}")
        if predicate.dtype.base_dtype.name != "bool":
            raise TypeError(f"pred must be Tensor of type bool: {predicate.name}")
        if not callable(action):
            raise TypeError(f"fn for pred {predicate.name} must be callable.")
    if not pairs:
        raise ValueError("not enough values to unpack (expected 2, got 0)\n  tf.case needs at least one pair.")
    return list(pairs)


def _default_action(predicates: Sequence[Tensor], actions: Sequence[Branch]) -> tuple[Branch, list[Tensor], list[Branch]]:
    """The last action as the default, guarded by the check that its condition holds, and no other; and the other pairs."""
    last = len(predicates) - 1
    predicate, action = predicates[last], actions[last]
    others = list(predicates[:last])

    def default() -> Any:
        none = ("Input error: None of conditions evaluated as True:", stack(predicates, name="preds_c"))
        text = f"Implementation error: selected default action #{last} was called, but some of other predicates are True: "
        checks = [_at_most(others, 0, text), Assert(predicate, data=none)]
        with get_default_graph().control_dependencies(checks):
            return action()

    return default, others, list(actions[:last])


def _at_most(predicates: Sequence[Tensor], count: int, text: str) -> Operation:
    """The check that not more than `count` conditions hold."""
    conditions = stack(predicates, name="preds_c") if predicates else constant([], "float32", name="preds_c")
    holding = reduce_sum(cast(conditions, "int32"), name="num_true_conds")
    condition = raw.LessEqual(holding, constant(count, name="n_true_conds"))
    names = ", ".join(predicate.name for predicate in predicates)
    message = f"{text}: more than {count} conditions ({names}) evaluated as True:"
    return Assert(condition, data=[message, conditions], summarize=len(predicates))


@export("switch_case")
def switch_case(branch_index: Any, branch_fns: Any, default: Branch | None = None, name: str = "switch_case") -> Any:
    """Run the branch with the number `branch_index`; the default, or else the last, when there is no such branch.

    Args:
      branch_index: scalar int32 tensor.
      branch_fns: functions without arguments: a list, a dict by number, or a list of pairs of number and function.

    Raises:
      TypeError: when the index is no integer tensor or a branch cannot be called.
      ValueError: when there is no branch, or the numbers have gaps.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.switch_case(tf.constant(1), [lambda: 10, lambda: 20])))
    20
    """
    branches = _checked_branches(branch_index, branch_fns, default)
    with building(name, "switch_case", [branch_index]):
        index = convert_to_tensor(branch_index)
        if release().switches_by_case:
            functions = _as_functions(branches if default is None else [*branches, default])
            if functions is not None:
                return _indexed(index, *functions)
        chosen = default or branches[-1]
        numbered = branches if default is not None else branches[:-1]
        for number, branch in reversed(list(enumerate(numbered))):
            chosen = functools.partial(_by_number, index, number, branch, chosen)
        return chosen()


def _as_functions(branches: Sequence[Branch]) -> tuple[list[FunctionGraph], Any] | None:
    """The branches as functions of the graph, and the structure of what they give.

    None when one has state, they differ, or one uses a constant or variable from outside: a function has a copy of it, to which no gradient
    would flow.
    """
    outer = get_default_graph()
    bodies: list[FunctionGraph] = []
    structures: list[Any] = []
    for branch in branches:
        body = FunctionGraph(unused_function_name(outer, f"switch_case_branch{len(bodies)}"), outer)
        with body.as_default():
            result = nest.map_structure(lambda value, body=body: body.capture(convert_to_tensor(value)), branch())
        body.outputs = nest.flatten(result)
        bodies.append(body)
        structures.append(result)
    kinds = [[output.dtype.base_dtype for output in body.outputs] for body in bodies]
    nodes = [op for body in bodies for op in body.get_operations() if op.type not in PLACEHOLDERS]
    is_copied = any(body.properties.get("copies") for body in bodies)
    if is_copied or any(op.opdef.has_effects for op in nodes) or any(kind != kinds[0] for kind in kinds) or not kinds[0]:
        return None
    return bodies, structures[0]


def _indexed(index: Tensor, bodies: list[FunctionGraph], structure: Any) -> Any:
    """One node that calls the function with this number."""
    graph = get_default_graph()
    captured = list(dict.fromkeys(tensor for body in bodies for tensor in body.captures))
    for number, body in enumerate(bodies):
        given = {tensor: body.capture(tensor) for tensor in captured}  # every function takes what any of them uses
        body.captures = {tensor: given[tensor] for tensor in captured}
        body.name = unused_function_name(graph, f"switch_case_branch{number}")
        add_function(graph, body)
    first = bodies[0].outputs
    shapes = [_merged_shapes([body.outputs[place].static_shape for body in bodies]) for place in range(len(first))]
    made = raw.StatelessCase(
        index, captured, Tout=[output.dtype.base_dtype for output in first], branches=[body.name for body in bodies],
        output_shapes=shapes, name="indexed_case",
    )  # fmt: skip
    with graph.name_scope(f"{made[0].op.name}/"):
        found = [raw.Identity(output) for output in made]
    return nest.pack_sequence_as(structure, found)


def _merged_shapes(shapes: Sequence[Any]) -> Any:
    """What is known of a value that has one of several static shapes."""
    if any(shape is None or len(shape) != len(shapes[0]) for shape in shapes):
        return None
    return tuple([sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes)])


def _by_number(index: Tensor, number: int, branch: Branch, other: Branch) -> Any:
    return cond(raw.Equal(index, number), branch, other)


def _checked_branches(index: Any, branches: Any, default: Any) -> list[Branch]:
    if not isinstance(index, Tensor):
        raise TypeError(f"'branch_index' must be a Tensor, got {type(index)}")
    if not index.dtype.base_dtype.is_integer:
        raise TypeError(f"'branch_index' must be an integer Tensor, got {index.dtype}")
    if not branches:
        raise ValueError("Must provide at least one item in 'branch_fns'")
    if isinstance(branches, Mapping):
        branches = list(branches.items())
    elif all(callable(branch) for branch in branches):
        branches = list(enumerate(branches))
    for key, branch in branches:
        if not isinstance(key, int):
            raise TypeError(f"key must be a Python `int`, got {key}")
        if not callable(branch):
            raise TypeError(f"fn for key {key} must be callable.")
    keys = sorted(key for key, _ in branches)
    if keys != list(range(len(keys))):
        shown = ",".join(str(key) for key in keys)
        raise ValueError(f"branch indices (keys) must form contiguous range of [0 to {len(keys)}) but found {{{shown}}}")
    if default is not None and not callable(default):
        raise TypeError(f"default must be callable, got {default!r}")
    return [branch for _, branch in sorted(branches, key=lambda pair: pair[0])]
