"""TFRecord files are read and written byte for byte as TensorFlow does, and damage is noticed."""

import gzip
import json
import os
import struct
import zlib
from pathlib import Path

import pytest

from autograd_lite.core import errors
from autograd_lite.wire import tfrecord
from autograd_lite.wire.checksum import crc32c, masked, masked_crc32c, unmasked
from autograd_lite.wire.tfrecord import TFRecordCompressionType, TFRecordOptions, TFRecordWriter, tf_record_iterator

RECORDS = Path(__file__).parents[1] / "golden" / "data" / "records"
FILES = [entry for entry in json.loads((RECORDS / "index.json").read_text()) if "records_latin1" in entry]
GZIP = TFRecordOptions(TFRecordCompressionType.GZIP)


def read(path, options=None):
    return list(tf_record_iterator(path, options))


def write(path, records, options=None):
    with TFRecordWriter(path, options) as writer:
        for record in records:
            writer.write(record)
    return Path(path).read_bytes()


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "some.tfrecord")


@pytest.mark.parametrize("entry", FILES, ids=[entry["id"] for entry in FILES])
def test_files_written_by_tensorflow_are_read_and_written_again_byte_for_byte(entry, path):
    wanted = [record.encode("latin1") for record in entry["records_latin1"]]
    compression = entry["compression"].upper()
    assert read(RECORDS / entry["file"], compression) == wanted
    assert write(path, wanted, compression) == (RECORDS / entry["file"]).read_bytes()


def test_crc32c_has_the_value_of_its_standard():
    assert crc32c(b"123456789") == 0xE3069283
    assert unmasked(masked(0x12345678)) == 0x12345678


def test_text_is_stored_as_utf8(path):
    write(path, ["é"])
    assert read(path) == ["é".encode()]


def test_every_flipped_bit_is_noticed(path):
    content = write(path, [b"hello", b"world!"])
    for bit in range(len(content) * 8):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        Path(path).write_bytes(damaged)
        with pytest.raises(errors.DataLossError):
            read(path)


def test_damage_is_told_with_the_offset_of_the_record(path):
    content = write(path, [b"hello", b"world!"])
    Path(path).write_bytes(content[:-1])
    with pytest.raises(errors.DataLossError, match="^truncated record at 21' failed with Read less bytes than requested\n.*some.tfrecord"):
        read(path)
    Path(path).write_bytes(content[:13] + b"J" + content[14:])
    with pytest.raises(errors.DataLossError, match="^corrupted record at 12\n"):
        read(path)
    Path(path).write_bytes(b"\x7f" + content[1:])
    with pytest.raises(errors.DataLossError, match="^corrupted record at 0 .Is this even a TFRecord file"):
        read(path)


def test_good_records_before_the_damage_are_given(path):
    content = write(path, [b"hello", b"world!"])
    Path(path).write_bytes(content[:-1])
    records = tf_record_iterator(path)
    assert next(records) == b"hello"
    with pytest.raises(errors.DataLossError):
        next(records)


def lying_header(length):
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


def test_a_length_that_lies_costs_no_memory(path):
    Path(path).write_bytes(lying_header(1 << 60) + b"short")
    with pytest.raises(errors.DataLossError, match="truncated"):
        read(path)
    Path(path).write_bytes(gzip.compress(lying_header(1 << 60) + b"short"))
    with pytest.raises(errors.DataLossError, match="claims"):
        read(path, GZIP)


def test_a_compressed_record_may_not_grow_without_bound(path, monkeypatch):
    monkeypatch.setattr(tfrecord, "_MAX_INFLATED_RECORD", 1000)
    write(path, [b"x" * 1001], GZIP)
    with pytest.raises(errors.DataLossError, match="at most 1000"):
        read(path, GZIP)


def test_gzip_files_may_have_several_parts(path):
    content = write(path, [b"a", b"b"])
    Path(path).write_bytes(gzip.compress(content, mtime=0) + gzip.compress(content, mtime=0))
    assert read(path, GZIP) == [b"a", b"b"] * 2


@pytest.mark.parametrize("content", [b"not compressed at all", zlib.compress(b""), gzip.compress(b"", mtime=0) + b"junk"])
def test_what_is_not_gzip_is_data_loss(path, content):
    Path(path).write_bytes(content)
    with pytest.raises(errors.DataLossError, match="inflate.. failed with error -3: incorrect header check"):
        read(path, GZIP)


def test_large_records_pass_through_in_pieces(path):
    record = os.urandom(3_000_000)
    for options in (None, "GZIP", "ZLIB"):
        write(path, [record, b""], options)
        assert read(path, options) == [record, b""]


def test_options_are_names_constants_or_objects():
    kind = TFRecordOptions.get_compression_type_string
    assert [kind(None), kind("GZIP"), kind(2), kind(1), kind(0), kind(GZIP), kind("")] == ["", "GZIP", "GZIP", "ZLIB", "", "GZIP", ""]
    with pytest.raises(ValueError, match='^Not a valid compression_type: "LZ"'):
        TFRecordOptions("LZ")


def test_a_missing_file_is_not_found(path):
    with pytest.raises(errors.NotFoundError, match="some.tfrecord; No such file or directory$"):
        read(path)
    with pytest.raises(errors.NotFoundError, match="No such file or directory$"):
        TFRecordWriter(path + "/nowhere/file")


def test_a_wrong_compression_leaves_the_file_as_it_was(path):
    content = write(path, [b"keep"])
    with pytest.raises(ValueError):
        TFRecordWriter(path, "LZ")
    assert Path(path).read_bytes() == content


def test_a_closed_writer_refuses(path):
    writer = TFRecordWriter(path)
    writer.close()
    writer.close()
    with pytest.raises(errors.FailedPreconditionError, match="^Writer is closed"):
        writer.write(b"x")


def test_what_is_no_record_is_a_type_error(path):
    with TFRecordWriter(path) as writer, pytest.raises(TypeError):
        writer.write(5)


@pytest.mark.parametrize("options", [None, "GZIP"])
def test_flushed_records_can_be_read_before_the_file_is_closed(path, options):
    writer = TFRecordWriter(path, options)
    writer.write(b"first")
    writer.flush()
    assert read(path, options) == [b"first"]
    writer.close()
