"""How a compiled kernel looks at the arrays that Python hands over.

A kernel is a function `i32 @name(ptr %arguments)` of one Python tuple: of NumPy arrays, and of NumPy scalars where the rank is known to be
0. That is the cheapest call there is (one argument, no addresses to ask for), and the kernel can see for itself what it got: rank,
dimensions, alignment and C order stand in the array's own struct. If they are not as they were when the kernel was written, it returns
`MISMATCH` and has touched nothing; the caller then goes the slow way.

Element types are looked at only where a kernel asks for it: a plan knows them. Where the structs lie differently than expected (another
interpreter than CPython), `layout` is None and no kernel is compiled.
"""
from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autograd_lite.kernels.assembly import Block

__all__ = [
    "DONE", "HAS_GLOBAL_LOCK", "MISMATCH", "ArrayArgument", "BytesLayout", "Layout", "Loaded", "RowsArgument", "ScalarArgument",
    "builtin_text", "bytes_layout", "kernel_text", "layout", "unpack",
]  # fmt: skip

DONE, MISMATCH = 0, 1
HAS_GLOBAL_LOCK = getattr(sys, "_is_gil_enabled", lambda: True)()  # of Python: objects and counts of references do not change meanwhile
C_ORDER, ALIGNED, WRITEABLE = 0x1, 0x100, 0x400  # bits of an array's flags
TYPE_NUMBER = object.__basicsize__ + 12  # of an element type: its number, after a word and four characters
_WORD = ctypes.sizeof(ctypes.c_void_p)


class Layout(NamedTuple):
    """Offsets in bytes within CPython's and NumPy's structs."""

    items: int  # of a tuple: its first item
    data: int  # of an array: the address of its elements; rank and dimensions follow
    flags: int  # of an array
    scalar: int  # of a NumPy scalar: its value

    @property
    def rank(self) -> int:
        """Of an array: its number of dimensions."""
        return self.data + _WORD

    @property
    def dimensions(self) -> int:
        """Of an array: the address of its dimensions."""
        return self.data + 2 * _WORD

    @property
    def type(self) -> int:
        """Of an array: the address of its element type."""
        return self.data + 5 * _WORD

    @property
    def strides(self) -> int:
        """Of an array: the address of its strides."""
        return self.data + 3 * _WORD


class BytesLayout(NamedTuple):
    """Offsets in bytes within CPython's struct of a `bytes` object."""

    type: int  # the address of its type
    size: int
    data: int  # its bytes, and a zero behind them


class ArrayArgument(NamedTuple):
    """An array with these dimensions; None: any, the kernel gets the number. `is_output`: it must be writeable.

    number: NumPy's number of the element type (`dtype.num`), if that is to be looked at.
    """

    shape: tuple[int | None, ...]
    is_output: bool = False
    number: int | None = None


class RowsArgument(NamedTuple):
    """An input with these dimensions (two or more) that need not be in C order: its rows are, and lie at equal distances."""

    shape: tuple[int, ...]
    itemsize: int
    number: int | None = None


class ScalarArgument(NamedTuple):
    """A NumPy scalar, of this LLVM type (`float`, `i64`, ...)."""

    element: str


class Loaded(NamedTuple):
    """What `unpack` gives for an argument: the address of its elements (of a scalar: its value), and the dimensions that were None (of
    rows: the distance between two, in bytes).
    """

    value: str
    dimensions: tuple[str, ...] = ()


@functools.lru_cache(maxsize=1)
def layout() -> Layout | None:
    """Return where things lie in this interpreter, or None if that could not be found out for sure."""
    array = np.zeros((3, 5, 7), np.float32)
    pair = (array, array.T)
    if _WORD != 8 or not hasattr(ctypes, "pythonapi"):
        return None
    header = object.__basicsize__
    items = _find(id(pair), pair.__sizeof__(), id(array))
    data = _find(id(array), 10 * _WORD, array.ctypes.data)
    if items is None or data is None:
        return None
    found = Layout(items, data, data + 6 * _WORD, header)
    return found if _is_right(found) else None


