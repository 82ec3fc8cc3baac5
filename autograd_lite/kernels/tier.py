"""Two tiers: a kernel runs on NumPy at once, and in machine code as soon as that is ready and worth it.

A plan calls `kernel.now(...)`. At first this is the op's own kernel, counted; once what the calls took makes up for a compilation (never
at the first one: then somebody waits for the first answer), one thread in the background prepares the machine code (from the disk, if any
process of this user compiled the same before) and puts it into `now`. Nothing waits for it. A kernel that cannot be prepared stays so.

Machine code may add numbers up in another order than NumPy, so results can change in their last bits when it arrives. A program that must
not see that calls `set_deterministic()`.
"""
from __future__ import annotations

import contextlib
import os
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from autograd_lite.core import optional
from autograd_lite.core.export import export
from autograd_lite.kernels import native

__all__ = ["HOT_SECONDS", "Tiered", "apart", "finish", "is_deterministic", "set_deterministic"]

HOT_SECONDS = 0.03  # a kernel that has used this much time on NumPy is worth a compilation, which takes about as long
LONGEST_WAIT = 10.0  # seconds, of a fork for a kernel that is being prepared
FEWEST_CALLS = 2  # what was called once may never be called again, and for the first run somebody waits: it has the processors for itself

_lock = threading.Lock()
_waiting: deque[Tiered] = deque()
_idle = threading.Condition(_lock)
_making = threading.RLock()  # held while the thread in the background prepares a kernel
_worker: list[threading.Thread] = []  # the thread that compiles, while there is one
_apart: set[threading.Thread] = set()  # threads that do work of their own: make a plan anew, compile what draws random numbers
_not_ready: weakref.WeakSet[Tiered] = weakref.WeakSet()  # kernels on NumPy that have machine code to come
_forking: list[bool] = []  # whether the thread that forks just now holds `_making`
_in_work: dict[Tiered, Callable[[], Any]] = {}  # kernels whose machine code is being made just now
_deterministic = [False]
_limits: list[Any] = []  # how many threads BLAS may use while `set_deterministic` holds: it adds up in another order with two


class Tiered:
    """A kernel that starts on NumPy and goes on in machine code. Call `now`.

    Args:
      name: for messages. slow: the NumPy kernel. prepare: gives the function that takes its place (with the same arguments), or None if
        there is none after all; it may take long.
      seconds: what a call of `slow` takes, roughly; by it is decided when a compilation pays.
    """

    __slots__ = ("__weakref__", "_is_started", "_left", "_prepare", "name", "now", "slow")

    def __init__(self, name: str, slow: Callable[..., Any], prepare: Callable[[], Callable[..., Any] | None],
                 seconds: float = 1e-5) -> None:  # fmt: skip
        self.name = name
        self.slow = slow
        self.now: Callable[..., Any] = self._counted
        self._prepare: Callable[[], Callable[..., Any] | None] | None = prepare
        self._left = max(FEWEST_CALLS, int(HOT_SECONDS / max(seconds, 1e-9)))
        self._is_started = False
        _not_ready.add(self)
        if _deterministic[0] or os.environ.get("AUTOGRAD_LITE_KERNELS", "").lower() == "now":
            self.prepare()

    @property
    def is_compiled(self) -> bool:
        """Whether `now` is machine code."""
        return self._prepare is None and self.now is not self.slow

    def prepare(self) -> None:
        """Make the machine code now, in this thread. Raises: NotCompiledError in a context `native.without_compiling`."""
        with _lock:
            prepare, self._prepare = self._prepare, None
            _not_ready.discard(self)
            if prepare is None:
                return
            _in_work[self] = prepare
        try:
            self.now = prepare() or self.slow
        except native.NotCompiledError:
            self._prepare = prepare
            _not_ready.add(self)
            raise
        except Exception as error:  # whatever LLVM dislikes, NumPy gives the same numbers
            self.now = self.slow
            warnings.warn(f"The compiled kernel of {self.name} cannot be used here ({type(error).__name__}: {error}); NumPy computes the "
                          "same, slower.", RuntimeWarning, stacklevel=2)
        finally:
            _in_work.pop(self, None)

    def hurry(self) -> None:
        """Make the machine code now if nothing has to be compiled for it; else let the thread in the background do that at once."""
        with native.without_compiling(), contextlib.suppress(native.NotCompiledError):
            self.prepare()
            return
        self._start()

    def _counted(self, *arguments: Any) -> Any:
        self._left -= 1
        if self._left <= 0 and not self._is_started:
            self._start()
        return self.slow(*arguments)

    def _start(self) -> None:
        """Let the thread in the background prepare it."""
        with _lock:
            if self._is_started or self._prepare is None:
                return
            self._is_started = True
            _waiting.append(self)
            if not _worker:
                # Not a daemon: a process that ends meanwhile waits some tenths of a second, instead of tearing LLVM down while it works.
                thread = threading.Thread(target=_work, name="autograd_lite kernels")
                _worker.append(thread)
                thread.start()

    def start_anew(self, prepare: Callable[[], Any] | None = None) -> None:
        """In a forked child: what a thread of the parent was to prepare, or had begun to, is still to be done."""
        self._is_started = False
        if prepare is not None:
            self._prepare = prepare
            _not_ready.add(self)

    def __repr__(self) -> str:
        return f"<kernel {self.name}, {'machine code' if self.is_compiled else 'NumPy'}>"


