"""Unrolling a cell as a loop: `tf.nn.dynamic_rnn` runs as many steps as the input has when the graph runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.api.arrays import concat, identity, rank, shape as shape_of, stack, transpose
from autograd_lite.api.asserts import Assert
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as range_, zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all, reduce_max, reduce_min
from autograd_lite.api.sorting import reverse_sequence
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.api.while_loop import while_loop
from autograd_lite.core import dtypes, nest, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.layers.layer import graph_of_inputs
from autograd_lite.lib.rnn.cell import check_is_cell, initial_state_of, unrolling
from autograd_lite.lib.rnn.masked import Lengths, masked_step
from autograd_lite.lib.rnn.sizes import batch_size_of, joined, joined_static, shape_after, state_dtype
from autograd_lite.lib.rnn.static import cache_on_own_device
from autograd_lite.lib.variable_scope import variable_scope

_RANK_HELP = "  The input is {!r}: its rank must be known. Give the placeholder a shape, or use tensor.set_shape."


@export("nn.dynamic_rnn")
def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run a cell over sequences, in a loop of as many steps as the inputs have.

    Args:
      cell: an RNNCell.
      inputs: [batch, time, ...], or a structure of such tensors; batch and time may be unknown, the rest not.
      sequence_length: [batch], how many steps each sequence has: later outputs are zeros and the state stays.
      initial_state: the state before the first step; zeros of type `dtype` if None.
      dtype: the type of the first state; needed if `initial_state` is None.
      parallel_iterations, swap_memory: accepted for TensorFlow's sake.
      time_major: whether inputs and outputs are [time, batch, ...].
      scope: the variable scope, or its name; `rnn` if None.

    Returns:
      The outputs, [batch, time, output size], and the last state.

    Raises:
      TypeError: `cell` is no cell.
      ValueError: no type, an input size is unknown, or `sequence_length` is no vector.

    >>> import autograd_lite as tf
    >>> x = tf.placeholder(tf.float32, [None, None, 3])
    >>> outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(4), x, dtype=tf.float32)
    >>> outputs.shape.as_list(), state.h.shape.as_list()
    ([None, None, 4], [None, 4])
    """
    check_is_cell("cell", cell)
    with unrolling(graph_of_inputs(inputs), cell), variable_scope(scope or "rnn") as opened:
        cache_on_own_device(opened)
        flat = nest.flatten(inputs)
        if not time_major:
            flat = [convert_to_tensor(tensor) for tensor in flat]
            flat = [batch_and_time_swapped(tensor) for tensor in flat]
        else:
            flat = [convert_to_tensor(tensor) for tensor in flat]
        if sequence_length is not None:
            sequence_length = _as_lengths(sequence_length)
        batch_size = batch_size_of(flat)
        if initial_state is None:
            if not dtype:
                raise ValueError(
                    "If there is no initial_state, you must give a dtype."
                    if release().older_error_texts
                    else "If no initial_state is provided, argument `dtype` must be specified"
                )
            initial_state = initial_state_of(cell, batch_size, dtype)
        if sequence_length is not None:
            with get_default_graph().control_dependencies([_assert_has_shape(sequence_length, [batch_size])]):
                sequence_length = identity(sequence_length, name="CheckSeqLen")
        loop = _Loop(cell, inputs, flat, initial_state, dtype, sequence_length)
        outputs, state = loop.build(parallel_iterations or 32, swap_memory)
        return (outputs if time_major else nest.map_structure(batch_and_time_swapped, outputs)), state


def batch_and_time_swapped(tensor: Tensor) -> Tensor:
    """Exchange the first two axes."""
    static = tensor.static_shape
    if static is None:
        raise TypeError(f"'NoneType' object is not subscriptable\n{_RANK_HELP.format(tensor)}")
    if len(static) < 2:
        raise ValueError(
            f"Expected input tensor {tensor.name} to have rank at least 2, but saw shape: {shapes.python_text(static)}\n"
            "  The inputs are [batch, time, size]."
        )
    swapped = transpose(tensor, concat(([1, 0], range_(2, rank(tensor))), axis=0))
    swapped.set_shape([static[1], static[0], *static[2:]])
    return swapped


