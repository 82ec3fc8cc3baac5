"""TFRecord files: a sequence of byte strings, each with its length and two checksums, optionally compressed.

One record is: length (8 bytes, little-endian), masked CRC-32C of the length, data, masked CRC-32C of the data.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Any

from autograd_lite.core import errors
from autograd_lite.core.export import export
from autograd_lite.wire.checksum import masked_crc32c
from autograd_lite.wire.files import opened, text_path

_HEADER = struct.Struct("<QI")
_CRC = struct.Struct("<I")
_CHUNK = 1 << 18
_GZIP_WINDOW = 16  # added to zlib's window size, it means a gzip header and trailer
_MAX_INFLATED_RECORD = 1 << 30  # one record of a compressed file: a small file can claim to hold very much


@export("io.TFRecordCompressionType", "python_io.TFRecordCompressionType")
class TFRecordCompressionType:
    """How a TFRecord file is compressed."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


_NAMES = {TFRecordCompressionType.NONE: "", TFRecordCompressionType.ZLIB: "ZLIB", TFRecordCompressionType.GZIP: "GZIP"}


@export("io.TFRecordOptions", "python_io.TFRecordOptions")
class TFRecordOptions:
    """How to compress or decompress a TFRecord file.

    Args:
      compression_type: "GZIP", "ZLIB", "" or None, or a constant of `TFRecordCompressionType`.
      flush_mode, input_buffer_size, output_buffer_size, compression_method: kept, and without effect on the result.
      window_bits, compression_level, mem_level, compression_strategy: handed to zlib.

    Raises:
      ValueError: for an unknown compression type.
    """

    compression_type_map = _NAMES

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """The name of a compression type, given as TFRecordOptions, constant, name or None.

        Raises:
          ValueError: for anything else.
        """
        if isinstance(options, TFRecordOptions):
            options = options.compression_type
        if options is None:
            return ""
        if isinstance(options, int) and options in _NAMES:
            return _NAMES[options]
        if options in _NAMES.values():
            return options
        raise ValueError(f'Not a valid compression_type: "{options}"\n  Known are "GZIP", "ZLIB" and "".')


