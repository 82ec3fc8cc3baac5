"""Opening files so that what goes wrong is told with the classes of `tf.errors`."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from autograd_lite.core import errors

_CLASS_OF = {
    errno.ENOENT: errors.NotFoundError,
    errno.ENOTDIR: errors.FailedPreconditionError,
    errno.EISDIR: errors.FailedPreconditionError,
    errno.ENOTEMPTY: errors.FailedPreconditionError,
    errno.EEXIST: errors.AlreadyExistsError,
    errno.EACCES: errors.PermissionDeniedError,
    errno.EPERM: errors.PermissionDeniedError,
    errno.EROFS: errors.PermissionDeniedError,
    errno.ENOSPC: errors.ResourceExhaustedError,
    errno.EDQUOT: errors.ResourceExhaustedError,
    errno.EMFILE: errors.ResourceExhaustedError,
    errno.ENFILE: errors.ResourceExhaustedError,
    errno.ENAMETOOLONG: errors.InvalidArgumentError,
    errno.ELOOP: errors.InvalidArgumentError,
}


def error_of(error: OSError, path: str) -> errors.OpError:
    """The error of `tf.errors` that tells the same as `error` about `path`."""
    return _CLASS_OF.get(error.errno or 0, errors.UnknownError)(None, None, f"{path}; {error.strerror or error}")


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn an OSError of the block into the error of `tf.errors` that names `path`."""
    try:
        yield
    except OSError as error:
        raise error_of(error, path) from error


def text_path(path: str | bytes | os.PathLike[Any]) -> str:
    """A path as text.

    Raises:
      InvalidArgumentError: when it holds a NUL character, which no file name can.
    """
    text = os.fsdecode(path)
    if "\0" in text:
        raise errors.InvalidArgumentError(None, None, f"{text!r}; a file name cannot hold a NUL character")
    return text


def make_folders(path: str) -> None:
    """Make a folder and those above it; failures are errors of `tf.errors` that name the folder that could not be made."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise error_of(error, os.fsdecode(error.filename or path)) from error


def opened(path: str, mode: str) -> IO[Any]:
    """Open a file; failures are errors of `tf.errors`."""
    with translated(path):
        return open(path, mode, encoding=None if "b" in mode else "utf-8")


def read_bytes(path: str) -> bytes:
    """The whole content of a file; failures are errors of `tf.errors`."""
    with translated(path), open(path, "rb") as file:
        return file.read()
