"""Assertions: checked while the graph is built when the values are known, and each time it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_lite.api.arrays import rank as rank_of, shape
from autograd_lite.api.cond import cond
from autograd_lite.api.control import no_op, with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


@export("Assert", "debugging.Assert")
def Assert(condition: Any, data: Any, summarize: int | None = None, name: str | None = None) -> Operation:
    """An operation that fails when the graph runs and `condition` is false; the error shows `data`.

    Run it, or make other operations depend on it with `tf.control_dependencies`. Data other than text and int32 is looked at in a branch of
    its own, `AssertGuard`, which is taken when the condition fails.

    Args:
      summarize: how many elements of each tensor the error shows (default 3).

    Raises:
      At run time InvalidArgumentError.

    >>> import autograd_lite as tf
    >>> tf.Assert(tf.constant(True), ["all is well"]).type
    'Assert'
    """
    with building(name, "Assert", [condition, *data]):
        tensors = [convert_to_tensor(item) for item in data]  # TF makes these constants too; the seeds of later random ops count them
        summarize = 3 if summarize is None else summarize
        if all(tensor.dtype.base_dtype in (dtypes.string, dtypes.int32) for tensor in tensors):
            return raw.Assert(condition, data, summarize=summarize, name="Assert")
        condition = convert_to_tensor(condition, name="Condition")
        guarded = cond(condition, no_op, lambda: raw.Assert(condition, data, summarize=summarize, name="Assert"), name="AssertGuard")
        return guarded.op


_COMPARISONS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "==": ("equal", "Equal", np.equal),
    "!=": ("none_equal", "NotEqual", np.not_equal),
    "<": ("less", "Less", np.less),
    "<=": ("less_equal", "LessEqual", np.less_equal),
    ">": ("greater", "Greater", np.greater),
    ">=": ("greater_equal", "GreaterEqual", np.greater_equal),
}


def _compare(symbol: str, x: Any, y: Any, data: Any, summarize: int | None, message: str | None, name: str | None) -> Operation:
    """Assert a comparison for all elements; a comparison known to fail does so at once."""
    word, op, function = _COMPARISONS[symbol]
    with building(name, f"assert_{word}", [x, y]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        if data is None:
            words = f"Condition x {symbol} y did not hold element-wise:"
            data = [words, f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
            if message or release().asserts_begin_with_message:
                data.insert(0, message or "")
        condition = reduce_all(getattr(raw, op)(x, y))
        known_x, known_y = constant_value(x), constant_value(y)
        if known_x is not None and known_y is not None and not np.all(function(known_x, known_y)):
            raise InvalidArgumentError(None, None, "\n".join(_shown(item) for item in data))
        return Assert(condition, data, summarize=summarize)


def _shown(item: Any) -> str:
    """A part of an assertion's data, as its message shows it."""
    value = constant_value(item) if isinstance(item, Tensor) else item
    return str(value)


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
    with in_current_scope([x, y]):
        with building(name, "assert_equal", [x, y]):  # a scope of its own, empty unless x is y, as TensorFlow makes it
            if x is y:
                return no_op()
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
    with building(name, default_name, [x]):
        x = convert_to_tensor(x, name="x")
        if data is None:
            data = [message or "", f"Condition x {symbol} 0 did not hold element-wise:", f"x ({x.name}) = ", x]
        zero = convert_to_tensor(0, dtype=x.dtype.base_dtype)
        first, second = (zero, x) if symbol[0] == ">" else (x, zero)
        return _compare(symbol.replace(">", "<"), first, second, data, summarize, message, None)


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


