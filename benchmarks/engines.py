"""The engines that are compared, each in worker processes of its own."""
from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any, NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
# The option of the command line that says which Python has an engine, and the variable that does.
PYTHONS = {engine: (f"--{engine}-python", f"AUTOGRAD_LITE_{engine.upper()}_PYTHON") for engine in ("tensorflow", "pytorch", "jax")}
# Variables by which numerical libraries learn how many threads they may use.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PROGRAMS = "programs"  # the package of what is written in the language of TensorFlow 1
WITHOUT_KERNELS, BY_HAND = "autograd_lite_numpy", "numpy"


class Engine(NamedTuple):
    """An interpreter, the module that it measures, the package of its programs, and what its environment has besides."""

    name: str
    python: str
    module: str
    programs: str
    environment: dict[str, str]

    def request(self, program: str) -> dict[str, str]:
        """What its worker is asked for: the module of the program or of its twin, and the case."""
        module, _, case = program.partition(":")
        return {"program": module, "case": case} if self.programs == PROGRAMS else {"program": program.replace(":", "_"), "case": ""}

    def has(self, program: str) -> bool:
        """Whether the program is written for this engine."""
        return (HERE / self.programs.replace(".", "/") / f"{self.request(program)['program']}.py").is_file()


def engines(names: list[str], pythons: dict[str, str | None]) -> list[Engine]:
    """Return the engines of these names.

    Args:
      pythons: for tensorflow, pytorch and jax the Python that has it.

    Raises: ValueError for an unknown name, or for an engine when nobody said which Python has it.
    """
    quiet = {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    known = [
        Engine("autograd_lite", sys.executable, "autograd_lite", PROGRAMS, {}),
        Engine(WITHOUT_KERNELS, sys.executable, "autograd_lite", PROGRAMS, {"AUTOGRAD_LITE_KERNELS": "off"}),
        Engine(BY_HAND, sys.executable, "numpy", "twins.numpy", {}),
        Engine("tensorflow", pythons.get("tensorflow") or "", "tensorflow.compat.v1", PROGRAMS, {**quiet, "TF_USE_LEGACY_KERAS": "1"}),
        Engine("pytorch", pythons.get("pytorch") or "", "torch", "twins.pytorch", quiet),
        Engine("jax", pythons.get("jax") or "", "jax", "twins.jax", {**quiet, "JAX_PLATFORMS": "cpu"}),
    ]
    by_name = {engine.name: engine for engine in known}
    for name in names:
        if name not in by_name:
            raise ValueError(f"Unknown engine {name!r}. There are: {', '.join(by_name)}.")
        if not by_name[name].python:
            raise ValueError(f"Which Python has {name}? Say it with {' or '.join(PYTHONS[name])}.")
        if shutil.which(by_name[name].python) is None:
            raise ValueError(f"There is no Python {by_name[name].python!r} for {name}.")
    return [by_name[name] for name in names]


class Worker:
    """A running engine.  Use it in a `with` statement; it ends with the block.

    Args:
      threads: how many threads, and where the system allows it how many processors, the engine may use.
      cache: the folder for compiled kernels; None for that of the user.
    """

    def __init__(self, engine: Engine, threads: int, cache: str | None = None) -> None:
        environment = {**os.environ, **engine.environment, **dict.fromkeys(THREAD_VARIABLES, str(threads))}
        environment["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), *filter(None, [environment.get("PYTHONPATH")])])
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # imports are measured as they are from the second time on
        if cache is not None:
            environment["AUTOGRAD_LITE_CACHE"] = cache
        if threads == 1 and engine.name == "jax":
            environment["XLA_FLAGS"] = f"{environment.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
        command = [engine.python, str(HERE / "worker.py"), engine.module, "--programs", engine.programs, "--threads", str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=environment)  # fmt: skip
        self.engine = engine

    def greet(self) -> dict[str, Any]:
        """What the engine says when it is there: the time of its import, its memory and its version."""
        return self._answer()

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
            raise RuntimeError(f"{self.engine.name} ({self.engine.python}), which ended:\n{self.process.stderr.read()[-3000:]}")
        return json.loads(line)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *unused: object) -> None:
        self.process.kill()
        self.process.communicate()
