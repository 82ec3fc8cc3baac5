"""Engines take turns (A B A B ...), so that whatever else the machine does falls on all of them alike."""
from __future__ import annotations

import contextlib
import importlib
import math
import pkgutil
import statistics
from dataclasses import dataclass, field

from benchmarks import programs
from benchmarks.engines import Engine, Worker

IMPORT = "import"


@dataclass
class Times:
    """What one engine needed for one program.  Seconds and bytes."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    build: float = math.nan
    first: float = math.nan
    peak: int = 0
    result: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The shortest time: what the engine can do when nothing disturbs it."""
        return min(self.wall)

    @property
    def median(self) -> float:
        """The time in the middle: what it does on this machine as it is."""
        return statistics.median(self.wall)


@dataclass
class Measured:
    """One program on all engines."""

    name: str
    title: str
    target: float | None
    times: dict[str, Times]

    @property
    def agree(self) -> bool:
        """Whether all engines computed the same numbers."""
        first, *others = (times.result for times in self.times.values())
        return all(len(other) == len(first) and all(math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-5) for a, b in zip(first, other))
                   for other in others)


def program_names() -> list[str]:
    """The measured programs, and the import."""
    names = []
    for module in sorted(module.name for module in pkgutil.iter_modules(programs.__path__)):
        cases = getattr(importlib.import_module(f"benchmarks.programs.{module}"), "CASES", None)
        names += [module] if cases is None else [f"{module}:{case}" for case in cases]
    return [*names, IMPORT]


def measure(name: str, engines: list[Engine], rounds: int, seconds: float, threads: int) -> Measured:
    """Measure one program on the engines in turn.

    Args:
      rounds: how often each engine gets its turn. seconds: how long a turn lasts. threads: how many threads each engine may use.
    """
    if name == IMPORT:
        return _measure_import(engines, rounds, threads)
    module, _, case = name.partition(":")
    program = importlib.import_module(f"benchmarks.programs.{module}")
    times = {engine.name: Times() for engine in engines}
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(Worker(engine, threads)) for engine in engines]
        for worker in workers:
            started = worker.ask(program=name)
            mine = times[worker.engine.name]
            mine.build, mine.first, mine.result = started["build"], started["first"], started["result"]
        for _ in range(min(rounds, 3) if getattr(program, "WHOLE", False) else rounds):
            for worker in workers:
                turn = worker.ask(round=seconds)
                mine = times[worker.engine.name]
                mine.wall += turn["wall"]
                mine.cpu += turn["cpu"]
                mine.peak = turn["peak"]
    return Measured(name, program.CASES[case] if case else program.TITLE, program.TARGET, times)


def _measure_import(engines: list[Engine], rounds: int, threads: int) -> Measured:
    """Start every engine anew each time; its first run is the time until a small program has what it needs, its memory that of then."""
    times = {engine.name: Times() for engine in engines}
    for _ in range(min(rounds, 7)):
        for engine in engines:
            with Worker(engine, threads) as worker:
                mine = times[engine.name]
                mine.wall.append(worker.hello["import"])
                mine.cpu.append(worker.hello["import"])
                mine.first = worker.hello["ready"] if math.isnan(mine.first) else min(mine.first, worker.hello["ready"])
                mine.peak = max(mine.peak, worker.hello["resident"])
    return Measured(IMPORT, "import (first run: with what loads on first use)", None, times)