class _Inflated:
    """A file read through zlib; gzip files may hold several parts one after the other."""

    def __init__(self, file: IO[bytes], window_bits: int) -> None:
        self._file = file
        self._window_bits = window_bits
        self._inflater: Any = None
        self._waiting = b""  # compressed bytes not yet used

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end of the file."""
        while True:
            if not self._waiting:
                self._waiting = self._file.read(_CHUNK)
                if not self._waiting:
                    return b""
            if self._inflater is None:
                self._inflater = zlib.decompressobj(self._window_bits)
            found = self._inflate(size)
            if found:
                return found

    def _inflate(self, size: int) -> bytes:
        try:
            found = self._inflater.decompress(self._waiting, size)
        except zlib.error as error:
            told = re.match(r"Error (-?\d+) while decompressing data: (.*)", str(error))
            number, text = told.groups() if told else ("-3", str(error))
            raise errors.DataLossError(None, None, f"inflate() failed with error {number}: {text}") from None
        if self._inflater.eof:
            self._waiting, self._inflater = self._inflater.unused_data, None
        else:
            self._waiting = self._inflater.unconsumed_tail
        return found


def _read_up_to(source: Any, size: int) -> bytes:
    """`size` bytes, or as many as there are: memory grows with what was read, not with what a length field claims."""
    parts = []
    while size:
        part = source.read(min(size, _CHUNK))
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _damaged(text: str, path: str) -> errors.DataLossError:
    return errors.DataLossError(None, None, f"{text}\n  File: {path}")


def _records(source: Any, path: str, limit: int | None) -> Iterator[bytes]:
    offset = 0
    while True:
        header = _read_up_to(source, _HEADER.size)
        if len(header) < _HEADER.size:  # the end, or a header that is still being written
            return
        length, crc = _HEADER.unpack(header)
        if masked_crc32c(header[:8]) != crc:
            raise _damaged(f"corrupted record at {offset} (Is this even a TFRecord file?)", path)
        if limit is not None and length > limit:
            told = f"It claims {length} bytes; a record of a compressed file may hold at most {limit}."
            raise _damaged(f"corrupted record at {offset}\n  {told}", path)
        data = _read_up_to(source, length)
        footer = _read_up_to(source, _CRC.size)
        if len(data) < length or len(footer) < _CRC.size:
            raise _damaged(f"truncated record at {offset}' failed with Read less bytes than requested", path)
        if masked_crc32c(data) != _CRC.unpack(footer)[0]:
            raise _damaged(f"corrupted record at {offset + _HEADER.size}", path)
        yield data
        offset += _HEADER.size + length + _CRC.size


@export("io.tf_record_iterator", "python_io.tf_record_iterator")
def tf_record_iterator(path: str | bytes | os.PathLike[Any], options: Any = None) -> Iterator[bytes]:
    """Read the records of a TFRecord file one after the other.

    Args:
      path: the file.
      options: `TFRecordOptions`, a constant of `TFRecordCompressionType`, "GZIP", "ZLIB" or None.

    Raises:
      NotFoundError: when there is no such file.
      DataLossError: when a checksum does not match or the file ends inside a record.
      ValueError: for an unknown compression type.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "two.tfrecord")
    >>> with TFRecordWriter(path) as writer:
    ...     writer.write(b"one")
    ...     writer.write(b"two")
    >>> list(tf_record_iterator(path))
    [b'one', b'two']
    """
    compression = TFRecordOptions.get_compression_type_string(options)
    window_bits = getattr(options, "window_bits", None) or zlib.MAX_WBITS
    name = text_path(path)
    with opened(name, "rb") as file:
        if not compression:
            yield from _records(file, name, None)
        else:
            extra = _GZIP_WINDOW if compression == "GZIP" else 0
            yield from _records(_Inflated(file, window_bits + extra), name, _MAX_INFLATED_RECORD)


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


@export("io.TFRecordWriter", "python_io.TFRecordWriter")
class TFRecordWriter:
    """Write records to a TFRecord file.

    Args:
      path: the file; what it held is replaced.
      options: `TFRecordOptions`, a constant of `TFRecordCompressionType`, "GZIP", "ZLIB" or None.

    Raises:
      NotFoundError: when the folder does not exist.
      ValueError: for an unknown compression type.
    """

    def __init__(self, path: str | bytes | os.PathLike[Any], options: Any = None) -> None:
        compression = TFRecordOptions.get_compression_type_string(options)
        given = options if isinstance(options, TFRecordOptions) else TFRecordOptions(compression)
        self._deflater: Any = None
        if compression:
            window_bits = _given(given.window_bits, zlib.MAX_WBITS) + (_GZIP_WINDOW if compression == "GZIP" else 0)
            level = _given(given.compression_level, zlib.Z_DEFAULT_COMPRESSION)
            strategy = _given(given.compression_strategy, zlib.Z_DEFAULT_STRATEGY)
            self._deflater = zlib.compressobj(level, zlib.DEFLATED, window_bits, _given(given.mem_level, 9), strategy)
        self._file: IO[bytes] | None = opened(text_path(path), "wb")

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    def _open_file(self) -> IO[bytes]:
        if self._file is None:
            raise errors.FailedPreconditionError(None, None, "Writer is closed.")
        return self._file

    def write(self, record: bytes | str) -> None:
        """Append one record (text is stored as UTF-8).

        Raises:
          TypeError: when `record` is neither bytes nor text.
          FailedPreconditionError: when the writer is closed.
        """
        file = self._open_file()
        if isinstance(record, str):
            record = record.encode()
        if not isinstance(record, bytes | bytearray | memoryview):
            raise TypeError(f"A record must be bytes or str, got {record!r} of type {type(record).__name__}")
        data = bytes(record)
        length = struct.pack("<Q", len(data))
        framed = b"".join((length, _CRC.pack(masked_crc32c(length)), data, _CRC.pack(masked_crc32c(data))))
        file.write(self._deflater.compress(framed) if self._deflater else framed)

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        file = self._open_file()
        if self._deflater:
            file.write(self._deflater.flush(zlib.Z_SYNC_FLUSH))
        file.flush()

    def close(self) -> None:
        """Finish the file; closing twice is allowed."""
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            if self._deflater:
                file.write(self._deflater.flush(zlib.Z_FINISH))
        finally:
            file.close()
