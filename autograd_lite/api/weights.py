"""Weights of losses and metrics: whether they fit the values, and how they are spread over them."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import ones_like, rank, shape, squeeze
from autograd_lite.api.asserts import Assert
from autograd_lite.api.casting import cast
from autograd_lite.api.control import no_op
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, shapes
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor

_MISFIT = "weights can not be broadcast to values."


def assert_broadcastable(weights: Any, values: Any) -> Operation:
    """An operation that checks that `weights` is a scalar, or has the rank of `values` and in each axis its size or 1.

    What is known while the graph is built is checked at once.

    Raises:
      ValueError: the static shapes do not fit. At run time InvalidArgumentError.
    """
    with building(None, "assert_broadcastable", [weights, values]) as scope:
        weights, weights_shape, weights_rank = _described(weights, "weights")
        values, values_shape, values_rank = _described(values, "values")
        if weights.static_shape is not None and values.static_shape is not None:
            if not weights.static_shape:
                return no_op(name="static_scalar_check_success")
            _check_static(weights, values)
            if constant_value(weights_shape) is not None and constant_value(values_shape) is not None:
                return no_op(name="static_dims_check_success")
        is_scalar = raw.Equal(0, weights_rank, name="is_scalar")
        data = [_MISFIT, "weights.shape=", weights.name, weights_shape, "values.shape=", values.name, values_shape]
        fits = _axes_fit(weights_shape, values_shape, weights_rank, values_rank)
        return Assert(raw.LogicalOr(is_scalar, fits, name="is_valid_shape"), [*data, "is_scalar=", is_scalar], name=scope)


def _described(value: Any, name: str) -> tuple[Tensor, Tensor, Tensor]:
    with building(None, name, [value]) as scope:
        tensor = convert_to_tensor(value, name=scope)
        return tensor, shape(tensor, name="shape"), rank(tensor, name="rank")


def _check_static(weights: Tensor, values: Tensor) -> None:
    small, large = weights.static_shape, values.static_shape
    assert small is not None and large is not None
    texts = shapes.python_text(large), shapes.python_text(small)
    if len(small) != len(large):
        raise ValueError(
            f"{_MISFIT} values.rank={len(large)}. weights.rank={len(small)}. values.shape={texts[0]}. weights.shape={texts[1]}. "
            f"Received weights={weights}, values={values}"
        )
    if not (shapes.is_defined(small) and shapes.is_defined(large)):
        return
    for axis, (size, wanted) in enumerate(zip(small, large, strict=True)):
        if size not in (1, wanted):
            raise ValueError(
                f"{_MISFIT} Mismatch at dim {axis}. values.shape={texts[0]} weights.shape={texts[1]}. "
                f"Received weights={weights}, values={values}"
            )


def _axes_fit(weights_shape: Tensor, values_shape: Tensor, weights_rank: Tensor, values_rank: Tensor) -> Tensor:
    """Whether the ranks are equal and each size is 1 or that of the values; the shapes may differ in length."""
    common = raw.Minimum(weights_rank, values_rank)
    sizes, wanted = weights_shape[:common], values_shape[:common]
    each = raw.LogicalOr(raw.Equal(sizes, 1), raw.Equal(sizes, wanted))
    return raw.LogicalAnd(raw.Equal(weights_rank, values_rank), raw.All(each, 0))


def broadcast_weights(weights: Any, values: Any) -> Tensor:
    """`weights`, repeated until they have the shape of `values`.

    Raises:
      ValueError: the static shapes do not fit. At run time InvalidArgumentError.
    """
    with building(None, "broadcast_weights", [weights, values]) as scope:
        values = convert_to_tensor(values, name="values")
        weights = convert_to_tensor(weights, dtype=values.dtype.base_dtype, name="weights")
        if shapes.is_defined(weights.static_shape) and weights.static_shape == values.static_shape:
            return weights
        with control_dependencies([assert_broadcastable(weights, values)]):
            return raw.Mul(weights, ones_like(values), name=scope)


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """`labels` and `predictions`; the one whose rank is one too large loses its last axis, of size 1.

    Args:
      expected_rank_diff: by how much the rank of predictions should exceed that of labels.
    """
    with building(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions = convert_to_tensor(predictions)
        labels = convert_to_tensor(labels)
        if predictions.static_shape is not None and labels.static_shape is not None:
            difference = len(predictions.static_shape) - len(labels.static_shape)
            if difference == expected_rank_diff + 1 and _last_may_be_one(predictions):
                predictions = squeeze(predictions, [-1])
            elif difference == expected_rank_diff - 1 and _last_may_be_one(labels):
                labels = squeeze(labels, [-1])
            return labels, predictions
        excess = rank(predictions) - rank(labels)
        if predictions.static_shape is None or _last_may_be_one(predictions):
            predictions = _squeezed_if(raw.Equal(expected_rank_diff + 1, excess), predictions)
        if labels.static_shape is None or _last_may_be_one(labels):
            labels = _squeezed_if(raw.Equal(expected_rank_diff - 1, excess), labels)
        return labels, predictions


def squeeze_weights(weights: Any, labels: Tensor) -> Tensor:
    """`weights`, without the last axis when they have one more than `labels`."""
    weights = convert_to_tensor(weights)
    if labels.static_shape is not None and weights.static_shape is not None:
        return squeeze(weights, [-1]) if len(weights.static_shape) - len(labels.static_shape) == 1 else weights
    if weights.static_shape is None or _last_may_be_one(weights):
        return _squeezed_if(raw.Equal(1, rank(weights) - rank(labels)), weights)
    return weights


def _last_may_be_one(tensor: Tensor) -> bool:
    known = tensor.static_shape
    return bool(known) and known[-1] in (1, None)  # type: ignore[index]


def _squeezed_if(condition: Tensor, tensor: Tensor) -> Tensor:
    """`tensor` without its last axis when `condition` holds: reshaped to its shape, less so many sizes at the end."""
    sizes = shape(tensor)
    return raw.Reshape(tensor, sizes[: rank(tensor) - cast(condition, dtypes.int32)])
