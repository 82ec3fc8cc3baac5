"""The tables of a run, for the terminal, for `benchmarks/results` and for the page in `docs`."""
from __future__ import annotations

import dataclasses
import datetime
import json
import math
import os
import pathlib
import platform
from typing import Any, NamedTuple

import numpy as np

from benchmarks.measure import OTHERS, OURS, REFERENCE, Limits, Measured, Times

TITLES = {
    "autograd_lite": "autograd_lite", "autograd_lite_numpy": "without `fast`", "numpy": "NumPy by hand", "tensorflow": "TensorFlow",
    "pytorch": "PyTorch", "jax": "JAX",
}  # fmt: skip
EXPLANATION = (
    "Engines took turns in one run, each in a process of its own, pinned to as many processors as it had threads. Times are the best of a "
    "step; `limit` is the time that the machine needs at least for the operations (convolutions counted as Winograd's method does them) "
    "and for bytes that no cache holds; `ratio` is our best time divided by the best of the other engines, `medians` is the same of the "
    "times in the middle. `without fast` is this library without its compiled kernels. `first run` is the first run of a program in a "
    "process, with nothing compiled before; `memory` is the most the process had."
)


class Run(NamedTuple):
    """Everything that was measured in one run."""

    machine: str
    settings: str
    versions: dict[str, str]
    limits: dict[int, Limits]  # by the number of threads
    results: list[Measured]


def machine() -> str:
    """One line about where this was measured."""
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            processor = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), processor)
    except OSError:
        pass
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (f"{processor}, {os.cpu_count()} cores{busy}, {platform.system()}, Python {platform.python_version()}, "
            f"NumPy {np.__version__}")  # fmt: skip


def time_text(seconds: float | None) -> str:
    """Seconds in the unit that reads best."""
    if seconds is None or math.isnan(seconds):
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def memory_text(size: float) -> str:
    """Bytes in megabytes."""
    return f"{size / 2**20:.0f} MB" if size else "-"


def speed_table(run: Run) -> str:
    """Every program, the best time of every engine, and what became of its target."""
    engines = _engines(run.results)
    rows = [["program", "threads", *(TITLES[name] for name in engines), "limit", "ratio", "medians", "target"]]
    for measured in run.results:
        times = [time_text(measured.times[name].best if name in measured.times else None) for name in engines]
        limit = time_text(measured.limit(run.limits.get(measured.threads)))
        ratios = [_quotient(measured.ratio(pick)) for pick in ("best", "median")]
        title = measured.title + ("" if measured.agree else " **(results differ)**")
        rows.append([title, str(measured.threads), *times, limit, *ratios, verdict(measured)])
    return markdown(rows)


def cost_table(run: Run) -> str:
    """Memory and first run beside TensorFlow's."""
    rows = [["program", "threads", "memory", "TensorFlow's", "ratio", "build", "first run", "TensorFlow's", "difference"]]
    for measured in run.results:
        ours, theirs = measured.times.get(OURS), measured.times.get(REFERENCE, Times())
        if ours is None:
            continue
        later = ours.first - theirs.first
        difference = "-" if math.isnan(later) else ("+" if later >= 0 else "-") + time_text(abs(later))
        rows.append([measured.title, str(measured.threads), memory_text(ours.peak), memory_text(theirs.peak),
                     _quotient(measured.ratio("peak", (REFERENCE,))), time_text(ours.build), time_text(ours.first), time_text(theirs.first),
                     difference])  # fmt: skip
    return markdown(rows)


def verdict(measured: Measured) -> str:
    """The target, and whether it was met."""
    target = "0.2 s, 60 MB" if measured.name == "import" else "-" if measured.target is None else f"{measured.target:g}"
    return target if measured.met is None else f"{target} {'met' if measured.met else 'MISSED'}"


def markdown(rows: list[list[str]]) -> str:
    """A table whose first row is its head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def limits_text(limits: dict[int, Limits]) -> str:
    """What the machine can do, in words."""
    return "; ".join(
        f"{threads} thread{'s' * (threads != 1)} {limit.bandwidth / 1e9:.1f} GB/s from and to memory and {limit.flops / 1e9:.0f} GFLOP/s"
        for threads, limit in limits.items())  # fmt: skip


def text(run: Run) -> str:
    """The whole report."""
    versions = ", ".join(f"{TITLES[name]} {version}" for name, version in run.versions.items() if name in OTHERS)
    return (f"{run.machine}.\n{run.settings} {versions}{'.' if versions else ''}\nAt most: with {limits_text(run.limits)}.\n\n"
            f"{speed_table(run)}\n\n{cost_table(run)}\n\n{EXPLANATION}\n")  # fmt: skip


def write(run: Run, path: pathlib.Path) -> None:
    """Write the report with the machine and the date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# Benchmarks of {datetime.date.today().isoformat()}\n\n{text(run)}", encoding="utf-8")


def as_json(run: Run) -> dict[str, Any]:
    """Everything that was measured, for programs that compare runs, and for the page."""
    programs = [
        {**{key: value for key, value in vars(measured).items() if key != "times"}, "agree": measured.agree, "met": measured.met,
         "ratio_best": measured.ratio("best"), "ratio_median": measured.ratio("median"),
         "ratio_memory": measured.ratio("peak", (REFERENCE,)),
         "engines": {engine: {**vars(times), "wall": quantiles(times.wall), "cpu": quantiles(times.cpu), "best": times.best,
                              "median": times.median} for engine, times in measured.times.items()}}
        for measured in run.results]  # fmt: skip
    limits = {str(threads): dataclasses.asdict(limit) for threads, limit in run.limits.items()}
    return {"machine": run.machine, "settings": run.settings, "versions": run.versions, "limits": limits, "programs": programs}


def quantiles(samples: list[float]) -> list[float]:
    """Many samples as 21, from the least to the largest; their least and their median are those of all."""
    return samples if len(samples) <= 21 else [float(f"{number:.4g}") for number in np.quantile(samples, np.linspace(0, 1, 21))]


def read(path: pathlib.Path) -> Run:
    """The run that a file of `as_json` tells of."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        told["programs"], told["limits"]
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"{path} is no file that --json wrote.") from None
    names = {field.name for field in dataclasses.fields(Times)}
    results = []
    for program in told["programs"]:
        times = {engine: Times(**{key: value for key, value in of.items() if key in names}) for engine, of in program["engines"].items()}
        known = {field.name: program[field.name] for field in dataclasses.fields(Measured) if field.name != "times"}
        results.append(Measured(**known, times=times))
    limits = {int(threads): Limits(**limit) for threads, limit in told["limits"].items()}
    return Run(told["machine"], told["settings"], told["versions"], limits, results)


def _engines(results: list[Measured]) -> list[str]:
    """The engines that were measured, in the order of the table."""
    measured = {name for result in results for name in result.times}
    return [name for name in TITLES if name in measured]


def _quotient(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"
