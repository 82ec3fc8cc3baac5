"""What is noted while datasets are read: how long elements took and how large they are."""

from __future__ import annotations

import functools
import threading
import time
from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.datasets import MAKES_DATASET, TYPED, Dataset, Element, Elements, Failure, Pass, as_text, text_scalar
from autograd_lite.ops.histograms import Histogram
from autograd_lite.wire import messages

_BYTES_OF_A_TEXT = 24  # that TensorFlow's memory takes for a text besides its letters
_LIVES: dict[str, Any] = {"shape": rules.scalar, "samples": "what it owns lives in a session; tests/lib/data show it"}


class Statistics:
    """Histograms by name; several threads may add to them."""

    def __init__(self, attrs: dict[str, Any]) -> None:
        self._lock = threading.Lock()
        self._histograms: dict[str, Histogram] = {}

    def add_to(self, prefix: str, name: str, number: float) -> None:
        """Count a number in the histogram of a name."""
        with self._lock:
            self._histograms.setdefault(prefix + name, Histogram()).add(np.array([number], np.float64))

    def summary(self) -> bytes:
        """All histograms so far as a serialized Summary message."""
        message = messages.Summary()
        with self._lock:
            for name in sorted(self._histograms):
                self._histograms[name].write(message.value.add(tag=name).histo)
        return message.SerializeToString(deterministic=True)


class Watched(Dataset):
    """A dataset whose notes go to an owner of statistics, with a prefix before their names."""

    def __init__(self, source: Dataset, statistics: Statistics, prefix: str) -> None:
        super().__init__(None, size=source.size)
        self._source, self._statistics, self._prefix = source, statistics, f"{prefix}::" if prefix else ""

    def start(self, of: Pass) -> Elements:
        """Say where notes go, then begin."""
        of.note = functools.partial(self._statistics.add_to, self._prefix)
        return self._source.start(of)


@op(
    "StatsAggregatorHandle(*, container: string = '', shared_name: string = '') -> handle: resource",
    state=Statistics,
    no_gradient="it is no number",
    **_LIVES,
)
def stats_aggregator_handle(xp, state):
    """Own the statistics of datasets."""
    return state


@op("StatsAggregatorSummary(iterator: resource) -> summary: string", stateful=True, no_gradient="a summary is bytes", **_LIVES)
def stats_aggregator_summary(xp, iterator):
    """Tell all statistics so far as a summary."""
    return text_scalar(iterator.summary())


@op(
    f"SetStatsAggregatorDataset(input_dataset: variant, stats_aggregator: resource, tag: string, counter_prefix: string, *, {TYPED}) "
    "-> handle: variant",
    host=("tag", "counter_prefix"),
    **MAKES_DATASET,
)
def set_stats_aggregator_dataset(xp, input_dataset, stats_aggregator, tag, counter_prefix):
    """The same dataset; what it notes while it is read goes to an owner of statistics."""
    return Watched(input_dataset, stats_aggregator, as_text(tag))


@op(
    f"LatencyStatsDataset(input_dataset: variant, tag: string, *, {TYPED}) -> handle: variant",
    host=("tag",),
    **MAKES_DATASET,
)
def latency_stats_dataset(xp, input_dataset, tag):
    """The same dataset, which notes how many microseconds each element took."""
    name = as_text(tag)

    def generate(of: Pass, source: Elements) -> Elements:
        note = of.note
        if note is None:
            yield from source
            return
        while True:
            begin = time.perf_counter()
            element = next(source, None)
            if element is None:
                return
            note(name, (time.perf_counter() - begin) * 1e6)
            yield element

    return Dataset(generate, input_dataset, size=input_dataset.size)


@op(
    f"BytesProducedStatsDataset(input_dataset: variant, tag: string, *, {TYPED}) -> handle: variant",
    host=("tag",),
    **MAKES_DATASET,
)
def bytes_produced_stats_dataset(xp, input_dataset, tag):
    """The same dataset, which notes how many bytes each element takes."""
    name = as_text(tag)

    def generate(of: Pass, source: Elements) -> Elements:
        note = of.note
        for element in source:
            if note is not None and element.__class__ is not Failure:
                note(name, _bytes_of(element))
            yield element

    return Dataset(generate, input_dataset, size=input_dataset.size)


def _bytes_of(element: Element) -> int:
    total = 0
    for component in element:
        array = np.asarray(component) if not isinstance(component, Dataset) else np.empty(0)
        total += array.nbytes
        if array.dtype.hasobject:
            texts = [text for text in array.reshape(-1).tolist() if isinstance(text, bytes)]
            total += _BYTES_OF_A_TEXT * len(texts) + sum(map(len, texts)) - array.nbytes
    return total
