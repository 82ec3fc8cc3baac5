"""The readers of a session: each takes the names of files from a queue and gives their records one by one, to any number of threads."""

from __future__ import annotations

import abc
import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from autograd_lite.core import deadline, optional
from autograd_lite.core.dtypes import string
from autograd_lite.core.errors import OutOfRangeError, UnimplementedError
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.queue_objects import Queue
from autograd_lite.wire import messages
from autograd_lite.wire.files import opened, read_bytes, text_path, translated
from autograd_lite.wire.tfrecord import tf_record_iterator

Record = tuple[bytes, bytes]  # key and value

_TFRECORD_FRAME = 16  # bytes of a record besides its data: a length and two checksums
_CHUNK = 1 << 16


class Reader(abc.ABC):
    """What all readers share: the work in hand, the counts, and that one thread reads at a time.

    A piece of work is what the queue gives, usually the name of a file.
    """

    kind = "Reader"
    one_record_each = False  # whether a piece of work is done as soon as its record was given
    can_serialize = False

    def __init__(self) -> None:
        self.name = ""  # the session says it
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Begin anew: no work in hand, nothing counted."""
        self._records: Iterator[Record] | None = None
        self._work = b""
        self._started = self.finished = self.produced = 0

    @abc.abstractmethod
    def records_of(self, work: bytes) -> Iterator[Record]:
        """The records of one piece of work, read while they are asked for."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A block in which only this thread uses the reader; waiting for it obeys the time limit of the run."""
        while True:
            left = deadline.remaining()
            if self._lock.acquire(timeout=-1 if left is None else left):
                break
            deadline.check()
        try:
            yield
        finally:
            self._lock.release()

    def read(self, queue: Queue) -> Record:
        """The next record; takes more work from the queue when it needs some, and waits for it.

        Raises:
          OutOfRangeError: the queue is closed and empty.
        """
        with self.alone():
            while True:
                self._need_work(queue)
                found = self._some(1)
                if found:
                    return found[0]

    def read_up_to(self, queue: Queue, count: int) -> list[Record]:
        """The next records, at most `count` and at least one, all of one piece of work."""
        with self.alone():
            found: list[Record] = []
            while count > 0 and not found:
                self._need_work(queue)
                found = self._some(count)
            return found

    def _need_work(self, queue: Queue) -> None:
        if self._records is not None:
            return
        if len(queue.dtypes) != 1:
            raise invalid("Expected single component queue")
        if queue.dtypes[0] != string:
            raise invalid("Expected queue with single string component")
        ((work,),) = queue.take(1)
        if not isinstance(work, bytes):
            if work.size != 1:
                raise invalid("Expected to dequeue a one-element string tensor")
            work = work.item()
        self._work = work
        self._started += 1
        self._records = self.records_of(work)

    def _some(self, count: int) -> list[Record]:
        """Up to `count` records of the work in hand, which is put away when it has no more."""
        found: list[Record] = []
        records, at_end = self._records, False
        self._records = None  # also when reading fails: the next call goes on with other work
        for _ in range(count):
            record = next(records, None)
            if record is None:
                at_end = True
                break
            found.append(record)
            self.produced += 1
        if at_end or self.one_record_each:
            self.finished += 1
        else:
            self._records = records
        return found

    def serialize(self) -> bytes:
        """The counts as bytes, for `restore`."""
        self._must_serialize("SerializeState")
        with self.alone():
            state = messages.ReaderBaseState(
                work_started=self._started, work_finished=self.finished, num_records_produced=self.produced, current_work=self._work
            )
        return state.SerializeToString(deterministic=True)

    def restore(self, content: bytes) -> None:
        """Take over the counts that `serialize` gave."""
        self._must_serialize("RestoreState")
        state = messages.ReaderBaseState()
        try:
            state.ParseFromString(content)
        except Exception:  # its class depends on the implementation of protobuf
            shown = content[:64].decode("latin-1")
            raise invalid(f"Could not parse state for {self.kind} '{self.name}': {shown}") from None
        if state.work_started > state.work_finished or min(state.work_started, state.num_records_produced) < 0:
            raise invalid(f"Inconsistent work started vs. finished when restoring in {self.kind} '{self.name}'")
        with self.alone():
            self._records, self._work = None, state.current_work
            self._started, self.finished, self.produced = state.work_started, state.work_finished, state.num_records_produced

    def _must_serialize(self, what: str) -> None:
        if not self.can_serialize:
            raise UnimplementedError(None, None, f"Reader {what}\n  A {self.kind} cannot do this; IdentityReader and WholeFileReader can.")


class IdentityReader(Reader):
    """Gives each piece of work itself, as key and value."""

    kind = "IdentityReader"
    one_record_each = can_serialize = True

    def records_of(self, work: bytes) -> Iterator[Record]:
        yield work, work