def _as_lengths(sequence_length: Any) -> Tensor:
    lengths = cast(sequence_length, dtypes.int32)
    if lengths.static_shape is not None and len(lengths.static_shape) != 1:
        shape = shapes.python_text(lengths.static_shape)
        raise ValueError(
            f"sequence_length must be a vector of length batch_size, but saw shape: {shape}"
            if release().older_error_texts
            else "Argument sequence_length must be a vector of length batch_size. "
            f"Received sequence_length={sequence_length} of shape: {shape}"
        )
    return identity(lengths, name="sequence_length")


def _assert_has_shape(tensor: Tensor, shape: Any) -> Any:
    found, wanted = shape_of(tensor), stack(shape)
    data = [f"Expected shape for Tensor {tensor.name} is ", wanted, " but saw shape: ", found]
    return Assert(reduce_all(raw.Equal(found, wanted)), data)


def _after_time(tensor: Tensor) -> shapes.Shape:
    return None if tensor.static_shape is None else tensor.static_shape[1:]


class _Loop:
    """The making of the loop of `dynamic_rnn`."""

    def __init__(self, cell: Any, inputs: Any, flat: Sequence[Tensor], state: Any, dtype: Any, lengths: Tensor | None) -> None:
        self.cell = cell
        self.structure = inputs
        self.flat = flat
        self.state = state
        self.dtype = dtype
        self.sizes = nest.flatten(cell.output_size)
        self.time_steps = shape_of(flat[0])[0]
        batch_size = batch_size_of(flat)
        self.known_steps, self.known_batch = self._check_shapes()
        self.zero_output = nest.pack_sequence_as(
            cell.output_size, [zeros(joined(batch_size, size), state_dtype(dtype, state)) for size in self.sizes]
        )
        self.lengths = None
        if lengths is not None:
            self.lengths = Lengths(lengths, reduce_min(lengths), reduce_max(lengths))

    def _check_shapes(self) -> tuple[int | None, int | None]:
        """The number of steps and of sequences, as far as they are known."""
        known: shapes.Shape = (None, None)
        for tensor in self.flat:
            static = tensor.get_shape().with_rank_at_least(3).dims_tuple
            if static is None:
                raise ValueError(f"as_list() is not defined on an unknown TensorShape.\n{_RANK_HELP.format(tensor)}")
            if None in static[2:]:
                raise ValueError(
                    "Input size (depth of inputs) must be accessible via shape inference, but saw value None.\n"
                    f"  The input is {tensor!r}: give the placeholder a shape whose last size is a number, or use tensor.set_shape."
                )
            try:
                known = shapes.merge(known, static[:2])
            except ValueError:
                raise ValueError(
                    "Time steps is not the same for all the elements in the input in a batch."
                    if known is not None and shapes.compatible(known[1:], static[1:2])
                    else "Batch_size is not the same for all the elements in the input."
                ) from None
        return known  # type: ignore[return-value]

    def build(self, parallel_iterations: int, swap_memory: bool) -> tuple[Any, Any]:
        """Build the loop: the outputs, time first, and the last state."""
        bound = self.time_steps if self.lengths is None else self.lengths.greatest
        time = constant(0, dtype=dtypes.int32, name="time")
        with name_scope("dynamic_rnn") as scope:
            base = scope
        self._make_arrays(base)
        bound = raw.Minimum(self.time_steps, raw.Maximum(1, bound))
        _, arrays, state = while_loop(
            cond=lambda time, *_: time < bound,
            body=self._step,
            loop_vars=(time, self.outputs, self.state),
            parallel_iterations=parallel_iterations,
            maximum_iterations=self.time_steps,
            swap_memory=swap_memory,
        )
        results = [array.stack() for array in arrays]
        for result, size in zip(results, self.sizes):
            result.set_shape(joined_static([self.known_steps, self.known_batch], size))
        return nest.pack_sequence_as(self.cell.output_size, results), state

    def _make_arrays(self, base: str) -> None:
        """The arrays that the loop writes and reads, one element for each step."""
        self.outputs = tuple(
            TensorArray(
                state_dtype(self.dtype, self.state), size=self.time_steps, tensor_array_name=f"{base}output_{number}",
                element_shape=shape_after(self.known_batch, size),
            )
            for number, size in enumerate(self.sizes)
        )  # fmt: skip
        empty = [
            TensorArray(tensor.dtype, size=self.time_steps, tensor_array_name=f"{base}input_{number}", element_shape=_after_time(tensor))
            for number, tensor in enumerate(self.flat)
        ]
        self.inputs = [array.unstack(tensor) for array, tensor in zip(empty, self.flat)]

    def _step(self, time: Tensor, arrays: Any, state: Any) -> Any:
        given = [array.read(time) for array in self.inputs]
        for tensor, whole in zip(given, self.flat):
            tensor.set_shape(_after_time(whole))
        inputs = nest.pack_sequence_as(self.structure, given)
        if self.lengths is None:
            output, state = self.cell(inputs, state)
        else:
            before = state
            output, state = masked_step(
                time, self.lengths, self.zero_output, before, lambda: self.cell(inputs, before), skip_conditionals=True
            )
        written = tuple(array.write(time, part) for array, part in zip(arrays, nest.flatten(output)))
        return time + 1, written, state


