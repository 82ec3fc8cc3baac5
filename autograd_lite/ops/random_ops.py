"""Ops that draw random numbers: the same numbers as TensorFlow for the same seeds.

Each node has a stream of its own in every session, which starts from the node's two seeds and goes on from run to run.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.backends.philox import PhiloxStream, unit_floats, words_at
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import HALF_FIRST, INDEX, REALS

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
    count = value.shape[0] if value.ndim else 1
    if count <= 1 or not value.size:
        return xp.array(value)
    order = np.arange(count)
    words = state.words(count - 1).tolist()
    for row, word in enumerate(words):  # Fisher and Yates: each row changes places with itself or a later one
        other = row + word % (count - row)
        order[row], order[other] = order[other], order[row]
    return value[xp.asarray(order)]


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


def draw_classes(xp, logits, num_samples, output_dtype, state):
    """The kernel of Multinomial, for any stream."""
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
    uniforms = unit_floats(words_at(state.key, first, 2 * rows * count), np.float64).reshape(rows, count)
    scores = to_host(logits).astype(np.float64)
    finite = np.isfinite(scores)
    largest = np.max(np.where(finite, scores, -np.inf), axis=1, keepdims=True, initial=-np.inf)
    sums = np.cumsum(np.where(finite, np.exp(scores - largest), 0.0), axis=1)  # [rows, classes]
    drawn = [np.searchsorted(row, total * uniform, side="right") for row, total, uniform in zip(sums, sums[:, -1:], uniforms)]
    return xp.asarray(np.array(drawn, dtype=output_dtype.numpy).reshape(rows, count))
