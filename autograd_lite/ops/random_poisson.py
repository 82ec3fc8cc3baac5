"""Random numbers of the Poisson distribution: the same ones as TensorFlow for the same seeds.

Small rates multiply uniform numbers until the product is small (Knuth, 1969); large ones reject what a transformed uniform number proposes
(Hörmann, 1993).
"""

from __future__ import annotations

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.backends.philox import PhiloxStream
from autograd_lite.backends.registry import backend_named
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.random_gamma import Draws
from autograd_lite.ops.samples import ints, sample
from autograd_lite.ops.type_lists import INDEX

_LARGE = 10.0  # rates from here on are drawn by rejection
_DRAWN = "the numbers are whole: they do not change with small steps of the rate"


def _count_by_products(draws, which, rates, result):
    """For each of `which`: how many uniform numbers it takes until their product falls to exp(-rate)."""
    least = np.exp(-rates[which])
    product, count = np.ones(len(which)), np.zeros(len(which))
    while len(which):
        product = product * draws.uniform(which)
        done = product <= least
        result[which[done]] = count[done]
        which, least, product, count = (each[~done] for each in (which, least, product, count + 1))


def _reject(draws, which, rates, result):
    """For each of `which`: propose a number by two uniform ones until one is accepted."""
    log_gamma = backend_named("numpy").xp.special.gammaln
    logs = np.log(rates)
    b = 0.931 + 2.53 * np.sqrt(rates)
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    enough = 0.9277 - 3.6224 / (b - 2)
    while len(which):
        u = draws.uniform(which) - 0.5
        v = draws.uniform(which)
        rate, b_here, a_here = rates[which], b[which], a[which]
        side = 0.5 - np.abs(u)
        with np.errstate(divide="ignore", invalid="ignore"):
            k = np.floor((2 * a_here / side + b_here) * u + rate + 0.43)
            quick = (side >= 0.07) & (v <= enough[which])
            out = (k < 0) | ((side < 0.013) & (v > side))
            score = np.log(v * inverse[which] / (a_here / (side * side) + b_here))
            good = quick | (~out & (score <= -rate + k * logs[which] - log_gamma(k + 1)))
        result[which[good]] = k[good]
        which = which[~good]


def poisson_numbers(draws: Draws, rates: np.ndarray) -> np.ndarray:
    """One number for each of `rates` [n], each from its own stream; NaN where there is no such distribution."""
    result = np.full(len(rates), np.nan)
    with np.errstate(invalid="ignore"):
        good = np.isfinite(rates) & (rates >= 0)
        _count_by_products(draws, np.flatnonzero(good & (rates < _LARGE)), rates, result)
        known = np.where(good & (rates >= _LARGE), rates, _LARGE)
        _reject(draws, np.flatnonzero(good & (rates >= _LARGE)), known, result)
    return result


def _drawn_shape(c):
    outer, inner = rules.shape_from_input(c, 0), c.shape(1)
    return None if outer is None or inner is None else (*outer, *inner)


def _drawn(xp, shape, rate, dtype, state):
    outer = tuple(np.asarray(shape).tolist())
    for axis, size in enumerate(outer):
        if size < 0:
            raise invalid(f"Dimension {axis} must be >= 0, got {size}")
    check_room((*outer, *rate.shape), 8 * 8)
    rates = to_host(rate).astype(np.float64).reshape(-1)
    count = int(np.prod(outer, dtype=np.int64))
    first = state.reserve_outputs(count * len(rates))
    draws = Draws(state.key, first, count * len(rates))
    numbers = poisson_numbers(draws, np.repeat(rates, count))  # the numbers of one rate stand together in the stream
    with np.errstate(invalid="ignore", over="ignore"):
        typed = numbers.reshape(len(rates), count).T.reshape(outer + tuple(rate.shape)).astype(dtype.numpy)
    return xp.asarray(typed)


@op(
    "RandomPoissonV2(shape: S, rate: R, *, seed: int = 0, seed2: int = 0, dtype: type = int64) -> output: dtype",
    types={"S": INDEX, "R": "half float double int32 int64", "dtype": "half float double int32 int64"},
    type_defaults={"R": "double"},
    shape=_drawn_shape,
    host=("shape",),
    stateful=True,
    state=lambda attrs: PhiloxStream(attrs["seed"], attrs["seed2"]),
    no_gradient=_DRAWN,
    samples=[sample(ints(2), np.array([0.5, 10.0, 300.0]), seed=1, seed2=2, dtype="float32")],
)
def random_poisson_v2(xp, shape, rate, dtype, state):
    """Draw numbers of the Poisson distribution: `shape` of them for each element of `rate`."""
    return _drawn(xp, shape, rate, dtype, state)


@op(
    "RandomPoisson(shape: S, rate: dtype, *, seed: int = 0, seed2: int = 0) -> output: dtype",
    types={"S": INDEX, "dtype": "half float double"},
    shape=_drawn_shape,
    host=("shape",),
    stateful=True,
    state=lambda attrs: PhiloxStream(attrs["seed"], attrs["seed2"]),
    no_gradient=_DRAWN,
    samples=[sample(ints(2), np.array([0.5, 10.0]), seed=1, seed2=2)],
)
def random_poisson(xp, shape, rate, dtype, state):
    """Draw numbers of the Poisson distribution (the op of older graphs)."""
    return _drawn(xp, shape, rate, dtype, state)
