"""Tables are written as TensorFlow writes them, read back, and damage in them is noticed."""

import random
import struct

import pytest

from autograd_lite.core import errors
from autograd_lite.wire import table
from autograd_lite.wire.checksum import masked_crc32c
from autograd_lite.wire.table import read_varint, table_chunks, table_entries, varint

SMALL = [(b"", b"header"), (b"layer/bias", b"1"), (b"layer/kernel", b"22"), (b"z", b"")]


def written(entries):
    return b"".join(table_chunks(entries))


def with_blocks(*blocks, index_key=b"zzz", kind=0):
    """A table of blocks that are given as they are, with right checksums."""
    content = b""
    entries = b""
    for number, block in enumerate(blocks):
        body = block + bytes([kind])
        handle = varint(len(content)) + varint(len(block))
        key = index_key + bytes([number])
        entries += varint(0) + varint(len(key)) + varint(len(handle)) + key + handle
        content += body + struct.pack("<I", masked_crc32c(body))
    index = entries + struct.pack("<II", 0, 1)
    place = len(content)
    content += index + b"\0" + struct.pack("<I", masked_crc32c(index + b"\0"))
    handles = varint(0) + varint(0) + varint(place) + varint(len(index))
    return content + handles.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def block_of(*entries):
    """One block of (shared, rest, value)."""
    body = b"".join(varint(shared) + varint(len(rest)) + varint(len(value)) + rest + value for shared, rest, value in entries)
    return body + struct.pack("<II", 0, 1)


def test_what_is_written_is_read():
    assert list(table_entries(written(SMALL))) == SMALL


def test_an_empty_table_is_an_index_without_entries():
    assert list(table_entries(written([]))) == []


@pytest.mark.parametrize("seed", range(10))
def test_tables_of_many_blocks_are_read_back(seed, monkeypatch):
    monkeypatch.setattr(table, "_BLOCK_SIZE", 200)
    rng = random.Random(seed)
    keys = sorted({rng.randbytes(rng.randrange(1, 6)) * rng.randrange(1, 4) for _ in range(300)})
    entries = [(key, rng.randbytes(rng.randrange(0, 20))) for key in keys]
    assert list(table_entries(written(entries))) == entries


@pytest.mark.parametrize(("last", "following", "short"), [
    (b"abcd", b"abzz", b"abd"), (b"abc", b"abd", b"abc"), (b"ab", b"abc", b"ab"), (b"a\xff", b"b", b"a\xff"), (b"", b"a", b""),
])  # fmt: skip
def test_the_index_uses_the_shortest_key_between_two_blocks(last, following, short):
    assert table._separator(last, following) == short


def test_the_last_key_of_the_index_is_the_shortest_above_all():
    assert table._successor(b"layer") == b"m"
    assert table._successor(b"\xff\xff") == b"\xff\xff"


def test_numbers_take_seven_bits_a_byte():
    for number in (0, 127, 128, 300, 2**32, 2**64 - 1):
        assert read_varint(varint(number), 0) == (number, len(varint(number)))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 10, b"\xff" * 9 + b"\x02"])
def test_numbers_that_do_not_end_or_are_too_large_are_refused(data):
    with pytest.raises(ValueError, match="64 bits"):
        read_varint(data, 0)


def test_every_flipped_bit_is_noticed():
    content = written(SMALL)
    unused = range(len(content) - 48 + 4, len(content) - 8)  # the footer has room for longer numbers
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        if bit // 8 in unused:
            continue
        try:
            found = list(table_entries(bytes(flipped)))
        except errors.DataLossError:
            continue
        assert found == SMALL, f"bit {bit}"


def test_a_table_that_is_cut_anywhere_is_refused():
    content = written(SMALL)
    for size in range(len(content)):
        with pytest.raises(errors.DataLossError):
            list(table_entries(content[:size]))


@pytest.mark.parametrize(("content", "message"), [
    (b"", "too short to be an sstable"),
    (b"x" * 100, "bad magic number"),
    (with_blocks(block_of((0, b"a", b"1")), kind=1), "snappy"),
    (with_blocks(block_of((0, b"a", b"1")), kind=7), "bad block type"),
    (with_blocks(block_of((5, b"a", b"1"))), "bad entry"),
    (with_blocks(b"\0\x7f\0ab" + struct.pack("<II", 0, 1)), "bad entry"),
    (with_blocks(b"\0"), "bad block contents"),
    (with_blocks(struct.pack("<I", 2**31)), "bad block contents"),
    (with_blocks(block_of((0, b"b", b"")), block_of((0, b"a", b""))), "not in order"),
    (with_blocks(block_of((0, b"a", b""), (1, b"", b""))), "not in order"),
])  # fmt: skip
def test_well_formed_lies_are_refused(content, message):
    with pytest.raises(errors.DataLossError, match=message):
        list(table_entries(content))


def test_keys_that_share_their_beginnings_cannot_fill_the_memory():
    name = b"n" * 100_000
    bomb = block_of((0, name, b""), *((len(name), b"%06d" % number, b"") for number in range(3_000)))
    with pytest.raises(errors.DataLossError, match="unfold"):
        list(table_entries(with_blocks(bomb)))
