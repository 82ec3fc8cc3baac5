"""The order in which a run does things, where the graph leaves it open.

TensorFlow runs whatever is ready; a program whose answer depends on that has no right answer. Here it has one: variables are read as early
as possible, updates come when nothing else is ready, an update waits for the readers of its variable that do not need it, and otherwise the
order of creation counts; among reads, and among effects on queues and the like, it is reversed, as TensorFlow's executor takes them from a
stack. The compiler and the reference interpreter share this rule.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.core.errors import InvalidArgumentError

READS, COMPUTES, EFFECTS, WRITES, LATE = range(5)  # classes of work, first come first


class Work(NamedTuple):
    """One thing to do: when it may start, and which cells it touches."""

    kind: int
    number: int  # of creation
    needs: Sequence[int]  # indices of work that must be done before
    reads: Sequence[int] = ()
    writes: Sequence[int] = ()
    name: str = ""
    begins: object = None  # the section that it begins: no other piece of work begins the same one before it was ended
    ends: object = None

    @property
    def rank(self) -> int:
        """Of two pieces of one kind that could be next, the one with the smaller rank is."""
        return -self.number if self.kind in (READS, EFFECTS) else self.number


def schedule(work: Sequence[Work]) -> list[int]:
    """The indices of `work` in the order in which it is done.

    Raises:
      InvalidArgumentError: when pieces of work wait for each other.
    """
    missing, followers = _edges(work)
    readers = _readers(work)
    ready = [(item.kind, item.rank, index) for index, item in enumerate(work) if not missing[index]]
    heapq.heapify(ready)
    order: list[int] = []
    open_sections: set[object] = set()
    waiting: list[tuple[int, int, int]] = []
    while ready or waiting:
        if not ready:  # a section whose end is not wanted
            heapq.heappush(ready, waiting.pop(0))
            open_sections.clear()
        entry = heapq.heappop(ready)
        if work[entry[2]].begins in open_sections:
            waiting.append(entry)
            continue
        if entry[0] == WRITES and ready and ready[0][0] == WRITES:
            entry = _writer_without_readers(work, entry, ready, readers, followers)
        index = entry[2]
        order.append(index)
        if work[index].begins is not None:
            open_sections.add(work[index].begins)
        if work[index].ends in open_sections:
            open_sections.discard(work[index].ends)
            for held in waiting:
                heapq.heappush(ready, held)
            waiting.clear()
        for cell in work[index].reads:
            readers[cell].discard(index)
        for follower in followers[index]:
            missing[follower] -= 1
            if not missing[follower]:
                heapq.heappush(ready, (work[follower].kind, work[follower].rank, follower))
    if len(order) < len(work):
        done = set(order)
        stuck = [item.name for index, item in enumerate(work) if index not in done]
        raise InvalidArgumentError(
            None, None, f"Graph is invalid, contains a cycle with {len(stuck)} nodes, including: {', '.join(stuck[:3])}"
        )
    return order


def _edges(work: Sequence[Work]) -> tuple[list[int], list[list[int]]]:
    missing = [0] * len(work)
    followers: list[list[int]] = [[] for _ in work]
    for index, item in enumerate(work):
        for need in set(item.needs):
            followers[need].append(index)
            missing[index] += 1
    return missing, followers


def _readers(work: Sequence[Work]) -> dict[int, set[int]]:
    """The pieces of work that have yet to read each cell."""
    readers: dict[int, set[int]] = {}
    for index, item in enumerate(work):
        for cell in (*item.reads, *item.writes):
            readers.setdefault(cell, set())
        if item.kind != LATE:
            for cell in item.reads:
                readers[cell].add(index)
    return readers


def _writer_without_readers(work: Sequence[Work], entry: tuple[int, int, int], ready: list[tuple[int, int, int]],
                            readers: dict[int, set[int]], followers: list[list[int]]) -> tuple[int, int, int]:  # fmt: skip
    """Of the updates that could be next, the first that no reader of its variable still has to come before."""
    candidates = [entry]
    while True:
        entry = candidates[-1]
        waiting = set().union(*(readers[cell] for cell in work[entry[2]].writes)) - {entry[2]}
        if not waiting or waiting <= _descendants(entry[2], followers):
            break
        if not ready or ready[0][0] != WRITES:
            entry = candidates[0]
            break
        candidates.append(heapq.heappop(ready))
    for other in candidates:
        if other is not entry:
            heapq.heappush(ready, other)
    return entry


def _descendants(start: int, followers: list[list[int]]) -> set[int]:
    found: set[int] = set()
    stack = [start]
    while stack:
        for follower in followers[stack.pop()]:
            if follower not in found:
                found.add(follower)
                stack.append(follower)
    return found
