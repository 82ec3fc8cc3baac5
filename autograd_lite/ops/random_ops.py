"""Ops that draw random numbers: the same numbers as TensorFlow for the same seeds.

Each node has a stream of its own in every session, which starts from the node's two seeds and goes on from run to run.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.backends.philox import PhiloxStream, doubles_at
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import HALF_FIRST, INDEX, REALS

FEW_ROWS = 8  # are searched one after the other
_DRAWN = "the numbers are drawn, not computed from the inputs"


def _stream(attrs):
    return PhiloxStream(attrs["seed"], attrs["seed2"])


def _drawn_shape(c):
    return rules.shape_from_input(c, 0)


def _sizes(shape, itemsize):
    """The shape that is asked for, with TensorFlow's words for a negative size."""
    sizes = tuple(np.asarray(shape).tolist())
    for axis, size in enumerate(sizes):
        if size < 0:
            raise invalid(f"Dimension {axis} must be >= 0, got {size}" if len(sizes) > 1 else f"Dimension {size} must be >= 0")
    check_room(sizes, itemsize)
    return sizes


_SEEDS = "seed: int = 0, seed2: int = 0"
_FLOATS: dict[str, Any] = {
    "types": {"T": INDEX, "dtype": HALF_FIRST},
    "shape": _drawn_shape,
    "host": ("shape",),
    "stateful": True,
    "state": _stream,
    "no_gradient": _DRAWN,
    "samples": [sample(ints(2, 3), dtype="float64", seed=1, seed2=2), sample(ints(), dtype="float32", seed=1, seed2=2)],
}


@op(f"RandomUniform(shape: T, *, {_SEEDS}, dtype: type) -> output: dtype", **_FLOATS)
def random_uniform(xp, shape, dtype, state):
    """Draw numbers spread evenly over [0, 1)."""
    return xp.asarray(state.uniform(_sizes(shape, dtype.size), dtype.numpy))


@op(f"RandomStandardNormal(shape: T, *, {_SEEDS}, dtype: type) -> output: dtype", **_FLOATS)
def random_standard_normal(xp, shape, dtype, state):
    """Draw numbers of mean 0 and standard deviation 1 (bell curve)."""
    return xp.asarray(state.normal(_sizes(shape, dtype.size), dtype.numpy))


@op(f"TruncatedNormal(shape: T, *, {_SEEDS}, dtype: type) -> output: dtype", **_FLOATS)
def truncated_normal(xp, shape, dtype, state):
    """Draw numbers of a bell curve, drawing those beyond two standard deviations again."""
    return xp.asarray(state.truncated_normal(_sizes(shape, dtype.size), dtype.numpy))


def _bounded_shape(c):
    for index in (1, 2):
        rules.with_rank(c, c.shape(index), 0)
    return _drawn_shape(c)


@op(
    f"RandomUniformInt(shape: T, minval: Tout, maxval: Tout, *, {_SEEDS}) -> output: Tout",
    types={"T": INDEX, "Tout": INDEX},
    shape=_bounded_shape,
    host=("shape", "minval", "maxval"),
    stateful=True,
    state=_stream,
    no_gradient=_DRAWN,
    samples=[sample(ints(2, 3), 0, 9, seed=1, seed2=2)],
)
def random_uniform_int(xp, shape, minval, maxval, Tout, state):
    """Draw whole numbers from `minval` to `maxval - 1`."""
    low, high = int(minval), int(maxval)
    if low >= high:
        raise invalid(f"Need minval < maxval, got {low} >= {high}")
    return xp.asarray(state.uniform_int(_sizes(shape, Tout.size), low, high, Tout.numpy))


@op(
    f"RandomShuffle(value: T, *, {_SEEDS}) -> output: T",
    shape=rules.unchanged,
    stateful=True,
    state=_stream,
    samples=[sample(values((5, 2)), seed=1, seed2=2), sample(values(()), seed=1, seed2=2)],
    no_gradient="which row went where is not recorded",
)
def random_shuffle(xp, value, state):
    """Put the rows of a tensor in random order."""
    return shuffled(xp, value, state, changed_order)


