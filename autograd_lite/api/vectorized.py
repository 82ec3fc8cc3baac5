"""`tf.vectorized_map`: a function of one element, turned into ops on whole batches.

The function is built once, for an element that a placeholder would choose. Each op that depends on the choice is then built again for all
elements at once (vectorized_rules.py says how); what does not depend on it stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api import constants
from autograd_lite.api.arrays import concat, expand_dims, ones_like, shape, stack
from autograd_lite.api.constants import constant
from autograd_lite.api.functional import check_callable, map_fn
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.api.slicing import gather
from autograd_lite.api.vectorized_rules import RULES, NoRule, Whole, pointwise
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor

FEW = 64  # elements for which a function that cannot be vectorized is built one by one
_SHARED = frozenset(["Variable", "VariableV2", "VarHandleOp", "ReadVariableOp"])  # the same for each element


@export("vectorized_map")
def vectorized_map(fn: Callable[[Any], Any], elems: Any) -> Any:
    """Apply `fn` to each part of `elems` along its first axis, and stack the results: all parts at once.

    `fn` is built once, and its ops on one element become ops on all of them. Where that is not possible (random numbers, branches, loops
    and rarer ops) it is built once for each element if there are few, and as a loop otherwise.

    Raises:
      TypeError: when `fn` cannot be called.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.vectorized_map(lambda x: x * x, tf.constant([1, 2, 3])))
    array([1, 4, 9], dtype=int32)
    """
    check_callable(fn)
    flat = [convert_to_tensor(elem, name="elem") for elem in nest.flatten(elems)]
    for elem in flat:
        if elem.static_shape == ():
            raise IndexError("list index out of range\n  The elements are the parts along the first axis: a scalar has none.")
    known = [elem.static_shape[0] for elem in flat if elem.static_shape is not None and elem.static_shape[0] is not None]
    try:
        with in_current_scope(flat):
            return _vectorized(fn, elems, flat, known[0] if known else None)
    except NoRule:
        return _one_by_one(fn, elems, flat, known[0] if known else None)


def _vectorized(fn: Callable[[Any], Any], elems: Any, flat: Sequence[Tensor], known: int | None) -> Any:
    graph = get_default_graph()
    count = shape(flat[0])[0] if known is None else None
    first = len(graph._operations)
    with graph.name_scope("loop_body"):
        choice = raw.PlaceholderWithDefault(0, shape=())
        results = fn(nest.pack_sequence_as(elems, [gather(elem, choice) for elem in flat]))
        outputs = [convert_to_tensor(result) for result in nest.flatten(results)]
    body = dict.fromkeys(graph._operations[first:])
    limit = known if count is None else count
    if known is not None:
        constant(known)  # unused, as in TensorFlow: the names and seeds of what follows depend on it
    with graph.name_scope("pfor"):
        size = constant([known], "int32") if count is None else expand_dims(count, 0)
        batch = Batch(choice, body, size, constants.range(limit, name="all_indices"))
        whole = [batch.whole_of(output) for output in outputs]
    return nest.pack_sequence_as(results, whole)


class Batch:
    """A function that was built for one element, on its way to all of them.

    Args:
      choice: the placeholder that chooses the element. body: the operations of the function. size: how many elements, a vector of one.
      everything: the numbers of all elements.
    """

    def __init__(self, choice: Tensor, body: dict[Operation, None], size: Tensor, everything: Tensor) -> None:
        self.size = size
        self.everything = everything
        self._body = body
        self._found: dict[Tensor, Whole] = {choice: Whole(everything, True)}

    def whole_of(self, tensor: Tensor) -> Tensor:
        """A tensor of the function, for all elements."""
        return self.stacked(self._convert(tensor))

    def stacked(self, value: Whole) -> Tensor:
        """A value for all elements; one that is the same for all is repeated."""
        if value.is_stacked:
            return value.tensor
        ones = ones_like(shape(value.tensor))
        return raw.Tile(expand_dims(value.tensor, 0), concat([self.size, ones], 0))

    def _convert(self, tensor: Tensor) -> Whole:
        waiting = [tensor]
        while waiting:
            current = waiting[-1]
            missing = [source for source in current.op.inputs if source not in self._found] if current.op in self._body else []
            if current in self._found:
                waiting.pop()
            elif current.op not in self._body:
                self._found[current] = Whole(current, False)
            elif missing:
                waiting.extend(missing)
            else:
                self._convert_op(current.op)
        return self._found[tensor]

    def _convert_op(self, op: Operation) -> None:
        inputs = [self._found[source] for source in op.inputs]
        if op.opdef.has_effects and op.type not in _SHARED:
            raise NoRule(op.name)
        if not any(value.is_stacked for value in inputs):
            outputs = [Whole(output, False) for output in op.outputs]
        else:
            with op.graph.name_scope(f"{op.name}/pfor/"):
                outputs = RULES.get(op.type, pointwise)(self, op, inputs)
        self._found.update(zip(op.outputs, outputs, strict=True))


def _one_by_one(fn: Callable[[Any], Any], elems: Any, flat: Sequence[Tensor], count: int | None) -> Any:
    with building(None, "loop_body", flat):
        if count is not None and count <= FEW:
            results = [fn(nest.pack_sequence_as(elems, [elem[index] for elem in flat])) for index in range(count)]
            return nest.map_structure(lambda *parts: stack(parts), *results)
        first = fn(nest.pack_sequence_as(elems, [elem[0] for elem in flat]))
        kinds = nest.map_structure(lambda value: convert_to_tensor(value).dtype, first)
    return map_fn(fn, elems, dtype=kinds)
