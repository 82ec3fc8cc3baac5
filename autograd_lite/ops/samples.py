"""Sample inputs for the declarations of ops: what the conformance walk feeds to every op.

A sample is a small dict, `dict(inputs=[...], attrs={...})`. Its inputs stay in a short form until a test asks for arrays
(`arrays(sample)`), so that importing the op table does not build any.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Drawn(NamedTuple):
    """An array of random numbers, drawn when it is needed (always the same ones)."""

    shape: tuple[int, ...]
    low: float
    high: float
    dtype: str


class Several(tuple):
    """The tensors of a list input."""

    __slots__ = ()


def values(shape: tuple[int, ...] = (2, 3), low: float = -2.0, high: float = 2.0, dtype: str = "float64") -> Drawn:
    """Random numbers in [low, high)."""
    return Drawn(shape, low, high, dtype)


def several(*inputs: Any) -> Several:
    """The tensors of a list input."""
    return Several(inputs)


def ints(*numbers: int, dtype: str = "int32") -> np.ndarray:
    """A vector of integers."""
    return np.array(numbers, dtype)


def sample(*inputs: Any, **attrs: Any) -> dict[str, Any]:
    """One set of inputs (lists of numbers, arrays, `values(...)` or `several(...)`) and attributes."""
    return {"inputs": list(inputs), "attrs": attrs}


def unary(low: float = -2.0, high: float = 2.0) -> list[dict[str, Any]]:
    """Samples of an op with one float input in [low, high)."""
    return [sample(values((2, 3), low, high)), sample(values((), low, high)), sample(values((0, 2), low, high))]


def pairs(low: float = -2.0, high: float = 2.0) -> list[dict[str, Any]]:
    """Samples of an op on two float inputs that broadcast."""
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,))]
    return [sample(values(x, low, high), values(y, low, high)) for x, y in shapes]


def int_pairs(low: int = 1, high: int = 9) -> list[dict[str, Any]]:
    """Samples of an op on two integer inputs that broadcast."""
    return [sample(values((2, 3), low, high, "int32"), values(shape, low, high, "int32")) for shape in [(2, 3), (3,), ()]]


def _array(value: Any, random: np.random.Generator) -> Any:
    if isinstance(value, Several):
        return [_array(item, random) for item in value]
    if isinstance(value, Drawn):
        numbers = random.uniform(value.low, value.high, value.shape)
        if value.dtype.startswith("complex"):
            numbers = numbers + 1j * random.uniform(value.low, value.high, value.shape)
        return np.asarray(numbers).astype(value.dtype)
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    array = np.asarray(value)
    if array.dtype == np.int64:  # Python integers mean int32, as in a graph
        return array.astype(np.int32)
    return (
        np.array([x.encode() if isinstance(x, str) else x for x in array.ravel()], object).reshape(array.shape)
        if array.dtype.kind in "US"
        else array
    )


def arrays(sample: dict[str, Any]) -> list[Any]:
    """The inputs of a sample as arrays; a list input is a list of arrays."""
    random = np.random.default_rng(7)
    return [_array(value, random) for value in sample["inputs"]]
