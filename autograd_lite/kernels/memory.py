"""Memory that a part of a kernel's work needs while it lasts. It comes from Python's own functions that need no lock."""

from __future__ import annotations

import contextlib
import ctypes
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograd_lite.kernels.routine import Routine, Value

__all__ = ["address", "allocated", "empty", "entry"]

ALIGNMENT = 64  # bytes: a cache line, and the longest vector
LARGE_BYTES = 1 << 18  # from here on results begin at a cache line; for smaller ones finding it takes longer than it saves
FUNCTIONS = {"autograd_lite_allocate": "PyMem_RawMalloc", "autograd_lite_release": "PyMem_RawFree"}


def address(symbol: str) -> int:
    """Return the address of the function that takes memory, or of the one that gives it back."""
    return ctypes.cast(getattr(ctypes.pythonapi, FUNCTIONS[symbol]), ctypes.c_void_p).value or 0


@contextlib.contextmanager
def allocated(routine: Routine, floats: Value | int, refused: Value | None = None) -> Iterator[Value]:
    """Room for so many numbers of 32 bits while what is inside runs.

    Where there is none, the routine ends: with 1 as its result, or where `refused` points (an i64).
    """
    raw = routine.call("ptr", "autograd_lite_allocate", routine.integer(floats) * 4 + ALIGNMENT)
    number = routine.emit("i64", f"ptrtoint ptr {raw.name} to i64")
    with routine.when(number.equals(0)):
        if refused is None:
            routine.leave(1)
        else:
            routine.store(routine.integer(1), refused)
            routine.leave()
    aligned = (number + (ALIGNMENT - 1)) & -ALIGNMENT
    yield routine.emit("ptr", f"inttoptr i64 {aligned.name} to ptr")
    routine.call("void", "autograd_lite_release", raw)


def entry(pointers: Sequence[str], steps: Callable[[Routine, Value], None]) -> Routine:
    """The routine `i32 @run(pointers)`, whose status is not 0 if memory was refused.

    Args:
      steps: writes what it does; it gets the routine, and the place that `allocated` calls `refused`.
    """
    routine = Routine("run", dict.fromkeys(pointers, "ptr"), returns="i32")
    refused = routine.room("i64")
    routine.store(routine.integer(0), refused)
    steps(routine, refused)
    routine.leave(routine.load("i64", refused).to("i32"))
    return routine


def empty(shape: Sequence[int], dtype: np.dtype | type = np.float32) -> np.ndarray:
    """Return an array for a kernel's result. A large one begins at a cache line, so that no vector that is stored lies in two."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < LARGE_BYTES:
        return np.empty(shape, dtype)
    room = np.empty(size + ALIGNMENT, np.uint8)
    return np.ndarray(shape, dtype, room, -room.ctypes.data % ALIGNMENT)
