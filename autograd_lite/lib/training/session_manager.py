"""`tf.train.SessionManager`: makes a session whose variables are ready, from a checkpoint or by initialising them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core import errors
from autograd_lite.core.export import export
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.lib import logging
from autograd_lite.lib.checkpoint_state import get_checkpoint_state
from autograd_lite.runtime.session import Session


@export("train.SessionManager")
class SessionManager:
    """Makes sessions that are ready: restored from the last checkpoint, or else initialised; then the local variables are initialised.

    Args:
      local_init_op: an operation to run in each new session, after its variables are there: local variables, tables.
      ready_op: a tensor with the names of what is not ready; empty when all is (`tf.report_uninitialized_variables()`).
      ready_for_local_init_op: the same, for what `local_init_op` needs.
      graph: the graph to run; the default graph unless given.
      recovery_wait_secs: how long to wait between two looks at a checkpoint or a model that is not ready.
      local_init_run_options: a RunOptions message for the run of `local_init_op`.

    Raises:
      ValueError: `ready_for_local_init_op` without `local_init_op`.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(3.0)
    ...     manager = SessionManager(ready_op=tf.report_uninitialized_variables())
    ...     with manager.prepare_session("", init_op=tf.global_variables_initializer()) as session:
    ...         print(session.run(w))
    3.0
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Graph | None = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
    ) -> None:
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError(
                "If you pass a ready_for_local_init_op you must also pass a local_init_op "
                f", ready_for_local_init_op [{ready_for_local_init_op}]"
            )
        self._local_init_op = local_init_op
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._graph = get_default_graph() if graph is None else graph
        self._recovery_wait_secs = recovery_wait_secs
        self._local_init_run_options = local_init_run_options

    def prepare_session(
        self,
        master: str,
        init_op: Any = None,
        saver: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Any], Any] | None = None,
    ) -> Session:
        """A session that is ready: restored by `saver` if there is a checkpoint, else initialised by `init_op` and `init_fn(session)`.

        Args:
          master: the target of the session.
          init_op: the operation that initialises the model. init_feed_dict: what to feed it.
          saver: restores from `checkpoint_dir`, its latest checkpoint, or from `checkpoint_filename_with_path`.
          wait_for_checkpoint: whether to wait for a checkpoint to appear, `max_wait_secs` at most.
          config: a ConfigProto message.
          init_fn: called with the session after `init_op`.

        Raises:
          RuntimeError: there is no way to initialise the model, or it is not ready after that.
          ValueError: both a folder and a file are given.
        """
        session, is_loaded = self._restored(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config
        )
        try:
            if not is_loaded:
                self._initialize(session, init_op, init_feed_dict, init_fn)
            why_not = self._run_local_init_op(session)
            if why_not is not None:
                raise RuntimeError(
                    "Init operations did not make model ready for local_init.  "
                    f"Init op: {_name_of(init_op)}, init fn: {init_fn}, error: {why_not}"
                )
            why_not = why_not_ready(self._ready_op, session, "Model not ready")
            if why_not is not None:
                raise RuntimeError(
                    f"Init operations did not make model ready.  Init op: {_name_of(init_op)}, init fn: {init_fn}, "
                    f"local_init_op: {self._local_init_op}, error: {why_not}"
                )
        except BaseException:
            session.close()
            raise
        return session

    def _initialize(self, session: Session, init_op: Any, feed_dict: Any, init_fn: Callable[[Any], Any] | None) -> None:
        if init_op is None and init_fn is None and self._local_init_op is None:
            raise RuntimeError(
                "Model is not initialized and no init_op or init_fn or local_init_op was given\n"
                "  There was no checkpoint to restore either. Pass init_op=tf.global_variables_initializer()."
            )
        if init_op is not None:
            session.run(init_op, feed_dict=feed_dict)
        if init_fn is not None:
            init_fn(session)

    def recover_session(
        self,
        master: str,
        saver: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Session, bool]:
        """A session restored from a checkpoint, and whether that made it ready; the arguments are those of `prepare_session`."""
        session, is_loaded = self._restored(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint, max_wait_secs, config
        )
        try:
            not_local = self._run_local_init_op(session)
            if not is_loaded:
                return session, False
            source = checkpoint_dir or checkpoint_filename_with_path
            if not_local is not None:
                logging.info("Restoring model from %s did not make model ready for local init: %s", source, not_local)
                return session, False
            why_not = why_not_ready(self._ready_op, session, "Model not ready")
            if why_not is not None:
                logging.info("Restoring model from %s did not make model ready: %s", source, why_not)
                return session, False
        except BaseException:
            session.close()
            raise
        logging.info("Restored model from %s", source)
        return session, True

    def wait_for_session(self, master: str, config: Any = None, max_wait_secs: float | None = float("inf")) -> Session:
        """A session whose model somebody else (the chief) has made ready; looks again every `recovery_wait_secs`.

        Raises:
          DeadlineExceededError: it is not ready after `max_wait_secs`.
        """
        limit = float("inf") if max_wait_secs is None else max_wait_secs
        until = time.monotonic() + limit
        while True:
            session = Session(master, graph=self._graph, config=config)
            try:
                not_local, why_not = self._run_local_init_op(session), None
                if not_local is None:
                    why_not = why_not_ready(self._ready_op, session, "Model not ready")
                    if why_not is None:
                        return session
            except BaseException:
                session.close()
                raise
            session.close()
            if until - time.monotonic() < self._recovery_wait_secs:
                raise errors.DeadlineExceededError(None, None, f"Session was not ready after waiting {int(limit)} secs.")
            logging.info("Waiting for model to be ready.  Ready_for_local_init_op:  %s, ready: %s", not_local, why_not)
            time.sleep(self._recovery_wait_secs)

    def _restored(
        self, master: str, saver: Any, folder: str | None, file: str | None, wait: bool, max_wait_secs: float, config: Any
    ) -> tuple[Session, bool]:
        """A new session, and whether it was restored from a checkpoint."""
        if folder and file:
            raise ValueError("Can not provide both checkpoint_dir and checkpoint_filename_with_path.")
        session = Session(master, graph=self._graph, config=config)
        if saver is None or not (folder or file):
            return session, False
        try:
            if file:
                saver.restore(session, file)
                return session, True
            state = self._checkpoint_in(folder, wait, max_wait_secs)
            if state is None:
                return session, False
            saver.restore(session, state.model_checkpoint_path)
            saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        except BaseException:
            session.close()
            raise
        return session, True

    def _checkpoint_in(self, folder: Any, wait: bool, max_wait_secs: float) -> Any:
        """The CheckpointState of a folder; None when there is none, even after waiting."""
        until = time.monotonic() + max_wait_secs
        while True:
            state = get_checkpoint_state(folder)
            if state is not None and state.model_checkpoint_path:
                return state
            if not wait or time.monotonic() >= until:
                return None
            logging.info("Waiting for checkpoint to be available.")
            time.sleep(self._recovery_wait_secs)

    def _run_local_init_op(self, session: Session) -> str | None:
        """Run `local_init_op` if the model is ready for it; returns why it is not, or None."""
        if self._local_init_op is None:
            return None
        why_not = why_not_ready(self._ready_for_local_init_op, session, "Model not ready for local init")
        if why_not is None:
            logging.info("Running local_init_op.")
            session.run(self._local_init_op, options=self._local_init_run_options)
            logging.info("Done running local_init_op.")
        return why_not


def why_not_ready(ready_op: Any, session: Session, message: str) -> str | None:
    """What is not ready, in words; None when all is."""
    if ready_op is None:
        return None
    try:
        value = session.run(ready_op)
    except errors.FailedPreconditionError as error:
        if "uninitialized" not in str(error):
            logging.warn("%s : error [%s]", message, error)
            raise
        return str(error)
    if value is None or value.dtype == np.int32 or value.size == 0:
        return None
    return "Variables not initialized: " + ", ".join(name.decode() for name in value)


def _name_of(operation: Any) -> Any:
    return getattr(operation, "name", operation)
