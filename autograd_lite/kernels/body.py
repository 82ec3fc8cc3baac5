"""What a fused kernel computes for one element: a list of typed operations, each of which is made once.

Formulas of the op table are taken in by `lower`; the kernels of ops that are declared `pointwise` are *traced*: they run on stand-ins
for arrays, which note what is done with them (`Traced`). So a fused kernel does what the op's own kernel does, in the same order.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.backends import expression as ex

__all__ = ["IN_DOUBLES", "Body", "Node", "Traced", "Unsupported", "lower", "trace"]

COMPARISONS = frozenset(["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"])
_TESTS = frozenset(["isnan", "isinf", "isfinite"])
_LOGICAL = frozenset(["logical_and", "logical_or", "logical_not", "logical_xor"])
_BITS = frozenset(["bitwise_and", "bitwise_or", "bitwise_xor", "invert"])
_WHOLE = frozenset(["add", "subtract", "multiply", "negative", "abs", "maximum", "minimum", "square", "sign"])
_EXACT = _WHOLE | {"divide", "sqrt", "floor", "ceil", "rint", "trunc"}  # IEEE has one answer for these
_TRANSCENDENTAL = frozenset(["exp", "expm1", "log", "log1p", "tanh", "sigmoid", "erf", "sin", "cos", "pow"])
MOST_EXACT = 2.0**100  # a power of two, of which a float32 can be the inverse
LEAST_SCALE = 2.0**-8  # of a product by a power of two that becomes one with what follows
IN_DOUBLES = frozenset(["sin", "cos", "pow"])  # whose parts are worked out in double precision
TYPES = frozenset(["float32", "float64", "bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))])
COSTS = {"divide": 4, "sqrt": 5, "exp": 20, "expm1": 28, "log": 25, "log1p": 32, "tanh": 35, "sigmoid": 28, "erf": 45, "sin": 40, "cos": 40,
         "pow": 90}  # fmt: skip


class Unsupported(Exception):
    """An operation or type that fused kernels do not do; the op keeps its own kernel."""


class Node(NamedTuple):
    """One operation: a function of `backends.expression`, or `input` (detail: its index), `number` (detail: it), `cast`, `multiply_add` (of
    three, rounded once). Of `exp`, the detail is what the argument is multiplied by first.
    """

    function: str
    args: tuple[int, ...]
    dtype: str
    detail: float | int | None = None


class Body:
    """Operations in an order in which they can be done. An operation that was made before is not made again."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._made: dict[tuple[Any, ...], int] = {}

    def input(self, index: int, dtype: Any) -> int:
        """The element of an input."""
        return self.add(Node("input", (), _type(dtype), index))

    def number(self, value: Any, dtype: Any) -> int:
        """A constant."""
        name = _type(dtype)
        return self.add(Node("number", (), name, np.dtype(name).type(value).item()))

    def cast(self, node: int, dtype: Any) -> int:
        """An element in another type. A float that is too large has no defined whole number: it must have been held in bounds before."""
        old, new = self.nodes[node].dtype, _type(dtype)
        if old == new:
            return node
        if self.nodes[node].function == "number":
            return self.number(self.nodes[node].detail, new)
        if old.startswith("float") and not new.startswith("float") and new != "bool" and not self._is_held(node, new):
            raise Unsupported(f"{old} to {new}")
        return self.add(Node("cast", (node,), new))

    def _is_held(self, node: int, dtype: str) -> bool:
        """Whether a float is `where((x >= -limit) & (x < limit), x, -limit)`, all of which an integer of this type can hold."""
        limit = float(-np.iinfo(dtype).min)
        if self.nodes[node].function != "where" or not limit:
            return False
        condition, x, otherwise = self.nodes[node].args
        bounds = {self.nodes[test].function: self.nodes[test].args for test in self.nodes[condition].args}
        found = self.nodes[condition].function == "bitwise_and" and set(bounds) == {"greater_equal", "less"}
        if not found or any(args[0] != x for args in bounds.values()) or bounds["greater_equal"][1] != otherwise:
            return False
        low, high = self.nodes[otherwise], self.nodes[bounds["less"][1]]
        return low.function == high.function == "number" and (low.detail, high.detail) == (-limit, limit)

    def apply(self, function: str, *args: int) -> int:
        """A function of elements; a bool among numbers counts as one."""
        if function == "where":
            condition, yes, no = args
            dtype = self._common(yes, no)
            self._check(function, "bool" if self.nodes[condition].dtype != "bool" else dtype, self.nodes[condition].dtype == "bool")
            return self.add(Node(function, (condition, self.cast(yes, dtype), self.cast(no, dtype)), dtype))
        dtype = self._common(*args) if len(args) > 1 else self.nodes[args[0]].dtype
        args = tuple([self.cast(arg, dtype) for arg in args])
        self._check(function, dtype, _is_supported(function, dtype))
        if function in COMPARISONS or function in _TESTS or function in _LOGICAL:
            return self.add(Node(function, args, "bool"))
        return self._simplified(function, args, dtype)

    def _simplified(self, function: str, args: tuple[int, ...], dtype: str) -> int:
        """Powers that are products, the sigmoid under its own name, and what can be done together with a product by a power of two."""
        if function == "pow":
            exponent = self.nodes[args[1]].detail if self.nodes[args[1]].function == "number" else None
            if exponent == 1:
                return args[0]
            if exponent == 2 or exponent == 3 and dtype == "float32":
                square = self.add(Node("square", args[:1], dtype))
                return square if exponent == 2 else self.apply("multiply", square, args[0])
            self._check("pow", dtype, dtype == "float32")
        if function == "divide" and dtype == "float32" and self._is_one(args[0]):
            below = self.nodes[args[1]]
            for one, other in (below.args, below.args[::-1]) if below.function == "add" else ():
                power = self.nodes[other]
                if self._is_one(one) and power.function == "exp" and self.nodes[power.args[0]].function == "negative":
                    return self.add(Node("sigmoid", self.nodes[power.args[0]].args, dtype))
        if function == "divide" and dtype.startswith("float") and (divisor := self._power_of_two(args[1])):
            function, args = "multiply", (args[0], self.number(1 / divisor, dtype))
        if function == "exp" and (scaled := self._scaled(args[0], 1 / LEAST_SCALE)):
            return self.add(Node("exp", scaled[:1], dtype, scaled[1]))
        if function in ("add", "subtract"):
            terms = (args[0], 1), (args[1], 1 if function == "add" else -1)
            for (product, sign), (other, sign_of_other) in (terms, terms[::-1]):
                if scaled := self._scaled(product, 1.0):
                    added = other if sign_of_other == 1 else self.add(Node("negative", (other,), dtype))
                    return self.add(Node("multiply_add", (scaled[0], self.number(sign * scaled[1], dtype), added), dtype))
        return self.add(Node(function, args, dtype))

    def _scaled(self, node: int, most: float) -> tuple[int, float] | None:
        """What is multiplied, and by which power of two, if the node is such a product. most: the largest power."""
        function, args, dtype, _ = self.nodes[node]
        if function == "multiply" and dtype.startswith("float"):
            for one, other in (args, args[::-1]):
                factor = self._power_of_two(other)
                if LEAST_SCALE <= abs(factor) <= most:
                    return one, factor
        return None

    def _power_of_two(self, node: int) -> float:
        """The number that a node is, if its size is a power of two by which products and quotients are exact; else 0."""
        number = float(self.nodes[node].detail or 0) if self.nodes[node].function == "number" else 0.0
        return number if abs(math.frexp(number)[0]) == 0.5 and 1 / MOST_EXACT <= abs(number) <= MOST_EXACT else 0.0

    def _is_one(self, node: int) -> bool:
        return self.nodes[node].function == "number" and self.nodes[node].detail == 1

    def _common(self, *args: int) -> str:
        """The type in which elements meet. Only bools and numbers mix."""
        kinds = dict.fromkeys(self.nodes[arg].dtype for arg in args)
        if len(kinds) == 2:
            kinds.pop("bool", None)
        if len(kinds) != 1:
            raise Unsupported(f"{' and '.join(kinds)} together")
        return next(iter(kinds))

    def _check(self, function: str, dtype: str, is_supported: bool) -> None:
        if not is_supported:
            raise Unsupported(f"{function} of {dtype}")

    def add(self, node: Node) -> int:
        """A node, or the one that is there already."""
        key = (*node, str(node.detail)) if isinstance(node.detail, float) else node  # 0.0 and -0.0 differ, and NaN is NaN
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = len(self.nodes)
            self.nodes.append(node)
        return found

    def needed(self, results: list[int]) -> list[int]:
        """The nodes that lead to `results`, in order."""
        wanted = set(results)
        for index in range(len(self.nodes) - 1, -1, -1):
            if index in wanted:
                wanted.update(self.nodes[index].args)
        return sorted(wanted)

    def cost(self, results: list[int]) -> float:
        """About how many simple instructions an element takes."""
        return sum(COSTS.get(self.nodes[index].function, 1) for index in self.needed(results))


