"""`tf.train.Coordinator`: threads that stop together, and tell the main thread why."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any

from autograd_lite.core import errors
from autograd_lite.core.export import export
from autograd_lite.lib import logging

_POLL_SECONDS = 0.05  # how often a waiting join looks whether threads have ended

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


@export("train.Coordinator")
class Coordinator:
    """Lets threads stop together: any of them asks for the stop, all others see it, and `join` raises what went wrong.

    A thread looks at `should_stop()` now and then, or runs inside `stop_on_exception()`, which turns its exception into a request to stop.

    Args:
      clean_stop_exception_types: exceptions that end the work without being an error; `tf.errors.OutOfRangeError` (the end of the
        input) if None.

    >>> import threading
    >>> coord, counts = Coordinator(), []
    >>> def work():
    ...     with coord.stop_on_exception():
    ...         while not coord.should_stop():
    ...             counts.append(1)
    ...             if len(counts) == 3:
    ...                 coord.request_stop()
    >>> thread = threading.Thread(target=work)
    >>> thread.start()
    >>> coord.join([thread])
    >>> len(counts), coord.joined
    (3, True)
    """

    def __init__(self, clean_stop_exception_types: Iterable[type[BaseException]] | None = None) -> None:
        clean = (errors.OutOfRangeError,) if clean_stop_exception_types is None else clean_stop_exception_types
        self._clean_stop_exception_types: tuple[type[BaseException], ...] = tuple(clean)
        self._lock = threading.Lock()
        self._stop_event = threading.Event()
        self._error: ExceptionInfo | None = None
        self._joined = False
        self._threads: set[threading.Thread] = set()

    def request_stop(self, ex: BaseException | ExceptionInfo | None = None) -> None:
        """Ask all threads to stop.

        Args:
          ex: why: an exception or the result of `sys.exc_info()`. The first one is raised by `join`, unless it is a clean way to stop.
        """
        with self._lock:
            info = self._exception_info(ex)
            if self._joined:  # nobody will call join any more
                if info is not None:
                    raise info[1]
                return
            if self._stop_event.is_set():
                return
            if info is not None:
                logging.info("Error reported to Coordinator: %s", _text(info), exc_info=info)
                self._error = info
            self._stop_event.set()

    def _exception_info(self, ex: BaseException | ExceptionInfo | None) -> ExceptionInfo | None:
        """What `sys.exc_info()` says of an exception; None for none and for the clean ones."""
        if ex is None:
            return None
        if isinstance(ex, BaseException):
            info: ExceptionInfo = (type(ex), ex, ex.__traceback__)
        elif isinstance(ex, tuple) and len(ex) == 3 and isinstance(ex[1], BaseException):
            info = ex
        else:
            raise TypeError(f"request_stop takes an exception or the result of sys.exc_info(), got {ex!r}")
        return None if isinstance(info[1], self._clean_stop_exception_types) else info

    def clear_stop(self) -> None:
        """Take the request to stop back; the coordinator can be used again."""
        with self._lock:
            self._joined = False
            self._error = None
            self._stop_event.clear()

    def should_stop(self) -> bool:
        """Whether anybody asked to stop."""
        return self._stop_event.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """A context in which an exception becomes a request to stop instead of ending the thread with a traceback."""
        try:
            yield
        except BaseException:  # also KeyboardInterrupt and SystemExit: join raises them in the main thread
            self.request_stop(ex=sys.exc_info())  # type: ignore[arg-type]

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until somebody asks to stop.

        Args:
          timeout: the longest time to wait, in seconds.

        Returns:
          Whether the coordinator is told to stop.
        """
        return self._stop_event.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Add a thread that `join` will wait for."""
        with self._lock:
            self._threads.add(thread)

    def join(
        self, threads: Iterable[threading.Thread] | None = None, stop_grace_period_secs: float = 120, ignore_live_threads: bool = False
    ) -> None:
        """Wait until all threads have ended: the registered ones and these.

        After a request to stop they have `stop_grace_period_secs` left.

        Raises:
          RuntimeError: some threads still run after that, and `ignore_live_threads` is False.
          BaseException: what was given to `request_stop`.
        """
        with self._lock:
            waited = list(dict.fromkeys([*self._threads, *(threads or ())]))
        while any(thread.is_alive() for thread in waited) and not self.wait_for_stop(_POLL_SECONDS):
            pass
        until = time.monotonic() + stop_grace_period_secs
        while any(thread.is_alive() for thread in waited) and time.monotonic() < until:
            _join_one(waited, until)
        running = [thread.name for thread in waited if thread.is_alive()]
        with self._lock:
            self._joined = True
            self._threads = set()  # so that ended threads can be freed
        self.raise_requested_exception()
        if not running:
            return
        if not ignore_live_threads:
            raise RuntimeError(
                f"Coordinator stopped with threads still running: {' '.join(running)}\n"
                f"  They had {stop_grace_period_secs} seconds after the request to stop. Let them look at should_stop() more often, "
                "or give them more time: join(stop_grace_period_secs=...)."
            )
        logging.info("Coordinator stopped with threads still running: %s", " ".join(running))

    @property
    def joined(self) -> bool:
        """Whether `join` has ended."""
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raise the exception that was given to `request_stop`, if any."""
        with self._lock:
            error = self._error
        if error is not None:
            raise error[1].with_traceback(error[2])


