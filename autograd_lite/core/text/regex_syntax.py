"""Reads a regular expression in RE2's syntax and makes the instructions of a small machine out of it (Thompson's construction).

Jumps are relative, so a piece of code can be repeated or put after another as it is. The instructions, in order of preference:

    ("set", ranges)     go on if the next character is in the set, and pass it
    ("split", a, b)     go on at both places; the first is preferred
    ("jump", a)         go on there
    ("save", slot)      remember where in the text we are
    ("assert", kind)    go on if the place is of this kind: begin, end, line_begin, line_end, boundary, no_boundary
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from autograd_lite.core.text import characters
from autograd_lite.core.text.characters import ANY, NO_NEWLINE, PERL, POSIX, Ranges

Code = list[tuple[Any, ...]]

_MOST_REPEATS = 1000
_MOST_INSTRUCTIONS = 20_000
_MOST_NESTED = 1000
_REPEAT = re.compile(r"\{(\d+)(,(\d*))?\}")
_NAME = re.compile(r"\(\?P<(\w+)>")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_PLACES = {"A": "begin", "z": "end", "b": "boundary", "B": "no_boundary"}
_RANGE_ERROR = "invalid character class range: "


class PatternError(ValueError):
    """The pattern is no regular expression; the text says why in RE2's words."""


class Parsed(NamedTuple):
    """A regular expression, ready to run."""

    code: Code
    groups: int


class _Piece(NamedTuple):
    """Code for a part of the pattern, and whether that part may match nothing."""

    code: Code
    nullable: bool


class _Group:
    """A parenthesis that is open: the alternatives so far, and the pieces of the present one."""

    def __init__(self, number: int | None, flags: frozenset[str]) -> None:
        self.number = number  # None: it does not capture
        self.flags = flags  # those to go back to when it closes
        self.alternatives: list[_Piece] = []
        self.pieces: list[_Piece] = []


