"""Engines take turns (A B A B ...), so that whatever else the machine does falls on all of them alike."""
from __future__ import annotations

import contextlib
import importlib
import math
import pkgutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from typing import Any

from benchmarks import programs
from benchmarks.engines import BY_HAND, WITHOUT_KERNELS, Engine, Worker

IMPORT = "import"
OURS, REFERENCE = "autograd_lite", "tensorflow"
OTHERS = ("tensorflow", "pytorch", "jax")  # the best of these is what a target is measured by
IMPORT_SECONDS, IMPORT_BYTES = 0.2, 60 << 20  # what an import may cost
MOST_WHOLE_TURNS = 3  # of programs whose steps do everything anew
WARM_SECONDS = 0.5
MOST_LOOKS = 3  # at the limits of the machine after a program that was faster than they allow


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
class Limits:
    """What the machine can do at most with so many threads: bytes and floating-point operations per second."""

    bandwidth: float
    flops: float

    def or_more(self, other: Limits) -> Limits:
        """The best of two measurements: whatever else runs makes them smaller, never larger."""
        return Limits(max(self.bandwidth, other.bandwidth), max(self.flops, other.flops))

    def or_reached(self, measured: Measured) -> Limits:
        """These, or what an engine reached in a program: nothing can be faster than the machine."""
        fastest = min((times.best for times in measured.times.values() if times.wall), default=math.inf)
        return self.or_more(Limits((measured.bytes or 0) / fastest, (measured.flops or 0) / fastest))


