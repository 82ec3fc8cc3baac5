"""A plan: a program's Python code, ready to be bound to the variables of a session."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.backends.contract import Backend
from autograd_lite.backends.registry import backend_named
from autograd_lite.compiler.explain import plan_text
from autograd_lite.compiler.program import Program, Step
from autograd_lite.graph.operation import Operation

_FILENAME = "<autograd_lite plan>"  # the same for all: CPython keeps one reference to the file name of every function it compiles


def _moved(to_device: Callable[[Any], Any], result: Any) -> Any:
    """What a kernel on the host returned, brought over; strings stay."""
    if isinstance(result, tuple | list):
        return type(result)([_moved(to_device, item) for item in result])
    return to_device(result) if isinstance(result, np.ndarray | np.generic) else result


class Plan:
    """What a program is compiled to. One plan serves many sessions: `bind` gives a function for one.

    The function keeps everything in local variables, so several threads can run it at once.
    """

    def __init__(self, program: Program, source: str, steps: list[Step | None], namespace: dict[str, Any], cells: dict[str, int],
                 states: dict[str, Step], codes: dict[int, str], errstate_as_decorator: bool) -> None:  # fmt: skip
        self.program = program
        self.source = source
        self.steps_of_lines = steps
        self.stages: list[tuple[str, str]] = []  # (pass, program after it), when asked for
        self.is_waiting = False  # its steps are to be fused if it is run often
        self._namespace = namespace
        self._cells = cells
        self._states = states
        self.codes = codes  # value -> its variable in the code
        self._errstate_as_decorator = errstate_as_decorator
        self.on_device: frozenset[str] = frozenset()  # names of constants that live on the device of the backend
        self._code = compile(source, _FILENAME, "exec")
        self.function_code = next(item for item in self._code.co_consts if hasattr(item, "co_code"))  # what its frames run

    def bind(
        self, cell: Callable[[Operation], Any], state: Callable[[Operation], Any], helpers: dict[str, Any], backend: Backend
    ) -> Callable[..., list[Any]]:
        """The function that runs the plan: takes the fed arrays, returns the results.

        cell, state: give the variable and the object of a node in a session.
        helpers: what the code calls besides kernels (see runtime.helpers).
        """
        namespace = {**self._namespace, **helpers, "xp": backend.xp, "clock": time.perf_counter}
        if backend.name != "numpy":
            namespace.update(to_device=backend.to_device, to_host=backend.to_host, host_xp=backend_named("numpy").xp)
            namespace["moved"] = functools.partial(_moved, backend.to_device)
        for name in self.on_device:
            namespace[name] = backend.to_device(namespace[name])
        for name, index in self._cells.items():
            namespace[name] = cell(self.program.cells[index])
        for name, step in self._states.items():
            namespace[name] = state(step.node)
        exec(self._code, namespace)  # the code was made by compiler.emit, see there
        function = namespace["plan"]
        return np.errstate(all="ignore")(function) if self._errstate_as_decorator else function

    @property
    def size(self) -> int:
        """The number of steps."""
        return len(self.program.steps)

    def explain(self) -> str:
        """The program after every pass (when the plan was compiled with `explained=True`), the code, the memory."""
        return plan_text(self)

    def step_at(self, line: int) -> Step | None:
        """The step behind a line of the code (counted from 1)."""
        return self.steps_of_lines[line - 1] if 0 < line <= len(self.steps_of_lines) else None
