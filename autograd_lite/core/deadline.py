"""Until when the present run of this thread may take: what everything that waits or loops inside a run asks.

`Session.run` with `RunOptions.timeout_in_ms` sets it; queues, readers and loops obey it. A run without a time limit pays nothing for it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from autograd_lite.core.errors import DeadlineExceededError


class _Local(threading.local):
    until: float | None = None  # on the clock of time.monotonic


_local = _Local()


@contextlib.contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """A context in which this thread may take `seconds` longer; None: as long as before. An inner limit never extends an outer one."""
    outer = _local.until
    if seconds is not None:
        until = time.monotonic() + seconds
        _local.until = until if outer is None else min(outer, until)
    try:
        yield
    finally:
        _local.until = outer


def remaining() -> float | None:
    """The seconds left for this thread; None when there is no limit. A thread of one's own gets it with `within(remaining())`."""
    return None if _local.until is None else max(0.0, _local.until - time.monotonic())


def check() -> None:
    """Raise when the time is over.

    Raises:
      DeadlineExceededError: the time is over.
    """
    if _local.until is not None and time.monotonic() >= _local.until:
        raise DeadlineExceededError(None, None, "Timed out waiting for notification")


def wait_for(condition: threading.Condition, ready: Callable[[], bool]) -> None:
    """Wait, with `condition` held, until `ready()` says so. Ctrl-C ends the wait; so does the time limit of the run.

    Raises:
      DeadlineExceededError: the time is over.
    """
    while not ready():
        left = remaining()
        if left is not None and left <= 0.0:
            check()
        condition.wait(left)
