"""`tf.train.MonitoredTrainingSession`: a session that initialises or restores the model, calls hooks around each run, and recovers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from autograd_lite.core import errors
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.lib.training import wrapped_sessions
from autograd_lite.lib.training.coordinator import Coordinator
from autograd_lite.lib.training.recording_hooks import CheckpointSaverHook, StepCounterHook, SummarySaverHook
from autograd_lite.lib.training.scaffold import Scaffold
from autograd_lite.lib.training.session_manager import SessionManager
from autograd_lite.lib.training.session_run_hook import SessionRunHook
from autograd_lite.lib.training.wrapped_sessions import CoordinatedSession, HookedSession, RecoverableSession

USE_DEFAULT = object()  # the argument was left out; None and 0 mean "never"


@export("train.SessionCreator")
class SessionCreator:
    """The base of what makes the sessions of a MonitoredSession: override `create_session`.

    >>> import autograd_lite as tf
    >>> class Plain(SessionCreator):
    ...     def create_session(self):
    ...         return tf.Session()
    >>> with tf.Graph().as_default():
    ...     c = tf.constant(2.0)
    ...     with tf.train.MonitoredSession(session_creator=Plain()) as session:
    ...         print(session.run(c))
    2.0
    """

    def create_session(self) -> Any:
        """A new session that is ready to run."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to make a session: write create_session(self)")


@export("train.ChiefSessionCreator")
class ChiefSessionCreator(SessionCreator):
    """Makes sessions that restore the last checkpoint, or initialise the model.

    Args:
      scaffold: what to initialise, restore and wait for; made if None.
      master: the target of the session.
      config: a ConfigProto message.
      checkpoint_dir: the folder whose last checkpoint is restored. checkpoint_filename_with_path: or this checkpoint.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
    ) -> None:
        self._scaffold = scaffold or Scaffold()
        self._master = master
        self._config = config
        self._checkpoint_dir = checkpoint_dir
        self._checkpoint_filename_with_path = checkpoint_filename_with_path

    def create_session(self) -> Any:
        """A new session with an initialised or restored model; closes the graph."""
        scaffold = self._scaffold.finalize()
        return _manager_for(scaffold).prepare_session(
            self._master, init_op=scaffold.init_op, saver=scaffold.saver, checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint_filename_with_path, config=self._config,
            init_feed_dict=scaffold.init_feed_dict, init_fn=scaffold.init_fn,
        )  # fmt: skip


@export("train.WorkerSessionCreator")
class WorkerSessionCreator(SessionCreator):
    """Makes sessions that wait until the chief has made the model ready.

    Args:
      scaffold: what to wait for; made if None.
      master: the target of the session.
      config: a ConfigProto message.
      max_wait_secs: the longest time to wait.
    """

    def __init__(self, scaffold: Scaffold | None = None, master: str = "", config: Any = None, max_wait_secs: float = 30 * 60) -> None:
        self._scaffold = scaffold or Scaffold()
        self._master = master
        self._config = config
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Any:
        """A new session with the model of the chief; closes the graph."""
        manager = _manager_for(self._scaffold.finalize())
        return manager.wait_for_session(self._master, config=self._config, max_wait_secs=self._max_wait_secs)


def _manager_for(scaffold: Scaffold) -> SessionManager:
    return SessionManager(
        local_init_op=scaffold.local_init_op, ready_op=scaffold.ready_op, ready_for_local_init_op=scaffold.ready_for_local_init_op
    )


class _MonitoredSession:
    """What MonitoredSession and SingularMonitoredSession have in common."""

    StepContext = wrapped_sessions.StepContext

    def __init__(
        self, session_creator: SessionCreator, hooks: Iterable[SessionRunHook] | None, should_recover: bool, stop_grace_period_secs: float
    ) -> None:
        self._graph_was_finalized = get_default_graph().finalized
        self._hooks = list(hooks or ())
        self._session_creator = session_creator
        self._stop_grace_period_secs = stop_grace_period_secs
        self._tf_session: Any = None
        for hook in self._hooks:
            hook.begin()
        self._session: Any = RecoverableSession(self._coordinated) if should_recover else self._coordinated()

    def _coordinated(self) -> CoordinatedSession:
        """A new session with its threads and hooks started."""
        session = self._session_creator.create_session()
        coord = Coordinator(clean_stop_exception_types=[])
        self._tf_session = session
        try:
            for runner in session.graph.get_collection(GraphKeys.QUEUE_RUNNERS):
                runner.create_threads(session, coord=coord, daemon=True, start=True)
            for hook in self._hooks:
                hook.after_create_session(session, coord)
        except BaseException:
            coord.request_stop()
            session.close()
            raise
        return CoordinatedSession(HookedSession(session, self._hooks), coord, self._stop_grace_period_secs)

    @property
    def graph(self) -> Graph | None:
        """The graph that runs, None when the session is closed."""
        return None if self._tf_session is None else self._tf_session.graph

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """The same as `Session.run`, with hooks called before and after.

        Raises:
          AttributeError: when the session is closed.
        """
        return self._open_session().run(fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata)

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Call `step_fn(step_context)` and return what it returns.

        `step_context.session` is the plain session, `step_context.run_with_hooks` the `run` of this one, and
        `step_context.request_stop()` ends the loop.

        Raises:
          ValueError: `step_fn` does not take one argument called `step_context`.
        """
        arguments = tuple(inspect.signature(step_fn).parameters) if callable(step_fn) else None
        if arguments is None:
            raise TypeError(f"unsupported callable\n  run_step_fn takes a function of `step_context`, got {step_fn!r}")
        if arguments not in (("step_context",), ("self", "step_context")):
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and `step_context` arguments if it's an instance "
                f"method. Got {arguments} instead."
            )
        session = self._open_session()
        if isinstance(session, RecoverableSession):
            return session.run_step_fn(step_fn, lambda: self._tf_session)
        return session.run_step_fn(step_fn, self._tf_session)

    def _open_session(self) -> Any:
        if self._session is None:
            raise AttributeError(
                "'NoneType' object has no attribute 'run'\n"
                "  This monitored session is closed: by close(), or at the end of its `with` block. Make a new one."
            )
        return self._session

    def should_stop(self) -> bool:
        """Whether the loop should end: a hook or a thread asked for it, or the session is closed."""
        return self._session is None or self._session.should_stop()

    def close(self) -> None:
        """End the loop without an error: call `end` of the hooks, stop the threads, close the session."""
        self._close(failed=False)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        ended_cleanly = kind is not None and issubclass(kind, errors.OutOfRangeError | StopIteration)
        self._close(failed=kind is not None and not ended_cleanly)
        return ended_cleanly

    def _close(self, failed: bool) -> None:
        try:
            if not failed:
                for hook in self._hooks:
                    hook.end(self._tf_session)
        finally:
            session, self._session = self._session, None
            graph, self._tf_session = self.graph, None
            try:
                if session is None:
                    raise RuntimeError("Session is already closed.")
                session.close()
            finally:
                if graph is not None and not self._graph_was_finalized:
                    graph._unsafe_unfinalize()


