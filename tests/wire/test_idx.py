import gzip
import struct

import numpy as np
import pytest

from autograd_lite.wire.idx import read_idx, write_idx


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("name", ["a.idx", "a.idx.gz"])
def test_what_is_written_is_read_back(tmp_path, dtype, name):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    write_idx(tmp_path / name, array)
    back = read_idx(tmp_path / name)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_the_bytes_are_those_of_the_format(tmp_path):
    write_idx(tmp_path / "labels", np.array([5, 0], np.uint8))
    assert (tmp_path / "labels").read_bytes() == struct.pack(">iiBB", 2049, 2, 5, 0)


def test_writing_twice_gives_the_same_bytes(tmp_path):
    array = np.arange(50, dtype=np.uint8)
    write_idx(tmp_path / "a.gz", array)
    write_idx(tmp_path / "b.gz", array)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_compression_is_seen_in_the_bytes_not_in_the_name(tmp_path):
    (tmp_path / "plain-name").write_bytes(gzip.compress(struct.pack(">iiB", 2049, 1, 9)))
    assert read_idx(tmp_path / "plain-name").tolist() == [9]


def test_a_wrong_magic_number_is_named(tmp_path):
    write_idx(tmp_path / "labels", np.array([5, 0], np.uint8))
    with pytest.raises(ValueError, match="Invalid magic number 2049 in MNIST file: .*labels; wanted 2051"):
        read_idx(tmp_path / "labels", magic=2051)


@pytest.mark.parametrize("cut", [0, 1, 3, 4, 7, 8, 9])
def test_a_file_cut_short_is_refused(tmp_path, cut):
    whole = struct.pack(">iiBB", 2049, 2, 5, 0)
    for name, content in [("raw", whole[:cut]), ("packed", gzip.compress(whole[:cut])), ("cut", gzip.compress(whole)[: cut + 2])]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError):
            read_idx(tmp_path / name)


def test_bytes_left_over_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(struct.pack(">iiBBB", 2049, 2, 5, 0, 1)))
    with pytest.raises(ValueError, match="more than that came"):
        read_idx(tmp_path / "a")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_header_that_promises_too_much_allocates_nothing(tmp_path, pack):
    (tmp_path / "bomb").write_bytes(pack(struct.pack(">iiiiB", 2051, 2**31 - 1, 2**31 - 1, 2**31 - 1, 1)))
    with pytest.raises(ValueError, match="but the file has only"):
        read_idx(tmp_path / "bomb")


def test_more_items_than_allowed_are_refused(tmp_path):
    write_idx(tmp_path / "a", np.zeros(11, np.uint8))
    with pytest.raises(ValueError, match="11 items; at most 10"):
        read_idx(tmp_path / "a", max_items=10)


def test_damaged_gzip_data_is_a_value_error(tmp_path):
    content = bytearray(gzip.compress(struct.pack(">ii", 2049, 2000) + bytes(range(250)) * 8))
    content[20] ^= 255
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(ValueError):
        read_idx(tmp_path / "a")


def test_an_array_that_the_format_cannot_hold_is_refused(tmp_path):
    with pytest.raises(ValueError, match="IDX cannot hold an array of complex64"):
        write_idx(tmp_path / "a", np.zeros(3, np.complex64))
    assert list(tmp_path.iterdir()) == []
