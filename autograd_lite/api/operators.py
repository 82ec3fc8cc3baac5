"""Python's operators on tensors: `a + b` adds the node that TensorFlow's `a + b` adds, under the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.api.math import abs as absolute, div, floordiv, logical_xor, truediv
from autograd_lite.api.matmul import matmul
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import take_slice
from autograd_lite.core.dtypes import DType
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def _add(x: Tensor, y: Tensor, name: str) -> Tensor:
    return raw.Add(x, y, name=name) if x.dtype.base_dtype.name == "string" else raw.AddV2(x, y, name=name)


def _subtract(x: Tensor, y: Tensor, name: str) -> Tensor:
    return raw.Sub(x, y, name=name)


def _multiply(x: Tensor, y: Tensor, name: str) -> Tensor:
    return raw.Mul(x, y, name=name)


def _modulo(x: Tensor, y: Tensor, name: str) -> Tensor:
    return raw.FloorMod(x, y, name=name)


def _power(x: Tensor, y: Tensor, name: str) -> Tensor:
    return raw.Pow(x, y, name=name)


def _matmul(x: Tensor, y: Tensor, name: str) -> Tensor:
    return matmul(x, y, name=name)


def _and(x: Tensor, y: Tensor, name: str) -> Tensor:
    return raw.BitwiseAnd(x, y, name=name) if x.dtype.is_integer else raw.LogicalAnd(x, y, name=name)


def _or(x: Tensor, y: Tensor, name: str) -> Tensor:
    return raw.BitwiseOr(x, y, name=name) if x.dtype.is_integer else raw.LogicalOr(x, y, name=name)


def _xor(x: Tensor, y: Tensor, name: str) -> Tensor:
    if x.dtype.is_integer:
        return raw.BitwiseXor(x, y, name=name)
    with building(name) as scope:
        return logical_xor(x, y, name=scope)


# The name of an operator is the name of the node that it adds.
_BINARY: dict[str, Callable[[Any, Any, str], Any]] = {
    "add": _add,
    "sub": _subtract,
    "mul": _multiply,
    "div": div,
    "truediv": truediv,
    "floordiv": floordiv,
    "mod": _modulo,
    "pow": _power,
    "matmul": _matmul,
    "and": _and,
    "or": _or,
    "xor": _xor,
}


class _KnowsBetter(Exception):
    """The other operand is no tensor, but knows how to combine itself with one."""


def _operand(y: Any, dtype: DType, reflected: str) -> Tensor:
    try:
        return convert_to_tensor(y, preferred_dtype=dtype, name="y")
    except TypeError:
        if hasattr(type(y), reflected) and not isinstance(y, np.ndarray | np.generic | int | float | complex):
            raise _KnowsBetter from None
        raise


def _forward(name: str, function: Callable[[Any, Any, str], Any]) -> Callable[[Any, Any], Any]:
    reflected = f"__r{name}__"

    def operator(x: Any, y: Any) -> Any:
        x = convert_to_tensor(x)
        if type(y) is Tensor:
            return function(x, y, name)
        if isinstance(y, SparseTensor):
            return NotImplemented
        try:
            with building(None, name, [x]) as scope:
                return function(x, _operand(y, x.dtype.base_dtype, reflected), scope)
        except _KnowsBetter:
            return NotImplemented

    operator.__name__ = operator.__qualname__ = f"__{name}__"
    return operator


def _reflected(name: str, function: Callable[[Any, Any, str], Any]) -> Callable[[Any, Any], Any]:
    def operator(y: Any, x: Any) -> Any:
        y = convert_to_tensor(y)
        with building(None, name, [y]) as scope:
            return function(convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x"), y, scope)

    operator.__name__ = operator.__qualname__ = f"__r{name}__"
    return operator


def _less(x: Any, y: Any) -> Tensor:
    return raw.Less(x, y)


def _less_equal(x: Any, y: Any) -> Tensor:
    return raw.LessEqual(x, y)


def _greater(x: Any, y: Any) -> Tensor:
    return raw.Greater(x, y)


def _greater_equal(x: Any, y: Any) -> Tensor:
    return raw.GreaterEqual(x, y)


def _negative(x: Any) -> Tensor:
    return raw.Neg(x)


def _invert(x: Any) -> Tensor:
    x = convert_to_tensor(x)
    return raw.Invert(x) if x.dtype.is_integer else raw.LogicalNot(x)


def operators() -> dict[str, Callable[..., Any]]:
    """The methods behind Python's operators, by name (`"__add__"`), for any class whose objects convert to tensors."""
    methods: dict[str, Callable[..., Any]] = {
        "__lt__": _less,
        "__le__": _less_equal,
        "__gt__": _greater,
        "__ge__": _greater_equal,
        "__neg__": _negative,
        "__abs__": absolute,
        "__invert__": _invert,
        "__getitem__": take_slice,
    }
    for name, function in _BINARY.items():
        methods[f"__{name}__"] = _forward(name, function)
        methods[f"__r{name}__"] = _reflected(name, function)
    return methods


def overload_operators(cls: type) -> None:
    """Give a class Python's operators; its objects are converted to tensors first."""
    for name, method in operators().items():
        setattr(cls, name, method)


overload_operators(Tensor)
