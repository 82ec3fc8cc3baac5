"""Regular expressions in RE2's syntax that take time linear in the text, whatever the pattern (Pike's simulation).

All ways in which a pattern may match are followed at once, one step for each character; a backtracking engine tries them one after the
other, and `(a+)+$` makes it try exponentially many. Steps that have been made once are remembered, which turns the simulation into a
deterministic automaton that is built while it runs. Patterns for which backtracking is provably harmless are given to Python's `re`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from autograd_lite.core.text import characters, regex_syntax
from autograd_lite.core.text.regex_syntax import Code, PatternError

_END = ""  # what comes after the last character
_MOST_REMEMBERED = 20_000
_MOST_CHOICES = 4
_LONGEST_HARMLESS = 64
_LAST_ASCII = 127
_LOOK_AHEAD = ("end", "line_end")  # what holds or not by the next character alone
_SPECIAL = frozenset("\\()[]{}|^$.*+?")
_Where = tuple[int, ...]  # slot 2k and 2k + 1: where group k begins and ends; -1: it took no part


class _Step(NamedTuple):
    """What one character does to the ways that are being followed."""

    origins: tuple[tuple[int, tuple[int, ...]], ...]  # for each new way: the old one, and the slots to set to the present place
    after: _State
    match: tuple[int, tuple[int, ...]] | None  # the way that has reached the end of the pattern, if one has
    keeps: bool  # all that is known of the ways stays as it is


class _State:
    """A list of ways (places in the code) in order of preference, and the steps that were made from there."""

    __slots__ = ("searching", "steps", "ways")

    def __init__(self, ways: tuple[int, ...], searching: bool) -> None:
        self.ways = ways
        self.searching = searching  # a match may still begin later
        self.steps: dict[Any, _Step] = {}  # next character, or the last one and the next -> step


class _Machine:
    """One program, anchored or searching, with its memory of steps."""

    def __init__(self, code: Code, groups: int) -> None:
        self.code = [*code, ("match",)]
        self.slots = 2 * groups + 2
        self.looks_back = any(instruction[0] == "assert" and instruction[1] not in _LOOK_AHEAD for instruction in code)
        self.first = _first_characters(self.code)
        self._forget()

    def _forget(self) -> None:
        self.states: dict[tuple[tuple[int, ...], bool], _State] = {}
        self.remembered = 0

    def _state(self, ways: tuple[int, ...], searching: bool) -> _State:
        key = (ways, searching)
        if key not in self.states:
            self.states[key] = _State(ways, searching)
        return self.states[key]

    def match(self, text: str, start: int, anchored: bool = False) -> _Where | None:
        """The first match at `start` or later: of those that begin first, the preferred one."""
        blank = (-1,) * self.slots
        state = idle = self._state((0,), not anchored)
        where = [blank]
        found: _Where | None = None
        place, end, looks_back = start, len(text), self.looks_back
        first = None if anchored else self.first
        while place <= end:
            if state is idle and first is not None:  # nothing has begun: go to where something can
                begins = first.search(text, place)
                if begins is None:
                    break
                place = begins.start()
            after = text[place] if place < end else _END
            before = text[place - 1] if looks_back and place else _END
            step = state.steps.get((before, after) if looks_back else after)
            if step is None:
                step = self._remember(state, before, after)
            if step.match is not None:
                found = _marked(where, step.match, place, blank)
            state = step.after
            if not state.ways:
                break
            if not step.keeps:
                where = [_marked(where, origin, place, blank) if origin[1] else where[origin[0]] if origin[0] >= 0 else blank
                         for origin in step.origins]  # fmt: skip
            place += 1
        return found

    def accepts(self, text: str) -> bool:
        """Whether a match from the beginning ends at the end, of a program that ends with the assertion of the end."""
        if self.looks_back:
            return self.match(text, 0, anchored=True) is not None
        state = self._state((0,), False)
        for after in text:
            step = state.steps.get(after) or self._remember(state, _END, after)
            state = step.after
            if not state.ways:
                return False
        return (state.steps.get(_END) or self._remember(state, _END, _END)).match is not None

    def _remember(self, state: _State, before: str, after: str) -> _Step:
        if self.remembered >= _MOST_REMEMBERED:
            self._forget()
        self.remembered += 1
        step = self._step(state, before, after)
        state.steps[(before, after) if self.looks_back else after] = step
        return step

    def _step(self, state: _State, before: str, after: str) -> _Step:
        origins: list[tuple[int, tuple[int, ...]]] = []
        ways: list[int] = []
        taken: set[int] = set()
        for place, origin, slots in self._reached(state.ways, before, after):
            instruction = self.code[place]
            if instruction[0] == "match":  # what is less preferred than this match is given up
                return _Step(tuple(origins), self._state(tuple(ways), False), (origin, slots), False)
            if place + 1 not in taken:
                taken.add(place + 1)
                ways.append(place + 1)
                origins.append((origin, slots))
        searching = state.searching and after != _END
        if searching and 0 not in taken:
            ways.append(0)
            origins.append((-1, ()))
        own = [(place, ()) for place in range(len(state.ways))]
        if searching and state.ways[-1] == 0:
            own[-1] = (-1, ())  # the way that begins here is as blank as the one that began before
        return _Step(tuple(origins), self._state(tuple(ways), searching), None, origins == own)

    def _reached(self, ways: tuple[int, ...], before: str, after: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """The instructions that take `after`, or end the pattern, in order of preference: (place, way it comes from, slots set)."""
        seen: set[int] = set()
        stack: list[tuple[int, int, tuple[int, ...]]] = [(way, origin, ()) for origin, way in reversed(list(enumerate(ways)))]
        while stack:
            place, origin, slots = stack.pop()
            if place in seen:
                continue
            seen.add(place)
            kind, *rest = self.code[place]
            if kind == "split":
                stack += [(place + rest[1], origin, slots), (place + rest[0], origin, slots)]
            elif kind == "jump":
                stack.append((place + rest[0], origin, slots))
            elif kind == "save":
                stack.append((place + 1, origin, (*slots, rest[0])))
            elif kind == "assert":
                if _holds(rest[0], before, after):
                    stack.append((place + 1, origin, slots))
            elif kind == "match" or after != _END and characters.contains(rest[0], ord(after)):
                yield place, origin, slots


def _first_characters(code: Code) -> re.Pattern[str] | None:
    """A pattern of the characters with which a match can begin; None when it can be empty."""
    found: list[tuple[int, int]] = []
    seen: set[int] = set()
    stack = [0]
    while stack:
        place = stack.pop()
        if place in seen:
            continue
        seen.add(place)
        kind, *rest = code[place]
        if kind == "match":
            return None
        if kind == "set":
            found += rest[0]
        else:
            stack += [place + jump for jump in rest] if kind in ("split", "jump") else [place + 1]
    return re.compile(_in_python(("set", characters.union(found))), re.DOTALL)


def _marked(where: list[_Where], origin: tuple[int, tuple[int, ...]], place: int, blank: _Where) -> _Where:
    """Where the groups of a way are, one step on."""
    way, slots = origin
    old = blank if way < 0 else where[way]
    if not slots:
        return old
    new = list(old)
    for slot in slots:
        new[slot] = place
    return tuple(new)


def _is_word(one: str) -> bool:
    return one != _END and characters.contains(characters.PERL["w"], ord(one))


def _holds(kind: str, before: str, after: str) -> bool:
    if kind in ("begin", "line_begin"):
        return before == _END or kind == "line_begin" and before == "\n"
    if kind in ("end", "line_end"):
        return after == _END or kind == "line_end" and after == "\n"
    return (_is_word(before) != _is_word(after)) == (kind == "boundary")


# ------------------------------------------------------------------ patterns for which backtracking is harmless


def _harmless(code: Code, last: int) -> str | None:
    """The pattern for Python's `re`, if it cannot take longer than linear time there and means the same for characters up to `last`.

    That is so when at most the last thing of the pattern repeats without end, is one set of characters, and a match is never empty:
    whatever fails, fails after a bounded number of characters.
    """
    body, end = list(code), ""
    if len(body) > 1 and body[-1] == ("split", -1, 1) and body[-2][0] == "set":
        body, end = body[:-1], "+"
    if len(body) > _LONGEST_HARMLESS or not any(instruction[0] == "set" for instruction in body):
        return None
    choices = sum(instruction[0] in ("split", "jump") for instruction in body)
    if choices or any(instruction[0] == "assert" for instruction in body):
        return _harmless_choice(body, last) if not end and choices <= _MOST_CHOICES * 2 else None
    return "".join([_in_python(instruction, last) for instruction in body]) + end


def _harmless_choice(code: Code, last: int) -> str | None:
    """`abc|de|f` without groups: a few alternatives, each some characters."""
    pieces, rest = [], code
    while rest and rest[0][0] == "split" and rest[0][1] == 1:
        length = rest[0][2] - 2
        if length < 1 or rest[length + 1] != ("jump", len(rest) - length - 1):
            return None
        pieces.append(rest[1 : length + 1])
        rest = rest[length + 2 :]
    pieces.append(rest)
    if any(not piece or any(instruction[0] != "set" for instruction in piece) for piece in pieces):
        return None
    return "|".join("".join([_in_python(instruction, last) for instruction in piece]) for piece in pieces)


def _in_python(instruction: tuple[Any, ...], last: int = characters.LAST) -> str:
    if instruction[0] == "save":
        return "(" if instruction[1] % 2 == 0 else ")"
    ranges = [(low, min(high, last)) for low, high in instruction[1] if low <= last]
    if not ranges:
        return "(?!)"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        one = chr(ranges[0][0])
        return "\\" + one if one in _SPECIAL else one
    return "[" + "".join(f"{_escaped(low)}-{_escaped(high)}" for low, high in ranges) + "]"


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code <= _LAST_ASCII else f"\\U{code:08x}"


# ------------------------------------------------------------------ what users of this module call


class Regex:
    """A pattern in RE2's syntax. Texts are bytes of UTF-8; a byte that is none is matched by no set of characters."""

    def __init__(self, pattern: bytes) -> None:
        parsed = regex_syntax.parse(_decoded(pattern))
        self.groups = parsed.groups
        self._search = _Machine([("save", 0), *parsed.code, ("save", 1)], parsed.groups)
        self._whole = _Machine([*parsed.code, ("assert", "end")], parsed.groups)
        harmless, of_ascii = _harmless(parsed.code, characters.LAST), _harmless(parsed.code, _LAST_ASCII)
        self._python = None if harmless is None else re.compile(harmless, re.DOTALL)
        self._ascii = None if of_ascii is None else re.compile(of_ascii.encode(), re.DOTALL)

    def matches(self, text: bytes) -> bool:
        """Whether the whole text matches.

        >>> Regex(b"[a-z]+").matches(b"abc"), Regex(b"(a|ab)(c|bcd)").matches(b"abcd")
        (True, True)
        """
        if self._python is not None:
            return self._python.fullmatch(_decoded(text)) is not None
        return self._whole.accepts(_decoded(text))

    def all_matches(self, texts: list[bytes]) -> list[bool]:
        """Which texts match as a whole.

        >>> Regex(b"[a-z]+").all_matches([b"abc", b"a1"])
        [True, False]
        """
        if self._ascii is not None and b"".join(texts).isascii():
            return [found is not None for found in map(self._ascii.fullmatch, texts)]
        return list(map(self.matches, texts))

    def replaced(self, text: bytes, rewrite: bytes, everywhere: bool = True) -> bytes:
        r"""The text with the first match, or all that do not overlap, rewritten; \1 to \9 are the groups, \0 is the match.

        >>> Regex(b"(a+)+$").replaced(b"a" * 40 + b"!", b"x")[-2:]
        b'a!'
        """
        parts, complete, highest, template = _rewriting(rewrite)
        if highest > self.groups or not (everywhere or complete):
            return text
        whole = _decoded(text)
        if self._python is not None:
            result, count = self._python.subn(template, whole, count=0 if everywhere else 1)
            return result.encode("utf-8", "surrogateescape") if count else text
        made: list[str] = []
        end = 0
        for where in self._matches(whole):
            made.append(whole[end : where[0]])
            made += [part if isinstance(part, str) else whole[where[2 * part] : where[2 * part + 1]] for part in parts]
            end = where[1]
            if not everywhere:
                break
        return ("".join(made) + whole[end:]).encode("utf-8", "surrogateescape") if made else text

    def all_replaced(self, texts: list[bytes], rewrite: bytes, everywhere: bool = True) -> list[bytes]:
        """The texts with their matches rewritten, as by `replaced`.

        >>> Regex(b"[0-9]+").all_replaced([b"a12b3", b"c"], b"#")
        [b'a#b#', b'c']
        """
        _, complete, highest, template = _rewriting(rewrite)
        if highest > self.groups or not (everywhere or complete):
            return texts
        if self._ascii is not None and template.isascii() and b"".join(texts).isascii():
            sub, written, most = self._ascii.sub, template.encode(), 0 if everywhere else 1
            return [sub(written, text, most) for text in texts]
        return [self.replaced(text, rewrite, everywhere) for text in texts]

    def _matches(self, text: str) -> Iterator[_Where]:
        """The matches that do not overlap. An empty one right behind the one before does not count."""
        place, last = 0, -1
        while place <= len(text):
            found = self._search.match(text, place)
            if found is None:
                return
            if found[0] == found[1] == last:
                place += 1
                continue
            yield found
            place = last = found[1]


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


