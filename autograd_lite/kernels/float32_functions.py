"""Functions of float32 numbers in assembly: within 2 units in the last place, with NumPy's answers for NaN, infinities and zeros.

The polynomials are own fits: weighted least squares, reweighted until the largest error is as small as it gets. Where a sum decides the
last bits, what rounding lost is added again. Reductions of large arguments and powers are worked out in double precision.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd_lite.kernels import table_functions
from autograd_lite.kernels.assembly import double_text
from autograd_lite.kernels.ranges import Range
from autograd_lite.kernels.table_functions import LN2_HIGH, LN2_LOW, LOG2_E, ROUNDING, at_most, clamped
from autograd_lite.kernels.vectors import Code, Vector

__all__ = ["FUNCTIONS", "within"]

INFINITY = math.inf
ROUNDING_BITS = 0x4B400000
SQRT_HALF_BITS = 0x3F3504F3
TINY = 1.1754943508222875e-38  # below it, numbers are denormal
NEAR = 0.51

_EXP = (0.5000000027348572, 0.16666576042282927, 0.0416663722559902, 0.008363335289842731, 0.0013941382220825148)
_EXP_NEAR = (1.0, 1.0000002960, 0.4999994127, 0.1666560496, 0.0416729998, 0.0084205784, 0.0013787796)  # of e^x, up to NEAR
_LOG = (0.3333333122771636, -0.24999980690734505, 0.20000695355270817, -0.16669201672314155, 0.14250924444049887, -0.12395344154178253,
        0.11635797881764637, -0.1167045411378574, 0.07342377222340711)
_TANH = (-0.33333328250758454, 0.1333272866163459, -0.05384508696817947, 0.02096962937608324, -0.006056228829751576)
_ERF = (0.1283791661262512, -0.3761263191699982, 0.11283674091100693, -0.026858186349272728, 0.005197991617023945, -0.0008108079782687128,
        8.22397560114041e-05)  # of erf(x) / x - 1
_LOG_ERFC = (9.304104077207143e-05, -1.1290212599234417, -0.6346475945069274, -0.1063219802502451, 0.02326484734531905,
             -0.003026002797710491, -2.6046463982812848e-05, 9.514430586837294e-05, -1.6698046974975608e-05, 1.0393926916733376e-06)
_SIN = (-0.16666666663672786, 0.008333331837172001, -0.00019840069965192374, 2.724794271716368e-06)
_COS = (0.04166666667986567, -0.0013888896375929196, 2.4804648216186072e-05, -2.7748381063700633e-07)


def _holds_tables(code: Code) -> bool:
    """Whether vectors are made of registers of 512 bits."""
    return code.text.is_wide and code.count % table_functions.LANES == 0


def _with_sign_of(x: Vector, size: Vector) -> Vector:
    return ((x.bits() & -0x80000000) | size.bits()).as_float()


def _power_of_two(exponent: Vector) -> Vector:
    """2 to a whole number between -126 and 127."""
    return ((exponent + 127) << 23).as_float()


class _Split(NamedTuple):
    """A number as n ln 2 + r + low, with n whole and |r| < 0.35."""

    n: Vector
    shifted: Vector  # n + ROUNDING: its lowest bits are those of n
    r: Vector
    low: Vector


def _split(code: Code, x: Vector) -> _Split:
    shifted = code.fma(x, LOG2_E, ROUNDING)
    n = shifted - ROUNDING
    high = code.fma(n, -LN2_HIGH, x)
    r = code.fma(n, -LN2_LOW, high)
    return _Split(n, shifted, r, code.fma(n, -LN2_LOW, high - r))


def _scaled(code: Code, value: Vector, part: _Split, is_normal: bool = False) -> Vector:
    """Value times 2^n, also where 2^n itself is too large or too small; `is_normal`: it never is."""
    if _holds_tables(code):
        return table_functions.scaled(code, value, part.n)
    n = part.shifted.bits() - ROUNDING_BITS
    if is_normal:
        return value * _power_of_two(n)
    half = n >> 1
    return value * _power_of_two(half) * _power_of_two(n - half)


def _exp_of_finite(code: Code, x: Vector, is_normal: bool = False) -> Vector:
    part = _split(code, x)
    r = part.r
    rest = code.fma(r * r, code.polynomial(r, _EXP), part.low)
    near = r + 1.0
    return _scaled(code, near + (r - (near - 1.0) + rest), part, is_normal)


def _rough_exp(code: Code, x: Vector) -> Vector:
    """The same within 1.1 units, quicker, where the result is no denormal number."""
    part = _split(code, x)
    r = part.r
    return _scaled(code, code.fma(r * r, code.polynomial(r, _EXP), r) + 1.0, part, is_normal=True)


def exp(code: Code, x: Vector, scale: float = 1.0) -> Vector:
    """e^(scale x)."""
    return _exp_of_finite(code, clamped(code, x if scale == 1 else x * scale, -104.0, 89.0))


def _exp_near_zero(code: Code, x: Vector, scale: float = 1.0) -> Vector:
    """e^(scale x) where |scale x| is at most NEAR."""
    return code.polynomial(x, tuple([coefficient * scale**power for power, coefficient in enumerate(_EXP_NEAR)]))


def expm1(code: Code, x: Vector) -> Vector:
    """e^x - 1, accurate near 0."""
    limited = _split(code, clamped(code, x, -18.0, 89.0))
    r = limited.r
    part = r + code.fma(r * r, code.polynomial(r, _EXP), limited.low)
    power = _scaled(code, x.alike(1.0), limited)  # infinite for the largest exponent, where it does not matter: see below
    small = code.fma(part, power, power - 1.0)
    large = _scaled(code, part + 1.0, limited)
    result = code.select(limited.n > 30.0, large, small)
    return code.select(x.compare("eq", 0.0), x, result)


def log(code: Code, x: Vector) -> Vector:
    """The natural logarithm."""
    is_denormal = x < TINY
    normal = code.select(is_denormal, x * 2.0**25, x)
    bits = normal.bits()
    exponent = (bits - SQRT_HALF_BITS) >> 23
    t = (bits - (exponent << 23)).as_float() - 1.0
    power = exponent.convert("sitofp", "float") + code.select(is_denormal, x.alike(-25.0), 0.0)
    square = t * t
    y = square * t * code.polynomial(t, _LOG)
    y = code.fma(power, -2.12194440e-4, y)
    y = code.fma(square, -0.5, y) + t
    y = code.fma(power, 0.693359375, y)
    y = code.select(x < INFINITY, y, x)  # infinity and NaN
    y = code.select(x.compare("eq", 0.0), x.alike(-INFINITY), y)
    return code.select(x < 0.0, x.alike(math.nan), y)


def log1p(code: Code, x: Vector) -> Vector:
    """log(1 + x), accurate near 0."""
    u = x + 1.0
    lost = (x - (u - 1.0)) / u
    inside = code.select(u > 0.0, code.select(u < INFINITY, lost, 0.0), lost.alike(0.0))
    return code.select(x.compare("eq", 0.0), x, FUNCTIONS["log"](code, u) + inside)


def tanh(code: Code, x: Vector) -> Vector:
    """The hyperbolic tangent."""
    size = code.intrinsic("fabs", x)
    square = x * x
    small = code.fma(square * x, code.polynomial(square, _TANH), x)
    power = _rough_exp(code, at_most(code, size + size, 20.0))
    large = 1.0 - 2.0 / (power + 1.0)
    return _with_sign_of(x, code.select(size < 0.62, code.intrinsic("fabs", small), large))


def sigmoid(code: Code, x: Vector) -> Vector:
    """1 / (1 + e^-x), also where e^-x is too large for a number."""
    size = code.intrinsic("fabs", x)
    power = _exp_of_finite(code, -at_most(code, size, 104.0))
    below = power + 1.0
    lost = power - (below - 1.0)
    inverse = 1.0 / below
    above = code.select(x < 0.0, power, 1.0)
    y = above * inverse
    error = code.fma(-lost, y, code.fma(-below, y, above))
    return code.fma(error, inverse, y)


def erf(code: Code, x: Vector) -> Vector:
    """The error function."""
    size = code.intrinsic("fabs", x)
    square = x * x
    small = code.fma(x, code.polynomial(square, _ERF), x)
    limited = at_most(code, size, 4.0)
    large = 1.0 - _exp_of_finite(code, code.polynomial(limited, _LOG_ERFC), is_normal=True)
    return code.select(size < 0.93, small, _with_sign_of(x, large))


# ------------------------------------------------------------ angles

_QUARTER_HIGH = math.pi / 2
_QUARTER_LOW = 6.123233995736766e-17  # pi / 2 - _QUARTER_HIGH
_QUARTER_PARTS = (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15)  # float32 whose sum is pi / 2
_LARGE_ANGLE = 2.0**15  # below it, the rest after whole quarter turns is as accurate as a float32 can be


def _pi_scaled(bits: int) -> int:
    """Pi * 2^bits, by Machin's formula in whole numbers."""

    def inverse_tangent(n: int) -> int:
        total, term, k, one = 0, (1 << (bits + 32)) // n, 0, n * n
        while term:
            total += term // (2 * k + 1) if k % 2 == 0 else -(term // (2 * k + 1))
            term //= one
            k += 1
        return total

    return (4 * (4 * inverse_tangent(5) - inverse_tangent(239))) >> 32


