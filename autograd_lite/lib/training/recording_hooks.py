"""Hooks that write files: checkpoints, summaries, the speed of training, traces."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.core.safe_write import replacing
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.lib import logging
from autograd_lite.lib.graph_files import write_graph
from autograd_lite.lib.saver import export_meta_graph
from autograd_lite.lib.summary_writer import FileWriterCache
from autograd_lite.lib.training.basic_hooks import SecondOrStepTimer, step_for
from autograd_lite.lib.training.coordinator import Coordinator
from autograd_lite.lib.training.scaffold import Scaffold
from autograd_lite.lib.training.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from autograd_lite.lib.training_util import get_global_step
from autograd_lite.runtime.timeline import Timeline
from autograd_lite.wire import messages
from autograd_lite.wire.files import make_folders

_WARNINGS_OF_STEP = 5  # how often a global step that does not grow is told


@export("train.CheckpointSaverListener", "estimator.CheckpointSaverListener")
class CheckpointSaverListener:
    """The base of what wants to know when a CheckpointSaverHook saves: override what you need.

    >>> class Telling(CheckpointSaverListener):
    ...     def after_save(self, session, global_step_value):
    ...         print("saved step", global_step_value)
    """

    def begin(self) -> None:
        """Called once, before the session is made."""

    def before_save(self, session: Any, global_step_value: int) -> None:
        """Called before each save."""

    def after_save(self, session: Any, global_step_value: int) -> Any:
        """Called after each save; returning True ends the loop."""

    def end(self, session: Any, global_step_value: int) -> None:
        """Called at the end of the loop."""


@export("train.CheckpointSaverHook", "estimator.CheckpointSaverHook")
class CheckpointSaverHook(SessionRunHook):
    """Saves a checkpoint at the first step, every so many steps or seconds, and at the end.

    Args:
      checkpoint_dir: the folder.
      save_secs, save_steps: how often, in seconds or in steps.
      saver: saves. scaffold: or its saver; that of the graph's collection if neither is given.
      checkpoint_basename: the name of the files, before the number of the step.
      listeners: told before and after each save.

    Raises:
      ValueError: not exactly one of `save_secs` and `save_steps`, or both a saver and a scaffold.
    """

    def __init__(
        self,
        checkpoint_dir: str,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Any = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Scaffold | None = None,
        listeners: Iterable[CheckpointSaverListener] | None = None,
    ) -> None:
        logging.info("Create CheckpointSaverHook.")
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        self._saver = saver
        self._scaffold = scaffold
        self._checkpoint_dir = checkpoint_dir
        self._save_path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)
        self._listeners = list(listeners or ())
        self._global_step_tensor: Any = None
        self._summary_writer: Any = None

    def begin(self) -> None:
        """Open the event file of the folder."""
        self._global_step_tensor = step_for("CheckpointSaverHook")
        self._summary_writer = FileWriterCache.get(self._checkpoint_dir)
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Coordinator) -> None:
        """Write the graph, and the first checkpoint."""
        step = int(session.run(self._global_step_tensor))
        graph = get_default_graph()
        graph_def = graph.as_graph_def(add_shapes=True)
        write_graph(graph_def, self._checkpoint_dir, "graph.pbtxt")
        self._summary_writer.add_graph(graph)
        self._summary_writer.add_meta_graph(export_meta_graph(graph_def=graph_def, saver_def=self._get_saver().saver_def))
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the number of the step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Save when it is time."""
        if not self._timer.should_trigger_for_step(int(run_values.results) + 1):
            return
        step = int(run_context.session.run(self._global_step_tensor))
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._save(run_context.session, step):
                run_context.request_stop()

    def end(self, session: Any) -> None:
        """Save the last step."""
        last = int(session.run(self._global_step_tensor))
        if last != self._timer.last_triggered_step():
            self._save(session, last)
        for listener in self._listeners:
            listener.end(session, last)

    def _save(self, session: Any, step: int) -> bool:
        """Save; returns whether a listener wants to stop."""
        logging.info("Saving checkpoints for %d into %s.", step, self._save_path)
        for listener in self._listeners:
            listener.before_save(session, step)
        self._get_saver().save(session, self._save_path, global_step=step)
        log = messages.SessionLog(status=messages.SessionLog.CHECKPOINT, checkpoint_path=self._save_path)
        self._summary_writer.add_session_log(log, step)
        should_stop = False
        for listener in self._listeners:
            if listener.after_save(session, step):
                logging.info("A CheckpointSaverListener requested that training be stopped. %s", listener)
                should_stop = True
        return should_stop

    def _get_saver(self) -> Any:
        if self._saver is not None:
            return self._saver
        if self._scaffold is not None:
            return self._scaffold.saver
        savers = get_default_graph().get_collection(GraphKeys.SAVERS)
        if not savers:
            raise RuntimeError(
                f"No items in collection {GraphKeys.SAVERS}. Please add a saver to the collection or provide a saver or scaffold."
            )
        if len(savers) > 1:
            raise RuntimeError(
                f"More than one item in collection {GraphKeys.SAVERS}. "
                "Please indicate which one to use by passing it to the constructor."
            )
        self._saver = savers[0]
        return self._saver