@export("nn.bidirectional_dynamic_rnn")
def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run one cell forward and one backward over sequences.

    Args:
      cell_fw, cell_bw: the cells.
      inputs, sequence_length, dtype, parallel_iterations, swap_memory, time_major: as of `tf.nn.dynamic_rnn`.
      initial_state_fw, initial_state_bw: the states before the first steps; zeros if None.
      scope: the variable scope, or its name; `bidirectional_rnn` if None.

    Returns:
      The outputs of both cells as a pair, each in the order of the inputs, and the pair of their last states.

    >>> import autograd_lite as tf
    >>> cells = tf.nn.rnn_cell.GRUCell(4), tf.nn.rnn_cell.GRUCell(4)
    >>> (forward, backward), states = tf.nn.bidirectional_dynamic_rnn(*cells, tf.zeros([2, 5, 3]), dtype=tf.float32)
    >>> forward.shape.as_list(), backward.shape.as_list()
    ([2, 5, 4], [2, 5, 4])
    """
    check_is_cell("cell_fw", cell_fw)
    check_is_cell("cell_bw", cell_bw)
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def backward(tensor: Tensor) -> Tensor:
        if sequence_length is None:
            return raw.ReverseV2(tensor, axis=[time_axis])
        return reverse_sequence(tensor, seq_lengths=sequence_length, seq_axis=time_axis, batch_axis=batch_axis)

    arguments = {
        "sequence_length": sequence_length, "dtype": dtype, "parallel_iterations": parallel_iterations, "swap_memory": swap_memory,
        "time_major": time_major,
    }  # fmt: skip
    with unrolling(graph_of_inputs(inputs), cell_fw, cell_bw):
        with variable_scope(scope or "bidirectional_rnn"):
            with variable_scope("fw") as scope_fw:
                output_fw, state_fw = dynamic_rnn(cell_fw, inputs, initial_state=initial_state_fw, scope=scope_fw, **arguments)
            with variable_scope("bw") as scope_bw:
                reversed_inputs = nest.map_structure(backward, inputs)
                output_bw, state_bw = dynamic_rnn(cell_bw, reversed_inputs, initial_state=initial_state_bw, scope=scope_bw, **arguments)
        return (output_fw, nest.map_structure(backward, output_bw)), (state_fw, state_bw)
