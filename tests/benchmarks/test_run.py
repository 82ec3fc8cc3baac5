"""A small run of the benchmarks, from the command line to the file."""
import json

import pytest

from benchmarks import __main__, engines, measure


def test_autograd_lite_is_measured_and_the_file_written(tmp_path, capsys):
    out, markdown = tmp_path / "out.json", tmp_path / "out.md"
    status = __main__.main(["--only", "constant,import", "--engines", "autograd_lite", "--rounds", "2", "--seconds", "0.01",
                            "--json", str(out), "--output", str(markdown)])
    assert status == 0
    constant, imported = json.loads(out.read_text())["programs"]
    assert constant["engines"]["autograd_lite"]["result"] == [3.0]
    assert 0 < constant["engines"]["autograd_lite"]["best"] <= constant["engines"]["autograd_lite"]["median"]
    assert len(imported["engines"]["autograd_lite"]["wall"]) == 2
    assert "`sess.run` of a constant" in markdown.read_text()
    assert "`sess.run` of a constant" in capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in measure.program_names() if name not in (measure.IMPORT, "build_layers")])
def test_every_program_builds_and_gives_numbers(name):
    with engines.Worker(engines.engines(["autograd_lite"], None)[0], threads=1) as worker:
        started = worker.ask(program=name)
        assert started["result"]
        assert started["build"] > 0
        assert len(worker.ask(round=0.0)["wall"]) == 1


def test_mistakes_on_the_command_line_are_told(capsys, monkeypatch):
    monkeypatch.delenv(engines.TENSORFLOW_PYTHON, raising=False)
    assert __main__.main(["--only", "nothing"]) == 2
    assert "Unknown program 'nothing'. There are: build_layers" in capsys.readouterr().err
    assert __main__.main(["--engines", "torch"]) == 2
    assert "Unknown engine 'torch'" in capsys.readouterr().err
    assert __main__.main(["--engines", "tensorflow"]) == 2
    assert "--tensorflow-python" in capsys.readouterr().err


def test_an_engine_that_dies_says_why():
    engine = engines.Engine("broken", engines.sys.executable, "no_such_module", {})
    with pytest.raises(RuntimeError, match=r"(?s)broken ended:.*No module named 'no_such_module'"):
        engines.Worker(engine, threads=1)
