"""The functions of the language of formulas, on vectors: IEEE arithmetic here, transcendental functions in `float32_functions`."""
from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence

from autograd_lite.kernels.body import Node
from autograd_lite.kernels.float32_functions import FUNCTIONS, within
from autograd_lite.kernels.ranges import ranges
from autograd_lite.kernels.vectors import FLOATS, Code, Text, Vector

__all__ = ["Emitter", "element_of", "extreme"]

MANY = 8  # so many calls of a function are calls; fewer are written out where they stand
_COMPARISONS = {"equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge"}


def element_of(dtype: str) -> str:
    """Return how LLVM calls a type in memory.

    >>> element_of("float32"), element_of("uint16"), element_of("bool")
    ('float', 'i16', 'i8')
    """
    if dtype.startswith("float"):
        return "float" if dtype == "float32" else "double"
    return "i8" if dtype == "bool" else "i" + dtype.removeprefix("u").removeprefix("int")


def _in_lanes(dtype: str) -> str:
    """How LLVM calls a type in registers: bools are single bits there."""
    return "i1" if dtype == "bool" else element_of(dtype)


class Emitter:
    """Writes the value of a node.

    nodes: the operations of the kernel. needed: those that lead to a result.
    """

    def __init__(self, code: Code, nodes: Sequence[Node], needed: Sequence[int]) -> None:
        self.code = code
        self.nodes = nodes
        self.ranges = ranges(nodes, needed)
        self.uses = Counter(nodes[node].function for node in needed)

    def value(self, node: Node, args: list[Vector]) -> Vector:
        """The value of a node, from those that it takes."""
        function, _, dtype, detail = node
        dtypes = [self.nodes[arg].dtype for arg in node.args]
        if function == "number":
            return self.code.number(_in_lanes(dtype), detail)  # type: ignore[arg-type]
        if function == "cast":
            return _cast(args[0], dtypes[0], dtype)
        if function in FUNCTIONS:
            return self._call(node, args)
        if function in _COMPARISONS:
            return args[0].compare(_COMPARISONS[function], args[1], unsigned=dtypes[0].startswith("u"))
        if function in ("maximum", "minimum"):
            return extreme(self.code, args[0], args[1], "lt" if function == "maximum" else "gt", dtypes[0].startswith("u"))
        return _SIMPLE[function](self.code, *args)

    def _call(self, node: Node, args: list[Vector]) -> Vector:
        """A call of a form of a function, which is written when it is first called."""
        code, text, scale = self.code, self.code.text, node.detail or 1.0
        form = within(node.function, [self.ranges[arg] for arg in node.args], scale)
        write, name = FUNCTIONS[form], f"{form}_{code.count}"
        if scale != 1:
            write, name = functools.partial(write, scale=scale), f"{name}_of_{scale}"
        if name not in text.functions:
            text.functions[name] = ""  # its place, before those that it calls itself
            text.functions[name] = _function_text(text, name, write, code.count, len(args), self.uses[node.function] >= MANY)
        typed = code.type("float")
        passed = ", ".join(f"{typed} {arg.name}" for arg in args)
        return Vector(code, "float", code.block(f"call {typed} @{name}({passed})"))


def _function_text(text: Text, name: str, write: Callable[..., Vector], count: int, arity: int, is_called_often: bool) -> str:
    code = Code(text, count)
    names = [f"%x{index}" for index in range(arity)]
    result = write(code, *[code.named("float", each) for each in names])
    typed = code.type("float")
    head = f"define internal {typed} @{name}({', '.join(f'{typed} {each}' for each in names)})"
    how = "noinline" if is_called_often else "alwaysinline"
    return f"{head} {how} nounwind willreturn memory(none) {{\nentry:\n{code.block.text()}\n  ret {typed} {result.name}\n}}"


def _cast(x: Vector, old: str, new: str) -> Vector:
    """An element in another type; a float that becomes a whole number is held within its bounds (`Body.cast`)."""
    if new == "bool":
        return x.compare("ne", 0)
    before, after = _in_lanes(old), _in_lanes(new)
    if old == "bool":
        return x.convert("uitofp" if after in FLOATS else "zext", after)
    if before in FLOATS and after not in FLOATS:
        return x.convert("fptosi", after)
    if before in FLOATS:
        return x if before == after else x.convert("fpext" if after == "double" else "fptrunc", after)
    if after in FLOATS:
        return x.convert("uitofp" if old.startswith("u") else "sitofp", after)
    if before == after:
        return x
    if int(before[1:]) > int(after[1:]):
        return x.convert("trunc", after)
    return x.convert("zext" if old.startswith("u") else "sext", after)


def extreme(code: Code, a: Vector, b: Vector, how: str, is_unsigned: bool = False) -> Vector:
    """The larger or smaller of two; NaN if one of them is."""
    result = code.select(a.compare(how, b, is_unsigned), b, a)
    return code.select(b.is_nan(), b, result) if a.element in FLOATS else result


def _absolute(code: Code, x: Vector) -> Vector:
    if x.element in FLOATS:
        return code.intrinsic("fabs", x)
    return code.select(x < 0, -x, x)


def _sign(code: Code, x: Vector) -> Vector:
    result = code.select(x > 0, x.alike(1), code.select(x < 0, x.alike(-1), 0))
    return code.select(x.is_nan(), x, result) if x.element in FLOATS else result


def _is_finite(code: Code, x: Vector) -> Vector:
    return code.intrinsic("fabs", x) < float("inf")


def _is_infinite(code: Code, x: Vector) -> Vector:
    return code.intrinsic("fabs", x).compare("eq", float("inf"))


_SIMPLE: dict[str, Callable[..., Vector]] = {
    "add": lambda code, a, b: a + b,
    "subtract": lambda code, a, b: a - b,
    "multiply": lambda code, a, b: a * b,
    "multiply_add": lambda code, a, b, c: code.fma(a, b, c),
    "divide": lambda code, a, b: a / b,
    "negative": lambda code, x: -x,
    "square": lambda code, x: x * x,
    "abs": _absolute,
    "sign": _sign,
    "sqrt": lambda code, x: code.intrinsic("sqrt", x),
    "floor": lambda code, x: code.intrinsic("floor", x),
    "ceil": lambda code, x: code.intrinsic("ceil", x),
    "rint": lambda code, x: code.intrinsic("rint", x),
    "trunc": lambda code, x: code.intrinsic("trunc", x),
    "isnan": lambda code, x: x.is_nan(),
    "isfinite": _is_finite,
    "isinf": _is_infinite,
    "where": lambda code, condition, a, b: code.select(condition, a, b),
    "bitwise_and": lambda code, a, b: a & b,
    "bitwise_or": lambda code, a, b: a | b,
    "bitwise_xor": lambda code, a, b: a ^ b,
    "invert": lambda code, x: x ^ -1,
    "logical_and": lambda code, a, b: a & b,
    "logical_or": lambda code, a, b: a | b,
    "logical_xor": lambda code, a, b: a ^ b,
    "logical_not": lambda code, x: x ^ 1,
}
