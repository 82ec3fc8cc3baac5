"""Event files: what TensorBoard reads. One thread for each open file writes, so that training does not wait for the disk."""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import threading
import time
import weakref
from typing import Any

from autograd_lite.core.errors import OpError
from autograd_lite.wire import messages
from autograd_lite.wire.files import error_of, make_folders, text_path
from autograd_lite.wire.tfrecord import TFRecordWriter

_SHORTEST_REST = 0.05  # seconds between two flushes
_FORMAT = "brain.Event:2"  # what readers look for at the beginning


def _new_file(folder: str, suffix: str) -> str:
    """Make an event file whose name nobody has: time, machine, suffix, and a number if two were opened in one second."""
    name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}"
    number = 0
    while True:
        path = os.path.join(folder, f"{name}{f'.{number}' if number else ''}{suffix}")
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            return path
        except FileExistsError:
            number += 1
        except OSError as error:
            raise error_of(error, path) from error


class _OpenFile:
    """One event file, its queue and its thread. Knows nothing of the writer in front of it, which may be forgotten unclosed."""

    def __init__(self, folder: str, max_queue: int, flush_secs: float, suffix: str) -> None:
        self._path = _new_file(folder, suffix)
        self._records = TFRecordWriter(self._path)
        self._flush_secs = max(float(flush_secs), 0.0)
        # Records; an Event is set when all before it is written; None asks the thread to see whether this is the end.
        self._waiting: queue.Queue[bytes | threading.Event | None] = queue.Queue(max_queue)
        self._failure: OpError | None = None
        self._lock = threading.Lock()  # held while something is put into the queue: nothing comes after the end
        self._closed = False
        self.add(messages.Event(wall_time=time.time(), file_version=_FORMAT).SerializeToString())
        self._thread = threading.Thread(target=self._work, name=f"events of {folder}", daemon=True)
        self._thread.start()

    def _put(self, item: bytes | threading.Event) -> bool:
        with self._lock:
            if not self._closed:
                self._waiting.put(item)
            return not self._closed

    def add(self, record: bytes) -> None:
        """Append a record; waits while the queue is full."""
        self._tell_failure()
        self._put(record)

    def flush(self) -> None:
        """Wait until all that was added is in the file."""
        done = threading.Event()
        if self._put(done):
            done.wait()
        self._tell_failure()

    def close(self) -> None:
        """Write what waits, close the file, end the thread. Closing twice is allowed."""
        with self._lock:
            self._closed = True
            with contextlib.suppress(queue.Full):
                self._waiting.put_nowait(None)
        if threading.current_thread() is not self._thread:  # which can collect a forgotten writer, too
            self._thread.join()
        self._tell_failure()

    def _tell_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _work(self) -> None:
        next_flush = time.monotonic() + self._flush_secs
        while not (self._closed and self._waiting.empty()):
            try:
                item = self._waiting.get(timeout=max(0.0, next_flush - time.monotonic()))
            except queue.Empty:
                item = None
            if isinstance(item, bytes):
                self._guarded(self._records.write, item)
                continue
            self._guarded(self._records.flush)
            next_flush = time.monotonic() + max(self._flush_secs, _SHORTEST_REST)
            if item is not None:
                item.set()
        self._guarded(self._records.close)

    def _guarded(self, action: Any, *args: Any) -> None:
        """Do something with the file; what goes wrong is told to the next caller. The thread goes on, so that nobody waits for ever."""
        try:
            action(*args)
        except OSError as error:
            self._failure = error_of(error, self._path)


class EventFileWriter:
    """Writes Event messages to a new file in a folder.

    Args:
      logdir: the folder; made when it is not there.
      max_queue: how many events may wait to be written before `add_event` waits too.
      flush_secs: how often what was written is handed to the operating system.
      filename_suffix: put at the end of the file's name.

    Raises:
      NotFoundError, PermissionDeniedError, ...: when folder or file cannot be made.
    """

    def __init__(self, logdir: Any, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str | None = None) -> None:
        self._logdir = text_path(logdir)
        self._settings = (max_queue, flush_secs, filename_suffix or "")
        make_folders(self._logdir)
        self._open()

    def _open(self) -> None:
        self._file: _OpenFile | None = _OpenFile(self._logdir, *self._settings)
        # A program that ends, or forgets the writer, without closing it still finds its events in the file.
        self._close_at_last = weakref.finalize(self, self._file.close)

    @property
    def closed(self) -> bool:
        """Whether events are dropped: after `close`, until `reopen`."""
        return self._file is None

    def get_logdir(self) -> str:
        """The folder."""
        return self._logdir

    def reopen(self) -> None:
        """Begin a new file after `close`; without effect while one is open."""
        if self._file is None:
            self._open()

    def add_event(self, event: Any) -> None:
        """Append an Event message; dropped when the writer is closed."""
        if self._file is not None:
            self._file.add(event.SerializeToString())

    def flush(self) -> None:
        """Wait until all events are in the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write what waits and close the file."""
        if self._file is not None:
            file, self._file = self._file, None
            self._close_at_last.detach()
            file.close()
