"""A small run of the benchmarks, from the command line to the file."""
import json

import pytest

from benchmarks import __main__, engines, measure
from benchmarks.programs import GROUPS

LARGE = {"build_layers", "scaling:nodes_100000", "scaling:nodes_10000", "scaling:elements_10000000", measure.IMPORT}


def test_autograd_lite_is_measured_and_the_files_written(tmp_path, capsys):
    out, markdown, page = tmp_path / "out.json", tmp_path / "out.md", tmp_path / "page.md"
    status = __main__.main(["--only", "constant,import", "--engines", "autograd_lite", "--rounds", "2", "--seconds", "0.01",
                            "--json", str(out), "--output", str(markdown)])
    told = json.loads(out.read_text())
    constant, imported = told["programs"]
    assert status == (0 if imported["met"] else 1)
    assert constant["engines"]["autograd_lite"]["result"] == [3.0]
    assert 0 < constant["engines"]["autograd_lite"]["best"] <= constant["engines"]["autograd_lite"]["median"]
    assert len(imported["engines"]["autograd_lite"]["wall"]) == 2
    assert told["limits"]["1"]["bandwidth"] > 1e6
    assert "`sess.run` of a constant" in markdown.read_text()
    assert "`sess.run` of a constant" in capsys.readouterr().out
    __main__.main(["--results", str(out), "--page", str(page)])
    assert "`sess.run` of a constant" in page.read_text()


def programs():
    """All that are quickly built; the kernels on a million rows, of which each needs a process, are tested when there is time."""
    names = [name for name in measure.program_names() if name not in LARGE]
    return [pytest.param(name, marks=pytest.mark.slow if name.startswith(("rows:", "kernels:")) else ()) for name in names]


@pytest.fixture(scope="module")
def worker():
    """One worker for all programs: most of the time of a small one is that of the start."""
    with engines.Worker(engines.engines(["autograd_lite"], {})[0], threads=1) as started:
        started.greet()
        yield started


@pytest.mark.parametrize("name", programs())
def test_every_program_builds_and_gives_numbers(name, worker):
    started = worker.ask(**worker.engine.request(name))
    assert started["result"]
    assert started["build"] > 0
    assert len(worker.ask(round=0.0)["wall"]) == 1


@pytest.mark.parametrize("name", ["quadratic", "softmax_regression", "elementwise_chain", "matmul"])
def test_numpy_by_hand_computes_the_same(name, tmp_path):
    measured = measure.measure(name, engines.engines(["autograd_lite", "numpy"], {}), rounds=1, seconds=0.0, threads=1)
    assert measured.agree
    assert set(measured.times) == {"autograd_lite", "numpy"}


def test_a_twin_is_found_by_program_and_case():
    pytorch = engines.engines(["pytorch"], {"pytorch": "python"})[0]
    assert pytorch.has("lstm:static")
    assert pytorch.has("cnn")
    assert not pytorch.has("lstm:dynamic")
    assert not pytorch.has("constant")


def test_groups_name_programs_that_are_there():
    assert __main__.chosen_programs(None)[0] == "constant"
    assert __main__.chosen_programs("all") == measure.program_names()
    assert all(__main__.chosen_programs(group) for group in GROUPS)
    assert __main__.chosen_programs("lstm,constant") == ["lstm:dynamic", "lstm:static", "constant"]


def test_what_cannot_be_shared_out_is_measured_with_one_thread_alone():
    assert measure.thread_counts("constant", [1, 2]) == [1]
    assert measure.thread_counts("import", [1, 2]) == [1]
    assert measure.thread_counts("cnn", [1, 2]) == [1, 2]


def test_mistakes_on_the_command_line_are_told(capsys, monkeypatch):
    for _, variable in engines.PYTHONS.values():
        monkeypatch.delenv(variable, raising=False)
    assert __main__.main(["--only", "nothing"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("Unknown program 'nothing'. There are: ") and "build_layers" in message
    assert __main__.main(["--engines", "torch"]) == 2
    assert "Unknown engine 'torch'" in capsys.readouterr().err
    assert __main__.main(["--engines", "tensorflow"]) == 2
    assert "--tensorflow-python" in capsys.readouterr().err
    assert __main__.main(["--results", "no such file"]) == 2


def test_an_engine_that_dies_says_why():
    engine = engines.Engine("broken", engines.sys.executable, "no_such_module", "programs", {})
    with engines.Worker(engine, threads=1) as worker:
        with pytest.raises(RuntimeError, match=r"(?s)broken ended:.*No module named 'no_such_module'"):
            worker.greet()
