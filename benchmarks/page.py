"""The page of the documentation: the tables of a run in words that stay true whatever was measured, and two charts."""
from __future__ import annotations

import functools
import importlib.util
import math
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import report
from benchmarks.measure import OURS, Measured
from benchmarks.programs import GROUPS

COLORS = {"autograd_lite": "#d1495b", "autograd_lite_numpy": "#edae49", "numpy": "#66a182", "tensorflow": "#00798c", "pytorch": "#8d96a3",
          "jax": "#2e4057"}  # fmt: skip
SCALING = {"nodes": ("nodes of the graph", "node"), "elements": ("elements of the arrays", "element")}
Points = Callable[[str], tuple[list[int], list[float]]]  # the sizes and seconds of an engine
APART = ("kernels", "scaling", "sharing")  # groups that have parts of the page of their own
MOST_MEMORY = 0.7  # of TensorFlow's, that a program may need
_INTRODUCTION = """\
# How fast it is

This page is written by `python -m benchmarks` from what it measured; nothing on it is typed by hand. Each program is written once in the
language of TensorFlow 1, which this library and TensorFlow run unedited, and, where there is a column for them, once for PyTorch (eager),
for JAX (one jitted step) and for NumPy with the gradient derived by hand: the same model, data and first weights. The numbers after one
step are compared before anything is timed.

    python -m benchmarks --tensorflow-python PYTHON --pytorch-python PYTHON --jax-python PYTHON --threads 1,2
"""


def write(run: report.Run, path: pathlib.Path) -> bool:
    """Write the page to `path` and its charts to the folder `images` beside it; return False where matplotlib is missing for them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    charts = _charts(run, path.parent / "images")
    parts = [_INTRODUCTION, f"Measured on {run.machine}. {run.settings} {_versions(run)}\n", _limits(run)]
    headline = [measured for measured in run.results if _group(measured) not in APART]
    if headline:
        told = run._replace(results=headline)
        parts += ["## Time of a step\n", *_picture("benchmarks" in charts, "images/benchmarks.svg", "Time of a step by engine"),
                  report.EXPLANATION + "\n", report.speed_table(told) + "\n", _missed(headline),
                  "## Memory and first run\n", report.cost_table(told) + "\n", _most_memory(run.results)]  # fmt: skip
    parts += _threads(headline) + _shared(run.results) + _single(run) + _scaling(run.results, "scaling" in charts)
    path.write_text("\n".join(parts), encoding="utf-8")
    return has_matplotlib()


def _group(measured: Measured) -> str:
    module = measured.name.partition(":")[0]
    return next((group for group, names in GROUPS.items() if measured.name in names or module in names), "")


def _versions(run: report.Run) -> str:
    return ", ".join(f"{report.TITLES[name]} {version}" for name, version in run.versions.items() if version) + "."


def _limits(run: report.Run) -> str:
    if not run.limits:
        return ""
    return (
        f"What this machine can do at most: with {report.limits_text(run.limits)}. That is the best that the suite measured before, "
        "between and after the programs (the sum of two arrays of 64 MB, the largest number of one, the product of matrices of "
        "2048 x 2048), or what an engine reached in a program if that is more.\n"
    )


def _missed(results: list[Measured]) -> str:
    missed = [f"{told.title} ({told.threads} thread{'s' * (told.threads != 1)})" for told in results if told.met is False]
    return f"Not yet within its target: {'; '.join(missed)}.\n" if missed else "Every program is within its target.\n"


def _most_memory(results: list[Measured]) -> str:
    """How the memory of every program compares with TensorFlow's, in one sentence."""
    quotients = {measured.title: measured.ratio("peak", ("tensorflow",)) for measured in results}
    known = {title: quotient for title, quotient in quotients.items() if quotient is not None}
    if not known:
        return ""
    title = max(known, key=lambda each: known[each])
    verdict = "met" if known[title] <= MOST_MEMORY else "MISSED"
    return (f"Of {len(known)} programs that were measured beside TensorFlow, the one that needs most memory in proportion needs "
            f"{known[title]:.2f} of TensorFlow's: {title} (target: at most {MOST_MEMORY:g} on every row, {verdict}).\n")  # fmt: skip


def _picture(there: bool, link: str, says: str) -> list[str]:
    return [f"![{says}]({link})\n"] if there else []


def _threads(results: list[Measured]) -> list[str]:
    """How much a second thread brings, for the programs that were measured with one and with several."""
    single = {measured.name: measured for measured in results if measured.threads == 1}
    rows = [["program", "threads", "speedup", "TensorFlow's"]]
    for measured in results:
        if measured.threads == 1 or measured.name not in single:
            continue
        gains = [single[measured.name].times[name].best / measured.times[name].best if name in measured.times else math.nan
                 for name in (OURS, "tensorflow")]  # fmt: skip
        rows.append([measured.title, str(measured.threads), *("-" if math.isnan(gain) else f"{gain:.2f}" for gain in gains)])
    told = ["## More threads\n", "Time with one thread divided by the time with so many.\n", report.markdown(rows) + "\n"]
    return told if rows[1:] else []


