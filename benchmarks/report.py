"""The table of a run, for the terminal and for `benchmarks/results`."""
from __future__ import annotations

import datetime
import math
import os
import pathlib
import platform
from typing import Any

import numpy as np

from benchmarks.measure import Measured, Times

OURS, REFERENCE = "autograd_lite", "tensorflow"


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
            f"NumPy {np.__version__}")


def time_text(seconds: float) -> str:
    """Seconds in the unit that reads best."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return "-" if math.isnan(seconds) else f"{seconds / 1e-6:.3g} us"


def ratio(measured: Measured, pick: str) -> float | None:
    """Our time divided by TensorFlow's, for `best`, `median`, `build` or `first`; None if one of them was not measured."""
    ours, reference = measured.times.get(OURS), measured.times.get(REFERENCE)
    if ours is None or reference is None:
        return None
    quotient = getattr(ours, pick) / getattr(reference, pick)
    return None if math.isnan(quotient) else quotient


def table(results: list[Measured]) -> str:
    """The table in Markdown."""
    rows = [["program", "engine", "best", "median", "build", "first run", "memory", "best / TF", "median / TF", "target"]]
    for measured in results:
        for number, (engine, times) in enumerate(measured.times.items()):
            rows.append(["" if number else measured.title + ("" if measured.agree else " **(results differ)**"), engine, *_cells(times),
                         *(_ratios(measured) if engine == OURS else ["", "", ""])])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def _cells(times: Times) -> list[str]:
    memory = f"{times.peak / 2**20:.0f} MB" if times.peak else "-"
    return [time_text(times.best), time_text(times.median), time_text(times.build), time_text(times.first), memory]


def _ratios(measured: Measured) -> list[str]:
    best, median = ratio(measured, "best"), ratio(measured, "median")
    if best is None or median is None:
        return ["", "", ""]
    target = "" if measured.target is None else f"{measured.target} {'met' if best <= measured.target else 'MISSED'}"
    return [f"{best:.2f}", f"{median:.2f}", target]


def write(results: list[Measured], settings: str, path: pathlib.Path) -> None:
    """Write the table with the machine and the date."""
    text = (f"# Benchmarks of {datetime.date.today().isoformat()}\n\n{machine()}.\n{settings}\n\n{table(results)}\n\n"
            "Engines took turns in one run. `best` is the shortest time of a step, `median` the middle one; `memory` is the most that the "
            "process had.\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def as_json(results: list[Measured], settings: str) -> dict[str, Any]:
    """Everything that was measured, for programs that compare runs."""
    return {"machine": machine(), "settings": settings, "programs": [
        {"name": measured.name, "title": measured.title, "target": measured.target, "agree": measured.agree,
         "ratio_best": ratio(measured, "best"), "ratio_median": ratio(measured, "median"),
         "engines": {engine: {**vars(times), "best": times.best, "median": times.median} for engine, times in measured.times.items()}}
        for measured in results]}
