"""Many Examples read at once give what they give one by one."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.wire import example_batches, example_reader

KEYS = [b"x", b"label", b"ids", b"name", b"missing", b"long" * 50]


def examples(count, seed=0):
    random = np.random.RandomState(seed)
    found = []
    for number in range(count):
        features = {
            "x": tf.train.Feature(float_list=tf.train.FloatList(value=random.randn(8))),
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[-number])),
            "ids": tf.train.Feature(int64_list=tf.train.Int64List(value=random.randint(0, 10**9, random.randint(0, 6)))),
            "name": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"n" * random.randint(0, 300)])),
            "long" * 50: tf.train.Feature(float_list=tf.train.FloatList(value=random.randn(100))),
        }
        kept = {key: feature for key, feature in features.items() if random.rand() < 0.9}
        found.append(tf.train.Example(features=tf.train.Features(feature=kept)).SerializeToString())
    return found


def test_cells_are_those_that_the_reader_finds():
    messages = [*examples(200), b""]
    located = example_batches.locate(messages, KEYS)
    for key in KEYS:
        wanted = [example_reader.features_of(message).get(key) for message in messages]
        assert example_batches.cells_of(located, key) == wanted


@pytest.mark.parametrize(("key", "kind"), [(b"x", 2), (b"label", 3), (b"ids", 3), (b"name", 1), (b"missing", 2)])
def test_columns_are_those_that_the_reader_gives(key, kind):
    messages = examples(150, seed=1)
    values, present = example_batches.column(example_batches.locate(messages, KEYS), key, kind)
    cells = [example_reader.features_of(message).get(key) for message in messages]
    wanted = example_reader.READERS[kind]([b"" if cell is None else cell[1] for cell in cells])
    np.testing.assert_array_equal(values.values, wanted.values)
    np.testing.assert_array_equal(values.counts, wanted.counts)
    assert present.tolist() == [cell is not None for cell in cells]


def test_the_last_of_equal_keys_counts():
    first, second = (
        tf.train.Example(features=tf.train.Features(feature={"a": tf.train.Feature(int64_list=tf.train.Int64List(value=[n]))}))
        for n in (1, 2)
    )
    entries = [example.features.SerializeToString() for example in (first, second)]
    both = b"".join(entries)
    message = bytes([10, len(both)]) + both
    values, _ = example_batches.column(example_batches.locate([message] * 130, [b"a"]), b"a", 3)
    assert set(values.values.tolist()) == {2}


@pytest.mark.parametrize(
    "odd",
    [
        b"\x0a",  # cut off
        b"\x0a\xff\xff\xff\xff\xff",  # a length of many bytes
        b"\x12\x00",  # another field
        b"\x0a\x05\x0a\x03\x0a\x01a",  # a feature without a value
        b"\x0a\x07\x0a\x05\x0a\x01a\x12\x00",  # a value without a list
        b"\x0a\x0a\x0a\x08\x0a\x01a\x12\x03\x22\x01a",  # another kind of list
        b"\x0a\x7f\x0a\x01",
        b"\xff" * 7,
    ],
)
def test_what_is_written_in_an_unusual_way_is_left_to_the_reader(odd):
    assert example_batches.locate([*examples(140), odd], KEYS) is None
    assert example_batches.locate(examples(5), KEYS) is None


def test_lists_that_are_not_packed_or_hold_several_strings_are_left_to_the_reader():
    names = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"a", b"b"]))
    messages = [tf.train.Example(features=tf.train.Features(feature={"n": names})).SerializeToString()] * 130
    located = example_batches.locate(messages, [b"n"])
    assert example_batches.column(located, b"n", 1) is None
    assert example_batches.column(located, b"n", 2) is None
    assert example_batches.cells_of(located, b"n")[0] == (1, b"\x0a\x01a\x0a\x01b")


@pytest.mark.parametrize("seed", range(200))
def test_damaged_messages_are_never_read_beyond_their_end(seed):
    random = np.random.RandomState(seed)
    messages = examples(130, seed)
    place = random.randint(len(messages))
    broken = bytearray(messages[place])
    if broken:
        broken[random.randint(len(broken))] = random.randint(256)
    messages[place] = bytes(broken)
    located = example_batches.locate(messages, KEYS)
    if located is None:
        return
    for key in KEYS:
        cells = [example_reader.features_of(message).get(key) for message in messages]
        assert example_batches.cells_of(located, key) == cells
        for kind in (1, 2, 3):
            example_batches.column(located, key, kind)