def _single(run: report.Run) -> list[str]:
    """The single operations that were measured."""
    single = [measured for measured in run.results if _group(measured) == "kernels"]
    if not single:
        return []
    return ["## Single operations\n", "One operation at a time, most of them on a million numbers.\n",
            report.speed_table(run._replace(results=single)) + "\n", _missed(single)]  # fmt: skip


def _shared(results: list[Measured]) -> list[str]:
    """Whether threads that share a session get in each other's way."""
    by_name = {(measured.name, measured.threads): measured for measured in results}
    rows = [["steps", "threads", OURS, "TensorFlow"]]
    for (name, threads), together in by_name.items():
        alone = by_name.get((name.replace(":four_threads", ":one_thread"), threads))
        if ":four_threads" in name and alone is not None:
            quotients = [f"{together.times[engine].best / alone.times[engine].best:.2f}" if engine in alone.times else "-"
                         for engine in (OURS, "tensorflow")]  # fmt: skip
            rows.append(["larger" if name.endswith("_large") else "a few microseconds", str(threads), *quotients])
    what = "The time that four threads on one session need for as many steps as one thread does alone, divided by the time of that one.\n"
    return ["## Threads that share a session\n", what, report.markdown(rows) + "\n"] if rows[1:] else []


def fitted(sizes: Sequence[float], times: Sequence[float]) -> tuple[float, float, float]:
    """The line time = fixed + each * size that misses the times least in proportion, and its largest relative miss."""
    weights = [1 / time for time in times]
    a = sum(w * w for w in weights)
    b = sum(w * w * n for w, n in zip(weights, sizes))
    c = sum(w * w * n * n for w, n in zip(weights, sizes))
    d, e = sum(weights), sum(w * n for w, n in zip(weights, sizes))
    determinant = a * c - b * b
    fixed, each = (c * d - b * e) / determinant, (a * e - b * d) / determinant
    return fixed, each, max(abs(fixed + each * n - time) / time for n, time in zip(sizes, times))


def scaling_points(results: list[Measured], kind: str, engine: str) -> tuple[list[int], list[float]]:
    """Sizes and best times of the scaling programs of one kind."""
    chosen = [measured for measured in results if measured.name.startswith(f"scaling:{kind}_") and engine in measured.times]
    return [int(measured.name.rpartition("_")[2]) for measured in chosen], [measured.times[engine].best for measured in chosen]


def preparing_points(results: list[Measured], engine: str) -> tuple[list[int], list[float]]:
    """Numbers of nodes, and the seconds to build a graph of so many and to run it for the first time."""
    chosen = [measured for measured in results if measured.name.startswith("scaling:nodes_") and engine in measured.times]
    times = [measured.times[engine] for measured in chosen]
    return [int(measured.name.rpartition("_")[2]) for measured in chosen], [each.build + each.first for each in times]


def _scaling(results: list[Measured], has_chart: bool) -> list[str]:
    parts: list[str] = []
    for kind, (sizes_are, one) in SCALING.items():
        engines = [name for name in report.TITLES if len(scaling_points(results, kind, name)[0]) >= 3]
        if not engines:
            continue
        sizes, _ = scaling_points(results, kind, engines[0])
        rows = [["engine", *(f"{size:,}" for size in sizes), "fixed", f"per {one}", "largest miss"]]
        for name in engines:
            sizes, times = scaling_points(results, kind, name)
            fixed, each, miss = fitted(sizes, times)
            fit = [report.time_text(max(fixed, 0.0)), f"{each * 1e9:.3g} ns", f"{miss:.0%}"]
            rows.append([report.TITLES[name], *(report.time_text(time) for time in times), *fit])
        parts += [f"### By {sizes_are}\n", report.markdown(rows) + "\n"]
    if not parts:
        return []
    parts += _preparing(results)
    explained = ("The best time of a step, and the line `fixed + size x each` through the times of an engine; `largest miss` is how far a "
                 "time lies off that line at most: the nearer to zero, the more nearly linear.\n")  # fmt: skip
    return ["## Time against size\n", *_picture(has_chart, "images/scaling.svg", "Time of a step against size"), explained, *parts]