@export("train.MonitoredSession")
class MonitoredSession(_MonitoredSession):
    """A session that makes the model ready, calls hooks, stops threads at the end, and is made anew when a server goes away.

    Leaving its `with` block by `tf.errors.OutOfRangeError` (the end of the input) is no error.

    Args:
      session_creator: makes the session; a ChiefSessionCreator if None.
      hooks: hooks to call.
      stop_grace_period_secs: how long threads may take to end.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(0.0)
    ...     step = tf.train.get_or_create_global_step()
    ...     train = tf.train.GradientDescentOptimizer(0.5).minimize((w - 3.0) ** 2, global_step=step)
    ...     with tf.train.MonitoredSession(hooks=[tf.train.StopAtStepHook(last_step=2)]) as session:
    ...         while not session.should_stop():
    ...             session.run(train)
    """

    def __init__(
        self,
        session_creator: SessionCreator | None = None,
        hooks: Iterable[SessionRunHook] | None = None,
        stop_grace_period_secs: float = 120,
    ) -> None:
        super().__init__(
            session_creator or ChiefSessionCreator(), hooks, should_recover=True, stop_grace_period_secs=stop_grace_period_secs
        )


@export("train.SingularMonitoredSession")
class SingularMonitoredSession(_MonitoredSession):
    """A MonitoredSession for one process: not made anew after a failure, and with its plain session for whoever needs it.

    Args:
      hooks: hooks to call.
      scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path: as for ChiefSessionCreator.
      stop_grace_period_secs: how long threads may take to end.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(3.0)
    ...     with tf.train.SingularMonitoredSession() as session:
    ...         print(session.run(w), session.raw_session().run(w))
    3.0 3.0
    """

    def __init__(
        self,
        hooks: Iterable[SessionRunHook] | None = None,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: str | None = None,
    ) -> None:
        creator = ChiefSessionCreator(
            scaffold=scaffold, master=master, config=config, checkpoint_dir=checkpoint_dir,
            checkpoint_filename_with_path=checkpoint_filename_with_path,
        )  # fmt: skip
        super().__init__(creator, hooks, should_recover=False, stop_grace_period_secs=stop_grace_period_secs)

    def raw_session(self) -> Any:
        """The plain session: its runs call no hooks. None when closed."""
        return self._tf_session


