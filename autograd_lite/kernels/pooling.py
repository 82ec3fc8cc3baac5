"""Compiled pooling: the largest or the mean of every window of images [batch, height, width, channels], and their gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import pooling_assembly as assembly, scatter_assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled, with_epilogue
from autograd_lite.kernels.epilogue import Epilogue, Producer, summed
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops.windows import Layout, layout

__all__ = ["average", "average_gradient", "largest", "largest_gradient", "largest_with_place", "place_gradient"]

ELEMENTS = {"float32": "float", "float64": "double"}
MOST_PLACES = 2**31 - 1  # of an image: they are noted in 32 bits
# Of NumPy, for one element at one place of a window.
SECONDS_PER_PLACE = {"max": 1.5e-9, "argmax": 1e-8, "average": 1.5e-9, "max_gradient": 1e-8, "average_gradient": 2e-9}


class _Case(NamedTuple):
    """The shapes of one pooling step, and where its windows stand."""

    images: tuple[int, ...]
    results: tuple[int, ...]
    dtype: np.dtype
    where: Layout
    pool: assembly.Pool

    @property
    def numbers(self) -> list[int]:
        """What the routine wants to know besides the arrays."""
        return [self.images[0], *self.where.sizes, *self.where.results, *self.where.before]


def _case(c: Inference, images: Any, value: int) -> _Case | None:
    """What is known of a step over images of this shape; None for what NumPy has to do. The input `value` tells the type."""
    element, attrs = ELEMENTS.get(c.dtype(value).name), c.attrs
    is_flat = all(attrs[name][axis] == 1 for name in ("ksize", "strides") for axis in (0, 3))
    is_plain = is_flat and attrs.get("data_format", "NHWC") == "NHWC"
    if element is None or images is None or len(images) != 4 or None in images or 0 in images or not is_plain:
        return None
    ksize, strides, explicit = (tuple(attrs[name][1:3]) if name in attrs else () for name in ("ksize", "strides", "explicit_paddings"))
    if attrs["padding"] == "EXPLICIT":
        numbers = attrs["explicit_paddings"]
        explicit = ((numbers[2], numbers[3]), (numbers[4], numbers[5]))
    try:
        where = layout(images[1:3], ksize, strides, (1, 1), attrs["padding"], explicit)
    except InvalidArgumentError:  # the kernel will complain
        return None
    if 0 in where.results:
        return None
    is_padded = any(where.before) or any(where.after)
    covered = tuple(count * step for count, step in zip(where.results, strides))
    pool = assembly.Pool(element, images[3], ksize, strides, is_padded, not is_padded and ksize == strides and covered == where.sizes)
    return _Case(images, (images[0], *where.results, images[3]), c.dtype(value).numpy, where, pool)


def _tiered(c: Inference, case: _Case, kind: str, arrays: list[Given], wrap: Callable[[Any], Any], *numbers: int) -> Tiered:
    def prepare() -> Any:
        text = assembly.module_text(kind, case.pool, lanes_of_registers())
        return wrap(caller(text, "pool", arrays, [*case.numbers, *numbers]))

    seconds = SECONDS_PER_PLACE[kind] * math.prod(case.results) * case.where.positions
    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds)


def _forward(kind: str) -> Callable[[Inference], Tiered | None]:
    def make(c: Inference) -> Tiered | None:
        case = _case(c, shape_of(c, 0), 0)
        if case is None:
            return None

        def wrap(run: Any) -> Any:
            def pool(xp: Any, images: Any, *attrs: Any) -> Any:
                result = empty(case.results, case.dtype)
                return result if run(images, result) else c.opdef.kernel(xp, images, *attrs)

            return pool

        return _tiered(c, case, kind, [Given(case.images), Given(case.results, is_output=True)], wrap)

    return make


largest = compiled("MaxPool")(_forward("max"))
average = compiled("AvgPool")(_forward("average"))


@compiled("MaxPoolGrad")
def largest_gradient(c: Inference) -> Tiered | None:
    """Each window gives its gradient to its first largest element."""
    case = _case(c, shape_of(c, 0), 0)
    if case is None or not shape_of(c, 1) == shape_of(c, 2) == case.results:
        return None

    def wrap(run: Any) -> Any:
        def pool_gradient(xp: Any, images: Any, best: Any, back: Any, *attrs: Any) -> Any:
            result = empty(case.images, case.dtype)
            return result if run(images, best, back, result) else c.opdef.kernel(xp, images, best, back, *attrs)

        return pool_gradient

    return _tiered(c, case, "max_gradient", [Given(case.images), Given(case.results), Given(case.results), Given(case.images, True)], wrap)


@compiled("AvgPoolGrad")
def average_gradient(c: Inference) -> Tiered | None:
    """Each window shares its gradient between its elements."""
    case = _case(c, c.partial(0), 1)
    if case is None or shape_of(c, 1) != case.results:
        return None

    def wrap(run: Any) -> Any:
        def pool_gradient(xp: Any, shape: Any, back: Any, *attrs: Any) -> Any:
            result = empty(case.images, case.dtype)
            return result if run(back, result) else c.opdef.kernel(xp, shape, back, *attrs)

        return pool_gradient

    return _tiered(c, case, "average_gradient", [Given(case.results), Given(case.images, True)], wrap)


@with_epilogue("MaxPoolGrad", "AvgPoolGrad")
def gradient_and_more(c: Inference) -> Producer | None:
    """The gradient of either kind, with an epilogue."""
    is_max = c.opdef.name == "MaxPoolGrad"
    case = _case(c, shape_of(c, 0) if is_max else c.partial(0), int(not is_max))
    positions = (0, 1, 2) if is_max else (1,)
    if case is None or case.pool.element != "float" or any(shape_of(c, index) != case.results for index in positions[is_max:]):
        return None
    kind = "max_gradient" if is_max else "average_gradient"

    def make(epilogue: Epilogue) -> Callable[..., np.ndarray | None]:
        parts = case.images[0]
        given = [Given(case.images)] * is_max + [Given(case.results)] * (1 + is_max)
        run = caller(assembly.module_text(kind, case.pool, lanes_of_registers(), epilogue), "pool",
                     [*given, Given(case.images, is_output=True), *epilogue.given(case.images, parts)], case.numbers)  # fmt: skip
        return lambda *arrays: summed(lambda *sums: run(*arrays, *sums), epilogue, case.images, parts)

    return Producer(positions, make, SECONDS_PER_PLACE[kind] * math.prod(case.results) * case.where.positions)


@compiled("MaxPoolWithArgmax")
def largest_with_place(c: Inference) -> Tiered | None:
    """The largest element of every window, and its place in the flattened image (or batch)."""
    case = _case(c, shape_of(c, 0), 0)
    if case is None or math.prod(case.images[1:]) > MOST_PLACES:
        return None
    place = c.attrs["Targmax"].numpy
    case = case._replace(pool=case.pool._replace(place=f"i{8 * place.itemsize}"))

    def wrap(run: Any) -> Any:
        def pool(xp: Any, images: Any, *attrs: Any) -> Any:
            result, places = empty(case.results, case.dtype), empty(case.results, place)
            return (result, places) if run(images, result, places) else c.opdef.kernel(xp, images, *attrs)

        return pool

    arrays = [Given(case.images), Given(case.results, is_output=True), Given(case.results, is_output=True)]
    return _tiered(c, case, "argmax", arrays, wrap, _image_step(c, case))


def _image_step(c: Inference, case: _Case) -> int:
    """From an image's places to those of the next."""
    return math.prod(case.images[1:]) if c.attrs["include_batch_in_index"] else 0


@compiled("MaxPoolGradWithArgmax")
def place_gradient(c: Inference) -> Tiered | None:
    """Each window gives its gradient to the place that is told."""
    case = _case(c, shape_of(c, 0), 1)
    if case is None or not shape_of(c, 1) == shape_of(c, 2) == case.results:
        return None
    place = f"i{8 * c.dtype(2).numpy.itemsize}"

    def prepare() -> Any:
        text = scatter_assembly.image_text(case.pool.element, place, lanes_of_registers())
        arrays = [Given(case.results), Given(case.results), Given(case.images, is_output=True)]
        numbers = [case.images[0], math.prod(case.results[1:]), math.prod(case.images[1:]), _image_step(c, case)]
        run = caller(text, "run", arrays, numbers, returns="i32")

        def pool_gradient(xp: Any, images: Any, back: Any, places: Any, *attrs: Any) -> Any:
            result = empty(case.images, case.dtype)
            return result if run(back, places, result) else c.opdef.kernel(xp, images, back, places, *attrs)

        return pool_gradient

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, SECONDS_PER_PLACE["argmax"] * math.prod(case.results))
