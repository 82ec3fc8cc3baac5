"""`tf.TrainingHistory`: what a training loop measured, by name and step, to look at, keep and compare."""

from __future__ import annotations

import operator
import os
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

import numpy as np

from autograd_lite.core import optional
from autograd_lite.core.export import export
from autograd_lite.core.facade import method_from
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.training.history_files import read_events, read_json, write_csv, write_json
from autograd_lite.lib.training.history_hook import HistoryHook
from autograd_lite.lib.variable import Variable

History = TypeVar("History", bound="TrainingHistory")

MODES = ("auto", "min", "max")
_LARGE_IS_GOOD = {"acc", "accuracy", "auc", "bleu", "dice", "f1", "fscore", "iou", "precision", "r2", "recall", "reward", "score"}
_SMALL_IS_GOOD = {"cost", "crossentropy", "err", "error", "loss", "losses", "mae", "mape", "mse", "nll", "perplexity", "rmse", "xent"}
_LAST_STEP = 2**63 - 1


class Point(NamedTuple):
    """A number and the step at which it was measured."""

    step: int
    value: float


class Series:
    """The numbers of one name: steps that grow, and a float64 for each."""

    __slots__ = ("steps", "values")

    def __init__(self, steps: Iterable[int] = (), values: Iterable[float] = ()) -> None:
        self.steps = array("q", steps)
        self.values = array("d", values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Series) and self.steps == other.steps and np.array_equal(self.values, other.values, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def forget_after(self, step: int) -> None:
        """Drop what was measured at later steps."""
        kept = int(np.searchsorted(np.asarray(self.steps), step, side="right"))
        del self.steps[kept:], self.values[kept:]


@export("TrainingHistory")
class TrainingHistory(Mapping[str, np.ndarray]):
    """Named numbers by step: what a training loop measured, such as its loss and accuracy.

    `history["loss"]` is an array, `history.steps("loss")` the steps of its numbers. Printed, it is a table with the first, last and best
    value of each name, a curve drawn in characters, and warnings, such as a loss that became NaN; a notebook shows the curves.
    `history.hook({"loss": loss})` fills it from a monitored session, `from_events` from the files of TensorBoard.

    >>> import autograd_lite as tf
    >>> history = tf.TrainingHistory()
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     w = tf.Variable(0.0)
    ...     loss = tf.square(w - 5)
    ...     train = tf.train.GradientDescentOptimizer(0.25).minimize(loss)
    ...     session.run(tf.global_variables_initializer())
    ...     for step in range(1, 7):
    ...         _, value = session.run([train, loss])
    ...         history.append(step, loss=value)
    >>> history["loss"][:4]
    array([25.      ,  6.25    ,  1.5625  ,  0.390625])
    >>> history
    TrainingHistory: 6 values, steps 1 to 6
    <BLANKLINE>
    name  values  first  last     best          curve
    ----  ------  -----  -------  ------------  ------
    loss       6  25     0.02441  0.02441 at 6  █▃▁▁▁▁
    """

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}

    # ---------------------------------------------------------------- filling it

    def append(self, step: Any, values: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Add what was measured at a step: `history.append(step, loss=0.3)`, or `history.append(step, {"loss/train": 0.3})`.

        Args:
          step: a whole number, larger than the last step of each of the names.
          values, named: numbers, or arrays without dimensions, as `session.run` gives them. NaN and infinities are kept and warned of.

        Raises:
          ValueError: nothing is given, a value is not a single number, or the step does not come after the last one.
          TypeError: a step is not a whole number, a value not a number, or a name not a string.
        """
        number = _step(step)
        if values and not named.keys().isdisjoint(values):
            raise ValueError(f"{min(named.keys() & values.keys())!r} is given twice at step {number}.")
        new = {name: _scalar(name, number, value) for name, value in ({**values, **named} if values else named).items()}
        if not new:
            raise ValueError(f"Nothing to keep of step {number}: give numbers by name, as in append({number}, loss=0.5).")
        for name in new:
            self._check_order(name, number)
        for name, value in new.items():
            series = self._series.get(name)
            if series is None:
                series = self._series[name] = Series()
            series.steps.append(number)
            series.values.append(value)

    def _check_order(self, name: str, step: int) -> None:
        known = self._series.get(name)
        if known is None or known.steps[-1] < step:
            return
        raise ValueError(
            f"{name!r} at step {step} comes after its value at step {known.steps[-1]}, but steps must grow.\n"
            "  Count steps over all epochs, as in epoch * steps_per_epoch + i; or begin a new TrainingHistory for another run;\n"
            f"  or, when training goes on from an earlier step, forget what came later: history.rewind({step - 1})."
        )

    def rewind(self, step: int, names: Iterable[str] | None = None) -> None:
        """Forget what was measured after `step`, as when training goes on from the checkpoint of that step.

        Args:
          step: the last step to keep.
          names: of these names only; unless given, of all.
        """
        number = _step(step)
        for name in list(self._series) if names is None else names:
            series = self._series.get(name)
            if series is not None:
                series.forget_after(number)
                if not series.steps:
                    del self._series[name]

    def hook(self, tensors: Any, every_n_steps: int | None = None, every_n_secs: float | None = None) -> HistoryHook:
        """A hook that fills this history from a monitored session.

        The steps are those of the global step, or a count of the runs where the graph has none. A session that is made again, or that
        goes on from a checkpoint, takes back what was measured after the step at which it goes on.

        Args:
          tensors: what to keep: a dict from names to tensors without dimensions, or to the names of such tensors; or a list of them.
          every_n_steps, every_n_secs: how often; at every step unless given.

        Raises:
          ValueError: both of them, or one that is not positive; when the session is made: a tensor that is no single number.

        >>> import autograd_lite as tf
        >>> history = tf.TrainingHistory()
        >>> with tf.Graph().as_default():
        ...     step = tf.train.get_or_create_global_step()
        ...     w = tf.Variable(0.0)
        ...     loss = tf.square(w - 5)
        ...     train = tf.train.GradientDescentOptimizer(0.25).minimize(loss, global_step=step)
        ...     hooks = [history.hook({"loss": loss}, every_n_steps=2), tf.train.StopAtStepHook(5)]
        ...     with tf.train.MonitoredSession(hooks=hooks) as session:
        ...         while not session.should_stop():
        ...             _ = session.run(train)
        >>> history.steps("loss"), history["loss"]
        (array([1, 3, 5]), array([25.        ,  1.5625    ,  0.09765625]))
        """
        return HistoryHook(self, tensors, every_n_steps, every_n_secs)

    # ---------------------------------------------------------------- asking it

    def __getitem__(self, name: str) -> np.ndarray:
        return np.array(self._named(name).values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    def __eq__(self, other: object) -> bool:
        return self._series == other._series if isinstance(other, TrainingHistory) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it grows

    def steps(self, name: str | None = None) -> np.ndarray:
        """The steps at which a name has values, or at which any has: integers that grow."""
        if name is not None:
            return np.array(self._named(name).steps, np.int64)
        known = [np.asarray(series.steps, np.int64) for series in self._series.values()]
        every = np.sort(np.concatenate([*known, np.zeros([0], np.int64)]), kind="stable")  # of sorted parts: quick
        return every[np.diff(every, prepend=every[:1] - 1) != 0]

    @property
    def history(self) -> dict[str, list[float]]:
        """The values by name in lists, as Keras keeps them in its `History.history`."""
        return {name: series.values.tolist() for name, series in self._series.items()}

    @property
    def epoch(self) -> list[int]:
        """All steps in a list, as Keras keeps its epochs in `History.epoch`."""
        return self.steps().tolist()

    def best(self, name: str, mode: str = "auto") -> Point:
        """The best value of a name and its step, the earliest if there are several; NaN and infinities do not count.

        Args:
          name: of what.
          mode: "min" or "max"; "auto" takes names such as `loss` and `error` to want small values, and `accuracy` and `score` large ones.

        Raises:
          KeyError: there is no such name.
          ValueError: a mode that is unknown, or "auto" for a name that says nothing; or no value is finite.

        >>> history = TrainingHistory()
        >>> for step, accuracy in enumerate([0.5, 0.75, 0.6]):
        ...     history.append(step, accuracy=accuracy)
        >>> history.best("accuracy")
        Point(step=1, value=0.75)
        """
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, received {mode!r}")
        series = self._named(name)
        better = mode_of(name) if mode == "auto" else mode
        if better is None:
            raise ValueError(f"Whether {name!r} should be small or large is not known: say mode='min' or mode='max'.")
        values = np.array(series.values)
        finite = np.isfinite(values)
        if not finite.any():
            raise ValueError(f"No value of {name!r} is finite.")
        values[~finite] = np.inf if better == "min" else -np.inf
        index = int(values.argmin() if better == "min" else values.argmax())
        return Point(series.steps[index], series.values[index])

    def _named(self, name: str) -> Series:
        try:
            return self._series[name]
        except (KeyError, TypeError):
            close = get_close_matches(str(name), self._series, 1, 0.4)
            near = f" Do you mean {close[0]!r}?" if close else ""
            raise KeyError(f"No {name!r} in this history, which has {', '.join(map(repr, self._series)) or 'nothing yet'}.{near}") from None

    # ---------------------------------------------------------------- seeing it

    plot = method_from("teach.history.curves:plot")
    __repr__ = method_from("teach.history.words:text")
    _repr_mimebundle_ = method_from("teach.history.curves:history_bundle")

    # ---------------------------------------------------------------- keeping it

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file in JSON, whole or not at all; `TrainingHistory.load` reads it again, to the last bit.

        Raises:
          OSError: the file cannot be written; the message names it.
        """
        write_json(path, {name: (series.steps, series.values) for name, series in self._series.items()})

    @classmethod
    def load(cls: type[History], path: str | os.PathLike[str]) -> History:
        """Read what `save` wrote.

        Raises:
          OSError: the file cannot be read.
          ValueError: it is no such file, or damaged; the message says where.

        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "history.json")
        >>> history = TrainingHistory()
        >>> history.append(1, loss=0.5)
        >>> history.save(path)
        >>> TrainingHistory.load(path) == history
        True
        """
        made = cls()
        made._series = {name: Series(steps, values) for name, (steps, values) in read_json(path).items()}
        return made

    @classmethod
    def from_events(cls: type[History], logdir: str | os.PathLike[str]) -> History:
        """Read the scalars of TensorBoard's event files.

        Args:
          logdir: a folder, or one event file. What lies in a folder below, `logdir/train`, gets names like `train/loss`.

        Where training went on from an earlier step, what was written last counts. A file whose last record is still being written is
        read up to there.

        Raises:
          NotFoundError: there is no such folder or file.
          ValueError: there is no event file in the folder.
          DataLossError: a file is damaged.

        >>> import tempfile, autograd_lite as tf
        >>> folder = tempfile.mkdtemp()
        >>> with tf.summary.FileWriter(folder) as writer:
        ...     writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=0.5)]), global_step=1)
        >>> tf.TrainingHistory.from_events(folder).history
        {'loss': [0.5]}
        """
        made = cls()
        for name, step, value in read_events(logdir):
            known = made._series.get(name)
            if known is not None and known.steps[-1] >= step:
                made.rewind(step - 1, [name])
            made.append(step, {name: value})
        return made

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a table for spreadsheets: a row for each step, a column for each name, nothing where a name has no value.

        Raises:
          OSError: the file cannot be written; the message names it.
        """
        write_csv(path, ["step", *self], zip(self.steps().tolist(), *(self._aligned(name) for name in self)))

    def _aligned(self, name: str) -> list[float | None]:
        """The values of a name at all steps of the history, None where it has none."""
        steps = self.steps()
        found: list[float | None] = [None] * len(steps)
        for index, value in zip(np.searchsorted(steps, self.steps(name)).tolist(), self._series[name].values):
            found[index] = value
        return found

    def to_pandas(self) -> Any:
        """A pandas DataFrame: a row for each step, a column for each name, NaN where a name has no value.

        Raises:
          ImportError: pandas is not installed; the message says how to get it.
        """
        pandas = optional.load("pandas")
        columns = {name: pandas.Series(self[name], index=self.steps(name)) for name in self}
        return pandas.DataFrame(columns, index=pandas.Index(self.steps(), name="step"))


def mode_of(name: str) -> str | None:
    """Whether a name says that its values should be small ("min") or large ("max"); None when it says nothing.

    >>> mode_of("val_loss"), mode_of("test/accuracy"), mode_of("learning_rate")
    ('min', 'max', None)
    """
    words = set(re.findall(r"[a-z]+\d*", name.lower()))
    if words & _SMALL_IS_GOOD or {"cross", "entropy"} <= words:
        return "min"
    return "max" if words & _LARGE_IS_GOOD else None


def _step(step: Any) -> int:
    try:
        number = operator.index(step)
    except TypeError:
        raise TypeError(f"A step is a whole number, such as the value of the global step; received {step!r}.") from None
    if not -_LAST_STEP <= number <= _LAST_STEP:
        raise ValueError(f"A step has at most 63 bits; received {number}.")
    return number


def _scalar(name: str, step: int, value: Any) -> float:
    """The value as a float."""
    if not isinstance(name, str):
        raise TypeError(f"A name is a string; received {name!r} at step {step}.")
    place = f"{name!r} at step {step}"
    if isinstance(value, (Tensor, Variable, Operation)):
        raise TypeError(f"{place} is {value!r}. A history keeps numbers: give it what session.run returned for it.")
    if value is None:
        raise TypeError(f"{place} is None, which is what session.run returns for an operation. Fetch the tensor with the number.")
    try:
        number = np.asarray(value)
    except ValueError:
        raise ValueError(f"{place} is not a single number: {value!r}.") from None
    if number.ndim:
        shape = ", ".join(map(str, number.shape))
        raise ValueError(f"{place} is not a single number: its shape is [{shape}]. Fetch a mean or sum of it, such as tf.reduce_mean(x).")
    if number.dtype.kind in "OSUMmc":
        raise TypeError(f"{place} is {value!r} ({type(value).__name__}), not a real number.")
    return float(number)
