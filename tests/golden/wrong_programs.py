"""Wrong programs: which exception, raised while building or while running, and with which first line."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
import time
import traceback
from typing import Any

import numpy as np

from tests.golden.recorded import Case

Report = dict[str, "str | None"]

# Where a file operation counts as a run or as a build is not the same from release to release.
_STAGE_IS_FREE = ("saver", "io", "data", "train")
_RUNNERS = {"run", "partial_run", "restore", "save"}  # in the files about sessions and savers


def aspects(case: Case) -> list[str]:
    """What is recorded of a wrong program; TensorFlow accepts a few of them."""
    return ["accepted"] if case["exception"] is None else ["raises", "message"]


def run(case: Case, tf: Any) -> Report:
    """Run a wrong program and compare what it raises."""
    folder = tempfile.mkdtemp()
    try:
        error = _execute(case["code"].replace("{TMP}", folder), case["case"], tf)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if case["exception"] is None:
        return {"accepted": error and f"{type(error).__name__}: {_main_line(error)}"}
    if error is None:
        return {"raises": f"accepted; recorded {case['exception']}", "message": f"accepted; recorded {case['message']!r}"}
    return {"raises": _raises(case, error), "message": _message(case, error, folder)}


def _execute(code: str, name: str, tf: Any) -> BaseException | None:
    """What a program raises. It runs in a thread of its own, so that default sessions and graphs that it never leaves are not ours."""
    raised: list[BaseException] = []
    thread = threading.Thread(target=_run_program, args=(code, name, tf, raised), daemon=True)
    tf.reset_default_graph()
    thread.start()
    thread.join()
    return raised[0] if raised else None


def _run_program(code: str, name: str, tf: Any, raised: list[BaseException]) -> None:
    names = {"tf": tf, "np": np, "os": os, "shutil": shutil, "threading": threading, "time": time, "print": lambda *_: None}
    try:
        with tf.Graph().as_default():
            exec(compile(code, f"<wrong program {name}>", "exec"), names)  # the code of this data set only
    except BaseException as error:
        raised.append(error)


def _raises(case: Case, error: BaseException) -> str | None:
    wanted = case["exception"].rpartition(".")[2]
    if wanted not in [kind.__name__ for kind in type(error).__mro__]:
        return f"{type(error).__name__}: {_main_line(error)}; recorded {case['exception']}: {case['message']}"
    codes = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    running = any(code.co_name in _RUNNERS and re.search("session|saver", code.co_filename) for code in codes)
    stage = "run" if running else "build"
    if stage == case["stage"] or case["group"] in _STAGE_IS_FREE:
        return None
    return f"raised while the program {stage}s; recorded {case['stage']}"


def _message(case: Case, error: BaseException, folder: str) -> str | None:
    ours, theirs = _normal(_main_line(error), folder), _normal(case["message"], folder)
    return None if ours == theirs else f"{ours!r}, recorded {theirs!r}"


def _main_line(error: BaseException) -> str:
    """The first line that is not empty; of TF 2's `Graph execution error`, the kernel's own line."""
    text = str(error)
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if lines and lines[0].startswith("Graph execution error"):
        marks = [i for i, line in enumerate(lines) if line.startswith("Node: ")]
        following = lines[marks[-1] + 1 :] if marks else lines[1:]
        lines = following or lines
    return lines[0].split("\t [[")[0].rstrip() if lines else ""


def _normal(text: str | None, folder: str) -> str:
    """A message without what changes from run to run or from machine to machine."""
    text = (text or "").replace(folder, "{TMP}").partition(" for '{{node")[0]
    for pattern, replacement in (
        (r"\S*/site-packages/", "{SITE}/"),
        (r"0x[0-9a-f]{6,}", "0x.."),
        (r"pyfunc_\d+", "pyfunc_N"),
        (r" in binary running on [^.]*\.", " in binary running on {HOST}."),
        (r"\{target:.*\}", "{SESSION OPTIONS}"),
        (r"<class '[\w.]*?(?:Symbolic)?(\w+)'>", r"<class \1>"),  # which module it is in is free
        (r"'SymbolicTensor'", "'Tensor'"),
        (r"\(graphs are <.*> and <.*>\)", "(graphs are G and H)"),
        (r"Previous registration was in .*\)", "Previous registration was in PLACE)"),
        (r"goo\.gle/debug\w+", "goo.gle/debug"),
        (r"'_\d+_", "'_N_"),
        (r"tempstate\d+", "tempstateN"),
        (r"Dataset:\d+ ", "Dataset:N "),
        (r"_\d+\b", ""),
    ):
        text = re.sub(pattern, replacement, text)
    return text.strip()
