"""Unrolling a cell step by step over a list of inputs: one part of the graph for each step."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from autograd_lite.api.arrays import concat, shape as shape_of, stack, unstack
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max, reduce_min
from autograd_lite.core import dtypes, nest, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.layers.layer import graph_of_inputs
from autograd_lite.lib.rnn.cell import check_is_cell, initial_state_of, unrolling
from autograd_lite.lib.rnn.masked import Lengths, masked_step
from autograd_lite.lib.rnn.sizes import joined, joined_static, state_dtype
from autograd_lite.lib.variable_scope import VariableScope, variable_scope


@export("nn.static_rnn", "contrib.rnn.static_rnn")
def static_rnn(
    cell: Any, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None, scope: Any = None
) -> tuple[list[Any], Any]:
    """Unroll a cell over a list of inputs, one for each step.

    Args:
      cell: an RNNCell.
      inputs: a list of tensors [batch, input size], or of structures of them.
      initial_state: the state before the first step; zeros of type `dtype` if None.
      dtype: the type of the first state; needed if `initial_state` is None.
      sequence_length: [batch], how many steps each sequence has: later outputs are zeros and the state stays.
      scope: the variable scope, or its name; `rnn` if None.

    Returns:
      The outputs, one for each input, and the last state.

    Raises:
      TypeError: `cell` is no cell or `inputs` no list.
      ValueError: no inputs, no type, an input size is unknown, or sizes do not fit.

    >>> import autograd_lite as tf
    >>> outputs, state = tf.nn.static_rnn(tf.nn.rnn_cell.GRUCell(4), [tf.zeros([2, 3])] * 5, dtype=tf.float32)
    >>> len(outputs), state is outputs[-1]
    (5, True)
    """
    check_is_cell("cell", cell)
    _check_list(inputs)
    with unrolling(graph_of_inputs(inputs), cell), variable_scope(scope or "rnn") as opened:
        cache_on_own_device(opened)
        known, batch_size = _batch_of(inputs)
        if initial_state is None:
            if not dtype:
                what = "dtype" if release().older_error_texts else "argument `dtype`"
                raise ValueError(f"If no initial_state is provided, {what} must be specified")
            state = initial_state_of(cell, batch_size, dtype)
        else:
            state = initial_state
        lengths, zero_output = None, None
        if sequence_length is not None:
            sequence_length = _as_lengths(sequence_length)
            zero_output = nest.map_structure(lambda size: _zeros(batch_size, known, size, state_dtype(dtype, state)), cell.output_size)
            sequence_length = cast(sequence_length, dtypes.int32)
            lengths = Lengths(sequence_length, reduce_min(sequence_length), reduce_max(sequence_length))
        return _unrolled(cell, inputs, state, lengths, zero_output, opened)


def _unrolled(cell: Any, inputs: Any, state: Any, lengths: Lengths | None, zero_output: Any, scope: VariableScope) -> tuple[list[Any], Any]:
    outputs = []
    for time, given in enumerate(inputs):
        if time > 0:
            scope.reuse_variables()
        if lengths is None:
            output, state = cell(given, state)
        else:
            output, state = masked_step(time, lengths, zero_output, state, functools.partial(cell, given, state))
        outputs.append(output)
    return outputs, state


def _check_list(inputs: Any) -> None:
    older = release().older_error_texts
    if not nest.is_nested(inputs):
        raise TypeError(
            ("inputs must be a sequence" if older else f"Argument `inputs` must be a sequence. Received: {inputs}")
            + "\n  A list with the input of each step is wanted; tf.unstack(x, axis=1) makes one of [batch, time, size]."
        )
    if not inputs:
        raise ValueError("inputs must not be empty" if older else "Argument `inputs` must not be empty.")


def cache_on_own_device(scope: VariableScope) -> None:
    """Let variables of a scope be read where they are used, unless the scope says otherwise."""
    if scope.caching_device is None:
        scope.set_caching_device(lambda op: op.device)


def _batch_of(inputs: Any) -> tuple[int | None, Any]:
    """The batch size, as a number or None, and as a number or a tensor."""
    flat = nest.flatten(inputs)
    known = None
    for tensor in flat:
        sizes = tensor.get_shape().with_rank_at_least(1 if flat[0].static_shape is not None and len(flat[0].static_shape) == 1 else 2)
        dims = sizes.dims_tuple
        if dims is None:
            continue
        (known,) = shapes.merge((known,), dims[:1]) or (None,)
        for axis, size in enumerate(dims[1:], start=1):
            if size is None:
                raise ValueError(
                    f"Input size (dimension {axis - 1} of inputs) must be accessible via shape inference, but saw value None."
                    if release().older_error_texts
                    else f"Input size (dimension {axis - 1} of input {tensor}) must be accessible via shape inference, but saw value None."
                )
    return known, known if known else shape_of(flat[0])[0]


def _as_lengths(sequence_length: Any) -> Tensor:
    lengths = convert_to_tensor(sequence_length, name="sequence_length")
    if lengths.static_shape is not None and len(lengths.static_shape) != 1:
        raise ValueError(
            "sequence_length must be a vector of length batch_size"
            if release().older_error_texts
            else f"Argument `sequence_length` must be a vector of length {lengths.static_shape}."
        )
    return lengths


def _zeros(batch_size: Any, known: int | None, size: Any, dtype: Any) -> Tensor:
    made = zeros(joined(batch_size, size), dtype=dtype)
    made.set_shape(joined_static([known], size))
    return made


@export("nn.static_state_saving_rnn", "contrib.rnn.static_state_saving_rnn")
def static_state_saving_rnn(
    cell: Any, inputs: Any, state_saver: Any, state_name: Any, sequence_length: Any = None, scope: Any = None
) -> tuple[list[Any], Any]:
    """Unroll a cell whose first state comes from `state_saver` and whose last state goes there: long sequences in pieces.

    Args:
      cell, inputs, sequence_length, scope: as of `tf.nn.static_rnn`.
      state_saver: has `state(name)` and `save_state(name, tensor)`.
      state_name: the name of the state, or a tuple of names in the structure of the state.

    Returns:
      The outputs and the last state. The state is saved when one of them is computed.

    Raises:
      ValueError: names and state do not fit.

    >>> import autograd_lite as tf
    >>> class Saver:
    ...     def state(self, name):
    ...         return tf.zeros([2, 4])
    ...     def save_state(self, name, state):
    ...         return tf.identity(state, name="saved")
    >>> outputs, state = tf.nn.static_state_saving_rnn(tf.nn.rnn_cell.GRUCell(4), [tf.zeros([2, 3])], Saver(), "memory")
    >>> outputs[0].op.control_inputs[0].name
    'saved'
    """
    state_size = cell.state_size
    several = nest.is_nested(state_size)
    if several != nest.is_nested(state_name):
        raise ValueError(
            "state_name should be the same type as cell.state_size.\n"
            f"  state_name: {state_name!s}, cell.state_size: {state_size!s}"
        )  # fmt: skip
    names = nest.flatten(state_name)
    if several and len(names) != len(nest.flatten(state_size)):
        raise ValueError(f"#elems(state_name) != #elems(state_size): {len(names)} vs. {len(nest.flatten(state_size))}")
    with unrolling(graph_of_inputs(inputs), cell):
        starts = [state_saver.state(name) for name in names]
        initial_state = nest.pack_sequence_as(state_size, starts) if several else starts[0]
        outputs, state = static_rnn(cell, inputs, initial_state=initial_state, sequence_length=sequence_length, scope=scope)
        saved = [state_saver.save_state(name, part) for name, part in zip(names, nest.flatten(state))]
        graph = nest.flatten(state)[0].graph
        with graph.control_dependencies(saved):
            last = nest.map_structure(raw.Identity, outputs[-1])
            outputs = [*outputs[:-1], last]
            state = nest.map_structure(raw.Identity, state)
    return outputs, state


@export("nn.static_bidirectional_rnn", "contrib.rnn.static_bidirectional_rnn")
def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any, Any]:
    """Unroll one cell forward and one backward over a list of inputs.

    Args:
      cell_fw, cell_bw: the cells.
      inputs, dtype, sequence_length: as of `tf.nn.static_rnn`.
      initial_state_fw, initial_state_bw: the states before the first steps; zeros if None.
      scope: the variable scope, or its name; `bidirectional_rnn` if None.

    Returns:
      For each input the outputs of both cells, side by side; the last state of the forward cell; that of the backward cell.

    >>> import autograd_lite as tf
    >>> cells = tf.nn.rnn_cell.GRUCell(4), tf.nn.rnn_cell.GRUCell(4)
    >>> outputs, forward, backward = tf.nn.static_bidirectional_rnn(*cells, [tf.zeros([2, 3])] * 5, dtype=tf.float32)
    >>> outputs[0].shape.as_list()
    [2, 8]
    """
    check_is_cell("cell_fw", cell_fw)
    check_is_cell("cell_bw", cell_bw)
    _check_list(inputs)
    with unrolling(graph_of_inputs(inputs), cell_fw, cell_bw):
        with variable_scope(scope or "bidirectional_rnn"):
            with variable_scope("fw") as scope_fw:
                outputs_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=scope_fw)
            with variable_scope("bw") as scope_bw:
                backward = _reversed(inputs, sequence_length)
                outputs_bw, state_bw = static_rnn(cell_bw, backward, initial_state_bw, dtype, sequence_length, scope=scope_bw)
        outputs_bw = _reversed(outputs_bw, sequence_length)
        flat = [concat([fw, bw], 1) for fw, bw in zip(nest.flatten(outputs_fw), nest.flatten(outputs_bw))]
        return nest.pack_sequence_as(outputs_fw, flat), state_fw, state_bw


def _reversed(steps: Sequence[Any], lengths: Any) -> list[Any]:
    """The steps in reverse order; with lengths, each sequence is reversed as far as it goes."""
    if lengths is None:
        return list(reversed(steps))
    columns = []
    for tensors in zip(*(nest.flatten(step) for step in steps)):
        shape: shapes.Shape = tensors[0].static_shape
        for tensor in tensors:
            shape = shapes.merge(shape, tensor.static_shape)
            tensor.set_shape(shape)
        joined_steps = stack(list(tensors))
        backward = raw.ReverseSequence(joined_steps, lengths, seq_dim=0, batch_dim=1)
        column = unstack(backward)
        for tensor in column:
            tensor.set_shape(shape)
        columns.append(column)
    return [nest.pack_sequence_as(step, list(row)) for step, row in zip(steps, zip(*columns))]
