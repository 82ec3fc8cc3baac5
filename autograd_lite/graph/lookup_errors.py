"""What to say to someone who asks a graph for a name that it does not have, or brings it something of another graph."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

_COMPARED = 2_000  # more names than these are not compared letter by letter: programs catch these errors in loops
_LONGEST = 200
_SHOWN = 3


class UnknownNameError(KeyError):
    """A name that is not in the graph; the names that are nearest are looked for when the message is read."""

    __module__, __qualname__ = "builtins", "KeyError"  # so that a traceback begins as TensorFlow's does

    def __init__(self, text: str, name: str, names: Iterable[str]) -> None:
        super().__init__(text)
        self._name, self._names = name, names

    def __str__(self) -> str:
        return f"{super().__str__()}\n  {self.help()}"

    def help(self) -> str:
        """One line: the names that may have been meant."""
        names = list(self._names)
        if not names:
            return "The graph is empty: is it the one in which the program built its nodes?"
        near = _nearest(self._name, names)
        if near:
            return f"The nearest names: {', '.join(near)}."
        return "No name is near to it; graph.get_operations() lists all operations."


def _nearest(name: str, names: list[str]) -> list[str]:
    """Names that differ in their scope or in upper and lower case only, then those with nearly the same letters."""
    ending = "/" + name.rpartition("/")[2].lower()
    near = [other for other in names if ("/" + other.lower()).endswith(ending)]
    if len(near) < _SHOWN and len(names) <= _COMPARED and len(name) <= _LONGEST:
        near += difflib.get_close_matches(name, [other for other in names if other not in near and len(other) <= _LONGEST], n=_SHOWN)
    return near[:_SHOWN]


def help_for_lookup(error: Exception) -> tuple[str, str]:
    """The first line of an error of `Graph.as_graph_element` as `str` shows it, and the help that follows (each line begun anew)."""
    first, _, rest = str(error).partition("\n")
    return first, f"\n{rest}" if rest else ""


def other_graph(thing: Any, graph: Any) -> str:
    """The help after TensorFlow's line about a tensor or operation that is not in `graph`."""
    return f"\n  {_made(thing)} in {thing.graph}; this is {graph}.{_ONE_GRAPH}"


def two_graphs(thing: Any, other: Any) -> ValueError:
    """The error for two tensors or operations that were to meet in one node, but belong to two graphs."""
    return ValueError(
        f"{thing} must be from the same graph as {other} (graphs are {thing.graph} and {other.graph}).\n"
        f"  {_made(thing)}, {_made(other)}.{_ONE_GRAPH}"
    )


_ONE_GRAPH = "\n  Build both under one `with graph.as_default():`; after tf.reset_default_graph() everything is built anew."


def _made(thing: Any) -> str:
    return f"{thing.name} was made at {getattr(thing, 'op', thing).where}"
