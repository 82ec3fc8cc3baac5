"""Compiled batch normalisation of float32 images or volumes with the channels last, and its gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import batch_norm_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.tier import Tiered

__all__ = ["backward", "forward"]

CHUNK = 1 << 16  # elements that one thread does at a time
SECONDS_PER_ELEMENT = 4e-9  # of NumPy
LEAST_SECONDS = 2e-5


def _images(c: Inference, index: int) -> tuple[int, ...] | None:
    """The shape of the images, if they are of a kind that is done here."""
    shape, form = shape_of(c, index), c.attrs["data_format"]
    is_ours = form in ("NHWC", "NDHWC") and len(shape) == len(form) and 0 not in shape
    return shape if is_ours and all(c.dtype(each).name == "float32" for each in range(c.count)) else None


def _numbers(shape: tuple[int, ...]) -> list[int]:
    """Pixels, channels, and how many pixels a chunk has."""
    return [math.prod(shape[:-1]), shape[-1], max(CHUNK // shape[-1], 1)]


def _sums_shape(numbers: list[int]) -> tuple[int, ...]:
    pixels, channels, per_chunk = numbers
    return (-(-pixels // per_chunk), 2, channels)


def _seconds(shape: tuple[int, ...]) -> float:
    return LEAST_SECONDS + SECONDS_PER_ELEMENT * math.prod(shape)


@compiled("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
def forward(c: Inference) -> Tiered | None:
    """Normalise by the statistics of the batch, or by given ones."""
    shape, attrs = _images(c, 0), c.attrs
    if shape is None:
        return None
    is_training, factor, channels = attrs["is_training"], attrs["exponential_avg_factor"], shape[-1:]
    is_running = is_training and factor != 1.0
    needed = (1, 2) if is_training and not is_running else (1, 2, 3, 4)
    if any(shape_of(c, index) != channels for index in needed) or any(len(shape_of(c, index)) != 1 for index in (3, 4)):
        return None
    numbers = _numbers(shape)
    settings = np.array([attrs["epsilon"], factor], np.float32)
    has_more = c.opdef.name.endswith("V3")

    def prepare() -> Any:
        sums = _sums_shape(numbers) if is_training else (1,)
        given = {"x": Given(shape), "y": Given(shape, True), "sums": Given(sums, True), "settings": Given((2,)), "scale": Given(channels),
                 "offset": Given(channels), "mean": Given(shape_of(c, 3)), "variance": Given(shape_of(c, 4))}  # fmt: skip
        arrays = [given.get(name, Given(channels, True)) for name in assembly.FORWARD_ARRAYS]
        text = assembly.forward_text(is_training, lanes_of_registers())
        run = caller(text, "forward", arrays, [*numbers, int(is_running)])

        def normalise(xp: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any, *others: Any) -> Any:
            y, vectors = np.empty(shape, np.float32), [np.empty(channels, np.float32) for _ in range(5)]
            if run(x, scale, offset, mean, variance, settings, np.empty(sums), y, *vectors):
                return (y, *vectors[:4], np.zeros(0, np.float32)) if has_more else (y, *vectors[:4])
            return c.opdef.kernel(xp, x, scale, offset, mean, variance, *others)

        return normalise

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, _seconds(shape))


@compiled("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")
def backward(c: Inference) -> Tiered | None:
    """The gradients for x, scale and offset."""
    shape, attrs = _images(c, 1), c.attrs
    if shape is None or shape_of(c, 0) != shape or any(shape_of(c, index) != shape[-1:] for index in (2, 3, 4)):
        return None
    is_training, channels, numbers = attrs["is_training"], shape[-1:], _numbers(shape)
    settings = np.array([attrs["epsilon"], 0.0], np.float32)
    reserved = (0,) if is_training else channels

    def prepare() -> Any:
        sums = _sums_shape(numbers)
        given = {"x": Given(shape), "dy": Given(shape), "dx": Given(shape, True), "sums": Given(sums, True), "settings": Given((2,)),
                 **dict.fromkeys(("scale", "mean", "variance"), Given(channels))}  # fmt: skip
        arrays = [given.get(name, Given(channels, True)) for name in assembly.BACKWARD_ARRAYS]
        run = caller(assembly.backward_text(is_training, lanes_of_registers()), "backward", arrays, numbers)

        def spread(xp: Any, dy: Any, x: Any, scale: Any, mean: Any, variance: Any, *others: Any) -> Any:
            dx, vectors = np.empty(shape, np.float32), [np.empty(channels, np.float32) for _ in range(5)]
            if run(dy, x, scale, mean, variance, settings, np.empty(sums), dx, *vectors):
                return dx, vectors[0], vectors[1], np.zeros(reserved, np.float32), np.zeros(reserved, np.float32)
            return c.opdef.kernel(xp, dy, x, scale, mean, variance, *others)

        return spread

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, _seconds(shape))