class _Rewriting(NamedTuple):
    """What stands in the place of a match."""

    parts: list[str | int]  # pieces of text, and numbers of groups
    complete: bool  # all could be read: what follows a wrong escape is left out
    highest: int  # the largest number of a group
    template: str  # the same for Python's `re`


@lru_cache(maxsize=256)
def _rewriting(rewrite: bytes) -> _Rewriting:
    parts, complete = _rewrite_parts(_decoded(rewrite))
    numbers = [part for part in parts if isinstance(part, int)]
    template = "".join([part.replace("\\", "\\\\") if isinstance(part, str) else f"\\g<{part}>" for part in parts])
    return _Rewriting(parts, complete, max(numbers, default=0), template)


def _rewrite_parts(rewrite: str) -> tuple[list[str | int], bool]:
    """Pieces of text and numbers of groups, and whether all could be read."""
    parts: list[str | int] = []
    for piece in re.split(r"(\\.?)", rewrite, flags=re.DOTALL):
        if not piece.startswith("\\"):
            parts.append(piece)
        elif piece[1:].isascii() and piece[1:].isdigit():
            parts.append(int(piece[1]))
        elif piece == "\\\\":
            parts.append("\\")
        else:
            return parts, False
    return parts, True


@lru_cache(maxsize=256)
def compiled(pattern: bytes) -> Regex:
    """A pattern made ready; the last few hundred are kept.

    Raises:
      PatternError: it is no regular expression.
    """
    return Regex(pattern)


__all__ = ["PatternError", "Regex", "compiled"]
