"""Mutexes: nodes that let one section of a graph run at a time, whichever run or thread it belongs to."""

from __future__ import annotations

import threading

from autograd_lite.core import deadline
from autograd_lite.core.errors import CancelledError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op

_NO_NUMBER = "a lock is no number"
_IN_A_SESSION = "its lock lives in a session; tests/lib/test_critical_section.py shows it"


class Mutex:
    """What one thread at a time has. A thread that has it may take it again: a plan runs in one thread, one section after the other."""

    def __init__(self) -> None:
        self.name = ""
        self._changed = threading.Condition()
        self._owner: int | None = None
        self._taken = 0
        self._cancelled = False

    def take(self) -> Held:
        """Wait until nobody else has it.

        Raises:
          CancelledError: the session was closed. DeadlineExceededError: the run's time is over.
        """
        me = threading.get_ident()
        with self._changed:
            deadline.wait_for(self._changed, lambda: self._owner in (None, me) or self._cancelled)
            if self._cancelled:
                raise CancelledError(None, None, f"Lock acquisition of mutex {self.name} was cancelled.")
            self._owner = me
            self._taken += 1
        return Held(self)

    def give_back(self) -> None:
        """Let the next one have it."""
        with self._changed:
            self._taken -= 1
            if not self._taken:
                self._owner = None
                self._changed.notify_all()

    def cancel(self) -> None:
        """Send away everybody who waits."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()


class Held:
    """A mutex that was taken; it is given back once, at the latest when nobody holds this object any more (the run failed)."""

    def __init__(self, mutex: Mutex) -> None:
        self._mutex: Mutex | None = mutex

    def give_back(self) -> None:
        """Give it back, if that has not happened."""
        mutex, self._mutex = self._mutex, None
        if mutex is not None:
            mutex.give_back()

    def __del__(self) -> None:
        self.give_back()


@op(
    "MutexV2(*, container: string = '', shared_name: string = '') -> resource: resource",
    shape=rules.scalar,
    stateful=True,
    state=lambda attrs: Mutex(),
    samples=_IN_A_SESSION,
    no_gradient=_NO_NUMBER,
)
def mutex_v2(xp, state):
    """Own a mutex, a lock that one thread has at a time."""
    return state


@op(
    "MutexLock(mutex: resource) -> mutex_lock: variant",
    shape=rules.scalar,
    stateful=True,
    section="begins",
    samples=_IN_A_SESSION,
    no_gradient=_NO_NUMBER,
)
def mutex_lock(xp, mutex):
    """Wait for a mutex, and take it."""
    return mutex.take()


@op(
    "ConsumeMutexLock(mutex_lock: variant)",
    stateful=True,
    section="ends",
    samples=_IN_A_SESSION,
    no_gradient=_NO_NUMBER,
)
def consume_mutex_lock(xp, mutex_lock):
    """Give a mutex back that was taken."""
    mutex_lock.give_back()
