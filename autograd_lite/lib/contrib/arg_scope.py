"""`tf.contrib.framework.arg_scope`: defaults for the arguments of functions, inside a `with` block."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from autograd_lite.core.export import export

Function = TypeVar("Function", bound=Callable[..., Any])
Defaults = dict[Any, dict[str, Any]]  # function -> argument -> default

_ARGUMENTS: dict[Any, tuple[str, ...]] = {}  # function -> the arguments that a scope may set


class _Open(threading.local):
    """The scopes that are open in a thread; the last holds what counts."""

    def __init__(self) -> None:
        self.scopes: list[Defaults] = [{}]


_open = _Open()


def _key(function: Any) -> Any:
    return getattr(function, "_arg_scope_key", function)


@export("contrib.framework.add_arg_scope", "contrib.slim.add_arg_scope")
def add_arg_scope(func: Function) -> Function:
    """Make a function one whose defaults `arg_scope` can set.

    >>> import autograd_lite as tf
    >>> @tf.contrib.framework.add_arg_scope
    ... def power(x, exponent=2):
    ...     return x**exponent
    >>> with tf.contrib.framework.arg_scope([power], exponent=3):
    ...     power(2)
    8
    """

    @functools.wraps(func)
    def with_defaults(*args: Any, **kwargs: Any) -> Any:
        defaults = _open.scopes[-1].get(func)
        return func(*args, **({**defaults, **kwargs} if defaults else kwargs))

    with_defaults._arg_scope_key = func  # type: ignore[attr-defined]
    parameters = inspect.signature(func).parameters.values()
    _ARGUMENTS[func] = tuple(one.name for one in parameters if one.default is not one.empty)
    return cast(Function, with_defaults)


@export("contrib.framework.has_arg_scope", "contrib.slim.has_arg_scope")
def has_arg_scope(func: Any) -> bool:
    """Whether `arg_scope` can set the defaults of a function.

    >>> import autograd_lite as tf
    >>> tf.contrib.framework.has_arg_scope(tf.contrib.layers.conv2d), tf.contrib.framework.has_arg_scope(len)
    (True, False)
    """
    return _key(func) in _ARGUMENTS


@export("contrib.framework.arg_scoped_arguments", "contrib.slim.arg_scoped_arguments")
def arg_scoped_arguments(func: Any) -> tuple[str, ...]:
    """The names of the arguments of a function that `arg_scope` can set.

    Raises:
      ValueError: the function was not made with `add_arg_scope`.
    """
    if not has_arg_scope(func):
        raise ValueError(f"{_name(func)} is not decorated with @add_arg_scope")
    return _ARGUMENTS[_key(func)]


@export("contrib.framework.current_arg_scope")
def current_arg_scope() -> Defaults:
    """What is set at the moment: function -> argument -> default."""
    return _open.scopes[-1]


@export("contrib.framework.arg_scope", "contrib.slim.arg_scope")
@contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[Defaults]:
    """Inside this block, the functions of a list take these arguments unless they are given others.

    Args:
      list_ops_or_scope: functions made with `add_arg_scope`; or a scope, as an earlier block gave it, to be in force again.
      **kwargs: the arguments; none with a scope.

    Raises:
      TypeError: neither a list nor a scope.
      ValueError: a function that was not made with `add_arg_scope`, or arguments given with a scope.

    >>> import autograd_lite as tf
    >>> layers = tf.contrib.layers
    >>> with tf.contrib.framework.arg_scope([layers.fully_connected], activation_fn=tf.nn.tanh):
    ...     layers.fully_connected(tf.zeros([2, 3]), 4).op.type
    'Tanh'
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling a dictionary, kwargs must be empty.")
        scope = dict(list_ops_or_scope)
    else:
        if not isinstance(list_ops_or_scope, list | tuple):
            raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
        scope = dict(current_arg_scope())
        for function in list_ops_or_scope:
            if not has_arg_scope(function):
                raise ValueError(f"{_name(function)} is not decorated with @add_arg_scope")
            scope[_key(function)] = {**scope.get(_key(function), {}), **kwargs}
    _open.scopes.append(scope)
    try:
        yield scope
    finally:
        _open.scopes.pop()


def _name(function: Any) -> str:
    return f"('{getattr(function, '__module__', None)}', '{getattr(function, '__name__', function)}')"
