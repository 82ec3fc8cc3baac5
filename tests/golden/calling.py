"""Turning recorded calls into live ones: arguments, and results as flat lists."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.golden.recorded import Case


def decode(argument: Any, tensors: Sequence[Any], literals: Sequence[np.ndarray], tf: Any) -> Any:
    """The live form of a recorded argument; a dict with a `$` key stands for something JSON cannot say."""
    if isinstance(argument, list):
        return [decode(element, tensors, literals, tf) for element in argument]
    if not isinstance(argument, dict):
        return argument
    ((kind, value),) = argument.items()

    def inner(part: Any) -> Any:
        return decode(part, tensors, literals, tf)

    makers: dict[str, Callable[[], Any]] = {
        "$in": lambda: tensors[value],
        "$nd": lambda: literals[value],
        "$sparse": lambda: tf.SparseTensor(*(tensors[i] for i in value)),
        "$dtype": lambda: tf.as_dtype(value),
        "$tuple": lambda: tuple(inner(part) for part in value),
        "$dict": lambda: {key: inner(part) for key, part in value},
        "$bytes": lambda: value.encode("latin-1"),
        "$float": lambda: float(value),
    }
    return makers[kind]()


def call(case: Case, tensors: Sequence[Any], literals: Sequence[np.ndarray], tf: Any) -> Any:
    """Make the recorded call on `tensors`: its few lines of code, or the function named by `api`."""
    if "code" in case:
        names = {"tf": tf, "np": np, "x": list(tensors), "lits": list(literals)}
        exec(case["code"], names)  # the code of this data set only
        return names["out"]
    positional, keywords = arguments(case, tensors, literals, tf)
    return operator.attrgetter(case["api"])(tf)(*positional, **keywords)


def arguments(case: Case, tensors: Sequence[Any], literals: Sequence[np.ndarray], tf: Any) -> tuple[list[Any], dict[str, Any]]:
    """The positional arguments and the keywords of a recorded call."""
    positional = [decode(argument, tensors, literals, tf) for argument in case["args"]]
    return positional, {name: decode(argument, tensors, literals, tf) for name, argument in case["kwargs"].items()}


def function_of(case: Case, tf: Any) -> Any:
    """The function that a case calls by its name; None if it consists of lines of code, or there is no such function."""
    function = tf
    for part in case["api"].split(".") if "api" in case else ["no such function"]:
        function = getattr(function, part, None)
    return function


def flatten(result: Any, tf: Any) -> list[Any]:
    """A result as the list of its tensors: sequences in order, dicts by sorted key, composite tensors in their parts."""
    if result is None:
        return []
    if isinstance(result, tf.SparseTensor):
        return [result.indices, result.values, result.dense_shape]
    if isinstance(result, tf.IndexedSlices):
        return [result.values, result.indices]
    ragged = getattr(tf, "RaggedTensor", None)
    if ragged is not None and isinstance(result, ragged):
        return [result.flat_values, *result.nested_row_splits]
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in flatten(result[key], tf)]
    if isinstance(result, (list, tuple)):
        return [leaf for element in result for leaf in flatten(element, tf)]
    return [result]


def tensors_of(result: Any, tf: Any) -> list[Any]:
    """The flat tensors of a result; Operations in it are left out, variables become tensors."""
    leaves = [leaf for leaf in flatten(result, tf) if not isinstance(leaf, tf.Operation)]
    return [leaf if isinstance(leaf, tf.Tensor) else tf.convert_to_tensor(leaf) for leaf in leaves]


def shape_of(tensor: Any) -> list[int | None] | None:
    """The static shape as a list, None when the rank is unknown."""
    return None if tensor.shape.ndims is None else tensor.shape.as_list()
