"""The command line of the benchmarks."""
from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import pathlib
import re
import sys

from autograd_lite.core.safe_write import replacing
from benchmarks import measure, page, report
from benchmarks.engines import BY_HAND, HERE, PYTHONS, WITHOUT_KERNELS, Engine, engines
from benchmarks.programs import GROUPS

LOAD = re.compile(r"load (\d+\.\d+)")
DEFAULT_GROUPS = ("headline", "sequences")


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure autograd_lite beside other engines, in turns.")
    parser.add_argument("--only", metavar="NAME[,NAME]",
                        help=f"measure only these programs or groups ({', '.join(GROUPS)}, all; a wrong name lists the programs); "
                             f"default: {' and '.join(DEFAULT_GROUPS)}")  # fmt: skip
    parser.add_argument("--engines", metavar="NAME[,NAME]",
                        help=f"autograd_lite, {WITHOUT_KERNELS} (no compiled kernels), {BY_HAND} (by hand), tensorflow, pytorch, jax; "
                             "default: all whose Python is known")  # fmt: skip
    for engine, (option, variable) in PYTHONS.items():
        there = os.environ.get(variable)
        parser.add_argument(option, default=there, metavar="PATH", help=f"the Python that has {engine} (default: {variable})")
    parser.add_argument("--threads", type=_thread_counts, default="1", metavar="N[,N]",
                        help="threads each engine may use; of several, one after the other (1)")  # fmt: skip
    parser.add_argument("--rounds", type=_positive, default=6, help="how often each engine gets its turn (default 6)")
    parser.add_argument("--seconds", type=_duration, default=0.25, help="how long a turn lasts (default 0.25)")
    parser.add_argument("--json", metavar="FILE", help="write what was measured there")
    parser.add_argument("--output", metavar="FILE", help="write the tables there, in Markdown")
    parser.add_argument("--page", metavar="FILE", help="write the page of the documentation there, with its charts beside it")
    parser.add_argument("--results", metavar="FILE[,FILE]", help="measure nothing: take what earlier runs wrote with --json")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


def _duration(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"a turn cannot last {text} seconds")
    return seconds


def _thread_counts(text: str) -> list[int]:
    counts = [_positive(number) for number in text.split(",")]
    processors = os.cpu_count() or max(counts)
    if max(counts) > processors:
        raise argparse.ArgumentTypeError(f"this machine has {processors} processors, not {max(counts)}")
    return counts


def _check_folder(path: str | None) -> None:
    """Complain before anything is measured, not after it."""
    if path is not None and not pathlib.Path(path).absolute().parent.is_dir():
        raise ValueError(f"There is no folder for {path}.")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks; the exit status is 1 if a target was missed or results differed, 2 if the command was not understood."""
    options = build_parser().parse_args(arguments)
    try:
        _check_folder(options.json)
        run = _earlier(options.results) if options.results else _measured(options)
    except (ValueError, OSError, RuntimeError) as error:  # RuntimeError: an engine that ended
        print(f"python -m benchmarks: {error}", file=sys.stderr)
        return 2
    print(report.text(run))
    _keep(run, options)
    output = options.output or (None if options.only or options.results else HERE / "results" / f"{datetime.date.today().isoformat()}.md")
    if output:
        report.write(run, pathlib.Path(output))
    if options.page and not page.write(run, pathlib.Path(options.page)):
        print('The page has no charts: matplotlib is not installed (pip install "autograd_lite[plot]").', file=sys.stderr)
    return 1 if any(not measured.agree or measured.met is False for measured in run.results) else 0


def _measured(options: argparse.Namespace) -> report.Run:
    """Measure what was asked for, and show each program as soon as it is done."""
    names = chosen_programs(options.only)
    pythons = {engine: getattr(options, f"{engine}_python") for engine in PYTHONS}
    default = ["autograd_lite", WITHOUT_KERNELS, BY_HAND, *(engine for engine, python in pythons.items() if python)]
    chosen = engines(options.engines.split(",") if options.engines else default, pythons)
    threads = options.threads
    settings = f"Threads: {', '.join(map(str, threads))}; {options.rounds} turns of {options.seconds} s for each engine."
    run = report.Run(report.machine(), settings, _versions(chosen), {}, [])
    for count in threads:
        run.limits[count] = measure.measure_limits(chosen[0], count)
    compared = [engine for engine in chosen if engine.name not in (WITHOUT_KERNELS, BY_HAND)]  # with more than one thread
    for group in measure.side_by_side(names):
        for count in measure.thread_counts(group[0], threads):
            found = measure.measure(group, chosen if count == threads[0] else compared, options.rounds, options.seconds, count)
            run.results.extend(found)
            for measured in found:
                run.limits[count] = measure.look_again(run.limits[count], measured, chosen[0])
            print(report.speed_table(run._replace(results=found)), end="\n\n", flush=True)
            _keep(run, options)
    return run


def _keep(run: report.Run, options: argparse.Namespace) -> None:
    """Write what was measured so far: a run that is cut off has not been for nothing."""
    if options.json:
        with replacing(options.json, "w") as file:
            json.dump(report.as_json(run), file)


def chosen_programs(only: str | None) -> list[str]:
    """The names of the programs that `--only` means, in the order in which they are measured.

    Raises: ValueError for a name that no program and no group has.
    """
    known = measure.program_names()
    groups = {**GROUPS, "all": known}
    found: list[str] = []
    for asked in only.split(",") if only else DEFAULT_GROUPS:
        for part in groups.get(asked, [asked]):
            fitting = [name for name in known if name == part or name.startswith(f"{part}:")]
            if not fitting:
                raise ValueError(f"Unknown program {part!r}. There are: {', '.join(known)}.")
            found += [name for name in fitting if name not in found]
    return found


def _versions(chosen: list[Engine]) -> dict[str, str]:
    versions = {}
    for engine in chosen:
        with measure.Worker(engine, 1) as worker:
            versions[engine.name] = worker.greet()["version"]
    return versions


def _earlier(paths: str) -> report.Run:
    """What earlier runs measured, as one run, with what the programs say of themselves now."""
    runs = [report.read(pathlib.Path(path)) for path in paths.split(",")]
    results = [measured for run in runs for measured in run.results]
    limits: dict[int, measure.Limits] = {}
    for run in runs:
        for threads, found in run.limits.items():
            limits[threads] = found.or_more(limits.get(threads, found))
    known = set(measure.program_names())
    for measured in results:
        if measured.name in known:
            now = measure.declared(measured.name)
            measured.flops, measured.bytes = now.flops, now.bytes
        if measured.threads in limits:
            limits[measured.threads] = limits[measured.threads].or_reached(measured)
    settings = "; ".join(dict.fromkeys(run.settings.rstrip(".") for run in runs))
    return runs[0]._replace(machine=_one_machine([run.machine for run in runs]), settings=f"{settings}.", limits=limits, results=results)


def _one_machine(told: list[str]) -> str:
    """What several runs say of their machines, which differ only in how busy they were as a rule."""
    loads = sorted({float(load) for text in told for load in LOAD.findall(text)})
    alike = dict.fromkeys(LOAD.sub(f"load {loads[0]} to {loads[-1]}", text) if len(loads) > 1 else text for text in told)
    return "; ".join(alike)


if __name__ == "__main__":
    sys.exit(main())
