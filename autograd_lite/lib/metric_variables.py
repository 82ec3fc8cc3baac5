"""What every streaming metric needs: local variables that count, and inputs brought into one shape."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import expand_dims, rank, shape, squeeze
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.weights import remove_squeezable_dimensions
from autograd_lite.core import dtypes
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.variables import make_variable


def metric_variable(sizes: Any, dtype: dtypes.DType, name: str) -> Any:
    """A variable of zeros that is no part of the model: local, and in the collection of metric variables."""
    collections = [GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES]
    return make_variable(lambda: zeros(sizes, dtype), trainable=False, collections=collections, name=name)


def collected(value: Any, update_op: Any, metrics_collections: Any, updates_collections: Any) -> tuple[Any, Any]:
    """Both, noted in the collections that were asked for."""
    graph = get_default_graph()
    if metrics_collections:
        graph.add_to_collections(metrics_collections, value)
    if updates_collections:
        graph.add_to_collections(updates_collections, update_op)
    return value, update_op


def matched(predictions: Any, labels: Any, weights: Any) -> tuple[Tensor, Any, Any]:
    """Predictions, labels and weights; one whose rank is one too large loses its last axis of size 1, weights may also get one.

    Raises:
      ValueError: the shapes of predictions and labels differ.
    """
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = remove_squeezable_dimensions(labels, predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
    if weights is None:
        return predictions, labels, None
    weights = convert_to_tensor(weights)
    if weights.static_shape == ():
        return predictions, labels, weights
    if weights.static_shape is None or predictions.static_shape is None:
        return predictions, labels, _rank_matched(weights, predictions)
    excess = len(weights.static_shape) - len(predictions.static_shape)
    if excess == 1:
        weights = squeeze(weights, [-1])
    elif excess == -1:
        weights = expand_dims(weights, [-1])
    return predictions, labels, weights


def _rank_matched(weights: Tensor, predictions: Tensor) -> Tensor:
    """The weights, reshaped while running: one axis of size 1 more or less at the end; scalars stay as they are."""
    excess = rank(weights) - rank(predictions)
    sizes = shape(weights)
    kept = sizes[: rank(weights) - cast(raw.Equal(excess, 1), dtypes.int32)]
    grows = raw.LogicalAnd(raw.Equal(excess, -1), raw.NotEqual(rank(weights), 0))
    more = raw.Fill(cast(grows, dtypes.int32)[None], 1)
    return raw.Reshape(weights, raw.ConcatV2([kept, more], 0))


def flat(tensor: Tensor) -> Tensor:
    """`tensor` as a vector.

    Raises:
      TypeError: its rank is not known.
    """
    known = tensor.static_shape
    if known is None:
        raise TypeError(
            "'>' not supported between instances of 'NoneType' and 'int'\n"
            f"  The rank of {tensor.name} is not known: say what you know with set_shape."
        )
    return tensor if len(known) <= 1 else raw.Reshape(tensor, [-1])
