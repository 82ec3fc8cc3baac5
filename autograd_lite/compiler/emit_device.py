"""Write a program for a backend with a device of its own: arrays live there from the first step to the last.

What differs from code for NumPy: fed values and constants are brought over first, results are brought back last, inputs that a kernel reads
on the host are brought back for it, values of rank 0 are arrays like all others, and variables are never overwritten in place. Steps that
take or make strings run on the host.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends import expression as ex
from autograd_lite.compiler.emit import Emitter
from autograd_lite.compiler.plan import Plan
from autograd_lite.compiler.program import Program, Step
from autograd_lite.kernels.tier import Tiered


def emit_for_device(program: Program, backend: str, traced: bool = False) -> Plan:
    """The plan of a program for a backend that is not NumPy; it must be bound to that backend."""
    return DeviceEmitter(program, backend, traced).plan()


class DeviceEmitter(Emitter):
    """Prints a program whose values are arrays of a device."""

    def __init__(self, program: Program, backend: str, traced: bool) -> None:
        super().__init__(program, traced)
        self.backend = backend
        self.constants: list[str] = []  # names of arrays that are to be moved to the device when the plan is bound

    def plan(self) -> Plan:
        """Print the program."""
        plan = super().plan()
        plan.on_device = frozenset(self.constants)
        return plan

    def _begin(self) -> None:
        for index, value in enumerate(self.program.feeds):
            if self.program.values[value].dtype.kind in "rv":  # a dataset or the like
                self.codes[value] = f"f{index}"
                continue
            self._line(f"d{index} = to_device(f{index})", None)
            self.codes[value] = f"d{index}"

    def _is_rank_0(self, value: int) -> bool:
        return False  # no value is a NumPy scalar here

    def _ufunc(self, name: str) -> str:
        return f"xp.{name}" if self.xp == "xp" else super()._ufunc(name)

    def _call(self, step: Step, instead: dict[int, str]) -> str:
        kinds = {tensor.dtype.base_dtype.kind for tensor in (*step.node.inputs, *step.node.outputs)}
        if "s" not in kinds:
            called = super()._call(step, instead)
            return f"moved({called})" if kinds & {"r", "v"} else called  # datasets and the like keep arrays of the host
        self.xp = "host_xp"
        try:
            return f"moved({super()._call(step, instead)})"
        finally:
            self.xp = "xp"

    def _constant(self, value: int, constant: np.ndarray) -> str:
        name = f"c{value}"
        self.namespace[name] = constant
        self.constants.append(name)
        return name

    def _argument(self, step: Step, index: int) -> str:
        value: int = step.inputs[index]  # type: ignore[assignment]
        on_host = self.xp == "host_xp" or step.arguments()[index].name in step.opdef.host
        if not on_host or self.program.values[value].dtype.kind in "rv":
            return super()._argument(step, index)
        if value in self.program.constants:
            name = f"h{value}"
            self.namespace[name] = self.program.constants[value]
            return name
        if value in self.program.feeds:
            return f"f{self.program.feeds.index(value)}"
        return f"to_host({self._code(value)})"

    def _kernel(self, step: Step) -> Any:
        return step.opdef.kernel_for(self.backend)

    def _tiered(self, step: Step) -> Tiered | None:
        return None

    def _tiered_for_any(self, step: Step) -> None:
        return None

    def _elementwise(self, step: Step, formula: ex.Expression, instead: dict[int, str], overwritten: str | None = None) -> tuple[str, bool]:
        return super()._elementwise(step, formula, instead, overwritten)[0], False

    def _overwrites_variable(self, step: Step) -> bool:
        return False

    def _stored(self, step: Step, name: str, position: int, is_scalar: bool) -> str:
        return name if step.owned else f"{name}.copy()"

    def _result(self, index: int, value: int | None) -> str:
        if value is None or self.program.values[value].dtype.kind in "rv":
            return super()._result(index, value)
        return f"{'give_copy' if self.program.copied[index] else 'give'}(to_host({self._code(value)}))"
