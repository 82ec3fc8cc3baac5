"""Compiled batch normalisation of float32 images or volumes with the channels last, and its gradient."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import batch_norm_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled, with_epilogue
from autograd_lite.kernels.epilogue import MOMENTS, NOTHING, Epilogue, Producer, summed, with_products
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.tier import Tiered

__all__ = ["backward", "forward"]

Into = Callable[..., "np.ndarray | None"]

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
    shape = _normalised(c)
    if shape is None:
        return None
    channels, has_more = shape[-1:], c.opdef.name.endswith("V3")

    def prepare() -> Any:
        run = _normaliser(c, shape, NOTHING)

        def normalise(xp: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any, *others: Any) -> Any:
            y, vectors = empty(shape), [np.empty(channels, np.float32) for _ in range(4)]
            if run(x, scale, offset, mean, variance, y, *vectors) is not None:
                return (y, *vectors, np.zeros(0, np.float32)) if has_more else (y, *vectors)
            return c.opdef.kernel(xp, x, scale, offset, mean, variance, *others)

        return normalise

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, _seconds(shape))


@with_epilogue("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
def forward_and_more(c: Inference) -> Producer | None:
    """Normalise, with an epilogue."""
    shape = _normalised(c)
    if shape is None:
        return None
    more = (*[shape[-1:]] * 4, *[(0,)] * c.opdef.name.endswith("V3"))

    def behind(first: Producer) -> Producer:
        count = len(first.inputs)

        def make(epilogue: Epilogue) -> Callable[..., np.ndarray | None] | None:
            gather, run = first.run(MOMENTS), _normaliser(c, shape, epilogue, has_sums=True)
            if gather is None:
                return None
            place = count + 5 + len(epilogue.others) - bool(epilogue.summed)  # of the first kernel's result

            def both(*arrays: Any) -> np.ndarray | None:
                sums = gather(*arrays[:count], arrays[place])
                return None if sums is None else run(arrays[place], *arrays[count:place], *arrays[place + 1 :], sums=sums[np.newaxis])

            return both

        return Producer(tuple(range(count + 4)), make, first.seconds + _seconds(shape), (shape, *more))

    make = functools.partial(_normaliser, c, shape)
    return Producer((0, 1, 2, 3, 4), make, _seconds(shape), more, behind if c.attrs["is_training"] else None)


def _normalised(c: Inference) -> tuple[int, ...] | None:
    """The shape of the images, if all that is needed has the right shape."""
    shape, attrs = _images(c, 0), c.attrs
    if shape is None:
        return None
    needed = (1, 2) if attrs["is_training"] and attrs["exponential_avg_factor"] == 1.0 else (1, 2, 3, 4)
    if any(shape_of(c, index) != shape[-1:] for index in needed) or any(len(shape_of(c, index)) != 1 for index in (3, 4)):
        return None
    return shape


def _normaliser(c: Inference, shape: tuple[int, ...], epilogue: Epilogue, has_sums: bool = False) -> Callable[..., np.ndarray | None]:
    """The function (x, scale, offset, mean, variance, y, *others of the epilogue but the sums, *statistics) -> sums.

    has_sums: it is told the sums of x and of its square [1, 2, channels].
    """
    is_training, factor, channels, numbers = c.attrs["is_training"], c.attrs["exponential_avg_factor"], shape[-1:], _numbers(shape)
    settings = np.array([c.attrs["epsilon"], factor], np.float32)
    parts = _sums_shape(numbers)[0]
    room = (1, 2, *channels) if has_sums else _sums_shape(numbers) if is_training else (1,)
    given = {"x": Given(shape), "y": Given(shape, True), "sums": Given(room, True), "settings": Given((2,)), "scale": Given(channels),
             "offset": Given(channels), "mean": Given(shape_of(c, 3)), "variance": Given(shape_of(c, 4))}  # fmt: skip
    arrays = [*[given.get(name, Given(channels, True)) for name in assembly.FORWARD_ARRAYS], *epilogue.given(shape, parts)]
    run = caller(assembly.forward_text(is_training, lanes_of_registers(), epilogue, has_sums), "forward", arrays,
                 [*numbers, int(is_training and factor != 1.0)])  # fmt: skip
    count = len(epilogue.others) - bool(epilogue.summed)

    def normalise(x: Any, scale: Any, offset: Any, mean: Any, variance: Any, y: Any, *more: Any, sums: Any = None) -> np.ndarray | None:
        others, statistics = more[:count], more[count : count + 4]
        slope, sums = np.empty(channels, np.float32), np.empty(room) if sums is None else sums
        arrays = x, scale, offset, mean, variance, settings, sums, y, *statistics, slope, *others
        return summed(lambda *totals: run(*arrays, *totals), epilogue, shape, parts)

    return normalise


@compiled("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")
def backward(c: Inference) -> Tiered | None:
    """The gradients for x, scale and offset."""
    shape = _spread(c)
    if shape is None:
        return None
    channels, reserved = shape[-1:], _reserved(c, shape)

    def prepare() -> Any:
        run = _spreader(c, shape)

        def spread(xp: Any, dy: Any, x: Any, scale: Any, mean: Any, variance: Any, *others: Any) -> Any:
            dx, for_scale, for_offset = empty(shape), *[np.empty(channels, np.float32) for _ in range(2)]
            if run(dy, x, scale, mean, variance, dx, for_scale, for_offset):
                return dx, for_scale, for_offset, np.zeros(reserved, np.float32), np.zeros(reserved, np.float32)
            return c.opdef.kernel(xp, dy, x, scale, mean, variance, *others)

        return spread

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, _seconds(shape))


@with_epilogue("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")
def backward_after(c: Inference) -> Producer | None:
    """The gradients, after a kernel that gathers the sums for them; no epilogue follows."""
    shape = _spread(c)
    if shape is None or not c.attrs["is_training"]:
        return None

    def after(first: Producer, stored: int | None) -> Producer:
        more = (*first.more, shape, *[shape[-1:]] * 2, *[_reserved(c, shape)] * 2)
        make = functools.partial(_after, c, shape, first, stored)
        return Producer(tuple(range(len(first.inputs) + 4)), make, first.seconds + _seconds(shape), more)

    return Producer((0, 1, 2, 3, 4), None, _seconds(shape), after=after)


def _after(c: Inference, shape: tuple[int, ...], first: Producer, stored: int | None, epilogue: Epilogue) -> Into | None:
    """The function of a kernel with an epilogue and the gradients after it."""
    gather, spread, count = first.run(with_products(epilogue, stored)), _spreader(c, shape, has_sums=True), len(first.inputs)
    if gather is None:
        return None
    made = count + 4  # where the first kernel's result is
    operands = made + 1 + sum(name.startswith("operand") for name in epilogue.others)
    kept = operands + len(epilogue.stored)
    further = kept + len(first.more)

    def both(*arrays: Any) -> np.ndarray | None:
        x, scale, mean, variance = arrays[count:made]
        totals = gather(*arrays[:count], arrays[made], *arrays[made + 1 : operands], x, mean, *arrays[operands:further])
        dy = arrays[made if stored is None else operands + stored]
        if totals is None or not spread(dy, x, scale, mean, variance, *arrays[further : further + 3], sums=totals[np.newaxis, -2:]):
            return None
        return totals[:-2]

    return both


def _spread(c: Inference) -> tuple[int, ...] | None:
    """The shape of the images whose gradient is asked for, if all that is needed has the right shape."""
    shape = _images(c, 1)
    if shape is None or shape_of(c, 0) != shape or any(shape_of(c, index) != shape[-1:] for index in (2, 3, 4)):
        return None
    return shape


def _reserved(c: Inference, shape: tuple[int, ...]) -> tuple[int, ...]:
    return (0,) if c.attrs["is_training"] else shape[-1:]


def _spreader(c: Inference, shape: tuple[int, ...], has_sums: bool = False) -> Callable[..., bool]:
    """The function (dy, x, scale, mean, variance, dx, for_scale, for_offset) that says whether it did it.

    has_sums: it is told the sums of dy and of the products of dy and x less its mean [1, 2, channels].
    """
    is_training, channels, numbers = c.attrs["is_training"], shape[-1:], _numbers(shape)
    settings = np.array([c.attrs["epsilon"], 0.0], np.float32)
    room = (1, 2, *channels) if has_sums else _sums_shape(numbers)
    given = {"x": Given(shape), "dy": Given(shape), "dx": Given(shape, True), "sums": Given(room, True), "settings": Given((2,)),
             **dict.fromkeys(("scale", "mean", "variance"), Given(channels))}  # fmt: skip
    arrays = [given.get(name, Given(channels, True)) for name in assembly.BACKWARD_ARRAYS]
    run = caller(assembly.backward_text(is_training, lanes_of_registers(), has_sums), "backward", arrays, numbers)

    def spread(dy: Any, x: Any, scale: Any, mean: Any, variance: Any, dx: Any, for_scale: Any, for_offset: Any, sums: Any = None) -> bool:
        sums = np.empty(room) if sums is None else sums
        rest = [np.empty(channels, np.float32) for _ in range(3)]
        return run(dy, x, scale, mean, variance, settings, sums, dx, for_scale, for_offset, *rest)

    return spread
