"""Random numbers of the gamma distribution, by rejection (Marsaglia and Tsang, 2000): the same ones as TensorFlow for the same seeds."""

from __future__ import annotations

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.backends.philox import RESERVED_PER_OUTPUT, PhiloxStream, blocks_at, box_muller_double, unit_floats
from autograd_lite.backends.registry import backend_named
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
        self.normals, self.uniforms = np.empty((2, count))  # the first number of a block, if it is left
        self.has_normal, self.has_uniform = np.zeros((2, count), bool)

    def _next(self, which, spare, has_spare, convert):
        """The next number of each of these streams: what is left of a block, or the second one of a new block."""
        is_empty = ~has_spare[which]
        empty = which[is_empty]
        numbers = spare[which]
        if len(empty):
            block = self.block[empty]
            first, second = convert(blocks_at(self.key, self.counter, block).reshape(-1)).reshape(-1, 2).T
            self.block[empty] = block + 1
            spare[empty] = first
            numbers[is_empty] = second
        has_spare[which] = is_empty
        return numbers

    def normal(self, which):
        return self._next(which, self.normals, self.has_normal, box_muller_double)

    def uniform(self, which):
        return self._next(which, self.uniforms, self.has_uniform, lambda words: unit_floats(words, np.float64))


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
        tried, x, v = open_[positive], x[positive], v[positive]
        v = v * v * v
        u = draws.uniform(tried)
        good = u < 1.0 - 0.0331 * (x * x) * (x * x)
        rest = np.flatnonzero(~good)  # few: most are taken without a logarithm
        bound = 0.5 * x[rest] * x[rest] + d[tried[rest]] * (1.0 - v[rest] + np.log(v[rest]))
        good[rest] = np.log(np.maximum(u[rest], 1e-300)) < bound
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
    formula="d alpha = dy dx/dalpha where the probability of staying below x does not change, summed over what was drawn",
    samples=[sample(ints(2), np.array([0.5, 1.0, 3.0], np.float32), seed=1, seed2=2)],
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


# ------------------------------------------------------------ how a number moves with alpha

_SERIES_ENDS = 1e5  # beyond, the bell curve and its first corrections are exact enough


def _by_series(alpha, x):
    """For x below alpha + 1: the lower incomplete gamma function as a power series, differentiated term by term."""
    term = total = np.ones_like(x)
    slope, slopes = np.zeros_like(x), np.zeros_like(x)  # of the logarithm of a term; of the sum
    step = 0
    while True:
        step += 1
        term = term * (x / (alpha + step))
        slope = slope - 1 / (alpha + step)
        total, slopes = total + term, slopes + term * slope
        if not np.any(term * np.maximum(1, -slope) > 1e-17 * total):
            break
    return -(x / alpha) * (total * (np.log(x) - _digamma(alpha + 1)) + slopes)


def _by_fraction(alpha, x):
    """For x from alpha + 1 on: the upper incomplete gamma function as a continued fraction, with its derivative, from the inside out."""
    depth = 100 + int(12 * np.sqrt(alpha.max()))
    value, slope = x + 2 * depth + 1 - alpha, -np.ones_like(x)
    for step in range(depth, 0, -1):
        part = step * (step - alpha)
        slope = -1 + step / value + part * slope / (value * value)
        value = x + 2 * step - 1 - alpha - part / value
    return x * ((np.log(x) - _digamma(alpha)) / value - slope / (value * value))


def _by_bell_curve(alpha, x):
    """For large alpha: x as alpha + z sqrt(alpha) + (z^2 - 1) / 3 + ..., with z that does not change (Cornish and Fisher, 1937)."""
    root = np.sqrt(alpha)
    w = (x - alpha) / root
    z = w - (w * w - 1) / (3 * root) + (7 * w**3 - w) / (36 * alpha)
    return 1 + z / (2 * root) - (z**3 - 7 * z) / (72 * alpha * root)


def _digamma(x):
    return backend_named("numpy").xp.special.digamma(x)


def _moves(alpha, x):
    """The derivative of numbers by alpha while their probability stays the same; alpha and x: [n]."""
    result = np.full(x.shape, np.nan)
    good = (alpha > 0) & (x > 0) & np.isfinite(alpha) & np.isfinite(x)
    result[(alpha > 0) & (x == 0)] = 0
    large = good & (alpha >= _SERIES_ENDS)
    small = good & ~large & (x < alpha + 1)
    for part, rule in ((large, _by_bell_curve), (small, _by_series), (good & ~large & ~small, _by_fraction)):
        if part.any():
            result[part] = rule(alpha[part], x[part])
    return result


@op(
    "RandomGammaGrad(alpha: T, sample: T) -> output: T",
    types={"T": "float double"},
    shape=rules.broadcast,
    no_gradient="the second derivative has no simple formula, and TensorFlow has none",
    samples=[
        sample(np.array([0.1, 0.5, 3.0, 50.0, 2e5]), np.array([0.01, 3.0, 10.0, 40.0, 200100.0])),
        sample(np.array([0.5, 2.0], np.float32), np.array([[0.1], [4.0]], np.float32)),
    ],
)
def random_gamma_grad(xp, alpha, sample):
    """How numbers of the gamma distribution move with `alpha` (implicit reparameterisation; Figurnov and others, 2018)."""
    shapes, numbers = np.broadcast_arrays(to_host(alpha).astype(np.float64), to_host(sample).astype(np.float64))
    with np.errstate(all="ignore"):
        moves = _moves(shapes.reshape(-1), numbers.reshape(-1)).reshape(shapes.shape)
    return xp.asarray(moves.astype(alpha.dtype))


@random_gamma.gradient
def random_gamma_gradient(g, op, dy):
    shape, alpha = op.inputs
    known = shape.static_shape
    drawn = g.size(shape) if known is None or known[0] is None else known[0]
    moves = g.mul(dy, g.random_gamma_grad(alpha, op.outputs[0]))
    return None, g.sum(moves, g.range(0, drawn, 1))
