"""Ops that draw random numbers from two seeds given as inputs: the same numbers in every run, and in TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends.philox import PhiloxStream, stateless_key
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.random_ops import draw_classes
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import HALF_FIRST, INDEX, REALS

_DRAWN = "the numbers are drawn, not computed from the inputs"


def _sizes(shape, itemsize):
    sizes = tuple(np.asarray(shape).tolist())
    for axis, size in enumerate(sizes):
        if size < 0:
            raise invalid(f"Dimension {axis} must be >= 0, got {size}" if len(sizes) > 1 else f"Dimension {size} must be >= 0")
    check_room(sizes, itemsize)
    return sizes


def _stream(seed):
    if np.shape(seed) != (2,):
        raise invalid(f"seed must have shape [2], not {rules.shape_text(np.shape(seed))}")
    return PhiloxStream.at(*stateless_key(*(int(number) for number in np.asarray(seed))))


def _shape(c):
    rules.with_rank(c, c.shape(1), 1)
    return rules.shape_from_input(c, 0)


_FLOATS: dict[str, Any] = {
    "types": {"T": INDEX, "Tseed": INDEX, "dtype": HALF_FIRST},
    "type_defaults": {"T": "int32", "Tseed": "int64"},
    "shape": _shape,
    "host": ("shape", "seed"),
    "no_gradient": _DRAWN,
    "samples": [sample(ints(2, 3), ints(1, 2), dtype="float64"), sample(ints(), ints(1, 2), dtype="float32")],
}
_INPUTS = "shape: T, seed: Tseed, *, dtype: type = float"


@op(f"StatelessRandomUniform({_INPUTS}) -> output: dtype", **_FLOATS)
def stateless_random_uniform(xp, shape, seed, dtype):
    """Draw numbers spread evenly over [0, 1)."""
    return xp.asarray(_stream(seed).uniform(_sizes(shape, dtype.size), dtype.numpy))


@op(f"StatelessRandomNormal({_INPUTS}) -> output: dtype", **_FLOATS)
def stateless_random_normal(xp, shape, seed, dtype):
    """Draw numbers of mean 0 and standard deviation 1 (bell curve)."""
    return xp.asarray(_stream(seed).normal(_sizes(shape, dtype.size), dtype.numpy))


@op(f"StatelessTruncatedNormal({_INPUTS}) -> output: dtype", **_FLOATS)
def stateless_truncated_normal(xp, shape, seed, dtype):
    """Draw numbers of a bell curve, drawing those beyond two standard deviations again."""
    return xp.asarray(_stream(seed).truncated_normal(_sizes(shape, dtype.size), dtype.numpy))


@op(
    "StatelessRandomUniformInt(shape: T, seed: Tseed, minval: dtype, maxval: dtype) -> output: dtype",
    types={"T": INDEX, "Tseed": INDEX, "dtype": INDEX},
    type_defaults={"Tseed": "int64"},
    shape=_shape,
    host=("shape", "seed", "minval", "maxval"),
    no_gradient=_DRAWN,
    samples=[sample(ints(2, 3), ints(1, 2), 0, 9)],
)
def stateless_random_uniform_int(xp, shape, seed, minval, maxval, dtype):
    """Draw whole numbers from `minval` to `maxval - 1`."""
    low, high = int(minval), int(maxval)
    if low >= high:
        raise invalid(f"Need minval < maxval, got {low} >= {high}")
    return xp.asarray(_stream(seed).uniform_int(_sizes(shape, dtype.size), low, high, dtype.numpy))


def _classes_shape(c):
    rules.with_rank(c, c.shape(2), 1)
    return (rules.with_rank(c, c.shape(0), 2)[0], rules.scalar_size(c, 1))


@op(
    "StatelessMultinomial(logits: T, num_samples: int32, seed: Tseed, *, output_dtype: type = int64) -> output: output_dtype",
    types={"T": REALS, "Tseed": INDEX, "output_dtype": INDEX},
    type_defaults={"Tseed": "int64"},
    shape=_classes_shape,
    host=("num_samples", "seed"),
    no_gradient=_DRAWN,
    samples=[sample(values((2, 3)), 4, ints(1, 2))],
)
def stateless_multinomial(xp, logits, num_samples, seed, output_dtype):
    """Draw classes with the probabilities softmax(logits), row by row."""
    return draw_classes(xp, logits, num_samples, output_dtype, _stream(seed))
