"""Checking gradients by finite differences: `tf.test.compute_gradient` and `tf.test.compute_gradient_error`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.api.constants import constant
from autograd_lite.autodiff.gradients import gradients, source_tensor
from autograd_lite.core import shapes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.tensor import Tensor

_CHECKED = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")
Pair = tuple[np.ndarray, np.ndarray]


@export("test.compute_gradient")
def compute_gradient(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Any = None,
) -> Any:
    """Compute the Jacobian of y with respect to x twice, by `tf.gradients` and by central differences; needs a default session.

    Args:
      x, x_shape: a tensor, or a list of them, and the shapes.
      y, y_shape: one tensor and its shape.
      x_init_value: where to differentiate (default: random numbers, the same in each call).
      delta: the step of the differences.
      init_targets: operations to run first.
      extra_feed_dict: values of other placeholders.

    Returns:
      (theoretical, numerical), each of shape [elements of x, elements of y]; a list of such pairs when x is a list.
      A complex number counts as two elements, its real and its imaginary part.

    Raises:
      TypeError: x or y is not of a floating or complex type.
      ValueError: `y` does not depend on x, or there is no default session.

    >>> import autograd_lite as tf
    >>> with tf.Session():
    ...     x = tf.placeholder(tf.float64, [2])
    ...     theory, numbers = tf.test.compute_gradient(x, [2], x * x, [2], x_init_value=np.array([1., 2.]))
    >>> theory.tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    feeds = dict(extra_feed_dict or {})
    _check_type(y, "y")
    if init_targets is not None:
        _run_targets(init_targets)
    if not isinstance(x, list | tuple):
        return _one(source_tensor(x), x_shape, y, y_shape, x_init_value, delta, feeds)
    values = [None] * len(x) if x_init_value is None else x_init_value
    triples = zip(x, x_shape, values, strict=True)
    return [_one(source_tensor(each), shape, y, y_shape, value, delta, feeds) for each, shape, value in triples]


@export("test.compute_gradient_error")
def compute_gradient_error(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Any = None,
) -> float:
    """The greatest difference between the two Jacobians of `tf.test.compute_gradient`; NaN when one of them has a NaN.

    >>> import autograd_lite as tf
    >>> with tf.Session():
    ...     x = tf.placeholder(tf.float64, [2])
    ...     error = tf.test.compute_gradient_error(x, [2], tf.sin(x), [2])
    >>> bool(error < 1e-5)
    True
    """
    found = compute_gradient(x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict)
    pairs: Sequence[Pair] = [found] if isinstance(found, tuple) else found
    error = 0.0
    for theory, numbers in pairs:
        if theory.size or numbers.size:
            error = float(np.maximum(error, np.fabs(theory - numbers).max()))
    return error


def _run_targets(targets: Any) -> None:
    for target in targets if isinstance(targets, list | tuple) else [targets]:
        target.run()


def _check_type(tensor: Any, role: str) -> None:
    if tensor.dtype.base_dtype.name not in _CHECKED:
        raise TypeError(f"{role} has type {tensor.dtype.name}, but gradients need one of {', '.join(_CHECKED)}")


def _one(
    x: Tensor, x_shape: Any, y: Tensor, y_shape: Any, x_value: Any, delta: float, feeds: dict[Any, Any]
) -> Pair:  # fmt: skip
    _check_type(x, "x")
    sizes = _sizes(x_shape)
    seed_grad = constant(np.ones(_sizes(y_shape)), dtype=y.dtype.base_dtype)
    (grad,) = gradients(y, x, seed_grad)
    if grad is None:
        raise ValueError(f"{y!r} does not depend on {x!r}, so there is nothing to compare.")
    x_data = _start(x, sizes, x_value)
    theory = _theoretical(x, x_data, y_shape, y, grad, seed_grad, feeds)
    numbers = _numerical(x, x_data, y, _sizes(y_shape), delta, feeds)
    return theory, numbers


def _sizes(shape: Any) -> tuple[int, ...]:
    sizes = shapes.as_shape(shape)
    if not shapes.is_defined(sizes):
        raise ValueError(f"The shapes of x and y must be fully known, got {shapes.python_text(sizes)}")
    return sizes  # type: ignore[return-value]


def _start(x: Tensor, sizes: tuple[int, ...], value: Any) -> np.ndarray:
    kind = x.dtype.base_dtype.numpy
    if value is not None:
        array = np.array(value, dtype=kind)
        if array.shape != sizes:
            raise ValueError(f"x_init_value has shape {array.shape}, but x_shape is {sizes}")
        return array
    numbers = np.random.RandomState(0)  # the same in each call, so that a failure can be repeated
    array = numbers.random_sample(size=sizes)
    if x.dtype.is_complex:
        array = array + 1j * numbers.random_sample(size=sizes)
    return np.asarray(array).astype(kind)


def _real_view(array: np.ndarray) -> np.ndarray:
    """The elements as real numbers in one row; a complex one is two."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


def _theoretical(
    x: Tensor, x_data: np.ndarray, y_shape: Any, y: Tensor, grad: Any, seed_grad: Tensor, feeds: dict[Any, Any]
) -> np.ndarray:  # fmt: skip
    """One column per (real) element of y: the gradient when only that element counts."""
    x_size = _real_view(x_data).size
    seed = np.zeros(_sizes(y_shape), dtype=y.dtype.base_dtype.numpy)
    elements = _real_view(seed)
    jacobian = np.zeros((x_size, elements.size), dtype=x_data.real.dtype)
    flat_seed = np.zeros_like(elements)
    for column in range(elements.size):
        flat_seed[:] = 0
        flat_seed[column] = 1
        found = _value(grad, {**feeds, x: x_data, seed_grad: flat_seed.view(seed.dtype).reshape(seed.shape)})
        jacobian[:, column] = _column(found, x_data)
    return jacobian


def _value(grad: Any, feeds: dict[Any, Any]) -> Any:
    if isinstance(grad, IndexedSlices):
        return grad.values.eval(feeds), grad.indices.eval(feeds)
    return grad.eval(feeds)


def _column(found: Any, x_data: np.ndarray) -> np.ndarray:
    if isinstance(found, tuple):
        values, indices = found
        dense = np.zeros_like(x_data)
        np.add.at(dense, indices, values)
        found = dense
    return _real_view(np.asarray(found, dtype=x_data.dtype))


def _numerical(x: Tensor, x_data: np.ndarray, y: Tensor, y_shape: tuple[int, ...], delta: float, feeds: dict[Any, Any]) -> np.ndarray:
    """One row per (real) element of x: how y changes when that element does."""
    point = _real_view(x_data.copy())
    step = np.asarray(delta, dtype=x_data.real.dtype)
    rows = []

    def y_at(element: int, value: Any) -> np.ndarray:
        moved = point.copy()
        moved[element] = value
        return _real_view(y.eval({**feeds, x: moved.view(x_data.dtype).reshape(x_data.shape)}))

    for element in range(point.size):
        above = y_at(element, point[element] + step)
        below = y_at(element, point[element] - step)
        rows.append((above - below) / (2 * step))
    width = _real_view(np.zeros(y_shape, y.dtype.base_dtype.numpy)).size
    return np.array(rows, dtype=x_data.real.dtype).reshape(point.size, width)
