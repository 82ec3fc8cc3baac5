"""Checks that several kernels make on values they get when the graph runs."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.core.errors import InvalidArgumentError, ResourceExhaustedError
from autograd_lite.core.shapes import num_elements, text

_PHYSICAL_MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 1 << 40

INPUT = "<input>"  # stands in a message for the name of what the node takes; the runtime, which knows it, puts it there


def invalid(message: str) -> InvalidArgumentError:
    """The error of a kernel that was given a wrong value; the runtime adds the node and the user's line."""
    return InvalidArgumentError(None, None, message)


def on_device(xp: Any, array: Any) -> Any:
    """An array that was made on the host, brought to where the kernel computes; strings stay on the host."""
    return array if array.dtype == object else xp.asarray(array)


def number(value: Any, complaint: str) -> int:
    """The whole number that a scalar input holds; `complaint` and its shape are the error for anything else."""
    if isinstance(value, np.integer):
        return int(value)
    array = np.asarray(value)
    if array.ndim:
        raise invalid(f"{complaint}{text(array.shape)}")
    return int(array)


def scalar_input(value: Any, complaint: str) -> Any:
    """A scalar input, which may stay on its device; `complaint` and its shape are the error for anything else."""
    if value.ndim:
        raise invalid(f"{complaint}{text(value.shape)}")
    return value


def single(value: Any, complaint: str) -> Any:
    """A scalar input, or for the sake of old graphs a vector of one element; `complaint` and its shape are the error for anything else."""
    if value.ndim and value.shape != (1,):
        raise invalid(f"{complaint}{text(value.shape)}")
    return value.reshape(()) if value.ndim else value


def numbers(value: Any, complaint: str) -> list[int]:
    """The whole numbers that a vector input holds; `complaint` and its shape are the error for anything else."""
    array = np.asarray(value)
    if array.ndim != 1:
        raise invalid(f"{complaint}{text(array.shape)}")
    return array.tolist()


def same_size(op_type: str, first: Any, second: Any) -> None:
    """Both inputs must have one shape."""
    if first.shape != second.shape:
        raise invalid(
            f"Inputs to operation {op_type} of type {op_type} must have the same size and shape.  Input 0: {text(first.shape)} != "
            f"input 1: {text(second.shape)}"
        )


def alike(first: Any, second: Any) -> Any:
    """`second` in the shape of `first`, which must have as many elements."""
    if first.shape == second.shape:
        return second
    if first.size != second.size:
        raise invalid(f"The two arguments to a cwise op must have same number of elements, got {first.size} and {second.size}")
    return second.reshape(first.shape)


def shape_tuple(sizes: Any, itemsize: int = 1, complaint: str = "shape must be a vector of {int32,int64}, got shape ") -> tuple[int, ...]:
    """The shape that an integer vector (or one number) holds, checked before anything of that size is made.

    Raises:
      InvalidArgumentError: for a negative size, or more than 2**63 - 1 elements.
      ResourceExhaustedError: when this machine could never hold it.
    """
    array = np.asarray(sizes)
    if array.ndim > 1:
        raise invalid(f"{complaint}{text(array.shape)}")
    shape = tuple(array.reshape(-1).tolist())
    for size in shape:
        if size < 0:
            raise invalid(f"Dimension {size} must be >= 0")
    check_room(shape, itemsize)
    return shape


def check_room(shape: tuple[int, ...], itemsize: int) -> None:
    """Refuse an array that this machine could never hold, before memory is asked for."""
    try:
        count = num_elements(shape)
    except ValueError as error:
        raise invalid(str(error)) from None
    if count is not None and count * itemsize > _PHYSICAL_MEMORY:
        raise ResourceExhaustedError(None, None, f"OOM when allocating tensor with shape{text(shape)}: it needs {count * itemsize} bytes")


def axis_from_front(axis: Any, rank: int) -> int:
    """`axis` of a tensor of this rank, counted from the front."""
    axis = int(axis)
    if not -rank <= axis < rank:
        raise invalid(f"Expected dimension in the range [{-rank}, {rank}), but got {axis}")
    return axis % rank


def check_indices(xp: Any, indices: Any, limit: int, name: str = "indices") -> None:
    """Every index must lie in [0, limit): the error names the first that does not."""
    if isinstance(indices, np.integer) and 0 <= indices < limit:  # many times as fast as the general way
        return
    outside = (indices < 0) | (indices >= limit)
    if not bool(xp.any(outside)):
        return
    indices = to_host(indices)
    where = np.argwhere((indices < 0) | (indices >= limit))[0]
    position = ",".join(str(at) for at in where)
    label = f"{name}[{position}]" if position else name
    raise invalid(f"{label} = {indices[tuple(where)]} is not in [0, {limit})")
