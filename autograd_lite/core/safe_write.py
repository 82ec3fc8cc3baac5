"""Writing a file so that a reader meets the old content or the new, never half of it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any


@contextmanager
def replacing(path: str | os.PathLike[str], mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a temporary file beside `path`; when the block ends well it is flushed to disk and takes the place of `path`.

    If the block raises, the temporary file is removed and `path` is as it was. `mode` is "wb" or "w" (UTF-8). An OSError of the file system
    names `path`, not the temporary file.

    >>> import tempfile, os
    >>> target = os.path.join(tempfile.mkdtemp(), "notes.txt")
    >>> with replacing(target, "w") as file:
    ...     _ = file.write("all of it")
    >>> open(target).read()
    'all of it'
    """
    if mode not in ("wb", "w"):
        raise ValueError(f"mode must be 'wb' or 'w', received {mode!r}")
    target = os.path.realpath(os.fspath(path))  # a link stays a link: the file behind it is replaced
    with _naming(path):
        descriptor, temporary = tempfile.mkstemp(
            prefix=temporary_prefix(os.path.basename(target)), suffix=".tmp", dir=os.path.dirname(target)
        )
    try:
        with os.fdopen(descriptor, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with _naming(path):
            os.chmod(temporary, _mode_for(target))
            os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def _naming(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def temporary_prefix(name: str) -> str:
    """How the temporary files for `name` begin: they tell which process on which machine made them."""
    return f".{name[:_LONGEST_NAME]}.{_MACHINE}-{os.getpid()}."


def remove_leftovers(folder: str, name: str) -> None:
    """Remove the temporary files and folders that processes of this machine left behind when they were killed.

    Args:
      folder: where to look.
      name: how the names of the files begin that they were for.
    """
    pattern = re.compile(rf"\.{re.escape(name[:_LONGEST_NAME])}.*\.{re.escape(_MACHINE)}-(\d+)\.[^.]*(\.tmp)?\Z", re.DOTALL)
    with suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in entries:
            found = pattern.match(entry.name)
            if found is None or _is_running(int(found[1])):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def _is_running(process: int) -> bool:
    if os.name != "posix":
        return True  # asking would end it there
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _mode_for(target: str) -> int:
    """The permissions that `target` has, or those that a plain `open` would give it."""
    try:
        return os.stat(target).st_mode & 0o7777
    except FileNotFoundError:
        return 0o666 & ~_UMASK


def _read_umask() -> int:
    umask = os.umask(0o022)
    os.umask(umask)
    return umask


_LONGEST_NAME = 120  # of what a file is for, in the name of its temporary file
_MACHINE = re.sub(r"[^A-Za-z0-9]", "_", os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", ""))[:40]
_UMASK = _read_umask()  # read once: asking means setting it for a moment, which another thread could see
