"""The line of the user's program that made a node."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_EXAMPLES = _PACKAGE + "examples" + os.sep
_INTERNAL: dict[str, bool] = {}  # file name of a code object -> whether it belongs to this library


class Where(NamedTuple):
    """A line of source code."""

    filename: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"


UNKNOWN = Where("<unknown>", 0, "<unknown>")


def _is_internal(filename: str) -> bool:
    internal = filename.startswith(_PACKAGE) and not filename.startswith(_EXAMPLES) or filename.endswith(f"{os.sep}contextlib.py")
    internal = internal or filename.startswith("<autograd_lite")
    if len(_INTERNAL) > 10_000:
        _INTERNAL.clear()
    _INTERNAL[filename] = internal
    return internal


def capture() -> Where:
    """The nearest calling line that is not part of this library."""
    frame = sys._getframe(1)
    known = _INTERNAL
    while frame is not None:
        filename = frame.f_code.co_filename
        internal = known.get(filename)
        if internal is None:
            internal = _is_internal(filename)
        if not internal:
            return Where(filename, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back  # type: ignore[assignment]
    return UNKNOWN
