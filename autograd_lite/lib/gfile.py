"""`tf.gfile`: files under TensorFlow's names, for the local file system. The same under newer names is in `io_gfile.py`."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import IO, Any, NamedTuple

from autograd_lite.core import errors
from autograd_lite.core.export import export
from autograd_lite.core.safe_write import replacing
from autograd_lite.wire.files import make_folders, translated

Path = str | bytes | os.PathLike[str]

_MODES = ("r", "w", "a", "r+", "w+", "a+")


def _text(path: Path) -> str:
    return os.fsdecode(path)


def _as_tf_errors(path: Path) -> AbstractContextManager[None]:
    """Let an error of the operating system come out as the class of `tf.errors` that TensorFlow raises for it."""
    return translated(_text(path))


@export("gfile.GFile", "gfile.Open", "io.gfile.GFile")
class GFile:
    """A file that is opened when it is first read or written.

    Text by default; a mode with "b" ("rb", "wb") reads and writes bytes. Use it in a `with` block, or call `close`.

    Args:
      name: the path.
      mode: "r", "w", "a", "r+", "w+" or "a+", with or without "b".

    Raises:
      tf.errors.InvalidArgumentError: for another mode.
      tf.errors.NotFoundError: on first use, if there is no such file or folder.
      tf.errors.PermissionDeniedError: on reading a file opened for writing, or the reverse.

    >>> import tempfile
    >>> name = os.path.join(tempfile.mkdtemp(), "hello.txt")
    >>> with GFile(name, "w") as file:
    ...     file.write("two\\nlines\\n")
    >>> GFile(name).readlines()
    ['two\\n', 'lines\\n']
    """

    def __init__(self, name: Path, mode: str = "r") -> None:
        if mode.replace("b", "") not in _MODES:
            raise errors.InvalidArgumentError(None, None, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'")
        self._name = name
        self._mode = mode
        self._binary = "b" in mode
        self._file: IO[bytes] | None = None

    @property
    def name(self) -> Path:
        """The path as it was given."""
        return self._name

    @property
    def mode(self) -> str:
        """The mode as it was given."""
        return self._mode

    def _open(self) -> IO[bytes]:
        if self._file is None:
            with _as_tf_errors(self._name):
                self._file = open(_text(self._name), self._mode.replace("b", "") + "b")  # noqa: SIM115 - closed by close()
        return self._file

    def _for_reading(self) -> IO[bytes]:
        if self._mode[0] != "r" and "+" not in self._mode:
            raise errors.PermissionDeniedError(None, None, "File isn't open for reading")
        return self._open()

    def _for_writing(self) -> IO[bytes]:
        if self._mode[0] == "r" and "+" not in self._mode:
            raise errors.PermissionDeniedError(None, None, "File isn't open for writing")
        return self._open()

    def _content(self, content: bytes) -> Any:
        return content if self._binary else content.decode("utf-8")

    def size(self) -> int:
        """The number of bytes in the file."""
        return stat(self._name).length

    def read(self, n: int = -1) -> Any:
        """Up to `n` bytes (all if -1), as text unless the mode has a "b"."""
        return self._content(self._for_reading().read(n))

    def readline(self) -> Any:
        """The next line with its line end; empty at the end of the file."""
        return self._content(self._for_reading().readline())

    def readlines(self) -> list[Any]:
        """The lines that are left."""
        return list(self)

    def write(self, file_content: str | bytes) -> None:
        """Write text (as UTF-8) or bytes."""
        file = self._for_writing()
        if not isinstance(file_content, (str, bytes)):
            raise TypeError(f"Expected binary or unicode string, got {file_content!r}")
        file.write(file_content.encode("utf-8") if isinstance(file_content, str) else file_content)

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Move to `offset` bytes from the start (0), from here (1) or from the end (2); `position` is its old name."""
        if position is not None:
            offset = position
        if offset is None:
            raise TypeError("seek(): offset argument required")
        if whence not in (0, 1, 2):
            raise errors.InvalidArgumentError(None, None, f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2.")
        self._for_reading().seek(offset, whence)

    def seekable(self) -> bool:
        """Always True: only local files are opened."""
        return True

    def tell(self) -> int:
        """The place in the file, in bytes."""
        return self._open().tell()

    def flush(self) -> None:
        """Hand what was written to the operating system, so that other programs see it."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file; using it again opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __iter__(self) -> GFile:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def next(self) -> Any:
        """The next line; raises StopIteration at the end."""
        return self.__next__()

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@export("gfile.FastGFile")
class FastGFile(GFile):
    """The same as `tf.gfile.GFile`; TensorFlow kept the name after the difference was gone."""


@export("gfile.Exists")
def exists(filename: Path) -> bool:
    """Whether there is a file or folder of this name."""
    return os.path.exists(_text(filename))


@export("gfile.IsDirectory")
def is_directory(dirname: Path) -> bool:
    """Whether there is a folder of this name."""
    return os.path.isdir(_text(dirname))


@export("gfile.ListDirectory")
def list_directory(dirname: Path) -> list[str]:
    """The names of what lies in a folder, sorted.

    Raises:
      tf.errors.NotFoundError: there is no such folder.
    """
    if not is_directory(dirname):
        raise errors.NotFoundError(None, None, f"Could not find directory {_text(dirname)}")
    with _as_tf_errors(dirname):
        return sorted(os.listdir(_text(dirname)))


@export("gfile.Glob")
def glob_files(filename: Path | list[Path] | tuple[Path, ...]) -> list[str]:
    """The files whose names fit a pattern with `*`, `?` and `[...]`, or any pattern of a list; sorted pattern by pattern."""
    patterns = filename if isinstance(filename, (list, tuple)) else [filename]
    return [name for pattern in patterns for name in sorted(glob.glob(_text(pattern)))]


@export("gfile.MkDir")
def make_directory(dirname: Path) -> None:
    """Make one folder; nothing happens if it is there.

    Raises:
      tf.errors.NotFoundError: the folder above it does not exist.
    """
    if not is_directory(dirname):
        with _as_tf_errors(dirname):
            os.mkdir(_text(dirname))


@export("gfile.MakeDirs")
def make_directories(dirname: Path) -> None:
    """Make a folder and those above it; nothing happens if they are there."""
    make_folders(_text(dirname))


@export("gfile.Remove")
def remove(filename: Path) -> None:
    """Delete a file.

    Raises:
      tf.errors.NotFoundError: there is no such file.
      tf.errors.FailedPreconditionError: it is a folder.
    """
    if is_directory(filename):
        raise errors.FailedPreconditionError(None, None, f"{_text(filename)}; Is a directory")
    with _as_tf_errors(filename):
        os.remove(_text(filename))


@export("gfile.DeleteRecursively")
def delete_recursively(dirname: Path) -> None:
    """Delete a folder with all that is in it; links inside are removed, not followed.

    Raises:
      tf.errors.NotFoundError: there is no such folder.
    """
    if not exists(dirname):
        raise errors.NotFoundError(None, None, f"{_text(dirname)} not found")
    with _as_tf_errors(dirname):
        shutil.rmtree(_text(dirname))


@export("gfile.Copy")
def copy(oldpath: Path, newpath: Path, overwrite: bool = False) -> None:
    """Copy a file.

    Raises:
      tf.errors.AlreadyExistsError: `newpath` exists and `overwrite` is False.
      tf.errors.NotFoundError: `oldpath`, or the folder of `newpath`, does not exist.
    """
    _refuse_existing(newpath, overwrite)
    with _as_tf_errors(oldpath):
        source = open(_text(oldpath), "rb")  # noqa: SIM115 - closed below; its errors name another path
    with source, _as_tf_errors(newpath), replacing(_text(newpath)) as target:
        shutil.copyfileobj(source, target)


@export("gfile.Rename")
def rename(oldname: Path, newname: Path, overwrite: bool = False) -> None:
    """Give a file or folder another name.

    Raises:
      tf.errors.AlreadyExistsError: `newname` exists and `overwrite` is False.
      tf.errors.NotFoundError: there is no `oldname`.
    """
    _refuse_existing(newname, overwrite)
    with _as_tf_errors(oldname):
        os.replace(_text(oldname), _text(newname))


class FileStatistics(NamedTuple):
    """What `tf.gfile.Stat` tells: length in bytes, time of the last change in nanoseconds, and whether it is a folder."""

    length: int
    mtime_nsec: int
    is_directory: bool


@export("gfile.Stat")
def stat(filename: Path) -> FileStatistics:
    """Length, time of the last change, and kind of a file.

    Raises:
      tf.errors.NotFoundError: there is no such file.
    """
    with _as_tf_errors(filename):
        found = os.stat(_text(filename))
    return FileStatistics(found.st_size, found.st_mtime_ns, is_directory(filename))


@export("gfile.Walk")
def walk_folders(top: Path, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (folder, folders in it, files in it) for a folder and all below it, from the top down or (in_order=False) from below."""
    for folder, folders, files in os.walk(_text(top), topdown=in_order):
        yield folder, sorted(folders), sorted(files)


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if not overwrite and exists(path):
        raise errors.AlreadyExistsError(None, None, f"file already exists\n  It is {_text(path)}; overwrite=True replaces it.")
