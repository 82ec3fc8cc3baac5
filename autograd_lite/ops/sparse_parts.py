"""What kernels on sparse tensors share: checks of their three parts, and the running number of a position."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.core.shapes import num_elements, text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.ops.checks import invalid


def sizes_of(shape: Any, complaint: str = "Input shape should be a vector but received shape ") -> tuple[int, ...]:
    """The sizes that the shape part holds; they may be large, but must not be negative or overflow together."""
    array = np.asarray(shape)
    if array.ndim != 1:
        raise invalid(f"{complaint}{text(array.shape)}")
    sizes = tuple(array.tolist())
    for size in sizes:
        if size < 0:
            raise invalid(f"Dimension {size} must be >= 0")
    try:
        num_elements(sizes)
    except ValueError as error:
        raise invalid(str(error)) from None
    return sizes


def checked_sizes(indices: Any, values: Any, shape: Any) -> tuple[int, ...]:
    """The sizes of a sparse tensor, after its parts are found to fit together: [n, rank], [n], [rank]."""
    sizes = sizes_of(shape)
    if indices.ndim != 2:
        raise invalid(f"Input indices should be a matrix but received shape {text(indices.shape)}")
    if values.ndim != 1:
        raise invalid(f"Input values should be a vector but received shape {text(values.shape)}")
    if len(indices) != len(values):
        raise invalid(f"Expected the number of values ({len(values)}) to match the first dimension of indices ({len(indices)}).")
    if indices.shape[1] != len(sizes):
        raise invalid(f"Expected the rank of the shape ({len(sizes)}) to match the second dimension of indices ({indices.shape[1]}).")
    return sizes


def running_numbers(xp: Any, indices: Any, sizes: tuple[int, ...]) -> Any:
    """The running number of each position in a tensor of these sizes, as int64 [n]; the sizes are checked not to overflow."""
    numbers = xp.zeros(len(indices), dtype=xp.int64)
    for axis, size in enumerate(sizes):
        numbers = numbers * size + indices[:, axis] if axis else indices[:, 0].astype(xp.int64)
    return numbers


def positions_of(xp: Any, numbers: Any, sizes: tuple[int, ...]) -> Any:
    """The positions with these running numbers, int64 [n, rank]: the reverse of `running_numbers`."""
    columns = []
    for size in sizes[::-1]:
        columns.append(numbers % max(size, 1))
        numbers = numbers // max(size, 1)
    return xp.stack(columns[::-1], axis=-1).astype(xp.int64) if columns else xp.zeros((len(numbers), 0), dtype=xp.int64)


def check_inside(xp: Any, indices: Any, sizes: tuple[int, ...]) -> None:
    """Every position must lie inside the sizes."""
    outside = xp.zeros(len(indices), dtype=bool)
    for axis, size in enumerate(sizes):
        outside |= (indices[:, axis] < 0) | (indices[:, axis] >= size)
    if bool(xp.any(outside)):
        place = int(xp.argmax(outside))
        raise invalid(f"indices[{place}] = {_position(indices[place])} is out of bounds: need 0 <= index < {text(sizes)}")


def check_order(xp: Any, indices: Any, sizes: tuple[int, ...]) -> None:
    """Positions must come row by row, each once."""
    steps = xp.diff(running_numbers(xp, indices, sizes))
    if not bool(xp.any(steps <= 0)):
        return
    place = int(xp.argmax(steps <= 0))
    where = f"indices[{place + 1}] = {_position(indices[place + 1])}"
    if int(steps[place]) == 0:
        raise invalid(f"{where} is repeated")
    raise invalid(
        f"{where} is out of order. Many sparse ops require sorted indices.\n    Use `tf.sparse.reorder` to create a correctly ordered copy."
    )


def _position(row: Any) -> str:
    return f"[{','.join(map(str, to_host(row).tolist()))}]"


def parts_shapes(c: Any, first: int = 0) -> tuple[int | None, int | None]:
    """How many elements a sparse tensor has, and its rank, as far as known; its parts are the inputs from `first` on."""
    indices, values, shape = (rules.with_rank(c, c.shape(first + at), rank) for at, rank in enumerate((2, 1, 1)))
    return rules.merge_size(c, indices[0], values[0]), rules.merge_size(c, indices[1], shape[0])


def known_sizes(c: Any, index: int) -> Any:
    """The static shape that input `index`, the shape part, tells."""
    return rules.shape_from_input(c, index)