@export("train.MonitoredTrainingSession")
def MonitoredTrainingSession(
    master: str = "",
    is_chief: bool = True,
    checkpoint_dir: str | None = None,
    scaffold: Scaffold | None = None,
    hooks: Iterable[SessionRunHook] | None = None,
    chief_only_hooks: Iterable[SessionRunHook] | None = None,
    save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: str | None = None,
) -> MonitoredSession:
    """A MonitoredSession that saves checkpoints and summaries, and continues from the last checkpoint.

    Args:
      master: the target of the session.
      is_chief: whether this process initialises, saves and summarises; others wait for it.
      checkpoint_dir: the folder for checkpoints; nothing is saved or restored if None.
      scaffold: what to initialise, restore, save and summarise; made if None.
      hooks: hooks to call. chief_only_hooks: those that only the chief calls.
      save_checkpoint_secs, save_checkpoint_steps: how often to save, in seconds or steps; every 600 seconds if neither is given,
        never if both are None.
      save_summaries_steps, save_summaries_secs: how often to write summaries; every 100 steps if neither is given, never if both are None.
      config: a ConfigProto message.
      stop_grace_period_secs: how long threads may take to end.
      log_step_count_steps: every how many steps the speed is logged and written; None or 0: never.
      max_wait_secs: how long others wait for the chief.
      summary_dir: the folder for summaries; `checkpoint_dir` if None.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(3.0)
    ...     with tf.train.MonitoredTrainingSession() as session:
    ...         print(session.run(w))
    3.0
    """
    save_summaries_steps, save_summaries_secs = _how_often(save_summaries_steps, save_summaries_secs, default=(100, None))
    save_checkpoint_steps, save_checkpoint_secs = _how_often(save_checkpoint_steps, save_checkpoint_secs, default=(None, 600))
    scaffold = scaffold or Scaffold()
    if not is_chief:
        worker = WorkerSessionCreator(scaffold=scaffold, master=master, config=config, max_wait_secs=max_wait_secs)
        return MonitoredSession(worker, hooks=hooks, stop_grace_period_secs=stop_grace_period_secs)
    all_hooks = list(chief_only_hooks or ())
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir and log_step_count_steps and log_step_count_steps > 0:
        all_hooks.append(StepCounterHook(output_dir=summary_dir, every_n_steps=log_step_count_steps))
    if summary_dir and _wanted(save_summaries_steps, save_summaries_secs):
        all_hooks.append(
            SummarySaverHook(scaffold=scaffold, save_steps=save_summaries_steps, save_secs=save_summaries_secs, output_dir=summary_dir)
        )
    if checkpoint_dir and _wanted(save_checkpoint_steps, save_checkpoint_secs):
        all_hooks.append(
            CheckpointSaverHook(checkpoint_dir, save_steps=save_checkpoint_steps, save_secs=save_checkpoint_secs, scaffold=scaffold)
        )
    all_hooks.extend(hooks or ())
    chief = ChiefSessionCreator(scaffold=scaffold, checkpoint_dir=checkpoint_dir, master=master, config=config)
    return MonitoredSession(chief, hooks=all_hooks, stop_grace_period_secs=stop_grace_period_secs)


def _how_often(steps: Any, seconds: Any, default: tuple[Any, Any]) -> tuple[Any, Any]:
    """(steps, seconds) with what was left out filled in."""
    if steps is USE_DEFAULT and seconds is USE_DEFAULT:
        return default
    return (None if steps is USE_DEFAULT else steps), (None if seconds is USE_DEFAULT else seconds)


def _wanted(steps: Any, seconds: Any) -> bool:
    return bool(steps and steps > 0) or bool(seconds and seconds > 0)
