import shutil

from autograd_lite.cli import demo
from tests.programs_run import cli


def test_the_demo_trains_from_the_quadratic_to_the_network(tmp_path):
    done = cli("demo", "--epochs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("quadratic.py", "4.9999886", "9.999977", "mnist_softmax.py --epochs 1", "mnist_mlp.py --epochs 1", "test accuracy"):
        assert words in done.stdout


def test_it_stops_at_a_program_that_fails(tmp_path, monkeypatch, capfd):
    for name in demo.PROGRAMS:
        shutil.copy(demo.folder_of_programs() / name, tmp_path / name)
    (tmp_path / "quadratic_placeholder.py").write_text("import sys; sys.exit(7)")
    monkeypatch.setattr(demo, "_PLACES", (tmp_path,))
    assert demo.demo() == 7
    assert "mnist" not in capfd.readouterr().out


def test_data_folder_and_epochs_go_to_the_programs_that_take_them():
    assert demo._options("folder", 3) == ["--data-dir", "folder", "--epochs", "3"]
    assert demo._options(None, None) == []
