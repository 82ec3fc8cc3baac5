import pytest

from autograd_lite.core import errors
from autograd_lite.lib import gfile, io_gfile


def test_the_newer_names_do_what_the_older_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    io_gfile.makedirs("a/b")
    io_gfile.mkdir("a/c")
    with gfile.GFile("a/f", "w") as file:
        file.write("xyz")
    io_gfile.copy("a/f", "a/g")
    io_gfile.rename("a/g", "a/h")
    assert io_gfile.listdir("a") == ["b", "c", "f", "h"]
    assert io_gfile.glob("a/?") == ["a/b", "a/c", "a/f", "a/h"]
    assert (io_gfile.exists("a/g"), io_gfile.isdir("a/b"), io_gfile.stat("a/h").length) == (False, True, 3)
    io_gfile.remove("a/h")
    assert list(io_gfile.walk("a")) == [("a", ["b", "c"], ["f"]), ("a/b", [], []), ("a/c", [], [])]
    assert next(io_gfile.walk("a", topdown=False))[0] in ("a/b", "a/c")
    io_gfile.rmtree("a")
    with pytest.raises(errors.NotFoundError):
        io_gfile.listdir("a")


def test_walking_tells_an_error_to_the_function_given(tmp_path):
    met = []
    assert list(io_gfile.walk(tmp_path / "nope", onerror=met.append)) == []
    assert len(met) == 1
