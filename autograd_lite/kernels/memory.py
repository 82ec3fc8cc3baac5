"""Memory for kernels: what a part of the work needs while it lasts, and what results lie in.

The first comes from Python's own functions that need no lock. Results are NumPy's arrays. Above a certain size the C library asks the
system for new memory each time, which clears all of it: 5 to 10 ms for 50 MB, as long as many a kernel takes. So the largest results lie
in *rooms* that are used again when nobody refers to them any more.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograd_lite.kernels.arrays import HAS_GLOBAL_LOCK
from autograd_lite.kernels.routine import Routine, Value

__all__ = ["KEPT_BYTES", "address", "allocated", "empty", "entry", "release"]

ALIGNMENT = 64  # bytes: a cache line, and the longest vector
LARGE_BYTES = 1 << 18  # from here on results begin at a cache line; for smaller ones finding it takes longer than it saves
KEPT_BYTES = 1 << 25  # from here on memory is used again; the limit of the GNU C library, below which it does so itself
MOST_BYTES = 1 << 29  # in rooms, used or not
MOST_LARGER = 1.125  # times what is wanted
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
    room = _rooms.take(size + ALIGNMENT) if size >= KEPT_BYTES else np.empty(size + ALIGNMENT, np.uint8)
    return np.ndarray(shape, dtype, room, -room.ctypes.data % ALIGNMENT)


def release() -> None:
    """Give the memory of large results that nobody has any more back to the system."""
    _rooms.forget()


class _Rooms:
    """The memory of the largest results. Every view of one refers to its room, so the count of references tells whether it is free."""

    def __init__(self) -> None:
        self.rooms: list[np.ndarray] = [np.empty(0, np.uint8)]
        self.unused = sys.getrefcount(self.rooms[0])  # references to what only the list refers to
        self.rooms.clear()
        self.unlock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.unlock)

    def unlock(self) -> None:
        self.lock = threading.Lock()

    def take(self, size: int) -> np.ndarray:
        """Return at least so many bytes."""
        if not HAS_GLOBAL_LOCK:  # counts of references are added up later then
            return np.empty(size, np.uint8)
        with self.lock:
            for index in range(len(self.rooms)):
                if size <= self.rooms[index].nbytes <= size * MOST_LARGER and self._is_unused(index):
                    return self.rooms[index]
            left = self._forget(MOST_BYTES - size)
            room = np.empty(size, np.uint8)
            if left + size <= MOST_BYTES:
                self.rooms.insert(0, room)
            return room

    def forget(self) -> None:
        """Leave all unused ones to the system."""
        with self.lock:
            self._forget(0)

    def _forget(self, most: int) -> int:
        """Forget unused ones, the oldest first, until so many bytes are left, if possible; return how many are."""
        left = sum(room.nbytes for room in self.rooms)
        for index in reversed(range(len(self.rooms))):  # the oldest are behind
            if left > most and self._is_unused(index):
                left -= self.rooms.pop(index).nbytes
        return left

    def _is_unused(self, index: int) -> bool:
        return sys.getrefcount(self.rooms[index]) == self.unused


_rooms = _Rooms()