def parse(pattern: str) -> Parsed:
    """The instructions of a pattern.

    Raises:
      PatternError: it cannot be read, or is too large.

    >>> parse("a|b").code[0]
    ('split', 1, 3)
    """
    return _Parser(pattern).parse()


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.flags: frozenset[str] = frozenset()
        self.groups = 0
        self.open = [_Group(None, self.flags)]
        self.repeated_from: int | None = None  # where the repetition stands that has just been read

    def parse(self) -> Parsed:
        """Read the pattern to its end."""
        steps = {"(": self._open, ")": self._close, "|": self._alternative, "\\": self._escape, "[": self._class,
                 "*": self._repeat, "+": self._repeat, "?": self._repeat, "{": self._repeat}  # fmt: skip
        while self.at < len(self.pattern):
            start = self.at
            steps.get(self.pattern[start], self._plain)()
            if self.repeated_from is not None and self.repeated_from < start:
                self.repeated_from = None
        if len(self.open) > 1:
            raise PatternError(f"missing ): {self.pattern}")
        return Parsed(self._whole(self.open[0]).code, self.groups)

    # -------------------------------------------------------------- single characters

    def _push(self, code: Code, nullable: bool) -> None:
        self.open[-1].pieces.append(_Piece(code, nullable))

    def _push_set(self, ranges: Ranges) -> None:
        self._push([("set", characters.both_cases(ranges) if "i" in self.flags else ranges)], False)

    def _plain(self) -> None:
        """A character that stands for itself, or one of . ^ $."""
        one = self.pattern[self.at]
        self.at += 1
        if one == ".":
            self._push([("set", ANY if "s" in self.flags else NO_NEWLINE)], False)
        elif one in "^$":
            place = "begin" if one == "^" else "end"
            self._push([("assert", f"line_{place}" if "m" in self.flags else place)], True)
        else:
            self._push_set(((ord(one), ord(one)),))

    def _escape(self) -> None:
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in _PLACES and letter:
            self._push([("assert", _PLACES[letter])], True)
            self.at += 2
        elif letter == "Q":
            end = self.pattern.find("\\E", self.at + 2)
            for one in self.pattern[self.at + 2 : len(self.pattern) if end < 0 else end]:
                self._push_set(((ord(one), ord(one)),))
            self.at = len(self.pattern) if end < 0 else end + 2
        elif letter == "C":
            self._push([("set", ((0, characters.LAST),))], False)
            self.at += 2
        else:
            named = self._named_set()
            if named is None:
                code = self._character()
                named = ((code, code),)
            self._push_set(named)

    def _named_set(self) -> Ranges | None:
        r"""The set that \d, \pL or \p{Greek} means, if one stands here."""
        text, start = self.pattern, self.at
        letter = text[start + 1 : start + 2]
        if letter and letter.lower() in PERL:
            self.at += 2
            return PERL[letter] if letter.islower() else characters.complement(PERL[letter.lower()])
        if letter not in ("p", "P"):
            return None
        end = start + 3
        if text[start + 2 : start + 3] == "{":
            end = text.find("}", start) + 1
            if not end:
                raise PatternError(_RANGE_ERROR + text[start:])
        name = text[start + 2 : end].strip("{}")
        found = characters.property_set(name.removeprefix("^"))
        if found is None:
            raise PatternError(_RANGE_ERROR + text[start:end])
        self.at = end
        return characters.complement(found) if (letter == "P") != name.startswith("^") else found

    def _character(self) -> int:
        """The one character that an escape stands for."""
        text, start = self.pattern, self.at
        if start + 1 == len(text):
            raise PatternError("trailing \\")
        letter = text[start + 1]
        octal = re.compile("0[0-7]{0,2}|[1-7][0-7]{1,2}").match(text, start + 1)
        hexadecimal = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})").match(text, start + 1)
        if octal:
            self.at = octal.end()
            return int(octal.group(), 8)
        if hexadecimal and int(hexadecimal.group(1) or hexadecimal.group(2), 16) <= characters.LAST:
            self.at = hexadecimal.end()
            return int(hexadecimal.group(1) or hexadecimal.group(2), 16)
        self.at = start + 2
        if letter in _CONTROL:
            return _CONTROL[letter]
        if letter.isascii() and letter.isalnum():
            raise PatternError(f"invalid escape sequence: {text[start : start + 2 + (letter == 'x')]}")
        return ord(letter)

    # -------------------------------------------------------------- [classes]

    def _class(self) -> None:
        text, start = self.pattern, self.at
        self.at += 1
        negated = text.startswith("^", self.at)
        self.at += negated
        first = self.at
        ranges: list[tuple[int, int]] = []
        while self.at < len(text) and (text[self.at] != "]" or self.at == first):
            ranges += self._class_part(start)
        if self.at >= len(text):
            raise PatternError(f"missing ]: {text[start:]}")
        self.at += 1
        found = characters.union(ranges)
        if "i" in self.flags:
            found = characters.both_cases(found)
        self._push([("set", characters.complement(found) if negated else found)], False)

    def _class_part(self, class_start: int) -> Ranges:
        text, start = self.pattern, self.at
        if text.startswith("[:", start):
            end = text.find(":]", start)
            if end >= 0:
                self.at = end + 2
                name = text[start + 2 : end]
                if name.removeprefix("^") not in POSIX:
                    raise PatternError(_RANGE_ERROR + text[start : self.at])
                return characters.complement(POSIX[name[1:]]) if name.startswith("^") else POSIX[name]
        named = self._named_set() if text[start] == "\\" else None
        if named is not None:
            return named
        low = high = self._class_character(class_start)
        if text.startswith("-", self.at) and not text.startswith("-]", self.at):
            self.at += 1
            high = self._class_character(class_start)
            if high < low:
                raise PatternError(_RANGE_ERROR + text[start : self.at])
        return ((low, high),)

    def _class_character(self, class_start: int) -> int:
        if self.at >= len(self.pattern):
            raise PatternError(f"missing ]: {self.pattern[class_start:]}")
        if self.pattern[self.at] == "\\":
            return self._character()
        self.at += 1
        return ord(self.pattern[self.at - 1])

    # -------------------------------------------------------------- groups and alternatives

    def _open(self) -> None:
        text = self.pattern
        name, flags = _NAME.match(text, self.at), _FLAGS.match(text, self.at)
        if not text.startswith("(?", self.at) or name:
            self.groups += 1
            self._open_group(self.groups, name.end() if name else self.at + 1)
        elif flags and not (flags.group(2) is None and "-" in flags.group()):
            now = (self.flags | frozenset(flags.group(1))) - frozenset(flags.group(2) or "")
            if flags.group(3) == ":":
                self._open_group(None, flags.end())
            self.flags, self.at = now, flags.end()
        elif text.startswith("(?P<", self.at):
            end = text.find(">", self.at)
            raise PatternError(f"invalid named capture group: {text[self.at : len(text) if end < 0 else end + 1]}")
        else:
            wrong = re.compile(r"\(\?[imsU-]*[^imsU-]?").match(text, self.at)
            raise PatternError(f"invalid perl operator: {wrong.group() if wrong else text[self.at :]}")

    def _open_group(self, number: int | None, end: int) -> None:
        if len(self.open) > _MOST_NESTED:
            raise PatternError("expression nests too deeply")
        self.open.append(_Group(number, self.flags))
        self.at = end

    def _alternative(self) -> None:
        group = self.open[-1]
        group.alternatives.append(_in_a_row(group.pieces))
        group.pieces = []
        self.at += 1

    def _close(self) -> None:
        if len(self.open) == 1:
            raise PatternError(f"unexpected ): {self.pattern}")
        group = self.open.pop()
        whole = self._whole(group)
        code = whole.code if group.number is None else [("save", 2 * group.number), *whole.code, ("save", 2 * group.number + 1)]
        self._push(code, whole.nullable)
        self.flags = group.flags
        self.at += 1

    def _whole(self, group: _Group) -> _Piece:
        """The code of all alternatives of a group; the first is preferred."""
        whole = _in_a_row(group.pieces)
        for piece in reversed(group.alternatives):
            code = [("split", 1, len(piece.code) + 2), *piece.code, ("jump", len(whole.code) + 1), *whole.code]
            whole = _Piece(code, whole.nullable or piece.nullable)
            _check_size(len(code))
        return whole

    # -------------------------------------------------------------- repetitions

    def _repeat(self) -> None:
        text, start = self.pattern, self.at
        low, high = self._bounds()
        if low is None:  # a brace that is no repetition stands for itself
            self._plain()
            return
        lazy = text.startswith("?", self.at)
        self.at += lazy
        if self.repeated_from is not None:
            raise PatternError(f"bad repetition operator: {text[self.repeated_from : self.at]}")
        if not self.open[-1].pieces:
            raise PatternError(f"no argument for repetition operator: {text[start : self.at]}")
        piece = self.open[-1].pieces.pop()
        self.open[-1].pieces.append(_repeated(piece, low, high, lazy != ("U" in self.flags)))
        self.repeated_from = start

    def _bounds(self) -> tuple[int | None, int | None]:
        """How often at least and at most (None: without end); nothing at least when there is no repetition."""
        text, start = self.pattern, self.at
        if text[start] != "{":
            self.at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[text[start]]
        found = _REPEAT.match(text, start)
        if found is None:
            return None, None
        digits = (found.group(1), found.group(1) if found.group(2) is None else found.group(3))
        low, high = (int(number[:9]) if number else None for number in digits)
        if low > _MOST_REPEATS or high is not None and not low <= high <= _MOST_REPEATS:  # type: ignore[operator]
            raise PatternError(f"invalid repetition size: {found.group()}")
        self.at = found.end()
        return low, high


def _in_a_row(pieces: list[_Piece]) -> _Piece:
    code = [instruction for piece in pieces for instruction in piece.code]
    return _Piece(code, all(piece.nullable for piece in pieces))


def _check_size(length: int) -> None:
    if length > _MOST_INSTRUCTIONS:
        raise PatternError("pattern too large - compile failed")


def _repeated(piece: _Piece, low: int, high: int | None, lazy: bool) -> _Piece:
    """The code for a piece `low` to `high` times."""

    def split(first: int, second: int) -> tuple[Any, ...]:
        return ("split", second, first) if lazy else ("split", first, second)

    body = piece.code
    length = len(body)
    _check_size((length + 1) * max(low, high or 0, 1))
    if high is None:
        loop = [*body * max(low, 1), split(-length, 1)]
        skipped = [split(1, len(loop) + 1), *loop] if low == 0 else loop
        return _Piece(skipped, piece.nullable or low == 0)
    code = body * low
    left = high - low
    for remaining in range(left, 0, -1):
        code = [*code, split(1, remaining * (length + 1)), *body]
    return _Piece(code, piece.nullable or low == 0)
