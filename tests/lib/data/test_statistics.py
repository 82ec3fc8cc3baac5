"""Statistics of input pipelines, as summaries."""

import numpy as np
import pytest

import autograd_lite as tf

Dataset, experimental = tf.data.Dataset, tf.data.experimental


def noted(dataset, make="make_initializable_iterator", passes=1, **settings):
    """What is noted while a dataset is read: histograms by name."""
    aggregator, options = experimental.StatsAggregator(), tf.data.Options()
    options.experimental_stats.aggregator = aggregator
    for name, value in settings.items():
        setattr(options.experimental_stats, name, value)
    iterator = getattr(dataset.with_options(options), make)()
    element, summary = iterator.get_next(), aggregator.get_summary()
    with tf.Session() as session:
        for _ in range(passes):
            if make == "make_initializable_iterator":
                session.run(iterator.initializer)
            with pytest.raises(tf.errors.OutOfRangeError):
                while True:
                    session.run(element)
        return {value.tag: value.histo for value in tf.Summary.FromString(session.run(summary)).value}


def pairs():
    return Dataset.from_tensor_slices((np.arange(12, dtype=np.float32).reshape(4, 3), ["a", "bb", "ccc", ""]))


@pytest.mark.parametrize("make", ["make_initializable_iterator", "make_one_shot_iterator"])
def test_sizes_are_those_that_tensorflow_notes(make):
    found = noted(pairs().apply(experimental.bytes_produced_stats("bytes")).prefetch(2), make)
    assert list(found) == ["bytes"]
    sizes = found["bytes"]
    assert (sizes.min, sizes.max, sizes.num, sizes.sum, sizes.sum_squares) == (36, 39, 4, 150, 5630)
    assert list(sizes.bucket_limit) == pytest.approx([34.308998959122221, 37.739898855034447, 41.513888740537894, np.finfo(np.float64).max])
    assert list(sizes.bucket) == [0, 2, 2, 0]


def test_notes_of_all_passes_and_branches_add_up():
    seen = Dataset.range(5).apply(experimental.latency_stats("reading"))
    both = Dataset.zip((seen, seen.map(lambda x: x + 1))).apply(experimental.latency_stats("joined")).repeat(2)
    found = noted(both, passes=3, prefix="train")
    assert {name: histogram.num for name, histogram in found.items()} == {"train::reading": 60, "train::joined": 30}
    assert all(histogram.min > 0 for histogram in found.values())


def test_every_transformation_is_timed_when_asked_for():
    found = noted(Dataset.range(5).batch(2).flat_map(Dataset.from_tensor_slices), latency_all_edges=True)
    assert {name: histogram.num for name, histogram in found.items()} == {
        "record_latency_RangeDataset": 5,
        "record_latency_BatchDatasetV2": 3,
        "record_latency_FlatMapDataset": 5,
    }


def test_without_an_aggregator_nothing_is_noted_and_elements_pass():
    dataset = Dataset.range(3).apply(experimental.latency_stats("a")).apply(experimental.bytes_produced_stats("b"))
    element = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert [session.run(element) for _ in range(3)] == [0, 1, 2]


def test_statistics_are_merged_with_other_summaries():
    aggregator, options = experimental.StatsAggregator(), tf.data.Options()
    options.experimental_stats.aggregator = aggregator
    dataset = Dataset.range(3).apply(experimental.bytes_produced_stats("size")).with_options(options)
    element = dataset.make_one_shot_iterator().get_next()
    tf.summary.scalar("element", element)
    tf.add_to_collection(tf.GraphKeys.SUMMARIES, aggregator.get_summary())
    merged = tf.summary.merge_all()
    with tf.Session() as session:
        session.run(merged)
        tags = [value.tag for value in tf.Summary.FromString(session.run(merged)).value]
    assert tags == ["element", "size"]


def test_settings_of_two_options_are_joined():
    first, second = tf.data.Options(), tf.data.Options()
    first.experimental_stats.prefix = "train"
    second.experimental_stats.latency_all_edges = True
    both = Dataset.range(2).with_options(first).with_options(second).options().experimental_stats
    assert (both.aggregator, both.prefix, both.counter_prefix, both.latency_all_edges) == (None, "train", "", True)
    with pytest.raises(AttributeError, match="Cannot set the property"):
        both.unknown = 1
