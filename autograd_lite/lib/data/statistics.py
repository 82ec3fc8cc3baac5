"""Statistics of input pipelines: how long their elements take and how large they are, as histograms for TensorBoard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.data import structure as structures


@export("data.experimental.StatsAggregator")
class StatsAggregator:
    """Collects what datasets note while they are read. It is set as `options.experimental_stats.aggregator`.

    >>> aggregator, options = tf.data.experimental.StatsAggregator(), tf.data.Options()
    >>> options.experimental_stats.aggregator = aggregator
    >>> dataset = tf.data.Dataset.range(3).apply(tf.data.experimental.bytes_produced_stats("size")).with_options(options)
    >>> element, summary = dataset.make_one_shot_iterator().get_next(), aggregator.get_summary()
    >>> with tf.Session() as session:
    ...     _ = session.run(element)
    ...     value, = tf.Summary.FromString(session.run(summary)).value
    >>> value.tag, value.histo.sum
    ('size', 8.0)
    """

    def __init__(self) -> None:
        self._resource = raw.StatsAggregatorHandle()

    def get_summary(self) -> Tensor:
        """A string tensor: a Summary of all that was noted so far. Add it to `tf.GraphKeys.SUMMARIES` to have it merged with others."""
        return raw.StatsAggregatorSummary(self._resource)


@export("data.experimental.latency_stats")
def latency_stats(tag: Any) -> Callable[[Any], Any]:
    """Note how many microseconds each element takes: a transformation for `Dataset.apply`.

    Args:
      tag: the name of the histogram.

    >>> dataset = tf.data.Dataset.range(3).apply(tf.data.experimental.latency_stats("reading"))
    """
    return lambda dataset: dataset._new(raw.LatencyStatsDataset(dataset._variant_tensor, _name(tag), **dataset._kept()), dataset._structure)


@export("data.experimental.bytes_produced_stats")
def bytes_produced_stats(tag: Any) -> Callable[[Any], Any]:
    """Note how many bytes each element takes: a transformation for `Dataset.apply`.

    Args:
      tag: the name of the histogram.

    >>> dataset = tf.data.Dataset.range(3).apply(tf.data.experimental.bytes_produced_stats("size"))
    """
    return lambda dataset: dataset._new(
        raw.BytesProducedStatsDataset(dataset._variant_tensor, _name(tag), **dataset._kept()), dataset._structure
    )


def _name(tag: Any) -> Tensor:
    return convert_to_tensor(tag, dtypes.string, "tag")


def watched(tensor: Tensor, dataset: Any) -> Tensor:
    """The tensor of a dataset, after the node that says where its notes go, if they go anywhere."""
    stats = dataset.options().experimental_stats
    if stats.aggregator is None:
        return tensor
    names = stats.prefix, stats.counter_prefix
    return raw.SetStatsAggregatorDataset(tensor, stats.aggregator._resource, *names, **structures.typed(dataset._structure))


def timed(tensor: Tensor) -> Tensor:
    """A copy of the nodes of a dataset in which each is followed by one that notes how long its elements take."""
    copies: dict[Tensor, Tensor] = {}
    stack = [tensor]
    while stack:
        op = stack[-1].op
        waiting = [source for source in op.inputs if "Dataset" in source.op.type and source not in copies]
        if waiting:
            stack.extend(waiting)
            continue
        original = stack.pop()
        if original in copies:
            continue
        copy = get_default_graph().create_op(op.type, [copies.get(source, source) for source in op.inputs], name=op.name, attrs=op.attrs)
        types = op.attrs.get("output_types") or op.attrs.get("Toutput_types") or [dtypes.string]
        kinds = {"output_types": types, "output_shapes": op.attrs.get("output_shapes") or [()] * len(types)}
        copies[original] = raw.LatencyStatsDataset(copy.outputs[0], f"record_latency_{op.name}", **kinds)
    return copies[tensor]
