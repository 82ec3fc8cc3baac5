import gzip
import zlib

import numpy as np
import pytest

import autograd_lite as tf
from tests.ops.kernels import complaint, fed, run


def _words(*words):
    return np.array(words, object)


def test_bytes_are_taken_as_numbers_in_either_order():
    assert run("DecodeRaw", _words(b"\x01\x00\x02\x00"), out_type="int16").tolist() == [[1, 2]]
    assert run("DecodeRaw", _words(b"\x00\x01\x00\x02"), out_type="int16", little_endian=False).tolist() == [[1, 2]]


def test_lengths_that_do_not_fit_are_named():
    text = "Input to DecodeRaw has length 3 that is not a multiple of 4, the size of int32"
    assert complaint(fed, "DecodeRaw", _words(b"abc"), out_type="int32") == text
    text = "DecodeRaw requires input strings to all be the same size, but element 1 has size 1 != 2"
    assert complaint(fed, "DecodeRaw", _words(b"ab", b"a"), out_type="uint8") == text


def test_columns_have_the_types_of_their_defaults():
    records = _words(b'1,2.5,"a,b"', b",,")
    ints, floats, words = run("DecodeCSV", records, (np.array([7], np.int32), np.array([0.5], np.float32), _words(b"x")))
    assert (ints.tolist(), floats.tolist(), words.tolist()) == ([1, 7], [2.5, 0.5], [b"a,b", b"x"])


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (b"1,2,3", "Expect 2 fields but have 3 in record 0"),
        (b"1,x", "Field 1 in record 0 is not a valid int32: x"),
        (b"1,", "Field 1 is required but missing in record 0!"),
    ],
)
def test_records_that_do_not_fit_are_named(record, text):
    defaults = (np.array([0], np.int32), np.zeros(0, np.int32))
    assert complaint(fed, "DecodeCSV", _words(record), defaults) == text


@pytest.mark.parametrize("array", [np.arange(6.0).reshape(2, 3), np.array(True), np.zeros((0, 2), np.int64)])
def test_a_tensor_comes_back_from_its_bytes(array):
    back = run("ParseTensor", np.array(run("SerializeTensor", array), object), out_type=array.dtype.name)
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("content", [b"", b"\x08\x01\x12\x0c\x12\x0a\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40"])
def test_bytes_that_are_no_tensor_are_refused(content):
    text = "Cannot parse tensor from proto: goo.gle/debugproto"
    assert complaint(fed, "ParseTensor", np.array(content, object), out_type="float32") == text
    text = "Could not parse `serialized` as TensorProto, base64: AQL/"
    assert complaint(fed, "ParseTensor", np.array(b"\x01\x02\xff", object), out_type="float32") == text


def test_compressed_text_comes_back_and_what_is_cut_off_is_refused():
    assert run("DecodeCompressed", _words(gzip.compress(b"text")), compression_type="GZIP").tolist() == [b"text"]
    assert "cut off" in complaint(fed, "DecodeCompressed", _words(zlib.compress(b"text" * 99)[:-6]), compression_type="ZLIB")


@pytest.mark.parametrize(("record", "wanted"), [
    (b"1.5,-2e3,7", (1.5, -2000.0, 7)),
    (b" 1.5,nan,7", (1.5, np.nan, 7)),
    (b",+.5,7", (9.0, 0.5, 7)),
    (b'"1.5",2.,7', (1.5, 2.0, 7)),
    (b"1e99,inf,7", (np.inf, np.inf, 7)),
])  # fmt: skip
def test_a_single_record_gives_what_it_gives_among_others(record, wanted):
    defaults = [[9.0], [8.0], [0]]
    with tf.Session() as session:
        alone = session.run(tf.decode_csv(tf.constant(record), defaults))
        among = session.run(tf.decode_csv(tf.constant([record, b"1,2,3"]), defaults))
    for one, many, number in zip(alone, among, wanted):
        assert one.dtype == many.dtype
        assert np.array_equal(one, many[0], equal_nan=one.dtype.kind == "f")
        assert np.array_equal(one, one.dtype.type(number), equal_nan=one.dtype.kind == "f")


@pytest.mark.parametrize("field", [b"1_0", b"1e", b"--1", b"1.5.2", b"e5", b"0x1"])
def test_what_is_no_number_is_none_in_a_single_record_either(field):
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="Field 0 in record 0 is not a valid float"):
        session.run(tf.decode_csv(tf.constant(field + b",7"), [[9.0], [0]]))
