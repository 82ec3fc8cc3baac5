"""Compiled change of contrast: the mean of each channel of an image, and every pixel moved away from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.routine import Routine, Value, module, vector
from autograd_lite.kernels.rows import seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["change_contrast"]

MOST_CHANNELS = 4  # whose sums stay in registers
NUMPY_STEPS = 4  # elements that NumPy could move while it changes one


@compiled("AdjustContrastv2")
def change_contrast(c: Inference) -> Tiered | None:
    """Of float32 images with few channels."""
    shape = shape_of(c, 0)
    if c.dtype(0).name != "float32" or len(shape) < 3 or 0 in shape or shape[-1] > MOST_CHANNELS or shape_of(c, 1) != ():
        return None
    sizes = [math.prod(shape[:-3]), math.prod(shape[-3:])]

    def prepare() -> Any:
        run = caller(_text(shape[-1], lanes_of_registers()), "change", [Given(shape), Given(()), Given(shape, is_output=True)], sizes)

        def change(xp: Any, images: Any, factor: Any) -> Any:
            result = np.empty(shape, np.float32)
            return result if run(images, np.asarray(factor, np.float32), result) else c.opdef.kernel(xp, images, factor)

        return change

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_STEPS * math.prod(shape)))


def _text(channels: int, lanes: int) -> str:
    """`change(images, factor, results, count, size)`: images of `size` numbers, whose sums are worked out in double precision."""

    def body(part: Routine, index: Value) -> None:
        size, factor = part["size"], part.load("float", part["factor"])
        images, results = (part.at(part[name], index * size, "float") for name in ("images", "results"))
        means = _means(part, images, channels, lanes)
        middle = [part.load(vector("float", lanes), means, number * lanes) for number in range(channels)]
        whole = size - size % (channels * lanes)

        def moved(value: Value, mean: Value, lanes: int) -> Value:
            return (value - mean) * part.spread(factor, lanes) + mean

        with part.loop(0, whole, channels * lanes) as at:
            for number, mean in enumerate(middle):
                place = at + number * lanes
                part.store(moved(part.load(vector("float", lanes), images, place), mean, lanes), results, place)
        with part.loop(whole, size) as at:
            part.store(moved(part.load("float", images, at), part.load("float", means, at % channels), 1), results, at)

    parameters = {**dict.fromkeys(("images", "factor", "results"), "ptr"), **dict.fromkeys(("count", "size"), "i64")}
    return module(chunked("change", parameters, lambda routine: routine["count"], body))


def _means(part: Routine, images: Value, channels: int, lanes: int) -> Value:
    """The mean of each channel, so many times that they fill as many vectors as there are channels."""
    size, period = part["size"], channels * lanes
    whole, zero = size - size % period, part.value("double", 0.0)
    sums = [part.variable(part.spread(zero, lanes)) for _ in range(channels)]
    with part.loop(0, whole, period) as at:
        for number, each in enumerate(sums):
            each.set(each.get() + part.load(vector("float", lanes), images, at + number * lanes).to("double"))
    parts, totals, means = part.room("double", period), part.room("double", channels), part.room("float", period)
    for number, each in enumerate(sums):
        part.store(each.get(), parts, number * lanes)
    for channel in range(channels):
        part.store(zero, totals, channel)

    def add(number: Value, channel: Value) -> None:
        part.store(part.load("double", totals, channel) + number, totals, channel)

    with part.loop(0, period) as at:
        add(part.load("double", parts, at), at % channels)
    with part.loop(whole, size) as at:
        add(part.load("float", images, at).to("double"), at % channels)
    pixels = (size / channels).to("double")
    with part.loop(0, period) as at:
        part.store((part.load("double", totals, at % channels) / pixels).to("float"), means, at)
    return means