def _forked() -> None:
    """In a forked child: the threads of the parent are not there, nor is anybody who would open its locks."""
    global _lock, _idle, _making
    _making = threading.RLock()
    _lock = threading.Lock()
    _idle = threading.Condition(_lock)
    _waiting.clear()
    _worker.clear()
    _apart.clear()
    _forking.clear()
    for tiered in list(_not_ready):
        tiered.start_anew()
    for tiered, prepare in list(_in_work.items()):
        tiered.start_anew(prepare)
    _in_work.clear()


def _before_fork() -> None:
    """Wait until no kernel is being prepared: what is locked then, modules that are being imported, would stay so in the child for ever."""
    _forking.append(_making.acquire(timeout=LONGEST_WAIT))


def _after_fork() -> None:
    if _forking.pop():
        _making.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_forked)


def _work() -> None:
    """Prepare what waits, until nothing does or the program is over."""
    while True:
        with _lock:
            if not _waiting or not threading.main_thread().is_alive():
                _waiting.clear()
                _worker.clear()
                _idle.notify_all()
                return
            tiered = _waiting.popleft()
        with _making:
            tiered.prepare()


def apart(work: Callable[[], None], name: str, daemon: bool = True) -> None:
    """Let a thread of its own do work for which `finish` waits; the end of the process does so only if the thread is no daemon."""

    def run() -> None:
        try:
            work()
        finally:
            with _lock:
                _apart.discard(thread)
                _idle.notify_all()

    thread = threading.Thread(target=run, name=name, daemon=daemon)
    with _lock:
        _apart.add(thread)
    thread.start()


def finish(everything: bool = False) -> None:
    """Wait until every compilation that was started is done, of kernels and of what draws random numbers, and every plan made anew.

    everything: also prepare the kernels that have not run often enough to be worth it.
    """
    with _lock:
        _idle.wait_for(lambda: not _apart)
    if everything:
        for tiered in list(_not_ready):
            tiered.prepare()
    with _lock:
        _idle.wait_for(lambda: not _worker)


def is_deterministic() -> bool:
    """Return whether `set_deterministic` holds."""
    return _deterministic[0]


@export("set_deterministic")
def set_deterministic(on: bool = True) -> None:
    """Give the same bits in every run of a program on one machine, at the price of waiting for compilations.

    Without it, a kernel starts on NumPy and is replaced by machine code when that is ready, some time in the first seconds; sums may then
    be added up in another order, so that the last bits of a result depend on the moment. With it, machine code is made before a kernel runs
    for the first time. The number of threads changes no result then either: that of a compiled kernel it never does, and the routines that
    NumPy calls for large products of matrices use one thread. Random numbers are the same in any case.

    >>> import autograd_lite
    >>> autograd_lite.set_deterministic()
    >>> autograd_lite.set_deterministic(False)
    """
    _deterministic[0] = bool(on)
    while _limits:
        _limits.pop().restore_original_limits()
    if on:
        _limits.append(optional.load("threadpoolctl").threadpool_limits(1, user_api="blas"))
        finish(everything=True)
