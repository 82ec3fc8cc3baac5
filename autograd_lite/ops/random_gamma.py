"""Random numbers of the gamma distribution, by rejection (Marsaglia and Tsang, 2000): the same ones as TensorFlow for the same seeds."""

from __future__ import annotations

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.backends.philox import RESERVED_PER_OUTPUT, PhiloxStream, blocks_at, box_muller_double, unit_floats
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample
from autograd_lite.ops.type_lists import INDEX


class Draws:
    """One stream for each number to draw; a block of it gives two numbers, of which the second is used first."""

    def __init__(self, key: int, counter: int, count: int) -> None:
        self.key, self.counter = key, counter
        self.block = np.arange(count, dtype=np.int64) * RESERVED_PER_OUTPUT
        self.normals, self.uniforms = np.empty((2, count, 2))
        self.normals_left, self.uniforms_left = np.zeros((2, count), np.int64)

    def _refill(self, which, store, left, convert):
        empty = which[left[which] == 0]
        if len(empty):
            words = blocks_at(self.key, self.counter, self.block[empty])
            store[empty] = convert(words.reshape(-1)).reshape(-1, 2)
            self.block[empty] += 1
            left[empty] = 2
        left[which] -= 1
        return store[which, left[which]]

    def normal(self, which):
        return self._refill(which, self.normals, self.normals_left, box_muller_double)

    def uniform(self, which):
        return self._refill(which, self.uniforms, self.uniforms_left, lambda words: unit_floats(words, np.float64))


def _gamma_numbers(draws, alpha):
    """One number for each of `alpha` [n]; those that are rejected are drawn again, each from its own stream."""
    result = np.empty(len(alpha))
    exponential = np.flatnonzero(alpha == 1.0)
    result[exponential] = -np.log1p(-draws.uniform(exponential))
    open_ = np.flatnonzero(alpha != 1.0)
    d = alpha + np.where(alpha < 1.0, 2.0 / 3, -1.0 / 3)
    c = 1.0 / 3 / np.sqrt(d)
    while len(open_):
        x = draws.normal(open_)
        v = 1.0 + c[open_] * x
        positive = v > 0
        tried, x, v = open_[positive], x[positive], v[positive] ** 3
        u = draws.uniform(tried)
        bound = 0.5 * x * x + d[tried] * (1.0 - v + np.log(v))
        good = (u < 1.0 - 0.0331 * (x * x) * (x * x)) | (np.log(np.maximum(u, 1e-300)) < bound)
        done = tried[good]
        result[done] = d[done] * v[good]
        small = done[alpha[done] < 1.0]
        result[small] *= draws.uniform(small) ** (1.0 / alpha[small])
        is_done = np.zeros(len(alpha), bool)
        is_done[done] = True
        open_ = open_[~is_done[open_]]
    return result


def _gamma_shape(c):
    outer = rules.shape_from_input(c, 0)
    inner = c.shape(1)
    return None if outer is None or inner is None else (*outer, *inner)


@op(
    "RandomGamma(shape: S, alpha: T, *, seed: int = 0, seed2: int = 0) -> output: T",
    types={"S": INDEX, "T": "half float double"},
    shape=_gamma_shape,
    host=("shape",),
    stateful=True,
    state=lambda attrs: PhiloxStream(attrs["seed"], attrs["seed2"]),
    no_gradient="the derivative of a gamma number by its shape parameter has no simple formula",
    samples=[sample(ints(2), np.array([0.5, 1.0, 3.0]), seed=1, seed2=2)],
)
def random_gamma(xp, shape, alpha, T, state):
    """Draw numbers of the gamma distribution with scale 1: `shape` of them for each element of `alpha`."""
    outer = tuple(np.asarray(shape).tolist())
    if any(size < 0 for size in outer):
        raise invalid(f"Dimension {outer.index(min(outer))} must be >= 0, got {min(outer)}")
    check_room((*outer, *alpha.shape), 8 * 8)
    shapes = to_host(alpha).astype(np.float64).reshape(-1)
    if np.any(~(shapes > 0)):
        return xp.asarray(_with_nan(shapes, outer, alpha.shape, T, state))
    return xp.asarray(_drawn(shapes, outer, alpha.shape, T, state))


def _drawn(shapes, outer, inner, T, state):
    count = int(np.prod(outer, dtype=np.int64))
    first = state.reserve_outputs(count * len(shapes))
    draws = Draws(state.key, first, count * len(shapes))
    numbers = _gamma_numbers(draws, np.repeat(shapes, count))  # the numbers of one alpha stand together in the stream
    return numbers.reshape(len(shapes), count).T.reshape(outer + tuple(inner)).astype(T.numpy)


def _with_nan(shapes, outer, inner, T, state):
    """NaN for every alpha that is not positive."""
    wrong = ~(shapes > 0)
    numbers = _drawn(np.where(wrong, 1.0, shapes), outer, inner, T, state)
    flat = numbers.reshape(-1, len(shapes))
    flat[:, wrong] = np.nan
    return numbers
