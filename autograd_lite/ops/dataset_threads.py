"""Elements of datasets made by threads of their own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from autograd_lite.core import deadline
from autograd_lite.core.errors import CancelledError
from autograd_lite.ops.datasets import Element, Elements, Pass


class Ahead:
    """Elements fetched by a thread, at most `size` of them before they are asked for."""

    def __init__(self, elements: Elements, size: int, of: Pass) -> None:
        self._elements, self._size, self._of = elements, size, of
        self._ready: deque[Callable[[], Element]] = deque()
        self._is_done = False
        self._condition = threading.Condition()
        of.on_end(self._stop)
        threading.Thread(target=self._fetch, name="dataset_prefetch", daemon=True).start()

    def _stop(self) -> None:
        with self._condition:
            self._is_done = True
            self._condition.notify_all()

    def _fetch(self) -> None:
        try:
            for element in self._elements:
                if not self._put(lambda element=element: element):
                    return
        except BaseException as error:  # goes to whoever asks for the element
            self._put(lambda error=error: _raise(error))
        finally:
            self._elements.close()
            with self._condition:
                self._is_done = True
                self._condition.notify_all()

    def _put(self, give: Callable[[], Element]) -> bool:
        with self._condition:
            while len(self._ready) >= self._size and not self._is_done:
                self._condition.wait()
            if self._is_done:
                return False
            self._ready.append(give)
            self._condition.notify_all()
            return True

    def elements(self) -> Elements:
        """The elements, in order; what went wrong when one was made is raised in its place."""
        try:
            while True:
                with self._condition:
                    deadline.wait_for(self._condition, lambda: bool(self._ready) or self._is_done)
                    if self._of.is_over:
                        raise CancelledError(None, None, "The pass over the dataset was ended while an element was waited for")
                    if not self._ready:
                        return
                    give = self._ready.popleft()
                    self._condition.notify_all()
                yield give()
        finally:
            self._stop()
            self._of.forget(self._stop)


def _raise(error: BaseException) -> Any:
    raise error


def in_order(of: Pass, source: Iterator[Element], call: Callable[[Element], Any], threads: int) -> Iterator[Any]:
    """`call` of each element, by several threads, in the order of the elements."""
    executor = ThreadPoolExecutor(threads, "dataset_map")

    def stop() -> None:
        executor.shutdown(wait=False, cancel_futures=True)

    of.on_end(stop)
    waiting: deque[Future[Any]] = deque()
    try:
        while True:
            while len(waiting) < threads and not of.is_over:
                element = next(source, None)
                if element is None:
                    break
                waiting.append(executor.submit(call, element))
            if not waiting:
                return
            yield _result(waiting.popleft(), of)
    finally:
        stop()
        of.forget(stop)


def _result(future: Future[Any], of: Pass) -> Any:
    try:
        return future.result(deadline.remaining())
    except TimeoutError:
        deadline.check()
        raise
    except BaseException:
        if of.is_over:
            raise CancelledError(None, None, "The pass over the dataset was ended while an element was waited for") from None
        raise
