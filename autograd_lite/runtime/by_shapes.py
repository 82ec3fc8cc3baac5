"""Which fed shapes get a plan of their own: those that are met most often, however many there are.

A plan for known shapes is several times as fast as one for any shapes, but takes as long to make as many runs. So the first few shapes get
one at once; then a shape gets one when it comes back; and when there is no room, when it came twice as often as the one that came least.
Batches that are padded to the longest sequence in them, or sorted by length, so have plans of their own soon; and a program that is fed
another shape in every run does not spend its time on plans that nobody needs again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from autograd_lite.compiler.program import Fed
from autograd_lite.kernels import tier

__all__ = ["FIRST", "MOST", "ByShapes"]

FIRST = 8  # shapes that get a plan the first time they are met
MOST = 64  # plans for particular shapes
MOST_STEPS = 30_000  # in all of them, but for the first few
OFTEN = 2  # times that a shape is met before it gets one of the places that are free
OFTENER = 4  # ... before it gets the place of another
FORGETTING = 256  # shapes met without a plan of their own, after which all have been met half as often

T = TypeVar("T")


class _Kept(Generic[T]):
    """What was made for a shape."""

    __slots__ = ("size", "thing", "uses")

    def __init__(self, thing: T, size: int, uses: int) -> None:
        self.thing = thing
        self.size = size
        self.uses = uses


class ByShapes(Generic[T]):
    """A bounded table of what is made for fed shapes.

    Args:
      make: gives what belongs to shapes (to None: to any shapes), and its size. forget: called with shapes that lose their place.
    """

    __slots__ = ("_any", "_forget", "_kept", "_lock", "_make", "_met", "_misses")

    def __init__(self, make: Callable[[Fed | None], tuple[T, int]], forget: Callable[[Fed], None]) -> None:
        self._make = make
        self._forget = forget
        self._kept: dict[Fed, _Kept[T]] = {}
        self._any: tuple[T, int] | None = None
        self._met: dict[Fed, int] = {}  # shapes that have none of their own -> how often they came
        self._misses = 0
        self._lock = threading.Lock()

    def of(self, fed: Fed) -> T:
        """What is used for these shapes now."""
        kept = self._kept.get(fed)
        if kept is None:
            return self._missed(fed)
        kept.uses += 1
        return kept.thing

    def __len__(self) -> int:
        return len(self._kept) + (self._any is not None)

    @property
    def size(self) -> int:
        """Of all that is kept."""
        return sum(kept.size for kept in list(self._kept.values())) + (self._any[1] if self._any is not None else 0)

    def _missed(self, fed: Fed) -> T:
        with self._lock:
            if fed in self._kept:  # another thread was quicker
                return self._kept[fed].thing
            self._grow_older()
            uses = self._met.pop(fed, 0) + 1
            if self._gets_a_place(uses):
                thing, size = self._make(fed)
                self._kept[fed] = _Kept(thing, size, uses)
                return thing
            self._met[fed] = uses
            if self._any is None:
                self._any = self._make(None)
            return self._any[0]

    def _gets_a_place(self, uses: int) -> bool:
        """Whether shapes that came so often get a place of their own, which is then free."""
        if len(self._kept) < FIRST:
            return True
        at_once = tier.is_deterministic()  # the first run of a shape and a later one shall give the same bits
        if len(self._kept) < MOST and sum(kept.size for kept in self._kept.values()) < MOST_STEPS:
            return at_once or uses >= OFTEN
        least = min(self._kept, key=lambda shapes: self._kept[shapes].uses)
        if not at_once and uses < max(OFTENER, 2 * self._kept[least].uses):
            return False
        del self._kept[least]
        self._forget(least)
        return True

    def _grow_older(self) -> None:
        """Let what was long ago count less; shapes that are met once in a while are forgotten, so this is bounded."""
        self._misses += 1
        if self._misses % FORGETTING == 0:
            for kept in self._kept.values():
                kept.uses = min(kept.uses, FORGETTING) // 2
            self._met = {fed: uses // 2 for fed, uses in self._met.items() if uses > 1}
