"""Elements of datasets made by threads of their own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError as CancelledFuture, Future, ThreadPoolExecutor

from autograd_lite.core import deadline
from autograd_lite.core.errors import CancelledError, DeadlineExceededError, OpError
from autograd_lite.ops.datasets import ENDED, Element, Elements, Failure, Pass


class Ahead:
    """Elements fetched by a thread, at most `size` of them before they are asked for."""

    def __init__(self, elements: Elements, size: int, of: Pass) -> None:
        self._elements, self._size, self._of = elements, size, of
        self._ready: deque[Element] = deque()
        self._is_done = False
        self._condition = threading.Condition()

    def _stop(self) -> None:
        with self._condition:
            self._is_done = True
            self._condition.notify_all()

    def _fetch(self) -> None:
        try:
            for element in self._elements:
                if not self._put(element):
                    return
        except BaseException as error:  # goes to whoever asks for the element
            self._put(Failure(error))
        finally:
            self._elements.close()
            with self._condition:
                self._is_done = True
                self._condition.notify_all()

    def _put(self, element: Element) -> bool:
        with self._condition:
            while len(self._ready) >= self._size and not self._is_done:
                self._condition.wait()
            if self._is_done:
                return False
            self._ready.append(element)
            self._condition.notify_all()
            return True

    def elements(self) -> Elements:
        """The elements, in order. A wait that takes too long is a failure; the element may still come at the next try."""
        self._of.on_end(self._stop)
        threading.Thread(target=self._fetch, name="dataset_prefetch", daemon=True).start()
        try:
            while (element := self._next()) is not None:
                yield element
        finally:
            self._stop()
            self._of.forget(self._stop)

    def _next(self) -> Element | None:
        try:
            with self._condition:
                deadline.wait_for(self._condition, lambda: bool(self._ready) or self._is_done)
                if self._of.is_over:
                    raise CancelledError(None, None, ENDED)
                if not self._ready:
                    return None
                element = self._ready.popleft()
                self._condition.notify_all()
                return element
        except OpError as error:
            return Failure(error)


def in_order(of: Pass, source: Iterator[Element], call: Callable[[Element], Element], threads: int) -> Elements:
    """`call` of each element, by several threads, in the order of the elements."""
    executor = ThreadPoolExecutor(threads, "dataset_map")

    def stop() -> None:
        executor.shutdown(wait=False, cancel_futures=True)

    of.on_end(stop)
    waiting: deque[Future[Element]] = deque()
    try:
        while not of.is_over:
            while len(waiting) < threads and (element := next(source, None)) is not None:
                if element.__class__ is Failure and isinstance(element.error, DeadlineExceededError):
                    yield element  # of this run, not of one to come
                else:
                    waiting.append(executor.submit(call, element))
            if not waiting:
                return
            if _is_done(waiting[0]):
                yield waiting.popleft().result()
            else:
                yield Failure(DeadlineExceededError(None, None, "Timed out waiting for notification"))
        yield Failure(CancelledError(None, None, ENDED))
    except (CancelledFuture, RuntimeError):  # the pass ended while an element was waited for, or handed over
        yield Failure(CancelledError(None, None, ENDED))
    finally:
        stop()
        of.forget(stop)


def _is_done(future: Future[Element]) -> bool:
    """Wait for an element, until the time limit of the run."""
    try:
        future.exception(deadline.remaining())
    except TimeoutError:
        return False
    return True
