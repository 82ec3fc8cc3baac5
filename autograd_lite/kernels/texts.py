"""Compiled ops on strings. They read Python's `bytes` objects where they lie and make new ones, so they hold Python's global lock."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import texts_assembly as assembly
from autograd_lite.kernels.arrays import bytes_layout
from autograd_lite.kernels.calls import Given, caller
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.rows import USUAL_ROWS, seconds
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops.strings import as_bytes, parsed_number

__all__ = ["as_string", "join", "split", "string_to_number", "substr", "to_hash_bucket"]

NUMPY_STEPS = 100  # elements that NumPy could move while Python does something with a string
POWERS = np.array([float(10**power) for power in range(assembly.LARGEST_POWER + 1)])
NUMBERS = {"float32": "float", "float64": "double", "int32": "i32", "int64": "i64"}
PRINTED = {"int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64"}
MOST_JOINED = 8
MOST_SLOTS = 1 << 12  # of a table of the strings that came; what does not find room is made anew
SLOT_WORDS = 4
WHITE_SPACE = b" \t\n\r\x0b\x0c"
ANY, OUTPUT, TABLE = Given((None,)), Given((None,), is_output=True), Given((None, SLOT_WORDS), is_output=True)


def _tiered(c: Inference, prepare: Callable[[], Any], steps: int = NUMPY_STEPS, index: int = 0) -> Tiered | None:
    """The kernel in two tiers, where strings can be read, for an input with at least one axis."""
    shape = c.shape(index)
    if bytes_layout() is None or shape == () or (shape is not None and 0 in shape):
        return None
    usual = USUAL_ROWS if shape is None else math.prod(size or USUAL_ROWS for size in shape)
    return Tiered(c.opdef.name, c.opdef.kernel, prepare, seconds(steps * usual))


def _run(text: str, name: str, arrays: list[Given], *numbers: int) -> Callable[..., bool]:
    return caller(text, name, arrays, numbers, returns="i32", keeps_lock=True)


def _are_texts(*arrays: Any) -> bool:
    """Whether these are arrays of objects with at least one element."""
    return all(isinstance(array, np.ndarray) and array.dtype == object and array.ndim and array.size for array in arrays)


def _table(count: int) -> np.ndarray:
    """A table for the strings that are made of so many."""
    return np.zeros((min(1 << count.bit_length(), MOST_SLOTS), SLOT_WORDS), np.int64)


@compiled("StringToHashBucketFast")
def to_hash_bucket(c: Inference) -> Tiered | None:
    """Of strings of any length."""

    def prepare() -> Any:
        run = _run(assembly.hash_text(), "hash", [ANY, OUTPUT], id(bytes), c.attrs["num_buckets"])

        def numbered(xp: Any, x: Any, *attrs: Any) -> Any:
            if _are_texts(x):
                found = np.empty(x.size, np.int64)
                if run(x.reshape(-1), found):
                    return found.reshape(x.shape)
            return c.opdef.kernel(xp, x, *attrs)

        return numbered

    return _tiered(c, prepare)


@compiled("StringToNumber")
def string_to_number(c: Inference) -> Tiered | None:
    """Numbers as programs write them; strings that look otherwise are read one by one."""
    dtype = c.attrs["out_type"]

    def prepare() -> Any:
        arrays = [ANY, Given(POWERS.shape), OUTPUT, OUTPUT]
        run = _run(assembly.number_text(NUMBERS[dtype.name]), "read", arrays, id(bytes))

        def read(xp: Any, x: Any, *attrs: Any) -> Any:
            if not _are_texts(x):
                return c.opdef.kernel(xp, x, *attrs)
            words, numbers, is_odd = x.reshape(-1), np.empty(x.size, dtype.numpy), np.empty(x.size, np.uint8)
            if not run(words, POWERS, numbers, is_odd):
                return c.opdef.kernel(xp, x, *attrs)
            with np.errstate(over="ignore"):
                for index in np.flatnonzero(is_odd).tolist():
                    numbers[index] = parsed_number(words[index], dtype)
            return numbers.reshape(x.shape)

        return read

    return _tiered(c, prepare)


@compiled("AsString")
def as_string(c: Inference) -> Tiered | None:
    """Whole numbers, as long as they are."""
    element, attrs = PRINTED.get(c.dtype(0).name), c.attrs
    if element is None or max(attrs["width"], attrs["precision"]) >= 0 or attrs["fill"] or attrs["scientific"] or attrs["shortest"]:
        return None

    def prepare() -> Any:
        run = _run(assembly.print_text(element), "print", [ANY, OUTPUT, TABLE])

        def written(xp: Any, x: Any, *attrs: Any) -> Any:
            if isinstance(x, np.ndarray) and x.ndim and x.size:
                texts = np.empty(x.size, object)
                if run(x.reshape(-1), texts, _table(x.size)):
                    return texts.reshape(x.shape)
            return c.opdef.kernel(xp, x, *attrs)

        return written

    return _tiered(c, prepare, 2 * NUMPY_STEPS)


@compiled("Substr")
def substr(c: Inference) -> Tiered | None:
    """The same bytes of every string."""
    if c.shape(1) != () or c.shape(2) != () or c.attrs["unit"] != "BYTE":
        return None

    def prepare() -> Any:
        run = _run(assembly.cut_text(), "cut", [ANY, Given((2,)), OUTPUT, TABLE], id(bytes))

        def cut(xp: Any, x: Any, start: Any, length: Any, *attrs: Any) -> Any:
            if _are_texts(x):
                cuts, where = np.empty(x.size, object), np.array([start, length], np.int64)
                if run(x.reshape(-1), where, cuts, _table(x.size)):
                    return cuts.reshape(x.shape)
            return c.opdef.kernel(xp, x, start, length, *attrs)

        return cut

    return _tiered(c, prepare)


@compiled("StringSplit", "StringSplitV2")
def split(c: Inference) -> Tiered | None:
    """At single bytes."""
    is_first = c.opdef.name == "StringSplit"
    if not is_first and c.attrs["maxsplit"] >= 0:
        return None

    def prepare() -> Any:
        both = [_splitter(skips) if not is_first or skips == c.attrs["skip_empty"] else None for skips in (False, True)]

        def pieces(xp: Any, x: Any, given: Any, *attrs: Any) -> Any:
            marks, skips = _marks(is_first, given, attrs)
            run = both[skips] if marks and _are_texts(x) and x.ndim == 1 else None
            found = None if run is None else run(x, marks)
            return c.opdef.kernel(xp, x, given, *attrs) if found is None else found

        return pieces

    return _tiered(c, prepare, 10 * NUMPY_STEPS)


def _marks(is_first: bool, given: Any, attrs: Any) -> tuple[bytes, bool]:
    """The bytes at which a step splits (none: it does so in another way), and whether it leaves out what is empty."""
    if np.ndim(given):
        return b"", False
    marks = np.asarray(given, object).item()
    if is_first:
        return marks, attrs[0]
    return (marks if len(marks) == 1 else b"", False) if marks else (WHITE_SPACE, True)


def _splitter(skips_empty: bool) -> Callable[[np.ndarray, bytes], tuple[np.ndarray, ...] | None]:
    """A function that splits texts at bytes: indices, values and shape of a sparse matrix, or None if it cannot."""
    mark = Given((256,))
    count = _run(assembly.pieces_text(skips_empty), "pieces", [ANY, mark, OUTPUT], id(bytes))
    make = _run(assembly.split_text(skips_empty), "split", [ANY, mark, Given((None, 2), is_output=True), OUTPUT, TABLE], id(bytes))

    def split(words: np.ndarray, marks: bytes) -> tuple[np.ndarray, ...] | None:
        is_mark, counts = np.zeros(256, np.uint8), np.empty(words.size, np.int64)
        is_mark[list(marks)] = 1
        if not count(words, is_mark, counts):
            return None
        total = int(counts.sum())
        indices, values = np.empty((total, 2), np.int64), np.empty(total, object)
        if not make(words, is_mark, indices, values, _table(total)):
            return None
        return indices, values, np.array([words.size, counts.max()], np.int64)

    return split


@compiled("StringJoin")
def join(c: Inference) -> Tiered | None:
    """Some strings each."""
    array = next((index for index in range(c.count) if c.shape(index) != ()), None)
    if c.count > MOST_JOINED or array is None:
        return None
    between = np.array(list(as_bytes(c.attrs["separator"])), np.uint8)

    def prepare() -> Any:
        run = _run(assembly.join_text(c.count), "join", [*[ANY] * c.count, ANY, OUTPUT], id(bytes))

        def joined(xp: Any, inputs: Any, *attrs: Any) -> Any:
            arrays = [np.asarray(each, object) for each in inputs]
            shapes = {each.shape for each in arrays if each.ndim}
            if len(shapes) == 1:
                shape = shapes.pop()
                results = np.empty(math.prod(shape), object)
                if run(*[each.reshape(-1) for each in arrays], between, results):
                    return results.reshape(shape)
            return c.opdef.kernel(xp, inputs, *attrs)

        return joined

    return _tiered(c, prepare, 3 * NUMPY_STEPS, array)
