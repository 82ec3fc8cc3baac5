"""Assertions: checked while the graph is built when the values are known, otherwise each time it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.api.control import no_op
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import all_axes
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


@export("Assert", "debugging.Assert")
def Assert(condition: Any, data: Any, summarize: int | None = None, name: str | None = None) -> Operation:
    """An operation that fails when the graph runs and `condition` is false; the error shows `data`.

    Run it, or make other operations depend on it with `tf.control_dependencies`.

    Args:
      summarize: how many elements of each tensor the error shows (default 3).

    Raises:
      At run time InvalidArgumentError.

    >>> import autograd_lite as tf
    >>> tf.Assert(tf.constant(True), ["all is well"]).type
    'Assert'
    """
    with building(name, "Assert", [condition, *data]):
        return raw.Assert(condition, data, summarize=3 if summarize is None else summarize, name="Assert")


def _compare(symbol: str, x: Any, y: Any, data: Any, summarize: int | None, message: str | None, name: str | None) -> Operation:
    """Assert a comparison for all elements; decided at once when both values are known."""
    word, op, function = _COMPARISONS[symbol]
    message = message or ""
    with building(name, f"assert_{word}", [x, y]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        if x is y and symbol in ("==", "<=", ">="):
            return no_op()
        condition = getattr(raw, op)(x, y)
        known_x, known_y = constant_value(x), constant_value(y)
        if known_x is not None and known_y is not None:
            if not bool(np.all(function(known_x, known_y))):
                raise InvalidArgumentError(None, None, _complaint(message, symbol, x, y, known_x, known_y))
            return no_op()
        if data is None:
            data = [message, f"Condition x {symbol} y did not hold element-wise:", f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
            data = data if message else data[1:]
        return Assert(raw.All(condition, all_axes(condition)), data, summarize=summarize)


_COMPARISONS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "==": ("equal", "Equal", np.equal),
    "!=": ("none_equal", "NotEqual", np.not_equal),
    "<": ("less", "Less", np.less),
    "<=": ("less_equal", "LessEqual", np.less_equal),
    ">": ("greater", "Greater", np.greater),
    ">=": ("greater_equal", "GreaterEqual", np.greater_equal),
}


def _complaint(message: str, symbol: str, x: Tensor, y: Tensor, known_x: Any, known_y: Any) -> str:
    return f"{message}\nCondition x {symbol} y did not hold element-wise:\nx ({x.name}) = \n{known_x}\ny ({y.name}) = \n{known_y}"


@export("assert_equal", "debugging.assert_equal")
def assert_equal(
    x: Any, y: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x == y` for all elements.

    Args:
      data: what the error shows (default: both tensors); summarize: how many elements of each; message: how it begins.

    Raises:
      InvalidArgumentError: at once when both values are known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_equal([1], [1]))
    """
    return _compare("==", x, y, data, summarize, message, name)


@export("assert_none_equal", "debugging.assert_none_equal")
def assert_none_equal(
    x: Any, y: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x != y` for all elements.

    Args:
      data: what the error shows (default: both tensors); summarize: how many elements of each; message: how it begins.

    Raises:
      InvalidArgumentError: at once when both values are known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_none_equal([1], [2]))
    """
    return _compare("!=", x, y, data, summarize, message, name)


@export("assert_less", "debugging.assert_less")
def assert_less(
    x: Any, y: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x < y` for all elements.

    Args:
      data: what the error shows (default: both tensors); summarize: how many elements of each; message: how it begins.

    Raises:
      InvalidArgumentError: at once when both values are known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_less([1], [2]))
    """
    return _compare("<", x, y, data, summarize, message, name)


@export("assert_less_equal", "debugging.assert_less_equal")
def assert_less_equal(
    x: Any, y: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x <= y` for all elements.

    Args:
      data: what the error shows (default: both tensors); summarize: how many elements of each; message: how it begins.

    Raises:
      InvalidArgumentError: at once when both values are known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_less_equal([1], [2]))
    """
    return _compare("<=", x, y, data, summarize, message, name)


@export("assert_greater", "debugging.assert_greater")
def assert_greater(
    x: Any, y: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x > y` for all elements.

    Args:
      data: what the error shows (default: both tensors); summarize: how many elements of each; message: how it begins.

    Raises:
      InvalidArgumentError: at once when both values are known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_greater([2], [1]))
    """
    return _compare(">", x, y, data, summarize, message, name)


@export("assert_greater_equal", "debugging.assert_greater_equal")
def assert_greater_equal(
    x: Any, y: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x >= y` for all elements.

    Args:
      data: what the error shows (default: both tensors); summarize: how many elements of each; message: how it begins.

    Raises:
      InvalidArgumentError: at once when both values are known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_greater_equal([2], [1]))
    """
    return _compare(">=", x, y, data, summarize, message, name)


def _compare_with_zero(
    symbol: str, x: Any, data: Any, summarize: int | None, message: str | None, name: str | None, default_name: str
) -> Operation:
    """Assert `x symbol 0` for all elements, written as TF writes it: with < or <=, zero first where needed."""
    message = message or ""
    with building(name, default_name, [x]):
        x = convert_to_tensor(x, name="x")
        if data is None:
            data = [message, f"Condition x {symbol} 0 did not hold element-wise:", f"x ({x.name}) = ", x]
        zero = convert_to_tensor(0, dtype=x.dtype.base_dtype)
        pair = (zero, x) if symbol[0] == ">" else (x, zero)
        return _compare(symbol.replace(">", "<"), *pair, data, summarize, message, None)


@export("assert_positive", "debugging.assert_positive")
def assert_positive(
    x: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x > 0` for all elements.

    Raises:
      InvalidArgumentError: at once when the value is known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_positive([1.0]))
    """
    return _compare_with_zero(">", x, data, summarize, message, name, "assert_positive")


