"""The queues of a session: bounded stores of elements that many threads fill and empty. An element is a tuple of arrays.

Whoever wants to put, take or close stands in line, one line for putting (and closing) and one for taking, and only the first of a line is
served. So elements are never torn apart, and nobody is overtaken.
"""

from __future__ import annotations

import abc
import heapq
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.backends.philox import PhiloxStream
from autograd_lite.core import deadline, shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.errors import CancelledError, OpError, OutOfRangeError
from autograd_lite.core.shapes import Shape
from autograd_lite.ops.checks import invalid

Element = tuple[Any, ...]

_UNLIMITED = 2**31 - 1


class _Attempt(abc.ABC):
    """What one thread wants of a queue."""

    cancelled = "Enqueue operation was cancelled"

    def __init__(self) -> None:
        self.done = False
        self.error: OpError | None = None
        self.changed: threading.Condition | None = None  # where the thread waits, once it has to

    @abc.abstractmethod
    def advance(self, queue: Queue) -> bool:
        """Do as much as is possible now; returns whether anything changed."""

    def fail(self, error: OpError) -> bool:
        """End without success."""
        self.error = error
        self.done = True
        return True


class _Put(_Attempt):
    def __init__(self, elements: list[Element]) -> None:
        super().__init__()
        self.elements = elements
        self.stored = 0

    def advance(self, queue: Queue) -> bool:
        if queue.closed:
            return self.fail(CancelledError(None, None, f"{queue.kind} '{queue.name}' is closed."))
        count = min(queue.capacity - queue.size(), len(self.elements) - self.stored)
        if count > 0:
            queue._store(self.elements[self.stored : self.stored + count])
            self.stored += count
        self.done = self.stored == len(self.elements)
        return count > 0


class _Take(_Attempt):
    cancelled = "Dequeue operation was cancelled"

    def __init__(self, count: int, fewer_at_the_end: bool) -> None:
        super().__init__()
        self.missing = count
        self.fewer_at_the_end = fewer_at_the_end
        self.elements: list[Element] = []

    def advance(self, queue: Queue) -> bool:
        size = queue.size()
        if queue.closed and size < self.missing:
            if not (self.fewer_at_the_end and (size or self.elements)):
                text = f"is closed and has insufficient elements (requested {self.missing}, current size {size})"
                self.give_back(queue)
                return self.fail(OutOfRangeError(None, None, f"{queue.kind} '{queue.name}' {text}"))
            self.missing = size
        count = min(queue._takable(), self.missing)
        if count > 0:
            self.elements += queue._fetch(count)
            self.missing -= count
        self.done = not self.missing
        return count > 0 or self.done

    def give_back(self, queue: Queue) -> None:
        """Return what was taken so far: somebody else may have it."""
        queue._restore(self.elements)
        self.elements = []


class _Close(_Attempt):
    def advance(self, queue: Queue) -> bool:
        if queue.closed:
            return self.fail(CancelledError(None, None, f"Queue '{queue.name}' is already closed."))
        queue.closed = self.done = True
        return True


