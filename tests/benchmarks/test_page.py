"""The page that the benchmarks write."""
import re

import pytest

from benchmarks import page, report
from benchmarks.measure import Limits, Measured, Times


def measured(name, ours, theirs, threads=1, target=0.5):
    times = {"autograd_lite": Times([ours], [ours], 0.1, 0.2, 5 << 20, [1.0])}
    times["tensorflow"] = Times([theirs], [theirs], 0.3, 0.4, 9 << 20, [1.0])
    return Measured(name, f"title of {name}", threads, target, None, None, times)


def written(tmp_path, *results):
    run = report.Run("A machine", "1 thread.", {"tensorflow": "2.21"}, {1: Limits(1e9, 1e12)}, list(results))
    page.write(run, tmp_path / "page.md")
    return (tmp_path / "page.md").read_text()


def test_the_page_has_tables_verdicts_and_charts(tmp_path):
    pytest.importorskip("matplotlib")
    text = written(tmp_path, measured("constant", 1e-6, 4e-6), measured("cnn", 2e-3, 2e-3), measured("cnn", 1e-3, 2e-3, threads=2))
    assert "Measured on A machine." in text
    assert "1.0 GB/s" in text
    assert "Not yet within its target: title of cnn (1 thread)." in text
    assert "| title of cnn | 2 | 2.00 | 1.00 |" in " ".join(text.split())
    assert "<svg" in (tmp_path / "images" / "benchmarks.svg").read_text()
    assert not (tmp_path / "images" / "scaling.svg").exists()


def test_single_operations_have_a_part_of_their_own(tmp_path):
    text = written(tmp_path, measured("constant", 1e-6, 4e-6), measured("operations:pad", 2e-3, 2e-3))
    programs, operations = text.split("## Single operations")
    assert "title of operations:pad" not in programs.split("## Memory")[0]
    assert "Every program is within its target." in programs
    assert "Not yet within its target: title of operations:pad (1 thread)." in operations


def test_scaling_is_fitted_and_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    text = written(tmp_path, *[measured(f"scaling:nodes_{n}", 1e-6 + 1e-8 * n, 1e-5 + 1e-7 * n) for n in (10, 100, 1000)])
    assert "| autograd_lite | 1.1 us | 2 us | 11 us | 1 us | 10 ns | 0% |" in " ".join(text.split())
    assert "images/scaling.svg" in text
    assert "## Time of a step" not in text


def test_a_line_is_fitted_in_proportion():
    fixed, each, miss = page.fitted([1, 10, 100, 1000], [3.0, 21.0, 201.0, 2001.0])
    assert (fixed, each, miss) == (pytest.approx(1.0), pytest.approx(2.0), pytest.approx(0.0, abs=1e-9))
    assert page.fitted([1, 10, 100], [1.0, 10.0, 200.0])[2] > 0.2


def test_threads_that_share_a_session_are_compared_with_one(tmp_path):
    times = {"one_thread": (2e-3, 1.0), "four_threads": (1e-3, 1.5), "one_thread_large": (1e-3, 1.0), "four_threads_large": (2e-3, 1.0)}
    text = written(tmp_path, *[measured(f"shared_session:{case}", *both) for case, both in times.items()])
    assert re.search(r"a few microseconds *\| 1 *\| 0.50 *\| 1.50 ", text) and re.search(r"larger *\| 1 *\| 2.00 *\| 1.00 ", text)


def test_the_row_that_needs_most_memory_is_named(tmp_path):
    rows = [measured("constant", 1e-6, 4e-6), measured("cnn", 2e-3, 2e-3)]
    for row, ours in zip(rows, (10, 30)):
        row.times["autograd_lite"].peak, row.times["tensorflow"].peak = ours << 20, 40 << 20
    text = written(tmp_path, *rows)
    assert "needs 0.75 of TensorFlow's: title of cnn (target: at most 0.7 on every row, MISSED)" in text


def test_what_a_graph_costs_before_it_computes_is_told_by_its_size(tmp_path):
    rows = [measured(f"scaling:nodes_{n}", 1e-6 * n, 1e-5 * n) for n in (10, 100, 1000)]
    for n, row in zip((10, 100, 1000), rows):
        row.times["autograd_lite"].build, row.times["autograd_lite"].first = 1e-4 * n, 2e-4 * n
    text = " ".join(written(tmp_path, *rows).split())
    assert "Building a graph and running it for the first time" in text
    assert "| autograd_lite | 3 ms | 30 ms | 300 ms |" in text