@functools.lru_cache(maxsize=1)
def bytes_layout() -> BytesLayout | None:
    """Return where things lie in a `bytes` object, or None if that could not be found out for sure, or objects may change meanwhile
    because there is no global lock.
    """
    if layout() is None or not HAS_GLOBAL_LOCK:
        return None
    word = b"a word of thirty-seven different let."
    kind, size = (_find(id(word), bytes.__basicsize__ - 1, wanted) for wanted in (id(bytes), len(word)))
    if kind is None or size is None:
        return None
    found = BytesLayout(kind, size, bytes.__basicsize__ - 1)
    for each in (word, b"", b"a", b"\0" * 5, bytes(range(256))):
        numbers = [ctypes.c_size_t.from_address(id(each) + offset).value for offset in found[:2]]
        if numbers != [id(bytes), len(each)] or ctypes.string_at(id(each) + found.data, len(each) + 1) != each + b"\0":
            return None
    return found


def _find(address: int, size: int, word: int) -> int | None:
    """Where a word stands in memory, in bytes from `address`."""
    for offset in range(0, size, _WORD):
        if ctypes.c_size_t.from_address(address + offset).value == word:
            return offset
    return None


def _is_right(found: Layout) -> bool:
    """Try the offsets on arrays and scalars of several kinds."""
    read_only = np.zeros(4, np.int8)
    read_only.flags.writeable = False
    for array in (np.zeros((2, 3)), np.zeros((3, 2), np.int8).T, read_only, np.zeros(()), np.zeros(9, np.int16)[1:]):
        rank = ctypes.c_int32.from_address(id(array) + found.rank).value
        if rank != array.ndim:
            return False
        dimensions = ctypes.c_void_p.from_address(id(array) + found.dimensions).value
        strides = ctypes.c_void_p.from_address(id(array) + found.strides).value
        if rank and tuple((ctypes.c_int64 * rank).from_address(dimensions or 0)) != array.shape:
            return False
        if rank and tuple((ctypes.c_int64 * rank).from_address(strides or 0)) != array.strides:
            return False
        element_type = ctypes.c_void_p.from_address(id(array) + found.type).value
        if element_type != id(array.dtype) or ctypes.c_int32.from_address(element_type + TYPE_NUMBER).value != array.dtype.num:
            return False
        flags = ctypes.c_int32.from_address(id(array) + found.flags).value
        wanted = C_ORDER * array.flags.c_contiguous + ALIGNED * array.flags.aligned + WRITEABLE * array.flags.writeable
        if flags & (C_ORDER | ALIGNED | WRITEABLE) != wanted:
            return False
    scalars = ((np.float32(1.5), ctypes.c_float), (np.float64(2.5), ctypes.c_double), (np.int64(-3), ctypes.c_int64),
               (np.int32(7), ctypes.c_int32))
    return all(kind.from_address(id(scalar) + found.scalar).value == scalar for scalar, kind in scalars)


def unpack(block: Block, arguments: Sequence[ArrayArgument | RowsArgument | ScalarArgument]) -> list[Loaded]:
    """Write the code that looks at `%arguments`; what does not fit jumps to the label `mismatch`.

    Raises: RuntimeError where `layout()` is None.
    """
    where = layout()
    if where is None:
        raise RuntimeError("The memory layout of this Python's arrays is not known, so kernels cannot be compiled for it.")
    objects = [_field(block, "%arguments", where.items + _WORD * index, "ptr") for index in range(len(arguments))]
    arrays = [(argument, item) for argument, item in zip(arguments, objects) if not isinstance(argument, ScalarArgument)]
    _require(block, [_has_form(block, argument, item, where) for argument, item in arrays])
    tests: list[str] = []
    free: list[tuple[str, ...]] = []
    for argument, item in arrays:
        dimensions = _field(block, item, where.dimensions, "ptr") if argument.shape else ""
        numbers = [_field(block, dimensions, _WORD * axis, "i64") for axis in range(len(argument.shape))]
        tests += [block(f"icmp eq i64 {number}, {size}") for number, size in zip(numbers, argument.shape) if size is not None]
        if isinstance(argument, RowsArgument):
            distance, holds = _distance(block, argument, item, where)
            tests.append(holds)
            free.append((distance,))
        else:
            free.append(tuple(number for number, size in zip(numbers, argument.shape) if size is None))
    _require(block, tests)
    left = iter(free)
    return [Loaded(_field(block, item, where.scalar, argument.element)) if isinstance(argument, ScalarArgument)
            else Loaded(_field(block, item, where.data, "ptr"), next(left)) for argument, item in zip(arguments, objects)]


