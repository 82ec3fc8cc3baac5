"""Arithmetic on vectors, written as formulas: `a * b + c` appends the instructions to a block of assembly.

Nothing here is "fast math": every operation is the IEEE one, in the order in which it is written, and a multiply-add is fused only where
`fma` says so.
"""
from __future__ import annotations

from typing import Union

import numpy as np

from autograd_lite.kernels.assembly import Block, double_text

__all__ = ["Code", "Number", "Text", "Vector"]

Number = Union[float, int, "Vector"]

FLOATS = ("float", "double")
BITS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "float": 32, "double": 64}
_SHORT = {"float": "f32", "double": "f64"}


class Text:
    """The text of a module: functions, and the declarations that they need, each once.

    is_wide: it is for a processor with AVX-512.
    """

    def __init__(self, is_wide: bool = False) -> None:
        self.is_wide = is_wide
        self.declared: dict[str, str] = {}
        self.functions: dict[str, str] = {}

    def __str__(self) -> str:
        return "\n".join([*self.declared.values(), *self.functions.values()])


class Code:
    """A block of assembly that works on `count` values side by side (1: plain values)."""

    def __init__(self, text: Text, count: int, block: Block | None = None) -> None:
        self.text = text
        self.count = count
        self.block = block or Block()

    def type(self, element: str) -> str:
        """The type of a vector, as in `<8 x i64>`."""
        return element if self.count == 1 else f"<{self.count} x {element}>"

    def number(self, element: str, value: float | int) -> Vector:
        """The same number in every lane."""
        if element in FLOATS:
            number = double_text(float(np.float32(value)) if element == "float" else float(value))
        else:
            number = str(int(value))
        return Vector(self, element, number if self.count == 1 else f"splat ({element} {number})")

    def named(self, element: str, name: str) -> Vector:
        """A value that the block knows under a name already."""
        return Vector(self, element, name)

    def spread(self, element: str, scalar: str) -> Vector:
        """The scalar value in every lane."""
        if self.count == 1:
            return Vector(self, element, scalar)
        first = self.block(f"insertelement {self.type(element)} poison, {element} {scalar}, i32 0")
        mask = f"<{self.count} x i32> zeroinitializer"
        return Vector(self, element, self.block(f"shufflevector {self.type(element)} {first}, {self.type(element)} poison, {mask}"))

    def intrinsic(self, name: str, *arguments: Vector) -> Vector:
        """A function of LLVM on floating-point lanes, such as `fma` or `sqrt`."""
        element = arguments[0].element
        kind = _SHORT.get(element, element)
        full = f"@llvm.{name}.{kind if self.count == 1 else f'v{self.count}{kind}'}"
        typed = self.type(element)
        self.text.declared.setdefault(full, f"declare {typed} {full}({', '.join([typed] * len(arguments))})")
        return Vector(self, element, self.block(f"call {typed} {full}({', '.join(f'{typed} {each.name}' for each in arguments)})"))

    def select(self, condition: Vector, yes: Vector, no: Number) -> Vector:
        """Lane by lane `yes` where the condition holds, else `no`."""
        other = yes.alike(no)
        typed = self.type(yes.element)
        return Vector(self, yes.element, self.block(
            f"select {self.type('i1')} {condition.name}, {typed} {yes.name}, {typed} {other.name}"))

    def fma(self, a: Vector, b: Number, c: Number) -> Vector:
        """The sum a * b + c, rounded once."""
        return self.intrinsic("fma", a, a.alike(b), a.alike(c))

    def polynomial(self, x: Vector, coefficients: tuple[float, ...]) -> Vector:
        """The polynomial with these coefficients, the constant one first, by Horner's rule."""
        result = x.alike(coefficients[-1])
        for coefficient in coefficients[-2::-1]:
            result = self.fma(result, x, coefficient)
        return result

    def registers(self, vector: Vector, lanes: int) -> list[str]:
        """The parts of so many lanes of which a vector is made."""
        if self.count == lanes:
            return [vector.name]
        whole = self.type(vector.element)
        parts = []
        for first in range(0, self.count, lanes):
            picked = ", ".join(f"i32 {lane}" for lane in range(first, first + lanes))
            parts.append(self.block(f"shufflevector {whole} {vector.name}, {whole} poison, <{lanes} x i32> <{picked}>"))
        return parts

    def joined(self, element: str, parts: list[str], lanes: int) -> Vector:
        """The vector that is made of parts of so many lanes; their number is a power of 2."""
        while len(parts) > 1:
            half, lanes = f"<{lanes} x {element}>", 2 * lanes
            picked = ", ".join(f"i32 {lane}" for lane in range(lanes))
            pairs = zip(parts[::2], parts[1::2])
            parts = [self.block(f"shufflevector {half} {low}, {half} {high}, <{lanes} x i32> <{picked}>") for low, high in pairs]
        return Vector(self, element, parts[0])

    def any(self, condition: Vector) -> str:
        """Whether the condition holds in any lane, as an i1."""
        if self.count == 1:
            return condition.name
        full = f"@llvm.vector.reduce.or.v{self.count}i1"
        self.text.declared.setdefault(full, f"declare i1 {full}(<{self.count} x i1>)")
        return self.block(f"call i1 {full}({self.type('i1')} {condition.name})")


