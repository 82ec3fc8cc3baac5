"""How a result is copied for the caller where others hold its array: views of turned matrices by machine code, all else by NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.compiler.program import OP, Program
from autograd_lite.core import shapes
from autograd_lite.kernels import transposes


def copied(program: Program, value: int, code: str, name_of: Callable[[str, Any], str]) -> str:
    """The code that copies a result. name_of: gives an object that the code uses a name, which begins as told."""
    maker = next((step for step in program.steps if value in step.outputs), None)
    if maker is None or maker.kind != OP or maker.opdef.name != "Transpose" or maker.inputs[0] is None:
        return f"{code}.copy()"
    before, order = program.values[maker.inputs[0]], program.inference(maker).value(1)
    sizes = [size for size in before.shape or () if size is not None]
    if order is None or not sizes or not shapes.is_defined(before.shape):
        return f"{code}.copy()"
    copier = transposes.copier(sizes, [axis % len(sizes) for axis in order.tolist()], before.dtype.numpy)
    return f"{code}.copy()" if copier is None else f"{name_of('copy_', copier)}.now({code})"