def _preparing(results: list[Measured]) -> list[str]:
    """What a graph costs before it computes, by its size."""
    points = {name: preparing_points(results, name) for name in report.TITLES}
    points = {name: found for name, found in points.items() if len(found[0]) >= 3 and not any(map(math.isnan, found[1]))}
    if not points:
        return []
    rows = [["engine", *(f"{size:,}" for size in next(iter(points.values()))[0])]]
    rows += [[report.TITLES[name], *(report.time_text(time) for time in times)] for name, (_, times) in points.items()]
    return ["### Building a graph and running it for the first time, by its nodes\n", report.markdown(rows) + "\n"]


# ---------------------------------------------------------------- charts


def has_matplotlib() -> bool:
    """Whether charts can be drawn."""
    return importlib.util.find_spec("matplotlib") is not None


def _charts(run: report.Run, folder: pathlib.Path) -> set[str]:
    """Draw the charts for which there is something to draw; the names of those drawn."""
    if not has_matplotlib():
        return set()
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "benchmarks", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    folder.mkdir(parents=True, exist_ok=True)
    drawn = set()
    single = [measured for measured in run.results if measured.threads == min(run.limits, default=1)]
    compared = [told for told in single if told.ratio("best") is not None and _group(told) not in APART]
    if compared:
        _draw_bars(compared, folder / "benchmarks.svg")
        drawn.add("benchmarks")
    if any(len(scaling_points(run.results, kind, OURS)[0]) >= 3 for kind in SCALING):
        _draw_scaling(run.results, folder / "scaling.svg")
        drawn.add("scaling")
    return drawn


def _draw_bars(results: list[Measured], path: pathlib.Path) -> None:
    """Bars of the best times relative to the best of the other engines, shortest first for each program."""
    from matplotlib import pyplot

    names = [name for name in report.TITLES if any(name in measured.times for measured in results)]
    figure, axes = pyplot.subplots(figsize=(9, 0.62 * len(results) + 1.2))
    height = 0.82 / len(names)
    for position, measured in enumerate(results):
        best = measured.times[OURS].best / (measured.ratio("best") or 1.0)
        present = [name for name in names if name in measured.times]
        for index, name in enumerate(present):
            value = measured.times[name].best / best
            at = position + (index - (len(present) - 1) / 2) * height
            axes.barh(at, value, height * 0.92, color=COLORS[name])
            axes.text(value * 1.03, at, report.time_text(measured.times[name].best), va="center", fontsize=6, zorder=3,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4})  # the black mark must not cross it
        if measured.target is not None:
            axes.plot([measured.target] * 2, [position - 0.45, position + 0.45], color="black", linewidth=1.2)
    axes.set_yticks(range(len(results)), [_wrapped(measured.title) for measured in results], fontsize=7)
    axes.set_xscale("log")
    axes.axvline(1, color="#999999", linewidth=0.8, zorder=0)
    axes.set_xlim(right=axes.get_xlim()[1] * 1.8)  # room for the last number
    axes.set_ylim(len(results) - 0.4, -0.6)
    axes.set_xlabel("time of a step / that of the best of TensorFlow, PyTorch and JAX\n(shorter is faster; black mark: the target)")
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=COLORS[name]) for name in names]
    figure.legend(handles, [report.TITLES[name].replace("`", "") for name in names], ncols=len(names), loc="upper center", frameon=False)
    _save(figure, path, top=1 - 0.45 / figure.get_figheight())


def _draw_scaling(results: list[Measured], path: pathlib.Path) -> None:
    """Time against size, both logarithmic, with the lines of proportion."""
    from matplotlib import pyplot

    panels: list[tuple[str, str, Points]] = [
        (sizes_are, "seconds per step", functools.partial(scaling_points, results, kind)) for kind, (sizes_are, _) in SCALING.items()
    ]
    panels.append((SCALING["nodes"][0], "seconds to build and run first", functools.partial(preparing_points, results)))
    figure, all_axes = pyplot.subplots(1, len(panels), figsize=(11, 3.6))
    for axes, (sizes_are, seconds_are, points) in zip(all_axes, panels):
        for name in report.TITLES:
            sizes, times = points(name)
            if sizes:
                axes.loglog(sizes, times, "o-", markersize=3, color=COLORS[name], label=report.TITLES[name].replace("`", ""))
        sizes, times = points(OURS)
        if sizes:
            axes.loglog(sizes, [times[-1] * size / sizes[-1] for size in sizes], ":", color="#999999", label="proportional")
        axes.set_xlabel(sizes_are)
        axes.set_ylabel(seconds_are)
        if axes.lines:
            axes.legend(frameon=False, fontsize=7)
    _save(figure, path, top=1.0)


def _save(figure: Any, path: pathlib.Path, top: float) -> None:
    from matplotlib import pyplot

    figure.tight_layout(rect=(0, 0, 1, top))
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _wrapped(title: str, width: int = 46) -> str:
    """A title on lines of about this width."""
    lines = [""]
    for word in title.replace("`", "").split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
