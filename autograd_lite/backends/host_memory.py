"""Memory of large arrays is used again instead of given back to the system.

A training step makes and drops the same large arrays over and over. glibc returns them to the system, which then clears every page anew
when the next step touches it: a quarter of the time of a step of the 784-256-256-10 network. Two settings of its allocator keep up to
`KEPT_BYTES` of freed memory in the process.
"""
from __future__ import annotations

import contextlib
import ctypes
import os
import sys

__all__ = ["keep_freed_memory"]

KEPT_BYTES = 64 << 20
LARGEST_ON_HEAP = 32 << 20  # the most that glibc allows; larger arrays are mapped on their own, where clearing is the smaller part
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # numbers of mallopt's parameters, from malloc.h
SET_BY_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")


def keep_freed_memory() -> bool:
    """Let the C library keep freed memory; return whether it does now.

    Nothing happens where the library is not glibc, or where the user has set its variables (`MALLOC_TRIM_THRESHOLD_` and the like).
    """
    if not sys.platform.startswith("linux") or any(name in os.environ for name in SET_BY_USER):
        return False
    if "glibc.malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return False
    with contextlib.suppress(OSError, AttributeError):  # musl has no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        return bool(mallopt(MMAP_THRESHOLD, LARGEST_ON_HEAP) and mallopt(TRIM_THRESHOLD, KEPT_BYTES))
    return False
