"""`tf.contrib.slim.learning.train`: a training loop with checkpoints, summaries and a log, by way of the Supervisor."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from autograd_lite.api.control import group
from autograd_lite.api.raw import raw
from autograd_lite.core.errors import OutOfRangeError
from autograd_lite.core.export import export
from autograd_lite.core.safe_write import replacing
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.lib import logging
from autograd_lite.lib.saver import Saver
from autograd_lite.lib.summary import merge_all
from autograd_lite.lib.tables import tables_initializer
from autograd_lite.lib.training.supervisor import Supervisor
from autograd_lite.lib.training.sync_replicas import SyncReplicasOptimizer
from autograd_lite.lib.training_util import get_or_create_global_step
from autograd_lite.lib.variables import global_variables_initializer, local_variables_initializer, report_uninitialized_variables
from autograd_lite.runtime.session import Session
from autograd_lite.runtime.timeline import Timeline
from autograd_lite.wire import messages

_USE_DEFAULT = 0


@export("contrib.slim.learning.train_step")
def train_step(sess: Session, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]) -> tuple[Any, bool]:
    """One step of `train`: run it, log it now and then, and say whether to stop.

    Args:
      sess: the session.
      train_op: the tensor of `create_train_op`.
      global_step: the counter of steps.
      train_step_kwargs: `should_log`, `should_stop` and `should_trace`, boolean tensors; for traces also `logdir`, and the
        `summary_writer` that shall hold them too.

    Returns:
      The loss, and whether the last step is done.

    Raises:
      ValueError: `should_trace` without `logdir`.
    """
    traced = False
    if "should_trace" in train_step_kwargs:
        if "logdir" not in train_step_kwargs:
            raise ValueError("logdir must be present in train_step_kwargs when should_trace is present")
        traced = bool(sess.run(train_step_kwargs["should_trace"]))
    options = messages.RunOptions(trace_level=messages.RunOptions.FULL_TRACE) if traced else None
    metadata = messages.RunMetadata() if traced else None
    begin = time.monotonic()
    loss, step = sess.run([train_op, global_step], options=options, run_metadata=metadata)
    elapsed = time.monotonic() - begin
    if metadata is not None:
        _write_trace(metadata, int(step), train_step_kwargs)
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        logging.info("global step %d: loss = %.4f (%.3f sec/step)", int(step), float(loss), elapsed)
    stop = bool(sess.run(train_step_kwargs["should_stop"])) if "should_stop" in train_step_kwargs else False
    return loss, stop


def _write_trace(metadata: Any, step: int, keywords: dict[str, Any]) -> None:
    """A file for the trace viewer of Chrome, and the trace for TensorBoard."""
    path = os.path.join(keywords["logdir"], f"tf_trace-{step}.json")
    logging.info("Writing trace to %s", path)
    text = Timeline(metadata.step_stats).generate_chrome_trace_format()
    with replacing(path, "w") as file:
        file.write(text)
    if "summary_writer" in keywords:
        keywords["summary_writer"].add_run_metadata(metadata, f"run_metadata-{step}")


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
      is_chief: whether this program writes checkpoints and summaries; others wait until `startup_delay_steps` steps are counted.
      sync_optimizer: the SyncReplicasOptimizer, or several, that `train_op` uses.
      master: the session's target.
      session_config: a ConfigProto.
      session_wrapper: a function from the session to what is used instead, such as a debugger.
      trace_every_n_steps: how often a step is traced, into `tf_trace-<step>.json`; None: never.
      ignore_live_threads: whether threads that do not end are no error.

    Raises:
      ValueError: there is no `train_op`, a negative number of steps, or arguments that do not go together.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(1.0)
    >>> step = tf.contrib.slim.learning.create_train_op(w * w, tf.train.GradientDescentOptimizer(0.25))
    >>> print(tf.contrib.slim.learning.train(step, None, number_of_steps=3, log_every_n_steps=0))
    0.0625
    """
    _check(train_op, logdir, summary_writer, trace_every_n_steps, number_of_steps, sync_optimizer, startup_delay_steps)
    graph = graph or get_default_graph()
    with graph.as_default():
        step = global_step if global_step is not None else get_or_create_global_step()
        saver = saver or Saver()
        replicas = _Replicas(sync_optimizer, is_chief)
        with name_scope("init_ops"):
            start = global_variables_initializer() if init_op == _USE_DEFAULT else init_op
            ready = report_uninitialized_variables() if ready_op == _USE_DEFAULT else ready_op
            local = _local_start() if local_init_op == _USE_DEFAULT else local_init_op
        summaries = merge_all() if summary_op == _USE_DEFAULT else summary_op
        writer = {} if summary_writer == _USE_DEFAULT else {"summary_writer": summary_writer}
        traces = trace_every_n_steps if logdir is not None else None
        own = train_step_kwargs != _USE_DEFAULT
        keywords = train_step_kwargs if own else _step_keywords(step, number_of_steps, log_every_n_steps, traces, logdir)
        supervisor = Supervisor(
            graph=graph, is_chief=is_chief, logdir=logdir, init_op=start, init_feed_dict=init_feed_dict, local_init_op=local,
            ready_op=ready, summary_op=summaries, global_step=step, saver=saver, save_summaries_secs=save_summaries_secs,
            save_model_secs=save_interval_secs, init_fn=init_fn, **writer,
        )  # fmt: skip
        if not own and summary_writer is not None and supervisor.summary_writer is not None:
            keywords["summary_writer"] = supervisor.summary_writer
    first = 0 if is_chief else min(startup_delay_steps, number_of_steps or startup_delay_steps)
    with supervisor.managed_session(master, start_standard_services=False, config=session_config) as session:
        logging.info("Starting Session.")
        session = session if session_wrapper is None else session_wrapper(session)
        if is_chief and logdir is not None:
            supervisor.start_standard_services(session)
        _wait_for_step(session, step, first)
        supervisor.start_queue_runners(session)
        logging.info("Starting Queues.")
        replicas.start(supervisor, session)
        return _loop(supervisor, session, lambda: train_step_fn(session, train_op, step, keywords), ignore_live_threads)


