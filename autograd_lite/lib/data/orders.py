"""Transformations that decide which elements come, and when."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import colocate_with
from autograd_lite.lib.data import structure as structures
from autograd_lite.lib.data.base import DatasetBase
from autograd_lite.lib.data.seeds import dataset_seeds


def number(value: Any, name: str, default: int = -1) -> Any:
    """A count as an int64 tensor; None means `default`."""
    return convert_to_tensor(default if value is None else value, dtypes.int64, name)


class Orders(DatasetBase):
    """Repeating, taking, skipping, shuffling, remembering and fetching ahead."""

    def repeat(self, count: Any = None) -> Any:
        """Repeat the dataset `count` times; for ever when it is None or -1.

        >>> tf.data.Dataset.range(3).repeat(2)
        <DatasetV1Adapter shapes: (), types: tf.int64>
        """
        return self._new(raw.RepeatDataset(self._variant_tensor, number(count, "count"), **self._kept()), self._structure)

    def take(self, count: Any) -> Any:
        """The first `count` elements (-1: all)."""
        return self._new(raw.TakeDataset(self._variant_tensor, number(count, "count"), **self._kept()), self._structure)

    def skip(self, count: Any) -> Any:
        """All but the first `count` elements (-1: none)."""
        return self._new(raw.SkipDataset(self._variant_tensor, number(count, "count"), **self._kept()), self._structure)

    def shard(self, num_shards: Any, index: Any) -> Any:
        """Every `num_shards`-th element, from number `index` on: the part of one of several workers."""
        numbers = number(num_shards, "num_shards"), number(index, "index")
        return self._new(raw.ShardDataset(self._variant_tensor, *numbers, **self._kept()), self._structure)

    def shuffle(self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: bool | None = None) -> Any:
        """Draw the elements at random from a buffer of `buffer_size` elements, which is filled again with each draw.

        For an even shuffle the buffer must be as large as the dataset. With a seed the order is TensorFlow's, element for element.

        Args:
          seed: with the graph's seed it decides the order. reshuffle_each_iteration: another order in each pass; True unless given.
        """
        size = number(buffer_size, "buffer_size")
        seeds = dataset_seeds(seed)
        again = reshuffle_each_iteration is None or reshuffle_each_iteration
        shuffled = raw.ShuffleDataset(self._variant_tensor, size, *seeds, reshuffle_each_iteration=again, **self._kept())
        return self._new(shuffled, self._structure)

    def cache(self, filename: Any = "") -> Any:
        """Remember the elements of the first whole pass, in memory or, with a `filename`, in a file."""
        name = convert_to_tensor(filename, dtypes.string, "filename")
        return self._new(raw.CacheDataset(self._variant_tensor, name, **self._kept()), self._structure)

    def prefetch(self, buffer_size: Any) -> Any:
        """Make up to `buffer_size` elements before they are asked for, in a thread of its own (-1: as many as seem good)."""
        size = number(buffer_size, "buffer_size")
        with colocate_with(self._variant_tensor):
            return self._new(raw.PrefetchDataset(self._variant_tensor, size, **self._kept()), self._structure)

    def concatenate(self, dataset: DatasetBase) -> Any:
        """The elements of this dataset, then those of another of the same structure.

        Raises:
          TypeError: when element types or structure differ.

        >>> tf.data.Dataset.range(2).concatenate(tf.data.Dataset.range(5, 7)).output_types
        tf.int64
        """
        if structures.legacy_types(self._structure) != structures.legacy_types(dataset._structure):
            raise TypeError(
                f"Two datasets to concatenate have different types {self.output_types!r} and {dataset.output_types!r}"
            )
        if structures.legacy_classes(self._structure) != structures.legacy_classes(dataset._structure):
            raise TypeError(
                f"Two datasets to concatenate have different classes {self.output_classes!r} and {dataset.output_classes!r}"
            )
        both = structures.mapped(lambda a, b: a.most_specific_compatible_type(b), self._structure, dataset._structure)
        return self._new(raw.ConcatenateDataset(self._variant_tensor, dataset._variant_tensor, **structures.typed(both)), both)
