"""Columns of numbers: as they are, or sorted into buckets."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.api.arrays import shape as shape_of, stack, transpose
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import one_hot, range as range_
from autograd_lite.api.example_features import FixedLenFeature
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.feature_column.base import CategoricalColumn, DenseColumn, Features, IdsAndWeights, check_key


class NumericColumn(namedtuple("NumericColumn", ["key", "shape", "default_value", "dtype", "normalizer_fn"]), DenseColumn):
    """See `tf.feature_column.numeric_column`."""

    @property
    def name(self) -> str:
        """The key of the feature."""
        return self.key

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How the feature is read from Examples."""
        return {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)}

    @property
    def variable_shape(self) -> tuple[int, ...]:
        """The shape of the feature."""
        return self.shape

    def transformed(self, features: Features) -> Tensor:
        """The feature, normalized, as float32."""
        tensor = features.get(self.key)
        if isinstance(tensor, SparseTensor):
            raise ValueError(
                f"The corresponding Tensor of numerical column must be a Tensor. SparseTensor is not supported. key: {self.key}"
            )
        if self.normalizer_fn is not None:
            tensor = self.normalizer_fn(tensor)
        return cast(tensor, dtypes.float32)

    def dense_tensor(self, features: Features, weight_collections: Any = None, trainable: bool = True) -> Tensor:
        """The feature, normalized, as float32."""
        return features.get(self)


@export("feature_column.numeric_column")
def numeric_column(
    key: str, shape: Any = (1,), default_value: Any = None, dtype: Any = dtypes.float32, normalizer_fn: Callable[[Any], Any] | None = None
) -> NumericColumn:
    """A column of numbers.

    Args:
      key: of the feature. shape: of the numbers of one example. default_value: for Examples without the feature.
      dtype: the type in which it is read. normalizer_fn: a function of the tensor, such as `lambda x: (x - 3) / 4`.

    Raises:
      ValueError, TypeError: arguments that do not fit.

    >>> import autograd_lite as tf
    >>> column = tf.feature_column.numeric_column("age", normalizer_fn=lambda x: x / 10.0)
    >>> tf.Session().run(tf.feature_column.input_layer({"age": [[20.0], [35.0]]}, [column]))
    array([[2. ],
           [3.5]], dtype=float32)
    """
    check_key(key)
    sizes = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    for size in sizes:
        if not isinstance(size, int):
            raise TypeError(f"shape dimensions must be integer. shape: {sizes}, key: {key}")
        if size < 1:
            raise ValueError(f"shape dimensions must be greater than 0. shape: {sizes}, key: {key}")
    dtype = dtypes.as_dtype(dtype)
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype must be convertible to float. dtype: {dtype}, key: {key}")
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise TypeError(f"normalizer_fn must be a callable. Given: {normalizer_fn}")
    if default_value is not None:
        default_value = _default_of_shape(default_value, sizes, dtype, key)
    return NumericColumn(key, sizes, default_value, dtype, normalizer_fn)


def _default_of_shape(default: Any, sizes: tuple[int, ...], dtype: dtypes.DType, key: str) -> Any:
    """A default value repeated to a shape, as nested tuples."""
    array = np.asarray(default)
    if array.shape not in ((), sizes):
        raise ValueError(f"The shape of default_value must be equal to given shape. default_value: {default}, shape: {sizes}, key: {key}")
    if dtype.is_integer and array.dtype.kind == "f":
        raise TypeError(f"default_value must be compatible with dtype. default_value: {default}, dtype: {dtype}, key: {key}")
    return np.broadcast_to(array, sizes).astype(dtype.numpy).tolist()


class BucketizedColumn(namedtuple("BucketizedColumn", ["source_column", "boundaries"]), DenseColumn, CategoricalColumn):
    """See `tf.feature_column.bucketized_column`."""

    @property
    def name(self) -> str:
        """The name of the source and `_bucketized`."""
        return f"{self.source_column.name}_bucketized"

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How the feature is read from Examples."""
        return self.source_column.parse_example_spec

    @property
    def variable_shape(self) -> tuple[int, ...]:
        """The shape of the source, with an axis of buckets."""
        return (*self.source_column.shape, len(self.boundaries) + 1)

    @property
    def num_buckets(self) -> int:
        """How many buckets there are, for all numbers of one example."""
        return (len(self.boundaries) + 1) * self.source_column.shape[0]

    def transformed(self, features: Features) -> Tensor:
        """The bucket of every number."""
        return raw.Bucketize(features.get(self.source_column), boundaries=list(self.boundaries))

    def dense_tensor(self, features: Features, weight_collections: Any = None, trainable: bool = True) -> Tensor:
        """A one for the bucket of every number, zeros for the others."""
        buckets = cast(features.get(self), dtypes.int64)
        return one_hot(buckets, depth=len(self.boundaries) + 1, on_value=1.0, off_value=0.0)

    def sparse_tensors(self, features: Features) -> IdsAndWeights:
        """The buckets of all examples; those of further numbers of one example come behind those of the first."""
        buckets = features.get(self)
        batch, width = shape_of(buckets)[0], self.source_column.shape[0]
        rows = raw.Reshape(raw.Tile(raw.ExpandDims(range_(0, batch), 1), [1, width]), (-1,))
        columns = raw.Tile(range_(0, width), [batch])
        ids = raw.Reshape(buckets, (-1,)) + (len(self.boundaries) + 1) * columns
        indices = cast(transpose(stack((rows, columns))), dtypes.int64)
        return IdsAndWeights(SparseTensor(indices, cast(ids, dtypes.int64), cast(stack([batch, width]), dtypes.int64)), None)


@export("feature_column.bucketized_column")
def bucketized_column(source_column: Any, boundaries: Any) -> BucketizedColumn:
    """A column of the buckets into which the numbers of another column fall.

    Args:
      source_column: a numeric column of one axis. boundaries: ascending; `[0, 1]` makes three buckets.

    Raises:
      ValueError: another kind of column, or boundaries that do not ascend.

    >>> import autograd_lite as tf
    >>> ages = tf.feature_column.bucketized_column(tf.feature_column.numeric_column("age"), [18, 65])
    >>> tf.Session().run(tf.feature_column.input_layer({"age": [[7.0], [18.0]]}, [ages]))
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    if not isinstance(source_column, NumericColumn):
        raise ValueError(f"source_column must be a column generated with numeric_column(). Given: {source_column}")
    if len(source_column.shape) > 1:
        raise ValueError(f"source_column must be one-dimensional column. Given: {source_column}")
    if not boundaries or not isinstance(boundaries, list | tuple):
        raise ValueError("boundaries must be a sorted list.")
    if any(later <= earlier for earlier, later in zip(boundaries, boundaries[1:])):
        raise ValueError("boundaries must be a sorted list.")
    return BucketizedColumn(source_column, tuple(boundaries))