@functools.lru_cache(maxsize=64)
def _type(dtype: Any) -> str:
    name = np.dtype(dtype).name
    if name not in TYPES:
        raise Unsupported(name)
    return name


def _is_supported(function: str, dtype: str) -> bool:
    if function in ("equal", "not_equal"):
        return True
    if dtype == "bool":
        return function in _LOGICAL or function in ("bitwise_and", "bitwise_or", "bitwise_xor")
    if dtype.startswith("float"):
        return (function in _EXACT or function in COMPARISONS or function in _TESTS or function == "pow"
                or dtype == "float32" and function in _TRANSCENDENTAL)
    if dtype.startswith("uint") and function in ("negative", "abs", "sign"):
        return False
    return function in _WHOLE or function in _BITS or function in COMPARISONS


def lower(body: Body, formula: ex.Expression, variables: Mapping[str, int], dtype: Any) -> int:
    """Add a formula of the op table; `variables` are its names, `dtype` the type of its literals. Gives the node of its value."""
    if isinstance(formula, ex.Name):
        return variables[formula.name]
    if isinstance(formula, ex.Number):
        return body.number(formula.value, dtype)
    return body.apply(formula.function, *[lower(body, arg, variables, dtype) for arg in formula.args])


# ------------------------------------------------------------ tracing