@export("train.StepCounterHook", "estimator.StepCounterHook")
class StepCounterHook(SessionRunHook):
    """Logs how many steps are made per second, and writes it as a summary: `global_step/sec: 338.149`.

    Args:
      every_n_steps, every_n_secs: how often, in steps or seconds.
      output_dir: the folder of the event file. summary_writer: or the writer itself.

    Raises:
      ValueError: when not exactly one of `every_n_steps` and `every_n_secs` is given.
    """

    def __init__(
        self,
        every_n_steps: int | None = 100,
        every_n_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
    ) -> None:
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        self._timer = SecondOrStepTimer(every_steps=every_n_steps, every_secs=every_n_secs)
        self._output_dir = output_dir
        self._summary_writer = summary_writer
        self._global_step_tensor: Any = None
        self._summary_tag = ""
        self._last_step: int | None = None
        self._times_told = 0

    def begin(self) -> None:
        """Open the event file."""
        self._global_step_tensor = step_for("StepCounterHook")
        self._summary_tag = f"{get_global_step().op.name}/sec"
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = FileWriterCache.get(self._output_dir)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the number of the step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Log the speed when it is time; warn when the global step stands still."""
        stale = int(run_values.results)
        if self._timer.should_trigger_for_step(stale + 1):
            step = int(run_context.session.run(self._global_step_tensor))
            if self._timer.should_trigger_for_step(step):
                seconds, steps = self._timer.update_last_triggered_step(step)
                if seconds is not None and steps is not None:
                    self._log_and_record(steps, seconds, step)
        if stale == self._last_step and self._times_told < _WARNINGS_OF_STEP:
            self._times_told += 1
            logging.warn(
                "It seems that global step (tf.train.get_global_step) has not been increased. Current value (could be stable): %s vs "
                "previous value: %s. You could increase the global step by passing tf.train.get_global_step() to "
                "Optimizer.apply_gradients or Optimizer.minimize.",
                stale,
                self._last_step,
            )
        self._last_step = stale

    def _log_and_record(self, steps: int, seconds: float, step: int) -> None:
        speed = steps / seconds if seconds > 0 else float("inf")
        if self._summary_writer is not None:
            value = messages.Summary.Value(tag=self._summary_tag, simple_value=speed)
            self._summary_writer.add_summary(messages.Summary(value=[value]), step)
        logging.info("%s: %g", self._summary_tag, speed)


@export("train.SummarySaverHook", "estimator.SummarySaverHook")
class SummarySaverHook(SessionRunHook):
    """Writes summaries every so many steps or seconds, beginning with the first step.

    Args:
      save_steps, save_secs: how often, in steps or seconds.
      output_dir: the folder of the event file. summary_writer: or the writer itself.
      scaffold: its `summary_op` is written. summary_op: or this tensor or list of tensors.

    Raises:
      ValueError: when not exactly one of `scaffold` and `summary_op`, or of `save_steps` and `save_secs`, is given.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
        scaffold: Scaffold | None = None,
        summary_op: Any = None,
    ) -> None:
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)
        self._output_dir = output_dir
        self._summary_writer = summary_writer
        self._scaffold = scaffold
        self._summary_op = summary_op
        self._global_step_tensor: Any = None
        self._next_step: int | None = None
        self._request_summary = False

    def begin(self) -> None:
        """Open the event file."""
        self._global_step_tensor = step_for("SummarySaverHook")
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = FileWriterCache.get(self._output_dir)
        self._next_step = None

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the summaries when it is time."""
        self._request_summary = self._next_step is None or self._timer.should_trigger_for_step(self._next_step)
        requests = {"global_step": self._global_step_tensor}
        summaries = self._summaries() if self._request_summary else None
        if summaries is not None:
            requests["summary"] = summaries
        return SessionRunArgs(requests)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write them."""
        if self._summary_writer is None:
            return
        step = int(run_values.results["global_step"]) + 1
        if self._next_step is None or self._request_summary:
            step = int(run_context.session.run(self._global_step_tensor))
        if self._next_step is None:
            self._summary_writer.add_session_log(messages.SessionLog(status=messages.SessionLog.START), step)
        if self._request_summary:
            self._timer.update_last_triggered_step(step)
            for summary in run_values.results.get("summary", ()):
                self._summary_writer.add_summary(summary, step)
        self._next_step = step + 1

    def end(self, session: Any = None) -> None:
        """Write out what waits."""
        if self._summary_writer is not None:
            self._summary_writer.flush()

    def _summaries(self) -> list[Any] | None:
        summary_op = self._summary_op if self._summary_op is not None else self._scaffold and self._scaffold.summary_op
        if summary_op is None:
            return None
        return list(summary_op) if isinstance(summary_op, list | tuple) else [summary_op]


