"""`tf.train.SessionRunHook`: what a monitored session calls around each of its runs."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_lite.core.export import export
from autograd_lite.lib.training.coordinator import Coordinator


@export("train.SessionRunArgs", "estimator.SessionRunArgs")
class SessionRunArgs(NamedTuple):
    """What a hook asks to be fetched and fed in the next run.

    Fields: `fetches` (as `Session.run` takes them), `feed_dict`, `options` (a RunOptions message).

    >>> SessionRunArgs("loss:0").feed_dict is None
    True
    """

    fetches: Any
    feed_dict: Any = None
    options: Any = None


@export("train.SessionRunValues", "estimator.SessionRunValues")
class SessionRunValues(NamedTuple):
    """What a hook gets after a run: `results` in the form of its `fetches`, the `options` and the `run_metadata` of the run.

    >>> SessionRunValues(results=1.0, options=None, run_metadata=None).results
    1.0
    """

    results: Any
    options: Any
    run_metadata: Any


@export("train.SessionRunContext", "estimator.SessionRunContext")
class SessionRunContext:
    """What a hook may look at during a run, and its way to end the loop.

    >>> context = SessionRunContext(SessionRunArgs("loss:0"), None)
    >>> context.request_stop()
    >>> context.stop_requested
    True
    """

    def __init__(self, original_args: SessionRunArgs, session: Any) -> None:
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self) -> SessionRunArgs:
        """What the program itself asked for in this run, without what hooks added."""
        return self._original_args

    @property
    def session(self) -> Any:
        """The TensorFlow session that runs."""
        return self._session

    @property
    def stop_requested(self) -> bool:
        """Whether a hook has asked to stop."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Let `should_stop()` of the monitored session be True from now on."""
        self._stop_requested = True


@export("train.SessionRunHook", "estimator.SessionRunHook")
class SessionRunHook:
    """The base of hooks: override what you need.

    Called in this order: `begin` (the graph may still grow), `after_create_session`, then for each run `before_run` and `after_run`,
    and `end` when the loop ended without an error (`tf.errors.OutOfRangeError` and `StopIteration` are no errors).

    >>> import autograd_lite as tf
    >>> class Counting(SessionRunHook):
    ...     def begin(self):
    ...         self.runs = 0
    ...     def after_run(self, run_context, run_values):
    ...         self.runs += 1
    ...         if self.runs == 3:
    ...             run_context.request_stop()
    >>> counting = Counting()
    >>> with tf.Graph().as_default():
    ...     two = tf.constant(2.0)
    ...     with tf.train.MonitoredSession(hooks=[counting]) as session:
    ...         while not session.should_stop():
    ...             value = session.run(two)
    >>> counting.runs
    3
    """

    def begin(self) -> None:
        """Called once, before the session is made: nodes may be added to the graph here, and only here."""

    def after_create_session(self, session: Any, coord: Coordinator) -> None:
        """Called when a session has been made and its variables are ready; again when it had to be made anew."""

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Called before each run; what it returns is fetched and fed in addition."""
        return None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Called after each run that did not fail."""

    def end(self, session: Any) -> None:
        """Called at the end of a loop that did not fail; the session can still run."""
