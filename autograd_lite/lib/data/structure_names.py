"""The names by which release 1.14 called the specifications of elements."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.ragged_spec import RaggedTensorSpec
from autograd_lite.api.tensor_array_spec import TensorArraySpec
from autograd_lite.core.export import export
from autograd_lite.graph.type_specs import SparseTensorSpec, TensorSpec


@export("data.experimental.TensorStructure")
def tensor_structure(dtype: Any, shape: Any) -> TensorSpec:
    """The specification of a tensor.

    >>> tf.data.experimental.TensorStructure(tf.int32, [2])
    TensorSpec(shape=(2,), dtype=tf.int32, name=None)
    """
    return TensorSpec(shape, dtype)


@export("data.experimental.SparseTensorStructure")
def sparse_tensor_structure(dtype: Any, shape: Any) -> SparseTensorSpec:
    """The specification of a sparse tensor.

    >>> tf.data.experimental.SparseTensorStructure(tf.int32, [2])
    SparseTensorSpec(TensorShape([Dimension(2)]), tf.int32)
    """
    return SparseTensorSpec(shape, dtype)


@export("data.experimental.TensorArrayStructure")
def tensor_array_structure(dtype: Any, element_shape: Any, dynamic_size: bool, infer_shape: bool) -> TensorArraySpec:
    """The specification of a TensorArray.

    >>> tf.data.experimental.TensorArrayStructure(tf.int32, [2], False, True) == tf.TensorArraySpec([2], tf.int32)
    True
    """
    return TensorArraySpec(element_shape, dtype, dynamic_size, infer_shape)


@export("data.experimental.RaggedTensorStructure")
def ragged_tensor_structure(dtype: Any, shape: Any, ragged_rank: int) -> RaggedTensorSpec:
    """The specification of a ragged tensor.

    >>> tf.data.experimental.RaggedTensorStructure(tf.int32, [2, None], 1) == tf.RaggedTensorSpec([2, None], tf.int32)
    True
    """
    return RaggedTensorSpec(shape, dtype, ragged_rank)
