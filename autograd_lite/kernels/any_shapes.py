"""Compiled kernels for steps of which a plan does not know the shapes: one for each shape that comes.

A plan for any shapes serves programs whose batches or images have another size in every run. Most machine code does not depend on such
sizes, so a kernel for the next size is quickly made of what is compiled already; where it is not, NumPy computes meanwhile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.graph.inference import Inference
from autograd_lite.graph.opdef import OpDef
from autograd_lite.kernels import compiled, native
from autograd_lite.kernels.tier import Tiered

__all__ = ["AnyShapes", "kernel_for_any"]

MOST = 32  # shapes for which a step keeps a kernel
FEW = 4  # shapes after which more are to be expected: their kernels do not wait until a shape has come often
MODULES = {"batch_norm", "convolution", "depthwise", "lrn", "pooling", "softmax"}  # whose kernels are several times as fast as NumPy

Key = tuple[tuple[int, ...], ...]


class AnyShapes:
    """The kernels of one step. Call `now`, as that of a `Tiered`."""

    __slots__ = ("_host", "_inference", "_inputs", "_kernels", "_made", "_opdef")

    def __init__(self, opdef: OpDef, c: Inference) -> None:
        self._opdef = opdef
        self._inference = c
        self._inputs = len(opdef.inputs)
        self._host = [index for index, argument in enumerate(opdef.inputs) if argument.name in opdef.host]
        self._kernels: dict[Key, Any] = {}  # by the shapes of arrays and the elements of inputs that are read on the host
        self._made = 0

    def now(self, xp: Any, *arguments: Any) -> Any:
        """Compute, with the kernel for these shapes."""
        key = tuple([array.shape for array in arguments[: self._inputs]])
        if self._host:
            key = (*key, *(tuple(np.ravel(arguments[index]).tolist()) for index in self._host))
        kernel = self._kernels.get(key)
        if kernel is None:
            kernel = self._kernel(key)
        run = self._opdef.kernel if kernel is _NONE else kernel.now
        return run(xp, *arguments)

    def _kernel(self, key: Key) -> Any:
        """The kernel for shapes that come for the first time, or after many others."""
        made: Any = compiled.kernel_for(self._opdef, _Seen(self._inference, key, self._host)) or _NONE
        self._made += 1
        if isinstance(made, Tiered) and self._made > FEW:
            made.hurry()
        while len(self._kernels) >= MOST:
            self._kernels.pop(next(iter(self._kernels)), None)
        self._kernels[key] = made
        return made


_NONE = object()  # of shapes that the op's own kernel does best


class _Seen(Inference):
    """The inference of a step that knows the shapes that came, and the elements of inputs that are read on the host."""

    __slots__ = ("_before", "_values")

    def __init__(self, before: Inference, key: Key, host: list[int]) -> None:
        super().__init__(before.opdef, before.name, before.attrs, list(key[: before.count]), before.dtypes)
        self._before = before
        self._values = dict(zip(host, key[before.count :]))

    def value(self, index: int) -> np.ndarray | None:
        """The value of an input when it is known."""
        known = self._values.get(index)
        if known is None:
            return self._before.value(index)
        return np.array(known, self.dtypes[index].numpy).reshape(self.shapes[index])

    def partial(self, index: int) -> tuple[int | None, ...] | None:
        """The elements of an integer input."""
        known = self._values.get(index)
        return self._before.partial(index) if known is None else known


def kernel_for_any(opdef: OpDef, c: Inference) -> AnyShapes | None:
    """Return the kernels for a step whose shapes are not all known; None where they are, and where the op keeps its own kernel."""
    if compiled.MODULES.get(opdef.name) not in MODULES or not native.installed():
        return None
    if any(argument.is_list for argument in opdef.inputs) or any(c.dtype(index) == dtypes.resource for index in range(c.count)):
        return None
    return None if all(shapes.is_defined(c.shape(index)) for index in range(c.count)) else AnyShapes(opdef, c)
