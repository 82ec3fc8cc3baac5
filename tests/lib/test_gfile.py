import pytest

from autograd_lite.core import errors
from autograd_lite.lib import gfile


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, text):
    with gfile.GFile(name, "w") as file:
        file.write(text)


def test_text_and_bytes_come_back_as_the_mode_says(folder):
    write("a", "h\u00e9\nx")
    assert gfile.GFile("a").read() == "h\u00e9\nx"
    assert gfile.GFile("a", "rb").read() == "h\u00e9\nx".encode()
    assert gfile.GFile("a").readline() == "h\u00e9\n"
    assert list(gfile.FastGFile("a", "r")) == ["h\u00e9\n", "x"]
    assert gfile.GFile("a").size() == 5


def test_seek_tell_and_read_of_a_part(folder):
    write("a", "hello\nworld\nx")
    file = gfile.GFile("a")
    assert (file.read(3), file.tell()) == ("hel", 3)
    file.seek(1)
    assert file.read(2) == "el"
    file.seek(-2, 2)
    assert file.read() == "\nx"
    file.seek(position=2)
    assert file.next() == "llo\n"
    with pytest.raises(TypeError, match=r"seek\(\): offset argument required"):
        file.seek()
    assert file.seekable()


def test_appending_keeps_what_was_there(folder):
    write("a", "one")
    with gfile.GFile("a", "a") as file:
        file.write(b"two")
        file.flush()
        assert gfile.GFile("a").read() == "onetwo"


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (lambda: gfile.GFile("nope").read(), errors.NotFoundError, "nope; No such file or directory"),
        (lambda: gfile.GFile("no/file", "w").write("x"), errors.NotFoundError, "no/file; No such file or directory"),
        (lambda: gfile.GFile("file").write("x"), errors.PermissionDeniedError, "File isn't open for writing"),
        (lambda: gfile.GFile("other", "w").read(), errors.PermissionDeniedError, "File isn't open for reading"),
        (lambda: gfile.GFile("file", "z"), errors.InvalidArgumentError, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'"),
        (lambda: gfile.GFile("other", "w").write(3), TypeError, "Expected binary or unicode string, got 3"),
        (lambda: gfile.GFile("dir").read(), errors.FailedPreconditionError, "dir; Is a directory"),
        (lambda: gfile.list_directory("nope"), errors.NotFoundError, "Could not find directory nope"),
        (lambda: gfile.make_directory("q/r"), errors.NotFoundError, "q/r; No such file or directory"),
        (lambda: gfile.remove("nope"), errors.NotFoundError, "nope; No such file or directory"),
        (lambda: gfile.remove("dir"), errors.FailedPreconditionError, "dir; Is a directory"),
        (lambda: gfile.delete_recursively("nope"), errors.NotFoundError, "nope not found"),
        (lambda: gfile.copy("nope", "new"), errors.NotFoundError, "nope; No such file or directory"),
        (lambda: gfile.copy("file", "no/file"), errors.NotFoundError, "no/file; No such file or directory"),
        (lambda: gfile.copy("file", "file2"), errors.AlreadyExistsError, "file already exists"),
        (lambda: gfile.rename("file", "file2"), errors.AlreadyExistsError, "file already exists"),
        (lambda: gfile.rename("nope", "new"), errors.NotFoundError, "nope; No such file or directory"),
        (lambda: gfile.stat("nope"), errors.NotFoundError, "nope; No such file or directory"),
    ],
)
def test_errors_are_those_of_tensorflow(folder, call, kind, message):
    write("file", "1")
    write("file2", "2")
    (folder / "dir").mkdir()
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value).splitlines()[0] == message
    assert gfile.GFile("file2").read() == "2"


def test_folders_are_made_listed_walked_and_removed(folder):
    gfile.make_directories("a/b/c")
    gfile.make_directories("a/b/c")
    gfile.make_directory("a")
    write("a/f.txt", "x")
    assert gfile.list_directory("a") == ["b", "f.txt"]
    assert gfile.glob_files("a/*") == ["a/b", "a/f.txt"]
    assert gfile.glob_files(["a/*.txt", "a/b/*"]) == ["a/f.txt", "a/b/c"]
    top_down = [("a", ["b"], ["f.txt"]), ("a/b", ["c"], []), ("a/b/c", [], [])]
    assert list(gfile.walk_folders("a")) == top_down
    assert list(gfile.walk_folders("a", in_order=False)) == top_down[::-1]
    assert list(gfile.walk_folders("nope")) == []
    assert gfile.is_directory("a") and not gfile.is_directory("a/f.txt")
    gfile.delete_recursively("a")
    assert not gfile.exists("a")


def test_copy_and_rename_replace_only_when_told(folder):
    write("old", "1")
    write("new", "2")
    gfile.copy("old", "new", overwrite=True)
    assert gfile.GFile("new").read() == "1"
    gfile.rename("old", "new", overwrite=True)
    assert not gfile.exists("old")
    found = gfile.stat("new")
    assert (found.length, found.is_directory) == (1, False)
    assert found.mtime_nsec > 10**18