@export("train.ProfilerHook", "estimator.ProfilerHook")
class ProfilerHook(SessionRunHook):
    """Traces a run every so many steps or seconds, for the trace viewer of Chrome and for TensorBoard: `timeline-<step>.json`.

    Args:
      save_steps, save_secs: how often, in steps or seconds.
      output_dir: the folder.
      show_dataflow: draw an arrow from each node to those that take its output.
      show_memory: draw how many bytes the results take.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str = "",
        show_dataflow: bool = True,
        show_memory: bool = False,
    ) -> None:
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)
        self._output_dir = output_dir
        self._show_dataflow = show_dataflow
        self._show_memory = show_memory
        self._file_writer: Any = None
        self._global_step_tensor: Any = None
        self._next_step: int | None = None
        self._request_summary = False

    def begin(self) -> None:
        """Find the global step."""
        self._global_step_tensor = step_for("ProfilerHook")
        self._file_writer = FileWriterCache.get(self._output_dir) if self._output_dir else None
        self._next_step = None

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for a trace when it is time; never in the first run, which compiles."""
        self._request_summary = self._next_step is not None and self._timer.should_trigger_for_step(self._next_step)
        options = messages.RunOptions(trace_level=messages.RunOptions.FULL_TRACE) if self._request_summary else None
        return SessionRunArgs({"global_step": self._global_step_tensor}, options=options)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write the trace."""
        stale = int(run_values.results["global_step"])
        if self._next_step is None:
            self._timer.update_last_triggered_step(stale)
        step = stale + 1
        if self._request_summary:
            step = int(run_context.session.run(self._global_step_tensor))
            self._timer.update_last_triggered_step(step)
            self._save(step, run_values.run_metadata)
        self._next_step = step + 1

    def _save(self, step: int, run_metadata: Any) -> None:
        path = os.path.join(self._output_dir, f"timeline-{step}.json")
        logging.info("Saving timeline for %d into '%s'.", step, path)
        text = Timeline(run_metadata.step_stats).generate_chrome_trace_format(self._show_dataflow, self._show_memory)
        if self._output_dir:
            make_folders(self._output_dir)
        with replacing(path, "w") as file:
            file.write(text)
        if self._file_writer is not None:
            self._file_writer.add_run_metadata(run_metadata, f"step_{step}")
