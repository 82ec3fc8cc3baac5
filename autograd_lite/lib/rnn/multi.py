"""`tf.nn.rnn_cell.MultiRNNCell`: cells one upon the other."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat
from autograd_lite.api.raw import raw
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.lib.rnn.cell import RNNCell, check_is_cell
from autograd_lite.lib.variable_scope import variable_scope


@export("nn.rnn_cell.MultiRNNCell", "contrib.rnn.MultiRNNCell")
class MultiRNNCell(RNNCell):
    """Several cells as one: the output of each is the input of the next.

    Args:
      cells: a list of cells, the lowest first; as objects of their own, or they share their variables.
      state_is_tuple: whether the state is a tuple with the state of each cell; otherwise they stand side by side in one tensor.

    Raises:
      TypeError: `cells` is no list of cells.
      ValueError: it is empty, or a cell's state is a tuple although `state_is_tuple` is false.

    >>> import autograd_lite as tf
    >>> deep = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(size) for size in (4, 3)])
    >>> deep.state_size, deep.output_size
    ((4, 3), 3)
    """

    def __init__(self, cells: Any, state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_nested(cells):
            saw = "saw" if release().older_error_texts else "received"
            raise TypeError(f"cells must be a list or tuple, but {saw}: {cells}.\n  For one cell: MultiRNNCell([cell]).")
        for number, cell in enumerate(cells):
            check_is_cell(f"cells[{number}]" if not release().older_error_texts else "cell", cell)
        if not state_is_tuple and any(nest.is_nested(cell.state_size) for cell in cells):
            sizes = [cell.state_size for cell in cells]
            raise ValueError(f"Some cells return tuples of states, but the flag state_is_tuple is not set.  State sizes are: {sizes}")
        self._cells = cells
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self) -> Any:
        """The sizes of the cells' states, as a tuple, or their sum."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The size of the last cell's output."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The first states of the cells."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    def call(self, inputs: Any, state: Any) -> Any:
        """One step of each cell, from the lowest to the highest."""
        position = 0
        new_states = []
        for number, cell in enumerate(self._cells):
            with variable_scope(f"cell_{number}"):
                if self._state_is_tuple:
                    if not nest.is_nested(state) or len(state) != len(self._cells):
                        raise ValueError(f"Expected state to be a tuple of length {len(self._cells)}, but received: {state}")
                    own = state[number]
                else:
                    own = raw.Slice(state, [0, position], [-1, cell.state_size])
                    position += cell.state_size
                inputs, new_state = cell(inputs, own)
                new_states.append(new_state)
        return inputs, tuple(new_states) if self._state_is_tuple else concat(new_states, 1)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        inner = [{"class_name": type(cell).__name__, "config": cell.get_config()} for cell in self._cells]
        return {**super().get_config(), "cells": inner, "state_is_tuple": self._state_is_tuple}
