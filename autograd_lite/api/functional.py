"""Loops over the first axis: `tf.map_fn`, `tf.scan`, `tf.foldl`, `tf.foldr`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api.arrays import shape
from autograd_lite.api.constants import constant
from autograd_lite.api.scope import building
from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.api.while_loop import while_loop
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.core.shapes import Dimension, TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def check_callable(function: Any) -> None:
    """Raise an error unless this is a function."""
    if callable(function):
        return
    if release().older_error_texts:
        raise TypeError("fn must be callable.")
    raise AttributeError(
        f"'{type(function).__name__}' object has no attribute '__name__'\n  The first argument must be a function of one element."
    )


def _converted(elems: Any) -> list[Tensor]:
    return [convert_to_tensor(elem, name="elem") for elem in nest.flatten(elems)]


def _count(elems: Sequence[Tensor]) -> Any:
    """The size of the first axis: a number if it is known, else a tensor."""
    static = elems[0].static_shape
    if static == ():
        raise IndexError("list index out of range\n  The elements are the parts along the first axis: a scalar has none.")
    return (None if static is None else static[0]) or shape(elems[0])[0]


def _set_count(results: Sequence[Tensor], elems: Sequence[Tensor]) -> None:
    """All results are as long as all elements, as far as static shapes tell."""
    count = Dimension(None)
    for elem in elems:
        if elem.static_shape is not None:
            count = count.merge_with(elem.static_shape[0])
    for result in results:
        result.set_shape(TensorShape([count]).concatenate(result.shape[1:]))


def _unstacked(elems: Sequence[Tensor], count: Any, with_shape: bool = False) -> list[TensorArray]:
    arrays = [
        TensorArray(elem.dtype, size=count, dynamic_size=False, infer_shape=True, element_shape=elem.shape[1:] if with_shape else None)
        for elem in elems
    ]
    return [array.unstack(elem) for array, elem in zip(arrays, elems)]


@export("map_fn")
def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
) -> Any:
    """Apply `fn` to each part of `elems` along its first axis, and stack the results.

    Args:
      fn: from one element to a tensor, or a structure of tensors.
      elems: a tensor, or a structure of tensors that are equally long; then `fn` gets the structure of their elements.
      dtype: what `fn` returns, when its types or structure are not those of `elems`.
      infer_shape: whether all results have one shape.

    Raises:
      TypeError: when `fn` cannot be called.
      ValueError: when the elems are not equally long, or scalars.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.map_fn(lambda x: x * x, tf.constant([1, 2, 3])))
    array([1, 4, 9], dtype=int32)
    """
    check_callable(fn)
    with building(name, "map", nest.flatten(elems)):
        flat = _converted(elems)
        if flat[0].static_shape == ():
            raise ValueError("elems must be a 1+ dimensional Tensor, not a scalar" if len(flat) == 1 else
                             "elements in elems must be 1+ dimensional Tensors, not scalars")  # fmt: skip
        types = [elem.dtype for elem in flat] if dtype is None else [dtypes.as_dtype(kind) for kind in nest.flatten(dtype)]
        count = _count(flat)
        inputs = _unstacked(flat, count)
        start = constant(0)
        outputs = [TensorArray(kind, size=count, dynamic_size=False, infer_shape=infer_shape) for kind in types]
        structure = elems if dtype is None else dtype

        def compute(i: Tensor, arrays: list[TensorArray]) -> Any:
            result = fn(nest.pack_sequence_as(elems, [array.read(i) for array in inputs]))
            nest.assert_same_structure(structure, result)
            arrays = [array.write(i, value) for array, value in zip(arrays, nest.flatten(result))]
            return i + 1, arrays

        _, arrays = while_loop(
            lambda i, _: i < count, compute, (start, outputs), parallel_iterations=parallel_iterations or 10, back_prop=back_prop,
            swap_memory=swap_memory, maximum_iterations=count,
        )  # fmt: skip
        results = [array.stack() for array in arrays]
        _set_count(results, flat)
        return nest.pack_sequence_as(structure, results)


@export("scan")
def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Go through the elements with a running value, and keep all its values.

    Args:
      fn: from the running value and one element to the next running value.
      elems: a tensor, or a structure of equally long tensors.
      initializer: the running value before the first element (default: the first element itself).
      reverse: start with the last element.

    Raises:
      TypeError: when `fn` cannot be called, or gives another structure than it gets.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.scan(lambda total, x: total + x, tf.constant([1, 2, 3])))
    array([1, 3, 6], dtype=int32)
    """
    check_callable(fn)
    with building(name, "scan", nest.flatten(elems)):
        flat = _converted(elems)
        count = _count(flat)
        inputs = _unstacked(flat, count, with_shape=True)
        first = count - 1 if reverse else 0
        structure = elems if initializer is None else initializer
        if initializer is None:
            running, done = [array.read(first) for array in inputs], 1
        else:
            running, done = [convert_to_tensor(value) for value in nest.flatten(initializer)], 0
        outputs = [
            TensorArray(
                value.dtype, size=count, dynamic_size=False, infer_shape=infer_shape, element_shape=value.shape if infer_shape else None
            )
            for value in running
        ]
        if initializer is None:
            outputs = [array.write(first, value) for array, value in zip(outputs, running)]

        def compute(i: Tensor, running: list[Tensor], arrays: list[TensorArray]) -> Any:
            elements = nest.pack_sequence_as(elems, [array.read(i) for array in inputs])
            result = fn(nest.pack_sequence_as(structure, running), elements)
            nest.assert_same_structure(structure, result)
            values = nest.flatten(result)
            arrays = [array.write(i, value) for array, value in zip(arrays, values)]
            return (i - 1 if reverse else i + 1), values, arrays

        start = count - 1 - done if reverse else done
        _, _, arrays = while_loop(
            (lambda i, _, __: i >= 0) if reverse else (lambda i, _, __: i < count), compute, (start, running, outputs),
            parallel_iterations=parallel_iterations, back_prop=back_prop, swap_memory=swap_memory, maximum_iterations=count,
        )  # fmt: skip
        results = [array.stack() for array in arrays]
        _set_count(results, flat)
        return nest.pack_sequence_as(structure, results)