def _large_powers() -> tuple[list[float], list[float]]:
    """For each exponent of a large number: 2^exponent less whole turns, as a double of few bits and the rest.

    A float32 is a whole number of 24 bits times 2^exponent, so times the first part it is exact.
    """
    scale = 260
    turn = 2 * _pi_scaled(scale)
    high, low = [], []
    for exponent in range(105):
        rest = (1 << (exponent + scale)) % turn
        first = rest >> (scale - 26)
        high.append(first / 2.0**26)
        low.append((rest - (first << (scale - 26))) / 2.0**scale)
    return high, low


def _table(code: Code, name: str, values: list[float]) -> str:
    listed = ", ".join(f"double {double_text(value)}" for value in values)
    code.text.declared.setdefault(f"@{name}", f"@{name} = private constant [{len(values)} x double] [{listed}]")
    return f"@{name}"


def _looked_up(code: Code, table: str, index: Vector) -> Vector:
    """The entries of a table of doubles at an i32 index."""
    places = code.block(f"getelementptr double, ptr {table}, {code.type('i32')} {index.name}")
    if code.count == 1:
        return Vector(code, "double", code.block(f"load double, ptr {places}"))
    full = f"@llvm.masked.gather.v{code.count}f64.v{code.count}p0"
    vector, pointers, mask = code.type("double"), f"<{code.count} x ptr>", code.type("i1")
    code.text.declared.setdefault(full, f"declare {vector} {full}({pointers}, i32, {mask}, {vector})")
    every = f"<{', '.join(['i1 true'] * code.count)}>"
    return Vector(code, "double", code.block(f"call {vector} {full}({pointers} {places}, i32 8, {mask} {every}, {vector} zeroinitializer)"))


