"""Compiled lookups and changes of rows: gather, scatter, and the update rules that touch the rows that a gradient names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.core.errors import OpError
from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import rows_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops.checks import check_room

__all__ = [
    "COPIED", "ELEMENTS", "INDICES", "USUAL_ROWS", "adagrad", "gather", "gather_nd", "has_room", "one_hot", "scatter", "scatter_into_zeros",
    "scatter_nd", "scattered", "seconds",
]  # fmt: skip

ELEMENTS = {"float32": "float", "float64": "double"}
INDICES = {"int32": "i32", "int64": "i64"}
ADDED = {**ELEMENTS, **INDICES}
COPIED = {8: "i64", 4: "i32", 2: "i16", 1: "i8"}  # bytes of an element -> a type to copy it as
SECONDS_PER_ELEMENT = 1e-9  # of NumPy
LEAST_SECONDS = 4e-6
USUAL_ROWS = 1000  # where their number becomes known only later
SLOW_LOOKUP = 30  # of NumPy's lookup at positions of several numbers, as elements that could be moved meanwhile
Shape = tuple[int, ...]


def seconds(elements: int) -> float:
    """About what NumPy takes for a step that moves so many elements."""
    return LEAST_SECONDS + SECONDS_PER_ELEMENT * elements


def has_room(shape: Shape, item_bytes: int) -> bool:
    """Whether an array of this shape can be made; where not, the op's kernel knows what to say."""
    try:
        check_room(shape, item_bytes)
    except OpError:
        return False
    return True


def _held(c: Inference) -> tuple[Any, Shape | None]:
    """Type and shape of the first input; of a resource, those of the variable behind it."""
    if c.dtype(0).name != "resource":
        return c.dtype(0), shape_of(c, 0)
    dtype, shape = c.handle(0) or (c.dtype(0), None)
    return dtype, shape if shapes.is_defined(shape) else None  # type: ignore[return-value]


# -------------------------------------------------------------------- lookups


def _looked_up(c: Inference, depth: int) -> Tiered | None:
    """Copy rows; a row is what follows the first `depth` axes of the params (input 0). Of one axis, sizes may be unknown before it runs."""
    dtype, shape = _held(c)
    indices, index = shape_of(c, 1), INDICES.get(c.dtype(1).name)
    if not shape or not indices or 0 in shape or 0 in indices or index is None or dtype.kind not in "fiubc":
        return None
    inner, places = shape[depth:], indices if depth == 1 and c.opdef.name != "GatherNd" else indices[:-1]
    if None in inner or (None in (*shape, *indices) and depth > 1):
        return None
    size = math.prod(inner) * dtype.numpy.itemsize
    bytes_, element = next((bytes_, kind) for bytes_, kind in COPIED.items() if size % bytes_ == 0)
    rows = assembly.Rows(element, index, size // bytes_, 0)
    is_known = None not in (*shape, *indices)
    count = math.prod(places) if is_known else USUAL_ROWS

    def prepare() -> Any:
        text = assembly.gather_text(rows._replace(lanes=lanes_of_registers(element)), depth)
        arrays = [Given(shape), Given(indices), Given((*places, *inner), is_output=True)]
        if not is_known:
            return _any_rows(c, caller(text, "gather", [Given((None, *inner)), Given((None,)), Given((None, *inner), True)], returns="i32"))
        run = caller(text, "gather", arrays, [*shape[:depth], count, count], returns="i32")

        def look_up(xp: Any, params: Any, given: Any, *others: Any) -> Any:
            found = empty((*places, *inner), dtype.numpy)
            return found if run(params, given, found) else c.opdef.kernel(xp, params, given, *others)

        return look_up

    cost = count * (math.prod(inner) + (SLOW_LOOKUP if c.opdef.name == "GatherNd" else 0))
    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(cost))


def _any_rows(c: Inference, run: Any) -> Any:
    """The lookup along the first axis where the number of rows, or of indices, becomes known when it runs."""

    def look_up(xp: Any, params: Any, given: Any, *others: Any) -> Any:
        flat = given.reshape(-1)
        found = empty((flat.size, *params.shape[1:]), params.dtype)
        done = run(params, flat, found)
        return found.reshape(*given.shape, *params.shape[1:]) if done else c.opdef.kernel(xp, params, given, *others)

    return look_up


