"""Pipelines put together at random, and what they give. Run as a program it prints the elements of many, a line of JSON each:

    python random_pipelines.py MODULE FIRST LAST

MODULE is `autograd_lite` or `tensorflow.compat.v1`. A pipeline depends on its number alone; its elements are integers.
"""

import importlib
import json
import random
import sys

MOST = 80  # elements of a pass; what grows is cut off


class Pipelines:
    """Makes pipelines out of one stream of random numbers."""

    def __init__(self, tf, number):
        self.tf, self.random = tf, random.Random(number)
        self.Dataset, self.experimental = tf.data.Dataset, tf.data.experimental
        self.captures = False  # whether a function uses a dataset from outside

    def below(self, count):
        return self.random.randrange(count)

    def whole(self):
        """A pipeline of a source and up to eight transformations."""
        dataset = self.source()
        for _ in range(1 + self.below(8)):
            dataset = self.transformed(dataset)
        return dataset if self.captures or self.below(6) else self.resampled(dataset)

    def source(self):
        count, first = 2 + self.below(9), self.below(3) * 10
        if self.below(2):
            return self.Dataset.range(first, first + count)
        return self.Dataset.from_tensor_slices([self.tf.constant(first + place, self.tf.int64) for place in range(count)])

    def transformed(self, dataset):
        names = sorted(name for name in dir(type(self)) if name.startswith("by_"))
        return getattr(self, self.random.choice(names))(dataset).take(MOST)

    def other(self, dataset):
        """The dataset itself, something made of it, or another one."""
        return [dataset, dataset.map(lambda x: x + 1), self.source(), self.by_shuffle(self.source())][self.below(4)]

    # ---------------------------------------------------------------- order

    def by_shuffle(self, dataset):
        return dataset.shuffle(1 + self.below(9), seed=1 + self.below(9), reshuffle_each_iteration=self.below(4) > 0)

    by_shuffle_again = by_shuffle_once_more = by_shuffle  # the likelier

    def by_shuffle_seeded_by_the_graph(self, dataset):
        return dataset.shuffle(1 + self.below(9))

    def by_shuffle_and_repeat(self, dataset):
        return dataset.apply(self.experimental.shuffle_and_repeat(1 + self.below(9), 1 + self.below(3), seed=1 + self.below(9)))

    def by_repeat(self, dataset):
        return dataset.repeat(1 + self.below(3))

    by_repeat_again = by_repeat

    def by_endless_repeat(self, dataset):
        return dataset.repeat().take(1 + self.below(30))

    def by_take(self, dataset):
        return dataset.take(self.below(12))

    def by_skip(self, dataset):
        return dataset.skip(self.below(4))

    def by_shard(self, dataset):
        shards = 1 + self.below(3)
        return dataset.shard(shards, self.below(shards))

    def by_cache(self, dataset):
        return dataset.cache()

    def by_prefetch(self, dataset):
        return dataset.prefetch(self.below(4))

    # ---------------------------------------------------------------- functions

    def by_map(self, dataset):
        more, calls = self.below(9), [None, 2][self.below(2)]
        return dataset.map(lambda x: (x * 3 + more) % 101, num_parallel_calls=calls)

    def by_random_map(self, dataset):
        seed = 1 + self.below(9)
        return dataset.map(lambda x: x + self.tf.random_uniform([], maxval=50, dtype=self.tf.int64, seed=seed))

    def by_filter(self, dataset):
        rest = self.below(3)
        return dataset.filter(lambda x: self.tf.not_equal(x % 3, rest))

    def by_scan(self, dataset):
        return dataset.apply(self.experimental.scan(self.tf.constant(1, self.tf.int64), lambda total, x: ((total + x) % 97, total)))

    def by_inner_datasets(self, dataset):
        make, cycle, block = self.inner(dataset), 1 + self.below(3), 1 + self.below(3)
        return dataset.interleave(make, cycle, block) if self.below(2) else dataset.flat_map(make)

    def inner(self, dataset):
        """A function that makes a dataset of an element: a new one, or one that it captures."""
        count, seed, kind, captured = 1 + self.below(4), 1 + self.below(9), self.below(4), self.other(dataset)
        self.captures |= kind < 2
        if kind == 0:
            return lambda x: captured.repeat(1 + count % 2)
        if kind == 1:
            return lambda x: self.Dataset.zip((captured, captured.skip(1))).map(lambda a, b: a * 2 + b + x)
        if kind == 2:
            return lambda x: self.Dataset.range(count).shuffle(count, seed=seed).repeat(2).map(lambda y: y + x)
        return lambda x: self.Dataset.from_tensors(x).repeat(count)

    # ---------------------------------------------------------------- several together

    def by_batch(self, dataset):
        size, drops, joined = 1 + self.below(4), self.below(2) > 0, self.below(2)
        batches = dataset.batch(size, drop_remainder=drops)
        return batches.map(lambda batch: self.tf.reduce_sum(batch) % 101) if joined else batches.apply(self.experimental.unbatch())

    def by_window(self, dataset):
        size, shift, stride, seed = 1 + self.below(4), 1 + self.below(4), 1 + self.below(2), 1 + self.below(9)
        windows = dataset.window(size, shift=shift, stride=stride, drop_remainder=self.below(2) > 0)
        return windows.flat_map(lambda window: window.shuffle(size, seed=seed))

    def by_group(self, dataset):
        keys, size, seed, repeats = 1 + self.below(3), 1 + self.below(3), 1 + self.below(9), 1 + self.below(2)
        grouped = self.experimental.group_by_window(
            lambda x: x % keys, lambda key, window: window.shuffle(size, seed=seed).map(lambda x: x + key).repeat(repeats), size
        )
        return dataset.apply(grouped)

    def by_zip(self, dataset):
        return self.Dataset.zip((dataset, self.other(dataset))).map(lambda a, b: (a * 7 + b) % 101)

    by_zip_again = by_zip

    def by_concatenate(self, dataset):
        return dataset.concatenate(self.other(dataset))

    def by_sample(self, dataset):
        share = (1 + self.below(9)) / 10
        return self.experimental.sample_from_datasets([dataset, self.other(dataset)], [share, 1 - share], seed=1 + self.below(9))

    def by_choice(self, dataset):
        return self.experimental.choose_from_datasets([dataset, self.other(dataset)], self.other(dataset).map(lambda x: x % 2))

    def resampled(self, dataset):
        """The last step: a thread of it reads ahead, so random orders that it shared with later steps would be left to chance."""
        endless = dataset.concatenate(self.Dataset.range(4)).repeat()  # all classes come, and it has no end
        initial = [0.5, 0.5] if self.below(2) else None
        resampled = self.experimental.rejection_resample(
            lambda x: self.tf.cast(x % 2, self.tf.int32), [0.3, 0.7], initial, seed=1 + self.below(9)
        )
        return endless.apply(resampled).map(lambda label, x: x * 2 + self.tf.cast(label, self.tf.int64)).take(1 + self.below(20))


def elements(tf, number):
    """What two passes over a pipeline give."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(number % 5)
        iterator = tf.data.make_initializable_iterator(Pipelines(tf, number).whole())
        element = iterator.get_next()
        passes = []
        for _ in range(2):
            session.run(iterator.initializer)
            passes.append([])
            try:
                while True:
                    passes[-1].append(int(session.run(element)))
            except tf.errors.OutOfRangeError:
                pass
    return passes


def main(module, first, last):
    tf = importlib.import_module(module)
    if hasattr(tf, "disable_v2_behavior"):
        tf.disable_v2_behavior()
    for number in range(int(first), int(last)):
        print(json.dumps([number, *elements(tf, number)]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