def _reduce_large(code: Code, x: Vector) -> tuple[Vector, Vector]:
    """A large angle less whole turns, as a sum of two doubles."""
    bits = x.bits()
    exponent = ((bits >> 23) & 255) - 150
    exponent = code.select(exponent.compare("lt", 0), exponent.alike(0), exponent)
    exponent = code.select(exponent.compare("gt", 104), exponent.alike(104), exponent)  # infinity and NaN are seen to later
    mantissa = ((bits & 0x7FFFFF) | 0x800000).convert("sitofp", "double")
    mantissa = code.select(bits.compare("lt", 0), -mantissa, mantissa)
    highs, lows = _large_powers()
    high = _looked_up(code, _table(code, "turns_high", highs), exponent)
    low = _looked_up(code, _table(code, "turns_low", lows), exponent)
    return mantissa * high, mantissa * low


def _reduce_angle(code: Code, x: Vector) -> tuple[Vector, Vector]:
    """An angle below `_LARGE_ANGLE` as n quarter turns and a rest: the rest, and a number whose lowest bits are those of n."""
    shifted = code.fma(x, 2 / math.pi, ROUNDING)
    n = shifted - ROUNDING
    rest = x
    for part in _QUARTER_PARTS:
        rest = code.fma(n, -part, rest)
    return rest, shifted.bits()


def _reduce_any_angle(code: Code, x: Vector) -> tuple[Vector, Vector]:
    """The same for angles of any size, in double precision."""
    is_large = code.intrinsic("fabs", x).compare("ge", 2.0**23)
    value, rest = x.convert("fpext", "double"), code.number("double", 0.0)
    high, low = _reduce_large(code, x)
    value, rest = code.select(is_large, high, value), code.select(is_large, low, rest)
    rounding = 1.5 * 2.0**52
    turned = code.fma(value + rest, 2 / math.pi, rounding)
    n = turned - rounding
    r = code.fma(n, -_QUARTER_LOW, code.fma(n, -_QUARTER_HIGH, value) + rest)
    return r.convert("fptrunc", "float"), turned.bits().convert("trunc", "i32")


def _angle(code: Code, x: Vector, shift: int) -> Vector:
    """sin(x + shift pi / 2)."""
    is_large = code.intrinsic("fabs", x).compare("ge", _LARGE_ANGLE)
    r, quarter = _branch(code, is_large, _reduce_angle(code, x), lambda: _reduce_any_angle(code, x))
    quarter = quarter + shift
    square = r * r
    sine = code.fma(square * r, code.polynomial(square, _SIN), r)
    cosine = code.fma(square, -0.5, square * square * code.polynomial(square, _COS)) + 1.0
    size = code.select((quarter & 1).compare("ne", 0), cosine, sine)
    result = (size.bits() ^ ((quarter & 2) << 30)).as_float()
    return code.select(code.intrinsic("fabs", x) < INFINITY, result, x.alike(math.nan))


