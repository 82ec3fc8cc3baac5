"""Readers: they take the names of files from a queue and give the records of the files, one by one."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.wire.tfrecord import TFRecordOptions


def _handle(queue: Any) -> Tensor:
    """The handle of a queue object, or the handle itself."""
    return queue if isinstance(queue, Tensor) else queue.queue_ref


@export("ReaderBase")
class ReaderBase:
    """What all readers can do. A reader keeps its place from run to run; several threads may read at once.

    Args:
      reader_ref: the handle of the reader. supports_serialize: whether it can write down where it is.
    """

    def __init__(self, reader_ref: Tensor, supports_serialize: bool = False) -> None:
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Tensor:
        """The handle of the reader."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Whether `serialize_state` and `restore_state` work."""
        return self._supports_serialize

    def read(self, queue: Any, name: str | None = None) -> Any:
        """The next record as (key, value), two string tensors; a run takes the name of the next file from `queue` when one is done.

        A run raises OutOfRangeError when the queue is closed and empty.
        """
        return raw.ReaderReadV2(self._reader_ref, _handle(queue), name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """The next records as (keys, values), two vectors: at most `num_records`, all of one file."""
        return raw.ReaderReadUpToV2(self._reader_ref, _handle(queue), num_records, name=name)

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """How many records it has given, an int64 tensor."""
        return raw.ReaderNumRecordsProducedV2(self._reader_ref, name=name)

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """How many files it has read to the end, an int64 tensor."""
        return raw.ReaderNumWorkUnitsCompletedV2(self._reader_ref, name=name)

    def serialize_state(self, name: str | None = None) -> Tensor:
        """Its counts as bytes; a run raises UnimplementedError for readers that cannot."""
        return raw.ReaderSerializeStateV2(self._reader_ref, name=name)

    def restore_state(self, state: Any, name: str | None = None) -> Operation:
        """An operation that takes over what `serialize_state` gave."""
        return raw.ReaderRestoreStateV2(self._reader_ref, state, name=name)

    def reset(self, name: str | None = None) -> Operation:
        """An operation that lets it begin anew."""
        return raw.ReaderResetV2(self._reader_ref, name=name)


@export("WholeFileReader")
class WholeFileReader(ReaderBase):
    """Gives every file as one record: key is its name, value its content.

    >>> import autograd_lite as tf
    >>> tf.WholeFileReader().read(tf.FIFOQueue(1, tf.string)).key.dtype
    tf.string
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(raw.WholeFileReaderV2(name=name), supports_serialize=True)


@export("TextLineReader")
class TextLineReader(ReaderBase):
    """Gives the lines of text files without their ends; keys are `name:number`, counted from 1.

    Args:
      skip_header_lines: how many lines at the beginning of each file to leave out.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> file = tempfile.NamedTemporaryFile(suffix=".csv")
    >>> written = file.write(b"x,y\\n1,2\\n"), file.flush()
    >>> queue = tf.FIFOQueue(1, tf.string, shapes=[[]])
    >>> put, line = queue.enqueue(file.name), tf.TextLineReader(skip_header_lines=1).read(queue).value
    >>> with tf.Session() as session:
    ...     session.run(put)
    ...     print(session.run(line))
    b'1,2'
    """

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        super().__init__(raw.TextLineReaderV2(skip_header_lines=skip_header_lines or 0, name=name))


@export("FixedLengthRecordReader")
class FixedLengthRecordReader(ReaderBase):
    """Gives pieces of equal length; keys are `name:number`, counted from 0. Bytes after the last whole piece are left out.

    Args:
      record_bytes: the length of a piece. header_bytes, footer_bytes: what to leave out at the ends of each file.
      hop_bytes: from the beginning of a piece to that of the next; `record_bytes` when not given.
      encoding: "ZLIB" or "GZIP" for compressed files.
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: str | None = None,
    ) -> None:
        handle = raw.FixedLengthRecordReaderV2(
            record_bytes=record_bytes,
            header_bytes=header_bytes or 0,
            footer_bytes=footer_bytes or 0,
            hop_bytes=hop_bytes or 0,
            encoding=encoding or "",
            name=name,
        )
        super().__init__(handle)


@export("TFRecordReader")
class TFRecordReader(ReaderBase):
    """Gives the records of TFRecord files; keys are `name:position`.

    Args:
      options: a `tf.python_io.TFRecordOptions` that says how the files are compressed.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        compression = TFRecordOptions.get_compression_type_string(options)
        super().__init__(raw.TFRecordReaderV2(name=name, compression_type=compression))


@export("LMDBReader")
class LMDBReader(ReaderBase):
    """Gives the entries of LMDB databases, in the order of their keys. It needs the package lmdb (`pip install "autograd_lite[lmdb]"`).

    Args:
      options: accepted for TensorFlow's sake.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        super().__init__(raw.LMDBReader(name=name))


@export("IdentityReader")
class IdentityReader(ReaderBase):
    """Gives what is in the queue itself, as key and as value.

    >>> import autograd_lite as tf
    >>> tf.IdentityReader().supports_serialize
    True
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(raw.IdentityReaderV2(name=name), supports_serialize=True)
