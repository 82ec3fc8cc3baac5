"""`autograd-lite kernels` tells what machine code is kept, and removes it."""
import pytest

from autograd_lite.cli.main import main
from autograd_lite.kernels import cache


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))


def test_it_tells_how_much_is_kept(capsys):
    cache.write("one", b"code")
    assert main(["kernels"]) == 0
    assert "1 compiled kernels, 0.0 of at most 67 MB" in capsys.readouterr().out


def test_it_removes_what_is_kept(capsys):
    cache.write("one", b"code")
    assert main(["kernels", "--clear"]) == 0
    assert "Removed 1 compiled kernel from" in capsys.readouterr().out
    assert cache.usage() == (0, 0)


def test_without_compiled_kernels_it_says_why(capsys, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "off")
    assert main(["kernels"]) == 0
    assert 'pip install "autograd_lite[fast]"' in capsys.readouterr().out