def _check(
    train_op: Any, logdir: str | None, summary_writer: Any, trace_every_n_steps: int | None, number_of_steps: int | None,
    sync_optimizer: Any, startup_delay_steps: int,
) -> None:  # fmt: skip
    """Arguments that do not go together are refused before anything is built."""
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if logdir is None and summary_writer not in (_USE_DEFAULT, None):
        raise ValueError("Cannot provide summary_writer because logdir is None.")
    if logdir is None and trace_every_n_steps is not None:
        raise ValueError("Cannot provide trace_every_n_steps because logdir is None.")
    if sync_optimizer is not None and startup_delay_steps > 0:
        raise ValueError("startup_delay_steps must be zero when sync_optimizer is supplied.")
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")


class _Replicas:
    """What SyncReplicasOptimizers need before and when the training starts; nothing if there are none."""

    def __init__(self, optimizers: Any, is_chief: bool) -> None:
        given = [] if optimizers is None else optimizers if isinstance(optimizers, list | tuple) else [optimizers]
        for optimizer in given:
            if not isinstance(optimizer, SyncReplicasOptimizer):
                raise ValueError(f"`sync_optimizer` must be a tf.train.SyncReplicasOptimizer or a list of them.\n  Got {optimizer!r}.")
        self._hooks = [optimizer.make_session_run_hook(is_chief) for optimizer in given]
        for hook in self._hooks:
            hook.begin()  # what it builds is built while the graph is open

    def start(self, supervisor: Supervisor, session: Any) -> None:
        """Set the steps of the replicas, hand out the first tokens, and let the chief's threads run."""
        for hook in self._hooks:
            hook.after_create_session(session, supervisor.coord)


def _step_keywords(
    step: Any, number_of_steps: int | None, log_every_n_steps: int, trace_every_n_steps: int | None, logdir: str | None
) -> dict[str, Any]:
    """The tensors that say whether to trace the next step, and whether to log and to stop after it."""
    keywords: dict[str, Any] = {}
    with name_scope("train_step"):
        if number_of_steps:
            keywords["should_stop"] = raw.GreaterEqual(step, number_of_steps)
        if log_every_n_steps > 0:
            keywords["should_log"] = raw.Equal(raw.FloorMod(step, log_every_n_steps), 0)
        if trace_every_n_steps is not None:
            keywords["should_trace"] = raw.Equal(raw.FloorMod(step, trace_every_n_steps), 0)
            keywords["logdir"] = logdir
    return keywords


def _local_start() -> Any:
    return group(local_variables_initializer(), tables_initializer())


def _wait_for_step(session: Any, step: Any, wanted: int) -> None:
    """Wait until the global step, which somebody else counts, is `wanted`."""
    while int(session.run(step)) < wanted:
        time.sleep(1.0)


def _loop(supervisor: Supervisor, session: Any, one_step: Callable[[], tuple[Any, bool]], ignore_live_threads: bool) -> Any:
    """Steps until one says that it was the last or a thread asks to stop; then a last checkpoint."""
    loss = None
    while not supervisor.should_stop():
        try:
            loss, done = one_step()
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
