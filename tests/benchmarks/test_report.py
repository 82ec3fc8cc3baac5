"""The benchmark's table and its verdicts."""
import json

from benchmarks import report
from benchmarks.measure import Measured, Times


def measured(ours, theirs, result=(1.0,), target=0.5):
    times = {"autograd_lite": Times([ours * 2, ours], [ours], 0.1, 0.2, 5 << 20, [1.0]),
             "tensorflow": Times([theirs, theirs * 3, theirs], [theirs], 0.3, 0.4, 9 << 20, list(result))}
    return Measured("name", "A program", target, times)


def test_the_ratio_is_ours_divided_by_theirs():
    assert report.ratio(measured(1e-6, 4e-6), "best") == 0.25
    assert report.ratio(measured(1e-6, 4e-6), "median") == 0.375
    assert report.ratio(Measured("n", "t", None, {"autograd_lite": Times([1.0])}), "best") is None
    assert report.ratio(Measured("n", "t", None, {name: Times([1.0]) for name in ("autograd_lite", "tensorflow")}), "build") is None


def test_the_table_says_whether_the_target_was_met():
    met, missed = (report.table([measured(ours, 4e-6)]) for ours in (1e-6, 3e-6))
    assert "| 0.25 " in met
    assert "0.5 met" in met
    assert "0.5 MISSED" in missed
    assert len({len(line) for line in met.splitlines()}) == 1


def test_engines_that_computed_different_numbers_are_told():
    assert "results differ" in report.table([measured(1e-6, 1e-6, result=(1.01,))])
    assert "results differ" in report.table([measured(1e-6, 1e-6, result=())])
    assert "results differ" not in report.table([measured(1e-6, 1e-6, result=(1.0001,))])


def test_times_are_told_in_the_unit_that_reads_best():
    assert [report.time_text(t) for t in (2.5, 0.0123, 4.56e-6, 1e-9, float("nan"))] == ["2.5 s", "12.3 ms", "4.56 us", "0.001 us", "-"]


def test_a_run_is_written_with_machine_and_settings(tmp_path):
    report.write([measured(1e-6, 4e-6)], "1 thread.", tmp_path / "results" / "run.md")
    text = (tmp_path / "results" / "run.md").read_text()
    assert "cores" in text
    assert "1 thread." in text
    assert json.loads(json.dumps(report.as_json([measured(1e-6, 4e-6)], "s")))["programs"][0]["ratio_best"] == 0.25
