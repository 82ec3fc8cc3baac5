"""Ops on the colours of images: RGB and HSV, contrast, hue, saturation. The last axis holds the three channels."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid, scalar_input
from autograd_lite.ops.samples import sample, values


def _three_channels(c):
    shape = rules.with_rank_at_least(c, c.shape(0), 1)
    return None if shape is None else (*shape[:-1], rules.with_size(c, shape[-1], 3))


def _check_channels(images: Any, owner: str = "input") -> None:
    if not images.ndim or images.shape[-1] != 3:
        raise invalid(f"{owner} must have 3 channels but instead has {images.shape[-1] if images.ndim else 0} channels.")


def _hue_saturation_value(xp: Any, images: Any) -> tuple[Any, Any, Any]:
    red, green, blue = images[..., 0], images[..., 1], images[..., 2]
    value, least = xp.max(images, axis=-1), xp.min(images, axis=-1)
    spread = value - least
    saturation = xp.where(value > 0, spread / xp.where(value > 0, value, 1), 0)
    sixth = 1 / (6 * xp.where(spread > 0, spread, 1))
    hue = xp.where(
        red == value,
        (green - blue) * sixth,
        xp.where(green == value, (blue - red) * sixth + 2.0 / 6.0, (red - green) * sixth + 4.0 / 6.0),
    )
    hue = xp.where(spread > 0, xp.where(hue < 0, hue + 1, hue), 0)
    return hue.astype(images.dtype), saturation.astype(images.dtype), value


def _from_hue(xp: Any, hue: Any, saturation: Any, value: Any) -> Any:
    sixths = hue * 6
    red = xp.clip(xp.abs(sixths - 3) - 1, 0, 1)
    green = xp.clip(2 - xp.abs(sixths - 2), 0, 1)
    blue = xp.clip(2 - xp.abs(sixths - 4), 0, 1)
    return xp.stack([((1 - saturation) + saturation * part) * value for part in (red, green, blue)], axis=-1).astype(value.dtype)


_COLOURS: dict[str, Any] = {
    "types": {"T": "half bfloat16 float double"},
    "type_defaults": {"T": "float"},
    "shape": _three_channels,
    "samples": [sample(values((2, 2, 3), 0.1, 0.9)), sample(values((4, 3), 0.1, 0.9)), sample(values((0, 3), 0.1, 0.9))],
}


@op("RGBToHSV(images: T) -> output: T", names=["image.rgb_to_hsv"], **_COLOURS)
def rgb_to_hsv(xp, images):
    """Turn red, green and blue in [0, 1] into hue, saturation and value in [0, 1].

    >>> tf.Session().run(tf.image.rgb_to_hsv([[0.0, 1.0, 0.0]]))
    array([[0.33333334, 1.        , 1.        ]], dtype=float32)
    """
    _check_channels(images)
    return xp.stack(_hue_saturation_value(xp, images), axis=-1)


@rgb_to_hsv.gradient
def rgb_to_hsv_gradient(g, op, dy):
    red, green, blue = g.unstack(op.inputs[0], num=3, axis=-1)
    d_hue, d_saturation, d_value = g.unstack(dy, num=3, axis=-1)
    value = g.maximum(g.maximum(red, green), blue)
    least = g.minimum(g.minimum(red, green), blue)
    spread = g.sub(value, least)
    zeros, ones = g.zeros_like(red), g.ones_like(red)
    share = g.select_v2(g.greater(value, zeros), g.div_no_nan(least, g.mul(value, value)), zeros)
    sixth = g.div_no_nan(ones, g.mul(spread, g.constant(6.0, red.dtype)))
    red_most = g.logical_and(g.greater_equal(red, green), g.greater_equal(red, blue))
    green_most = g.logical_and(g.greater(green, red), g.greater_equal(green, blue))
    red_least = g.logical_and(g.less(red, green), g.less(red, blue))
    green_least = g.logical_and(g.less_equal(green, red), g.less(green, blue))
    above = g.select_v2(red_most, g.sub(green, blue), g.select_v2(green_most, g.sub(blue, red), g.sub(red, green)))
    turn = g.mul(d_hue, sixth)  # of the numerator of hue
    fall = g.mul(turn, g.div_no_nan(above, spread))  # of the spread
    at_most = g.add_v2(g.sub(g.mul(d_saturation, share), fall), d_value)
    lighter = g.select_v2(g.greater(least, zeros), g.div_no_nan(ones, value), zeros)  # TensorFlow: no slope where the saturation is full
    at_least = g.sub(fall, g.mul(d_saturation, lighter))
    blue_most = g.logical_not(g.logical_or(red_most, green_most))
    blue_least = g.logical_not(g.logical_or(red_least, green_least))
    grads = []
    # each channel is added in the numerator of hue when the channel before it is the greatest, taken away when the one after it is
    for most, lowest, added, taken in (
        (red_most, red_least, blue_most, green_most),
        (green_most, green_least, red_most, blue_most),
        (blue_most, blue_least, green_most, red_most),
    ):
        parts = g.select_v2(added, turn, g.select_v2(taken, g.neg(turn), zeros))
        parts = g.add_v2(parts, g.select_v2(most, at_most, zeros))
        grads.append(g.add_v2(parts, g.select_v2(lowest, at_least, zeros)))
    return [g.stack(grads, axis=-1)]


@op("HSVToRGB(images: T) -> output: T", names=["image.hsv_to_rgb"], no_gradient="TensorFlow defines none for HSV to RGB", **_COLOURS)
def hsv_to_rgb(xp, images):
    """Turn hue, saturation and value in [0, 1] into red, green and blue in [0, 1].

    >>> tf.Session().run(tf.image.hsv_to_rgb([[0.0, 1.0, 0.5]]))
    array([[0.5, 0. , 0. ]], dtype=float32)
    """
    _check_channels(images)
    return _from_hue(xp, images[..., 0], images[..., 1], images[..., 2])


_ADJUSTED: dict[str, Any] = {
    "types": {"T": "half float"},
    "type_defaults": {"T": "float"},
    "samples": [sample(values((2, 2, 3), 0.1, 0.9, "float32"), values((), 0.1, 0.9, "float32"))],
}


def _at_least_three_axes(c):
    rules.with_rank(c, c.shape(1), 0)
    return rules.with_rank_at_least(c, c.shape(0), 3)


def _check_rank(images: Any) -> None:
    if images.ndim < 3:
        raise invalid(f"input must be at least 3-D, got shape{text(images.shape)}")


@op(
    "AdjustContrastv2(images: T, contrast_factor: float) -> output: T",
    shape=_at_least_three_axes,
    no_gradient="TensorFlow defines none for changes of contrast",
    **_ADJUSTED,
)
def adjust_contrast_v2(xp, images, contrast_factor):
    """Move every pixel away from the mean of its channel, or towards it."""
    _check_rank(images)
    factor = scalar_input(contrast_factor, "contrast_factor must be scalar: ").astype(images.dtype)
    if not images.size:
        return images.copy()
    height, width, channels = images.shape[-3:]
    rows = images.reshape(-1, height, width * channels)  # loops over rows of pixels are long, and so quick
    columns = xp.mean(rows, axis=1)
    mean = xp.mean(columns.reshape(-1, width, channels), axis=1)
    wide = xp.tile(mean, (1, width))[:, None, :]
    result = rows - wide
    result *= factor
    result += wide
    return result.reshape(images.shape)


@op(
    "AdjustHue(images: T, delta: float) -> output: T",
    shape=_at_least_three_axes,
    no_gradient="TensorFlow defines none for changes of hue",
    **_ADJUSTED,
)
def adjust_hue(xp, images, delta):
    """Turn the hue of every pixel by a part of the full circle."""
    _check_rank(images)
    _check_channels(images)
    hue, saturation, value = _hue_saturation_value(xp, images)
    return _from_hue(xp, xp.mod(hue + scalar_input(delta, "delta must be scalar: ").astype(images.dtype), 1), saturation, value)


@op(
    "AdjustSaturation(images: T, scale: float) -> output: T",
    shape=_at_least_three_axes,
    no_gradient="TensorFlow defines none for changes of saturation",
    **_ADJUSTED,
)
def adjust_saturation(xp, images, scale):
    """Multiply the saturation of every pixel, up to 1."""
    _check_rank(images)
    _check_channels(images)
    hue, saturation, value = _hue_saturation_value(xp, images)
    return _from_hue(xp, hue, xp.clip(saturation * scalar_input(scale, "scale must be scalar: ").astype(images.dtype), 0, 1), value)