def shuffled(xp, value, state, order_after):
    """The kernel of RandomShuffle. order_after: does what `changed_order` does."""
    count = value.shape[0] if value.ndim else 1
    if count <= 1 or not value.size:
        return xp.array(value)
    left = np.arange(count, 1, -1)  # Fisher and Yates: each row changes places with itself or a later one
    return xp.take(value, xp.asarray(order_after(np.arange(count - 1) + state.words(count - 1) % left)), axis=0)


def changed_order(others: np.ndarray) -> list[int]:
    """The order of rows after each in turn has changed places with another."""
    order = list(range(len(others) + 1))
    for row, other in enumerate(others.tolist()):
        order[row], order[other] = order[other], order[row]
    return order


def _multinomial_shape(c):
    return (rules.with_rank(c, c.shape(0), 2)[0], rules.scalar_size(c, 1))


@op(
    f"Multinomial(logits: T, num_samples: int32, *, {_SEEDS}, output_dtype: type = int64) -> output: output_dtype",
    types={"T": REALS, "output_dtype": INDEX},
    shape=_multinomial_shape,
    host=("num_samples",),
    stateful=True,
    state=_stream,
    no_gradient=_DRAWN,
    samples=[sample(values((2, 3)), 4, seed=1, seed2=2)],
)
def multinomial(xp, logits, num_samples, output_dtype, state):
    """Draw classes with the probabilities softmax(logits), row by row."""
    return draw_classes(xp, logits, num_samples, output_dtype, state)


def draw_classes(xp, logits, num_samples, output_dtype, state, search=None):
    """The kernel of Multinomial, for any stream. search: does what `classes_of` does."""
    if logits.ndim != 2:
        raise invalid(f"logits should be a matrix, got shape {rules.shape_text(logits.shape)}")
    count = int(num_samples)
    rows, classes = logits.shape
    if count < 0:
        raise invalid(f"num_samples should be nonnegative, got {count}")
    if rows and count and not classes:
        raise invalid(f"num_classes should be positive, got {classes}")
    check_room((rows, count), output_dtype.size)
    first = state.reserve_outputs(2 * rows * (-(-count // 4) * 4))
    uniforms = doubles_at(state.key, first, rows * count).reshape(rows, count)
    if not rows * count:
        return xp.zeros((rows, count), dtype=output_dtype.numpy)
    scores = to_host(logits).astype(np.float64)
    finite = np.isfinite(scores)
    are_finite = bool(finite.all())
    largest = np.max(scores if are_finite else np.where(finite, scores, -np.inf), axis=1, keepdims=True, initial=-np.inf)
    weights = np.exp(np.subtract(scores, largest, out=scores), out=scores)
    weights = weights if are_finite else np.where(finite, weights, 0.0)  # [rows, classes]
    return xp.asarray((search or classes_of)(weights, uniforms).astype(output_dtype.numpy))


def classes_of(weights: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """The class of each number between 0 and 1, if classes have these weights. weights: [n, k]. uniforms: [n, m]."""
    sums = np.cumsum(weights, axis=1)
    return places_behind(sums, sums[:, -1:] * uniforms)


def places_behind(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where in its sorted row each number belongs, behind those that equal it. rows: [n, k]. wanted: [n, m]."""
    if len(rows) <= FEW_ROWS:
        found = [np.searchsorted(row, numbers, side="right") for row, numbers in zip(rows, wanted)]
        return np.array(found, np.int64).reshape(wanted.shape)
    size = rows.shape[1]
    flat, starts = rows.reshape(-1), (np.arange(len(rows)) * size)[:, None]
    first, left = np.zeros(wanted.shape, np.int64), np.full(wanted.shape, size, np.int64)
    for _ in range(size.bit_length()):  # halve, for all numbers at once, the part of the row in which each may belong
        half = left >> 1
        middle = first + half
        behind = (flat[starts + np.minimum(middle, size - 1)] <= wanted) & (left > 0)
        first = np.where(behind, middle + 1, first)
        left = np.where(behind, left - half - 1, half)
    return first
