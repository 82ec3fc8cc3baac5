"""`tf.contrib.slim.learning.train`: a training loop with checkpoints, summaries and a log, by way of the Supervisor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from autograd_lite.api.control import group
from autograd_lite.api.raw import raw
from autograd_lite.core.errors import OutOfRangeError
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.lib import logging
from autograd_lite.lib.saver import Saver
from autograd_lite.lib.summary import merge_all
from autograd_lite.lib.tables import tables_initializer
from autograd_lite.lib.training.supervisor import Supervisor
from autograd_lite.lib.training_util import get_or_create_global_step
from autograd_lite.lib.variables import global_variables_initializer, local_variables_initializer, report_uninitialized_variables
from autograd_lite.runtime.session import Session

_USE_DEFAULT = 0


@export("contrib.slim.learning.train_step")
def train_step(sess: Session, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]) -> tuple[Any, bool]:
    """One step of `train`: run it, log it now and then, and say whether to stop.

    Args:
      sess: the session.
      train_op: the tensor of `create_train_op`.
      global_step: the counter of steps.
      train_step_kwargs: `should_log` and `should_stop`, boolean tensors.

    Returns:
      The loss, and whether the last step is done.
    """
    begin = time.monotonic()
    loss, step = sess.run([train_op, global_step])
    elapsed = time.monotonic() - begin
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        logging.info("global step %d: loss = %.4f (%.3f sec/step)", int(step), float(loss), elapsed)
    stop = bool(sess.run(train_step_kwargs["should_stop"])) if "should_stop" in train_step_kwargs else False
    return loss, stop


@export("contrib.slim.learning.train")
def train(
    train_op: Any,
    logdir: str | None,
    train_step_fn: Callable[..., tuple[Any, bool]] = train_step,
    train_step_kwargs: Any = _USE_DEFAULT,
    log_every_n_steps: int = 1,
    graph: Graph | None = None,
    master: str = "",
    is_chief: bool = True,
    global_step: Any = None,
    number_of_steps: int | None = None,
    init_op: Any = _USE_DEFAULT,
    init_feed_dict: Any = None,
    local_init_op: Any = _USE_DEFAULT,
    init_fn: Callable[[Any], Any] | None = None,
    ready_op: Any = _USE_DEFAULT,
    summary_op: Any = _USE_DEFAULT,
    save_summaries_secs: float = 600,
    summary_writer: Any = _USE_DEFAULT,
    startup_delay_steps: int = 0,
    saver: Saver | None = None,
    save_interval_secs: float = 600,
    sync_optimizer: Any = None,
    session_config: Any = None,
    session_wrapper: Callable[[Session], Any] | None = None,
    trace_every_n_steps: int | None = None,
    ignore_live_threads: bool = False,
) -> Any:
    """Run training steps until enough are done, with checkpoints and summaries in a folder; returns the last loss.

    Args:
      train_op: the tensor of `create_train_op`.
      logdir: the folder; None for no files.
      train_step_fn, train_step_kwargs: what one step does; see `train_step`.
      log_every_n_steps: how often the loss is logged; 0: never.
      graph: the graph; the default one if None.
      number_of_steps: stop when the global step reaches this; None: never.
      init_op, init_feed_dict, local_init_op, init_fn, ready_op, summary_op, summary_writer, saver: see `tf.train.Supervisor`.
      save_summaries_secs, save_interval_secs: how often summaries and checkpoints are written.
      startup_delay_steps, sync_optimizer, master: for several machines; accepted where they mean nothing on one.
      session_config: a ConfigProto.
      session_wrapper: a function from the session to what is used instead, such as a debugger.
      trace_every_n_steps: for the profiler; accepted.
      ignore_live_threads: whether threads that do not end are no error.

    Raises:
      ValueError: there is no `train_op`, or a negative number of steps.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(1.0)
    >>> step = tf.contrib.slim.learning.create_train_op(w * w, tf.train.GradientDescentOptimizer(0.25))
    >>> print(tf.contrib.slim.learning.train(step, None, number_of_steps=3, log_every_n_steps=0))
    0.0625
    """
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if logdir is None and summary_writer not in (_USE_DEFAULT, None):
        raise ValueError("Cannot provide summary_writer when logdir is None.")
    if logdir is None and trace_every_n_steps is not None:
        raise ValueError("Cannot provide trace_every_n_steps when logdir is None.")
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")
    graph = graph or get_default_graph()
    with graph.as_default():
        step = global_step if global_step is not None else get_or_create_global_step()
        saver = saver or Saver()
        keywords = _step_keywords(step, number_of_steps, log_every_n_steps) if train_step_kwargs == _USE_DEFAULT else train_step_kwargs
        with name_scope("init_ops"):
            start = global_variables_initializer() if init_op == _USE_DEFAULT else init_op
            ready = report_uninitialized_variables() if ready_op == _USE_DEFAULT else ready_op
            local = _local_start() if local_init_op == _USE_DEFAULT else local_init_op
        summaries = merge_all() if summary_op == _USE_DEFAULT else summary_op
        writer = {} if summary_writer == _USE_DEFAULT else {"summary_writer": summary_writer}
        supervisor = Supervisor(
            graph=graph, is_chief=is_chief, logdir=logdir, init_op=start, init_feed_dict=init_feed_dict, local_init_op=local,
            ready_op=ready, summary_op=summaries, global_step=step, saver=saver, save_summaries_secs=save_summaries_secs,
            save_model_secs=save_interval_secs, init_fn=init_fn, **writer,
        )  # fmt: skip
    return _loop(supervisor, train_op, step, train_step_fn, keywords, master, session_config, session_wrapper, ignore_live_threads)


def _step_keywords(step: Any, number_of_steps: int | None, log_every_n_steps: int) -> dict[str, Any]:
    """The tensors that say whether to log and whether to stop, after a step was counted."""
    keywords = {}
    with name_scope("train_step"):
        if number_of_steps:
            keywords["should_stop"] = raw.GreaterEqual(step, number_of_steps)
        if log_every_n_steps > 0:
            keywords["should_log"] = raw.Equal(raw.FloorMod(step, log_every_n_steps), 0)
    return keywords


def _local_start() -> Any:
    return group(local_variables_initializer(), tables_initializer())


def _loop(
    supervisor: Supervisor, train_op: Any, step: Any, step_function: Callable[..., tuple[Any, bool]], keywords: dict[str, Any],
    master: str, session_config: Any, session_wrapper: Any, ignore_live_threads: bool,
) -> Any:  # fmt: skip
    """Steps until one says that it was the last or a thread asks to stop; then a last checkpoint."""
    loss = None
    with supervisor.managed_session(master, start_standard_services=False, config=session_config) as session:
        logging.info("Starting Session.")
        session = session if session_wrapper is None else session_wrapper(session)
        if supervisor.is_chief and supervisor._logdir is not None:
            supervisor.start_standard_services(session)
        supervisor.start_queue_runners(session)
        logging.info("Starting Queues.")
        while not supervisor.should_stop():
            try:
                loss, done = step_function(session, train_op, step, keywords)
            except OutOfRangeError as error:  # the input is at its end
                logging.info("Caught OutOfRangeError. Stopping Training. %s", error)
                break
            if done:
                logging.info("Stopping Training.")
                break
        supervisor.stop(ignore_live_threads=ignore_live_threads, close_summary_writer=False)  # so that no thread saves after this
        if supervisor.is_chief and supervisor.save_path:
            logging.info("Finished training! Saving model to disk.")
            supervisor.saver.save(session, supervisor.save_path, global_step=supervisor.global_step)
    return loss
