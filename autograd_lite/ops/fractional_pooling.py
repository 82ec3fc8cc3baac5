"""Pooling that shrinks by a fraction: windows of two neighbouring sizes in random order.

Source: B. Graham, "Fractional max-pooling", 2014. The order of the sizes equals TensorFlow's for the same seeds.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.backends.philox import PhiloxStream, unit_floats, words_at
from autograd_lite.core import errors
from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid, shape_tuple
from autograd_lite.ops.samples import ints, sample, values

_ATTRS = (
    "*, pooling_ratio: list(float) >= 4, pseudo_random: bool = False, overlapping: bool = False, deterministic: bool = False, "
    "seed: int = 0, seed2: int = 0"
)
_TYPES: dict[str, Any] = {"types": {"T": "float double int32 int64"}}
_LAST = "TensorFlow has none either: no op pools along sequences that are given"


# -------------------------------------------------------------------- where the windows begin


def _shuffled(stream: PhiloxStream, length: int, parts: int) -> list[int]:
    """Where windows begin when the longer ones stand in random order."""
    sizes = [length // parts + (part < length % parts) for part in range(parts)]
    words = words_at(stream.key, stream.reserve(-(-parts // 4)), parts).tolist()
    for part in range(parts - 1):  # Fisher and Yates
        other = part + words[part] % (parts - part)
        sizes[part], sizes[other] = sizes[other], sizes[part]
    return [0, *np.cumsum(sizes).tolist()]


def _spaced(stream: PhiloxStream, length: int, parts: int) -> list[int]:
    """Where windows begin when they are spaced evenly from a random start, then rounded up."""
    step = length / parts
    whole = length // parts
    limit = min((whole + 2) / step - 1, (length + 1 - whole) / step - (parts - 1))
    start = unit_floats(words_at(stream.key, stream.reserve(1), 2), np.float64)[0] * limit
    return [0, *[math.ceil(step * (part + start)) - 1 for part in range(1, parts)], length]


def _sequence(stream: PhiloxStream, length: int, parts: int, pseudo_random: bool) -> np.ndarray:
    if length % parts == 0:
        return np.arange(parts + 1, dtype=np.int64) * (length // parts)
    return np.array((_spaced if pseudo_random else _shuffled)(stream, length, parts), dtype=np.int64)


def _draw(shape: Any, attrs: Any, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """The two sequences for images of this shape."""
    ratio = attrs["pooling_ratio"]
    if len(shape) != 4:
        raise invalid("tensor_in must be 4-dimensional")
    if ratio[0] != 1 or ratio[3] != 1:
        raise errors.UnimplementedError(None, None, f"Fractional {kind} pooling is not yet supported on the batch nor channel dimension.")
    if not attrs["deterministic"] and (attrs["seed"] or attrs["seed2"]):
        raise invalid("Both seed and seed2 should be 0 if deterministic is false.")
    parts = []
    for axis in (1, 2):
        if not 1 <= ratio[axis] <= shape[axis]:
            raise invalid(
                f"Pooling ratio is higher than input dimension size for dimension {axis}. Input dim size: {shape[axis]} "
                f"pooling ratio: {ratio[axis]:g}"
            )
        parts.append(math.floor(shape[axis] / ratio[axis]))
    stream = PhiloxStream(attrs["seed"], attrs["seed2"])  # every run draws anew from the seeds
    rows = _sequence(stream, shape[1], parts[0], attrs["pseudo_random"])
    return rows, _sequence(stream, shape[2], parts[1], attrs["pseudo_random"])


class _Windows(NamedTuple):
    """The windows along one axis."""

    starts: np.ndarray
    sizes: np.ndarray

    def at(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """The windows that reach to this place, and the pixels they have there."""
        which = np.flatnonzero(self.sizes > place)
        return which, self.starts[which] + place


def _windows(sequence: Any, length: int, overlapping: bool, name: str) -> _Windows:
    """The windows along one axis, from a sequence that may be anything.

    Raises:
      InvalidArgumentError: when the sequence does not rise from 0 to the length of the axis.
    """
    sequence = to_host(sequence)
    if sequence.ndim != 1 or len(sequence) < 2:
        raise invalid(f"{name}_pooling_sequence must be a vector of at least two numbers, got shape {rules.shape_text(sequence.shape)}")
    if sequence[0] < 0 or sequence[-1] > length or (np.diff(sequence) <= 0).any():
        raise invalid(f"{name}_pooling_sequence must rise, within [0, {length}], got {sequence[:9].tolist()}")
    ends = np.minimum(sequence[1:] + 1, length) if overlapping else sequence[1:]
    return _Windows(sequence[:-1], ends - sequence[:-1])


def _places(xp: Any, rows: _Windows, columns: _Windows) -> Any:
    """Every place inside a window: (the windows that have it, the pixels they have there), both for indexing [batch, height, width]."""
    for row in range(int(rows.sizes.max())):
        which_rows, pixel_rows = map(xp.asarray, rows.at(row))
        for column in range(int(columns.sizes.max())):
            which_columns, pixel_columns = map(xp.asarray, columns.at(column))
            yield (slice(None), *xp.ix_(which_rows, which_columns)), (slice(None), *xp.ix_(pixel_rows, pixel_columns))


def _pooled(xp, value, rows, columns, overlapping, combine, start):
    across, along = _windows(rows, value.shape[1], overlapping, "row"), _windows(columns, value.shape[2], overlapping, "col")
    result = xp.full((value.shape[0], len(across.starts), len(along.starts), value.shape[3]), start, dtype=value.dtype)
    for windows, pixels in _places(xp, across, along):
        result[windows] = combine(result[windows], value[pixels])
    return result, across, along


def _shapes(c: Any) -> Any:
    shape = rules.with_rank(c, c.shape(0), 4)
    ratio = c.attrs["pooling_ratio"]
    for number in ratio:
        if number < 1:
            raise c.fail(f"pooling_ratio cannot be smaller than 1, got: {number:g}")
    sizes = [None if size is None else math.floor(size / number) for size, number in zip(shape, ratio)]
    return [tuple(sizes), *[(None if size is None else size + 1,) for size in sizes[1:3]]]


_SAMPLES = [
    sample(values((1, 7, 5, 2)), pooling_ratio=[1.0, 1.5, 1.3, 1.0], deterministic=True, seed=1, seed2=2),
    sample(
        values((2, 7, 6, 1)), pooling_ratio=[1.0, 1.5, 1.7, 1.0], deterministic=True, seed=1, seed2=2, overlapping=True, pseudo_random=True
    ),
    sample(values((1, 4, 6, 1)), pooling_ratio=[1.0, 2.0, 2.0, 1.0]),
]


# -------------------------------------------------------------------- the largest


@op(
    f"FractionalMaxPool(value: T, {_ATTRS}) -> output: T, row_pooling_sequence: int64, col_pooling_sequence: int64",
    cost=costs.once_per_element,
    shape=_shapes,
    stateful=True,
    samples=_SAMPLES,
    **_TYPES,
)
def fractional_max_pool(xp, value, pooling_ratio, pseudo_random, overlapping, deterministic, seed, seed2):
    """The largest element of windows whose sizes vary, and where the windows begin."""
    attrs = _attrs(pooling_ratio, pseudo_random, deterministic, seed, seed2)
    rows, columns = _draw(value.shape, attrs, "max")
    lowest = -xp.inf if value.dtype.kind == "f" else xp.iinfo(value.dtype).min
    result, _, _ = _pooled(xp, value, rows, columns, overlapping, xp.maximum, lowest)
    return result, xp.asarray(rows), xp.asarray(columns)


def _attrs(pooling_ratio, pseudo_random, deterministic, seed, seed2):
    return {"pooling_ratio": pooling_ratio, "pseudo_random": pseudo_random, "deterministic": deterministic, "seed": seed, "seed2": seed2}


@fractional_max_pool.gradient
def fractional_max_pool_gradient(g, op, dy, *_):
    if dy is None:
        return [None]
    y, rows, columns = op.outputs
    return [g.fractional_max_pool_grad(op.inputs[0], y, dy, rows, columns, overlapping=op.attrs["overlapping"])]


@op(
    "FractionalMaxPoolGrad(orig_input: T, orig_output: T, out_backprop: T, row_pooling_sequence: int64, col_pooling_sequence: int64, *, "
    "overlapping: bool = False) -> output: T",
    cost=costs.once_per_element,
    shape=lambda c: rules.with_rank(c, c.shape(0), 4),
    host=("row_pooling_sequence", "col_pooling_sequence"),
    samples=[
        sample(
            np.arange(9.0).reshape(1, 3, 3, 1), np.array([4.0, 5, 7, 8]).reshape(1, 2, 2, 1), values((1, 2, 2, 1)),
            ints(0, 2, 3, dtype="int64"), ints(0, 2, 3, dtype="int64"),
        )
    ],
    no_gradient=_LAST,
    **_TYPES,
)  # fmt: skip
def fractional_max_pool_grad(xp, orig_input, orig_output, out_backprop, row_pooling_sequence, col_pooling_sequence, overlapping):
    """The gradient of fractional max pooling: each window passes its share to its first largest element."""
    if orig_input.ndim != 4 or orig_output.ndim != 4:
        raise invalid("orig_input and orig_output must be 4-dimensional")
    across = _windows(row_pooling_sequence, orig_input.shape[1], overlapping, "row")
    along = _windows(col_pooling_sequence, orig_input.shape[2], overlapping, "col")
    expected = (orig_input.shape[0], len(across.starts), len(along.starts), orig_input.shape[3])
    if orig_output.shape != expected or out_backprop.shape != expected:
        raise invalid(f"orig_output and out_backprop should have shape {rules.shape_text(expected)}")
    free = xp.ones(expected, dtype=bool)
    result = xp.zeros(orig_input.shape, dtype=out_backprop.dtype)
    for windows, pixels in _places(xp, across, along):
        seen = orig_input[pixels]
        here = free[windows] & ((seen == orig_output[windows]) | (seen != seen))
        free[windows] = free[windows] & ~here
        result[pixels] += xp.where(here, out_backprop[windows], 0).astype(result.dtype, copy=False)
    if bool(free.any()):
        raise invalid("tensor_out_dup is not the same as tensor_out")
    return result


# -------------------------------------------------------------------- the mean


def _counts(xp, across, along, dtype):
    return xp.asarray((across.sizes[:, None] * along.sizes)[None, :, :, None].astype(dtype))


@op(
    f"FractionalAvgPool(value: T, {_ATTRS}) -> output: T, row_pooling_sequence: int64, col_pooling_sequence: int64",
    cost=costs.once_per_element,
    shape=_shapes,
    stateful=True,
    samples=_SAMPLES,
    **_TYPES,
)
def fractional_avg_pool(xp, value, pooling_ratio, pseudo_random, overlapping, deterministic, seed, seed2):
    """The mean of windows whose sizes vary, and where the windows begin."""
    attrs = _attrs(pooling_ratio, pseudo_random, deterministic, seed, seed2)
    rows, columns = _draw(value.shape, attrs, "average")
    total, across, along = _pooled(xp, value, rows, columns, overlapping, xp.add, 0)
    counts = _counts(xp, across, along, value.dtype)
    mean = total / counts if value.dtype.kind == "f" else xp.sign(total) * (xp.abs(total) // counts)
    return mean.astype(value.dtype, copy=False), xp.asarray(rows), xp.asarray(columns)


@fractional_avg_pool.gradient
def fractional_avg_pool_gradient(g, op, dy, *_):
    if dy is None:
        return [None]
    _, rows, columns = op.outputs
    sizes = g.shape(op.inputs[0], out_type="int64")
    return [g.fractional_avg_pool_grad(sizes, dy, rows, columns, overlapping=op.attrs["overlapping"])]


@op(
    "FractionalAvgPoolGrad(orig_input_tensor_shape: int64, out_backprop: T, row_pooling_sequence: int64, col_pooling_sequence: int64, *, "
    "overlapping: bool = False) -> output: T",
    cost=costs.once_per_element_of(1),
    shape=lambda c: rules.with_rank(c, rules.shape_from_input(c, 0), 4),
    host=("orig_input_tensor_shape", "row_pooling_sequence", "col_pooling_sequence"),
    samples=[
        sample(ints(1, 3, 3, 1, dtype="int64"), values((1, 2, 2, 1)), *[ints(0, 1, 3, dtype="int64")] * 2, overlapping=True),
    ],
    no_gradient=_LAST,
    **_TYPES,
)
def fractional_avg_pool_grad(xp, orig_input_tensor_shape, out_backprop, row_pooling_sequence, col_pooling_sequence, overlapping):
    """The gradient of fractional average pooling: each window shares its part equally."""
    shape = shape_tuple(orig_input_tensor_shape, out_backprop.dtype.itemsize)
    if len(shape) != 4:
        raise invalid("original input tensor shape must have 4 elements")
    across = _windows(row_pooling_sequence, shape[1], overlapping, "row")
    along = _windows(col_pooling_sequence, shape[2], overlapping, "col")
    expected = (shape[0], len(across.starts), len(along.starts), shape[3])
    if out_backprop.shape != expected:
        raise invalid(f"out_backprop should have shape {rules.shape_text(expected)}, got {rules.shape_text(out_backprop.shape)}")
    share = (out_backprop / _counts(xp, across, along, np.float64)).astype(out_backprop.dtype)
    result = xp.zeros(shape, dtype=out_backprop.dtype)
    for windows, pixels in _places(xp, across, along):
        result[pixels] += share[windows]
    return result
