"""The benchmark's tables and its verdicts."""
import json

import pytest

from benchmarks import measure, report
from benchmarks.measure import Limits, Measured, Times


def measured(ours, theirs, result=(1.0,), target=0.5, **others):
    times = {"autograd_lite": Times([ours * 2, ours], [ours], 0.1, 0.2, 5 << 20, [1.0]),
             "tensorflow": Times([theirs, theirs * 3, theirs], [theirs], 0.3, 0.4, 9 << 20, list(result))}
    times.update({name: Times([time], [time], result=[1.0]) for name, time in others.items()})
    return Measured("name", "A program", 1, target, 2e6, 3e3, times)


def run(*results):
    return report.Run("A machine, 2 cores", "1 thread.", {"tensorflow": "2.21"}, {1: Limits(1e9, 1e12)}, list(results))


def test_the_ratio_is_ours_divided_by_the_best_of_the_others():
    assert measured(1e-6, 4e-6).ratio("best") == 0.25
    assert measured(1e-6, 4e-6).ratio("median") == 0.375
    assert measured(1e-6, 4e-6, jax=2e-6, pytorch=8e-6).ratio("best") == 0.5
    assert measured(1e-6, 4e-6, numpy=1e-7, autograd_lite_numpy=1e-7).ratio("best") == 0.25
    assert measured(1e-6, 4e-6).ratio("peak", ("tensorflow",)) == 5 / 9
    assert Measured("n", "t", 1, None, None, None, {"autograd_lite": Times([1.0])}).ratio("best") is None


def test_the_limit_is_what_takes_longer_the_operations_or_the_bytes():
    assert measured(1e-5, 1e-5).limit(Limits(1e9, 1e12)) == 3e-6
    assert measured(1e-5, 1e-5).limit(Limits(1e10, 1e12)) == 2e-6
    assert measured(1e-5, 1e-5).limit(None) is None
    assert Measured("n", "t", 1, None, None, None, {}).limit(Limits(1.0, 1.0)) is None


def test_no_limit_is_above_what_an_engine_reached():
    told = measured(3e-6, 1e-6)  # 2e6 operations and 3e3 bytes
    assert told.limit(Limits(1e9, 1e12)) == pytest.approx(1e-6)
    assert Limits(1e9, 1e12).or_reached(told) == Limits(pytest.approx(3e9), pytest.approx(2e12))
    assert Limits(1e10, 1e13).or_reached(told) == Limits(1e10, 1e13)
    assert Limits(1.0, 2.0).or_more(Limits(2.0, 1.0)) == Limits(2.0, 2.0)


def test_limits_are_measured_again_while_an_engine_is_faster(monkeypatch):
    looks = iter([Limits(1e9, 1e12), Limits(2e9, 1e12), Limits(4e9, 3e12), Limits(9e9, 9e12)])
    monkeypatch.setattr(measure, "measure_limits", lambda engine, threads: next(looks))
    assert measure.look_again(Limits(1e8, 1e10), measured(3e-6, 1e-6), None) == Limits(4e9, 3e12)
    monkeypatch.setattr(measure, "measure_limits", lambda engine, threads: Limits(1e9, 1e12))
    assert measure.look_again(Limits(1e8, 1e10), measured(3e-6, 1e-6), None) == Limits(pytest.approx(3e9), pytest.approx(2e12))


def test_the_table_says_whether_the_target_was_met():
    met, missed = (report.speed_table(run(measured(ours, 4e-5))) for ours in (1e-5, 3e-5))
    assert "| 0.25 " in met
    assert "0.5 met" in met
    assert "0.5 MISSED" in missed
    assert "| 3 us " in met
    assert len({len(line) for line in met.splitlines()}) == 1


def test_an_import_has_a_limit_of_its_own():
    def imported(seconds, size):
        return Measured("import", "import", 1, None, None, None, {"autograd_lite": Times([seconds], peak=size)})

    assert report.verdict(imported(0.1, 50 << 20)) == "0.2 s, 60 MB met"
    assert report.verdict(imported(0.3, 50 << 20)) == report.verdict(imported(0.1, 70 << 20)) == "0.2 s, 60 MB MISSED"


def test_memory_and_first_run_stand_beside_those_of_tensorflow():
    table = report.cost_table(run(measured(1e-6, 4e-6)))
    assert "| 5 MB   | 9 MB         | 0.56  | 100 ms | 200 ms    | 400 ms       | -200 ms" in table


def test_engines_that_computed_different_numbers_are_told():
    assert "results differ" in report.speed_table(run(measured(1e-6, 1e-6, result=(1.01,))))
    assert "results differ" in report.speed_table(run(measured(1e-6, 1e-6, result=())))
    assert "results differ" not in report.speed_table(run(measured(1e-6, 1e-6, result=(1.0001,))))


def test_times_are_told_in_the_unit_that_reads_best():
    texts = [report.time_text(t) for t in (2.5, 0.0123, 4.56e-6, 1e-9, float("nan"), None)]
    assert texts == ["2.5 s", "12.3 ms", "4.56 us", "0.001 us", "-", "-"]


def test_a_run_is_written_and_read_again(tmp_path):
    told = run(measured(1e-6, 4e-6))
    report.write(told, tmp_path / "results" / "run.md")
    text = (tmp_path / "results" / "run.md").read_text()
    assert "A machine, 2 cores" in text
    assert "1 thread." in text
    path = tmp_path / "run.json"
    path.write_text(json.dumps(report.as_json(told)))
    assert report.read(path) == told
    assert json.loads(path.read_text())["programs"][0]["ratio_best"] == 0.25


def test_many_samples_are_told_by_their_quantiles():
    assert report.quantiles([3.0, 1.0]) == [3.0, 1.0]
    told = report.quantiles([float(number) for number in range(1, 102)])
    assert (len(told), told[0], told[10], told[-1]) == (21, 1.0, 51.0, 101.0)


def test_the_machine_is_described():
    assert "cores" in report.machine()
    assert "NumPy" in report.machine()


def test_a_program_is_told_apart_by_its_number_of_threads():
    two = measured(1e-6, 4e-6)
    two.threads = 2
    assert "| 2 " in report.speed_table(run(measured(1e-6, 4e-6), two)).splitlines()[3]
