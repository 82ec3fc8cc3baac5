"""Compiled moves of rows: sequences that are reversed, rows sorted into partitions, sparse tensors written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import moves_assembly as assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.rows import COPIED, INDICES, USUAL_ROWS, has_room, seconds
from autograd_lite.kernels.rows_assembly import Rows
from autograd_lite.kernels.tier import Tiered

__all__ = ["partition", "reverse_sequence", "sparse_to_dense"]

MOST_PARTITIONS = 1024
NUMPY_PLACES = 10  # elements that NumPy could move while it looks at a position of a sparse tensor


def _row(dtype: Any, inner: tuple[int, ...], place: str) -> Rows | None:
    """How rows of this shape are copied."""
    if dtype.kind not in "fiubc" or not math.prod(inner):
        return None
    size = math.prod(inner) * dtype.numpy.itemsize
    bytes_, element = next((bytes_, kind) for bytes_, kind in COPIED.items() if size % bytes_ == 0)
    return Rows(element, place, size // bytes_, 0)


@compiled("ReverseSequence")
def reverse_sequence(c: Inference) -> Tiered | None:
    """The beginning of every sequence backwards."""
    shape, lengths, place = shape_of(c, 0), shape_of(c, 1), INDICES.get(c.dtype(1).name)
    seq, batch = c.attrs["seq_dim"], c.attrs["batch_dim"]
    if place is None or 0 in shape or seq == batch or not 0 <= max(seq, batch) < len(shape) or min(seq, batch) < 0:
        return None
    first, second = sorted((seq, batch))
    rows = _row(c.dtype(0), shape[second + 1 :], place)
    if rows is None or lengths != (shape[batch],):
        return None
    numbers = [math.prod(shape[:first]), shape[first], math.prod(shape[first + 1 : second]), shape[second]]

    def prepare() -> Any:
        text = assembly.reverse_text(rows._replace(lanes=lanes_of_registers(rows.element)), batch_first=batch == first)
        run = caller(text, "reverse", [Given(shape), Given(lengths), Given(shape, is_output=True)], numbers, returns="i32")

        def reverse(xp: Any, x: Any, ends: Any, *attrs: Any) -> Any:
            result = np.empty(shape, x.dtype)
            return result if run(x, ends, result) else c.opdef.kernel(xp, x, ends, *attrs)

        return reverse

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(5 * math.prod(shape)))


@compiled("DynamicPartition")
def partition(c: Inference) -> Tiered | None:
    """Rows of the same partition one after the other; each partition is a part of that."""
    shape, numbers, count = shape_of(c, 0), shape_of(c, 1), c.attrs["num_partitions"]
    inner = shape[len(numbers) :]
    rows = _row(c.dtype(0), inner, "i32")
    if rows is None or not numbers or 0 in shape or count > MOST_PARTITIONS or shape[: len(numbers)] != numbers:
        return None
    total = math.prod(numbers)
    chunks = -(-total // rows.per_chunk)

    def prepare() -> Any:
        text = assembly.partition_text(rows._replace(lanes=lanes_of_registers(rows.element)), count)
        outputs = [Given((total, *inner), is_output=True), Given((count,), is_output=True), Given((chunks, count), is_output=True)]
        run = caller(text, "partition", [Given(shape), Given(numbers), *outputs], [total, chunks], returns="i32")

        def sort(xp: Any, data: Any, partitions: Any, *attrs: Any) -> Any:
            result, ends = np.empty((total, *inner), data.dtype), np.empty(count, np.int64)
            if not run(data, partitions, result, ends, np.empty((chunks, count), np.int64)):
                return c.opdef.kernel(xp, data, partitions, *attrs)
            stops = ends.tolist()
            return tuple([result[start:stop] for start, stop in zip([0, *stops], stops)])

        return sort

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(4 * math.prod(shape)))


@compiled("SparseToDense")
def sparse_to_dense(c: Inference) -> Tiered | None:
    """Positions in order, each once; how many there are, and how large the result is, may become known when it runs."""
    indices, values, place = c.shape(0), c.shape(2), INDICES.get(c.dtype(0).name)
    element = COPIED.get(c.dtype(3).numpy.itemsize) if c.dtype(3).kind in "fiubc" else None
    if place is None or element is None or indices is None or len(indices) not in (1, 2) or values is None or c.shape(3) != ():
        return None
    rank = 1 if len(indices) == 1 else indices[1]
    if not rank or not c.attrs["validate_indices"]:
        return None
    usual = indices[0] or USUAL_ROWS

    def prepare() -> Any:
        text = assembly.dense_text(element, place, rank, lanes_of_registers(element))
        arrays = [(None, rank), (rank,), (None,), (), (None,)]
        run = caller(text, "dense", [*[Given(shape) for shape in arrays[:4]], Given(arrays[4], is_output=True)], returns="i32")

        def write(xp: Any, places: Any, wanted: Any, found: Any, default: Any, *attrs: Any) -> Any:
            sizes, given = np.asarray(wanted), np.asarray(found)
            whole = tuple(sizes.tolist()) if sizes.shape == (rank,) else ()
            if whole and min(whole) > 0 and places.size and given.shape in ((), places.shape[:1]) and has_room(whole, given.itemsize):
                dense = np.empty(math.prod(whole), given.dtype)
                if run(places.reshape(-1, rank), sizes.astype(np.int64), given.reshape(-1), np.asarray(default), dense):
                    return dense.reshape(whole)
            return c.opdef.kernel(xp, places, wanted, found, default, *attrs)

        return write

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(NUMPY_PLACES * usual))
