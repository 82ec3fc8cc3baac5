"""Bidirectional networks one upon the other: each layer reads the outputs of both directions of the one below."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat
from autograd_lite.core.export import export
from autograd_lite.lib.layers.layer import graph_of_inputs
from autograd_lite.lib.rnn.cell import unrolling
from autograd_lite.lib.rnn.dynamic import bidirectional_dynamic_rnn
from autograd_lite.lib.rnn.static import static_bidirectional_rnn
from autograd_lite.lib.variable_scope import variable_scope


def _check(cells_fw: Any, cells_bw: Any, states_fw: Any, states_bw: Any) -> None:
    if not cells_fw:
        raise ValueError("Must specify at least one fw cell for BidirectionalRNN.")
    if not cells_bw:
        raise ValueError("Must specify at least one bw cell for BidirectionalRNN.")
    if not isinstance(cells_fw, list):
        raise ValueError("cells_fw must be a list of RNNCells (one per layer).")
    if not isinstance(cells_bw, list):
        raise ValueError("cells_bw must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    for name, states in (("initial_states_fw", states_fw), ("initial_states_bw", states_bw)):
        if states is not None and (not isinstance(states, list) or len(states) != len(cells_fw)):
            raise ValueError(f"{name} must be a list of state tensors (one per layer).")


@export("contrib.rnn.stack_bidirectional_rnn")
def stack_bidirectional_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], tuple[Any, ...], tuple[Any, ...]]:
    """Unroll bidirectional layers over a list of inputs.

    Args:
      cells_fw, cells_bw: lists of cells, one for each layer.
      inputs, dtype, sequence_length: as of `tf.nn.static_bidirectional_rnn`.
      initial_states_fw, initial_states_bw: lists of first states, or None.
      scope: the variable scope; `stack_bidirectional_rnn` if None.

    Returns:
      The outputs of the last layer, and the last states of all layers, forward and backward.

    Raises:
      ValueError: there are no cells, or the lists do not fit.

    >>> import autograd_lite as tf
    >>> cells = [[tf.nn.rnn_cell.GRUCell(4) for _ in range(2)] for _ in range(2)]
    >>> outputs, forward, backward = tf.contrib.rnn.stack_bidirectional_rnn(*cells, [tf.zeros([2, 3])] * 5, dtype=tf.float32)
    >>> outputs[0].shape.as_list(), len(forward)
    ([2, 8], 2)
    """
    _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with unrolling(graph_of_inputs(inputs), *cells_fw, *cells_bw), variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw)):
            with variable_scope(f"cell_{number}") as own:
                inputs, state_fw, state_bw = static_bidirectional_rnn(
                    cell_fw, cell_bw, inputs, initial_states_fw and initial_states_fw[number],
                    initial_states_bw and initial_states_bw[number], dtype, sequence_length, scope=own,
                )  # fmt: skip
                states_fw.append(state_fw)
                states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)


@export("contrib.rnn.stack_bidirectional_dynamic_rnn")
def stack_bidirectional_dynamic_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Run bidirectional layers over sequences, each as two loops.

    Args:
      cells_fw, cells_bw: lists of cells, one for each layer.
      inputs, dtype, sequence_length, parallel_iterations, time_major, swap_memory: as of `tf.nn.bidirectional_dynamic_rnn`.
      initial_states_fw, initial_states_bw: lists of first states, or None.
      scope: the variable scope; `stack_bidirectional_rnn` if None.

    Returns:
      The outputs of the last layer, both directions side by side, and the last states of all layers, forward and backward.

    Raises:
      ValueError: there are no cells, or the lists do not fit.

    >>> import autograd_lite as tf
    >>> cells = [[tf.nn.rnn_cell.GRUCell(4) for _ in range(2)] for _ in range(2)]
    >>> outputs, forward, backward = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(*cells, tf.zeros([2, 5, 3]), dtype=tf.float32)
    >>> outputs.shape.as_list(), len(forward)
    ([2, 5, 8], 2)
    """
    _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw = [], []
    with unrolling(graph_of_inputs(inputs), *cells_fw, *cells_bw), variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw)):
            with variable_scope(f"cell_{number}"):
                outputs, (state_fw, state_bw) = bidirectional_dynamic_rnn(
                    cell_fw, cell_bw, inputs, sequence_length, initial_states_fw and initial_states_fw[number],
                    initial_states_bw and initial_states_bw[number], dtype, parallel_iterations, swap_memory, time_major,
                )  # fmt: skip
                inputs = concat(list(outputs), 2)
                states_fw.append(state_fw)
                states_bw.append(state_bw)
    return inputs, tuple(states_fw), tuple(states_bw)
