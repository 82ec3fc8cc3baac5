"""Checks that several kernels make on values they get when the graph runs."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.core.errors import InvalidArgumentError, ResourceExhaustedError
from autograd_lite.core.shapes import num_elements, text

_PHYSICAL_MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 1 << 40


def invalid(message: str) -> InvalidArgumentError:
    """The error of a kernel that was given a wrong value; the runtime adds the node and the user's line."""
    return InvalidArgumentError(None, None, message)


def shape_tuple(sizes: Any, itemsize: int = 1) -> tuple[int, ...]:
    """The shape that an integer vector holds, checked before anything of that size is made.

    Raises:
      InvalidArgumentError: for a negative size, or more than 2**63 - 1 elements.
      ResourceExhaustedError: when this machine could never hold it.
    """
    shape = tuple(np.asarray(sizes).tolist())
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
    outside = (indices < 0) | (indices >= limit)
    if not bool(xp.any(outside)):
        return
    indices = to_host(indices)
    where = np.argwhere((indices < 0) | (indices >= limit))[0]
    position = ",".join(str(at) for at in where)
    label = f"{name}[{position}]" if position else name
    raise invalid(f"{label} = {indices[tuple(where)]} is not in [0, {limit})")