def _distance(block: Block, argument: RowsArgument, item: str, where: Layout) -> tuple[str, str]:
    """The bytes from one row to the next, and whether the strides are those of rows at equal distances."""
    strides = _field(block, item, where.strides, "ptr")
    numbers = [_field(block, strides, _WORD * axis, "i64") for axis in range(len(argument.shape))]
    *outer, distance, last = numbers
    holds = block(f"icmp eq i64 {last}, {argument.itemsize}")
    expected = distance
    for number, size in zip(reversed(outer), reversed(argument.shape[1:-1])):
        expected = block(f"mul i64 {expected}, {size}")
        holds = block(f"and i1 {holds}, {block(f'icmp eq i64 {number}, {expected}')}")
    return distance, holds


def kernel_text(name: str, body: Block) -> str:
    """Return the text of a kernel whose body (`unpack`, then whatever it does) is complete but for its two ends.

    >>> block = Block()
    >>> numbers, = unpack(block, [ArrayArgument((4,), is_output=True)])
    >>> block.do(f"store float 1.0, ptr {numbers.value}")
    >>> print(kernel_text("one", block).splitlines()[0])
    define i32 @one(ptr %arguments) {
    """
    return f"define i32 @{name}(ptr %arguments) {{\nentry:\n{body.text()}\n  ret i32 {DONE}\nmismatch:\n  ret i32 {MISMATCH}\n}}"


def builtin_text(name: str, keeps_lock: bool) -> str:
    """Return the text of `name_called`, which calls a kernel the way CPython calls its own functions (METH_FASTCALL): in 30 nanoseconds.

    keeps_lock: hold Python's global lock meanwhile. It returns True if the kernel did not do it.
    """
    where = layout()
    if where is None:
        raise RuntimeError("The memory layout of this Python's arrays is not known, so kernels cannot be compiled for it.")
    release = "" if keeps_lock else "  %thread = call ptr @PyEval_SaveThread()\n"
    take = "" if keeps_lock else "  call void @PyEval_RestoreThread(ptr %thread)\n"
    return f"""declare ptr @PyBool_FromLong(i64)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
define ptr @{name}_called(ptr %self, ptr %items, i64 %count) {{
  %arguments = getelementptr i8, ptr %items, i64 -{where.items}
{release}  %status = call i32 @{name}(ptr %arguments)
{take}  %wide = zext i32 %status to i64
  %answer = call ptr @PyBool_FromLong(i64 %wide)
  ret ptr %answer
}}"""


def _field(block: Block, address: str, offset: int, kind: str) -> str:
    place = block(f"getelementptr i8, ptr {address}, i64 {offset}") if offset else address
    return block(f"load {kind}, ptr {place}")


def _has_form(block: Block, argument: ArrayArgument | RowsArgument, item: str, where: Layout) -> str:
    """Whether rank and flags are as wanted."""
    wanted = ALIGNED if isinstance(argument, RowsArgument) else C_ORDER | ALIGNED | (WRITEABLE if argument.is_output else 0)
    rank = block(f"icmp eq i32 {_field(block, item, where.rank, 'i32')}, {len(argument.shape)}")
    flags = block(f"and i32 {_field(block, item, where.flags, 'i32')}, {wanted}")
    holds = block(f"and i1 {rank}, {block(f'icmp eq i32 {flags}, {wanted}')}")
    if argument.number is None:
        return holds
    number = _field(block, _field(block, item, where.type, "ptr"), TYPE_NUMBER, "i32")
    return block(f"and i1 {holds}, {block(f'icmp eq i32 {number}, {argument.number}')}")


def _require(block: Block, tests: Sequence[str]) -> None:
    """Go on only if all tests hold."""
    if not tests:
        return
    holds = tests[0]
    for test in tests[1:]:
        holds = block(f"and i1 {holds}, {test}")
    label = f"fits{block.values}"
    block.do(f"br i1 {holds}, label %{label}, label %mismatch")
    block.do(f"{label}:")
