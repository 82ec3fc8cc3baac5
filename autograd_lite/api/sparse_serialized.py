"""Sparse tensors as strings (or single values) and back, and crosses of sparse features."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.api.sparse import as_sparse, parts
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor, SparseTensorValue
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

_HASH_KEY = 0xDECAFCAFFE  # TensorFlow's, so that crosses fall into the same buckets


@export("serialize_sparse", "io.serialize_sparse")
def serialize_sparse(sp_input: Any, name: str | None = None, out_type: Any = dtypes.string) -> Tensor:
    """Turn a sparse tensor into a vector of three strings: its indices, values and shape, each a serialized tensor.

    Args:
      out_type: `tf.string`, or `tf.variant` for values that only other ops read.

    Raises:
      TypeError: `sp_input` is not sparse.

    >>> import autograd_lite as tf
    >>> tf.serialize_sparse(tf.SparseTensor([[0, 1]], [5], [1, 2])).shape.as_list()
    [3]
    """
    return raw.SerializeSparse(*parts(as_sparse(sp_input)), out_type=out_type, name=name)


@export("serialize_many_sparse", "io.serialize_many_sparse")
def serialize_many_sparse(sp_input: Any, name: str | None = None, out_type: Any = dtypes.string) -> Tensor:
    """Turn each row of a sparse tensor into three strings, so that rows can be batched or queued as plain tensors: [rows, 3].

    Raises:
      TypeError: `sp_input` is not sparse. InvalidArgumentError: at run time, it has fewer than two axes.

    >>> import autograd_lite as tf
    >>> rows = tf.serialize_many_sparse(tf.SparseTensor([[0, 1], [1, 0]], [5, 6], [2, 2]))
    >>> tf.Session().run(tf.deserialize_many_sparse(rows, tf.int32)).values
    array([5, 6], dtype=int32)
    """
    return raw.SerializeManySparse(*parts(as_sparse(sp_input)), out_type=out_type, name=name)


@export("deserialize_many_sparse", "io.deserialize_many_sparse")
def deserialize_many_sparse(serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None) -> SparseTensor:
    """Put sparse tensors that were serialized together, as the rows of one sparse tensor with an axis more.

    Args:
      serialized_sparse: [rows, 3] strings. dtype: the type of the values. rank: how many axes each of them has, if known.

    Raises:
      InvalidArgumentError: at run time, for strings that are no sparse tensors of this type, or ranks that differ.

    >>> import autograd_lite as tf
    >>> one = tf.serialize_sparse(tf.SparseTensor([[1]], [7], [3]))
    >>> both = tf.deserialize_many_sparse(tf.stack([one, one]), tf.int32, rank=1)
    >>> tf.Session().run(both).indices.tolist()
    [[0, 1], [1, 1]]
    """
    indices, stored, shape = raw.DeserializeManySparse(serialized_sparse, dtype=dtype, name=name)
    count = None if rank is None else rank + 1
    indices.set_shape([None, count])
    shape.set_shape([count])
    return SparseTensor(indices, stored, shape)


@export("sparse.cross")
def sparse_cross(inputs: Any, name: str | None = None) -> SparseTensor:
    """Combine every value of one feature with every value of the others, example by example, joined by "_X_".

    Args:
      inputs: a list of features: sparse or dense, [batch, any], of strings or whole numbers.

    Raises:
      TypeError: `inputs` is no list of tensors.

    >>> import autograd_lite as tf
    >>> crossed = tf.sparse.cross([tf.constant([["a"]]), tf.constant([["x", "y"]])])
    >>> tf.Session().run(crossed).values
    array([b'a_X_x', b'a_X_y'], dtype=object)
    """
    return _crossed(inputs, False, 0, None, name)


@export("sparse.cross_hashed")
def sparse_cross_hashed(inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None) -> SparseTensor:
    """Combine values of features as `tf.sparse.cross` does, and give the bucket into which each combination falls.

    Args:
      num_buckets: how many buckets there are; 0: as many as int64 has. hash_key: where hashing starts (default TensorFlow's).

    Raises:
      TypeError: `inputs` is no list of tensors.

    >>> import autograd_lite as tf
    >>> crossed = tf.sparse.cross_hashed([tf.constant([["a"]]), tf.constant([["x", "y"]])], num_buckets=10)
    >>> bool((tf.Session().run(crossed).values < 10).all())
    True
    """
    return _crossed(inputs, True, num_buckets, hash_key, name)


@leaves_no_trace
def _crossed(inputs: Any, hashed: bool, num_buckets: int, hash_key: int | None, name: str | None) -> SparseTensor:
    if not isinstance(inputs, list | tuple):
        raise TypeError(f"Inputs must be a list. Received {inputs!r}")
    if not all(isinstance(each, Tensor | SparseTensor | SparseTensorValue) for each in inputs):
        raise TypeError("All inputs must be Tensor or SparseTensor. Convert arrays with tf.constant.")
    sparse = [as_sparse(each) for each in inputs if not isinstance(each, Tensor)]
    dense = [each for each in inputs if isinstance(each, Tensor)]
    stored, whole = [_word_or_number(each.values) for each in sparse], [_word_or_number(each) for each in dense]
    numbers = any(each.dtype == dtypes.int64 for each in (*stored, *whole))
    indices, crossed, shape = raw.SparseCross(
        [each.indices for each in sparse],
        stored,
        [each.dense_shape for each in sparse],
        whole,
        hashed_output=hashed,
        num_buckets=num_buckets,
        hash_key=_HASH_KEY if hash_key is None else hash_key,
        out_type=dtypes.int64 if hashed else dtypes.string,
        internal_type=dtypes.int64 if numbers else dtypes.string,
        name=name,
    )
    return SparseTensor(indices, crossed, shape)


def _word_or_number(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype.base_dtype == dtypes.string else cast(convert_to_tensor(tensor), dtypes.int64)