class Queue:
    """First in, first out; what all kinds of queues share.

    Args:
      capacity: how many elements fit; below 0 there is no limit.
      dtypes, component_shapes: of the components of an element. No shapes at all means that elements may differ.
    """

    kind = "FIFOQueue"
    shape, ndim, dtype = (), 0, np.dtype(object)  # to ops that only move values, such as Pack, a handle is a scalar

    def __init__(self, capacity: int, dtypes: Sequence[DType], component_shapes: Sequence[Shape]) -> None:
        self.name = ""  # the session says it
        self.capacity = _UNLIMITED if capacity < 0 else capacity
        self.dtypes = list(dtypes)
        self.component_shapes = list(component_shapes)
        self.closed = False
        self._cancelled = False
        self._lock = threading.Lock()
        self._putting: deque[_Attempt] = deque()
        self._taking: deque[_Attempt] = deque()
        self._elements: Any = deque()

    # ---------------------------------------------------------------- what the kinds do differently; the lock is held

    def _store(self, elements: list[Element]) -> None:
        self._elements.extend(elements)

    def _takable(self) -> int:
        """How many elements may be taken now."""
        return len(self._elements)

    def _fetch(self, count: int) -> list[Element]:
        return [self._elements.popleft() for _ in range(count)]

    def _restore(self, elements: list[Element]) -> None:
        self._elements.extendleft(reversed(elements))

    # ---------------------------------------------------------------- what threads ask for

    def put(self, elements: list[Element]) -> None:
        """Store elements; waits for room.

        Raises:
          CancelledError: the queue is closed, or the session.
        """
        if not elements:
            return
        with self._lock:  # nobody is in line and there is room: the usual case
            if not (self._putting or self.closed or self._cancelled) and len(elements) <= self.capacity - self.size():
                self._store(elements)
                if self._taking:
                    self._serve()
                return
        self._stand_in_line(_Put(elements), self._putting)

    def take(self, count: int, fewer_at_the_end: bool = False) -> list[Element]:
        """Remove elements; waits until there are enough.

        Args:
          fewer_at_the_end: give what is left when the queue is closed and holds fewer, but at least one.

        Raises:
          OutOfRangeError: the queue is closed and has too few.
          CancelledError: the session was closed.
        """
        if not count:
            return []
        with self._lock:  # nobody is in line and there is enough: the usual case
            if not (self._taking or self._cancelled) and count <= self._takable():
                elements = self._fetch(count)
                if self._putting:
                    self._serve()
                return elements
        attempt = _Take(count, fewer_at_the_end)
        self._stand_in_line(attempt, self._taking)
        return attempt.elements

    def close(self, cancel_pending: bool) -> None:
        """Let nobody put any more: those who wait to put are cancelled, or come first.

        Raises:
          CancelledError: it is closed already (and `cancel_pending` is false).
        """
        if not cancel_pending:
            self._stand_in_line(_Close(), self._putting)
            return
        with self._lock:
            self.closed = True
            self._cancel(self._putting)
            self._serve()

    def cancel(self) -> None:
        """The session is closed: nobody waits any longer, and nobody ever will."""
        with self._lock:
            self._cancelled = True
            self._cancel(self._putting)
            self._cancel(self._taking)

    def size(self) -> int:
        """The number of elements."""
        return len(self._elements)

    # ---------------------------------------------------------------- the lines

    def _stand_in_line(self, attempt: _Attempt, line: deque[_Attempt]) -> None:
        with self._lock:
            if self._cancelled:
                raise CancelledError(None, None, attempt.cancelled)
            line.append(attempt)
            self._serve()
            if not attempt.done:
                attempt.changed = threading.Condition(self._lock)
                try:
                    deadline.wait_for(attempt.changed, lambda: attempt.done)
                except BaseException:  # no time left, or Ctrl-C
                    self._step_out(attempt, line)
                    raise
        if attempt.error is not None:
            raise attempt.error

    def _serve(self) -> None:
        """Advance the first of both lines as long as one of them gets on."""
        if self._putting:
            self._serve_line(self._putting)
        while self._taking and self._serve_line(self._taking):
            if not (self._putting and self._serve_line(self._putting)):
                break

    def _serve_line(self, line: deque[_Attempt]) -> bool:
        moved = False
        while line:
            first = line[0]
            moved = first.advance(self) or moved
            if not first.done:
                break
            line.popleft()
            if first.changed is not None:
                first.changed.notify()
        return moved

    def _cancel(self, line: deque[_Attempt]) -> None:
        while line:
            attempt = line.popleft()
            self._return_elements(attempt)
            attempt.fail(CancelledError(None, None, attempt.cancelled))
            if attempt.changed is not None:
                attempt.changed.notify()

    def _step_out(self, attempt: _Attempt, line: deque[_Attempt]) -> None:
        if attempt in line:
            line.remove(attempt)
        self._return_elements(attempt)
        self._serve()

    def _return_elements(self, attempt: _Attempt) -> None:
        if isinstance(attempt, _Take):
            attempt.give_back(self)

    # ---------------------------------------------------------------- checks

    def check_element(self, found: Sequence[Shape]) -> None:
        """Refuse an element whose components have other shapes than this queue's."""
        for index, (wanted, shape) in enumerate(zip(self.component_shapes, found)):
            if shape != wanted and not shapes.compatible(wanted, shape):
                raise invalid(f"Shape mismatch in tuple component {index}. Expected {shapes.text(wanted)}, got {shapes.text(shape)}")

    def check_batch(self, found: Sequence[tuple[int, ...]]) -> None:
        """Refuse a batch of elements whose components do not fit, or are not of one length."""
        length = found[0][0] if found[0] else None
        wanted_shapes = self.component_shapes or [shape[1:] for shape in found]
        for index, (wanted, shape) in enumerate(zip(wanted_shapes, found)):
            whole = None if wanted is None else (length, *wanted)
            if not shape or shape != whole and (shape[0] != length or not shapes.compatible(whole, shape)):
                raise invalid(f"Shape mismatch in tuple component {index}. Expected {shapes.text(whole)}, got {shapes.text(shape)}")

    def check_batches_possible(self) -> None:
        """Refuse to make batches of elements that may differ in shape."""
        if self.dtypes and not self.component_shapes:
            raise invalid(f"{self.kind}'s DequeueMany and DequeueUpTo require the components to have specified shapes.")

    def check_shared(self, capacity: int, dtypes: Sequence[DType], component_shapes: Sequence[Shape]) -> None:
        """Refuse a second node of the same shared name that means another queue."""
        what = f"Shared queue '{self.name}' has"
        if self.capacity != (_UNLIMITED if capacity < 0 else capacity):
            raise invalid(f"{what} capacity {self.capacity} but requested capacity was {capacity}")
        if self.dtypes != list(dtypes):
            names = [", ".join(dtype.name for dtype in each) for each in (self.dtypes, dtypes)]
            raise invalid(f"{what} component types {names[0]} but requested component types were {names[1]}")
        if self.component_shapes != list(component_shapes):
            texts = ["[" + ",".join(map(shapes.text, each)) + "]" for each in (self.component_shapes, component_shapes)]
            raise invalid(f"{what} component shapes {texts[0]} but requested component shapes were {texts[1]}")