@compiled("Gather", "GatherV2", "ResourceGather")
def gather(c: Inference) -> Tiered | None:
    """Rows along the first axis."""
    _, shape = _held(c)
    if not shape or c.attrs.get("batch_dims"):
        return None
    if c.opdef.name == "GatherV2":
        axis = c.value(2)
        if axis is None or axis.ndim or int(axis) not in (0, -len(shape)):
            return None
    return _looked_up(c, 1)


@compiled("GatherNd")
def gather_nd(c: Inference) -> Tiered | None:
    """Rows or elements at positions of several numbers."""
    shape, indices = shape_of(c, 0), shape_of(c, 1)
    if not shape or not indices or not 0 < indices[-1] <= len(shape):
        return None
    return _looked_up(c, indices[-1])


@compiled("OneHot")
def one_hot(c: Inference) -> Tiered | None:
    """Rows that hold one value, and another at their index if they have such a place."""
    indices, depth, values = shape_of(c, 0), c.value(1), (c.value(2), c.value(3))
    index, dtype = INDICES.get(c.dtype(0).name), c.dtype(2)
    if depth is None or depth.ndim or any(value is None or value.ndim for value in values) or c.attrs["axis"] not in (-1, len(indices)):
        return None
    count, size = math.prod(indices), int(depth)
    element = COPIED.get(dtype.numpy.itemsize)
    if index is None or element is None or not count or size <= 0 or dtype.kind not in "fiubc":
        return None
    result, held = (*indices, size), np.array(values, dtype.numpy)
    if not has_room(result, dtype.numpy.itemsize):
        return None
    rows = assembly.Rows(element, index, size, 0)

    def prepare() -> Any:
        text = assembly.one_hot_text(rows._replace(lanes=lanes_of_registers(element)))
        run = caller(text, "one_hot", [Given((2,)), Given(indices), Given(result, is_output=True)], [count, size])

        def make(xp: Any, given: Any, *others: Any) -> Any:
            made = empty(result, dtype.numpy)
            return made if run(held, given, made) else c.opdef.kernel(xp, given, *others)

        return make

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(count * size))


# -------------------------------------------------------------------- changes


def _rows(c: Inference, dtype: Any, shape: Shape, depth: int, at: int, elements: dict[str, str] = ELEMENTS) -> assembly.Rows | None:
    """How the rows of an array are changed by the input number `at`, its indices; None for what NumPy has to do."""
    element, index, indices = elements.get(dtype.name), INDICES.get(c.dtype(at).name), shape_of(c, at)
    if element is None or index is None or not indices or 0 in shape or 0 in indices:
        return None
    return assembly.Rows(element, index, math.prod(shape[depth:]), 0)


def _changed(
    c: Inference, combination: str, depth: int, dtype: Any, shape: Shape, inputs: tuple[int, int], wrap: Callable[[Any], Any]
) -> Tiered | None:
    """The kernel that combines rows of an array of this shape with updates. inputs: the numbers of indices and updates."""
    indices, updates = shape_of(c, inputs[0]), shape_of(c, inputs[1])
    rows = _rows(c, dtype, shape, depth, inputs[0], ADDED if combination == "add" else ELEMENTS)
    has_positions = "Nd" in c.opdef.name or c.opdef.name.startswith("Tensor")  # the last axis of the indices holds positions
    outer = None if not indices else indices[:-1] if has_positions else indices
    if rows is None or outer is None or updates != outer + shape[depth:] or not updates:
        return None
    count = math.prod(outer)

    def prepare() -> Any:
        text = assembly.scatter_text(combination, rows._replace(lanes=lanes_of_registers(rows.element)), depth)
        arrays = [Given(shape, is_output=True), Given(indices), Given(updates)]
        return wrap(caller(text, "scatter", arrays, [count, *shape[:depth]], returns="i32"))

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(4 * math.prod(updates)))


def _in_place(c: Inference) -> Callable[[Any], Any]:
    """The kernel changes the array that it is given, and gives it back."""

    def wrap(run: Any) -> Any:
        def change(xp: Any, held: Any, indices: Any, updates: Any) -> Any:
            return held if run(held, indices, updates) else c.opdef.kernel(xp, held, indices, updates)

        return change

    return wrap


