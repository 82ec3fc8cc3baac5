"""Sums, means and extremes at the end of a fused kernel.

Three forms are known, told by which loops are reduced: all of them, the inner ones (`rows`: one result for each step of the outer loops) or
the outer ones (`columns`). Sums of float32 are kept in double precision, one for each lane, so they are more accurate than NumPy's. What
the chunks of a large domain give is put together in their order, whoever computed them.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.kernels.assembly import Block
from autograd_lite.kernels.lane_functions import extreme
from autograd_lite.kernels.vectors import Code, Text, Vector

__all__ = ["COLUMNS", "KINDS", "ROWS", "Reduction", "combine", "final", "finish_text", "folded", "form_of", "identity"]

KINDS = {"Sum": "sum", "Mean": "mean", "Max": "max", "Min": "min"}
ALL, ROWS, COLUMNS = "all", "rows", "columns"


class Reduction(NamedTuple):
    """One reduced result of a kernel.

    output: its number. kind: `sum`, `mean`, `max`, `min`. form: which loops are reduced. first: the outermost reduced loop.
    length: how many elements go into one result. results: how many results there are.
    """

    output: int
    kind: str
    form: str
    first: int
    length: int
    results: int

    @property
    def element(self) -> str:
        """The type in which it is accumulated."""
        return "double" if self.kind in ("sum", "mean") else "float"

    @property
    def needs_workspace(self) -> bool:
        """Whether the chunks leave parts that are put together at the end."""
        return self.form != ROWS


def form_of(kept: Sequence[bool]) -> str | None:
    """Which form a reduction has whose loops, outermost first, are kept or not; None if it is none of those."""
    kept = list(kept)
    if not any(kept):
        return ALL
    inner = kept.index(False) if False in kept else len(kept)
    if kept[0]:
        return ROWS if not any(kept[inner:]) and inner < len(kept) else None
    return COLUMNS if all(kept[kept.index(True) :]) else None


def identity(kind: str) -> float:
    """What accumulation starts with."""
    return {"max": -math.inf, "min": math.inf}.get(kind, 0.0)


def combine(code: Code, kind: str, total: Vector, value: Vector) -> Vector:
    """One more value."""
    if kind in ("max", "min"):
        return extreme(code, total, value, "lt" if kind == "max" else "gt")
    return total + value


def folded(code: Code, kind: str, lanes: Vector) -> Vector:
    """The lanes of a vector in one value, halves upon halves."""
    block, count, element = code.block, code.count, lanes.element
    name = lanes.name
    while count > 1:
        count //= 2
        typed = f"<{2 * count} x {element}>"
        low, high = (", ".join(f"i32 {lane}" for lane in range(begin, begin + count)) for begin in (0, count))
        parts = [block(f"shufflevector {typed} {name}, {typed} poison, <{count} x i32> <{half}>") for half in (low, high)]
        half_code = Code(code.text, count, block)
        if count == 1:
            parts = [block(f"extractelement <1 x {element}> {part}, i32 0") for part in parts]
        first, second = (Vector(half_code, element, part) for part in parts)
        name = combine(half_code, kind, first, second).name
    return Vector(Code(code.text, 1, block), element, name)


def final(code: Code, reduction: Reduction, total: Vector) -> Vector:
    """The result, a float, of what was accumulated."""
    if reduction.kind == "mean":
        total = total / float(reduction.length)
    return total.convert("fptrunc", "float") if total.element == "double" else total


def finish_text(
    text: Text, reductions: Sequence[Reduction], chunks: int, result_slots: Sequence[int], workspace_slots: Sequence[int]
) -> str:
    """The function `finish(env)`, which puts together what the chunks left; the slots say where in `env` the addresses are."""
    block = Block()
    code = Code(text, 1, block)
    before = "entry"
    for number, (reduction, out, workspace) in enumerate(zip(reductions, result_slots, workspace_slots)):
        element = reduction.element
        parts, result = (block(f"load ptr, ptr {block(f'getelementptr i64, ptr %env, i64 {slot}')}") for slot in (workspace, out))
        at, part = f"%at{number}", f"%part{number}"
        block.do(f"br label %each{number}")
        block.do(f"each{number}:")
        block.do(f"{at} = phi i64 [ 0, %{before} ], [ {at}next, %done{number} ]")
        block.do(f"br label %add{number}")
        block.do(f"add{number}:")
        block.do(f"{part} = phi i64 [ 0, %each{number} ], [ {part}next, %add{number} ]")
        start = code.number(element, identity(reduction.kind)).name
        block.do(f"%sum{number} = phi {element} [ {start}, %each{number} ], [ %more{number}, %add{number} ]")
        place = block(f"add i64 {block(f'mul i64 {part}, {reduction.results}')}, {at}")
        value = block(f"load {element}, ptr {block(f'getelementptr {element}, ptr {parts}, i64 {place}')}")
        more = combine(code, reduction.kind, Vector(code, element, f"%sum{number}"), Vector(code, element, value))
        block.do(f"%more{number} = select i1 true, {element} {more.name}, {element} poison")  # a name that the phi above could know
        block.do(f"{part}next = add i64 {part}, 1")
        block.do(f"br i1 {block(f'icmp slt i64 {part}next, {chunks}')}, label %add{number}, label %done{number}")
        block.do(f"done{number}:")
        value = final(code, reduction, Vector(code, element, f"%more{number}")).name
        block.do(f"store float {value}, ptr {block(f'getelementptr float, ptr {result}, i64 {at}')}")
        block.do(f"{at}next = add i64 {at}, 1")
        block.do(f"br i1 {block(f'icmp slt i64 {at}next, {reduction.results}')}, label %each{number}, label %after{number}")
        block.do(f"after{number}:")
        before = f"after{number}"
    block.do("ret void")
    return f"define internal void @finish(ptr %env) {{\nentry:\n{block.text()}\n}}"
