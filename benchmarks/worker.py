"""One engine at work: told by lines of JSON on its input what to do, answering with lines of JSON.

Runs in the engine's own interpreter, so it needs nothing but the engine and NumPy.
  first line out   {"import": seconds, "ready": seconds until the names of a small program were found too (modules may load on first use),
                    "resident": bytes then, "version": text}
  {"program": name}   -> {"build": seconds, "first": seconds, "result": [numbers]}
  {"round": seconds}  -> {"wall": [seconds per step, ...], "cpu": [...], "peak": bytes}
"""
import argparse
import importlib
import json
import operator
import os
import sys
import time

FIRST_NAMES = ("constant", "placeholder", "Variable", "nn.relu", "gradients", "train.GradientDescentOptimizer", "Session")
SAMPLE_SECONDS = 0.003  # steps shorter than this are timed several at a time


def resident_bytes():
    """Memory of this process now (0 where the system does not tell)."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def peak_bytes():
    """The most memory this process ever had (0 where the system does not tell)."""
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def timed(function):
    """Wall-clock seconds that one call takes, and what it returned."""
    start = time.perf_counter()
    value = function()
    return time.perf_counter() - start, value


def session_opener(tf, threads):
    """The function `session` that programs get."""
    def session(graph=None):
        config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads)
        return tf.Session(graph=graph, config=config)

    return session


def load(tf, name, threads):
    """Build a program and run its first step."""
    import numpy as np

    module, _, case = name.partition(":")
    program = importlib.import_module(f"programs.{module}")
    build_seconds, (step, result) = timed(lambda: program.build(tf, np, session_opener(tf, threads), *([case] if case else [])))
    first_seconds, _ = timed(step)
    numbers = [float(number) for number in result()]
    return step, getattr(program, "WHOLE", False), {"build": build_seconds, "first": first_seconds, "result": numbers}


def one_round(step, seconds, whole):
    """Repeat the step for about this long, in samples long enough for the clock."""
    if whole:
        return sampled(step, 1, 0)
    single, _ = timed(step)
    return sampled(step, max(1, int(SAMPLE_SECONDS / max(single, 1e-7))), seconds)


def sampled(step, steps, seconds):
    """Samples of `steps` steps each until the time is up; at least one."""
    wall, cpu = [], []
    end = time.perf_counter() + seconds
    while not wall or time.perf_counter() < end:
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        for _ in range(steps):
            step()
        wall.append((time.perf_counter() - wall_start) / steps)
        cpu.append((time.process_time() - cpu_start) / steps)
    return {"wall": wall, "cpu": cpu, "peak": peak_bytes()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")  # whatever the engine prints goes elsewhere
    os.dup2(2, 1)

    def answer(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    seconds, tf = timed(lambda: importlib.import_module(options.module))
    more, _ = timed(lambda: [operator.attrgetter(name)(tf) for name in FIRST_NAMES])
    answer({"import": seconds, "ready": seconds + more, "resident": resident_bytes(), "version": str(getattr(tf, "__version__", ""))})
    if options.module.startswith("tensorflow"):
        tf.disable_v2_behavior()
    step, whole = None, False
    for line in sys.stdin:
        request = json.loads(line)
        if "program" in request:
            step, whole, message = load(tf, request["program"], options.threads)
            answer(message)
        else:
            answer(one_round(step, request["round"], whole))


if __name__ == "__main__":
    main()
