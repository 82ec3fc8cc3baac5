"""The hook that writes what a monitored session measures into a training history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from autograd_lite.graph.operation import Operation
from autograd_lite.lib.training.basic_hooks import SecondOrStepTimer, graph_element
from autograd_lite.lib.training.coordinator import Coordinator
from autograd_lite.lib.training.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from autograd_lite.lib.training_util import get_or_create_global_step_read


class Record(Protocol):
    """What the hook needs of a history."""

    def append(self, step: Any, values: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Add what was measured at a step."""

    def rewind(self, step: int, names: Iterable[str] | None = None) -> None:
        """Forget what was measured after a step."""


class HistoryHook(SessionRunHook):
    """Appends the values of tensors to a history, every so many steps or seconds. `TrainingHistory.hook` makes it.

    Args:
      history: gets the values.
      tensors: a dict from names to tensors or names of tensors, or a list of them.
      every_n_steps, every_n_secs: how often; at every step unless given.

    Raises:
      ValueError: both of them, or one that is not positive.
    """

    def __init__(self, history: Record, tensors: Any, every_n_steps: int | None = None, every_n_secs: float | None = None) -> None:
        for word, often in (("every_n_steps", every_n_steps), ("every_n_secs", every_n_secs)):
            if often is not None and often <= 0:
                raise ValueError(f"{word} must be positive, received {often!r}")
        if every_n_steps is None and every_n_secs is None:
            every_n_steps = 1
        self._history = history
        self._tensors = tensors
        self._timer = SecondOrStepTimer(every_secs=every_n_secs, every_steps=every_n_steps)
        self._kept: dict[str, Any] = {}
        self._step: Any = None  # the tensor with the global step; None where runs are counted
        self._last = 0  # the step of the last run
        self._is_due = False
        self._has_begun = False

    def begin(self) -> None:
        """Find the tensors, and the global step."""
        self._kept = {name: _without_dimensions(name, graph_element(tensor)) for name, tensor in _named(self._tensors)}
        self._step = get_or_create_global_step_read()
        self._timer.reset()
        self._last = 0
        self._has_begun = False

    def after_create_session(self, session: Any, coord: Coordinator) -> None:
        """Take back what was measured after the step at which this session goes on."""
        if self._step is None:
            return
        self._last = int(session.run(self._step))
        if self._has_begun or self._last > 0:
            self._history.rewind(self._last, self._kept)
            self._timer.reset()
        self._has_begun = True

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the values when it is time."""
        self._is_due = self._timer.should_trigger_for_step(self._last + 1)
        return SessionRunArgs(self._kept) if self._is_due else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Keep the values of a run that made a step. The step is read after the run: fetched in it, it may be that before the update."""
        before = self._last
        self._last = before + 1 if self._step is None else int(run_context.session.run(self._step))
        if self._is_due and self._last > before:
            self._history.append(self._last, run_values.results)
            self._timer.update_last_triggered_step(self._last)


def _named(tensors: Any) -> list[tuple[str, Any]]:
    if isinstance(tensors, Mapping):
        return list(tensors.items())
    listed = tensors if isinstance(tensors, list | tuple) else [tensors]
    return [(tensor if isinstance(tensor, str) else tensor.op.name, tensor) for tensor in listed]


def _without_dimensions(name: str, tensor: Any) -> Any:
    if isinstance(tensor, Operation):
        raise ValueError(f"A history keeps numbers, but {name!r} is {tensor!r}, which gives none. Give the tensor with the number.")
    if tensor.shape.ndims not in (None, 0):
        raise ValueError(f"A history keeps single numbers, but {name!r} is {tensor!r}. Give a mean or sum of it: tf.reduce_mean(x).")
    return tensor
