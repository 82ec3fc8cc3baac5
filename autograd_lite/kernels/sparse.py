"""Compiled arithmetic on sparse tensors: the product with a matrix, the sum of two, and the softmax of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import rows_assembly, sparse_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.rows import ELEMENTS, INDICES, USUAL_ROWS, has_room, seconds
from autograd_lite.kernels.tier import Tiered

__all__ = ["add", "product", "softmax"]


def _sizes(given: Any) -> tuple[int, ...] | None:
    """The sizes of a sparse tensor as Python integers, or None where the op's kernel has to look."""
    array = np.asarray(given)
    sizes = tuple(array.tolist()) if array.ndim == 1 else ()
    return sizes if sizes and min(sizes) > 0 and float(np.prod(array, dtype=np.float64)) < 2.0**62 else None


@compiled("SparseTensorDenseMatMul")
def product(c: Inference) -> Tiered | None:
    """A sparse matrix times a dense one."""
    element, index = ELEMENTS.get(c.dtype(1).name), INDICES.get(c.dtype(0).name)
    places, b, adjoint_a, adjoint_b = shape_of(c, 0), shape_of(c, 3), c.attrs["adjoint_a"], c.attrs["adjoint_b"]
    if element is None or index is None or len(places) != 2 or len(b) != 2 or 0 in (*places, *b) or shape_of(c, 1) != places[:1]:
        return None
    if places[1] != 2:
        return None
    inner, width = b[::-1] if adjoint_b else b
    rows = rows_assembly.Rows(element, index, width, 0)

    def prepare() -> Any:
        text = assembly.product_text(rows._replace(lanes=lanes_of_registers(element)), adjoint_a)
        arrays = [Given(places), Given(places[:1]), Given((inner, width)), Given((None, width), is_output=True)]
        run = caller(text, "product", arrays, [places[0], inner], returns="i32", short=False)

        def multiply(xp: Any, indices: Any, values: Any, shape: Any, b: Any, *attrs: Any) -> Any:
            sizes = _sizes(shape)
            if sizes is not None and len(sizes) == 2 and sizes[0 if adjoint_a else 1] == inner:
                shape_of_result = (sizes[1 if adjoint_a else 0], width)
                result = np.empty(shape_of_result if has_room(shape_of_result, b.itemsize) else (0, width), b.dtype)
                if len(result) and run(indices, values, np.ascontiguousarray(b.T) if adjoint_b else b, result):
                    return result
            return c.opdef.kernel(xp, indices, values, shape, b, *attrs)

        return multiply

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(4 * places[0] * width))


@compiled("SparseAdd")
def add(c: Inference) -> Tiered | None:
    """The sum of two sparse tensors whose elements are in order."""
    element, places, others = ELEMENTS.get(c.dtype(1).name), shape_of(c, 0), shape_of(c, 3)
    if element is None or len(places) != 2 or len(others) != 2 or not places[1] or places[1] != others[1]:
        return None
    if shape_of(c, 1) != places[:1] or shape_of(c, 4) != others[:1]:
        return None
    rank: int = places[1]
    most: int = places[0] + others[0]

    def prepare() -> Any:
        given = [places, places[:1], others, others[:1]]
        outputs = [Given((most, rank), True), Given((most,), True), Given((1 + rank,), True)]
        arrays = [*[Given(shape) for shape in given], *outputs, Given((1,))]
        run = caller(assembly.add_text(element, rank), "add", arrays, [places[0], others[0]], returns="i32", short=False)

        def add_up(xp: Any, a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any, thresh: Any) -> Any:
            sizes, limit = _sizes(a_shape), np.asarray(thresh)
            if sizes is not None and len(sizes) == rank and sizes == _sizes(b_shape) and not limit.ndim:
                indices, values = np.empty((most, rank), np.int64), np.empty(most, a_values.dtype)
                told = np.array([0, *sizes], np.int64)
                if run(a_indices, a_values, b_indices, b_values, indices, values, told, limit.reshape(1).astype(a_values.dtype)):
                    found = int(told[0])
                    return indices[:found], values[:found], told[1:]
            return c.opdef.kernel(xp, a_indices, a_values, a_shape, b_indices, b_values, b_shape, thresh)

        return add_up

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(40 * most))


@compiled("SparseSoftmax")
def softmax(c: Inference) -> Tiered | None:
    """Of float32, row by row; how many elements there are may become known only when it runs."""
    indices = c.shape(0)
    if c.dtype(1).name != "float32" or indices is None or len(indices) != 2 or indices[1] is None or indices[1] < 2:
        return None
    count, rank = indices[0] or USUAL_ROWS, indices[1]

    def prepare() -> Any:
        arrays = [Given((None, rank)), Given((None,)), Given((rank,)), Given((None,), is_output=True)]
        run = caller(assembly.softmax_text(rank, lanes_of_registers()), "softmax", arrays, returns="i32")

        def soften(xp: Any, indices: Any, values: Any, shape: Any) -> Any:
            sizes = _sizes(shape)
            if sizes is not None and values.size and indices.shape == (values.size, rank) and len(sizes) == rank:
                result = np.empty(values.shape, np.float32)
                if run(indices, values, np.asarray(shape), result):
                    return result
            return c.opdef.kernel(xp, indices, values, shape)

        return soften

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(40 * count))
