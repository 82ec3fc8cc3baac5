"""The gradients of the leaves once more, by differences of the loss: two runs with one number moved a little up and a little down."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.asked import is_drawn
from autograd_lite.teach.story.model import Difference, Kind, Node, Result, Story

_PER_LEAF = 6  # elements of one leaf that are checked
_MOST, _MOST_OF_LARGE = 60, 16  # in all: each takes two runs
_MOST_LEAVES = 240  # one element of each, if there are more leaves than that in a model that is not large
_LARGE = 100_000  # numbers in all results
_ROUNDINGS = 8  # last bits by which a computed loss may be off


def check_leaves(story: Story, session: Any, feeds: dict[Tensor, Any]) -> list[Difference]:
    """Compare some elements of every leaf: all of a small one, otherwise those with the largest gradients.

    What was drawn at random stays as it was in the recorded run, so that the loss is a function of the leaf alone.
    """
    found: list[Difference] = []
    leaves = [result for result in story.leaves if result.gradient is not None and result.gradient.size and _can_be_moved(result)]
    held = {tensor: result.value for result in leaves for tensor in result.same}  # all fed in each run: one plan serves them all
    frozen = {**feeds, **_drawn(story), **held}
    size = sum(result.value.size for node in story.nodes for result in node.results if result.value is not None)
    most = max(_MOST, min(len(leaves), _MOST_LEAVES)) if size < _LARGE else _MOST_OF_LARGE
    for result in leaves:
        share = max(1, min(_PER_LEAF, most // len(leaves)))
        order = np.argsort(-np.abs(np.asarray(result.gradient)), axis=None, kind="stable")[:share]
        for flat in sorted(order.tolist()):
            if len(found) >= most:
                return found
            index = tuple(int(i) for i in np.unravel_index(flat, result.value.shape))
            found.append(_difference(story, session, frozen, result, index))
    return found


def _can_be_moved(result: Result) -> bool:
    """Whether the loss can be computed with another value here: a variable of which an operation takes the handle cannot be fed."""
    if result.value is None or result.value.dtype.kind != "f":
        return False
    return all(tensor.dtype.name != "resource" and tensor.graph.is_feedable(tensor) for tensor in result.same)


def _drawn(story: Story) -> dict[Tensor, Any]:
    """The values of random nodes, and of others that may give something else in the next run.

    What the leaves lead to is not among them, unless no gradient passes it: then it counts as a constant.
    """
    found: dict[Tensor, Any] = {}
    moving: set[Node] = set()
    for node in story.nodes:
        follows = any(argument.result.node in moving for argument in node.arguments)
        if follows or node.kind in (Kind.VARIABLE, Kind.PLACEHOLDER):
            moving.add(node)
        if node.kind is not Kind.OPERATION or not node.op.opdef.has_effects:
            continue
        if follows and any(result.gradient is not None for result in node.results) or _is_part_of_a_list(node.op):
            continue
        given = [result for result in node.results if result.value is not None and result.tensor.graph.is_feedable(result.tensor)]
        found.update((result.tensor, result.value) for result in given)
    return found


def _is_part_of_a_list(op: Operation) -> bool:
    """Whether an operation works on an object that each run makes anew, a TensorArray: fed, its elements would never be written."""
    handles = any(tensor.dtype.name == "resource" for tensor in (*op.inputs, *op.outputs))
    return handles and (not is_drawn(op) or any(tensor.dtype.name == "resource" for tensor in op.outputs))


def _difference(story: Story, session: Any, feeds: dict[Tensor, Any], result: Result, index: tuple[int, ...]) -> Difference:
    here = result.value[index]
    step = step_for(here)
    losses, places = [], []
    for moved in (here - step, here, here + step):
        array = result.value.copy()
        array[index] = moved
        places.append(float(array[index]))
        loss = story.loss.value if moved is here else session.run(story.loss.tensor, {**feeds, **dict.fromkeys(result.same, array)})
        losses.append(float(np.sum(loss, dtype=np.float64)))
    below, above, both = (_slope(places, losses, *pair) for pair in ((0, 1), (1, 2), (0, 2)))
    size = float(np.sum(np.abs(story.loss.value), dtype=np.float64))
    rounding = _ROUNDINGS * float(np.finfo(story.loss.value.dtype).eps) * size / (places[2] - places[0])
    return Difference(result, index, float(result.gradient[index]), both, below, above, rounding)  # type: ignore[index]


def _slope(places: list[float], losses: list[float], first: int, last: int) -> float:
    return (losses[last] - losses[first]) / (places[last] - places[first])


def step_for(value: Any) -> Any:
    """A step for central differences at `value`: the cube root of the type's precision, which balances rounding and curvature."""
    kind = value.dtype.type
    return kind(np.cbrt(float(np.finfo(kind).eps))) * max(kind(1), abs(value))
