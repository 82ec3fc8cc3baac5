"""Datasets whose elements are several elements of another put together, or parts of one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.dataset_maps import batched
from autograd_lite.ops.datasets import (
    MAKES_DATASET,
    TYPED,
    Dataset,
    Element,
    Elements,
    Pass,
    as_int,
    release_attrs,
    row_getter,
    unless_failed,
)


@op(
    f"BatchDataset(input_dataset: variant, batch_size: int64, *, {TYPED}) -> handle: variant",
    host=("batch_size",),
    **release_attrs(),
    **MAKES_DATASET,
)
def batch_dataset(xp, input_dataset, batch_size):
    """Batches of elements, the last one smaller if they do not come out even."""
    return batched(input_dataset, as_int(batch_size, "batch_size"), False)


@op(
    f"BatchDatasetV2(input_dataset: variant, batch_size: int64, drop_remainder: bool, *, parallel_copy: bool = False, {TYPED}) "
    "-> handle: variant",
    host=("batch_size", "drop_remainder"),
    **release_attrs(),
    **MAKES_DATASET,
)
def batch_dataset_v2(xp, input_dataset, batch_size, drop_remainder):
    """Batches of elements; the last, smaller one may be dropped."""
    return batched(input_dataset, as_int(batch_size, "batch_size"), bool(drop_remainder))


@op(
    "PaddedBatchDatasetV2(input_dataset: variant, batch_size: int64, padded_shapes: N * int64, padding_values: list(Toutput_types), "
    "drop_remainder: bool, *, parallel_copy: bool = False, output_shapes: list(shape) >= 1) -> handle: variant",
    host=("batch_size", "padded_shapes", "padding_values", "drop_remainder"),
    **release_attrs(),
    **MAKES_DATASET,
)
def padded_batch_dataset_v2(xp, input_dataset, batch_size, padded_shapes, padding_values, drop_remainder):
    """Batches of elements that may differ in size: they are filled up to one shape."""
    size, drops = as_int(batch_size, "batch_size"), bool(drop_remainder)
    if size < 1:
        raise invalid("Batch size must be greater than zero.")
    wanted = [np.asarray(shape).tolist() for shape in padded_shapes]
    if any(np.ndim(value) for value in padding_values):
        raise invalid("All padding values must be scalars")

    def fill_up(*rows: Element) -> Element:
        return tuple([_padded(column, *how) for column, *how in zip(zip(*rows), wanted, padding_values)])

    return input_dataset.joined(size, drops, fill_up)


def _padded(rows: Any, wanted: list[int], value: Any) -> Any:
    """Arrays put together after each was filled up with `value`; a wanted size of -1 means the largest of the batch."""
    rows = [np.asarray(row) for row in rows]
    for row in rows:
        if row.ndim != len(wanted):
            raise invalid(
                f"All elements in a batch must have the same rank as the padded shape for component0: expected rank {len(wanted)} but got "
                f"element with rank {row.ndim}"
            )
    sizes = [max(row.shape[axis] for row in rows) if size < 0 else size for axis, size in enumerate(wanted)]
    for row in rows:
        if any(given > size for given, size in zip(row.shape, sizes)):
            raise invalid(f"Attempted to pad to a smaller size than the input element: {text(row.shape)} does not fit into {text(sizes)}.")
    filling = np.asarray(value, dtype=rows[0].dtype)[()]
    result = np.full((len(rows), *sizes), filling, rows[0].dtype)
    for number, row in enumerate(rows):
        place: Any = (number, *(slice(size) for size in row.shape), ...)
        result[place] = row
    return result


@op(f"UnbatchDataset(input_dataset: variant, *, {TYPED}) -> handle: variant", **release_attrs(), **MAKES_DATASET)
def unbatch_dataset(xp, input_dataset):
    """The rows of each element."""

    def generate(of: Pass, source: Elements) -> Elements:
        for element in unless_failed(source):
            if len({np.shape(component)[:1] for component in element}) > 1:
                raise invalid("Input element must have the same batch size in each component.")
            arrays = [np.asarray(component) for component in element]
            rows = [row_getter(array) for array in arrays]
            for index in range(len(arrays[0])):
                yield tuple([row(index) for row in rows])

    return Dataset(generate, input_dataset)


@op(
    "WindowDataset(input_dataset: variant, size: int64, shift: int64, stride: int64, drop_remainder: bool, *, "
    f"{TYPED}) -> handle: variant",
    host=("size", "shift", "stride", "drop_remainder"),
    **release_attrs(),
    **MAKES_DATASET,
)
def window_dataset(xp, input_dataset, size, shift, stride, drop_remainder):
    """Datasets of `size` elements each, which begin `shift` elements after one another and take every `stride`-th element."""
    numbers = [as_int(value, name) for value, name in ((size, "size"), (shift, "shift"), (stride, "stride"))]
    for number, what in zip(numbers, ("Window size", "Window shift", "Window stride")):
        if number <= 0:
            raise invalid(f"{what} must be greater than zero.")
    length, step, apart = numbers
    drops, reach = bool(drop_remainder), (length - 1) * apart + 1

    def generate(of: Pass, source: Elements) -> Elements:
        elements, held, skipped, is_done = unless_failed(source), list[Element](), 0, False
        while True:
            while not is_done and skipped > 0:
                is_done = next(elements, None) is None
                skipped -= 1
            while not is_done and len(held) < reach:
                element = next(elements, None)
                is_done = element is None
                if element is not None:
                    held.append(element)
            rows = held[:reach:apart]
            if not rows or drops and len(rows) < length:
                return
            yield tuple([_column(rows, component) for component in range(len(rows[0]))])
            skipped = max(step - len(held), 0)
            del held[:step]

    return Dataset(generate, input_dataset)


def _column(rows: list[Element], component: int) -> Dataset:
    return Dataset(lambda of: ((row[component],) for row in rows), size=len(rows))


@op(
    f"DenseToSparseBatchDataset(input_dataset: variant, batch_size: int64, row_shape: int64, *, {TYPED}) -> handle: variant",
    host=("batch_size", "row_shape"),
    **release_attrs(),
    **MAKES_DATASET,
)
def dense_to_sparse_batch_dataset(xp, input_dataset, batch_size, row_shape):
    """Batches of arrays that may differ in size, each batch as the three parts of a sparse tensor in an array of objects."""
    size, wanted = as_int(batch_size, "batch_size"), np.asarray(row_shape).tolist()
    if size < 1:
        raise invalid("Batch size must be greater than zero.")

    return input_dataset.joined(size, False, lambda *rows: (_sparse_batch([np.asarray(row[0]) for row in rows], wanted),))


def _sparse_batch(rows: list[np.ndarray], wanted: list[int]) -> np.ndarray:
    sizes = [max(row.shape[axis] for row in rows) if size < 0 else size for axis, size in enumerate(wanted)]
    indices = []
    for number, row in enumerate(rows):
        if row.ndim != len(sizes) or any(given > size for given, size in zip(row.shape, sizes)):
            raise invalid(f"Element of shape {text(row.shape)} does not fit into rows of shape {text(sizes)}")
        places = np.indices(row.shape).reshape(row.ndim, -1).T
        indices.append(np.concatenate([np.full((len(places), 1), number), places], axis=1))
    parts = np.empty(3, dtype=object)
    parts[0] = np.concatenate(indices).astype(np.int64)
    parts[1] = np.concatenate([row.reshape(-1) for row in rows])
    parts[2] = np.array([len(rows), *sizes], np.int64)
    return parts
