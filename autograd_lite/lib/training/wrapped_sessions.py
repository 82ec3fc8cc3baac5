"""The layers of a monitored session, each around the next: recoverable, coordinated, hooked, and the session itself.

All have `run`, `run_step_fn`, `should_stop` and `close`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core import errors
from autograd_lite.lib import logging
from autograd_lite.lib.training.coordinator import Coordinator
from autograd_lite.lib.training.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from autograd_lite.wire import messages

# What says that a worker or server went away: the session is made anew, from the last checkpoint.
PREEMPTION_ERRORS = (errors.AbortedError, errors.UnavailableError)


class StepContext:
    """What `step_fn` of `run_step_fn` gets: the session itself, and a way to run with hooks."""

    def __init__(self, session: Any, run_with_hooks_fn: Callable[..., Any]) -> None:
        self._session = session
        self._run_with_hooks_fn = run_with_hooks_fn

    @property
    def session(self) -> Any:
        """The TensorFlow session: runs of it call no hooks."""
        return self._session

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """The same as `run` of the monitored session."""
        return self._run_with_hooks_fn(*args, **kwargs)

    def request_stop(self) -> None:
        """End this step and the loop."""
        raise StopIteration("step_fn has requested the iterations to stop.")


class HookedSession:
    """Calls the hooks around each run."""

    def __init__(self, session: Any, hooks: Sequence[SessionRunHook]) -> None:
        self._session = session
        self._hooks = hooks
        self._should_stop = False

    def should_stop(self) -> bool:
        """Whether a hook asked to stop."""
        return self._should_stop

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """One run, with what the hooks want fetched and fed."""
        if self._should_stop:
            raise RuntimeError("Run called even after should_stop requested.")
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self._session)
        wanted: dict[Any, Any] = {"caller": fetches}
        feeds: Any = dict(feed_dict) if feed_dict else {}
        requests = [(hook, hook.before_run(context)) for hook in self._hooks]
        fed_by_hooks: dict[Any, Any] = {}
        for hook, request in requests:
            if request is None:
                continue
            if request.fetches is not None:
                wanted[hook] = request.fetches
            if request.feed_dict:
                _refuse_conflict("two hooks", fed_by_hooks, request.feed_dict)
                fed_by_hooks.update(request.feed_dict)
            if request.options is not None:
                options = _merged_options(options, request.options)
        _refuse_conflict("a SessionRunHook and user", feeds, fed_by_hooks)
        feeds.update(fed_by_hooks)
        results, run_metadata = self._run(wanted, feeds, options, run_metadata)
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(results.get(hook), options, run_metadata))
        self._should_stop = self._should_stop or context.stop_requested
        return results["caller"]

    def _run(self, wanted: dict[Any, Any], feeds: Any, options: Any, run_metadata: Any) -> tuple[dict[Any, Any], Any]:
        """The results of a run by who asked for them, and its metadata; tracing is paid for only when somebody asked for it."""
        if options is None and run_metadata is None:
            values = self._session.run(list(wanted.values()), feeds)
            return dict(zip(wanted, values)), messages.RunMetadata()
        if run_metadata is None:
            run_metadata = messages.RunMetadata()
        values = self._session.run(list(wanted.values()), feeds, options, run_metadata)
        return dict(zip(wanted, values)), run_metadata


def _refuse_conflict(who: str, first: Any, second: Any) -> None:
    both = [key for key in first if key in second]
    if both:
        raise RuntimeError(f"Same tensor is fed by {who}. Conflict(s): {both}")


def _merged_options(mine: Any, other: Any) -> Any:
    """Options that ask for all that either asks for."""
    merged = messages.RunOptions()
    if mine is not None:
        merged.CopyFrom(mine)
    merged.trace_level = max(merged.trace_level, other.trace_level)
    merged.timeout_in_ms = max(merged.timeout_in_ms, other.timeout_in_ms)
    merged.inter_op_thread_pool = max(merged.inter_op_thread_pool, other.inter_op_thread_pool)
    merged.output_partition_graphs = merged.output_partition_graphs or other.output_partition_graphs
    merged.debug_options.debug_tensor_watch_opts.extend(other.debug_options.debug_tensor_watch_opts)
    return merged


class CoordinatedSession:
    """Stops and joins the threads of a coordinator when it is closed; tells of their failures instead of what these led to."""

    def __init__(self, session: HookedSession, coord: Coordinator, stop_grace_period_secs: float) -> None:
        self._session = session
        self._coord = coord
        self._stop_grace_period_secs = stop_grace_period_secs

    def should_stop(self) -> bool:
        """Whether a hook or a thread asked to stop."""
        self._raise_preemption()
        return self._coord.should_stop() or self._session.should_stop()

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """A run; when it fails because a server went away, and a thread knows it, that is what is raised."""
        try:
            return self._session.run(*args, **kwargs)
        except PREEMPTION_ERRORS:
            raise
        except Exception:
            self._raise_preemption()
            raise

    def run_step_fn(self, step_fn: Callable[[StepContext], Any], raw_session: Any) -> Any:
        """Call `step_fn` with a context."""
        return step_fn(StepContext(raw_session, self.run))

    def close(self) -> None:
        """Stop the threads, wait for them, close the session.

        Raises:
          BaseException: what a thread reported.
        """
        self._coord.request_stop()
        try:
            self._coord.join(stop_grace_period_secs=self._stop_grace_period_secs, ignore_live_threads=True)
        finally:
            self._session.close()

    def _raise_preemption(self) -> None:
        """Raise what a thread reported, if it says that a server went away."""
        try:
            self._coord.raise_requested_exception()
        except PREEMPTION_ERRORS:
            raise
        except Exception:
            logging.debug("A thread has failed; its error is raised when the session is closed.")


class RecoverableSession:
    """Makes the session anew when it is aborted, which restores the last checkpoint, and repeats the run."""

    def __init__(self, create: Callable[[], CoordinatedSession]) -> None:
        self._create = create
        self._session: CoordinatedSession | None = self._new_session()

    def _new_session(self) -> CoordinatedSession:
        while True:
            try:
                return self._create()
            except PREEMPTION_ERRORS as error:
                logging.info("The session was aborted while it was being made; it is made again. Error: %s", error)

    def _live(self) -> CoordinatedSession:
        if self._session is None:
            self._session = self._new_session()
        return self._session

    def should_stop(self) -> bool:
        """Whether to stop; an aborted session is made anew first."""
        if self._session is None:
            return False
        try:
            return self._session.should_stop()
        except PREEMPTION_ERRORS as error:
            self._abandon(error)
            return False

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """A run, repeated in a new session as often as it is aborted."""
        while True:
            try:
                return self._live().run(*args, **kwargs)
            except PREEMPTION_ERRORS as error:
                self._abandon(error)

    def run_step_fn(self, step_fn: Callable[[StepContext], Any], raw_session: Callable[[], Any]) -> Any:
        """Call `step_fn`, again in a new session as often as it is aborted."""
        while True:
            try:
                return self._live().run_step_fn(step_fn, raw_session())
            except PREEMPTION_ERRORS as error:
                self._abandon(error)

    def close(self) -> None:
        """Close the session."""
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.close()
        except PREEMPTION_ERRORS as error:
            logging.error("An error occurred when attempting to close the session. The session is closed anyway. Error: %s", error)

    def _abandon(self, error: BaseException) -> None:
        logging.info(
            "An error was raised. This may be due to a preemption in a connected worker or parameter server. The current session will be "
            "closed and a new session will be created. Error: %s",
            error,
        )
        self.close()
