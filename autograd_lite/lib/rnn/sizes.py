"""Sizes of batches, states and outputs: numbers, shapes, or tensors, joined to shapes of tensors of zeros."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, expand_dims, shape as shape_of
from autograd_lite.api.constants import constant, zeros
from autograd_lite.core import dtypes, nest, shapes
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def _as_vector(size: Any) -> tuple[Tensor | None, shapes.Shape]:
    """A size as a vector of integers, None if not all of them are known, and as a static shape."""
    if isinstance(size, Tensor):
        if size.static_shape is None or len(size.static_shape) > 1:
            raise ValueError(f"prefix tensor must be either a scalar or vector, but saw tensor: {size!r}")
        return (expand_dims(size, 0) if size.static_shape == () else size), _known_sizes(size)
    static = shapes.as_shape([size] if isinstance(size, int) else size)
    if static is None or None in static:
        return None, static
    return constant(list(static), dtype=dtypes.int32), static


def _known_sizes(size: Tensor) -> shapes.Shape:
    """What is known of the numbers in a tensor of rank 0 or 1."""
    value = constant_value(size)
    if value is None:
        return (None,) if size.static_shape == () else None
    return tuple(int(number) for number in value.reshape(-1))


def joined(prefix: Any, suffix: Any) -> Tensor:
    """The shape `[*prefix, *suffix]` as a tensor.

    Args:
      prefix, suffix: a number, a shape, or a tensor of rank 0 or 1.

    Raises:
      ValueError: a size in them is unknown and no tensor says it.
    """
    first, _ = _as_vector(prefix)
    second, _ = _as_vector(suffix)
    if first is None or second is None:
        raise ValueError(
            f"Provided a prefix or suffix of None: {prefix} and {suffix}\n  Give all sizes as numbers, or the batch size as a tensor."
        )
    return concat((first, second), 0)


def joined_static(prefix: Any, suffix: Any) -> shapes.Shape:
    """The shape `[*prefix, *suffix]` as far as it is known."""
    _, first = _as_vector(prefix)
    _, second = _as_vector(suffix)
    return None if first is None or second is None else first + second


def shape_after(first: int | None, size: Any) -> shapes.Shape:
    """The static shape `[first, *size]`, without nodes for it."""
    if isinstance(size, Tensor):
        rest = _known_sizes(size)
        return None if rest is None else (first, *rest)
    rest = shapes.as_shape([size] if isinstance(size, int) else size)
    return None if rest is None else (first, *rest)


def zero_state_tensors(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros of shape [batch_size, *size] for each size in the structure `state_size`."""

    def zeros_of(size: Any) -> Tensor:
        made = zeros(joined(batch_size, size), dtype=dtype)
        made.set_shape(joined_static(batch_size, size))
        return made

    return nest.map_structure(zeros_of, state_size)


def batch_size_of(inputs: Any, axis: int = 1) -> Any:
    """The size of the batch axis: a number if an input knows it, else a tensor."""
    flat = nest.flatten(inputs)
    for tensor in flat:
        if tensor.static_shape is not None and len(tensor.static_shape) > axis and tensor.static_shape[axis] is not None:
            return tensor.static_shape[axis]
    return shape_of(flat[0])[axis]


def state_dtype(explicit: Any, state: Any) -> Any:
    """The type that was asked for, or the one that all tensors of a state have.

    Raises:
      ValueError: the state is empty, or its tensors have several types.
    """
    if explicit is not None:
        return explicit
    if not nest.is_nested(state):
        return state.dtype
    found = [tensor.dtype for tensor in nest.flatten(state)]
    if not found:
        raise ValueError("Unable to infer dtype from empty state.")
    if any(dtype != found[0] for dtype in found):
        raise ValueError("State has tensors of different inferred_dtypes. Unable to infer a single representative dtype.")
    return found[0]
