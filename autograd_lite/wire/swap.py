"""Saving a checkpoint again under its own name: its files cannot be replaced all at one moment, so the old ones are kept beside them.

While the new files take their places, links to the old ones stand in the folder `.NAME.before`. The index is replaced last: as long as
it is the old one, the old tensors are those in that folder. A process that is killed in between leaves the folder behind, and whoever
reads the checkpoint then reads the old tensors, complete.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from autograd_lite.core.safe_write import temporary_prefix


def files_of(prefix: str) -> list[str]:
    """The data files and the index of a checkpoint of format V2, those that are there."""
    shards = sorted(glob.glob(f"{glob.escape(prefix)}.data-?????-of-?????"))
    return [*shards, *([f"{prefix}.index"] if os.path.exists(f"{prefix}.index") else [])]


def kept_prefix(prefix: str) -> str:
    """The prefix of the old files while new ones take their places."""
    folder, name = os.path.split(prefix)
    return os.path.join(folder, f".{name}.before", name)


def readable_prefix(prefix: str) -> str:
    """Where to read a checkpoint: at `prefix`, unless a save over it did not come to its end."""
    kept = kept_prefix(prefix)
    with suppress(OSError):
        with open(f"{kept}.index", "rb") as old, open(f"{prefix}.index", "rb") as present:
            if old.read() == present.read():
                return kept
    return prefix


@contextmanager
def old_files_kept(prefix: str) -> Iterator[None]:
    """Keep the old files of a checkpoint until the block has replaced them; if it raises, they are as they were."""
    folder = os.path.dirname(kept_prefix(prefix))
    if not os.path.exists(f"{prefix}.index"):
        _forget(folder)
        yield
        return
    if readable_prefix(prefix) == prefix:
        _forget(folder)
        _keep(files_of(prefix), folder)
    before = set(files_of(prefix))
    try:
        yield
    except BaseException:
        if readable_prefix(prefix) != prefix:
            _bring_back(prefix, folder, before)
        _forget(folder)
        raise
    _forget(folder)


def _new_folder(beside: str) -> str:
    return tempfile.mkdtemp(prefix=temporary_prefix(os.path.basename(beside)[1:]), dir=os.path.dirname(beside) or ".")


def _keep(files: list[str], folder: str) -> None:
    """Put links to the files into a new folder, which appears with all of them."""
    work = _new_folder(folder)
    try:
        for file in files:
            link = os.path.join(work, os.path.basename(file))
            try:
                os.link(file, link)
            except OSError:  # the file system has no links
                shutil.copy2(file, link)
        os.replace(work, folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _bring_back(prefix: str, folder: str, before: set[str]) -> None:
    """Put the old files back into their places."""
    for file in set(files_of(prefix)) - before:
        os.unlink(file)
    for name in os.listdir(folder):
        os.replace(os.path.join(folder, name), os.path.join(os.path.dirname(prefix), name))


def _forget(folder: str) -> None:
    """Remove the folder of old files; it vanishes as one before its files do."""
    if not os.path.isdir(folder):
        return
    dead = _new_folder(folder)
    with suppress(OSError):
        os.replace(folder, dead)
    shutil.rmtree(dead, ignore_errors=True)


def forget_old_files(prefix: str) -> None:
    """Remove what a killed save over this checkpoint left behind."""
    _forget(os.path.dirname(kept_prefix(prefix)))
