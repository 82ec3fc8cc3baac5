"""The engines that are compared, each in worker processes of its own."""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any, NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
TENSORFLOW_PYTHON = "AUTOGRAD_LITE_TENSORFLOW_PYTHON"
# Variables by which numerical libraries learn how many threads they may use.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Engine(NamedTuple):
    """An interpreter, the module that is `tf` in it, and what its environment has besides."""

    name: str
    python: str
    module: str
    environment: dict[str, str]


def engines(names: list[str], tensorflow_python: str | None) -> list[Engine]:
    """Return the engines of these names.

    Raises: ValueError for an unknown name, or for tensorflow when nobody said which Python has it.
    """
    known = {
        "autograd_lite": Engine("autograd_lite", sys.executable, "autograd_lite", {}),
        "autograd_lite_numpy": Engine("autograd_lite_numpy", sys.executable, "autograd_lite", {"AUTOGRAD_LITE_KERNELS": "off"}),
        "tensorflow": Engine("tensorflow", tensorflow_python or "", "tensorflow.compat.v1",
                             {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}),
    }
    for name in names:
        if name not in known:
            raise ValueError(f"Unknown engine {name!r}. There are: {', '.join(known)}.")
        if not known[name].python:
            raise ValueError(f"Which Python has TensorFlow? Say it with --tensorflow-python or {TENSORFLOW_PYTHON}.")
    return [known[name] for name in names]


class Worker:
    """A running engine.  Use it in a `with` statement; it ends with the block."""

    def __init__(self, engine: Engine, threads: int) -> None:
        environment = {**os.environ, **engine.environment, **dict.fromkeys(THREAD_VARIABLES, str(threads))}
        environment["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), *filter(None, [environment.get("PYTHONPATH")])])
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # imports are measured as they are from the second time on
        self.process = subprocess.Popen([engine.python, str(HERE / "worker.py"), engine.module, "--threads", str(threads)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.engine = engine
        self.hello = self._answer()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer.  Raises RuntimeError, with what the engine printed last, if it died."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None and self.process.stderr is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.engine.name} ended:\n{self.process.stderr.read()[-3000:]}")
        return json.loads(line)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *unused: object) -> None:
        self.process.kill()
        self.process.communicate()