_BY_NUMPY_NAME = {function.numpy: name for name, function in ex.FUNCTIONS.items()}
_BY_NUMPY_NAME.update(true_divide="divide", abs="abs", float_power="pow")


class Traced:
    """Stands for an array while a kernel is traced: it knows its type and shape, and notes what is done with it."""

    __slots__ = ("body", "dtype", "node", "shape")
    __array_ufunc__ = None  # NumPy's own scalars leave operators to this class
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, body: Body, node: int, shape: tuple[int, ...]) -> None:
        self.body = body
        self.node = node
        self.shape = shape
        self.dtype = np.dtype(body.nodes[node].dtype)

    @property
    def ndim(self) -> int:
        """The rank."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def astype(self, dtype: Any, copy: bool = True) -> Traced:
        """The same in another type."""
        return Traced(self.body, self.body.cast(self.node, dtype), self.shape)

    def __bool__(self) -> bool:
        raise Unsupported("a decision by value")

    def __add__(self, other: Any) -> Traced:
        return _applied("add", self, other)

    def __radd__(self, other: Any) -> Traced:
        return _applied("add", other, self)

    def __sub__(self, other: Any) -> Traced:
        return _applied("subtract", self, other)

    def __rsub__(self, other: Any) -> Traced:
        return _applied("subtract", other, self)

    def __mul__(self, other: Any) -> Traced:
        return _applied("multiply", self, other)

    def __rmul__(self, other: Any) -> Traced:
        return _applied("multiply", other, self)

    def __truediv__(self, other: Any) -> Traced:
        return _applied("divide", self, other)

    def __rtruediv__(self, other: Any) -> Traced:
        return _applied("divide", other, self)

    def __pow__(self, other: Any) -> Traced:
        return _applied("pow", self, other)

    def __rpow__(self, other: Any) -> Traced:
        return _applied("pow", other, self)

    def __neg__(self) -> Traced:
        return _applied("negative", self)

    def __invert__(self) -> Traced:
        return _applied("logical_not" if self.dtype == np.bool_ else "invert", self)

    def __and__(self, other: Any) -> Traced:
        return _applied("bitwise_and", self, other)

    def __or__(self, other: Any) -> Traced:
        return _applied("bitwise_or", self, other)

    def __xor__(self, other: Any) -> Traced:
        return _applied("bitwise_xor", self, other)

    def __lt__(self, other: Any) -> Traced:
        return _applied("less", self, other)

    def __le__(self, other: Any) -> Traced:
        return _applied("less_equal", self, other)

    def __gt__(self, other: Any) -> Traced:
        return _applied("greater", self, other)

    def __ge__(self, other: Any) -> Traced:
        return _applied("greater_equal", self, other)

    def __eq__(self, other: Any) -> Traced:  # type: ignore[override]
        return _applied("equal", self, other)

    def __ne__(self, other: Any) -> Traced:  # type: ignore[override]
        return _applied("not_equal", self, other)


def _applied(function: str, *args: Any) -> Traced:
    """A function of stand-ins and numbers; Python's numbers take the type of what they meet."""
    known = [arg for arg in args if isinstance(arg, Traced)]
    body = known[0].body
    typed = [arg.dtype for arg in args if isinstance(arg, Traced | np.generic) and arg.dtype != np.bool_]
    weak = typed[0] if typed else np.dtype(bool)
    nodes = []
    for arg in args:
        if isinstance(arg, Traced):
            nodes.append(arg.node)
        elif isinstance(arg, np.generic):
            nodes.append(body.number(arg, arg.dtype))
        elif isinstance(arg, bool | int | float) and not (isinstance(arg, float) and weak.kind != "f") and weak.kind != "b":
            nodes.append(body.number(arg, weak))
        else:
            raise Unsupported(type(arg).__name__)
    return Traced(body, body.apply(function, *nodes), np.broadcast_shapes(*[arg.shape for arg in known]))


