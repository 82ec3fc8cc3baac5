"""Run the recorded cases without pytest, and count.

python -m tests.golden.report                      # everything, one line per group
python -m tests.golden.report --only ops/nn -v     # one part, with what is wrong
python -m tests.golden.report --shrink             # take what passes now out of not_yet.txt
python -m tests.golden.report --module tensorflow.compat.v1   # the runner against TensorFlow itself
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import time
from collections import Counter
from typing import Any

from tests.golden import not_yet
from tests.golden.catalog import Entry, all_names, entries
from tests.golden.comparing import first_line


class TooSlow(Exception):
    """A case ran past its time."""


def load(module: str) -> Any:
    """The module under test, in graph mode."""
    tf = importlib.import_module(module)
    if module.startswith("tensorflow"):
        tf.disable_v2_behavior()
    return tf


def run_entry(entry: Entry, tf: Any, seconds: int) -> dict[str, str | None]:
    """The report of one case; one that hangs or fails outside its own checks fails in every aspect."""

    def stop(*_: Any) -> None:
        raise TooSlow(f"more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        if hasattr(tf, "set_release"):
            tf.set_release(entry.release)
        return entry.run(tf)
    except Exception as error:
        return dict.fromkeys(entry.aspects, first_line(error))
    finally:
        signal.alarm(0)


def _group(entry: Entry) -> str:
    """The first part of a key, or the first two where the second names a family: `ops/nn`, `graphs`."""
    parts = entry.key.split("/")
    return "/".join(parts[:2]) if parts[0] in ("ops", "programs") else parts[0]


def main() -> int:
    """Run, print, and rewrite the list if asked to; returns the exit status."""
    parser = argparse.ArgumentParser(description="Run the recorded cases and count.")
    parser.add_argument("--module", default="autograd_lite", help="the TF1-style module under test")
    parser.add_argument("--only", default="", help="cases whose key begins so")
    parser.add_argument("--seconds", type=int, default=30, help="time for one case")
    parser.add_argument("--shrink", action="store_true", help="take the tests that pass now out of not_yet.txt")
    parser.add_argument("--list-failures", action="store_true", help="write all failures to not_yet.txt (when data was added)")
    parser.add_argument("-v", "--verbose", action="store_true", help="print what is wrong")
    options = parser.parse_args()
    tf, listed = load(options.module), not_yet.read()
    passed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    outcome: dict[str, str | None] = {}
    start = time.time()
    for entry in entries().values():
        if not entry.key.startswith(options.only):
            continue
        for aspect, wrong in run_entry(entry, tf, options.seconds).items():
            name, group = f"{entry.key}:{aspect}", _group(entry)
            outcome[name] = wrong
            total[f"{group} {aspect}"] += 1
            passed[f"{group} {aspect}"] += wrong is None
            if wrong is not None and options.verbose:
                print(f"{name}\n    {wrong}" + ("" if listed.lists(name) else "    (not listed)"))
    for group in total:
        print(f"{group:48} {passed[group]:5} / {total[group]:5}")
    print(f"{'all':48} {passed.total():5} / {total.total():5} in {time.time() - start:.0f} s")
    if options.shrink or options.list_failures:
        failing = [n for n in all_names() if (outcome.get(n) is not None if n in outcome else listed.lists(n))]
        kept = failing if options.list_failures else [n for n in failing if listed.lists(n)]
        not_yet.write(kept, all_names())
        print(f"not_yet.txt lists {len(kept)} tests")
    return 0 if passed.total() == total.total() else 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # a wrong program may have left threads that wait for ever
