"""The command line of the benchmarks."""
from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import sys

from benchmarks import measure, report
from benchmarks.engines import HERE, TENSORFLOW_PYTHON, engines


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure autograd_lite beside TensorFlow, in turns.")
    parser.add_argument("--only", metavar="NAME[,NAME]", help="measure only these programs (a wrong name lists them all)")
    parser.add_argument("--engines", metavar="NAME[,NAME]",
                        help="autograd_lite, autograd_lite_numpy (no compiled kernels), tensorflow; default: the first, and the last if "
                             "its Python is known")
    parser.add_argument("--tensorflow-python", default=os.environ.get(TENSORFLOW_PYTHON), metavar="PATH",
                        help=f"the Python that has TensorFlow (default: {TENSORFLOW_PYTHON})")
    parser.add_argument("--threads", type=int, default=1, help="threads each engine may use (default 1)")
    parser.add_argument("--rounds", type=int, default=15, help="how often each engine gets its turn (default 15)")
    parser.add_argument("--seconds", type=float, default=0.3, help="how long a turn lasts (default 0.3)")
    parser.add_argument("--json", metavar="FILE", help="write every sample there")
    parser.add_argument("--output", metavar="FILE", help="the Markdown file (default: benchmarks/results/DATE.md for a full run)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks; the exit status is 1 if a target was missed or results differed."""
    options = parsed(arguments)
    known = measure.program_names()
    asked = options.only.split(",") if options.only else known
    unknown = [name for name in asked if name not in known and not any(other.startswith(f"{name}:") for other in known)]
    if unknown:
        print(f"Unknown program {unknown[0]!r}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    names = [name for name in known if any(name == part or name.startswith(f"{part}:") for part in asked)]
    wanted = options.engines.split(",") if options.engines else ["autograd_lite", *(["tensorflow"] if options.tensorflow_python else [])]
    try:
        chosen = engines(wanted, options.tensorflow_python)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    results = []
    for name in names:
        results.append(measure.measure(name, chosen, options.rounds, options.seconds, options.threads))
        print(report.table(results[-1:]), end="\n\n", flush=True)
    settings = f"{options.threads} thread{'s' * (options.threads != 1)}, {options.rounds} turns of {options.seconds} s for each engine."
    print(report.machine(), settings, report.table(results), sep="\n")
    output = options.output or (None if options.only else HERE / "results" / f"{datetime.date.today().isoformat()}.md")
    if output:
        report.write(results, settings, pathlib.Path(output))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report.as_json(results, settings)), encoding="utf-8")
    missed = [r for r in results if not r.agree or (r.target is not None and (report.ratio(r, "best") or 0) > r.target)]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