@dataclass
class Measured:
    """One program on all engines that have it."""

    name: str
    title: str
    threads: int
    target: float | None  # our time divided by that of the best of the others
    flops: float | None
    bytes: float | None  # that have to come from memory, or go there, because no cache holds them
    times: dict[str, Times]

    @property
    def agree(self) -> bool:
        """Whether all engines computed the same numbers."""
        first, *others = (times.result for times in self.times.values())
        return all(len(other) == len(first) and all(math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-5) for a, b in zip(first, other))
                   for other in others)  # fmt: skip

    def ratio(self, pick: str, others: tuple[str, ...] = OTHERS) -> float | None:
        """Our `best`, `median`, `peak`, `build` or `first` divided by the least of the others'; None if there is nothing to compare."""
        known = [getattr(self.times[name], pick) for name in others if name in self.times]
        known = [number for number in known if number and not math.isnan(number)]
        if OURS not in self.times or not known:
            return None
        quotient = getattr(self.times[OURS], pick) / min(known)
        return None if math.isnan(quotient) else quotient

    def limit(self, limits: Limits | None) -> float | None:
        """The time below which no engine can get on this machine, for the numbers that have to be moved and computed."""
        if limits is None or not (self.flops or self.bytes):
            return None
        limits = limits.or_reached(self)
        return max((self.flops or 0) / limits.flops, (self.bytes or 0) / limits.bandwidth)

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None when there is none, or nothing to compare with."""
        if self.name == IMPORT:
            return self.times[OURS].best <= IMPORT_SECONDS and self.times[OURS].peak <= IMPORT_BYTES if OURS in self.times else None
        ratio = self.ratio("best")
        return None if self.target is None or ratio is None else ratio <= self.target


def program_names() -> list[str]:
    """The measured programs, and the import."""
    names = []
    for module in sorted(module.name for module in pkgutil.iter_modules(programs.__path__)):
        cases = getattr(importlib.import_module(f"benchmarks.programs.{module}"), "CASES", None)
        names += [module] if cases is None else [f"{module}:{case}" for case in cases]
    return [*names, IMPORT]


def declared(name: str) -> Measured:
    """What a program says about itself, with nothing measured yet."""
    if name == IMPORT:
        return Measured(IMPORT, "import (first run: with what loads on first use)", 1, None, None, None, {})
    module, _, case = name.partition(":")
    program = importlib.import_module(f"benchmarks.programs.{module}")

    def said(what: str) -> Any:
        value = getattr(program, what, None)
        return value.get(case) if isinstance(value, dict) else value

    return Measured(name, said("CASES") or said("TITLE"), 1, said("TARGET"), said("FLOPS"), said("BYTES"), {})


def thread_counts(name: str, asked: list[int]) -> list[int]:
    """With how many threads a program is measured: with one alone if there is nothing in it to share out."""
    return asked[:1] if name == IMPORT or _says(name, "SINGLE") else asked


def _says(name: str, what: str) -> bool:
    """Whether the module of a program says this of its programs."""
    return getattr(importlib.import_module(f"benchmarks.programs.{name.partition(':')[0]}"), what, False)


def side_by_side(names: list[str]) -> list[list[str]]:
    """Programs that are measured in the same turns: the cases of one that says so (`SIDE_BY_SIDE`), every other one by itself."""
    groups: dict[str, list[str]] = {}
    for name in names:
        is_compared = name != IMPORT and _says(name, "SIDE_BY_SIDE")
        groups.setdefault(name.partition(":")[0] if is_compared else name, []).append(name)
    return list(groups.values())


def measure(names: list[str], engines: list[Engine], rounds: int, seconds: float, threads: int) -> list[Measured]:
    """Measure programs on the engines in turn; those that an engine runs follow each other.

    Args:
      rounds: how often each engine gets its turn. seconds: how long a turn lasts. threads: how many threads each engine may use.
    """
    found = [declared(name) for name in names]
    for measured in found:
        measured.threads = threads
    if names == [IMPORT]:
        found[0].times = _imports([engine for engine in engines if engine.name not in (BY_HAND, WITHOUT_KERNELS)], rounds, threads)
        return found
    whole = _says(names[0], "WHOLE")
    with contextlib.ExitStack() as stack:
        cache = stack.enter_context(tempfile.TemporaryDirectory(prefix="kernels_"))  # the first run finds nothing compiled
        runs = [(stack.enter_context(Worker(engine, threads, cache)), measured)
                for engine in engines for measured in found if engine.has(measured.name)]  # fmt: skip
        for worker, _ in runs:
            worker.greet()
        runs = [run for run in runs if _started(*run, min(WARM_SECONDS, rounds * seconds))]
        for _ in range(min(rounds, MOST_WHOLE_TURNS) if whole else rounds):
            for worker, measured in runs:
                turn = worker.ask(round=seconds)
                mine = measured.times[worker.engine.name]
                mine.wall += turn["wall"]
                mine.cpu += turn["cpu"]
                mine.peak = turn["peak"]
    return found


def _started(worker: Worker, measured: Measured, seconds: float) -> bool:
    """Build and warm up a program; False if this engine does not have what it uses, as one of another version may not."""
    try:
        started = worker.ask(**worker.engine.request(measured.name))
        warmed = worker.ask(warm=seconds)
    except RuntimeError as error:
        if worker.engine.name == OURS:
            raise
        print(f"{measured.name} is measured without {error}", file=sys.stderr)
        return False
    times = Times(build=started["build"], first=started["first"], result=started["result"], peak=warmed["peak"])
    measured.times[worker.engine.name] = times
    return True


def measure_limits(engine: Engine, threads: int) -> Limits:
    """What the machine can do at most; `engine` is any, for its Python."""
    with Worker(engine._replace(module="numpy", programs="twins.numpy"), threads) as worker:
        worker.greet()
        return Limits(**worker.ask(limits=True))


def look_again(limits: Limits, measured: Measured, engine: Engine) -> Limits:
    """The limits after a program: measured once more, and again while an engine is faster than they allow; at last what it reached."""
    for _ in range(MOST_LOOKS if measured.flops or measured.bytes else 0):
        limits = limits.or_more(measure_limits(engine, measured.threads))
        if limits.or_reached(measured) == limits:
            break
    return limits.or_reached(measured)


def _imports(engines: list[Engine], rounds: int, threads: int) -> dict[str, Times]:
    """Start every engine anew each time; its first run is the time until a small program has what it needs, its memory that of then."""
    times = {engine.name: Times() for engine in engines}
    for _ in range(min(rounds, 7)):
        for engine in engines:
            with Worker(engine, threads) as worker:
                hello = worker.greet()
                mine = times[engine.name]
                mine.wall.append(hello["import"])
                mine.cpu.append(hello["import"])
                mine.first = hello["ready"] if math.isnan(mine.first) else min(mine.first, hello["ready"])
                mine.peak = max(mine.peak, hello["resident"])
    return times
