"""The list of what is not built yet, `not_yet.txt`: one test name a line, or a beginning of names followed by `*`.

The list can only become shorter: a listed test that passes fails the run. `python -m tests.golden.report --shrink` takes such lines out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FILE = Path(__file__).with_name("not_yet.txt")
HEADER = "# Not built yet. Shrink it with: python -m tests.golden.report --shrink   (see not_yet.py)"
_SEPARATORS = ":/"


class NotYet:
    """The listed names."""

    def __init__(self, lines: Iterable[str]) -> None:
        listed = [line for line in lines if line and not line.startswith("#")]
        self.names = frozenset(line for line in listed if not line.endswith("*"))
        self.beginnings = tuple(line[:-1] for line in listed if line.endswith("*"))

    def lists(self, name: str) -> bool:
        """Whether the test `name` is expected to fail."""
        return name in self.names or name.startswith(self.beginnings)


def read() -> NotYet:
    """The list as it stands in the file."""
    return NotYet(FILE.read_text(encoding="utf-8").splitlines())


def write(failing: Iterable[str], names: Iterable[str]) -> None:
    """Write the list of `failing` tests, with one line for every whole branch of `names` that fails."""
    lines = compress(set(failing), list(names))
    FILE.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")


def compress(failing: set[str], names: list[str]) -> list[str]:
    """The shortest list of names and beginnings that stands for exactly the `failing` ones among `names`."""
    failures: dict[str, int] = {}
    totals: dict[str, int] = {}
    for name in names:
        for branch in _branches(name):
            totals[branch] = totals.get(branch, 0) + 1
            failures[branch] = failures.get(branch, 0) + (name in failing)
    lines: dict[str, None] = {}
    for name in names:
        if name in failing:
            whole = next((b for b in _branches(name) if totals[b] == failures[b] > 1), None)
            lines[name if whole is None else whole + "*"] = None
    return list(lines)


def _branches(name: str) -> list[str]:
    """The beginnings of a name, shortest first: `ops/`, `ops/nn/`, `ops/nn/relu/`, `ops/nn/relu/0:`."""
    return [name[: i + 1] for i, letter in enumerate(name) if letter in _SEPARATORS]