class RandomShuffleQueue(Queue):
    """Gives its elements in random order, which the seeds decide, and holds back `min_after_dequeue` of them until it is closed."""

    kind = "RandomShuffleQueue"

    def __init__(
        self, capacity: int, dtypes: Sequence[DType], component_shapes: Sequence[Shape], min_after_dequeue: int, seed: int, seed2: int
    ) -> None:
        super().__init__(capacity, dtypes, component_shapes)
        self._min_after_dequeue = min_after_dequeue
        self._elements: list[Element] = []
        self._stream = PhiloxStream(seed, seed2)
        self._words: list[int] = []  # random numbers not yet used, the next one last

    def _takable(self) -> int:
        return len(self._elements) if self.closed else len(self._elements) - self._min_after_dequeue

    def _fetch(self, count: int) -> list[Element]:
        elements = self._elements
        fetched = []
        for _ in range(count):
            if not self._words:
                self._words = self._stream.words(256).tolist()[::-1]
            index = self._words.pop() % len(elements)
            fetched.append(elements[index])
            elements[index] = elements[-1]
            elements.pop()
        return fetched

    def _restore(self, elements: list[Element]) -> None:
        self._elements.extend(elements)


class _Ranked:
    """An element in a heap: only the priority counts, so that ties come in TensorFlow's order."""

    __slots__ = ("element",)

    def __init__(self, element: Element) -> None:
        self.element = element

    def __lt__(self, other: _Ranked) -> bool:
        return self.element[0] < other.element[0]


class PriorityQueue(Queue):
    """Gives the element with the smallest first component first."""

    kind = "PriorityQueue"

    def __init__(self, capacity: int, dtypes: Sequence[DType], component_shapes: Sequence[Shape]) -> None:
        super().__init__(capacity, dtypes, component_shapes)
        self._elements: list[_Ranked] = []

    def _store(self, elements: list[Element]) -> None:
        for element in elements:
            heapq.heappush(self._elements, _Ranked(element))

    def _fetch(self, count: int) -> list[Element]:
        return [heapq.heappop(self._elements).element for _ in range(count)]

    _restore = _store


class PaddingQueue(Queue):
    """First in, first out; elements of a batch may differ in size and are padded with zeros."""

    kind = "PaddingFIFOQueue"