def _branch(code: Code, condition: Vector, usual: tuple[Vector, ...], work: Callable[[], tuple[Vector, ...]]) -> list[Vector]:
    """Some vectors, but in the lanes where a condition holds those that `work` gives; its code is run only if there are any."""
    block = code.block
    any_holds = code.any(condition)
    mark = block.values
    block.do(f"br label %before{mark}")
    block.do(f"before{mark}:")
    block.do(f"br i1 {any_holds}, label %rare{mark}, label %after{mark}")
    block.do(f"rare{mark}:")
    rare = [code.select(condition, other, value) for other, value in zip(work(), usual)]
    block.do(f"br label %after{mark}")
    block.do(f"after{mark}:")
    return [Vector(code, value.element,
                   block(f"phi {code.type(value.element)} [{other.name}, %rare{mark}], [{value.name}, %before{mark}]"))
            for other, value in zip(rare, usual)]


def sin(code: Code, x: Vector) -> Vector:
    """The sine."""
    return code.select(x.compare("eq", 0.0), x, _angle(code, x, 0))


def cos(code: Code, x: Vector) -> Vector:
    """The cosine."""
    return _angle(code, x, 1)


# ------------------------------------------------------------ powers


def _log_of_double(code: Code, x: Vector) -> Vector:
    """The logarithm of a positive double that was a float32 (so it is never denormal); minus infinity of 0."""
    bits = x.bits()
    exponent = (bits - 0x3FE6A09E667F3BCD) >> 52
    m = (bits - (exponent << 52)).as_float()
    u = (m - 1.0) / (m + 1.0)
    odd = code.polynomial(u * u, tuple(2.0 / k for k in range(1, 20, 2)))
    result = code.fma(exponent.convert("sitofp", "double"), math.log(2.0), odd * u)
    result = code.select(x < INFINITY, result, x)
    return code.select(x.compare("eq", 0.0), x.alike(-INFINITY), result)


def _exp_of_double(code: Code, x: Vector) -> Vector:
    """e^x of a double between -200 and 200."""
    shifted = code.fma(x, LOG2_E, 1.5 * 2.0**52)
    n = shifted - 1.5 * 2.0**52
    r = code.fma(n, -math.log(2.0), x)
    value = code.polynomial(r, tuple(1.0 / math.factorial(k) for k in range(11)))
    return value * ((shifted.bits() + 1023) << 52).as_float()


def power(code: Code, x: Vector, y: Vector) -> Vector:
    """x^y, worked out in double precision; a negative x has a power only for whole y."""
    size = code.intrinsic("fabs", x).convert("fpext", "double")
    wide = y.convert("fpext", "double")
    exponent = _log_of_double(code, size) * wide
    result = _exp_of_double(code, clamped(code, exponent, -200.0, 200.0)).convert("fptrunc", "float")
    is_whole = code.intrinsic("trunc", y).compare("eq", y)
    half = y * 0.5
    is_odd = (code.intrinsic("trunc", half).compare("ne", half)) & is_whole
    sign_bit = x.bits().compare("lt", 0)
    result = code.select(sign_bit & is_odd, -result, result)
    result = code.select((x < 0.0) & (is_whole ^ 1) & (code.intrinsic("fabs", x) < INFINITY), x.alike(math.nan), result)
    result = code.select(x.is_nan() | y.is_nan(), x + y, result)
    size_is_one = code.intrinsic("fabs", x).compare("eq", 1.0)
    y_is_infinite = code.intrinsic("fabs", y).compare("eq", INFINITY)
    is_one = x.compare("eq", 1.0) | y.compare("eq", 0.0) | (size_is_one & y_is_infinite)
    return code.select(is_one, x.alike(1.0), result)


def _with_tables(name: str, without: Callable[..., Vector]) -> Callable[..., Vector]:
    """A function that uses tables where registers hold them."""
    with_them = table_functions.FUNCTIONS[name]
    return lambda code, x, **how: with_them(code, x, **how) if _holds_tables(code) else without(code, x, **how)


def within(function: str, limits: Sequence[Range], scale: float = 1.0) -> str:
    """The name of the function that does for arguments within these limits, which are multiplied by a number first."""
    return "exp_near_zero" if function == "exp" and limits[0].size * abs(scale) <= NEAR else function


FUNCTIONS: dict[str, Callable[..., Vector]] = {
    "exp_near_zero": _exp_near_zero,
    "expm1": expm1, "log1p": log1p, "sin": sin, "cos": cos, "pow": power,
    "exp": _with_tables("exp", exp), "tanh": _with_tables("tanh", tanh), "sigmoid": _with_tables("sigmoid", sigmoid),
    "erf": _with_tables("erf", erf),
    "log": _with_tables("log", log),
}
