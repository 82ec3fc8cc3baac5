"""Ops between floats and small integers: a quantized tensor is integers with the two floats that its smallest and largest value mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample, values

QUANTIZED = "qint8 quint8 qint32 qint16 quint16"
_MODES = "mode: {'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = 'MIN_COMBINED'"
_ROUNDED = "whole numbers do not change with small steps of the input"
_X = values((2, 3), -3, 3, "float32")
_LOW, _HIGH = np.float32(-1.5), np.float32(2)


def limits(dtype: Any) -> tuple[int, int]:
    """The smallest and the largest whole number of a quantized type."""
    info = np.iinfo(dtype.numpy)
    return int(info.min), int(info.max)


def _plain_range(c, place):
    """Both ends of the range are scalars; later releases can also give one range to each slice, or leave a number out."""
    for index in (place, place + 1):
        rules.with_rank(c, c.shape(index), 0)
    if c.attrs.get("axis", -1) != -1 or c.attrs.get("narrow_range", False):
        raise c.fail("Ranges along an axis and narrow ranges came after 1.15 and are not supported")


def _ends(low, high):
    for name, bound in (("min_range", low), ("max_range", high)):
        if bound.size != 1:
            raise invalid(f"{name} must be a scalar.")
    return low.reshape(()), high.reshape(())


def half_away(xp: Any, numbers: Any) -> Any:
    """Round to the nearest whole number, halves away from 0."""
    return xp.copysign(xp.floor(xp.abs(numbers) + np.float32(0.5)), numbers)


def _to_integers(xp, numbers, dtype):
    """The conversion of C: what is out of range for 32 bits becomes the smallest number."""
    low, high = limits(dtype)
    if dtype.size < 4:
        return xp.minimum(xp.maximum(numbers, low), high).astype(dtype.numpy)
    fits = (numbers >= -(2.0**31)) & (numbers < 2.0**31)
    return xp.where(fits, xp.where(fits, numbers, 0).astype(xp.int64), low).astype(dtype.numpy)


def to_quantized(xp: Any, numbers: Any, low: Any, high: Any, dtype: Any) -> Any:
    """The whole number for each float, in a range that is 0 at `low` (mode MIN_FIRST)."""
    first, last = limits(dtype)
    steps = np.float32(last - first) / (high - low)
    moved = half_away(xp, numbers * steps) - half_away(xp, low * steps) + np.float32(first)
    top = np.float32(last)
    top = np.nextafter(top, np.float32(0)) if int(top) > last else top  # the greatest float that fits into 32 bits
    return _to_integers(xp, xp.minimum(xp.maximum(moved, np.float32(first)), top), dtype)


def to_floats(xp: Any, integers: Any, low: Any, high: Any, dtype: Any) -> Any:
    """The float that each whole number means (mode MIN_FIRST)."""
    first, last = limits(dtype)
    step = (high.astype(xp.float64) - low) / (last - first)
    with np.errstate(invalid="ignore", divide="ignore"):
        start = xp.where(low == high, low, half_away(xp, low / step) * step)
    return ((integers.astype(xp.float64) - first) * step + start).astype(xp.float32)


def _scale(xp, low, high, first, last):
    """How many whole numbers one unit takes, so that both ends of the range fit (mode SCALED)."""
    most = np.finfo(low.dtype).max
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        from_low = xp.where(first * low > 0, low.dtype.type(first) / low, most)
        from_high = xp.where(last * high > 0, low.dtype.type(last) / high, most)
    return xp.minimum(from_low, from_high)


_LATER = {"narrow_range": ("bool", False), "axis": ("int", -1)}


def _quantized_shapes(c):
    _plain_range(c, 1)
    return [c.shape(0), (), ()]


@op(
    "QuantizeV2(input: float, min_range: float, max_range: float, *, T: type, " + _MODES + ", "
    "round_mode: {'HALF_AWAY_FROM_ZERO', 'HALF_TO_EVEN'} = 'HALF_AWAY_FROM_ZERO') -> output: T, output_min: float, output_max: float",
    types={"T": QUANTIZED},
    shape=_quantized_shapes,
    release_attrs={"2.21": {**_LATER, "ensure_minimum_range": ("float", 0.01)}},
    no_gradient=_ROUNDED,
    samples=[
        sample(_X, _LOW, _HIGH, T="quint8"),
        sample(_X, _LOW, _HIGH, T="qint8", mode="MIN_FIRST"),
        sample(_X, _LOW, _HIGH, T="qint8", mode="SCALED", round_mode="HALF_TO_EVEN"),
    ],
)
def quantize_v2(xp, input, min_range, max_range, T, mode, round_mode):
    """Turn floats into small whole numbers, evenly over a range; gives the range too, which may have been widened."""
    low, high = _ends(min_range, max_range)
    if bool(low > high):
        raise invalid("input_max_range must be larger than input_min_range.")
    low = xp.minimum(low, np.float32(0))
    room = xp.maximum(np.float32(1), xp.maximum(xp.abs(low), xp.abs(high))) * np.float32(0.01)
    high = xp.maximum(np.float32(0), xp.maximum(high, low + room))
    first, last = limits(T)
    if mode == "SCALED":
        scale = _scale(xp, low, high, first, last)
        low, high = np.float32(first) / scale, np.float32(last) / scale
        scaled = xp.minimum(xp.maximum(input, low), high) * scale
        result = _to_integers(xp, half_away(xp, scaled) if round_mode == "HALF_AWAY_FROM_ZERO" else xp.rint(scaled), T)
    elif mode == "MIN_FIRST":
        result = to_quantized(xp, input, low, high, T)
    else:
        scale = np.float32(last - first) / (high - low)
        scaled = (xp.minimum(xp.maximum(input, low), high) - low) * scale - np.float32((last - first + 1) / 2 if first else 0)
        result = _to_integers(xp, half_away(xp, scaled), T)
    return result, low, high


def _float_shape(c):
    _plain_range(c, 1)
    return c.shape(0)


@op(
    "Dequantize(input: T, min_range: float, max_range: float, *, " + _MODES + ") -> output: float",
    types={"T": QUANTIZED},
    shape=_float_shape,
    release_attrs={"2.21": {**_LATER, "dtype": ("type", dtypes.float32)}},
    names=["quantization.dequantize", "dequantize"],
    no_gradient="its input is whole numbers",
    samples=[
        sample(np.array([0, 7, 255], np.uint8), _LOW, _HIGH, T="quint8"),
        sample(np.array([-128, 7, 127], np.int8), _LOW, _HIGH, T="qint8", mode="MIN_FIRST"),
        sample(np.array([-128, 7, 127], np.int8), _LOW, _HIGH, T="qint8", mode="SCALED"),
    ],
)
def dequantize(xp, input, min_range, max_range, T, mode):
    """Turn quantized whole numbers back into floats.

    >>> print(tf.Session().run(tf.dequantize(tf.quantize([0.0, 0.5, 1.0], 0.0, 1.0, tf.quint8).output, 0.0, 1.0)).round(2))
    [0.  0.5 1. ]
    """
    low, high = _ends(min_range, max_range)
    first, last = limits(T)
    if mode == "MIN_FIRST":
        return to_floats(xp, input, low, high, T)
    if mode == "SCALED":
        scale = high / np.float32(last)
        scale = xp.maximum(low / np.float32(first), scale) if first else scale
        return input.astype(xp.float32) * scale
    half = np.float32((last - first + 1) / 2 if first else 0)
    return (input.astype(xp.float32) + half) * ((high - low) / np.float32(last - first)) + low


_FLOATS = "bfloat16 half float double"


def _there_and_back(xp, input, low, high, signed, bits, given, even, narrow):
    """The nearest of the levels that `bits` bits have between -top and top (or 0 and top), which the ends of the range decide."""
    if not 0 < bits <= (62 if signed else 63):
        raise invalid(f"num_bits is out of range: {bits} with signed_input_ {int(signed)}")
    kind = input.dtype.type
    low, high = (low, high) if given else (_extreme(xp, input, False), _extreme(xp, input, True))
    if given and bool(low > high):
        raise invalid(f"Invalid range: input_min {low:g} > input_max {high:g}")
    last = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1
    first = (-last if narrow else -last - 1) if signed else int(narrow)
    scale = _scale(xp, low, high, first, last)
    with np.errstate(all="ignore"):
        if given:
            input = xp.minimum(xp.maximum(input, kind(first) / scale), kind(last) / scale)
        scaled = input * scale
        levels = xp.rint(scaled) if even else xp.floor(scaled + kind(0.5))
        if not given:
            levels = xp.minimum(levels, kind(last)) if even else levels
        return (levels / scale).astype(input.dtype)


def _extreme(xp, input, largest):
    if not input.size:
        return input.dtype.type(0)
    return xp.max(input) if largest else xp.min(input)


def _scalar_ends_shape(c):
    _plain_range_of(c)
    return c.shape(0)


def _plain_range_of(c):
    if c.attrs.get("axis", -1) != -1:
        raise c.fail("Ranges along an axis came after 1.15 and are not supported")
    for index in (1, 2):
        rules.with_rank(c, c.shape(index), 0)


_BACK: dict[str, Any] = {"types": {"T": _FLOATS}, "shape": _scalar_ends_shape, "release_attrs": {"2.21": {"axis": ("int", -1)}}}


@op(
    "QuantizeAndDequantizeV2(input: T, input_min: T, input_max: T, *, signed_input: bool = True, num_bits: int = 8, "
    "range_given: bool = False, round_mode: {'HALF_TO_EVEN', 'HALF_UP'} = 'HALF_TO_EVEN', narrow_range: bool = False) -> output: T",
    samples=[
        sample(_X, _LOW, _HIGH),
        sample(_X, _LOW, _HIGH, range_given=True, narrow_range=True),
        sample(_X, _LOW, _HIGH, signed_input=False, round_mode="HALF_UP", num_bits=4),
    ],
    formula="dy: the rounding is taken for the identity",
    **_BACK,
)
def quantize_and_dequantize_v2(
    xp, input, input_min, input_max, signed_input, num_bits, range_given, round_mode, narrow_range
):  # fmt: skip
    """Round floats to the levels that a quantized tensor would have, and keep them floats."""
    for name, bound in (("input_min", input_min), ("input_max", input_max)):
        if bound.ndim:
            raise invalid(f"{name} must be a scalar.")
    return _there_and_back(
        xp, input, input_min, input_max, signed_input, num_bits, range_given, round_mode == "HALF_TO_EVEN", narrow_range
    )


@quantize_and_dequantize_v2.gradient
def quantize_and_dequantize_v2_gradient(g, op, dy):
    return dy, None, None


@op(
    "QuantizeAndDequantizeV3(input: T, input_min: T, input_max: T, num_bits: int32, *, signed_input: bool = True, "
    "range_given: bool = True, narrow_range: bool = False) -> output: T",
    host=("num_bits",),
    samples=[sample(_X, _LOW, _HIGH, 8), sample(_X, _LOW, _HIGH, 4, range_given=False)],
    formula="dy: the rounding is taken for the identity",
    **_BACK,
)
def quantize_and_dequantize_v3(xp, input, input_min, input_max, num_bits, signed_input, range_given, narrow_range):
    """Round floats to the levels that a quantized tensor of so many bits would have, and keep them floats."""
    return _there_and_back(
        xp, input, input_min.reshape(()), input_max.reshape(()), signed_input, int(num_bits), range_given, True, narrow_range
    )


@quantize_and_dequantize_v3.gradient
def quantize_and_dequantize_v3_gradient(g, op, dy):
    return dy, None, None, None
