"""One engine at work: told by lines of JSON on its input what to do, answering with lines of JSON.

Runs in the engine's own interpreter, so it needs nothing but the engine and NumPy.
  first line out   {"import": seconds, "ready": seconds until the names of a small program were found too (modules may load on first use),
                    "resident": bytes then, "version": text}
  {"program": module, "case": name or ""}  -> {"build": seconds, "first": seconds, "result": [numbers]}; the program before it is forgotten
  {"warm": seconds}   -> {"peak": bytes}, after steps for so long and after all kernels that are compiled in the background are ready
  {"round": seconds}  -> {"wall": [seconds per step, ...], "cpu": [...], "peak": bytes}
  {"limits": true}    -> {"bandwidth": bytes per second, "flops": per second}, what this machine can do at most
"""
import argparse
import importlib
import json
import operator
import os
import sys
import time

FIRST_NAMES = ("constant", "placeholder", "Variable", "nn.relu", "gradients", "train.GradientDescentOptimizer", "Session")
LEAST_STEPS = 6  # in each half of the warming up: large plans are made anew after ten runs
LIMIT_TURNS = 6
SAMPLE_SECONDS = 0.003  # steps shorter than this are timed several at a time
BACKGROUND = "autograd_lite.kernels.tier"  # its `finish` waits for all that is being compiled


def resident_bytes():
    """Memory of this process now (0 where the system does not tell)."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def peak_bytes():
    """The most memory this process ever had (0 where the system does not tell).

    Where there is a choice it is asked for the present program alone: the other figure counts the parent, too, as it was at the start.
    """
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
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


def keep_to_processors(count):
    """Use only so many processors, where the system allows to say so: libraries that ask how many there are see these."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])


def prepare(engine, threads):
    """What an engine wants to be told before it is used."""
    name = engine.__name__
    if name.startswith("tensorflow"):
        engine.disable_v2_behavior()
    elif name == "torch":
        engine.set_num_threads(threads)
        engine.set_num_interop_threads(threads)


def session_opener(tf, threads):
    """The function `session` that programs get."""
    def session(graph=None):
        config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads)
        return tf.Session(graph=graph, config=config)

    return session


def arguments_of_build(engine, package, threads):
    """What the `build` of this engine's programs gets."""
    import numpy as np

    if package == "programs":
        return [engine, np, session_opener(engine, threads)]
    return [np] if engine is np else [engine, np]


def load(engine, package, module, case, threads):
    """Build a program and run its first step."""
    program = importlib.import_module(f"{package}.{module}")
    arguments = arguments_of_build(engine, package, threads)
    build_seconds, (step, result) = timed(lambda: program.build(*arguments, *([case] if case else [])))
    first_seconds, _ = timed(step)
    numbers = [float(number) for number in result()]
    return step, getattr(program, "WHOLE", False), {"build": build_seconds, "first": first_seconds, "result": numbers}


def warm(step, seconds, whole):
    """Run steps for about so long, and wait for all that is compiled when it is used often: a program that trains for hours has it."""
    for _ in range(2 if not whole else 0):
        end, steps = time.perf_counter() + seconds / 2, 0
        while time.perf_counter() < end or steps < LEAST_STEPS:
            step()
            steps += 1
        finish = getattr(sys.modules.get(BACKGROUND), "finish", None)
        if finish is not None:
            finish(True)
    return {"peak": peak_bytes()}


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


def limits(threads):
    """What memory and processor can do at most.

    Memory: the best of a sum a + b written elsewhere and of the largest number of a, on arrays that no cache holds; then a large product of
    matrices.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    count, size = 1 << 24, 2048
    a, b = np.ones(count, np.float32), np.ones(count, np.float32)
    out = np.empty_like(a)
    parts = [slice(index * count // threads, (index + 1) * count // threads) for index in range(threads)]
    x = np.random.RandomState(0).rand(size, size).astype(np.float32)
    product = np.empty_like(x)

    with ThreadPoolExecutor(threads) as pool:
        add = lambda part: np.add(a[part], b[part], out=out[part])
        moved, read, multiplied = (min(timed(work)[0] for _ in range(LIMIT_TURNS)) for work in (
            lambda: list(pool.map(add, parts)), lambda: list(pool.map(lambda part: a[part].max(), parts)),
            lambda: np.matmul(x, x, out=product)))  # fmt: skip
    return {"bandwidth": max(3 * a.nbytes / moved, a.nbytes / read), "flops": 2 * size**3 / multiplied}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")  # whatever the engine prints goes elsewhere
    os.dup2(2, 1)
    keep_to_processors(options.threads)

    def answer(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    seconds, engine = timed(lambda: importlib.import_module(options.module))
    names = FIRST_NAMES if options.programs == "programs" else ()
    more, _ = timed(lambda: [operator.attrgetter(name)(engine) for name in names])
    answer({"import": seconds, "ready": seconds + more, "resident": resident_bytes(), "version": str(getattr(engine, "__version__", ""))})
    prepare(engine, options.threads)
    step, whole = None, False
    for line in sys.stdin:
        request = json.loads(line)
        if "program" in request:
            if step is not None and options.programs == "programs":
                engine.reset_default_graph()
            step, whole, message = load(engine, options.programs, request["program"], request["case"], options.threads)
            answer(message)
        elif "warm" in request:
            answer(warm(step, request["warm"], whole))
        elif "limits" in request:
            answer(limits(options.threads))
        else:
            answer(one_round(step, request["round"], whole))


if __name__ == "__main__":
    main()
