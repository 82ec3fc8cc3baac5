"""Parts of tensors are named and found as in TensorFlow's checkpoints."""

import itertools

import pytest

from autograd_lite.core import errors
from autograd_lite.wire import tensor_slice
from autograd_lite.wire.tensor_slice import FULL, TensorSlice, key_of, parse_spec, spec_of


@pytest.mark.parametrize(("text", "shape", "part"), [
    ("5 2 0,3:0,2", (5, 2), TensorSlice((0, 0), (3, 2))),
    ("5 2 3,2:-", (5, 2), TensorSlice((3, 0), (2, FULL))),
    ("7 -", (7,), TensorSlice((0,), (FULL,))),
])  # fmt: skip
def test_a_part_is_read_from_its_words(text, shape, part):
    assert parse_spec(text) == (shape, part)
    assert spec_of(part) == text.rpartition(" ")[2]


@pytest.mark.parametrize(("text", "message"), [
    ("3", "Need least two elements"),
    ("x y 0,1:0,1", "Non numerical dimension"),
    ("5 2 0,3:0,2 ", "Non numerical dimension"),
    ("3 2 -", r"Mismatching ranks: shape = \[3,2\], slice = -"),
    ("3 2 5,1:0,2", r"Extent in dimension 0 out of bounds: shape = \[3,2\], slice = 5,1:0,2"),
    ("3 2 0,1:1,9", "Extent in dimension 1 out of bounds"),
    ("3 2 a,1:-", "Expected a pair of numbers or '-' but got 'a,1'"),
    ("9999999999 9999999999 -:-", "more than"),
])  # fmt: skip
def test_words_that_name_no_part_are_refused(text, message):
    with pytest.raises(errors.InvalidArgumentError, match=message):
        parse_spec(text)


def test_keys_are_those_of_tensorflow():
    assert key_of(b"b", TensorSlice((0, 0), (3, FULL))) == b"\0b\0\1\1\2\x80\x83\x80\x7f"  # as TensorFlow 2.21 wrote it


def test_names_with_any_bytes_have_keys_of_their_own():
    names = [b"", b"a", b"a\0", b"a\0\1", b"a\xff", b"\xff\0", b"\0\xff"]
    assert len({key_of(name, tensor_slice.whole(1)) for name in names}) == len(names)


def test_keys_sort_as_numbers_do():
    numbers = [-(2**40), -65, -64, -1, 0, 1, 63, 64, 8191, 8192, 2**31, 2**62]
    keys = [tensor_slice._ordered(number) for number in numbers]
    assert keys == sorted(keys)


def test_what_two_parts_share_is_a_part():
    whole = [TensorSlice((start,), (length,)) for start, length in itertools.product(range(4), range(1, 4))]
    for a, b in itertools.product(whole, whole):
        both = set(range(a.starts[0], a.starts[0] + a.lengths[0])) & set(range(b.starts[0], b.starts[0] + b.lengths[0]))
        shared = a.common(b)
        assert (set() if shared is None else set(range(shared.starts[0], shared.starts[0] + shared.lengths[0]))) == both


def test_messages_hold_parts():
    part = TensorSlice((0, 2, 0), (FULL, 3, 0))
    assert tensor_slice.from_proto(tensor_slice.to_proto(part)) == part


def test_a_message_with_a_negative_start_is_damaged():
    proto = tensor_slice.to_proto(TensorSlice((1,), (2,)))
    proto.extent[0].start = -1
    with pytest.raises(errors.DataLossError):
        tensor_slice.from_proto(proto)
