"""Keeping values and gradients within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.api.arrays import ones_like, stack
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.core import shapes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import colocate_with
from autograd_lite.graph.tensor import Tensor


@export("clip_by_value")
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Replace what is below the minimum by the minimum, and what is above the maximum by the maximum.

    Raises:
      ValueError: the bounds would stretch the tensor to another shape.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.clip_by_value([-2., 0.5, 2.], -1., 1.))
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    with building(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        values = convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name="t")
        below = raw.Minimum(values, clip_value_max)
        shapes.TensorShape(values.static_shape).assert_is_compatible_with(below.static_shape)
        clipped = raw.Maximum(below, clip_value_min, name=scope)
        shapes.TensorShape(values.static_shape).assert_is_compatible_with(clipped.static_shape)
        return IndexedSlices(clipped, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else clipped


@export("clip_by_norm")
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """Scale a tensor down so that its Euclidean length (along `axes`) is at most `clip_norm`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.clip_by_norm([3., 4.], 1.))
    array([0.6, 0.8], dtype=float32)
    """
    with building(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name="t")
        squares = reduce_sum(values * values, axes, keepdims=True)
        positive = raw.Greater(squares, 0)
        safe = raw.Select(positive, squares, ones_like(squares))  # so that the square root of 0 has no infinite gradient
        length = raw.Select(positive, raw.Sqrt(safe), squares)
        scaled = values * clip_norm
        shapes.TensorShape(values.static_shape).assert_is_compatible_with(scaled.static_shape)
        clipped = raw.Identity(scaled / raw.Maximum(length, clip_norm), name=scope)
        return IndexedSlices(clipped, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else clipped


@export("clip_by_average_norm")
def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """Scale a tensor down so that its Euclidean length divided by its number of elements is at most `clip_norm`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.clip_by_average_norm([3., 4.], 1.))
    array([1.2, 1.6], dtype=float32)
    """
    with building(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        t = convert_to_tensor(t, name="t")
        count = raw.Cast(raw.Size(t), DstT=t.dtype.base_dtype)
        inverse = raw.Rsqrt(reduce_sum(t * t, list(range(len(t.static_shape or ())))))
        factor = raw.Minimum(inverse * count, constant(1.0, dtype=t.dtype.base_dtype) / clip_norm)
        return raw.Identity(t * clip_norm * factor, name=scope)


def _checked_list(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.\n  One tensor goes in a list: [t].")
    return [
        item if item is None or isinstance(item, IndexedSlices) else convert_to_tensor(item, name=f"t_{i}") for i, item in enumerate(t_list)
    ]


@export("global_norm", "linalg.global_norm")
@leaves_no_trace
def global_norm(t_list: Any, name: str | None = None) -> Tensor:
    """The Euclidean length of several tensors taken as one long vector; entries that are None are left out.

    Raises:
      TypeError: `t_list` is no list.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.global_norm([tf.constant([3.]), tf.constant([4.])])))
    5.0
    """
    t_list = _checked_list(t_list)
    with building(name, "global_norm", [item for item in t_list if item is not None]):
        halves = []
        for item in t_list:
            if item is not None:
                values = item.values if isinstance(item, IndexedSlices) else item
                with colocate_with(values.op):
                    halves.append(raw.L2Loss(values))
        total = reduce_sum(stack(halves))
        return raw.Sqrt(total * constant(2.0, dtype=total.dtype.base_dtype), name="global_norm")


@export("clip_by_global_norm")
@leaves_no_trace
def clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None) -> tuple[list[Any], Tensor]:
    """Scale several tensors down together so that their common Euclidean length is at most `clip_norm` (Pascanu et al. 2012).

    Returns the scaled tensors and the length before. When the length is infinite or NaN, all results are NaN.

    Raises:
      TypeError: `t_list` is no list.

    >>> import autograd_lite as tf
    >>> clipped, before = tf.clip_by_global_norm([tf.constant([3.]), tf.constant([4.])], 1.)
    >>> print(tf.Session().run(before))
    5.0
    """
    t_list = _checked_list(t_list)
    norm = global_norm(t_list, name) if use_norm is None else use_norm
    with building(name, "clip_by_global_norm", [*(item for item in t_list if item is not None), clip_norm]) as scope:
        norm = convert_to_tensor(norm)
        factor = _global_factor(norm, clip_norm)
        results: list[Any] = []
        for i, item in enumerate(t_list):
            if item is None:
                results.append(None)
                continue
            values = item.values if isinstance(item, IndexedSlices) else item
            with colocate_with(values.op):
                clipped = raw.Identity(raw.Mul(values, factor, name="mul"), name=f"{_last_name(scope)}/_{i}")
            results.append(IndexedSlices(clipped, item.indices, item.dense_shape) if isinstance(item, IndexedSlices) else clipped)
        return results, norm


def _last_name(scope: str) -> str:
    """The last part of a scope's prefix: the clipped tensors are named after it once more, as in TF."""
    return scope.rstrip("/").rpartition("/")[2]


def _global_factor(norm: Tensor, clip_norm: Any) -> Tensor:
    """clip_norm * min(1 / norm, 1 / clip_norm), and NaN when the norm is not finite."""
    least = raw.Minimum(1.0 / norm, constant(1.0, dtype=norm.dtype.base_dtype) / clip_norm)
    return clip_norm * least + (norm - norm)
