"""Functions of float32 numbers for processors with AVX-512, whose registers hold tables: fewer instructions, and no division.

An exponential is a power of 2 out of 16 times a short series; the hyperbolic tangent and the error function are polynomials, one for each
of 32 intervals. The same accuracy and the same answers for NaN, infinities and zeros as in `float32_functions`.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from autograd_lite.kernels.assembly import double_text
from autograd_lite.kernels.vectors import Code, Vector

__all__ = ["FUNCTIONS", "LANES", "LN2_HIGH", "LN2_LOW", "LOG2_E", "ROUNDING", "at_most", "clamped", "scaled"]

LANES = 16  # of a register
INTERVALS, DEGREE = 32, 4
INTERVAL_BITS = 20  # below them the bits of a float32 that tell the eighths between two powers of two
LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.693145751953125, 1.42860682030941723212e-6  # the first with so few bits that its product with an exponent is exact
ROUNDING_16TH = 1.5 * 2.0**19  # adding it rounds to 16ths, and leaves how many, modulo 16, in the lowest bits
ROUNDING = 1.5 * 2.0**23  # adding it rounds a small number to the nearest whole one, and leaves that in the lowest bits
_SERIES = (1.0, 0.5, 1 / 6)  # of (e^r - 1) / r


def _constant(values: Sequence[float]) -> str:
    return "<" + ", ".join(f"float {double_text(float(np.float32(value)))}" for value in values) + ">"


def _apply(code: Code, name: str, result: str, types: Sequence[str], *arguments: Vector | str) -> Vector:
    """An instruction on registers of 16 lanes, for each register of the vectors; arguments that are texts are the same for all."""
    code.text.declared.setdefault(name, f"declare {result} {name}({', '.join(types)})")
    parts = [each if isinstance(each, str) else code.registers(each, LANES) for each in arguments]
    made = []
    for index in range(code.count // LANES):
        passed = [part if isinstance(part, str) else part[index] for part in parts]
        listed = ", ".join(f"{kind} {value}" for kind, value in zip(types, passed))
        made.append(code.block(f"call {result} {name}({listed})"))
    return code.joined("float", made, LANES)


_FLOATS, _INDICES = f"<{LANES} x float>", f"<{LANES} x i32>"


def scaled(code: Code, value: Vector, exponent: Vector) -> Vector:
    """Value times 2 to the largest whole number that is not above `exponent`; also where that power is too large or too small."""
    types = (_FLOATS, _FLOATS, _FLOATS, "i16", "i32")
    return _apply(code, "@llvm.x86.avx512.mask.scalef.ps.512", _FLOATS, types, value, exponent, "zeroinitializer", "-1", "4")


def _quotient(code: Code, power: Vector, large: Vector, small: Vector) -> Vector:
    """A power of two by the sum of two parts, which is a normal number or NaN: the processor's guess of 14 bits after a step of Newton's
    method.
    """
    types = (_FLOATS, _FLOATS, "i16")
    guess = _apply(code, "@llvm.x86.avx512.rcp14.ps.512", _FLOATS, types, large + small, "zeroinitializer", "-1")
    rest = code.fma(-small, guess, code.fma(-large, guess, 1.0))
    guess = guess * power  # which is exact
    return code.fma(guess, rest, guess)


def _of_16(code: Code, table: Sequence[float], index: Vector) -> Vector:
    """The entry of a table of 16 that the lowest four bits of each index say."""
    types = (_FLOATS, _INDICES)
    return _apply(code, "@llvm.x86.avx512.permvar.sf.512", _FLOATS, types, _constant(table), index)


def _of_32(code: Code, table: Sequence[float], index: Vector) -> Vector:
    """The entry of a table of 32 that the lowest five bits of each index say."""
    types = (_FLOATS, _INDICES, _FLOATS)
    low, high = _constant(table[:LANES]), _constant(table[LANES:])
    return _apply(code, "@llvm.x86.avx512.vpermi2var.ps.512", _FLOATS, types, low, index, high)


def at_most(code: Code, x: Vector, high: float) -> Vector:
    """X, or the limit where x is larger; NaN stays."""
    return code.select(x > high, x.alike(high), x)


def clamped(code: Code, x: Vector, low: float, high: float) -> Vector:
    """X within limits; NaN stays."""
    x = at_most(code, x, high)
    return code.select(x < low, x.alike(low), x)


class _Power(NamedTuple):
    """e^x or e^-x as (high + high series) 2^floor(n) or 2^-floor(n); the series is small."""

    high: Vector
    series: Vector
    n: Vector


def _within(code: Code, x: Vector, limit: float) -> Vector:
    """X, or the limit with the sign of x where |x| is larger; the limit for NaN."""
    types = (_FLOATS, _FLOATS, "i32", _FLOATS, "i16", "i32")
    smaller_size = "2"  # and the sign of the first
    return _apply(code, "@llvm.x86.avx512.mask.range.ps.512", _FLOATS, types, x, x.alike(limit), smaller_size, "zeroinitializer", "-1", "4")


def _power(code: Code, x: Vector, sign: int, scale: float = 1.0) -> _Power:
    """Of any x, times a power of two: where it is infinite, NaN, or so large that rounding to 16ths fails, n is so as well and the rest is
    bounded.
    """
    shifted = code.fma(x, LOG2_E * scale, ROUNDING_16TH)
    n = shifted - ROUNDING_16TH
    r = _within(code, code.fma(n, -LN2_LOW / scale, code.fma(n, -LN2_HIGH / scale, x)), 1 / 16 / abs(scale))
    high = _of_16(code, [2.0 ** (sign * index / 16) for index in range(16)], shifted.bits())
    series = code.polynomial(r, tuple((sign * scale) ** (k + 1) * coefficient for k, coefficient in enumerate(_SERIES)))
    return _Power(high, r * series, n)


def exp(code: Code, x: Vector, scale: float = 1.0) -> Vector:
    """e^(scale x)."""
    high, series, n = _power(code, x, 1, scale)
    return scaled(code, code.fma(high, series, high), n)


def sigmoid(code: Code, x: Vector) -> Vector:
    """1 / (1 + e^-x), worked out as 2^n / (2^n + m) with e^-x = m 2^-n, so that no power is too large for a number."""
    high, series, n = _power(code, at_most(code, x, 60.0), -1)
    power = scaled(code, x.alike(1.0), n)
    return _quotient(code, power, high + power, high * series)


def _log_tables() -> tuple[list[float], list[float]]:
    """For each sixteenth of [1, 2), the upper eight standing for [3/4, 1): a number near 1 / its middle, and minus the logarithm of that.

    Of the float32 near by, the one is taken whose logarithm is nearest to a float32, so that nothing is lost. Next to 1 they are 1 and 0.
    """
    factors, logarithms = [], []
    for index in range(16):
        middle = (1 + (index + 0.5) / 16) / (2 if index >= 8 else 1)
        first = np.float32(1 / middle).view(np.int32)
        near = (first + np.arange(-2000, 2000, dtype=np.int32)).view(np.float32).astype(float)
        exact = -np.log(near)
        best = int(np.argmin(abs(exact - exact.astype(np.float32).astype(float))))
        is_next_to_one = index in (0, 15)
        factors.append(1.0 if is_next_to_one else near[best])
        logarithms.append(0.0 if is_next_to_one else exact[best])
    return factors, logarithms


def _exponent(code: Code, x: Vector) -> Vector:
    """The largest whole number that is not above the binary logarithm of |x|, as a float: minus infinity of 0."""
    types = (_FLOATS, _FLOATS, "i16", "i32")
    return _apply(code, "@llvm.x86.avx512.mask.getexp.ps.512", _FLOATS, types, x, "zeroinitializer", "-1", "4")


def _mantissa(code: Code, x: Vector) -> Vector:
    """X times the power of 2 that brings it into [3/4, 3/2); 1 of 0 and infinity, NaN of negative numbers."""
    types = (_FLOATS, "i32", _FLOATS, "i16", "i32")
    return _apply(code, "@llvm.x86.avx512.mask.getmant.ps.512", _FLOATS, types, x, "11", "zeroinitializer", "-1", "4")


def log(code: Code, x: Vector) -> Vector:
    """The natural logarithm: of x = 2^n m, n ln 2 - log(f) + log(m f), where f is out of a table and m f is near 1."""
    m = _mantissa(code, x)
    n = _exponent(code, x) - _exponent(code, m)
    index = m.bits() >> 19
    factors, logarithms = _log_tables()
    r = code.fma(m, _of_16(code, factors, index), -1.0)
    rest = code.fma(n, LN2_LOW, r)
    rest = code.fma(r * r, code.polynomial(r, _log_series()), rest)
    return code.fma(n, LN2_HIGH, _of_16(code, logarithms, index)) + rest


def _log_series() -> tuple[float, ...]:
    """The polynomial that stands for (log(1 + r) - r) / r^2 between -1/32 and 1/16."""
    places = (1 + 3 * _chebyshev(4)) / 64
    return tuple(_coefficients(places, [(math.log1p(place) - place) / place**2 for place in places]))


class _Odd:
    """An odd function that is 1, to a float32, from `one` on: a polynomial of degree 4 for each of 32 intervals of its positive half.

    The upper bits of y = scale x + offset say which: eight intervals lie between two powers of two, so they are narrow near 0, where the
    function bends. Scale and offset are those, out of some thousands, with the least error. The polynomials meet the function in
    Chebyshev's points; the first one, which begins at 0, is x times such a polynomial.
    """

    def __init__(self, function: Callable[[float], float], one: float, scale: float, offset: float) -> None:
        self.scale, self.offset = scale, offset
        rows = [[0.0] * (DEGREE + 2) for _ in range(INTERVALS)]
        for begin, stop in _intervals(offset, scale * one + offset):
            row = _row(function, (begin - offset) / scale, (stop - offset) / scale)
            rows[int(np.float32(begin).view(np.int32) >> INTERVAL_BITS) % INTERVALS] = row
            self.end = row[0]  # at last the middle of that interval whose values are all 1
        self.middles, *self.tables = zip(*rows)

    def __call__(self, code: Code, x: Vector) -> Vector:
        size = at_most(code, code.intrinsic("fabs", x), self.end)
        index = code.fma(size, self.scale, self.offset).bits() >> INTERVAL_BITS
        place = size - _of_32(code, self.middles, index)
        result = _of_32(code, self.tables[-1], index)
        for table in self.tables[-2:0:-1]:
            result = code.fma(result, place, _of_32(code, table, index))
        result = _of_32(code, self.tables[0], index) + code.fma(result, place, place)
        return code.intrinsic("copysign", result, x)


def _intervals(first: float, last: float) -> list[tuple[float, float]]:
    """The eighths between powers of two from the positive number `first` to the one behind `last`."""
    found = [(first, _next_eighth(first))]
    while found[-1][0] < last:
        begin = found[-1][1]
        found.append((begin, _next_eighth(begin)))
    return found


def _next_eighth(x: float) -> float:
    eighth = 2.0 ** (math.frexp(x)[1] - 4)
    return (x // eighth + 1) * eighth


def _row(function: Callable[[float], float], low: float, high: float) -> list[float]:
    """Where the middle of an interval is, and the coefficients of the function less x, in the distance x from the middle."""
    if low == 0:
        places = high * (_chebyshev(DEGREE) + 1) / 2
        return [0.0, 0.0, *_coefficients(places, [function(place) / place - 1 for place in places])]
    middle = float(np.float32((low + high) / 2))
    places = (high - low) / 2 * _chebyshev(DEGREE + 1)
    return [middle, *_coefficients(places, [function(middle + place) - place for place in places])]


def _chebyshev(count: int) -> np.ndarray:
    """Chebyshev's points between -1 and 1."""
    return np.cos(math.pi * (np.arange(count) + 0.5) / count)


def _coefficients(places: np.ndarray, values: Sequence[float]) -> list[float]:
    """The polynomial through these points, the constant coefficient first."""
    return list(np.linalg.solve(np.vander(places / places.max(), increasing=True), values) / places.max() ** np.arange(len(values)))


@functools.cache
def _tanh() -> _Odd:
    return _Odd(math.tanh, 9.2, scale=0.88, offset=0.64)


@functools.cache
def _erf() -> _Odd:
    return _Odd(math.erf, 3.96, scale=2.3, offset=0.72)


def tanh(code: Code, x: Vector) -> Vector:
    """The hyperbolic tangent."""
    return _tanh()(code, x)


def erf(code: Code, x: Vector) -> Vector:
    """The error function."""
    return _erf()(code, x)


FUNCTIONS: dict[str, Callable[..., Vector]] = {"exp": exp, "log": log, "tanh": tanh, "sigmoid": sigmoid, "erf": erf}
