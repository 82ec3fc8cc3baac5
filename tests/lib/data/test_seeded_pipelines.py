"""Whole seeded pipelines, element by element: the numbers are those of TensorFlow 2.21."""

import json
import os
import pathlib
import subprocess

import pytest

import autograd_lite as tf
from tests.lib.data import random_pipelines

Dataset, experimental = tf.data.Dataset, tf.data.experimental


def epochs():
    return Dataset.range(9).shuffle(4, seed=3).repeat(3)


def zipped():
    numbers = Dataset.range(8)
    return Dataset.zip((numbers.shuffle(3), numbers.shuffle(8, seed=5))).map(lambda a, b: a * 10 + b).shuffle(4).repeat(2)


def windows():
    windows = Dataset.range(12).shuffle(5, reshuffle_each_iteration=False).window(4, shift=3, drop_remainder=True)
    return windows.flat_map(lambda window: window.shuffle(4, seed=1)).repeat(2)


def interleaved():
    numbers = Dataset.range(5).shuffle(5, seed=2)
    return numbers.interleave(lambda x: Dataset.range(3).map(lambda y: x * 10 + y), cycle_length=2, block_length=2).shuffle(6)


def sampled():
    both = [Dataset.range(10), Dataset.range(100, 110).shuffle(3)]
    return experimental.sample_from_datasets(both, [0.3, 0.7], seed=4).apply(experimental.shuffle_and_repeat(5, 2, seed=6))


def shuffled(count=4):
    return Dataset.range(count).shuffle(count, seed=3)


def used_twice():  # each use has its own orders
    numbers = shuffled()
    return Dataset.zip((numbers, numbers)).map(lambda a, b: a * 10 + b).repeat(2)


def used_by_a_function_twice():  # within functions all uses share one
    numbers = shuffled()
    return Dataset.range(3).flat_map(lambda x: Dataset.zip((numbers, numbers)).map(lambda a, b: a * 10 + b))


def repeated_to_the_end():  # one order is passed over where a repeat of anything but a shuffle ends
    return shuffled().map(lambda x: x + 1).repeat(2).map(lambda x: x + 1).repeat(2)


def repeated_outside_of_a_function():  # where nothing joins a shuffle with its repeat
    numbers = shuffled().repeat(2)
    return Dataset.range(2).flat_map(lambda x: numbers)


def random_and_repeated():  # the random numbers of a function go on
    return Dataset.range(3).map(lambda x: x * 100 + tf.random_uniform([], maxval=50, dtype=tf.int64, seed=4)).repeat(2)


RECORDED = {
    epochs: [3, 0, 1, 4, 6, 5, 7, 8, 2, 0, 4, 3, 2, 7, 5, 1, 8, 6, 2, 0, 4, 6, 7, 3, 8, 1, 5],
    zipped: [37, 60, 12, 71, 24, 5, 43, 56, 4, 27, 52, 43, 71, 66, 10, 35],
    windows: [1, 3, 2, 6, 0, 5, 3, 4, 9, 7, 5, 8, 1, 3, 2, 6, 0, 5, 3, 4, 9, 7, 5, 8],
    interleaved: [32, 0, 1, 41, 31, 30, 42, 11, 21, 40, 22, 12, 10, 2, 20],
    sampled: [0, 3, 2, 103, 1, 107, 104, 100, 4, 102, 101, 106, 5, 109, 6, 8, 108, 7, 9, 105, 0, 1, 101, 102, 103, 104, 105, 3, 109, 100,
              108, 4, 5, 2, 8, 9, 6, 106, 7, 107],
    used_twice: [33, 11, 0, 22, 0, 22, 33, 11],
    used_by_a_function_twice: [30, 12, 3, 21, 21, 13, 2, 30, 3, 32, 20, 11],
    repeated_to_the_end: [5, 3, 2, 4, 2, 4, 5, 3, 3, 5, 4, 2, 2, 5, 4, 3],
    repeated_outside_of_a_function: [3, 1, 0, 2, 0, 2, 3, 1, 1, 3, 2, 0, 0, 3, 2, 1],
    random_and_repeated: [1, 132, 243, 23, 143, 200],
}  # fmt: skip


@pytest.fixture
def as_recorded():
    """The release whose numbers were recorded: unseeded shuffles depend on the number of nodes before them."""
    before = tf.get_release()
    tf.set_release("2.21")
    yield
    tf.set_release(before)


@pytest.mark.parametrize("pipeline", RECORDED, ids=lambda pipeline: pipeline.__name__)
def test_a_seeded_pipeline_gives_the_recorded_elements(pipeline, as_recorded):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(7)
        element = pipeline().make_one_shot_iterator().get_next()
        assert [session.run(element) for _ in RECORDED[pipeline]] == RECORDED[pipeline]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(element)


RANDOM = {number: passes for number, *passes in map(json.loads, pathlib.Path(__file__).with_name("random_pipelines.jsonl").open())}


@pytest.mark.parametrize("number", RANDOM)
def test_a_random_pipeline_gives_what_tensorflow_gave(number, as_recorded):
    assert random_pipelines.elements(tf, number) == RANDOM[number]


@pytest.mark.oracle
@pytest.mark.timeout(900)
def test_random_pipelines_give_what_tensorflow_gives(as_recorded):
    command = [os.environ["AUTOGRAD_LITE_ORACLE"], random_pipelines.__file__, "tensorflow.compat.v1", "0", "300"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}).stdout
    for number, *passes in map(json.loads, lines.splitlines()):
        assert random_pipelines.elements(tf, number) == passes, number
