"""`tf.io.gfile`: what `tf.gfile` does, under the names that TensorFlow gave it later."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.lib import gfile
from autograd_lite.lib.gfile import FileStatistics, Path


@export("io.gfile.exists")
def exists(path: Path) -> bool:
    """Whether there is a file or folder of this name."""
    return gfile.exists(path)


@export("io.gfile.isdir")
def isdir(path: Path) -> bool:
    """Whether there is a folder of this name."""
    return gfile.is_directory(path)


@export("io.gfile.listdir")
def listdir(path: Path) -> list[str]:
    """The names of what lies in a folder, sorted; tf.errors.NotFoundError if there is no such folder."""
    return gfile.list_directory(path)


@export("io.gfile.glob")
def glob(pattern: Any) -> list[str]:
    """The files whose names fit a pattern with `*`, `?` and `[...]`, or any pattern of a list."""
    return gfile.glob_files(pattern)


@export("io.gfile.mkdir")
def mkdir(path: Path) -> None:
    """Make one folder; tf.errors.NotFoundError if the folder above it does not exist."""
    gfile.make_directory(path)


@export("io.gfile.makedirs")
def makedirs(path: Path) -> None:
    """Make a folder and those above it; nothing happens if they are there."""
    gfile.make_directories(path)


@export("io.gfile.remove")
def remove(path: Path) -> None:
    """Delete a file; tf.errors.NotFoundError if there is none, FailedPreconditionError if it is a folder."""
    gfile.remove(path)


@export("io.gfile.rmtree")
def rmtree(path: Path) -> None:
    """Delete a folder with all that is in it; tf.errors.NotFoundError if there is none."""
    gfile.delete_recursively(path)


@export("io.gfile.copy")
def copy(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Copy a file; tf.errors.AlreadyExistsError if `dst` is there and `overwrite` is False."""
    gfile.copy(src, dst, overwrite)


@export("io.gfile.rename")
def rename(src: Path, dst: Path, overwrite: bool = False) -> None:
    """Give a file or folder another name; tf.errors.AlreadyExistsError if `dst` is there and `overwrite` is False."""
    gfile.rename(src, dst, overwrite)


@export("io.gfile.stat")
def stat(path: Path) -> FileStatistics:
    """Length, time of the last change, and kind of a file; tf.errors.NotFoundError if there is none."""
    return gfile.stat(path)


@export("io.gfile.walk")
def walk(
    top: Path, topdown: bool = True, onerror: Callable[[OSError], Any] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:  # fmt: skip
    """Yield (folder, folders in it, files in it) for a folder and all below it; `onerror` is called with an error met."""
    for folder, folders, files in os.walk(os.fsdecode(top), topdown=topdown, onerror=onerror):
        yield folder, sorted(folders), sorted(files)
