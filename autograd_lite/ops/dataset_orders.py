"""Which elements come, and when: repeating, taking, skipping, shuffling, joining, remembering and fetching ahead."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.backends.philox import PhiloxStream
from autograd_lite.core.errors import CancelledError, DeadlineExceededError
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.dataset_files import writing_records
from autograd_lite.ops.dataset_sources import Words
from autograd_lite.ops.dataset_threads import Ahead
from autograd_lite.ops.datasets import (
    MAKES_DATASET,
    TYPED,
    Dataset,
    Element,
    Elements,
    Failure,
    Numbers,
    Pass,
    as_int,
    as_text,
    caught,
    interruption,
    no_elements,
    release_attrs,
    times,
    unless_failed,
)  # fmt: skip
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import array_to_proto, proto_to_array
from autograd_lite.wire.tfrecord import tf_record_iterator


class Repeated(Dataset):
    """A dataset repeated `count` times; -1: for ever."""

    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(None, size=times(source.size, count))
        self._source, self._count = source, count

    def start(self, of: Pass) -> Elements:
        """Begin the first of the passes. To shuffle and to repeat become one, and what is repeated once is as it was."""
        if of.is_optimized and self._count == 1:
            return self._source.start(of)
        if of.is_optimized and isinstance(self._source, Shuffled):
            return self._source.repeated(self._count).start(of)
        return self._epochs(of, self._source.start(of) if self._count else None)

    def _epochs(self, of: Pass, source: Elements | None) -> Elements:
        epoch, count = 0, self._count
        while source is not None and epoch != count:
            is_empty = True
            for element in source:
                is_empty = False
                yield element
            if is_empty and count < 0:
                return  # nothing, for ever, is nothing
            epoch += 1
            if interrupted := interruption(of):
                yield interrupted
            source = self._source.start(of)  # also after the last pass: TensorFlow does, and the next random order is another one


@op(
    f"RepeatDataset(input_dataset: variant, count: int64, *, {TYPED}) -> handle: variant",
    host=("count",),
    **release_attrs(),
    **MAKES_DATASET,
)
def repeat_dataset(xp, input_dataset, count):
    """Repeat a dataset; -1 times means for ever."""
    often = as_int(count, "count")
    return input_dataset.reordered(lambda source: Repeated(source, often))


@op(
    f"TakeDataset(input_dataset: variant, count: int64, *, {TYPED}) -> handle: variant",
    host=("count",),
    **release_attrs(),
    **MAKES_DATASET,
)
def take_dataset(xp, input_dataset, count):
    """The first `count` elements; all when it is -1."""
    wanted = as_int(count, "count")
    return input_dataset.reordered(lambda source: _first(source, wanted))


def _first(source: Dataset, wanted: int) -> Dataset:
    def generate(of: Pass, source: Elements) -> Elements:
        number = 0
        for element in source:
            yield element
            number += element.__class__ is not Failure
            if number == wanted:
                return

    size = source.size
    if wanted >= 0 and size is not None:
        size = wanted if size < 0 else min(size, wanted)
    return Dataset(generate, source, size=size) if wanted else Dataset(lambda of: no_elements(), size=0)


@op(
    f"SkipDataset(input_dataset: variant, count: int64, *, {TYPED}) -> handle: variant",
    host=("count",),
    **release_attrs(),
    **MAKES_DATASET,
)
def skip_dataset(xp, input_dataset, count):
    """All but the first `count` elements; none when it is -1."""
    left_out = as_int(count, "count")
    return input_dataset.reordered(lambda source: _rest(source, left_out))


def _every_from(elements: Elements, first: int, step: int) -> Elements:
    """Every so many-th element from one on; failures are not counted, and passed on."""
    left = first
    for element in elements:
        if element.__class__ is Failure:
            yield element
        elif left:
            left -= 1
        else:
            left = step - 1
            yield element


def _rest(source: Dataset, left_out: int) -> Dataset:
    def generate(of: Pass, source: Elements) -> Elements:
        if left_out >= 0:
            yield from _every_from(source, left_out, 1)

    size = source.size
    if left_out < 0:
        size = 0
    elif size is not None and size > 0:
        size = max(size - left_out, 0)
    return Dataset(generate, source, size=size)


@op(
    "ShardDataset(input_dataset: variant, num_shards: int64, index: int64, *, require_non_empty: bool = False, "
    f"{TYPED}) -> handle: variant",
    host=("num_shards", "index"),
    **release_attrs(),
    **MAKES_DATASET,
)
def shard_dataset(xp, input_dataset, num_shards, index):
    """Every `num_shards`-th element, from number `index` on."""
    count, own = as_int(num_shards, "num_shards"), as_int(index, "index")
    if count < 1:
        raise invalid(f"Number of shards must be greater than zero (currently num_shards = {count}).")
    if not 0 <= own < count:
        raise invalid(f"Index must be between 0 and {count - 1} (currently index = {own}).")
    return input_dataset.reordered(lambda source: _every(source, count, own))


def _every(source: Dataset, count: int, own: int) -> Dataset:
    def generate(of: Pass, source: Elements) -> Elements:
        return _every_from(source, own, count)

    size = source.size
    return Dataset(generate, source, size=size if size is None or size < 0 else len(range(own, size, count)))


@op(
    f"ConcatenateDataset(input_dataset: variant, another_dataset: variant, *, {TYPED}) -> handle: variant",
    **release_attrs(),
    **MAKES_DATASET,
)
def concatenate_dataset(xp, input_dataset, another_dataset):
    """The elements of one dataset, then those of another."""
    return Concatenated(input_dataset, another_dataset)


class Concatenated(Dataset):
    """Datasets one after the other; each begins when the one before has ended."""

    def __init__(self, *parts: Dataset) -> None:
        sizes = [part.size for part in parts]
        super().__init__(None, size=-1 if -1 in sizes else None if None in sizes else sum(sizes))
        self._parts = parts

    def start(self, of: Pass) -> Elements:
        """Begin the first of the datasets."""
        branches = of.branches(self, len(self._parts))
        return self._one_after_another(branches, self._parts[0].start(branches[0]))

    def _one_after_another(self, branches: list[Pass], first: Elements) -> Elements:
        yield from first
        for part, branch in zip(self._parts[1:], branches[1:]):
            yield from part.start(branch)


@op(
    f"ZipDataset(input_datasets: N * variant, *, {TYPED}) -> handle: variant",
    **release_attrs(),
    **MAKES_DATASET,
)
def zip_dataset(xp, input_datasets):
    """Elements side by side, until one of the datasets ends."""

    def generate(of: Pass, *sources: Elements) -> Elements:
        for parts in itertools.zip_longest(*map(caught, sources)):  # the last time, too, all are asked: a cache learns that it is full
            if None in parts:
                return
            failure = next((part for part in parts if part.__class__ is Failure), None)
            element = failure or tuple([component for part in parts for component in part])
            del parts  # else zip_longest would keep the first elements
            yield element

    sizes = [dataset.size for dataset in input_datasets if dataset.size != -1]
    return Dataset(generate, *input_datasets, size=None if None in sizes else min(sizes, default=-1))


# -------------------------------------------------------------------- shuffling

_INTERRUPTED = (CancelledError, DeadlineExceededError)
_DRAWN_AT_ONCE = 1024


class Shuffled(Dataset):
    """The elements of a dataset drawn at random from a buffer that is filled again with each draw.

    Args:
      seeds: the two numbers from which the order follows. reshuffles: each pass has another order.
    """

    def __init__(self, source: Dataset, buffer_size: int, seeds: tuple[int, int], reshuffles: bool) -> None:
        super().__init__(None, size=source.size)
        self.seeds, self.reshuffles = seeds, reshuffles
        self._source, self._buffer_size = source, buffer_size
        if seeds == (0, 0):  # no seed: each dataset has an order of its own
            drawn = Words(PhiloxStream(0, 0))
            self.seeds = drawn.next_wide(), drawn.next_wide()

    def start(self, of: Pass) -> Elements:
        """Begin a pass, with the next of the random orders."""
        return self._begin(of, 1)

    def repeated(self, count: int) -> Dataset:
        """Several passes with one buffer; an element of a pass never comes after one of a later pass."""
        return Dataset(lambda of: self._begin(of, count), size=times(self.size, count))

    def _begin(self, of: Pass, count: int) -> Elements:
        return self._epochs(of, count, self._words(of)) if count else no_elements()

    def _words(self, of: Pass) -> Words:
        """The random numbers of the next epoch."""
        if not self.reshuffles:
            return Words(PhiloxStream(*self.seeds))
        parent = of.kept(self, lambda: Words(PhiloxStream(*self.seeds)))
        return Words(PhiloxStream(parent.next(), parent.next()))

    def _epochs(self, of: Pass, count: int, words: Words) -> Elements:
        size, epoch = self._buffer_size, 0
        buffer, source = self._first_elements(of)
        held = len(buffer)
        newest = [0, held]
        slices = deque([newest])  # per epoch in the buffer: its first place and the one after its last
        fresh = not held  # nothing came of this epoch yet
        while True:
            while held < size and source is not None:
                element = next(source, None)
                if element.__class__ is Failure:
                    yield element
                elif element is not None:
                    fresh = False
                    place = newest[1] % size
                    if place >= len(buffer):
                        buffer.append(None)
                    buffer[place] = element
                    held += 1
                    newest[1] += 1
                else:
                    epoch += 1
                    is_over = epoch == count or fresh and count < 0
                    source = None if is_over else caught(self._source.start(of))
                    if interrupted := interruption(of):
                        yield interrupted
                    if source is not None:
                        fresh = True
                        newest = [newest[1], newest[1]]
                        slices.append(newest)
            while len(slices) > 1 and slices[0][0] == slices[0][1]:
                slices.popleft()
                words = self._words(of)
            if not held:
                return
            first, end = slices[0]
            if source is None and len(slices) == 1:
                yield from _drawn([buffer[place % size] for place in range(first, end)], words)
                return
            index, front = (first + words.next() % (end - first)) % size, first % size
            element, buffer[index] = buffer[index], buffer[front]
            buffer[front] = None
            slices[0][0] += 1
            held -= 1
            yield element

    def _first_elements(self, of: Pass) -> tuple[list[Element], Elements | None]:
        """The elements that fill the buffer, as far as they come without waiting, and the source of what follows."""
        source = self._source.start(of)
        if isinstance(self._source, Numbers):
            return list(itertools.islice(source, self._buffer_size)), source
        return [], caught(source)


def _drawn(elements: list[Element], words: Words) -> Elements:
    """Draw elements until none is left, each time putting the first in the place of the one drawn."""
    elements.reverse()  # now the first is the last, which is quick to take away
    pop = elements.pop
    while elements:
        count = len(elements)
        block = words.several(min(count, _DRAWN_AT_ONCE))
        for back in (block % np.arange(count, count - len(block), -1)).tolist():
            first = pop()
            if back:
                yield elements[-back]
                elements[-back] = first
            else:
                yield first


def _shuffled(input_dataset: Dataset, buffer_size: Any, seed: Any, seed2: Any, reshuffles: bool,
              transformation: Callable[[Shuffled], Dataset] = lambda shuffled: shuffled) -> Dataset:  # fmt: skip
    size = as_int(buffer_size, "buffer_size")
    if size < 1:
        raise invalid("buffer_size must be greater than zero or UNKNOWN_CARDINALITY\n  It tells from how many elements one is drawn.")
    seeds = as_int(seed, "seed"), as_int(seed2, "seed2")
    return input_dataset.reordered(lambda source: transformation(Shuffled(source, size, seeds, reshuffles)))


@op(
    "ShuffleDataset(input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, *, reshuffle_each_iteration: bool = True, "
    f"{TYPED}) -> handle: variant",
    host=("buffer_size", "seed", "seed2"),
    **release_attrs(),
    **MAKES_DATASET,
)
def shuffle_dataset(xp, input_dataset, buffer_size, seed, seed2, reshuffle_each_iteration):
    """Draw the elements at random from a buffer."""
    return _shuffled(input_dataset, buffer_size, seed, seed2, reshuffle_each_iteration)


@op(
    "ShuffleAndRepeatDataset(input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, count: int64, *, "
    f"{TYPED}) -> handle: variant",
    host=("buffer_size", "seed", "seed2", "count"),
    release_attrs={"2.21": {"metadata": ("string", ""), "reshuffle_each_iteration": ("bool", True)}},
    **MAKES_DATASET,
)
def shuffle_and_repeat_dataset(xp, input_dataset, buffer_size, seed, seed2, count):
    """Shuffle several passes over a dataset with one buffer."""
    often = as_int(count, "count")
    return _shuffled(input_dataset, buffer_size, seed, seed2, True, lambda shuffled: shuffled.repeated(often))


@op(
    f"DirectedInterleaveDataset(selector_input_dataset: variant, data_input_datasets: N * variant, *, {TYPED}) -> handle: variant",
    release_attrs={"2.21": {"stop_on_empty_dataset": ("bool", False)}},
    **MAKES_DATASET,
)
def directed_interleave_dataset(xp, selector_input_dataset, data_input_datasets):
    """Take each element from the dataset whose number another dataset tells; datasets that have ended are passed over."""

    def generate(of: Pass, selector: Elements, *sources: Elements) -> Elements:
        inputs: list[Any] = list(sources)
        for (number,) in unless_failed(selector):
            chosen = int(number)
            if not 0 <= chosen < len(inputs):
                raise invalid(f"Selector index out of range: {chosen} >= {len(inputs)}")
            element = next(inputs[chosen], None) if inputs[chosen] is not None else None
            if element is not None:
                yield element
                continue
            inputs[chosen] = None
            if not any(inputs):
                return

    return Dataset(generate, selector_input_dataset, *data_input_datasets)


@op(f"UniqueDataset(input_dataset: variant, *, {TYPED}) -> handle: variant", **release_attrs(), **MAKES_DATASET)
def unique_dataset(xp, input_dataset):
    """Each different element once, where it first comes."""

    def generate(of: Pass, source: Elements) -> Elements:
        seen = set()
        for (value,) in unless_failed(source):
            array = np.asarray(value)
            key = (array.shape, tuple(array.reshape(-1).tolist()) if array.dtype == object else array.tobytes())
            if key not in seen:
                seen.add(key)
                yield (value,)

    return Dataset(generate, input_dataset)


@op(
    f"IgnoreErrorsDataset(input_dataset: variant, *, {TYPED}) -> handle: variant",
    release_attrs={"2.21": {"log_warning": ("bool", False)}},
    **MAKES_DATASET,
)
def ignore_errors_dataset(xp, input_dataset):
    """Pass over the elements that cannot be made (but an end to waiting is no such element)."""

    def generate(of: Pass, source: Elements) -> Elements:
        return (element for element in caught(source) if element.__class__ is not Failure or isinstance(element.error, _INTERRUPTED))

    return Dataset(generate, input_dataset)


# -------------------------------------------------------------------- remembering and fetching ahead


@op(
    f"CacheDataset(input_dataset: variant, filename: string, *, {TYPED}) -> handle: variant",
    host=("filename",),
    **release_attrs(),
    **MAKES_DATASET,
)
def cache_dataset(xp, input_dataset, filename):
    """Remember the elements of the first whole pass, in memory or in a file, and give these from then on."""
    path = as_text(filename)
    if path:
        return Dataset(lambda of: _through_file(input_dataset, of, path), size=input_dataset.size)
    return input_dataset.reordered(Remembered)


class Remembered(Dataset):
    """The elements of a dataset, which are remembered once all have come."""

    def __init__(self, source: Dataset) -> None:
        super().__init__(None, size=source.size)
        self._source = source

    def start(self, of: Pass) -> Elements:
        """Begin with what is remembered, or else with the source."""
        kept: list[list[Element]] = of.kept(self, list)
        return (element for element in kept[0]) if kept else self._first_time(self._source.start(of), kept)

    def _first_time(self, source: Elements, kept: list[list[Element]]) -> Elements:
        seen = []
        for element in caught(source):
            seen.append(element)
            yield element
        if not any(element.__class__ is Failure for element in seen):
            kept[:] = [seen]


def _through_file(source: Dataset, of: Pass, path: str) -> Elements:
    return _from_file(path) if os.path.exists(path + ".cache") else _into_file(source, of, path)


def _into_file(source: Dataset, of: Pass, path: str) -> Elements:
    """Give the elements on while they are written; the file appears when the pass is complete."""
    with writing_records(path + ".cache") as writer:
        for element in unless_failed(source.start(of)):
            for component in element:
                writer.write(array_to_proto(np.asarray(component)).SerializeToString())
            writer.write(b"")
            yield element


def _from_file(path: str) -> Elements:
    components: list[Any] = []
    for record in tf_record_iterator(path + ".cache"):
        if record:
            components.append(proto_to_array(messages.TensorProto.FromString(record)))
        else:
            yield tuple(components)
            components = []


@op(
    f"PrefetchDataset(input_dataset: variant, buffer_size: int64, *, {TYPED}, slack_period: int = 0, legacy_autotune: bool = True) "
    "-> handle: variant",
    host=("buffer_size",),
    **release_attrs(buffer_size_min=("int", 0)),
    **MAKES_DATASET,
)
def prefetch_dataset(xp, input_dataset, buffer_size):
    """Make elements in a thread of its own before they are asked for."""
    size = as_int(buffer_size, "buffer_size")
    if size < -1:
        raise invalid("buffer_size must be >= 0 or set buffer_size to be tf.data.experimental.AUTOTUNE for auto-tuning")
    if size == 0:
        return input_dataset

    def generate(of: Pass, source: Elements) -> Elements:
        return Ahead(caught(source), size if size > 0 else 8, of).elements()

    return Dataset(generate, input_dataset, size=input_dataset.size)


@op(
    f"OptimizeDataset(input_dataset: variant, optimizations: string, *, {TYPED}, optimization_configs: list(string) = []) "
    "-> handle: variant",
    host=("optimizations",),
    **MAKES_DATASET,
)
def optimize_dataset(xp, input_dataset, optimizations):
    """The dataset itself; TensorFlow carries it out in better ways here, none of which shows in the elements."""
    return input_dataset


@op(
    f"ModelDataset(input_dataset: variant, *, algorithm: int = 0, cpu_budget: int = 0, {TYPED}) -> handle: variant",
    **MAKES_DATASET,
)
def model_dataset(xp, input_dataset):
    """The dataset itself; TensorFlow tunes the number of its threads here."""
    return input_dataset
