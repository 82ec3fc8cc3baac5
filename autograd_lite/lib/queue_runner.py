"""Threads that keep queues full: `QueueRunner` and `start_queue_runners`."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from autograd_lite.core import errors
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.lib import logging
from autograd_lite.lib.queues import QueueBase
from autograd_lite.runtime.session import BaseSession, get_default_session
from autograd_lite.wire import messages

_MONITORED = ("MonitoredSession", "SingularMonitoredSession")  # these start their queue runners themselves


@export("train.QueueRunner", "train.queue_runner.QueueRunner")
class QueueRunner:
    """Runs the operations that fill a queue, each in a thread of its own, until there is nothing more to put.

    When the last of them raises an error that means the end of the data, the queue is closed. Any other error is given to the coordinator,
    which tells the main thread; without a coordinator it is logged and kept in `exceptions_raised`.

    Args:
      queue: the queue. enqueue_ops: the operations, each run again and again.
      close_op, cancel_op: operations that close it, the second without waiting for pending ones; made when not given.
      queue_closed_exception_types: which errors mean the end; (OutOfRangeError,) when not given.
      queue_runner_def, import_scope: make it of a QueueRunnerDef message instead.

    Raises:
      ValueError: no queue or no operations, or both ways to make one.
      TypeError: `queue_closed_exception_types` is no tuple of `tf.errors`.

    >>> import autograd_lite as tf
    >>> queue = tf.FIFOQueue(4, tf.float32, shapes=[[]])
    >>> tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(1.5)] * 2))
    >>> batch = queue.dequeue_many(3)
    >>> with tf.Session() as session:
    ...     coordinator = tf.train.Coordinator()
    ...     threads = tf.train.start_queue_runners(session, coordinator)
    ...     print(session.run(batch))
    ...     coordinator.request_stop()
    ...     coordinator.join(threads)
    [1.5 1.5 1.5]
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Any = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._running: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()  # session -> how many threads put in it
        self._exceptions_raised: list[BaseException] = []
        if queue_runner_def is not None:
            if queue is not None or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._read(queue_runner_def, import_scope)
            return
        if queue is None or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        self._queue = queue
        self._enqueue_ops = list(enqueue_ops)
        self._closed_types = _checked_types(queue_closed_exception_types)
        self._close_op = queue.close() if close_op is None else close_op
        self._cancel_op = queue.close(cancel_pending_enqueues=True) if cancel_op is None else cancel_op

    def _read(self, queue_runner_def: Any, import_scope: str | None) -> None:
        def found(name: str) -> Any:
            return get_default_graph().as_graph_element(f"{import_scope}/{name}" if import_scope else name)

        self._queue = found(queue_runner_def.queue_name)
        self._enqueue_ops = [found(name) for name in queue_runner_def.enqueue_op_name]
        self._close_op = found(queue_runner_def.close_op_name)
        self._cancel_op = found(queue_runner_def.cancel_op_name)
        codes = queue_runner_def.queue_closed_exception_types
        self._closed_types = tuple(errors.exception_type_from_error_code(code) for code in codes) or (errors.OutOfRangeError,)

    # ---------------------------------------------------------------- what it is

    @property
    def queue(self) -> Any:
        """The queue that it fills."""
        return self._queue

    @property
    def enqueue_ops(self) -> list[Operation]:
        """The operations that fill it."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Operation:
        """The operation that closes the queue when there is nothing more to put."""
        return self._close_op

    @property
    def cancel_op(self) -> Operation:
        """The operation that closes the queue at once."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[type[BaseException], ...]:
        """The errors that mean the end of the data."""
        return self._closed_types

    @property
    def name(self) -> str:
        """The name of the queue."""
        return self._queue.name

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """Errors of its threads that no coordinator was there to take."""
        return self._exceptions_raised

    # ---------------------------------------------------------------- threads

    def create_threads(self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False) -> list[threading.Thread]:
        """Make the threads that fill the queue in a session, one for each operation, and one that cancels when the coordinator stops.

        Args:
          coord: a `tf.train.Coordinator`. daemon: the program may end while they run. start: start them.

        Returns:
          The threads; none when those made before for this session still run.
        """
        with self._lock:
            if self._running.get(sess, 0) > 0:
                return []
            self._running[sess] = len(self._enqueue_ops)
            self._exceptions_raised = []
        prefix = f"QueueRunnerThread-{self.name}"
        threads = [threading.Thread(target=self._fill, args=(sess, op, coord), name=f"{prefix}-{op.name}") for op in self._enqueue_ops]
        if coord is not None:
            threads.append(threading.Thread(target=self._cancel_on_stop, args=(sess, coord), name=f"{prefix}-close_on_stop"))
        for thread in threads:
            if coord is not None:
                coord.register_thread(thread)
            thread.daemon = daemon
            if start:
                thread.start()
        return threads

    def _fill(self, session: Any, enqueue_op: Operation, coordinator: Any) -> None:
        counted = True
        try:
            put = session.make_callable(enqueue_op)
            while coordinator is None or not coordinator.should_stop():
                try:
                    put()
                except self._closed_types:
                    counted = False
                    self._end_of_data(session)
                    return
        except Exception as error:
            if coordinator is not None:
                coordinator.request_stop(error)
                return
            logging.error("Exception in QueueRunner: %s", str(error))
            with self._lock:
                self._exceptions_raised.append(error)
            if not isinstance(error, errors.CancelledError):  # the session was closed: nothing to be shown as a crash
                raise
        finally:
            if counted:
                with self._lock:
                    self._running[session] -= 1

    def _end_of_data(self, session: Any) -> None:
        with self._lock:
            self._running[session] -= 1
            is_last = self._running[session] == 0
        if is_last:
            self._run_quietly(session, self._close_op)

    def _cancel_on_stop(self, session: Any, coordinator: Any) -> None:
        coordinator.wait_for_stop()
        self._run_quietly(session, self._cancel_op)

    @staticmethod
    def _run_quietly(session: Any, op: Operation) -> None:
        try:
            session.run(op)
        except Exception as error:  # the queue, or the session, is closed already
            logging.vlog(1, "Ignored exception: %s", str(error))

    # ---------------------------------------------------------------- files

    def to_proto(self, export_scope: str | None = None) -> Any:
        """A QueueRunnerDef message, with names relative to `export_scope`; None when the queue is outside it."""
        prefix = f"{export_scope}/" if export_scope else ""
        queue_name = self._queue.queue_ref.op.name if isinstance(self._queue, QueueBase) else self._queue.name
        if not queue_name.startswith(prefix):
            return None

        def name(item: Any) -> str:
            return item.name.removeprefix(prefix)

        codes = [kind.code_of_class for kind in self._closed_types]  # type: ignore[attr-defined]
        return messages.QueueRunnerDef(
            queue_name=queue_name.removeprefix(prefix),
            enqueue_op_name=[name(op) for op in self._enqueue_ops],
            close_op_name=name(self._close_op),
            cancel_op_name=name(self._cancel_op),
            queue_closed_exception_types=codes,
        )

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """Make a runner of a QueueRunnerDef message."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


def _checked_types(kinds: Any) -> tuple[type[BaseException], ...]:
    if kinds is None:
        return (errors.OutOfRangeError,)
    known = isinstance(kinds, tuple) and kinds and all(isinstance(kind, type) and issubclass(kind, errors.OpError) for kind in kinds)
    if not known:
        shown = ", ".join(map(str, kinds)) if isinstance(kinds, tuple) else str(kinds)
        raise TypeError(f"queue_closed_exception_types, when provided, must be a tuple of tf.error types, but saw: {shown}")
    return kinds


@export("train.add_queue_runner", "train.queue_runner.add_queue_runner")
def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """List a queue runner in a collection of the graph, for `start_queue_runners`."""
    get_default_graph().add_to_collection(collection, qr)


@export("train.start_queue_runners", "train.queue_runner.start_queue_runners")
def start_queue_runners(
    sess: Any = None, coord: Any = None, daemon: bool = True, start: bool = True, collection: str = GraphKeys.QUEUE_RUNNERS
) -> list[threading.Thread]:
    """Start the threads of all queue runners in a collection of the graph; returns the threads.

    Args:
      sess: the session; the default one when not given. coord: the `tf.train.Coordinator` that stops them.
      daemon: the program may end while they run. start: start them, or only make them.

    Raises:
      ValueError: there is no session.
      TypeError: `sess` is none.
    """
    if sess is None:
        sess = get_default_session()
        if sess is None:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with sess.as_default()` or pass an explicit session to "
                "tf.start_queue_runners(sess=sess)"
            )
    if not isinstance(sess, BaseSession):
        if type(sess).__name__ in _MONITORED:
            return []
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {sess.__class__}")
    runners = sess.graph.get_collection(collection)
    if not runners:
        logging.warn(
            "`tf.train.start_queue_runners()` was called when no queue runners were defined. You can safely remove the call to this "
            "deprecated function."
        )
    with sess.graph.as_default():
        return [thread for runner in runners for thread in runner.create_threads(sess, coord=coord, daemon=daemon, start=start)]
