"""One step of a batch whose sequences have different lengths: those that are over keep their state and put out zeros."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd_lite.api.cond import cond
from autograd_lite.api.raw import raw
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.core import nest
from autograd_lite.graph.tensor import Tensor


class Lengths(NamedTuple):
    """The lengths of the sequences of a batch, [batch], and the least and the greatest of them."""

    each: Tensor
    least: Tensor
    greatest: Tensor


def masked_step(
    time: Any, lengths: Lengths, zero_output: Any, state: Any, step: Callable[[], Any], skip_conditionals: bool = False
) -> tuple[Any, Any]:
    """The output and the next state of one step at `time`.

    Args:
      time: the number of the step, a number or a tensor.
      lengths: of the sequences.
      zero_output: what is put out for sequences that are over; the structure of the output.
      state: the state before the step.
      step: builds the step itself: (output, next state).
      skip_conditionals: compute the step always and choose row by row, without branches that save work when all are over or none.
    """
    is_over = time >= lengths.each
    before = [*nest.flatten(zero_output), *nest.flatten(state)]

    def stepped() -> list[Any]:
        output, new_state = step()
        nest.assert_same_structure(zero_output, output)
        nest.assert_same_structure(state, new_state)
        return [*nest.flatten(output), *nest.flatten(new_state)]

    def chosen(after: Sequence[Any]) -> list[Any]:
        return [row_by_row(is_over, old, new) for old, new in zip(before, after)]

    def some_or_all() -> list[Any]:
        after = stepped()
        return cond(time < lengths.least, lambda: after, lambda: chosen(after))

    result = chosen(stepped()) if skip_conditionals else cond(time >= lengths.greatest, lambda: before, some_or_all)
    result = result if isinstance(result, list) else [result]
    for old, new in zip(before, result):
        if not isinstance(old, TensorArray):
            new.set_shape(old.static_shape)
    count = len(nest.flatten(zero_output))
    return nest.pack_sequence_as(zero_output, result[:count]), nest.pack_sequence_as(state, result[count:])


def row_by_row(is_over: Tensor, old: Any, new: Any) -> Any:
    """The rows of `old` where a sequence is over, those of `new` elsewhere; what has no rows goes on."""
    if isinstance(old, TensorArray) or old.static_shape == ():
        return new
    with new.graph.colocate_with(new.op):
        return raw.Select(is_over, old, new)
