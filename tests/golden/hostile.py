"""Inputs that crash kernels and loaders, or make them eat memory: each must end in an error that names the input, soon and small.

The cases run in a process of their own with little memory; should it die, the next one goes on after the case that killed it.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from functools import lru_cache
from typing import Any

import numpy as np

from tests.golden.recorded import DATA, Case, read_json

Report = dict[str, "str | None"]

SECONDS = 8.0  # of processor time; the aim is 2 on a machine with nothing else to do
GROWTH = 200  # MB
_MEMORY = 3 << 30
_LONGEST = 20  # seconds for a case that hangs

# What an input can be told: not a crash of Python's own machinery such as MemoryError, RecursionError or SystemError.
_ABOUT_THE_INPUT = {
    "ValueError", "TypeError", "KeyError", "IndexError", "OverflowError", "RuntimeError", "DecodeError",
    "InvalidArgumentError", "ResourceExhaustedError", "OutOfRangeError", "NotFoundError", "FailedPreconditionError", "UnimplementedError",
    "DataLossError", "InternalError", "PermissionDeniedError",
    "DeadlineExceededError",  # of a case that sets a time limit; none is set otherwise
}  # fmt: skip


def run(case: Case, tf: Any) -> Report:
    """Whether a case ends well: its outcome comes from the process that runs them all."""
    return {"survives": _judge(case, outcomes(tf.__name__).get(case["id"]))}


def _judge(case: Case, outcome: dict[str, Any] | None) -> str | None:
    if outcome is None:
        return "the process died"
    told, wanted = outcome["exception"], case["tf"]["exception"]
    if outcome["seconds"] > SECONDS:
        return f"took {outcome['seconds']:.1f} s"
    if outcome["grew_mb"] > GROWTH:
        return f"grew by {outcome['grew_mb']} MB"
    if told is None:
        return None if wanted is None or "died" in wanted else f"accepted; TensorFlow raises {wanted}: {case['tf']['message']}"
    return None if told in _ABOUT_THE_INPUT or told == wanted else f"{told}: {outcome['message']}"


@lru_cache(maxsize=2)
def outcomes(module: str) -> dict[str, dict[str, Any]]:
    """What became of every case, by its id; a case that killed its process is missing."""
    ids = [case["id"] for case in read_json("hostile.json")]
    found: dict[str, dict[str, Any]] = {}
    start = 0
    while start < len(ids):
        command = [sys.executable, "-m", "tests.golden.hostile", module, str(start)]
        try:
            output = subprocess.run(command, cwd=DATA.parents[2], capture_output=True, text=True, timeout=300).stdout
        except subprocess.TimeoutExpired as late:
            output = (late.stdout or b"").decode()
        done = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        found.update((line["id"], line) for line in done)
        start += len(done) + 1
    return found


def main(module: str, start: int) -> None:
    """Run the cases from number `start` on, one line of JSON each."""
    import resource
    import signal

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    tf = importlib.import_module(module)
    for warm in ("Session", "Variable", "gradients", "import_graph_def"):
        getattr(tf, warm)  # what loads on first use is no growth of the case's own
    for case in read_json("hostile.json")[start:]:
        signal.alarm(_LONGEST)  # kills the process
        before, began, error = _peak_mb(), time.process_time(), None
        try:
            with tf.Graph().as_default():
                exec(case["code"], {"tf": tf, "np": np})  # the code of this data set only
        except Exception as raised:
            error = raised
        signal.alarm(0)
        outcome = {"exception": type(error).__name__ if error else None, "message": str(error)[:200] if error else None}
        print(json.dumps({"id": case["id"], **outcome, "seconds": time.process_time() - began, "grew_mb": _peak_mb() - before}), flush=True)


def _peak_mb() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
