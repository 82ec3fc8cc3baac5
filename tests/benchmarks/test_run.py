"""A small run of the benchmarks, from the command line to the file."""
import json
import sys

import pytest

from benchmarks import __main__, engines, measure, report
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
    (measured,) = measure.measure([name], engines.engines(["autograd_lite", "numpy"], {}), rounds=1, seconds=0.0, threads=1)
    assert measured.agree
    assert set(measured.times) == {"autograd_lite", "numpy"}


def test_a_twin_is_found_by_program_and_case():
    pytorch = engines.engines(["pytorch"], {"pytorch": sys.executable})[0]
    assert pytorch.has("lstm:static")
    assert pytorch.has("cnn")
    assert not pytorch.has("lstm:dynamic")
    assert not pytorch.has("constant")


def test_groups_name_programs_that_are_there():
    assert __main__.chosen_programs(None)[0] == "constant"
    assert __main__.chosen_programs("all") == measure.program_names()
    assert all(__main__.chosen_programs(group) for group in GROUPS)
    assert __main__.chosen_programs("lstm,constant") == ["lstm:dynamic", "lstm:static", "constant"]


def test_programs_that_are_compared_with_each_other_are_measured_in_the_same_turns():
    cases = ["shared_session:one_thread", "shared_session:four_threads"]
    assert measure.side_by_side(["cnn", cases[0], "quadratic", cases[1], "import"]) == [["cnn"], cases, ["quadratic"], ["import"]]
    found = measure.measure(cases, engines.engines(["autograd_lite"], {}), rounds=2, seconds=0.0, threads=1)
    assert [measured.name for measured in found] == cases
    assert all(len(measured.times["autograd_lite"].wall) == 2 for measured in found)


def test_what_cannot_be_shared_out_is_measured_with_one_thread_alone():
    assert measure.thread_counts("constant", [1, 2]) == [1]
    assert measure.thread_counts("import", [1, 2]) == [1]
    assert measure.thread_counts("cnn", [1, 2]) == [1, 2]


def test_mistakes_on_the_command_line_are_told(capsys, monkeypatch):
    for _, variable in engines.PYTHONS.values():
        monkeypatch.delenv(variable, raising=False)
    assert __main__.main(["--only", "nothing"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("python -m benchmarks: Unknown program 'nothing'. There are: ") and "build_layers" in message
    assert __main__.main(["--engines", "torch"]) == 2
    assert "Unknown engine 'torch'" in capsys.readouterr().err
    assert __main__.main(["--engines", "tensorflow"]) == 2
    assert "--tensorflow-python" in capsys.readouterr().err
    assert __main__.main(["--results", "no such file"]) == 2
    assert __main__.main(["--engines", "tensorflow", "--tensorflow-python", "/no/python"]) == 2
    assert "There is no Python '/no/python' for tensorflow." in capsys.readouterr().err
    assert __main__.main(["--only", "constant", "--json", "/no/folder/here.json"]) == 2
    assert "There is no folder for /no/folder/here.json." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--threads=0", "'0' is no whole number of at least 1"),
        ("--threads=1,x", "'x' is no whole number of at least 1"),
        ("--threads=99999", "99999"),
        ("--rounds=0", "'0' is no whole number of at least 1"),
        ("--seconds=-1", "a turn cannot last -1 seconds"),
        ("--seconds=nan", "a turn cannot last nan seconds"),
        ("--seconds=soon", "a turn cannot last soon seconds"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_before_anything_is_measured(option, told, capsys):
    with pytest.raises(SystemExit) as caught:
        __main__.main([option])
    assert caught.value.code == 2
    assert told in capsys.readouterr().err


def test_several_runs_are_told_as_one_with_the_best_limits(tmp_path):
    def ran(name, load, bandwidth):
        machine = f"A processor, load {load}, Linux"
        times = {"autograd_lite": measure.Times([1e-3], [1e-3], 0.1, 0.2, 1, [1.0])}
        row = measure.Measured(name, name, 1, None, 7, 1e6, times)
        run = report.Run(machine, f"{name}.", {}, {1: measure.Limits(bandwidth, 1e9)}, [row])
        (tmp_path / name).write_text(json.dumps(report.as_json(run)))
        return str(tmp_path / name)

    told = __main__._earlier(",".join([ran("one", 1.5, 3e9), ran("two", 0.5, 5e8), ran("matmul", 4.0, 1e6)]))
    assert told.machine == "A processor, load 0.5 to 4.0, Linux"
    assert told.settings == "one; two; matmul."
    assert told.limits[1].bandwidth == 3e9
    assert told.limits[1].flops == 2 * 1536**3 / 1e-3  # what the program counts now, and how fast that was


def test_a_file_of_something_else_is_no_earlier_run(tmp_path, capsys):
    (tmp_path / "other.json").write_text("[1, 2]")
    assert __main__.main(["--results", str(tmp_path / "other.json")]) == 2
    assert "is no file that --json wrote" in capsys.readouterr().err


def test_an_interpreter_without_the_engine_is_told(capsys):
    empty = engines.Engine("tensorflow", sys.executable, "no_such_module", "programs", {})
    with pytest.raises(RuntimeError, match="No module named 'no_such_module'"):
        __main__._versions([empty])


def test_an_engine_that_cannot_run_a_program_is_left_out_of_its_row(capsys):
    ours = engines.engines(["autograd_lite"], {})[0]
    other = engines.Engine("numpy", sys.executable, "json", "twins.numpy", {})  # gets what no twin of NumPy takes
    (measured,) = measure.measure(["quadratic"], [ours, other], rounds=1, seconds=0.0, threads=1)
    assert set(measured.times) == {"autograd_lite"}
    assert "quadratic is measured without numpy" in capsys.readouterr().err


def test_an_engine_that_dies_says_why():
    engine = engines.Engine("broken", engines.sys.executable, "no_such_module", "programs", {})
    with engines.Worker(engine, threads=1) as worker:
        with pytest.raises(RuntimeError, match=r"(?s)broken .*, which ended:.*No module named 'no_such_module'"):
            worker.greet()
