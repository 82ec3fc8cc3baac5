"""The words in a picture: names and numbers made short, and harmless whatever they contain."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np

LONGEST_NAME = 28
_LONGEST_ARRAY = 6  # numbers that are written out
_LONGEST_TEXT = 60


def clean(text: str) -> str:
    """Text on one line, without characters that no picture can hold: control characters, halves of pairs, marks that turn the direction.

    >>> clean("a\\nb\\x00c")
    'a b\N{REPLACEMENT CHARACTER}c'
    """
    if text.isascii() and text.isprintable():
        return text
    on_one_line = text.translate({ord(space): " " for space in "\t\n\r"})
    return "".join(character if _harmless(character) else "\N{REPLACEMENT CHARACTER}" for character in on_one_line)


def _harmless(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """The end of a long name, from the start of one of its parts if possible."""
    if len(name) <= longest:
        return name
    end = name[-longest:]
    return "\u2026" + (end[end.index("/") :] if "/" in end else end)


def number(item: object) -> str:
    """A number, or a string of a graph, in few characters.

    >>> number(np.float32(0.1)), number(25), number(b"x" * 100)[:3]
    ('0.1', '25', "b'x")
    """
    if isinstance(item, (float, np.floating)):
        return f"{item:.6g}"
    if isinstance(item, (complex, np.complexfloating)):
        return f"{item.real:.4g}{item.imag:+.4g}j"
    text = clean(str(item))
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "\u2026"


def summarized(value: Any) -> str:
    """An array in one short line: a small one in full, a larger one by its mean and its ends.

    >>> summarized(np.array([1.0, 2.5])), summarized(np.arange(100.0))
    ('[1, 2.5]', 'mean 49.5, 0 to 99')
    """
    array = np.asarray(value)
    if array.size == 0:
        return "empty"
    if array.size <= _LONGEST_ARRAY:
        return _written_out(array)
    if array.dtype == bool:
        return f"{int(array.sum()):,} of {array.size:,} true"
    if array.dtype.kind not in "iuf":
        return f"{array.size:,} values"
    numbers = array.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    odd = f", {array.size - finite.size:,} not finite" if finite.size < array.size else ""
    if not finite.size:
        return f"none of {array.size:,} finite"
    return f"mean {finite.mean():.4g}, {finite.min():.4g} to {finite.max():.4g}{odd}"


def _written_out(array: np.ndarray) -> str:
    items = [f"{item:.4g}" if isinstance(item, np.floating) else number(item) for item in array.ravel()]
    if array.ndim == 0:
        return items[0]
    if array.ndim == 1 or array.size == 1:
        return "[" * array.ndim + ", ".join(items) + "]" * array.ndim
    text = np.array2string(np.array(items, dtype=object).reshape(array.shape), separator=", ", formatter={"all": str})
    return " ".join(text.split())
