"""Between which limits the elements of a fused kernel lie, as far as its formula tells: a function of what is known to be small is shorter.

A hyperbolic tangent lies between -1 and 1, a square is not negative, and so on through sums and products. Every limit is moved outwards by
what rounding may do. NaN may always be there besides.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from autograd_lite.kernels.body import Node

__all__ = ["Range", "ranges"]


class Range(NamedTuple):
    """The least and the greatest value."""

    low: float
    high: float

    @property
    def size(self) -> float:
        """The greatest distance from 0."""
        return max(-self.low, self.high)


ANYTHING = Range(-math.inf, math.inf)
ROUNDING = 2.0**-21  # in proportion: more than two units in the last place of a float32
LARGEST = 3e38  # beyond it a sum may be infinite


def _around(*values: float) -> Range:
    """What lies between some values; anything, if they are not known."""
    return ANYTHING if any(math.isnan(value) for value in values) else Range(min(values), max(values))


def _rounded(a: Range) -> Range:
    low = a.low - ROUNDING * abs(a.low) if abs(a.low) < LARGEST else -math.inf
    return Range(low, a.high + ROUNDING * abs(a.high) if abs(a.high) < LARGEST else math.inf)


def _product(a: Range, b: Range) -> Range:
    return _around(*[x * y for x in a for y in b])


def _square(a: Range) -> Range:
    below = 0.0 if a.low <= 0 <= a.high else min(a.low * a.low, a.high * a.high)
    return Range(below, a.size * a.size)


def _absolute(a: Range) -> Range:
    return Range(max(a.low, -a.high, 0.0), a.size)


def _sum(a: Range, b: Range) -> Range:
    return _around(a.low + b.low, a.high + b.high)


_KNOWN: dict[str, Callable[..., Range]] = {
    "add": _sum,
    "multiply_add": lambda a, b, c: _sum(_product(a, b), c),
    "subtract": lambda a, b: _around(a.low - b.high, a.high - b.low),
    "multiply": _product,
    "negative": lambda a: Range(-a.high, -a.low),
    "square": _square,
    "abs": _absolute,
    "maximum": lambda a, b: Range(max(a.low, b.low), max(a.high, b.high)),
    "minimum": lambda a, b: Range(min(a.low, b.low), min(a.high, b.high)),
    "where": lambda condition, a, b: Range(min(a.low, b.low), max(a.high, b.high)),
    "cast": lambda a: a,
    "tanh": lambda a: Range(-1.0, 1.0),
    "erf": lambda a: Range(-1.0, 1.0),
    "sin": lambda a: Range(-1.0, 1.0),
    "cos": lambda a: Range(-1.0, 1.0),
    "sigmoid": lambda a: Range(0.0, 1.0),
    "exp": lambda a: Range(0.0, math.inf),
    "sqrt": lambda a: Range(0.0, math.inf),
}


def ranges(nodes: Sequence[Node], needed: Iterable[int]) -> Mapping[int, Range]:
    """The limits of the nodes that are needed, in their order."""
    found: dict[int, Range] = {}
    for index in needed:
        function, args, dtype, detail = nodes[index]
        if dtype == "bool":
            found[index] = Range(0.0, 1.0)
        elif function == "number":
            found[index] = _around(float(detail or 0))
        elif function in _KNOWN and dtype.startswith("float"):
            same = function in ("multiply", "square") and len(set(args)) == 1
            found[index] = _rounded(_square(found[args[0]]) if same else _KNOWN[function](*[found[arg] for arg in args]))
        else:
            found[index] = ANYTHING
    return found
