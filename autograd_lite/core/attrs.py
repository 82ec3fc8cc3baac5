"""Attributes of nodes: their kinds, and the form in which the engine stores their values."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import dtypes, shapes

KINDS = ("int", "float", "bool", "string", "type", "shape", "tensor", "func")


def _string(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value
    raise TypeError


def _integer(value: Any) -> int:
    if isinstance(value, float | str | bytes) or not hasattr(value, "__int__"):
        raise TypeError
    return int(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise TypeError
    return bool(value)


def _real(value: Any) -> float:
    if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
        raise TypeError
    return float(value)


def _function(value: Any) -> str:
    name = value if isinstance(value, str) else getattr(value, "name", None)
    if not isinstance(name, str):
        raise TypeError
    return name


_CONVERT = {"int": _integer, "float": _real, "bool": _boolean, "string": _string, "func": _function}
_EXPECTED = {"int": "int", "float": "float", "bool": "bool", "string": "string", "func": "function name"}


def store(kind: str, value: Any, name: str) -> Any:
    """`value` in the stored form of an attribute of this `kind`.

    Raises:
      TypeError: when `value` cannot be an attribute of this kind.
    """
    if kind == "type":
        if type(value) is dtypes.DType:
            return value._base
        try:
            return dtypes.as_dtype(value).base_dtype
        except TypeError:
            shown = value if isinstance(value, str) else repr(value)
            raise TypeError(f"Expected DataType for argument '{name}' not {shown!r}.") from None
    if kind == "shape":
        try:
            return shapes.as_shape(value)
        except TypeError as error:
            raise TypeError(f"Error converting {name} to a TensorShape: {error}.") from None
        except ValueError as error:
            raise ValueError(f"Error converting {name} to a TensorShape: {error}.") from None
    if kind == "tensor":
        if not isinstance(value, np.ndarray | np.generic):
            raise TypeError(f"Don't know how to convert {value!r} to a TensorProto for argument '{name}'")
        return value
    if kind.startswith("list("):
        if not isinstance(value, list | tuple):
            raise TypeError(f"Expected list for attr {name}, obtained {type(value).__name__} instead.")
        return [store(kind[5:-1], item, name) for item in value]
    try:
        return _CONVERT[kind](value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"Expected {_EXPECTED[kind]} for argument '{name}' not {value!r}.") from None


def text(value: Any) -> str:
    """An attribute value as node summaries print it: `DT_FLOAT`, `[2,3]`, `"SAME"`, `true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dtypes.DType):
        return value.proto_name
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bytes):
        return f'"{value!r}"'
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray | np.generic):
        dtype = dtypes.as_dtype(value.dtype)
        return f"Tensor<type: {dtype.cpp_name} shape: {shapes.text(value.shape)}>"
    if isinstance(value, list):
        return "[" + ", ".join(text(item) for item in value) + "]"
    if value is None or isinstance(value, tuple):
        return shapes.text(value)
    return str(value)
