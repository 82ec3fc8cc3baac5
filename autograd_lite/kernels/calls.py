"""Calls of routines from Python: an entry that looks at the arrays, and the function that a plan calls.

The code of an entry depends on ranks only. The shapes that the arrays must have, and the numbers that the routine wants, come along in an
array of their own, so one piece of machine code serves all shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import native
from autograd_lite.kernels.arrays import ArrayArgument, builtin_text, kernel_text, unpack
from autograd_lite.kernels.assembly import Block, remembered

__all__ = ["Given", "caller", "lanes_of_registers", "shape_of"]

ENTRY = "entry"
QUICK = 20_000  # elements; kernels on fewer are done before another thread could make use of Python's global lock


class Given(NamedTuple):
    """An array that a routine gets: the shape it must have (None: any size), and whether the routine writes to it."""

    shape: tuple[int | None, ...]
    is_output: bool = False


def caller(text: str, routine: str, arrays: Sequence[Given], numbers: Sequence[int] = (), returns: str = "void",
           short: bool = True, keeps_lock: bool | None = None) -> Callable[..., bool]:  # fmt: skip
    """Return a function of these arrays that runs a routine of a module, and tells whether it did.

    It did not, and has written nothing but outputs, where an array is not as promised, or the routine returned a status that is not 0.
    Inputs that do not lie in C order (the gradient of a sum is one number that repeats) are copied first.

    Args:
      text: the module. routine: its function of pointers to the arrays' elements, then the numbers, then the sizes that may be any.
      returns: `void` or `i32`, a status. short: see `native.module`; False for routines that go from number to
        number, and for those whose innermost loops are long and work places out anew that stay the same.
      keeps_lock: hold Python's global lock meanwhile, as what touches Python's objects must. None: only if that is done soon.
    """
    sizes = np.array([size for each in arrays for size in each.shape if size is not None] + list(numbers), np.int64)
    ranks = tuple([Given(tuple([None if size is None else 1 for size in each.shape]), each.is_output) for each in arrays])
    entry = _entry(routine, ranks, len(numbers), len(sizes), returns)
    keeps_lock = _elements(arrays) < QUICK if keeps_lock is None else keeps_lock
    declines = native.load_builtin(f"{text}\n{entry}\n{builtin_text(ENTRY, keeps_lock)}", ENTRY, short)

    def call(*given: Any) -> bool:
        return not declines(*given, sizes) or in_order(given)

    def in_order(given: tuple[Any, ...]) -> bool:
        """Try again with copies, if there is something to copy."""
        if all(array.flags.c_contiguous for array in given):
            return False
        ordered = [array if each.is_output else np.ascontiguousarray(array) for each, array in zip(arrays, given)]
        return not declines(*ordered, sizes)

    return call


def shape_of(c: Inference, index: int) -> tuple[int, ...]:
    """Return the shape of an input: a plan asks for a compiled kernel only where all sizes are known."""
    return c.shape(index)  # type: ignore[return-value]


def lanes_of_registers(element: str = "float") -> int:
    """Return how many elements of this type fit a vector register here."""
    size = 64 if native.target().has_wide_vectors else 32
    return size // {"double": 8, "i64": 8, "i16": 2, "i8": 1}.get(element, 4)


def _elements(arrays: Sequence[Given]) -> int:
    return sum(math.prod(size or 0 for size in each.shape) for each in arrays)


@remembered
def _entry(routine: str, arrays: tuple[Given, ...], numbers: int, sizes: int, returns: str) -> str:
    """The kernel that looks at the arrays, compares their dimensions with the first of the sizes, and calls the routine.

    Of the shapes only the ranks count, and which sizes may be any.
    """
    block = Block()
    wanted = [ArrayArgument((None,) * len(each.shape), each.is_output) for each in arrays]
    *loaded, given = unpack(block, [*wanted, ArrayArgument((sizes,))])
    sides = [(size, number) for each, found in zip(arrays, loaded) for size, number in zip(each.shape, found.dimensions)]
    dimensions = [number for size, number in sides if size is not None]
    holds = "true"
    for index, dimension in enumerate(dimensions):
        same = block(f"icmp eq i64 {dimension}, {_size(block, given.value, index)}")
        holds = block(f"and i1 {holds}, {same}")
    block.do(f"br i1 {holds}, label %known, label %mismatch")
    block.do("known:")
    handed = [f"ptr {each.value}" for each in loaded]
    handed += [f"i64 {_size(block, given.value, len(dimensions) + index)}" for index in range(numbers)]
    handed += [f"i64 {number}" for size, number in sides if size is None]
    called = f"call {returns} @{routine}({', '.join(handed)})"
    if returns == "void":
        block.do(called)
    else:
        block.do(f"br i1 {block(f'icmp eq i32 {block(called)}, 0')}, label %done, label %mismatch")
        block.do("done:")
    return kernel_text(ENTRY, block)


def _size(block: Block, sizes: str, index: int) -> str:
    return block(f"load i64, ptr {block(f'getelementptr i64, ptr {sizes}, i64 {index}')}")
