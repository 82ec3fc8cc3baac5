"""The confusion matrix: how often each class was taken for each other."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import ones_like, stack
from autograd_lite.api.asserts import assert_less, assert_non_negative
from autograd_lite.api.casting import cast
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max
from autograd_lite.api.scope import building
from autograd_lite.api.weights import remove_squeezable_dimensions
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("confusion_matrix", "math.confusion_matrix", "contrib.metrics.confusion_matrix")
def confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any = None, dtype: Any = dtypes.int32, name: str | None = None, weights: Any = None
) -> Tensor:
    """Count, in row i and column j, how often an example of class i was predicted to be of class j.

    Args:
      labels: class numbers, a vector.
      predictions: class numbers, of the same shape.
      num_classes: the size of the matrix; one more than the largest class when None.
      dtype: the element type of the result.
      name: a name for the nodes.
      weights: how much each example counts.

    Raises:
      ValueError: the shapes differ. InvalidArgumentError: a class is negative or too large (at run time, if it is known only then).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.confusion_matrix([0, 1, 1], [0, 1, 0]))
    array([[1, 0],
           [1, 1]], dtype=int32)
    """
    with building(name, "confusion_matrix", [predictions, labels, num_classes, weights]):
        labels = convert_to_tensor(labels, name="labels")
        predictions = convert_to_tensor(predictions, name="predictions")
        labels, predictions = remove_squeezable_dimensions(labels, predictions)
        predictions = cast(predictions, dtypes.int64)
        labels = cast(labels, dtypes.int64)
        labels = with_dependencies([assert_non_negative(labels, message="`labels` contains negative values")], labels)
        predictions = with_dependencies([assert_non_negative(predictions, message="`predictions` contains negative values")], predictions)
        if num_classes is None:
            num_classes = raw.Maximum(reduce_max(predictions), reduce_max(labels)) + 1
        else:
            limit = cast(num_classes, dtypes.int64)
            labels = with_dependencies([assert_less(labels, limit, message="`labels` out of bound")], labels)
            predictions = with_dependencies([assert_less(predictions, limit, message="`predictions` out of bound")], predictions)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = cast(weights, dtype)
        sizes = stack([num_classes, num_classes])
        places = stack([labels, predictions], axis=1)
        counts = ones_like(predictions, dtype) if weights is None else weights
        return raw.ScatterNd(places, counts, cast(sizes, dtypes.int64))
