import os

import pytest

from autograd_lite.core import safe_write
from autograd_lite.core.safe_write import remove_leftovers, replacing


def test_a_block_that_ends_well_replaces_the_file(tmp_path):
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    with replacing(target) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_block_that_raises_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(target, "w") as file:
        file.write("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_permissions_are_those_of_a_plain_open_or_of_the_old_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    with replacing(tmp_path / "new") as file:
        file.write(b"x")
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode
    plain.chmod(0o600)
    with replacing(plain) as file:
        file.write(b"x")
    assert plain.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with replacing(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_what_goes_wrong_is_told_of_the_file_that_was_asked_for(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for name, error in (("no/where", FileNotFoundError), ("file/below", NotADirectoryError), ("folder", IsADirectoryError)):
        with pytest.raises(error) as caught, replacing(tmp_path / name) as file:
            file.write(b"x")
        assert caught.value.filename == str(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_what_killed_processes_of_this_machine_left_is_removed(tmp_path):
    gone, other_machine = 2**22 + 1, f"{safe_write._MACHINE}x"
    names = [f".model-3.index.{safe_write._MACHINE}-{process}.abc_1.tmp" for process in (gone, os.getpid())]
    names += [f".model-3.index.{other_machine}-{gone}.abc.tmp", ".model.tmp", f".other.{safe_write._MACHINE}-{gone}.abc.tmp", "model"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / f".model.before.{safe_write._MACHINE}-{gone}.abc").mkdir()
    remove_leftovers(str(tmp_path), "model")
    assert sorted(os.listdir(tmp_path)) == sorted(names[1:])


def test_a_long_name_can_be_replaced(tmp_path):
    with replacing(tmp_path / ("n" * 250)) as file:
        file.write(b"x")
    assert os.listdir(tmp_path) == ["n" * 250]