def _kind(c: Inference) -> str:
    return c.opdef.name.removeprefix("Resource").removeprefix("Tensor").removeprefix("Scatter").removeprefix("Nd").lower()


@compiled(*[f"{held}Scatter{kind}" for held in ("", "Resource") for kind in ("Add", "Sub", "Mul", "Max", "Min", "Update")])
def scatter(c: Inference) -> Tiered | None:
    """Rows of a variable."""
    dtype, shape = _held(c)
    return _changed(c, _kind(c), 1, dtype, shape, (1, 2), _in_place(c)) if shape else None


def _depth(c: Inference, shape: Shape | None, at: int) -> int:
    """How many numbers a position has; 0 where that cannot be."""
    indices = shape_of(c, at)
    return indices[-1] if shape and indices and 0 < indices[-1] <= len(shape) else 0


@compiled(*[f"{held}ScatterNd{kind}" for held in ("", "Resource") for kind in ("Add", "Sub", "Update")])
def scatter_nd(c: Inference) -> Tiered | None:
    """Parts of a variable at positions of several numbers."""
    dtype, shape = _held(c)
    depth = _depth(c, shape, 1)
    return _changed(c, _kind(c), depth, dtype, shape, (1, 2), _in_place(c)) if shape and depth else None


@compiled(*[f"TensorScatter{kind}" for kind in ("Add", "Sub", "Max", "Min", "Update")])
def scattered(c: Inference) -> Tiered | None:
    """A copy in which parts are changed."""
    shape = shape_of(c, 0)
    depth = _depth(c, shape, 1)

    def wrap(run: Any) -> Any:
        def change(xp: Any, held: Any, indices: Any, updates: Any) -> Any:
            whole = np.array(held, order="C")
            return whole if run(whole, indices, updates) else c.opdef.kernel(xp, held, indices, updates)

        return change

    return _changed(c, _kind(c), depth, c.dtype(0), shape, (1, 2), wrap) if depth else None


@compiled("ScatterNd")
def scatter_into_zeros(c: Inference) -> Tiered | None:
    """Updates added up at their positions."""
    given = c.partial(2)
    shape = None if given is None or any(size is None or size < 0 for size in given) else tuple([size or 0 for size in given])
    depth, sizes_of = _depth(c, shape, 0), shape or ()

    def wrap(run: Any) -> Any:
        def add_up(xp: Any, indices: Any, updates: Any, sizes: Any) -> Any:
            if has_room(sizes_of, updates.itemsize):
                whole = np.zeros(sizes_of, updates.dtype)
                if run(whole, indices, updates):
                    return whole
            return c.opdef.kernel(xp, indices, updates, sizes)

        return add_up

    return _changed(c, "add", depth, c.dtype(1), sizes_of, (0, 1), wrap) if depth else None


@compiled("SparseApplyAdagrad", "ResourceSparseApplyAdagrad")
def adagrad(c: Inference) -> Tiered | None:
    """The rule of Adagrad for the rows that a gradient names."""
    dtype, shape = _held(c)
    indices, grad = shape_of(c, 4), shape_of(c, 3)
    if not shape or len(indices) != 1 or grad != indices + shape[1:]:
        return None
    rows = _rows(c, dtype, shape, 1, 4)
    if rows is None:
        return None

    def prepare() -> Any:
        text = assembly.adagrad_text(rows._replace(lanes=lanes_of_registers(rows.element)), c.attrs.get("update_slots", True))
        arrays = [Given(shape, is_output=True), Given(shape, is_output=True), Given(indices), Given(grad), Given(())]
        run = caller(text, "adagrad", arrays, [indices[0], shape[0]], returns="i32")

        def change(xp: Any, var: Any, accum: Any, lr: Any, grad: Any, indices: Any, *attrs: Any) -> Any:
            if run(var, accum, indices, grad, np.asarray(lr)):
                return var, accum
            return c.opdef.kernel(xp, var, accum, lr, grad, indices, *attrs)

        return change

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(8 * math.prod(grad)))