class _TracingSpecial:
    """The special functions that kernels have."""

    def __getattr__(self, name: str) -> Any:
        if name not in _SPECIAL:
            raise Unsupported(f"xp.special.{name}")
        return lambda x: _applied(_SPECIAL[name], x)


_SPECIAL = {"erf": "erf", "expit": "sigmoid"}


class _TracingNamespace:
    """The array functions as a traced kernel sees them: those of the language of formulas, and types."""

    special = _TracingSpecial()

    def asarray(self, thing: Any) -> Any:
        """What it was."""
        return thing

    def __getattr__(self, name: str) -> Any:
        function = _BY_NUMPY_NAME.get(name)
        if function is None:
            thing = getattr(np, name, None)
            if isinstance(thing, type) and issubclass(thing, np.generic):
                return thing
            raise Unsupported(f"xp.{name}")

        def call(*args: Any) -> Any:
            return _applied(function, *args) if any(isinstance(arg, Traced) for arg in args) else getattr(np, name)(*args)

        return call


_XP = _TracingNamespace()


def trace(body: Body, kernel: Callable[..., Any], inputs: list[Any]) -> tuple[Traced, ...]:
    """Run a kernel on stand-ins (and attributes, as they are); gives what stands for its results.

    Raises: Unsupported when it does anything but arithmetic on elements.
    """
    try:
        results = kernel(_XP, *inputs)
    except Unsupported:
        raise
    except Exception as error:  # a method or function that stand-ins do not have: it is no arithmetic
        raise Unsupported(str(error)) from error
    results = results if isinstance(results, tuple) else (results,)
    if not all(isinstance(result, Traced) for result in results):
        raise Unsupported("a result that is no array")
    return results