@export("assert_negative", "debugging.assert_negative")
def assert_negative(
    x: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x < 0` for all elements.

    Raises:
      InvalidArgumentError: at once when the value is known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_negative([-1.0]))
    """
    return _compare_with_zero("<", x, data, summarize, message, name, "assert_negative")


@export("assert_non_negative", "debugging.assert_non_negative")
def assert_non_negative(
    x: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x >= 0` for all elements.

    Raises:
      InvalidArgumentError: at once when the value is known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_non_negative([0.0]))
    """
    return _compare_with_zero(">=", x, data, summarize, message, name, "assert_non_negative")


@export("assert_non_positive", "debugging.assert_non_positive")
def assert_non_positive(
    x: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert `x <= 0` for all elements.

    Raises:
      InvalidArgumentError: at once when the value is known, otherwise when the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_non_positive([0.0]))
    """
    return _compare_with_zero("<=", x, data, summarize, message, name, "assert_non_positive")


@export("assert_rank", "debugging.assert_rank")
def assert_rank(
    x: Any, rank: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert that `x` has `rank` axes.

    Raises:
      ValueError: it is known to have another rank. At run time InvalidArgumentError.

    >>> import autograd_lite as tf
    >>> tf.assert_rank(tf.zeros([2, 3]), 2).type
    'NoOp'
    """
    return _check_rank(x, rank, lambda have, want: have == want, "Equal", "assert_rank", "", data, summarize, message, name)


@export("assert_rank_at_least", "debugging.assert_rank_at_least")
def assert_rank_at_least(
    x: Any, rank: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert that `x` has at least `rank` axes.

    Raises:
      ValueError: it is known to have fewer. At run time InvalidArgumentError.

    >>> import autograd_lite as tf
    >>> tf.assert_rank_at_least(tf.zeros([2, 3]), 1).type
    'NoOp'
    """
    return _check_rank(
        x, rank, lambda have, want: have >= want, "GreaterEqual", "assert_rank_at_least", "at least ", data, summarize, message, name
    )


def _check_rank(
    x: Any, rank: Any, holds: Callable[[int, int], bool], op: str, default_name: str, words: str, data: Any, summarize: int | None,
    message: str | None, name: str | None,
) -> Operation:  # fmt: skip
    message = f"{message}: " if message else ""
    with building(name, default_name, [x]):
        x = convert_to_tensor(x, name="x")
        wanted = convert_to_tensor(rank, name="rank")
        if wanted.static_shape not in (None, ()):
            raise ValueError("Rank must be a scalar.")
        known = constant_value(wanted)
        if known is not None and x.static_shape is not None:
            have = len(x.static_shape)
            if not holds(have, int(known)):
                shape_text = shapes.python_text(x.static_shape)
                raise ValueError(f"{message}Tensor {x.name} must have rank {words}{int(known)}.  Received rank {have}, shape {shape_text}")
            return no_op(name="static_checks_determined_all_ok")
        if data is None:
            data = [f"{message}Tensor {x.name} must have rank {words}", wanted, "Received shape: ", raw.Shape(x)]
        return Assert(getattr(raw, op)(raw.Rank(x), wanted), data, summarize=summarize)


@export("assert_type", "debugging.assert_type")
def assert_type(tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Assert that a tensor has a given element type; known while the graph is built.

    Raises:
      TypeError: it has another type.

    >>> import autograd_lite as tf
    >>> tf.assert_type(tf.zeros([1]), tf.float32).type
    'NoOp'
    """
    wanted = dtypes.as_dtype(tf_type)
    with building(name, "assert_type", [tensor]):
        tensor = convert_to_tensor(tensor, name="tensor")
        if tensor.dtype != wanted:
            prefix = f"{message}  " if message else ""
            raise TypeError(f"{prefix}{tensor.name} must be of type {wanted!r}; got {tensor.dtype!r}")
        return no_op(name="statically_determined_correct_type")


@export("assert_scalar", "debugging.assert_scalar")
def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """Give `tensor` back if it is a scalar.

    Raises:
      ValueError: it has axes, or its rank is not known.

    >>> import autograd_lite as tf
    >>> tf.assert_scalar(3.0).shape.as_list()
    []
    """
    with building(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=f"{scope}tensor")
        if tensor.static_shape != ():
            prefix = f"{message}: " if message else ""
            raise ValueError(f"{prefix}Expected scalar shape for {tensor.name}, saw shape: {shapes.python_text(tensor.static_shape)}.")
        return tensor
