"""While a checkpoint is saved again under its own name, and if that is cut off, the old one can be read."""

import os

import numpy as np
import pytest

from autograd_lite.core import dtypes
from autograd_lite.wire import bundle_writer, swap
from autograd_lite.wire.bundle import BundleReader
from autograd_lite.wire.bundle_writer import Item, write_bundle


def save(prefix, value):
    write_bundle(prefix, [Item("w", np.full(3, value, np.float64), dtypes.float64)])


def read(prefix):
    return BundleReader(prefix).tensor("w").tolist()


class _Killed(BaseException):
    pass


@pytest.fixture
def prefix(tmp_path):
    path = str(tmp_path / "model")
    save(path, 1.0)
    return path


def replaced_until(monkeypatch, ending):
    """Let the process stop, as if it was killed, when a file of this ending is about to be replaced."""
    real = os.replace

    def replace(source, target):
        if str(target).endswith(ending):
            raise _Killed
        return real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(swap, "_bring_back", lambda *_: None)
    monkeypatch.setattr(swap, "_forget", lambda *_: None)


@pytest.mark.parametrize("ending", [".index", ".data-00000-of-00001", ".before"])
def test_a_save_that_is_cut_off_leaves_the_old_tensors(prefix, ending, monkeypatch, tmp_path):
    with monkeypatch.context() as patched:
        replaced_until(patched, ending)
        with pytest.raises(_Killed):
            save(prefix, 2.0)
    assert read(prefix) == [1.0, 1.0, 1.0]
    save(prefix, 3.0)
    assert read(prefix) == [3.0, 3.0, 3.0]
    assert [name for name in os.listdir(tmp_path) if name.endswith(".before")] == []


def test_a_save_that_ends_well_leaves_nothing_else(prefix, tmp_path):
    save(prefix, 2.0)
    assert read(prefix) == [2.0, 2.0, 2.0]
    assert sorted(os.listdir(tmp_path)) == ["model.data-00000-of-00001", "model.index"]


@pytest.mark.parametrize("failing", ["_index_chunks", "_chunks"])
def test_an_error_leaves_the_old_files_and_nothing_else(prefix, failing, monkeypatch, tmp_path):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle_writer, failing, fail)
    with pytest.raises(Exception, match="No space left"):
        save(prefix, 2.0)
    assert read(prefix) == [1.0, 1.0, 1.0]
    assert sorted(os.listdir(tmp_path)) == ["model.data-00000-of-00001", "model.index"]


def test_an_error_between_the_files_puts_the_old_ones_back(prefix, monkeypatch, tmp_path):
    real = os.replace

    def replace(source, target):
        if str(target).endswith("model.index") and ".before" not in str(source):
            raise OSError(5, "Input/output error")
        return real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(Exception, match="Input/output error"):
        save(prefix, 2.0)
    monkeypatch.undo()
    assert read(prefix) == [1.0, 1.0, 1.0]
    assert sorted(os.listdir(tmp_path)) == ["model.data-00000-of-00001", "model.index"]


def test_without_links_the_old_files_are_copied(prefix, monkeypatch):
    def no_links(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    save(prefix, 2.0)
    assert read(prefix) == [2.0, 2.0, 2.0]
