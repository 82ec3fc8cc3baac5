"""Machine code kept on disk, so that a kernel is compiled once per machine and not once per process.

A file is one object file after a line of its own: a magic word and the SHA-256 of the rest. Files are written under a temporary name and
renamed, so any number of processes may share the folder. Only files of this user that nobody else can write are read back.
"""
from __future__ import annotations

import contextlib
import os
import pathlib
import stat
import sys
import time

from autograd_lite.core import optional, safe_write

__all__ = ["MOST_BYTES", "clear", "digest", "folder", "read", "usage", "write"]

MAGIC = b"autograd_lite kernel 1\n"
DIGEST_BYTES = 32
MOST_BYTES = 64 << 20
MOST_FILES = 2048
LARGEST_FILE = 8 << 20
NEW_SECONDS = 3600  # files that were written or read within that time are not noted again as used


def folder() -> pathlib.Path:
    """Return the folder of compiled kernels: `AUTOGRAD_LITE_CACHE`, or the place that this system has for caches.

    >>> folder().name
    'kernels'
    """
    chosen = os.environ.get("AUTOGRAD_LITE_CACHE")
    if chosen:
        return pathlib.Path(chosen) / "kernels"
    home = pathlib.Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        base = pathlib.Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "autograd_lite" / "kernels"


def digest(content: bytes) -> bytes:
    """Return the SHA-256 of some bytes."""
    sha256 = optional.load("hashlib").sha256  # not before the first kernel: it brings OpenSSL, which takes three megabytes
    digested: bytes = sha256(content).digest()
    return digested


def read(key: str) -> bytes | None:
    """Return the object file kept under `key`, or None if there is none that can be trusted."""
    path = folder() / f"{key}.o"
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if not _is_ours(status):
                return None
            content = file.read(LARGEST_FILE + 1)
    except OSError:
        return None
    body = content[len(MAGIC) + DIGEST_BYTES:]
    if len(content) > LARGEST_FILE or content != MAGIC + digest(body) + body:
        return None
    if time.time() - status.st_mtime > NEW_SECONDS:
        with contextlib.suppress(OSError):  # a folder that can only be read
            os.utime(path)
    return body


def write(key: str, body: bytes) -> bool:
    """Keep an object file under `key`; return False where that is not possible (a full disk, a folder that others can write)."""
    path = folder()
    content = MAGIC + digest(body) + body
    if len(content) > LARGEST_FILE:
        return False
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(path.stat()):
            return False
        with safe_write.replacing(path / f"{key}.o") as file:
            file.write(content)
        (path / f"{key}.o").chmod(0o600)  # `_is_ours` wants it so, whatever the umask
        _drop_oldest(path)
    except OSError:
        return False
    return True


def clear() -> int:
    """Remove every kept kernel; return how many there were."""
    return sum(_removed(path) for _, _, path in _kept(folder()))


def usage() -> tuple[int, int]:
    """Return how many kernels are kept, and their bytes."""
    sizes = [size for _, size, _ in _kept(folder())]
    return len(sizes), sum(sizes)


def _is_ours(status: os.stat_result) -> bool:
    """Whether this user owns it and nobody else can write to it (always true where the system has no such notion)."""
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _kept(path: pathlib.Path) -> list[tuple[float, int, str]]:
    """When each file was written, its bytes and its path."""
    found = []
    with contextlib.suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            if entry.name.endswith((".o", ".tmp")):
                with contextlib.suppress(OSError):  # another process may have removed it meanwhile
                    status = entry.stat()
                    found.append((status.st_mtime, status.st_size, entry.path))
    return found


def _removed(path: str) -> bool:
    """Remove a file; False if it cannot be, or another process was quicker."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def _drop_oldest(path: pathlib.Path) -> None:
    """Keep the folder bounded: the files that were not used for the longest time go first."""
    total = 0
    for rank, (_, size, kept) in enumerate(sorted(_kept(path), reverse=True)):
        total += size
        if rank >= MOST_FILES or total > MOST_BYTES:
            _removed(kept)
