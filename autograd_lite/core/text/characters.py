"""Sets of characters as ascending ranges of code points: the named ones of regular expressions, and the scripts of Unicode."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

Ranges = tuple[tuple[int, int], ...]

LAST = sys.maxunicode
_SURROGATES = (0xD800, 0xDFFF)  # no characters; bytes that are no UTF-8 are decoded to some of these, so that no set contains them
_FOLDED = 0x1E944  # no character from here on has two cases
_SCRIPTS_FILE = Path(__file__).with_name("scripts.txt")

_DIGIT: Ranges = ((48, 57),)
_UPPER: Ranges = ((65, 90),)
_LOWER: Ranges = ((97, 122),)
_WORD: Ranges = (*_DIGIT, *_UPPER, (95, 95), *_LOWER)
PERL: dict[str, Ranges] = {"d": _DIGIT, "s": ((9, 10), (12, 13), (32, 32)), "w": _WORD}
POSIX: dict[str, Ranges] = {
    "alnum": (*_DIGIT, *_UPPER, *_LOWER),
    "alpha": (*_UPPER, *_LOWER),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _DIGIT,
    "graph": ((33, 126),),
    "lower": _LOWER,
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": _UPPER,
    "word": _WORD,
    "xdigit": (*_DIGIT, (65, 70), (97, 102)),
}


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same characters in ascending ranges that do not touch.

    >>> union([(5, 7), (1, 2), (3, 3)])
    ((1, 3), (5, 7))
    """
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def complement(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """All other characters."""
    rest = []
    start = 0
    for low, high in union([*ranges, _SURROGATES]):
        if start < low:
            rest.append((start, low - 1))
        start = high + 1
    return (*rest, (start, LAST)) if start <= LAST else tuple(rest)


ANY = complement(())
NO_NEWLINE = complement([(10, 10)])


def contains(ranges: Ranges, character: int) -> bool:
    """Whether a code point is in the set."""
    return any(low <= character <= high for low, high in ranges)


@lru_cache(maxsize=1)
def _other_cases() -> dict[int, tuple[int, ...]]:
    """Code point -> those that differ from it in case only."""
    groups: dict[str, list[int]] = {}
    for code in range(_FOLDED):
        one = chr(code)
        folded = one.upper().lower() if len(one.upper()) == 1 else one.lower()
        if folded != one or one.upper() != one or one.lower() != one:
            groups.setdefault(folded, []).append(code)
    return {code: tuple(group) for group in groups.values() if len(group) > 1 for code in group}


def both_cases(ranges: Ranges) -> Ranges:
    """The set with every letter in upper and lower case."""
    cases = _other_cases()
    found = [(other, other) for code, others in cases.items() if contains(ranges, code) for other in others]
    return union([*ranges, *found])


class Script(NamedTuple):
    """A script of Unicode: ICU's number, and its characters."""

    number: int
    ranges: Ranges


@lru_cache(maxsize=1)
def scripts() -> dict[str, Script]:
    """Name -> script."""
    found = {}
    for line in _SCRIPTS_FILE.read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            number, name, *ranges = line.split(" ")
            pairs = (piece.partition("-") for piece in ranges)
            found[name] = Script(int(number), tuple([(int(low, 16), int(high or low, 16)) for low, _, high in pairs]))
    return found


UNKNOWN_SCRIPT = 103


@lru_cache(maxsize=1)
def script_numbers() -> np.ndarray:
    """The number of the script of every code point."""
    numbers = np.full(LAST + 1, UNKNOWN_SCRIPT, np.int16)
    for script in scripts().values():
        for low, high in script.ranges:
            numbers[low : high + 1] = script.number
    return numbers


@lru_cache(maxsize=64)
def property_set(name: str) -> Ranges | None:
    """The characters of a general category ("L", "Lu"), of a script ("Greek"), or all ("Any"); None for other names."""
    if name == "Any":
        return ANY
    if name in scripts():
        return scripts()[name].ranges
    categories = _categories()
    if not name or len(name) > 2 or not any(category.startswith(name) for category in categories):
        return None
    return union([pair for category, ranges in categories.items() if category.startswith(name) for pair in ranges])


@lru_cache(maxsize=1)
def _categories() -> dict[str, list[tuple[int, int]]]:
    """General category -> its ranges; what no character is assigned to is in none."""
    found: dict[str, list[tuple[int, int]]] = {}
    start, current = 0, ""
    for code in range(LAST + 2):
        category = unicodedata.category(chr(code)) if code <= LAST else ""
        if category != current:
            if current not in ("", "Cn", "Cs"):
                found.setdefault(current, []).append((start, code - 1))
            start, current = code, category
    return found