@export("assert_near", "debugging.assert_near")
def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Assert `|x - y| < atol + rtol * |y|` for all elements; both tolerances default to ten times the type's precision.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.assert_near([1.0], [1.0000001]))
    """
    with building(name, "assert_near", [x, y, rtol, atol]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y")
        kind = x.dtype.base_dtype
        precision = 10 * np.finfo(kind.numpy).eps if kind.is_floating or kind.is_complex else 0
        rtol = convert_to_tensor(precision if rtol is None else rtol, dtype=kind.real_dtype, name="rtol")
        atol = convert_to_tensor(precision if atol is None else atol, dtype=kind.real_dtype, name="atol")
        if data is None:
            words = f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}"
            data = [message or "", words, f"x ({x.name}) = ", x, f"y ({y.name}) = ", y]
        allowed = atol + rtol * abs(y)
        return Assert(reduce_all(raw.Less(abs(x - y), allowed)), data, summarize=summarize)


def _ranks(
    x: Any, wanted: Any, holds: Callable[[int, int], bool], op: str, default_name: str, words: str, data: Any, summarize: int | None,
    message: str | None, name: str | None,
) -> Operation:  # fmt: skip
    """Assert something about the rank of x: at once when it is known."""
    prefix = f"{message}: " if message else ""
    with building(name, default_name, [x]):
        x = convert_to_tensor(x, name="x")
        wanted = convert_to_tensor(wanted, name="rank")
        if data is None:
            data = [f"{prefix}Tensor {x.name} must have rank{words}", wanted, "Received shape: ", shape(x)]
            data = [message or "", *data]
        assert_type(wanted, dtypes.int32)
        known = constant_value(wanted)
        if known is not None and known.ndim:
            raise ValueError("Rank must be a scalar.")
        if known is not None and x.static_shape is not None:
            have = len(x.static_shape)
            if not holds(have, int(known)):
                sizes = shapes.python_text(x.static_shape)
                raise ValueError(f"{prefix}Tensor {x.name} must have rank{words} {int(known)}.  Received rank {have}, shape {sizes}")
            return no_op(name="static_checks_determined_all_ok")
        condition = getattr(raw, op)(raw.Rank(x), wanted)
        if known is None:
            check = assert_rank(wanted, 0, data=["Rank must be a scalar. Received rank: ", wanted])
            condition = with_dependencies([check], condition)
        return Assert(condition, data, summarize=summarize)


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
    return _ranks(x, rank, lambda have, want: have == want, "Equal", "assert_rank", "", data, summarize, message, name)


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
    default = "assert_rank_at_least"
    return _ranks(x, rank, lambda have, want: have >= want, "GreaterEqual", default, " at least", data, summarize, message, name)


@export("assert_rank_in", "debugging.assert_rank_in")
def assert_rank_in(
    x: Any, ranks: Iterable[Any], data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert that the number of axes of `x` is one of `ranks`.

    Raises:
      ValueError: it is known to be none of them. At run time InvalidArgumentError.

    >>> import autograd_lite as tf
    >>> tf.assert_rank_in(tf.zeros([2, 3]), (1, 2)).type
    'NoOp'
    """
    prefix = f"{message}: " if message else ""
    with building(name, "assert_rank_in", [x]):
        x = convert_to_tensor(x, name="x")
        wanted = [convert_to_tensor(rank, dtype=dtypes.int32, name="rank") for rank in ranks]
        known = [constant_value(rank) for rank in wanted]
        if x.static_shape is not None and all(value is not None for value in known):
            have, allowed = len(x.static_shape), tuple(int(value) for value in known if value is not None)
            if have not in allowed:
                sizes = shapes.python_text(x.static_shape)
                raise ValueError(f"{prefix}Tensor {x.name} must have rank in {allowed}.  Received rank {have}, shape {sizes}")
            return no_op(name="static_checks_determined_all_ok")
        if data is None:
            data = [message or "", f"Tensor {x.name} must have rank in", *wanted, "Received shape: ", shape(x)]
        have_rank = rank_of(x)
        condition = raw.Equal(have_rank, wanted[0])
        for rank in wanted[1:]:
            condition = raw.LogicalOr(condition, raw.Equal(have_rank, rank))
        return Assert(condition, data, summarize=summarize)


@export("assert_integer", "debugging.assert_integer")
def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Assert that a tensor is of an integer type; known while the graph is built.

    Raises:
      TypeError: it is of another type.

    >>> import autograd_lite as tf
    >>> tf.assert_integer(tf.constant(1)).type
    'NoOp'
    """
    with building(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            prefix = f"{message}  " if message else ""
            raise TypeError(f'{prefix}Expected "x" to be integer type.  Found: {x.dtype!r} of dtype {x.name}')
        return no_op(name="statically_determined_was_integer")


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


@export("assert_same_float_dtype", "debugging.assert_same_float_dtype")
def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> dtypes.DType:
    """Give the one floating type of all `tensors` (and `dtype`); float32 when there is nothing to look at.

    Raises:
      ValueError: the types differ, or are not floating.

    >>> import autograd_lite as tf
    >>> tf.assert_same_float_dtype([tf.zeros([1]), tf.ones([2])]).name
    'float32'
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    first = None
    for tensor in tensors or []:
        if tensor is None:
            continue
        if wanted is None:
            wanted, first = tensor.dtype.base_dtype, tensor
        if tensor.dtype.base_dtype != wanted:
            origin = "" if first is None else f" as {first.name}"
            raise ValueError(f"Tensor conversion requested dtype {wanted.name}{origin}, but {tensor.name} has type {tensor.dtype.name}.")
    if wanted is None:
        return dtypes.float32
    if not wanted.is_floating:
        raise ValueError(f"Expected floating point type, got {wanted!r}.")
    return wanted


@export("is_numeric_tensor", "debugging.is_numeric_tensor")
def is_numeric_tensor(tensor: Any) -> bool:
    """Whether `tensor` is a tensor of numbers.

    >>> import autograd_lite as tf
    >>> tf.is_numeric_tensor(tf.constant(1)), tf.is_numeric_tensor(tf.constant("a"))
    (True, False)
    """
    if not isinstance(tensor, Tensor):
        return False
    kind = tensor.dtype.base_dtype
    return kind.is_floating or kind.is_integer or kind.is_complex or kind.is_quantized


@export("assert_proper_iterable", "debugging.assert_proper_iterable")
def assert_proper_iterable(values: Any) -> None:
    """Raise TypeError when `values` is a tensor, an array or a string, which look iterable but are one value here.

    >>> import autograd_lite as tf
    >>> tf.assert_proper_iterable([1, 2])
    """
    if isinstance(values, Tensor | np.ndarray | str | bytes) or bool(getattr(type(values), "_is_tensor_like", False)):
        raise TypeError(f"Expected argument 'values' to be a 'proper' iterable.  Found: {type(values)}")
    if not hasattr(values, "__iter__"):
        raise TypeError(f"Expected argument 'values' to be iterable.  Found: {type(values)}")