class WholeFileReader(Reader):
    """Gives each file as one record: its name and its content."""

    kind = "WholeFileReader"
    one_record_each = can_serialize = True

    def records_of(self, work: bytes) -> Iterator[Record]:
        yield work, read_bytes(text_path(work))


class TextLineReader(Reader):
    """Gives the lines of files; keys are `name:number of the line`, from 1 on."""

    kind = "TextLineReader"

    def __init__(self, skip_header_lines: int) -> None:
        super().__init__()
        self._skip = skip_header_lines

    def records_of(self, work: bytes) -> Iterator[Record]:
        path = text_path(work)
        with opened(path, "rb") as file, translated(path):
            for number, line in enumerate(file, 1):
                if number > self._skip:
                    yield b"%s:%d" % (work, number), line.removesuffix(b"\n").removesuffix(b"\r") if line.endswith(b"\n") else line


class TFRecordReader(Reader):
    """Gives the records of TFRecord files; keys are `name:position in the file`."""

    kind = "TFRecordReader"

    def __init__(self, compression_type: str) -> None:
        super().__init__()
        self._compression_type = compression_type

    def records_of(self, work: bytes) -> Iterator[Record]:
        position = 0
        for data in tf_record_iterator(work, self._compression_type):
            yield b"%s:%d" % (work, position), data
            position += _TFRECORD_FRAME + len(data)


class LMDBReader(Reader):
    """Gives the entries of LMDB databases: keys and values as they are stored, in the order of the keys."""

    kind = "LMDBReader"

    def records_of(self, work: bytes) -> Iterator[Record]:
        lmdb = optional.load("lmdb")
        path = text_path(work)
        try:
            base = lmdb.open(path, subdir=os.path.isdir(path), readonly=True, lock=False, readahead=False, create=False)
        except lmdb.Error as error:
            raise invalid(f"Error opening LMDB database {path}: {error}") from None
        with base, base.begin(buffers=False) as transaction:
            yield from transaction.cursor()


class FixedLengthRecordReader(Reader):
    """Gives records of equal length; keys are `name:number of the record`, from 0 on."""

    kind = "FixedLengthRecordReader"

    def __init__(self, header_bytes: int, record_bytes: int, footer_bytes: int, hop_bytes: int, encoding: str) -> None:
        super().__init__()
        if record_bytes <= 0 or min(header_bytes, footer_bytes, hop_bytes) < 0:
            sizes = f"header_bytes={header_bytes}, record_bytes={record_bytes}, footer_bytes={footer_bytes}, hop_bytes={hop_bytes}"
            raise invalid(f"record_bytes must be > 0 and the others >= 0, got {sizes}")
        if encoding not in ("", "ZLIB", "GZIP"):
            raise invalid(f"Unsupported encoding {encoding}, must be '', 'ZLIB' or 'GZIP'")
        self._header, self._record, self._footer, self._hop = header_bytes, record_bytes, footer_bytes, hop_bytes or record_bytes
        self._encoding = encoding

    def records_of(self, work: bytes) -> Iterator[Record]:
        path = text_path(work)
        with opened(path, "rb") as file, translated(path):
            source = _Ahead(file, self._encoding)
            if not source.skip(self._header):
                raise OutOfRangeError(None, None, f"reached end of file\n  {path} is shorter than its header of {self._header} bytes")
            number = 0
            while source.holds(self._record + self._footer):
                yield b"%s:%d" % (work, number), source.peek(self._record)
                number += 1
                if not source.skip(self._hop):
                    return


class _Ahead:
    """Bytes of a file, perhaps compressed, of which one may look at the next ones before taking them."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        self._inflater: Any = zlib.decompressobj(31 if encoding == "GZIP" else 15) if encoding else None
        self._waiting = bytearray()

    def _more(self) -> bool:
        if self._inflater is None:
            chunk = self._file.read(_CHUNK)
        else:
            chunk = self._inflated()
        self._waiting += chunk
        return bool(chunk)

    def _inflated(self) -> bytes:
        while True:
            packed = self._inflater.unconsumed_tail or self._file.read(_CHUNK)
            if not packed:
                return b""
            try:
                chunk = self._inflater.decompress(packed, _CHUNK)
            except zlib.error as error:
                raise invalid(f"inflate() failed: {error}") from None
            if chunk:
                return chunk

    def holds(self, count: int) -> bool:
        """Whether there are so many bytes."""
        while len(self._waiting) < count:
            if not self._more():
                return False
        return True

    def peek(self, count: int) -> bytes:
        """The next bytes, which are known to be there."""
        return bytes(self._waiting[:count])

    def skip(self, count: int) -> bool:
        """Pass over bytes; False when there are not so many."""
        if not self.holds(count):
            return False
        del self._waiting[:count]
        return True
