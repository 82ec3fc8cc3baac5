"""`tf.train.Supervisor`: the older way to run a training loop; MonitoredTrainingSession is the newer."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autograd_lite.api.control import group
from autograd_lite.core import dtypes, errors
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.lib import logging
from autograd_lite.lib.graph_files import write_graph
from autograd_lite.lib.saver import Saver, export_meta_graph
from autograd_lite.lib.summary import merge_all
from autograd_lite.lib.summary_writer import FileWriter
from autograd_lite.lib.tables import tables_initializer
from autograd_lite.lib.training.coordinator import Coordinator, LooperThread
from autograd_lite.lib.training.session_manager import SessionManager
from autograd_lite.lib.training_util import global_step as number_of_step
from autograd_lite.lib.variables import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
)
from autograd_lite.wire import messages


@export("train.Supervisor")
class Supervisor:
    """Makes a session ready, saves checkpoints and summaries in threads of their own, and stops all threads at the end.

    Making it closes the graph. Of the arguments that are left out, the operations come from the graph's collections, or are made.

    Args:
      graph: the graph; the default one unless given.
      ready_op, ready_for_local_init_op, init_op, init_feed_dict, local_init_op, init_fn, local_init_run_options: how the model is made
        ready, as for SessionManager.
      is_chief: whether this process initialises, saves and summarises.
      logdir: the folder for checkpoints and event files; nothing is written if None.
      summary_op: the tensor of all summaries; None: none are written.
      saver: the Saver; None: nothing is saved.
      global_step: the number of the step; the variable called `global_step`, if there is one.
      save_summaries_secs, save_model_secs: seconds between two summaries, two checkpoints; 0: none.
      recovery_wait_secs: seconds between two looks at a model that is not ready.
      stop_grace_secs: how long threads may take to end.
      checkpoint_basename: the name of checkpoints, before the number of the step.
      session_manager: makes the sessions.
      summary_writer: writes the event file; None: none is written.

    Raises:
      ValueError: a process that is not the chief has a variable without a device.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(3.0)
    ...     supervisor = Supervisor(save_model_secs=0)
    ...     with supervisor.managed_session() as session:
    ...         print(session.run(w))
    3.0
    """

    USE_DEFAULT = 0  # what stands for an argument that was left out: None means "without"

    def __init__(
        self,
        graph: Graph | None = None,
        ready_op: Any = USE_DEFAULT,
        ready_for_local_init_op: Any = USE_DEFAULT,
        is_chief: bool = True,
        init_op: Any = USE_DEFAULT,
        init_feed_dict: Any = None,
        local_init_op: Any = USE_DEFAULT,
        logdir: str | None = None,
        summary_op: Any = USE_DEFAULT,
        saver: Any = USE_DEFAULT,
        global_step: Any = USE_DEFAULT,
        save_summaries_secs: float = 120,
        save_model_secs: float = 600,
        recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt",
        session_manager: SessionManager | None = None,
        summary_writer: Any = USE_DEFAULT,
        init_fn: Callable[[Any], Any] | None = None,
        local_init_run_options: Any = None,
    ) -> None:
        self._graph = graph = get_default_graph() if graph is None else graph
        with graph.as_default():
            self._ready_op = _given(ready_op, GraphKeys.READY_OP, report_uninitialized_variables)
            self._ready_for_local_init_op = _given(ready_for_local_init_op, GraphKeys.READY_FOR_LOCAL_INIT_OP, _nothing)
            self._init_op = _given(init_op, GraphKeys.INIT_OP, global_variables_initializer)
            self._local_init_op = _given(local_init_op, GraphKeys.LOCAL_INIT_OP, _initialize_local)
            self._saver = _given(saver, GraphKeys.SAVERS, _saver_of_all)
            self._summary_op = _given(summary_op, GraphKeys.SUMMARY_OP, merge_all)
            self._global_step = _given(global_step, GraphKeys.GLOBAL_STEP, _step_by_name)
        self._init_feed_dict = init_feed_dict
        self._init_fn = init_fn
        self._is_chief = is_chief
        self._coord = Coordinator()
        self._stop_grace_secs = stop_grace_secs
        self._logdir = logdir if is_chief else None
        self._save_summaries_secs = save_summaries_secs if is_chief else None
        self._save_model_secs = save_model_secs if is_chief else None
        self._save_path = os.path.join(logdir, checkpoint_basename) if is_chief and logdir else None
        self._summary_writer: Any = None
        if is_chief and not _left_out(summary_writer):
            self._summary_writer = summary_writer
        elif is_chief and logdir:
            self._summary_writer = FileWriter(logdir)
        self._graph_added_to_summary = False
        self._session_manager = session_manager or SessionManager(
            local_init_op=self._local_init_op, ready_op=self._ready_op, ready_for_local_init_op=self._ready_for_local_init_op,
            graph=graph, recovery_wait_secs=recovery_wait_secs, local_init_run_options=local_init_run_options,
        )  # fmt: skip
        self._check_devices()
        graph.finalize()

    def _check_devices(self) -> None:
        if self._is_chief:
            return
        for op in self._graph.get_operations():
            if op.type in ("Variable", "VariableV2") and not op.device:
                raise ValueError(f"When using replicas, all Variables must have their device set: {op}")

    # ---------------------------------------------------------------- sessions

    @contextlib.contextmanager
    def managed_session(
        self, master: str = "", config: Any = None, start_standard_services: bool = True, close_summary_writer: bool = True
    ) -> Iterator[Any]:
        """A context with a session that is ready; at its end all threads are stopped, and what went wrong in one of them is raised.

        Args:
          master: the target of the session.
          config: a ConfigProto message.
          start_standard_services: whether to start the threads that save and summarise, and those of queues.
          close_summary_writer: whether to close the event file at the end.
        """
        session = None
        try:
            session = self.prepare_or_wait_for_session(master, config=config, start_standard_services=start_standard_services)
            yield session
        except Exception as error:
            self.request_stop(error)
        finally:
            try:
                self.stop(close_summary_writer=close_summary_writer, ignore_live_threads=True)
            finally:
                if session is not None:
                    session.close()

    def prepare_or_wait_for_session(
        self,
        master: str = "",
        config: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        start_standard_services: bool = True,
    ) -> Any:
        """A session that is ready: the chief makes it so, others wait.

        Args:
          master: the target of the session.
          config: a ConfigProto message.
          wait_for_checkpoint: whether the chief waits for a checkpoint, `max_wait_secs` at most.
          start_standard_services: whether to start the threads that save and summarise, and those of queues.
        """
        self._coord.clear_stop()
        if self._summary_writer is not None:
            self._summary_writer.reopen()
        if self._is_chief:
            session = self._session_manager.prepare_session(
                master, init_op=self._init_op, saver=self._saver, checkpoint_dir=self._logdir, wait_for_checkpoint=wait_for_checkpoint,
                max_wait_secs=max_wait_secs, config=config, init_feed_dict=self._init_feed_dict, init_fn=self._init_fn,
            )  # fmt: skip
            self._write_graph()
            if start_standard_services:
                logging.info("Starting standard services.")
                self.start_standard_services(session)
        else:
            session = self._session_manager.wait_for_session(master, config=config, max_wait_secs=max_wait_secs)
        if start_standard_services:
            logging.info("Starting queue runners.")
            self.start_queue_runners(session)
        return session

    def _write_graph(self) -> None:
        if self._logdir:
            write_graph(self._graph.as_graph_def(add_shapes=True), self._logdir, "graph.pbtxt")
        if self._summary_writer is None or self._graph_added_to_summary:
            return
        self._summary_writer.add_graph(self._graph)
        saver_def = None if self._saver is None else self._saver.saver_def
        with self._graph.as_default():
            self._summary_writer.add_meta_graph(
                export_meta_graph(graph_def=self._graph.as_graph_def(add_shapes=True), saver_def=saver_def)
            )
        self._graph_added_to_summary = True

    # ---------------------------------------------------------------- threads

    def start_standard_services(self, sess: Any) -> list[LooperThread] | None:
        """Start the threads that write summaries, the speed, and checkpoints; returns them.

        Raises:
          RuntimeError: this process is not the chief.
        """
        if not self._is_chief:
            raise RuntimeError(
                "Only chief supervisor can start standard services. Because only chief supervisors can write events."
            )
        if not self._logdir:
            logging.warn("Standard services need a 'logdir' passed to the SessionManager")
            return None
        if self._global_step is not None and self._summary_writer is not None:
            log = messages.SessionLog(status=messages.SessionLog.START)
            self._summary_writer.add_session_log(log, number_of_step(sess, self._global_step))
        threads: list[LooperThread] = []
        if self._save_summaries_secs and self._summary_writer is not None:
            if self._summary_op is not None:
                threads.append(_SummaryThread(self, sess, self._save_summaries_secs))
            if self._global_step is not None:
                threads.append(_SpeedThread(self, sess, self._save_summaries_secs))
        if self._saver is not None and self._save_model_secs:
            threads.append(_CheckpointThread(self, sess, self._save_model_secs))
        for thread in threads:
            thread.start()
        return threads

    def start_queue_runners(self, sess: Any, queue_runners: Iterable[Any] | None = None) -> list[Any]:
        """Start the threads of queue runners, those of the graph's collection if None; returns them."""
        runners = self._graph.get_collection(GraphKeys.QUEUE_RUNNERS) if queue_runners is None else queue_runners
        return [
            thread for runner in runners for thread in runner.create_threads(sess, coord=self._coord, daemon=True, start=True)
        ]

    def loop(
        self,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> LooperThread:
        """Start a thread that calls `target(*args, **kwargs)` every so many seconds until the end."""
        return LooperThread.loop(self._coord, timer_interval_secs, target, args, kwargs)

    def stop(self, threads: Any = None, close_summary_writer: bool = True, ignore_live_threads: bool = False) -> None:
        """Stop all threads and wait for them; raises what went wrong in one.

        Args:
          threads: further threads to wait for.
          close_summary_writer: whether to close the event file.
          ignore_live_threads: whether threads that do not end are no error.
        """
        self._coord.request_stop()
        try:
            self._coord.join(threads, stop_grace_period_secs=self._stop_grace_secs, ignore_live_threads=ignore_live_threads)
        finally:
            if close_summary_writer and self._summary_writer is not None:
                self._summary_writer.add_session_log(messages.SessionLog(status=messages.SessionLog.STOP))
                self._summary_writer.close()
                self._graph_added_to_summary = False

    def request_stop(self, ex: Any = None) -> None:
        """Ask all threads to stop; `ex` is why."""
        self._coord.request_stop(ex=ex)

    def should_stop(self) -> bool:
        """Whether somebody asked to stop."""
        return self._coord.should_stop()

    def stop_on_exception(self) -> Any:
        """A context in which an exception becomes a request to stop."""
        return self._coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Wait until somebody asks to stop."""
        self._coord.wait_for_stop()

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Write a summary that was computed by the program.

        Raises:
          RuntimeError: there is no event file.
        """
        if self._summary_writer is None:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self._global_step is not None:
            global_step = number_of_step(sess, self._global_step)
        self._summary_writer.add_summary(summary, global_step)

    PrepareSession = prepare_or_wait_for_session
    StartStandardServices = start_standard_services
    StartQueueRunners = start_queue_runners
    Loop = loop
    Stop = stop
    RequestStop = request_stop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed

    # ---------------------------------------------------------------- what it is made of

    @property
    def is_chief(self) -> bool:
        """Whether this process initialises, saves and summarises."""
        return self._is_chief

    @property
    def session_manager(self) -> SessionManager:
        """What makes the sessions."""
        return self._session_manager

    @property
    def coord(self) -> Coordinator:
        """The coordinator of all threads."""
        return self._coord

    @property
    def init_op(self) -> Any:
        """The operation that initialises the model."""
        return self._init_op

    @property
    def init_feed_dict(self) -> Any:
        """What `init_op` is fed."""
        return self._init_feed_dict

    @property
    def ready_op(self) -> Any:
        """The tensor with the names of what is not initialised."""
        return self._ready_op

    @property
    def ready_for_local_init_op(self) -> Any:
        """The tensor with the names of what `local_init_op` still needs."""
        return self._ready_for_local_init_op

    @property
    def summary_writer(self) -> Any:
        """The writer of the event file, or None."""
        return self._summary_writer

    @property
    def summary_op(self) -> Any:
        """The tensor of all summaries, or None."""
        return self._summary_op

    @property
    def save_summaries_secs(self) -> Any:
        """Seconds between two summaries."""
        return self._save_summaries_secs

    @property
    def global_step(self) -> Any:
        """The number of the step, or None."""
        return self._global_step

    @property
    def saver(self) -> Any:
        """The Saver, or None."""
        return self._saver

    @property
    def save_model_secs(self) -> Any:
        """Seconds between two checkpoints."""
        return self._save_model_secs

    @property
    def save_path(self) -> str | None:
        """The path of checkpoints, before the number of the step, or None."""
        return self._save_path


def _left_out(value: Any) -> bool:
    return isinstance(value, int) and value == Supervisor.USE_DEFAULT


def _given(value: Any, key: str, make: Callable[[], Any]) -> Any:
    """What was given, None included; else the first item of a collection; else what `make` makes, which is put there."""
    if not _left_out(value):
        return value
    graph = get_default_graph()
    found = graph.get_collection(key)
    if found:
        return found[0]
    made = make()
    if made is not None:
        graph.add_to_collection(key, made)
    return made


def _nothing() -> None:
    return None


def _initialize_local() -> Any:
    return group(local_variables_initializer(), tables_initializer())


def _saver_of_all() -> Any:
    return Saver() if global_variables() else None


def _step_by_name() -> Any:
    """The tensor `global_step:0`, if there is one of an integer type."""
    try:
        step = get_default_graph().get_tensor_by_name("global_step:0")
    except KeyError:
        return None
    if step.dtype.base_dtype in (dtypes.int32, dtypes.int64):
        return step
    logging.warn("Found 'global_step' but is not an int type: %s", step.dtype)
    return None


class _ServiceThread(LooperThread):
    """A thread that does something for a Supervisor every so many seconds."""

    def __init__(self, supervisor: Supervisor, session: Any, seconds: float) -> None:
        super().__init__(supervisor.coord, seconds)
        self._supervisor = supervisor
        self._session = session

    def _step(self) -> int | None:
        step = self._supervisor.global_step
        return None if step is None else number_of_step(self._session, step)


class _SummaryThread(_ServiceThread):
    """Writes the summaries."""

    def run_loop(self) -> None:
        supervisor = self._supervisor
        if supervisor.global_step is None:
            summary, step = self._session.run(supervisor.summary_op), None
        else:
            summary, step = self._session.run([supervisor.summary_op, supervisor.global_step])
        logging.info("Recording summary at step %s.", step)
        supervisor.summary_writer.add_summary(summary, step)


class _SpeedThread(_ServiceThread):
    """Writes how many steps are made per second."""

    def start_loop(self) -> None:
        self._last_time = time.monotonic()
        self._last_step = self._step() or 0

    def run_loop(self) -> None:
        now, step = time.monotonic(), self._step() or 0
        seconds = now - self._last_time
        speed = (step - self._last_step) / seconds if seconds > 0 else float("inf")
        self._last_time, self._last_step = now, step
        tag = f"{self._supervisor.global_step.op.name}/sec"
        summary = messages.Summary(value=[messages.Summary.Value(tag=tag, simple_value=speed)])
        self._supervisor.summary_writer.add_summary(summary, step)
        logging.info("%s: %g", tag, speed)


class _CheckpointThread(_ServiceThread):
    """Saves checkpoints."""

    def run_loop(self) -> None:
        supervisor = self._supervisor
        logging.info("Saving checkpoint to path %s", supervisor.save_path)
        supervisor.saver.save(self._session, supervisor.save_path, global_step=supervisor.global_step)
        step = self._step()
        if supervisor.summary_writer is not None and step is not None:
            log = messages.SessionLog(status=messages.SessionLog.CHECKPOINT, checkpoint_path=supervisor.save_path)
            supervisor.summary_writer.add_session_log(log, step)


@export("train.basic_train_loop")
def basic_train_loop(
    supervisor: Supervisor,
    train_step_fn: Callable[..., Any],
    args: Iterable[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    master: str = "",
) -> None:
    """Call `train_step_fn(session, *args, **kwargs)` until the supervisor is told to stop; begin again when the session is aborted.

    Args:
      supervisor: makes the session.
      train_step_fn: makes one step.
      args, kwargs: further arguments for it.
      master: the target of the session.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(0.0)
    ...     add, supervisor = w.assign_add(1.0), Supervisor(save_model_secs=0)
    ...     def step(session):
    ...         if session.run(add) == 3.0:
    ...             supervisor.request_stop()
    ...     basic_train_loop(supervisor, step)
    """
    arguments, keywords = tuple(args or ()), dict(kwargs or {})
    while True:
        try:
            with supervisor.managed_session(master) as session:
                while not supervisor.should_stop():
                    train_step_fn(session, *arguments, **keywords)
            return
        except errors.AbortedError as error:
            logging.info("The session was aborted; a new one is made. Error: %s", error)
