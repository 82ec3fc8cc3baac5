"""`tf.nn.raw_rnn`: a loop over the steps of a cell in which a function of the program decides about input, state, output and the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import shape as shape_of
from autograd_lite.api.constants import constant, zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.api.while_loop import while_loop
from autograd_lite.core import dtypes, nest, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.lib.rnn.cell import check_is_cell, unrolling
from autograd_lite.lib.rnn.masked import row_by_row
from autograd_lite.lib.rnn.sizes import joined, shape_after
from autograd_lite.lib.rnn.static import cache_on_own_device
from autograd_lite.lib.variable_scope import variable_scope


@export("nn.raw_rnn")
def raw_rnn(
    cell: Any, loop_fn: Callable[..., Any], parallel_iterations: int | None = None, swap_memory: bool = False, scope: Any = None
) -> tuple[Any, Any, Any]:
    """Run a cell in a loop that `loop_fn` steers.

    Args:
      cell: an RNNCell.
      loop_fn: from (time, output, state, loop state) to (finished [batch], next input, next state, what to emit, next loop state). It is
        called once with time 0 and None for the others: then it returns the first input and state, and what an emitted value of one
        sequence looks like (None: as the output of the cell).
      parallel_iterations, swap_memory: accepted for TensorFlow's sake.
      scope: the variable scope, or its name; `rnn` if None.

    Returns:
      The emitted values of all steps as TensorArrays, the last state, and the last loop state (None if there is none). Sequences that
      are finished keep their state and emit zeros.

    Raises:
      TypeError: `cell` is no cell or `loop_fn` cannot be called.
      ValueError: batch sizes or structures do not fit.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.GRUCell(4)
    >>> def loop_fn(time, output, state, loop_state):
    ...     state = cell.zero_state(2, tf.float32) if output is None else state
    ...     return tf.tile([time >= 5], [2]), tf.zeros([2, 3]), state, output, None
    >>> emitted, state, _ = tf.nn.raw_rnn(cell, loop_fn)
    >>> emitted.stack().shape.as_list()
    [None, 2, 4]
    """
    check_is_cell("cell", cell)
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with unrolling(get_default_graph(), cell), variable_scope(scope or "rnn") as opened:
        cache_on_own_device(opened)
        return _RawLoop(cell, loop_fn).build(parallel_iterations or 32, swap_memory)


class _RawLoop:
    """The making of the loop of `raw_rnn`."""

    def __init__(self, cell: Any, loop_fn: Callable[..., Any]) -> None:
        self.cell = cell
        self.loop_fn = loop_fn

    def build(self, parallel_iterations: int, swap_memory: bool) -> tuple[Any, Any, Any]:
        """Build the loop: emitted values, last state, last loop state."""
        time = constant(0, dtype=dtypes.int32)
        finished, inputs, state, emitted, loop_state = self.loop_fn(time, None, None, None)
        has_loop_state = loop_state is not None
        if not has_loop_state:
            loop_state = constant(0, dtype=dtypes.int32)
        known, batch_size = _batch_of(inputs)
        nest.assert_same_structure(state, self.cell.state_size)
        state = nest.pack_sequence_as(state, [convert_to_tensor(part) for part in nest.flatten(state)])
        arrays = self._make_arrays(emitted, known, batch_size, nest.flatten(state)[0].dtype)
        _, _, _, arrays, state, loop_state = while_loop(
            lambda time, finished, *_: raw.LogicalNot(reduce_all(finished)),
            self._step,
            loop_vars=[time, finished, inputs, arrays, state, loop_state],
            parallel_iterations=parallel_iterations,
            swap_memory=swap_memory,
        )
        return arrays, state, loop_state if has_loop_state else None

    def _make_arrays(self, emitted: Any, known: int | None, batch_size: Any, dtype: Any) -> Any:
        """The arrays for what is emitted, and zeros for what finished sequences emit."""
        if emitted is None:
            emitted = self.cell.output_size
            kinds = [(size, dtype) for size in nest.flatten(emitted)]
        else:
            flat = [convert_to_tensor(part) for part in nest.flatten(emitted)]
            kinds = [(part.static_shape if shapes.is_defined(part.static_shape) else shape_of(part), part.dtype) for part in flat]
        arrays = [
            TensorArray(kind, size=0, dynamic_size=True, element_shape=shape_after(known, size), name=f"rnn_output_{number}")
            for number, (size, kind) in enumerate(kinds)
        ]
        self.zeros = nest.pack_sequence_as(emitted, [zeros(joined(batch_size, size), kind) for size, kind in kinds])
        return nest.pack_sequence_as(emitted, arrays)

    def _step(self, time: Any, finished: Any, inputs: Any, arrays: Any, state: Any, loop_state: Any) -> Any:
        output, cell_state = self.cell(inputs, state)
        next_time = time + 1
        newly_finished, next_inputs, next_state, emitted, next_loop_state = self.loop_fn(next_time, output, cell_state, loop_state)
        nest.assert_same_structure(state, next_state)
        nest.assert_same_structure(inputs, next_inputs)
        nest.assert_same_structure(arrays, emitted)
        emitted = nest.map_structure(lambda old, new: row_by_row(finished, old, new), self.zeros, emitted)
        next_state = nest.map_structure(lambda old, new: row_by_row(finished, old, new), state, next_state)
        arrays = nest.map_structure(lambda array, value: array.write(time, value), arrays, emitted)
        finished = raw.LogicalOr(finished, newly_finished)
        return next_time, finished, next_inputs, arrays, next_state, loop_state if next_loop_state is None else next_loop_state


def _batch_of(inputs: Any) -> tuple[int | None, Any]:
    """The batch size of the first inputs, as a number or None, and as a number or a tensor."""
    flat = [convert_to_tensor(part) for part in nest.flatten(inputs)]
    known: int | None = None
    for tensor in flat:
        size = tensor.static_shape[0] if tensor.static_shape else None
        if known is not None and size is not None and size != known:
            raise ValueError(f"batch_size is not the same for all the elements in the input. Saw values {known} and {size}")
        known = known if size is None else size
    return known, shape_of(flat[0])[0] if known is None else known
