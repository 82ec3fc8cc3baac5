"""Ops that call functions of Python while the graph runs."""

from __future__ import annotations

import itertools
import threading
import traceback
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.core import errors
from autograd_lite.graph.opdef import op


class PythonFunction:
    """A function that nodes call by its token.

    Args:
      call: takes arrays (scalars of rank 0), returns an array, a list of them, or None.
      backward: the same for its derivative, from the inputs and the gradients of the outputs to the gradients of the inputs; or None.
    """

    def __init__(self, call: Callable[..., Any], backward: Callable[..., Any] | None = None) -> None:
        self.call = call
        self.backward = backward


_functions: weakref.WeakValueDictionary[str, PythonFunction] = weakref.WeakValueDictionary()
_numbers = itertools.count()
_lock = threading.Lock()
_OF_GRAPH = "python_functions"  # of Graph.properties: the functions live as long as the graphs that call them


def register(graph: Any, function: PythonFunction) -> str:
    """Keep a function as long as `graph` lives, and return the token by which nodes call it."""
    with _lock:
        token = f"pyfunc_{next(_numbers)}"
        _functions[token] = function
    graph.properties.setdefault(_OF_GRAPH, []).append(function)
    return token


def _found(token: str) -> PythonFunction:
    function = _functions.get(token)
    if function is None:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"callback {token} is not found\n  A graph that was saved and loaded again does not hold the Python functions that it calls.",
        )
    return function


# What TensorFlow makes of an exception of Python; of the others it makes UnknownError.
_KINDS: list[tuple[type[Exception], type[errors.OpError]]] = [
    (ValueError, errors.InvalidArgumentError),
    (TypeError, errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError),
    (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError),
]


def _called(token: str, inputs: list[Any]) -> Any:
    function = _found(token).call
    arguments = [_argument(value) for value in inputs]
    try:
        return function(*arguments)
    except Exception as error:
        kind = next((wanted for given, wanted in _KINDS if isinstance(error, given)), errors.UnknownError)
        told = "".join(traceback.format_exception(error)).rstrip()
        raise kind(None, None, f"{type(error).__name__}: {error}\n{told}") from error


def _argument(value: Any) -> Any:
    """A copy, as the function may write into it; a scalar of rank 0."""
    array = np.array(to_host(value))
    return array if array.ndim else array[()]


def _result(value: Any, token: str) -> np.ndarray:
    """One returned value as an array; text as bytes."""
    array = np.asarray(value)
    if array.dtype.kind in "SU":
        array = np.asarray(value, dtype=object)
    if array.dtype != object:
        return array
    flat = [item.encode() if isinstance(item, str) else item for item in array.ravel().tolist()]
    for item in flat:
        if not isinstance(item, bytes):
            raise errors.InternalError(None, None, f"Unsupported object type {type(item).__name__}\n  It was returned by {token}.")
    strings = np.empty(len(flat), object)
    strings[:] = flat
    return strings.reshape(array.shape)


_NAMES = {"float32": "float", "float64": "double", "object": "string"}


def _checked(xp: Any, returned: Any, token: str, types: list[Any]) -> list[Any]:
    """The outputs, which must be as many as declared and of the declared types."""
    if returned is None:
        values = []
    elif isinstance(returned, list | tuple):
        values = list(returned)
    else:
        values = [returned]
    if len(values) != len(types):
        raise errors.InvalidArgumentError(None, None, f"{token} returns {len(values)} values, but expects to see {len(types)} values.")
    results = []
    for place, (value, dtype) in enumerate(zip(values, types)):
        array = _result(value, token)
        if array.dtype != dtype.numpy:
            have = _NAMES.get(array.dtype.name, array.dtype.name)
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{place}-th value returned by {token} is {have}, but expects {dtype.cpp_name}\n"
                f"  Return np.{dtype.numpy.name}(...), or declare Tout as it is.",
            )
        results.append(array if array.dtype == object else xp.asarray(array))
    return results


def _unknown_shapes(c: Any) -> list[None]:
    return [None] * len(c.attrs["Tout"])


@op(
    "PyFunc(input: list(Tin), *, token: string, Tout: list(type)) -> output: list(Tout)",
    shape=_unknown_shapes,
    stateful=True,
    no_gradient="what a function of Python computes cannot be differentiated; give it a gradient with gradient_override_map",
    samples="it calls a function that a sample cannot hold",
)
def py_func(xp, input, token, Tout):
    """Call a function of Python with arrays; it may do something else each time."""
    return _checked(xp, _called(token, input), token, Tout)


@op(
    "PyFuncStateless(input: list(Tin), *, token: string, Tout: list(type)) -> output: list(Tout)",
    shape=_unknown_shapes,
    no_gradient="what a function of Python computes cannot be differentiated; give it a gradient with gradient_override_map",
    samples="it calls a function that a sample cannot hold",
)
def py_func_stateless(xp, input, token, Tout):
    """Call a function of Python with arrays; the same arrays give the same result."""
    return _checked(xp, _called(token, input), token, Tout)


@op(
    "EagerPyFunc(input: list(Tin), *, token: string, is_async: bool = False, Tout: list(type)) -> output: list(Tout)",
    shape=_unknown_shapes,
    stateful=True,
    samples="it calls a function that a sample cannot hold",
    formula="the function is built once more, as a graph, and differentiated",
)
def eager_py_func(xp, input, token, Tout):
    """Call a function of Python that computes with tensors, one call after the other."""
    return _checked(xp, _called(token, input), token, Tout)


@eager_py_func.gradient
def eager_py_func_gradient(g, op, *dys):
    backward = _found(op.attrs["token"]).backward
    if backward is None:
        raise LookupError(f"{op.name} has no second gradient: its first one is computed while the graph runs")
    slopes = [g.zeros_like(output) if dy is None else dy for output, dy in zip(op.outputs, dys)]
    inputs = list(op.inputs)
    wanted = [tensor.dtype.base_dtype for tensor in inputs if tensor.dtype.is_floating or tensor.dtype.is_complex]
    token = register(op.graph, PythonFunction(backward))
    results = iter(g.eager_py_func([*inputs, *slopes], token=token, Tout=wanted))
    found = []
    for tensor in inputs:
        slope = next(results) if tensor.dtype.is_floating or tensor.dtype.is_complex else None
        if slope is not None:
            slope.set_shape(tensor.static_shape)
        found.append(slope)
    return found
