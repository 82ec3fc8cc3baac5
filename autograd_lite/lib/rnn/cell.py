"""`tf.nn.rnn_cell.RNNCell`: what every cell has, and the way in which it is called."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

from autograd_lite.api.arrays import shape as shape_of
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.layers.arguments import static_dims
from autograd_lite.lib.layers.layer import Layer, as_before_on_error
from autograd_lite.lib.partitioning import PartitionedVariable
from autograd_lite.lib.rnn.sizes import zero_state_tensors
from autograd_lite.lib.variable_scope import get_variable_scope, variable_scope


@export("nn.rnn_cell.RNNCell", "contrib.rnn.RNNCell")
class RNNCell(Layer):
    """The base of all cells: from an input [batch, ...] and a state to an output and the next state.

    A cell of your own has `state_size` and `output_size` (numbers, shapes, or structures of them) and `call(inputs, state)`, which
    returns (output, new state). Variables that `call` makes by `tf.get_variable` belong to the cell.

    >>> import autograd_lite as tf
    >>> class Adder(tf.nn.rnn_cell.RNNCell):
    ...     state_size = output_size = 1
    ...     def call(self, inputs, state):
    ...         return inputs + state, inputs + state
    >>> outputs, last = tf.nn.dynamic_rnn(Adder(), tf.constant([[[1.0], [2.0], [3.0]]]), dtype=tf.float32)
    >>> print(tf.Session().run(outputs)[0, :, 0])
    [1. 3. 6.]
    """

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One step.

        Args:
          inputs: [batch, input size], or a structure of such tensors.
          state: a structure of tensors like `state_size`.
          scope: a variable scope, or its name; the name of the class in small letters if None.

        Returns:
          The output, and the next state.
        """
        if scope is not None:
            with variable_scope(scope, custom_getter=self._get_own_variable) as opened:
                return super().__call__(inputs, state, scope=opened)
        if "_scope_around" not in vars(self):
            self._scope_around = variable_scope(get_variable_scope(), custom_getter=self._get_own_variable)
        with self._scope_around:
            return super().__call__(inputs, state)

    def _get_own_variable(self, getter: Any, *args: Any, **kwargs: Any) -> Any:
        """Get a variable, and remember it as one of this cell."""
        variable = getter(*args, **kwargs)
        parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
        self._keep_weight(variable, all(part.trainable for part in parts))
        return variable

    @property
    def state_size(self) -> Any:
        """The size of the state: a number, a shape, or a structure of them."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The size of the output: a number or a shape."""
        raise NotImplementedError("Abstract method")

    def build(self, _: Any) -> None:
        """Nothing to do: variables that `call` makes by `tf.get_variable` are made there."""

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """The state before the first step, for the batch size and type of `inputs`, or these.

        Raises:
          ValueError: neither says what the batch size and the type are, or they disagree.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            batch_size, dtype = _from_inputs(inputs, batch_size, dtype)
        if batch_size is None or dtype is None:
            raise ValueError(
                f"batch_size and dtype cannot be None while constructing initial state: batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros [batch_size, size] in the structure of `state_size`: the usual first state.

        Args:
          batch_size: a number or a scalar tensor. dtype: the element type.
        """
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return zero_state_tensors(self.state_size, batch_size, dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a cell like this one, as plain values."""
        return super().get_config()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A cell like this one, the cells inside it copied too; everything else is shared."""
        other = memo[id(self)] = object.__new__(type(self))
        for name, value in vars(self).items():
            if isinstance(value, RNNCell):
                value = copy.deepcopy(value, memo)
            elif type(value) in (list, tuple):
                value = type(value)(copy.deepcopy(item, memo) if isinstance(item, RNNCell) else item for item in value)
            elif type(value) in (dict, set):
                value = value.copy()
            vars(other)[name] = value
        return other


class LayerRNNCell(RNNCell):
    """A cell whose variables are made in `build`, like those of any other layer."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        """One step: the output, and the next state."""
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)


def _from_inputs(inputs: Tensor, batch_size: Any, dtype: Any) -> tuple[Any, Any]:
    found = inputs.static_shape[0] if inputs.static_shape else None
    wanted = constant_value(batch_size) if isinstance(batch_size, Tensor) else batch_size
    if batch_size is not None and found is not None and wanted is not None and found != wanted:
        raise ValueError(
            f"batch size from input tensor is different from the input param. Input tensor batch: {found}, batch_size: {batch_size}"
        )
    if dtype is not None and inputs.dtype != dtypes.as_dtype(dtype):
        raise ValueError(f"dtype from input tensor is different from the input param. Input tensor dtype: {inputs.dtype}, dtype: {dtype}")
    return (shape_of(inputs)[0] if found is None else found), inputs.dtype


def input_depth(inputs_shape: Any) -> int:
    """The size of the last axis of what goes into a cell.

    Raises:
      ValueError: it is unknown.
    """
    known = static_dims(inputs_shape)
    depth = None if not known else known[-1]
    if depth is None:
        saw = "saw" if release().older_error_texts else "received"
        raise ValueError(
            f"Expected inputs.shape[-1] to be known, {saw} shape: {inputs_shape if known is None else tuple(known)}\n"
            "  Give the placeholder a shape whose last size is a number, or use tensor.set_shape."
        )
    return depth


def check_is_cell(argument: str, cell: Any) -> None:
    """Raise TypeError unless `cell` has what a cell must have."""
    missing = [f"'{name}' property is missing" for name in ("output_size", "state_size") if not _has(cell, name)]
    if not hasattr(cell, "zero_state") and not hasattr(cell, "get_initial_state"):
        missing.append("either 'zero_state' or 'get_initial_state' method is required")
    if not callable(cell):
        missing.append("is not callable")
    if missing:
        raise TypeError(f"The argument {argument!r} ({cell}) is not an RNNCell: {', '.join(missing)}.")


def _has(cell: Any, name: str) -> bool:
    try:
        getattr(cell, name)
    except AttributeError:
        return False
    except Exception:  # it is there, and asks to be called at another time
        return True
    return True


@contextlib.contextmanager
def unrolling(graph: Graph, *cells: Any) -> Iterator[None]:
    """All or nothing: when this ends with an error, the graph is as it was, and so are the cells and the cells inside them."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(graph.as_default())
        stack.enter_context(as_before_on_error(graph))
        for cell in cells:
            for layer in [cell, *(cell.submodules if isinstance(cell, Layer) else ())]:
                stack.enter_context(_unchanged_on_error(layer))
        yield


@contextlib.contextmanager
def _unchanged_on_error(thing: Any) -> Iterator[None]:
    before = {key: value.copy() if type(value) in (list, dict, set) else value for key, value in getattr(thing, "__dict__", {}).items()}
    try:
        yield
    except BaseException:
        if hasattr(thing, "__dict__"):
            vars(thing).clear()
            vars(thing).update(before)
        raise


def initial_state_of(cell: Any, batch_size: Any, dtype: Any) -> Any:
    """The first state of a cell, whatever it calls the method that makes it."""
    if hasattr(cell, "get_initial_state"):
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)
