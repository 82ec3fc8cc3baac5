"""Ops that read whole files, write them, and look for them. They run on the host, and not in graphs that came from elsewhere."""

from __future__ import annotations

import glob
import os
from typing import Any

import numpy as np

from autograd_lite.core.safe_write import replacing
from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.wire.files import make_folders, read_bytes, text_path, translated

_BYTES = "bytes have no slope"
_SHOWN_ELSEWHERE = "it touches files; tests/ops/test_files.py shows it"


def _one_scalar(c):
    rules.with_rank(c, c.shape(0), 0)
    return ()


def _one_word(value: Any, complaint: str) -> bytes:
    array = np.asarray(value, object)
    if array.ndim:
        raise invalid(f"{complaint}{text(array.shape)}")
    return array.item()


_NO_NAME = "Input filename tensor must be scalar, but had shape: "


@op(
    "ReadFile(filename: string) -> contents: string",
    names=["read_file", "io.read_file"],
    stateful=True,
    only_looks=True,
    shape=_one_scalar,
    samples=_SHOWN_ELSEWHERE,
    no_gradient=_BYTES,
)
def read_file(xp, filename):
    """Read a whole file as one string.

    >>> contents = tf.read_file(np.__file__)
    >>> len(tf.Session().run(contents)) > 1000
    True
    """
    contents = np.empty((), object)
    contents[()] = read_bytes(text_path(_one_word(filename, _NO_NAME)))
    return contents


@op(
    "WriteFile(filename: string, contents: string)",
    names=["write_file", "io.write_file"],
    stateful=True,
    samples=_SHOWN_ELSEWHERE,
    no_gradient=_BYTES,
)
def write_file(xp, filename, contents):
    """Write a string to a file, whose folder is made when it is not there. The file appears whole or not at all.

    >>> write = tf.write_file("results/hello.txt", "hello")
    >>> write.type
    'WriteFile'
    """
    path = text_path(_one_word(filename, _NO_NAME))
    content = _one_word(contents, "Contents tensor must be scalar, but had shape: ")
    make_folders(os.path.dirname(path) or ".")
    with translated(path), replacing(path) as file:
        file.write(content)


@op(
    "MatchingFiles(pattern: string) -> filenames: string",
    names=["matching_files", "io.matching_files"],
    stateful=True,
    only_looks=True,
    shape=rules.vector,
    samples=_SHOWN_ELSEWHERE,
    no_gradient=_BYTES,
)
def matching_files(xp, pattern):
    """List the files whose names fit a pattern (or one of several) with `*`, `?` and `[...]`, sorted.

    >>> names = tf.matching_files(["images/*.png", "images/*.jpg"])
    >>> names.shape.as_list()
    [None]
    """
    words = np.asarray(pattern, object).ravel().tolist()
    found = sorted(os.fsencode(name) for word in words for name in glob.glob(text_path(word)))
    names = np.empty(len(found), object)
    names[:] = found
    return names
