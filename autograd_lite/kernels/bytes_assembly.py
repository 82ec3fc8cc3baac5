"""Strings in LLVM's assembly: NumPy arrays of Python's `bytes` objects, which routines read where they lie, and make.

Whoever calls such a routine holds Python's global lock, so nobody changes the arrays meanwhile; threads of `chunks` may read objects, and
only the caller's own makes them or counts references.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd_lite.kernels.arrays import BytesLayout, bytes_layout
from autograd_lite.kernels.routine import Routine, Value

__all__ = ["byte", "data_of", "leave_shared", "new_bytes", "set_item", "text_at", "word_routine"]

LONGEST_WORD = 16  # bytes: two registers tell such strings apart
MIXER = -7046029254386353131  # 2^64 divided by the golden ratio, odd


def _layout() -> BytesLayout:
    found = bytes_layout()
    if found is None:
        raise RuntimeError("The memory layout of this Python's strings is not known, so kernels cannot be compiled for them.")
    return found


def text_at(routine: Routine, objects: Value, index: Value, refuse: Callable[[], object]) -> tuple[Value, Value]:
    """Where the bytes of a string begin, and their number; `refuse` ends the routine for anything that is no `bytes` object.

    A parameter `bytes_type` of the routine is the address of that type.
    """
    where, item = _layout(), routine.load("ptr", objects, index)
    with routine.when(item.equals(0)):
        refuse()
    with routine.when(_field(routine, item, where.type).differs(routine["bytes_type"])):
        refuse()
    return routine.at(item, where.data, "i8"), _field(routine, item, where.size)


def _field(routine: Routine, item: Value, offset: int) -> Value:
    return routine.load("i64", routine.at(item, offset, "i8"))


def byte(routine: Routine, text: Value, index: Value | int) -> Value:
    """A byte as a number from 0 to 255."""
    return routine.load("i8", text, index).unsigned_to("i64")


def new_bytes(routine: Routine, text: Value | None, length: Value) -> Value:
    """A new string: of these bytes, or to be filled."""
    start = routine.value("ptr", 0) if text is None else text
    return routine.call("ptr", "PyBytes_FromStringAndSize", start, length)


def data_of(routine: Routine, item: Value) -> Value:
    """Where the bytes of a string begin."""
    return routine.at(item, _layout().data, "i8")


def set_item(routine: Routine, objects: Value, index: Value, item: Value) -> None:
    """Hand a string over to an array; without memory for the string the routine ends, with status 1 and Python's error forgotten."""
    with routine.when(item.equals(0)):
        routine.block.do("call void @PyErr_Clear()")
        routine.declared.setdefault("PyErr_Clear", "declare void @PyErr_Clear()")
        routine.leave(1)
    before = routine.load("ptr", objects, index)
    routine.store(item, objects, index)
    with routine.when(before.differs(0)):
        routine.call("void", "Py_DecRef", before)


def leave_shared(routine: Routine, keys: Sequence[Value], make: Callable[[], Value]) -> None:
    """End a routine of a table and its number of slots with the string that these numbers stand for: that of the table, or a new one.

    The caller's result keeps every string alive that the table holds.
    """
    mixed = routine.integer(0)
    for key in keys:
        mixed = routine.emit("i64", f"xor i64 {mixed.name}, {key.name}")
        mixed = routine.emit("i64", f"mul i64 {mixed.name}, {MIXER}")
        mixed = routine.emit("i64", f"xor i64 {mixed.name}, {mixed.shifted('lshr', 29).name}")
    slot = routine.at(routine["table"], (mixed & (routine["slots"] - 1)) * (1 + len(keys)), "i64")
    held = routine.load("ptr", slot)
    is_known = held.differs(0)
    for index, key in enumerate(keys):
        is_known = is_known & routine.load("i64", slot, index + 1).equals(key)
    with routine.when(is_known):
        routine.call("void", "Py_IncRef", held)
        routine.leave(held)
    item = make()
    for index, value in enumerate([item, *keys]):
        routine.store(value, slot, index)
    routine.leave(item)


def word_routine() -> Routine:
    """`ptr word(text, length, table, slots)`: the string of these bytes. Short ones that come again are made once."""
    routine = Routine("word", {"text": "ptr", "length": "i64", "table": "ptr", "slots": "i64"}, returns="ptr", public=False)
    text, length = routine["text"], routine["length"]
    with routine.when(length > LONGEST_WORD):
        routine.leave(new_bytes(routine, text, length))
    first, second = routine.variable(length), routine.variable(routine.integer(0))
    # The numbers at both ends, which overlap, are the whole string, together with its length.
    with routine.when(length >= 8):
        first.set(routine.load("i64", text))
        second.set(routine.load("i64", routine.at(text, length - 8, "i8")))
    with routine.when((length >= 4) & (length < 8)):
        first.set(routine.load("i32", text).unsigned_to("i64"))
        second.set(routine.load("i32", routine.at(text, length - 4, "i8")).unsigned_to("i64"))
    with routine.when((length > 0) & (length < 4)):
        first.set(byte(routine, text, 0) | byte(routine, text, length.shifted("lshr", 1)).shifted("shl", 8))
        second.set(byte(routine, text, length - 1))
    leave_shared(routine, [first.get(), second.get(), length], lambda: new_bytes(routine, text, length))
    return routine
