"""The distribution function of the standard normal distribution, and its logarithm where it underflows."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.api.constants import constant
from autograd_lite.api.math import abs as absolute
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import where_v2
from autograd_lite.graph.tensor import Tensor

# Beyond these, the logarithm is found another way: above, from the other tail; below, from the asymptotic series.
_LIMITS = {"float32": (-10.0, 5.0), "float64": (-20.0, 8.0), "float16": (-2.0, 2.0)}
_TERMS = 3


def ndtr(x: Tensor) -> Tensor:
    """The probability that a standard normal number is at most x, from erf or erfc, whichever is exact there."""
    with building("ndtr", None, [x]):
        half_sqrt_2 = constant(0.5 * math.sqrt(2.0), dtype=x.dtype, name="half_sqrt_2")
        w = x * half_sqrt_2
        z = absolute(w)
        middle = raw.Less(z, half_sqrt_2)
        near = 1.0 + raw.Erf(w)
        far = where_v2(raw.Greater(w, 0.0), 2.0 - raw.Erfc(z), raw.Erfc(z))
        return 0.5 * where_v2(middle, near, far)


def log_ndtr(x: Tensor) -> Tensor:
    """The logarithm of `ndtr(x)`, accurate in both tails."""
    with building("log_ndtr", None, [x]):
        lower, upper = _LIMITS[x.dtype.base_dtype.name]
        middle = raw.Log(ndtr(raw.Maximum(x, lower)))
        tail = _log_ndtr_series(raw.Minimum(x, lower))
        return where_v2(raw.Greater(x, upper), -ndtr(-x), where_v2(raw.Greater(x, lower), middle, tail))


def _log_ndtr_series(x: Tensor) -> Tensor:
    """Abramowitz and Stegun 26.2.12: log(density(x) / -x * (1 - 1 / x^2 + 3 / x^4 - 15 / x^6 ...))."""
    squared = raw.Square(x)
    total, power = 1.0 + 0.0 * squared, squared
    for k in range(1, _TERMS + 1):
        total = total + float((-1) ** k * np.prod(np.arange(1, 2 * k, 2))) / power
        power = power * squared
    return -0.5 * squared - raw.Log(-x) - 0.5 * math.log(2.0 * math.pi) + raw.Log(total)