class Vector:
    """Values side by side, all of one element type (`float`, `i32`, ...)."""

    __slots__ = ("code", "element", "name")

    def __init__(self, code: Code, element: str, name: str) -> None:
        self.code = code
        self.element = element
        self.name = name

    def alike(self, other: Number) -> Vector:
        """A number as a vector of this type; a vector as it is."""
        return other if isinstance(other, Vector) else self.code.number(self.element, other)

    def _binary(self, float_name: str, whole_name: str, other: Number, swapped: bool = False) -> Vector:
        left, right = self, self.alike(other)
        if swapped:
            left, right = right, left
        name = float_name if self.element in FLOATS else whole_name
        return Vector(self.code, self.element, self.code.block(f"{name} {self.code.type(self.element)} {left.name}, {right.name}"))

    def __add__(self, other: Number) -> Vector:
        return self._binary("fadd", "add", other)

    def __radd__(self, other: Number) -> Vector:
        return self._binary("fadd", "add", other, swapped=True)

    def __sub__(self, other: Number) -> Vector:
        return self._binary("fsub", "sub", other)

    def __rsub__(self, other: Number) -> Vector:
        return self._binary("fsub", "sub", other, swapped=True)

    def __mul__(self, other: Number) -> Vector:
        return self._binary("fmul", "mul", other)

    def __rmul__(self, other: Number) -> Vector:
        return self._binary("fmul", "mul", other, swapped=True)

    def __truediv__(self, other: Number) -> Vector:
        return self._binary("fdiv", "sdiv", other)

    def __rtruediv__(self, other: Number) -> Vector:
        return self._binary("fdiv", "sdiv", other, swapped=True)

    def __and__(self, other: Number) -> Vector:
        return self._binary("and", "and", other)

    def __or__(self, other: Number) -> Vector:
        return self._binary("or", "or", other)

    def __xor__(self, other: Number) -> Vector:
        return self._binary("xor", "xor", other)

    def __lshift__(self, other: Number) -> Vector:
        return self._binary("shl", "shl", other)

    def __rshift__(self, other: Number) -> Vector:
        """Arithmetic: the sign stays."""
        return self._binary("ashr", "ashr", other)

    def __neg__(self) -> Vector:
        if self.element in FLOATS:
            return Vector(self.code, self.element, self.code.block(f"fneg {self.code.type(self.element)} {self.name}"))
        return self.code.number(self.element, 0) - self

    def compare(self, how: str, other: Number, unsigned: bool = False) -> Vector:
        """Lane by lane whether a comparison holds: `eq`, `ne`, `lt`, `le`, `gt`, `ge`; with NaN only `ne` holds."""
        right = self.alike(other)
        if self.element in FLOATS:
            name = "fcmp " + ("une" if how == "ne" else f"o{how}")
        else:
            name = "icmp " + (how if how in ("eq", "ne") else ("u" if unsigned or self.element == "i1" else "s") + how)
        return Vector(self.code, "i1", self.code.block(f"{name} {self.code.type(self.element)} {self.name}, {right.name}"))

    def is_nan(self) -> Vector:
        """Lane by lane whether it is NaN."""
        return Vector(self.code, "i1", self.code.block(f"fcmp uno {self.code.type(self.element)} {self.name}, {self.name}"))

    def __lt__(self, other: Number) -> Vector:
        return self.compare("lt", other)

    def __le__(self, other: Number) -> Vector:
        return self.compare("le", other)

    def __gt__(self, other: Number) -> Vector:
        return self.compare("gt", other)

    def __ge__(self, other: Number) -> Vector:
        return self.compare("ge", other)

    def convert(self, how: str, element: str) -> Vector:
        """A conversion such as `fptosi`, `zext` or `bitcast`."""
        types = f"{self.code.type(self.element)} {self.name} to {self.code.type(element)}"
        return Vector(self.code, element, self.code.block(f"{how} {types}"))

    def bits(self) -> Vector:
        """The bits of a floating-point number as a whole number."""
        return self.convert("bitcast", "i32" if self.element == "float" else "i64")

    def as_float(self) -> Vector:
        """The floating-point number with these bits."""
        return self.convert("bitcast", "float" if self.element == "i32" else "double")
