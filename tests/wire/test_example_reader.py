"""The fast reader of Examples agrees with protobuf, whatever way the same content is written, and refuses what is none."""

import random

import pytest

from autograd_lite.wire import messages
from autograd_lite.wire.example_reader import (
    BYTES,
    FLOAT,
    INT64,
    MalformedMessage,
    features_of,
    floats,
    integers,
    sequence_features_of,
    strings,
)


def _example(**features):
    example = messages.Example()
    for key, values in features.items():
        feature = example.features.feature[key]
        kind = {bytes: feature.bytes_list, float: feature.float_list, int: feature.int64_list}[type(values[0])]
        kind.value.extend(values)
    return example.SerializeToString()


def test_columns_of_many_messages_are_read_at_once():
    parsed = [features_of(_example(a=[1.5, -2.0], b=[3, -1, 2**62], c=[b"x", b"", b"y" * 300])), features_of(_example(a=[4.0], b=[7]))]
    assert parsed[0][b"a"][0] == FLOAT and parsed[0][b"b"][0] == INT64 and parsed[0][b"c"][0] == BYTES
    assert b"c" not in parsed[1]
    found = floats([each[b"a"][1] for each in parsed])
    assert found.values.tolist() == [1.5, -2.0, 4.0] and found.counts.tolist() == [2, 1]
    found = integers([each[b"b"][1] for each in parsed])
    assert found.values.tolist() == [3, -1, 2**62, 7] and found.counts.tolist() == [3, 1]
    found = strings([parsed[0][b"c"][1], b""])
    assert found.values.tolist() == [b"x", b"", b"y" * 300] and found.counts.tolist() == [3, 0]


def test_random_examples_agree_with_protobuf():
    chance = random.Random(3)
    for _ in range(50):
        values = [chance.randrange(-(2 ** chance.randrange(1, 63)), 2 ** chance.randrange(1, 63)) for _ in range(chance.randrange(1, 200))]
        words = [bytes(chance.randrange(256) for _ in range(chance.randrange(200))) for _ in range(chance.randrange(1, 5))]
        found = features_of(_example(**{"k" * chance.randrange(1, 200): values, "word": words}))
        (number,) = [content for kind, content in found.values() if kind == INT64]
        assert integers([number]).values.tolist() == values
        assert strings([found[b"word"][1]]).values.tolist() == words


def test_unpacked_numbers_unknown_fields_and_the_last_of_equal_keys_count():
    unpacked = b"\x08\x05\x08\x80\x01\x10\x07"  # two values one by one, and an unknown field
    assert integers([unpacked]).values.tolist() == [5, 128]
    assert floats([b"\x0d\x00\x00\x80\x3f"]).values.tolist() == [1.0]
    twice = _example(a=[1]) + b"\x18\x01" + _example(a=[2])
    assert integers([features_of(twice)[b"a"][1]]).values.tolist() == [2]


def test_a_feature_without_a_list_is_none():
    assert features_of(b"\x0a\x05\x0a\x03\x0a\x01a") == {}


def test_lists_of_features_keep_their_steps():
    example = messages.SequenceExample()
    example.context.feature["n"].int64_list.value.append(2)
    for values in ([1, 2], [], [3]):
        example.feature_lists.feature_list["t"].feature.add().int64_list.value.extend(values)
    context, lists = sequence_features_of(example.SerializeToString())
    assert integers([context[b"n"][1]]).values.tolist() == [2]
    assert [integers([cell[1]]).values.tolist() for cell in lists[b"t"]] == [[1, 2], [], [3]]


def test_damaged_messages_are_refused_or_read_but_never_crash():
    whole = _example(a=[1.5, 2.5], b=[300, -4], c=[b"xyz"])
    chance = random.Random(5)
    refused = 0
    for _ in range(2000):
        damaged = bytearray(whole[: chance.randrange(len(whole) + 1)])
        for _ in range(chance.randrange(3)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            for kind, content in features_of(bytes(damaged)).values():
                {FLOAT: floats, INT64: integers, BYTES: strings}[kind]([content])
        except MalformedMessage:
            refused += 1
    assert refused > 500


@pytest.mark.parametrize("content", [b"\x0a\x02\x80\x80", b"\x08", b"\x08" + b"\xff" * 11, b"\x0a\x0b" + b"\xff" * 10 + b"\x01"])
def test_numbers_that_are_cut_off_or_too_long_are_refused(content):
    with pytest.raises(MalformedMessage):
        integers([content])
