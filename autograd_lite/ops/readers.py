"""Readers: nodes that own one, and the ops that ask them for records of the files whose names wait in a queue."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.queues import queue_of
from autograd_lite.ops.reader_objects import (
    FixedLengthRecordReader,
    IdentityReader,
    LMDBReader,
    Reader,
    TextLineReader,
    TFRecordReader,
    WholeFileReader,
)

_SHARED = "container: string = '', shared_name: string = ''"
_READER: dict[str, Any] = {
    "shape": rules.scalar,
    "stateful": True,
    "no_gradient": "bytes have no slope",
    "samples": "its reader lives in a session; tests/ops/test_readers.py shows it",
}


def _whole_files(attrs):
    return WholeFileReader()


@op(f"WholeFileReaderV2(*, {_SHARED}) -> reader_handle: resource", state=_whole_files, **_READER)
def whole_file_reader(xp, state):
    """Own a reader that gives every file as one record."""
    return state


def _text_lines(attrs):
    return TextLineReader(attrs["skip_header_lines"])


@op(f"TextLineReaderV2(*, skip_header_lines: int = 0, {_SHARED}) -> reader_handle: resource", state=_text_lines, **_READER)
def text_line_reader(xp, state):
    """Own a reader that gives the lines of text files."""
    return state


def _fixed_length(attrs):
    return FixedLengthRecordReader(
        attrs["header_bytes"], attrs["record_bytes"], attrs["footer_bytes"], attrs["hop_bytes"], attrs["encoding"]
    )


@op(
    "FixedLengthRecordReaderV2(*, header_bytes: int = 0, record_bytes: int, footer_bytes: int = 0, hop_bytes: int = 0, "
    f"{_SHARED}, encoding: string = '') -> reader_handle: resource",
    state=_fixed_length,
    **_READER,
)
def fixed_length_record_reader(xp, state):
    """Own a reader that gives pieces of equal length of files."""
    return state


def _tf_records(attrs):
    return TFRecordReader(attrs["compression_type"])


@op(f"TFRecordReaderV2(*, {_SHARED}, compression_type: string = '') -> reader_handle: resource", state=_tf_records, **_READER)
def tf_record_reader(xp, state):
    """Own a reader that gives the records of TFRecord files."""
    return state


def _lmdb(attrs):
    return LMDBReader()


@op(f"LMDBReader(*, {_SHARED}) -> reader_handle: resource", state=_lmdb, **_READER)
def lmdb_reader(xp, state):
    """Own a reader that gives the entries of LMDB databases."""
    return state


def _identity(attrs):
    return IdentityReader()


@op(f"IdentityReaderV2(*, {_SHARED}) -> reader_handle: resource", state=_identity, **_READER)
def identity_reader(xp, state):
    """Own a reader that gives what is in the queue itself."""
    return state


# ---------------------------------------------------------------- asking them


def _reader(handle: Any) -> Reader:
    if not isinstance(handle, Reader):
        raise invalid(f"Expected the handle of a reader, got {type(handle).__name__}")
    return handle


def _word(content: bytes) -> Any:
    word = np.empty((), object)
    word[()] = content
    return word


def _words(contents: list[bytes]) -> Any:
    words = np.empty(len(contents), object)
    words[:] = contents
    return words


def _pair(shape):
    return lambda c: [shape, shape]


@op("ReaderReadV2(reader_handle: resource, queue_handle: resource) -> key: string, value: string", **{**_READER, "shape": _pair(())})
def reader_read(xp, reader_handle, queue_handle):
    """Read the next record; waits for work in the queue."""
    key, value = _reader(reader_handle).read(queue_of(queue_handle))
    return _word(key), _word(value)


@op(
    "ReaderReadUpToV2(reader_handle: resource, queue_handle: resource, num_records: int64) -> keys: string, values: string",
    **{**_READER, "shape": _pair((None,)), "host": ("num_records",)},
)
def reader_read_up_to(xp, reader_handle, queue_handle, num_records):
    """Read at most `num_records` records of one file; waits for work in the queue."""
    records = _reader(reader_handle).read_up_to(queue_of(queue_handle), int(num_records))
    return _words([key for key, _ in records]), _words([value for _, value in records])


@op("ReaderNumRecordsProducedV2(reader_handle: resource) -> records_produced: int64", **_READER)
def reader_num_records_produced(xp, reader_handle):
    """Count the records that a reader has given."""
    return np.int64(_reader(reader_handle).produced)


@op("ReaderNumWorkUnitsCompletedV2(reader_handle: resource) -> units_completed: int64", **_READER)
def reader_num_work_units_completed(xp, reader_handle):
    """Count the files that a reader has read to the end."""
    return np.int64(_reader(reader_handle).finished)


@op("ReaderSerializeStateV2(reader_handle: resource) -> state: string", **_READER)
def reader_serialize_state(xp, reader_handle):
    """Write what a reader has counted as bytes."""
    return _word(_reader(reader_handle).serialize())


@op("ReaderRestoreStateV2(reader_handle: resource, state: string)", **{**_READER, "shape": None})
def reader_restore_state(xp, reader_handle, state):
    """Let a reader count on from what it wrote as bytes."""
    word = np.asarray(state, object)
    if word.ndim:
        raise invalid(f"state must be a scalar, got shape {text(word.shape)}")
    _reader(reader_handle).restore(word.item())


@op("ReaderResetV2(reader_handle: resource)", **{**_READER, "shape": None})
def reader_reset(xp, reader_handle):
    """Let a reader begin anew."""
    reader = _reader(reader_handle)
    with reader.alone():
        reader.reset()
