"""A small writer of LLVM assembly: straight-line code on vectors, one expression per call."""
from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

__all__ = ["Block", "Lanes", "double_text", "indices", "remembered"]

MOST_REMEMBERED = 64  # texts, of all kinds together; one may have a hundred thousand letters


def double_text(value: float) -> str:
    """Return a number as LLVM writes it without loss: the bits of the double.

    >>> double_text(1.0)
    '0x3FF0000000000000'
    """
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def indices(numbers: Iterable[int]) -> str:
    """Return the mask of a `shufflevector`.

    >>> indices([0, 2])
    '<2 x i32> <i32 0, i32 2>'
    """
    numbers = list(numbers)
    return f"<{len(numbers)} x i32> <{', '.join(f'i32 {n}' for n in numbers)}>"


_remembered: dict[tuple[Any, ...], str] = {}


def remembered(write: Callable[..., str]) -> Callable[..., str]:
    """Decorator: keep the text that a function wrote last for these arguments; kernels for the next batch size ask for the same again."""

    @functools.wraps(write)
    def text(*arguments: Any, **named: Any) -> str:
        key = (write, arguments, tuple(named.items()))
        found = _remembered.get(key)
        if found is None:
            found = write(*arguments, **named)
            while len(_remembered) >= MOST_REMEMBERED:
                _remembered.pop(next(iter(_remembered)), None)
            _remembered[key] = found
        return found

    return text


class Block:
    """Lines of assembly; values get numbered names.

    >>> block = Block()
    >>> block("add i64 1, 2")
    '%v0'
    >>> block.lines
    ['%v0 = add i64 1, 2']
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values = 0

    def __call__(self, expression: str) -> str:
        """Append an instruction that has a value, and return the value's name."""
        name = f"%v{self.values}"
        self.values += 1
        self.lines.append(f"{name} = {expression}")
        return name

    def do(self, instruction: str) -> None:
        """Append an instruction without a value (a store, a branch) or a label."""
        self.lines.append(instruction)

    def text(self) -> str:
        """The lines, indented; labels stand out."""
        return "\n".join(line if line.endswith(":") else f"  {line}" for line in self.lines)


class Lanes:
    """Arithmetic on vectors of one length within a block.  Types: `i32`, `i64`, `float`, `double`."""

    def __init__(self, block: Block, count: int) -> None:
        self.block = block
        self.count = count

    def type(self, element: str) -> str:
        """The vector type, as in `<8 x i64>`."""
        return f"<{self.count} x {element}>"

    def constant(self, element: str, value: float) -> str:
        """A vector constant, the same number in each lane."""
        number = double_text(value) if element in ("float", "double") else str(value)
        return f"<{', '.join([f'{element} {number}'] * self.count)}>"

    def each(self, element: str, values: Sequence[int]) -> str:
        """A vector constant with a whole number of its own in each lane."""
        return f"<{', '.join(f'{element} {value}' for value in values)}>"

    def spread(self, element: str, scalar: str) -> str:
        """The scalar value in every lane."""
        first = self.block(f"insertelement {self.type(element)} poison, {element} {scalar}, i32 0")
        return self.block(f"shufflevector {self.type(element)} {first}, {self.type(element)} poison, {self.type('i32')} zeroinitializer")

    def op(self, name: str, element: str, left: str, right: str) -> str:
        """A binary instruction such as `add`, `and` or `fmul`."""
        return self.block(f"{name} {self.type(element)} {left}, {right}")

    def convert(self, name: str, source: str, value: str, wanted: str) -> str:
        """A conversion such as `trunc`, `fpext` or `bitcast`."""
        return self.block(f"{name} {self.type(source)} {value} to {self.type(wanted)}")

    def select(self, condition: str, element: str, left: str, right: str) -> str:
        """Lane by lane `left` where the condition (a vector of i1) holds, else `right`."""
        return self.block(f"select {self.type('i1')} {condition}, {self.type(element)} {left}, {self.type(element)} {right}")
