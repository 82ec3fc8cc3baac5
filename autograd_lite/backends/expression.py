"""The tiny language of elementwise formulas, `elementwise="x * exp(-y)"`, and the printer that turns a formula into NumPy calls.

A formula is an expression over the op's inputs (and scalar attributes) with `+ - * / // % **`, comparisons, `& | ^ ~` and the functions of
`FUNCTIONS`. It is parsed once, on first use, with `ast`; nothing is ever evaluated. The result is a small immutable tree from which
NumPy code is printed here and from which fused loops for other devices can be printed elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, Union


class Function(NamedTuple):
    """One function of the language: its arity, the NumPy function that computes it, and the Python operator if there is one."""

    arity: int
    numpy: str
    operator: str | None = None
    is_ufunc: bool = True
    exact: bool = False  # NumPy's scalar operator gives the same bits as the ufunc (IEEE arithmetic and comparisons)


class Name(NamedTuple):
    """An input or a scalar attribute of the op."""

    name: str


class Number(NamedTuple):
    """A literal; it takes the element type of the op."""

    value: float


class Call(NamedTuple):
    """A function of the language applied to expressions."""

    function: str
    args: tuple[Expression, ...]


Expression = Union[Name, Number, Call]


class FormulaError(ValueError):
    """An elementwise formula that is not written in the language."""


FUNCTIONS: dict[str, Function] = {
    "add": Function(2, "add", "+", exact=True),
    "subtract": Function(2, "subtract", "-", exact=True),
    "multiply": Function(2, "multiply", "*", exact=True),
    "divide": Function(2, "divide", "/", exact=True),
    "floor_divide": Function(2, "floor_divide", "//"),
    "mod": Function(2, "remainder", "%"),
    "pow": Function(2, "power", "**"),
    "negative": Function(1, "negative", "-", exact=True),
    "equal": Function(2, "equal", "==", exact=True),
    "not_equal": Function(2, "not_equal", "!=", exact=True),
    "less": Function(2, "less", "<", exact=True),
    "less_equal": Function(2, "less_equal", "<=", exact=True),
    "greater": Function(2, "greater", ">", exact=True),
    "greater_equal": Function(2, "greater_equal", ">=", exact=True),
    "bitwise_and": Function(2, "bitwise_and", "&"),
    "bitwise_or": Function(2, "bitwise_or", "|"),
    "bitwise_xor": Function(2, "bitwise_xor", "^"),
    "invert": Function(1, "invert", "~"),
    "logical_and": Function(2, "logical_and"),
    "logical_or": Function(2, "logical_or"),
    "logical_not": Function(1, "logical_not"),
    "logical_xor": Function(2, "logical_xor"),
    "where": Function(3, "where", is_ufunc=False),
    "maximum": Function(2, "maximum"),
    "minimum": Function(2, "minimum"),
    "atan2": Function(2, "arctan2"),
    "hypot": Function(2, "hypot"),
    "fmod": Function(2, "fmod"),
    "nextafter": Function(2, "nextafter"),
    "left_shift": Function(2, "left_shift"),
    "right_shift": Function(2, "right_shift"),
    "square": Function(1, "square"),
    "abs": Function(1, "absolute"),
    "sign": Function(1, "sign"),
    "sqrt": Function(1, "sqrt"),
    "exp": Function(1, "exp"),
    "expm1": Function(1, "expm1"),
    "log": Function(1, "log"),
    "log1p": Function(1, "log1p"),
    "sin": Function(1, "sin"),
    "cos": Function(1, "cos"),
    "tan": Function(1, "tan"),
    "asin": Function(1, "arcsin"),
    "acos": Function(1, "arccos"),
    "atan": Function(1, "arctan"),
    "sinh": Function(1, "sinh"),
    "cosh": Function(1, "cosh"),
    "tanh": Function(1, "tanh"),
    "asinh": Function(1, "arcsinh"),
    "acosh": Function(1, "arccosh"),
    "atanh": Function(1, "arctanh"),
    "floor": Function(1, "floor"),
    "ceil": Function(1, "ceil"),
    "rint": Function(1, "rint"),  # halves to even
    "trunc": Function(1, "trunc"),
    "isnan": Function(1, "isnan"),
    "isinf": Function(1, "isinf"),
    "isfinite": Function(1, "isfinite"),
    "conj": Function(1, "conjugate"),
}

_BINARY: dict[type, str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.FloorDiv: "floor_divide", ast.Mod: "mod",
    ast.Pow: "pow", ast.BitAnd: "bitwise_and", ast.BitOr: "bitwise_or", ast.BitXor: "bitwise_xor",
    ast.LShift: "left_shift", ast.RShift: "right_shift",
}  # fmt: skip
_COMPARE: dict[type, str] = {
    ast.Eq: "equal", ast.NotEq: "not_equal", ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal",
}  # fmt: skip
_UNARY: dict[type, str] = {ast.USub: "negative", ast.Invert: "invert"}
COMPARISONS = frozenset(_COMPARE.values()) | {"isnan", "isinf", "isfinite", "logical_and", "logical_or", "logical_not", "logical_xor"}


@lru_cache(maxsize=4096)
def parse(formula: str) -> Expression:
    """The tree of a formula.

    Raises:
      FormulaError: when the text is not in the language; it says what was met and what is allowed.

    >>> parse("x * 2")
    Call(function='multiply', args=(Name(name='x'), Number(value=2)))
    """
    try:
        tree = ast.parse(formula, mode="eval")
    except SyntaxError as error:
        raise FormulaError(f"elementwise formula {formula!r} is not an expression: {error.msg}") from None
    return _convert(tree.body, formula)


def _convert(node: ast.expr, formula: str) -> Expression:
    if isinstance(node, ast.Name):
        return Name(node.id)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Number(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return Call(_BINARY[type(node.op)], (_convert(node.left, formula), _convert(node.right, formula)))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        operand = _convert(node.operand, formula)
        if isinstance(operand, Number) and isinstance(node.op, ast.USub):
            return Number(-operand.value)
        return Call(_UNARY[type(node.op)], (operand,))
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return Call(_COMPARE[type(node.ops[0])], (_convert(node.left, formula), _convert(node.comparators[0], formula)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _convert_call(node.func.id, node.args, formula)
    raise FormulaError(f"elementwise formula {formula!r}: {ast.unparse(node)!r} is not in the language")


def _convert_call(name: str, args: list[ast.expr], formula: str) -> Expression:
    function = FUNCTIONS.get(name)
    if function is None:
        raise FormulaError(f"elementwise formula {formula!r}: there is no function {name!r}; there are {', '.join(FUNCTIONS)}")
    if len(args) != function.arity:
        raise FormulaError(f"elementwise formula {formula!r}: {name} takes {function.arity} arguments, not {len(args)}")
    return Call(name, tuple([_convert(arg, formula) for arg in args]))


def names(expression: Expression) -> list[str]:
    """The names in an expression, each once, in order of appearance."""
    return list(dict.fromkeys(part.name for part in walk(expression) if isinstance(part, Name)))


def walk(expression: Expression) -> Iterator[Expression]:
    """Every part of an expression, outermost first."""
    stack = [expression]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, Call):
            stack.extend(reversed(part.args))


class NumpyPrinter:
    """Prints an expression as one line of NumPy calls.

    Args:
      variable: the code of each name.
      literal: gives the code of a literal in the op's element type.
      scalar: every name is a NumPy scalar, so that exact operators are printed instead of calls: they give the same bits 10 times as fast.
      ufunc: gives the code under which a NumPy function is known (it also notes that the function is used).
    """

    def __init__(
        self, variable: Mapping[str, str], literal: Callable[[float], str], ufunc: Callable[[str], str], scalar: bool = False
    ) -> None:
        self.variable = variable
        self.literal = literal
        self.ufunc = ufunc
        self.scalar = scalar

    def line(
        self,
        expression: Expression,
        target: str | None = None,
        into: str | None = None,
        same_shape: Callable[[Expression], bool] | None = None,
    ) -> str:
        """The code of the value of `expression`.

        `into` is an array that may be overwritten by the outermost call. `target` is the variable that the line is assigned to: with it,
        intermediate results for which `same_shape` says that they have the result's shape and type are computed in one buffer.
        """
        if not isinstance(expression, Call):
            return self._atom(expression)
        self._target, self._same_shape = (target, same_shape) if same_shape is not None else (None, None)
        return self._call(expression, into, outermost=True)[0]

    def _atom(self, expression: Expression) -> str:
        return self.variable[expression.name] if isinstance(expression, Name) else self.literal(expression.value)  # type: ignore[union-attr]

    def _call(self, expression: Call, into: str | None, outermost: bool) -> tuple[str, bool]:
        """The code of a call, and whether its value lies in the target's buffer."""
        function = FUNCTIONS[expression.function]
        args, in_buffer = self._args(expression)
        if self.scalar and function.exact and function.operator:
            text = f"{function.operator}{args[0]}" if function.arity == 1 else f"{args[0]} {function.operator} {args[1]}"
            return (text if outermost else f"({text})"), False
        name = self.ufunc(function.numpy)
        if not function.is_ufunc:
            return f"{name}({', '.join(args)})", False
        out = into if into is not None else (self._target if in_buffer and self._fits(expression) else None)
        if out is not None:
            return f"{name}({', '.join(args)}, out={out})", True
        fresh = f"{name}({', '.join(args)})"
        if outermost or self._target is None or in_buffer or self._busy or not self._fits(expression):
            return fresh, False
        self._busy = True
        return f"({self._target} := {fresh})", True

    _busy = False  # whether the buffer holds a value that a call further out still needs
    _target: str | None = None
    _same_shape: Callable[[Expression], bool] | None = None

    def _fits(self, expression: Expression) -> bool:
        return self._same_shape is not None and self._same_shape(expression)

    def _args(self, expression: Call) -> tuple[list[str], bool]:
        was_busy, in_buffer, codes = self._busy, False, []
        for arg in expression.args:
            if isinstance(arg, Call):
                code, here = self._call(arg, None, outermost=False)
                in_buffer = in_buffer or here
            else:
                code = self._atom(arg)
            codes.append(code)
        self._busy = was_busy or in_buffer
        return codes, in_buffer