@export("foldl")
def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Go through the elements from the first to the last with a running value, and give its last value.

    Args:
      fn: from the running value and one element to the next running value.
      initializer: the running value before the first element (default: the first element itself).

    Raises:
      TypeError: when `fn` cannot be called.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.foldl(lambda total, x: 10 * total + x, tf.constant([1, 2, 3]))))
    123
    """
    return _folded("foldl", fn, elems, initializer, False, name, parallel_iterations, back_prop, swap_memory)


@export("foldr")
def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Go through the elements from the last to the first with a running value, and give its last value.

    Args:
      fn: from the running value and one element to the next running value.
      initializer: the running value before the last element (default: the last element itself).

    Raises:
      TypeError: when `fn` cannot be called.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.foldr(lambda total, x: 10 * total + x, tf.constant([1, 2, 3]))))
    321
    """
    return _folded("foldr", fn, elems, initializer, True, name, parallel_iterations, back_prop, swap_memory)


def _folded(
    default_name: str,
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any,
    is_backward: bool,
    name: str | None,
    parallel_iterations: int,
    back_prop: bool,
    swap_memory: bool,
) -> Any:
    """The last running value of a loop over the elements; without a value to begin with, the first element that is met is it."""
    check_callable(fn)
    with building(name, default_name, nest.flatten(elems)):
        flat = _converted(elems)
        count = _count(flat)
        inputs = _unstacked(flat, count)

        def element(i: Any) -> Any:
            return nest.pack_sequence_as(elems, [array.read(i) for array in inputs])

        def forward(i: Tensor, running: Any) -> Any:
            running = fn(running, element(i))
            return [i + 1, running]

        def backward(i: Tensor, running: Any) -> Any:
            i = i - 1
            return [i, fn(running, element(i))]

        if is_backward:
            start = count - 1 if initializer is None else count
            running = element(start) if initializer is None else initializer
        else:
            running = element(0) if initializer is None else initializer
            start = constant(1 if initializer is None else 0)
        _, result = while_loop(
            (lambda i, _: i > 0) if is_backward else (lambda i, _: i < count), backward if is_backward else forward, [start, running],
            parallel_iterations=parallel_iterations, back_prop=back_prop, swap_memory=swap_memory, maximum_iterations=count,
        )  # fmt: skip
        return result
