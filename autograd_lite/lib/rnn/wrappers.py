"""Cells around cells: dropout, shortcuts, devices."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from autograd_lite.api import nn
from autograd_lite.api.arrays import concat
from autograd_lite.api.random import random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.core import nest, shapes
from autograd_lite.core.export import export
from autograd_lite.graph import default_graph
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.rnn.cell import RNNCell, check_is_cell
from autograd_lite.lib.rnn.cells import BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell, LSTMStateTuple
from autograd_lite.lib.rnn.multi import MultiRNNCell


class CellWrapper(RNNCell):
    """A cell that does something around the steps of another; it has no scope and no variables of its own."""

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_is_cell("cell", cell)
        self.cell = cell

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.output_size

    def build(self, _: Any) -> None:
        """Nothing to do: the cell inside makes its variables when it is called."""
        self.built = True

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The first state of the cell inside."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return self.cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One step: the output, and the next state."""
        return self._around(inputs, state, self.cell.__call__, scope=scope)

    def call(self, inputs: Any, state: Any = None, **kwargs: Any) -> Any:
        """One step, with the variables of the cell inside made already."""
        return self._around(inputs, state, self.cell.call, **kwargs)

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        return step(inputs, state, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        inner = {"class_name": type(self.cell).__name__, "config": self.cell.get_config()}
        return {**super().get_config(), "cell": inner}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """A cell from what `get_config` gave; `custom_objects` says which class has which name, for cells of one's own."""
        return cls(**{**config, "cell": _cell_from_config(config["cell"], custom_objects or {})})


def _cell_from_config(described: dict[str, Any], custom_objects: dict[str, Any]) -> Any:
    """The cell of a description by class name and configuration.

    Raises:
      ValueError: no cell has this name.
    """
    name, config = described["class_name"], described["config"]
    kinds = {kind.__name__: kind for kind in (BasicRNNCell, GRUCell, BasicLSTMCell, LSTMCell, MultiRNNCell, *CellWrapper.__subclasses__())}
    kind: Any = custom_objects.get(name) or kinds.get(name)
    if kind is None:
        raise ValueError(f"Unknown cell: {name}\n  Say which class this is: custom_objects={{{name!r}: TheClass}}.")
    if kind is MultiRNNCell:
        inner = [_cell_from_config(one, custom_objects) for one in config["cells"]]
        return MultiRNNCell(inner, state_is_tuple=config["state_is_tuple"])
    return kind.from_config(config, custom_objects) if issubclass(kind, CellWrapper) else kind.from_config(config)


def _keeps_what_lstms_remember(substate: Any) -> Any:
    """Which parts of a state are dropped: all but the `c` of an LSTM and TensorArrays."""
    if isinstance(substate, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(substate, TensorArray)


@export("nn.rnn_cell.DropoutWrapper", "contrib.rnn.DropoutWrapper")
class DropoutWrapper(CellWrapper):
    """Dropout around a cell: of its inputs, its states, its outputs, each with a probability of its own.

    Args:
      cell: the cell.
      input_keep_prob, output_keep_prob, state_keep_prob: the probability of keeping a number, a scalar or a tensor; 1.0: keep all.
        What an LSTM remembers (`c`) is never dropped.
      variational_recurrent: whether all steps of a run drop the same numbers.
      input_size: the size of the inputs; needed for variational dropout of inputs.
      dtype: the type of inputs, states and outputs; needed for variational dropout.
      seed: makes the choices the same in every program run.
      dropout_state_filter_visitor: from a part of the state to True, False, or such a part of truths: which may be dropped.

    Raises:
      TypeError: `cell` is no cell, or `dropout_state_filter_visitor` cannot be called.
      ValueError: a probability is not between 0 and 1, or variational dropout lacks a size or type.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(4), output_keep_prob=0.5, seed=1)
    >>> output, state = cell(tf.ones([1, 3]), cell.zero_state(1, tf.float32))
    >>> output.op.type in ("Mul", "SelectV2"), state.op.type
    (True, 'AddV2')
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cell, dtype=dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._dropped_parts = dropout_state_filter_visitor or _keeps_what_lstms_remember
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _probability(input_keep_prob, "input")
            self._state_keep_prob = _probability(state_keep_prob, "state")
            self._output_keep_prob = _probability(output_keep_prob, "output")
        self._variational_recurrent = variational_recurrent
        self._input_size = input_size
        self._seed = seed
        self._noise: dict[str, Any] = {"input": None, "state": None, "output": None}
        if variational_recurrent:
            self._make_noise(input_size, dtype)

    def _make_noise(self, input_size: Any, dtype: Any) -> None:
        """The random numbers that all steps share."""
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        sizes = {"state": self.cell.state_size, "output": self.cell.output_size}
        if _may_drop(self._input_keep_prob):
            if input_size is None:
                raise ValueError("When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, input_size must be provided")
            sizes = {"input": input_size, **sizes}

        def noise_of(what: str, number: int, size: Any) -> Tensor:
            return random_uniform(concat(([1], list(shapes.as_shape([size] if isinstance(size, int) else size) or ())), 0),
                                  seed=self._seed_of(what, number), dtype=dtype)  # fmt: skip

        for what, structure in sizes.items():
            flat = [noise_of(what, number, size) for number, size in enumerate(nest.flatten(structure))]
            self._noise[what] = nest.pack_sequence_as(structure, flat)

    def _seed_of(self, what: str, number: int) -> int | None:
        """A seed for one of the places where numbers are dropped, made of the seed of all."""
        if self._seed is None:
            return None
        digest = hashlib.md5(f"{self._seed}{what}_{number}".encode(), usedforsecurity=False).hexdigest()
        return int(digest[:8], 16) & 0x7FFFFFFF

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        if _may_drop(self._input_keep_prob):
            inputs = self._dropped(inputs, "input", self._input_keep_prob)
        output, new_state = step(inputs, state, **kwargs)
        if _may_drop(self._state_keep_prob):
            chosen = _chosen_parts(new_state, self._dropped_parts)
            new_state = self._dropped(new_state, "state", self._state_keep_prob, chosen)
        if _may_drop(self._output_keep_prob):
            output = self._dropped(output, "output", self._output_keep_prob)
        return output, new_state

    def _dropped(self, values: Any, what: str, keep_prob: Any, chosen: Any = None) -> Any:
        leaves = nest.flatten(values)
        choices = [True] * len(leaves) if chosen is None else chosen
        noises = nest.flatten(self._noise[what]) if self._variational_recurrent else [None] * len(leaves)
        results = []
        for number, (leaf, choice, noise) in enumerate(zip(leaves, choices, noises)):
            if not choice:
                results.append(leaf)
            elif noise is None:
                results.append(nn.dropout(leaf, rate=1.0 - keep_prob, seed=self._seed_of(what, number)))
            else:
                results.append(_dropped_by(noise, leaf, keep_prob))
        return nest.pack_sequence_as(values, results)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        names = ("input_keep_prob", "output_keep_prob", "state_keep_prob", "variational_recurrent", "input_size", "seed")
        return {**super().get_config(), **{name: getattr(self, f"_{name}") for name in names}}


def _probability(value: Any, which: str) -> Any:
    """A probability as a number if it is known, else as a tensor."""
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if known < 0 or known > 1:
        raise ValueError(f"Parameter {which}_keep_prob must be between 0 and 1: {known:d}" if known == int(known) else
                         f"Parameter {which}_keep_prob must be between 0 and 1: {known}")  # fmt: skip
    return float(known)


def _may_drop(keep_prob: Any) -> bool:
    return not isinstance(keep_prob, float) or keep_prob < 1


def _chosen_parts(state: Any, visitor: Callable[[Any], Any]) -> list[bool]:
    """For each leaf of a state whether `visitor` chooses it, or the part of the state in which it is."""
    answer = visitor(state)
    if isinstance(answer, bool):
        if not answer:
            return [False] * len(nest.flatten(state))
        return [choice for _, part in nest.children(state) for choice in _chosen_parts(part, visitor)] if nest.is_nested(state) else [True]
    pairs = zip(nest.children(answer), nest.children(state))
    return [
        choice
        for (_, wanted), (_, part) in pairs
        for choice in (_chosen_parts(part, visitor) if wanted else [False] * len(nest.flatten(part)))
    ]


def _dropped_by(noise: Tensor, value: Tensor, keep_prob: Any) -> Tensor:
    """`value` / keep_prob where the noise [1, size] is at least 1 - keep_prob, else 0."""
    kept = raw.Floor(keep_prob + noise)
    result = value / keep_prob * kept
    result.set_shape(value.static_shape)
    return result


@export("nn.rnn_cell.ResidualWrapper", "contrib.rnn.ResidualWrapper")
class ResidualWrapper(CellWrapper):
    """A shortcut around a cell: the output is that of the cell plus its input.

    Args:
      cell: the cell.
      residual_fn: from input and output to what is put out, in place of the sum.

    Raises:
      ValueError: input and output have different shapes or structures.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.ResidualWrapper(tf.nn.rnn_cell.GRUCell(3))
    >>> cell(tf.zeros([2, 3]), cell.zero_state(2, tf.float32))[0].shape.as_list()
    [2, 3]
    """

    def __init__(self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        outputs, new_state = step(inputs, state, **kwargs)
        return (self._residual_fn or _sums)(inputs, outputs), new_state


def _sums(inputs: Any, outputs: Any) -> Any:
    nest.assert_same_structure(inputs, outputs)
    for given, made in zip(nest.flatten(inputs), nest.flatten(outputs)):
        given.get_shape().assert_is_compatible_with(made.get_shape())
    return nest.map_structure(lambda given, made: given + made, inputs, outputs)


@export("nn.rnn_cell.DeviceWrapper", "contrib.rnn.DeviceWrapper")
class DeviceWrapper(CellWrapper):
    """A cell whose nodes are put on a device.

    >>> import autograd_lite as tf
    >>> cell = tf.nn.rnn_cell.DeviceWrapper(tf.nn.rnn_cell.GRUCell(3), "/cpu:0")
    >>> cell(tf.zeros([2, 3]), cell.zero_state(2, tf.float32))[0].device
    '/device:CPU:0'
    """

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The first state of the cell inside, on the device."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]), default_graph.device(self._device):
            return self.cell.zero_state(batch_size, dtype)

    def _around(self, inputs: Any, state: Any, step: Callable[..., Any], **kwargs: Any) -> Any:
        with default_graph.device(self._device):
            return step(inputs, state, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        return {**super().get_config(), "device": self._device}