def _text(info: ExceptionInfo) -> str:
    return f"{info[0]}, {info[1]}"


def _join_one(threads: list[threading.Thread], until: float) -> None:
    """Wait a moment for the first thread that still runs."""
    for thread in threads:
        if thread.is_alive() and thread is not threading.current_thread():
            thread.join(min(_POLL_SECONDS, max(0.0, until - time.monotonic())))
            return
    time.sleep(min(_POLL_SECONDS, max(0.0, until - time.monotonic())))


@export("train.LooperThread")
class LooperThread(threading.Thread):
    """A daemon thread that calls a function again and again until its coordinator stops.

    Args:
      coord: the Coordinator; the thread registers with it.
      timer_interval_secs: the time between the beginnings of two calls, in seconds; None: without a pause.
      target: the function; override `run_loop` instead if you like.
      args, kwargs: what the function is called with.

    Raises:
      ValueError: without a coordinator, or with `args` and no `target`.

    >>> coord, calls = Coordinator(), []
    >>> def call():
    ...     calls.append(1)
    ...     if len(calls) == 3:
    ...         coord.request_stop()
    >>> thread = LooperThread.loop(coord, 0.001, call)
    >>> coord.join()
    >>> len(calls)
    3
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        super().__init__()
        self.daemon = True
        self._coord = coord
        self._timer_interval_secs = timer_interval_secs
        self._looped = target
        if target is None and (args or kwargs):
            raise ValueError("'args' and 'kwargs' argument require that you also pass 'target'")
        self._arguments = tuple(args or ())
        self._keywords = dict(kwargs or {})
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> LooperThread:
        """Start a thread that calls `target(*args, **kwargs)` until the coordinator stops."""
        thread = LooperThread(coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        thread.start()
        return thread

    def isAlive(self) -> bool:
        """The old name of `is_alive`."""
        return self.is_alive()

    def run(self) -> None:
        """What the thread does."""
        with self._coord.stop_on_exception():
            self.start_loop()
            if self._timer_interval_secs is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                self._run_by_clock(self._timer_interval_secs)
            self.stop_loop()

    def _run_by_clock(self, interval: float) -> None:
        due = time.monotonic()
        while not self._coord.wait_for_stop(max(0.0, due - time.monotonic())):
            due += interval
            self.run_loop()

    def start_loop(self) -> None:
        """Called once, before the first call; to be overridden."""

    def stop_loop(self) -> None:
        """Called once, after the last call; to be overridden."""

    def run_loop(self) -> None:
        """One call; to be overridden when there is no target."""
        if self._looped is not None:
            self._looped(*self._arguments, **self._keywords)
