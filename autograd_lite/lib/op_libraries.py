"""Libraries of compiled ops: TensorFlow loads them; here ops are written in Python, so asking for one says what to do instead."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

from autograd_lite.core.errors import NotFoundError
from autograd_lite.core.export import export

_HELP = (
    "  A library of ops that were compiled for TensorFlow needs TensorFlow's own runtime and cannot be loaded here. Compose the op from\n"
    "  others (with tf.custom_gradient for its derivative), or write it in NumPy and call it through tf.py_func."
)


def _refuse(path: str) -> NoReturn:
    if not os.path.exists(path):
        raise NotFoundError(None, None, f"{path}: cannot open shared object file: No such file or directory")
    raise NotFoundError(None, None, f"{path}: not loaded\n{_HELP}")


@export("load_op_library")
def load_op_library(library_filename: str) -> NoReturn:
    """Refuse to load a library of ops that were compiled for TensorFlow.

    Raises:
      NotFoundError: always; it says what to do instead.
    """
    _refuse(library_filename)


@export("load_file_system_library")
def load_file_system_library(library_filename: str) -> NoReturn:
    """Refuse to load a library of file systems that was compiled for TensorFlow.

    Raises:
      NotFoundError: always; it says what to do instead.
    """
    _refuse(library_filename)


@export("load_library")
def load_library(library_location: str) -> None:
    """Refuse to load libraries that were compiled for TensorFlow; a folder without any is no error.

    Raises:
      OSError: when the file or folder does not exist.
      NotFoundError: otherwise, when there is a library.
    """
    if not os.path.exists(library_location):
        raise OSError(errno.ENOENT, "The file or folder to load kernel libraries from does not exist.", library_location)
    if not os.path.isdir(library_location):
        _refuse(library_location)
    for path in sorted(Path(library_location).glob("*.so")):
        _refuse(str(path))
