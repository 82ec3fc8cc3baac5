"""Compiled ops on strings give what the ops' own kernels give."""
import sys

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.core.errors import InvalidArgumentError
from tests.conformance import walk
from tests.kernels.tiers import both, check, kernels, same_bits_for_any_threads

RANDOM = np.random.default_rng(4)


def texts(*words):
    return np.array(words, object)


def random_texts(count, longest, letters=b"ab ,\n\0\xff"):
    return texts(*[bytes(RANDOM.choice(list(letters), size).tolist()) for size in RANDOM.integers(0, longest, count)])


def test_hash_values_of_strings_of_every_length():
    every = texts(*[RANDOM.bytes(size) for size in range(200)], b"x" * 5000)
    check("StringToHashBucketFast", every, num_buckets=2**63 - 1)
    check("StringToHashBucketFast", every[:200].reshape(20, 10).T, given=[every[:200].reshape(20, 10).T], num_buckets=7)


def test_hash_values_are_the_same_for_any_number_of_threads():
    same_bits_for_any_threads("StringToHashBucketFast", random_texts(10_000, 30), num_buckets=1000)


PLAIN = [b"0", b"-0", b"+7", b"1.", b".5", b"-.5e3", b"12.75", b"1e22", b"1E-22", b"9007199254740992", b"0012.500", b"0.1", b"123456789e-9"]
UNUSUAL = [b" 1", b"2 ", b"inf", b"-Infinity", b"nan", b"9007199254740993", b"1e23", b"1e400", b"-1e400", b"4e-324", b"1" * 40, b"1e0005",
           b"0." + b"0" * 30 + b"1", b"3.4028236e38", b"1.4e-45"]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float", "double"])
def test_floats_are_read_to_the_last_bit(dtype):
    numbers = [repr(number).encode() for number in np.exp(RANDOM.normal(0, 30, 3000)).tolist()]
    numbers += [b"%.4f" % number for number in RANDOM.normal(0, 100, 3000)]
    check("StringToNumber", texts(*PLAIN, *UNUSUAL, *numbers), out_type=dtype)
    assert np.signbit(both("StringToNumber", texts(b"-0", b"-0.0"), out_type=dtype).fast).all()


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers_are_read_to_the_ends_of_their_type(dtype):
    ends = [str(end).encode() for end in (np.iinfo(dtype).min, np.iinfo(dtype).max)]
    check("StringToNumber", texts(b"0", b"-0", b"+12", b" 7 ", b"007", b"0" * 25 + b"1", *ends), out_type=dtype)
    check("StringToNumber", RANDOM.integers(-(2**31), 2**31, 5000).astype("S").astype(object), out_type=dtype)


BAD = [(word, "float") for word in (b"", b".", b"-", b"1e", b"1e+", b"1..2", b"1-2", b"--1", b"1\0", b"0x10", b"1_0", "١".encode())]
BAD += [(word, "int32") for word in (b"", b"+", b"1.0", b"2147483648", b"1e3", b"99999999999999999999")]


@pytest.mark.parametrize(("word", "dtype"), BAD)
def test_what_is_no_number_is_named(word, dtype):
    with pytest.raises(InvalidArgumentError) as slow:
        both("StringToNumber", texts(b"1", word, b"bad"), out_type=dtype)  # the op's own kernel runs first
    assert f"string: {word.decode('latin-1')}" in str(slow.value)


def test_the_first_that_is_no_number_is_named_by_machine_code_too():
    for word, dtype in BAD:
        _, attrs, tiered = kernels("StringToNumber", [texts(b"1")], {"out_type": dtype})
        with pytest.raises(InvalidArgumentError) as found:
            tiered.now(walk.XP, texts(b"1", b" 2", word, b"bad"), attrs["out_type"])
        assert str(found.value).splitlines()[0].endswith(f"string: {word.decode('latin-1')}")


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_whole_numbers_are_written(dtype):
    ends = np.iinfo(dtype)
    numbers = RANDOM.integers(ends.min, ends.max, (50, 20), endpoint=True).astype(dtype)
    numbers[0, :4] = ends.min, ends.max, 0, -1
    check("AsString", numbers)
    check("AsString", numbers.T, given=[numbers.T])


@pytest.mark.parametrize(("start", "length"), [(0, 3), (2, 0), (-2, 5), (-1, -4), (1, 2**62), (3, 40)])
def test_the_same_bytes_of_every_string(start, length):
    words = texts(*[RANDOM.bytes(size) for size in range(3, 60)], b"abc", b"abcd", b"abc", b"x" * 300)
    check("Substr", words, np.int64(start), np.int64(length))


def test_a_place_outside_a_string_is_told_by_the_ops_own_kernel():
    with pytest.raises(InvalidArgumentError, match="pos 2 out of range for string b'a' at index 1"):
        both("Substr", texts(b"abc", b"a"), np.int32(2), np.int32(1))


@pytest.mark.parametrize("skip_empty", [False, True])
def test_pieces_between_bytes(skip_empty):
    words = random_texts(500, 40)
    for marks in (b" ", b" ,", b"\0\xff"):
        check("StringSplit", words, np.array(marks, object), skip_empty=skip_empty)
    check("StringSplit", texts(b"", b" "), np.array(b" ", object), skip_empty=skip_empty)


def test_pieces_between_white_space_or_one_byte():
    words = random_texts(500, 40, b"ab \t\n\r\x0b\x0c\x1c,")
    for mark in (b"", b","):
        check("StringSplitV2", words, np.array(mark, object))
    assert not both("StringSplitV2", words, np.array(b", ", object)).is_compiled


def test_strings_are_joined_one_by_one_and_with_one_for_all():
    words, others = random_texts(60, 40).reshape(3, 20), random_texts(60, 400).reshape(3, 20)
    check("StringJoin", [words, others], separator="\u00e9-")
    check("StringJoin", [np.array(b"<", object), words, np.array(b">", object)])


def test_arrays_of_something_else_are_left_to_the_ops_own_kernel():
    assert not both("StringToHashBucketFast", texts(b"a", b"b"), given=[texts(np.bytes_(b"a"), b"b")], num_buckets=9).is_compiled


def test_every_string_is_counted_once_for_each_place_that_holds_it():
    words, space = texts(b"a few words", b"and a few"), np.array(b" ", object)
    _, _, tiered = kernels("StringSplit", [words, space], {})
    pieces = tiered.now(walk.XP, words, space, True)[1]
    before = [sys.getrefcount(each) for each in words]
    for _ in range(3):
        tiered.now(walk.XP, words, space, True)
    assert [sys.getrefcount(each) for each in words] == before
    assert pieces[1] is pieces[5]
    held = sys.getrefcount(pieces[1])
    assert held == 3  # two places, and the argument of getrefcount
