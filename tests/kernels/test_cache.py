"""Compiled code on disk: found again, never trusted when it could be someone else's, bounded."""
import concurrent.futures
import os

import pytest

from autograd_lite.kernels import cache


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))


def test_what_was_written_is_read_back():
    assert cache.read("a") is None
    assert cache.write("a", b"machine code")
    assert cache.read("a") == b"machine code"
    assert [path.name for path in cache.folder().iterdir()] == ["a.o"]


def test_a_damaged_file_is_not_read():
    cache.write("a", b"machine code")
    path = cache.folder() / "a.o"
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole + b"x", whole[:-1] + b"X", b"", whole[1:]):
        path.write_bytes(damaged)
        assert cache.read("a") is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs file permissions")
def test_a_file_or_folder_that_others_can_write_is_not_trusted():
    cache.write("a", b"machine code")
    (cache.folder() / "a.o").chmod(0o666)
    assert cache.read("a") is None
    cache.folder().chmod(0o777)
    assert not cache.write("b", b"code")
    assert cache.read("b") is None


def test_a_folder_that_cannot_be_made_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "file"))
    assert not cache.write("a", b"code")
    assert cache.read("a") is None
    assert cache.clear() == 0


def test_the_oldest_files_go_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(cache, "MOST_FILES", 3)
    for age, name in enumerate("abcde"):
        cache.write(name, b"code")
        os.utime(cache.folder() / f"{name}.o", (age, age))
    cache.write("f", b"code")
    assert sorted(path.stem for path in cache.folder().iterdir()) == ["d", "e", "f"]


def test_a_file_that_is_used_stays(monkeypatch):
    monkeypatch.setattr(cache, "MOST_FILES", 3)
    for age, name in enumerate("abc"):
        cache.write(name, b"code")
        os.utime(cache.folder() / f"{name}.o", (age, age))
    assert cache.read("a") == b"code"
    cache.write("d", b"code")
    assert sorted(path.stem for path in cache.folder().iterdir()) == ["a", "c", "d"]


def test_the_oldest_files_go_when_they_are_too_large(monkeypatch):
    monkeypatch.setattr(cache, "MOST_BYTES", 3000)
    for age, name in enumerate("abc"):
        cache.write(name, b"x" * 1000)
        os.utime(cache.folder() / f"{name}.o", (age, age))
    cache.write("d", b"x" * 1000)
    assert sorted(path.stem for path in cache.folder().iterdir()) == ["c", "d"]


def test_clear_removes_everything():
    cache.write("a", b"1")
    cache.write("b", b"2")
    assert cache.clear() == 2
    assert cache.read("a") is None


def test_many_writers_of_one_key_leave_one_whole_file():
    body = os.urandom(100_000)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: cache.write("a", body), range(32)))
    assert cache.read("a") == body
    assert len(list(cache.folder().iterdir())) == 1


def test_the_folder_is_the_users_own_cache_unless_said_otherwise(monkeypatch, tmp_path):
    monkeypatch.delenv("AUTOGRAD_LITE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache.sys, "platform", "linux")
    assert cache.folder() == tmp_path / "autograd_lite" / "kernels"
