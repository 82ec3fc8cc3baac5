"""Sparse tensors as single values: their three parts in an array of objects, or as serialized tensors. Datasets carry them so."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.sparse_parts import checked_sizes
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import array_to_proto, proto_to_array

_SPARSE = "sparse_indices: int64, sparse_values: T, sparse_shape: int64, *, out_type: type = string"
_KEEPS: dict[str, Any] = {
    "host": ("sparse_indices", "sparse_values", "sparse_shape"),
    "types": {"out_type": "string variant"},
    "samples": "its result is an array of objects; tests/ops/test_sparse_variants.py shows it",
    "no_gradient": "the result is no number",
}


def _stored(part: Any, out_type: dtypes.DType) -> Any:
    array = np.asarray(part)
    return array if out_type is dtypes.variant else array_to_proto(array).SerializeToString()


def _row(parts: Any, out_type: dtypes.DType) -> np.ndarray:
    row = np.empty(3, dtype=object)
    for number, part in enumerate(parts):
        row[number] = _stored(part, out_type)
    return row


@op(f"SerializeSparse({_SPARSE}) -> serialized_sparse: out_type", shape=lambda c: (3,), **_KEEPS)
def serialize_sparse(xp, sparse_indices, sparse_values, sparse_shape, out_type):
    """Put the three parts of a sparse tensor into one vector of three values."""
    checked_sizes(sparse_indices, sparse_values, sparse_shape)
    return _row((sparse_indices, sparse_values, sparse_shape), out_type)


def _rows_shape(c: Any) -> Any:
    known = c.value(2)
    return (None if known is None or not len(known) else int(known[0]), 3)


@op(f"SerializeManySparse({_SPARSE}) -> serialized_sparse: out_type", shape=_rows_shape, **_KEEPS)
def serialize_many_sparse(xp, sparse_indices, sparse_values, sparse_shape, out_type):
    """Put each row of a sparse tensor, a sparse tensor of one rank less, into three values."""
    sizes = checked_sizes(sparse_indices, sparse_values, sparse_shape)
    if len(sizes) <= 1:
        raise invalid(f"Rank of input SparseTensor should be > 1, but saw rank: {len(sizes)}")
    indices, values, shape = np.asarray(sparse_indices), np.asarray(sparse_values), np.asarray(sparse_shape)
    bounds = np.searchsorted(indices[:, 0], np.arange(sizes[0] + 1))
    result = np.empty((sizes[0], 3), dtype=object)
    for row in range(sizes[0]):
        part = slice(bounds[row], bounds[row + 1])
        result[row] = _row((indices[part, 1:], values[part], shape[1:]), out_type)
    return result


def _parts_shape(c: Any) -> Any:
    return [(None, None), (None,), (None,)]


_READS: dict[str, Any] = {
    "shape": _parts_shape,
    "samples": "its input is an array of objects; tests/ops/test_sparse_variants.py shows it",
    "no_gradient": "the input is no number",
}
_PARTS = "sparse_indices: int64, sparse_values: dtype, sparse_shape: int64"


def _part(value: Any, dtype: np.dtype | None) -> np.ndarray:
    array = value if isinstance(value, np.ndarray) else proto_to_array(messages.TensorProto.FromString(value))
    if dtype is not None and array.dtype != dtype:
        raise invalid(f"Requested SparseTensor of type {dtype} but the serialized one is of type {array.dtype}")
    return array


@op(
    f"DeserializeSparse(serialized_sparse: Tserialized, *, dtype: type) -> {_PARTS}",
    types={"Tserialized": "string variant"},
    type_defaults={"Tserialized": "string"},
    **_READS,
)
def deserialize_sparse(xp, serialized_sparse, dtype):
    """Take sparse tensors out of vectors of three values; rows of such vectors become a sparse tensor of one rank more for each axis."""
    if not serialized_sparse.ndim or serialized_sparse.shape[-1] != 3:
        raise invalid(f"Serialized sparse should have 3 as the last dimension {serialized_sparse.shape}")
    batch = serialized_sparse.shape[:-1]
    found_indices, found_values, largest = [], [], None
    for place in np.ndindex(*batch):
        row = serialized_sparse[place]
        indices, values, shape = _part(row[0], np.dtype(np.int64)), _part(row[1], dtype.numpy), _part(row[2], np.dtype(np.int64))
        checked_sizes(indices, values, shape)
        found_indices.append(np.concatenate([np.broadcast_to(np.array(place, np.int64), (len(indices), len(batch))), indices], axis=1))
        found_values.append(values)
        largest = shape if largest is None else np.maximum(largest, shape)
    if largest is None:
        raise invalid("Must have at least 1 serialized SparseTensor")
    return np.concatenate(found_indices), np.concatenate(found_values), np.array([*batch, *largest], np.int64)


@op(f"DeserializeManySparse(serialized_sparse: string, *, dtype: type) -> {_PARTS}", **_READS)
def deserialize_many_sparse(xp, serialized_sparse, dtype):
    """Take a sparse tensor out of rows of three serialized tensors each."""
    if serialized_sparse.ndim != 2:
        raise invalid(f"Serialized sparse should be a matrix but received shape {serialized_sparse.shape}")
    return deserialize_sparse.kernel(xp, serialized_sparse, dtype)
