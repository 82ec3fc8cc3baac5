"""Values made of several tensors: `IndexedSlices` (rows of a larger tensor) and `SparseTensor`."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import constant_node, convert_to_tensor, register_tensor_conversion_function
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.lookup_errors import two_graphs
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import partial_value
from autograd_lite.graph.table import TABLE
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.undo import undone_on_error

if TYPE_CHECKING:
    from collections.abc import Sequence

IndexedSlicesValue = namedtuple("IndexedSlicesValue", ["values", "indices", "dense_shape"])
SparseTensorValue = namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])
export("SparseTensorValue", "compat.v1.SparseTensorValue")(SparseTensorValue)


@export("IndexedSlices")
class IndexedSlices:
    """Some rows of a tensor, all others zero: `dense[indices[i], ...] = values[i, ...]`, equal indices added.

    This is what the gradient of `tf.gather` is: only the rows that were looked up have one.

    Args:
      values: tensor of shape [n, d1, d2, ...].
      indices: integer tensor of shape [n].
      dense_shape: shape of the tensor it stands for, or None.
    """

    _is_tensor_like = True

    def __init__(self, values: Tensor, indices: Tensor, dense_shape: Tensor | None = None) -> None:
        for tensor in (indices, dense_shape):
            if tensor is not None and isinstance(tensor, Tensor) and tensor.graph is not values.graph:
                raise two_graphs(tensor, values)
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Tensor:
        """The rows, one below the other."""
        return self._values

    @property
    def indices(self) -> Tensor:
        """Which row of the dense tensor each row of `values` is."""
        return self._indices

    @property
    def dense_shape(self) -> Tensor | None:
        """The shape of the dense tensor, or None when it is not known."""
        return self._dense_shape

    def consumers(self) -> list[Operation]:
        """The operations that take one of its tensors."""
        parts = [self._values, self._indices, *([] if self._dense_shape is None else [self._dense_shape])]
        return list(dict.fromkeys(op for part in parts for op in part.consumers()))

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape of the dense tensor, as far as it is known."""
        if self._dense_shape is None:
            return shapes.TensorShape(None)
        return shapes.TensorShape(partial_value(self._dense_shape))

    def get_shape(self) -> shapes.TensorShape:
        """The static shape of the dense tensor, as far as it is known."""
        return self.shape

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._values.dtype

    @property
    def name(self) -> str:
        """The name of `values`."""
        return self._values.name

    @property
    def device(self) -> str:
        """The device of `values`."""
        return self._values.device

    @property
    def op(self) -> Operation:
        """The operation that makes `values`."""
        return self._values.op

    @property
    def graph(self) -> Graph:
        """The graph to which the parts belong."""
        return self._values.graph

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"

    def __repr__(self) -> str:
        return f"<{self}>"

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(TABLE["Neg"](self._values), self._indices, self._dense_shape)


@export("SparseTensor", "sparse.SparseTensor")
class SparseTensor:
    """A tensor of which only the non-zero elements are stored, with their positions.

    Args:
      indices: int64 tensor of shape [n, rank]: the position of each stored element.
      values: tensor of shape [n]: the stored elements.
      dense_shape: int64 tensor of shape [rank].

    Raises:
      ValueError: when the shapes of the three do not fit together.

    >>> s = SparseTensor(indices=[[0, 1], [2, 0]], values=[3.0, 4.0], dense_shape=[3, 2])
    >>> s.shape.as_list()
    [3, 2]
    """

    _is_tensor_like = True

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        graph = get_default_graph()
        scope = graph._scopes.name + "/" if _all_tensors(indices, values, dense_shape) else "SparseTensor"
        with undone_on_error(graph), graph.name_scope(scope):
            self._indices = convert_to_tensor(indices, dtypes.int64, "indices")
            self._values = convert_to_tensor(values, name="values")
            self._dense_shape = convert_to_tensor(dense_shape, dtypes.int64, "dense_shape")
            _check_parts(self._indices.shape, self._values.shape, self._dense_shape.shape)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A SparseTensor from a SparseTensorValue (arrays), or the tensor itself."""
        if isinstance(sparse_tensor_value, SparseTensor):
            return sparse_tensor_value
        if not isinstance(sparse_tensor_value, SparseTensorValue):
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {sparse_tensor_value}.")
        return cls(*sparse_tensor_value)

    @property
    def indices(self) -> Tensor:
        """The positions of the stored elements, shape [n, rank]."""
        return self._indices

    @property
    def values(self) -> Tensor:
        """The stored elements, shape [n]."""
        return self._values

    @property
    def dense_shape(self) -> Tensor:
        """The shape of the dense tensor, as an int64 tensor."""
        return self._dense_shape

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape of the dense tensor, as far as it is known."""
        known = partial_value(self._dense_shape)
        return shapes.TensorShape(None if known is None else tuple([None if size == -1 else size for size in known]))

    def get_shape(self) -> shapes.TensorShape:
        """The static shape of the dense tensor, as far as it is known."""
        return self.shape

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._values.dtype

    @property
    def op(self) -> Operation:
        """The operation that makes `values`."""
        return self._values.op

    @property
    def graph(self) -> Graph:
        """The graph to which the parts belong."""
        return self._indices.graph

    def consumers(self) -> list[Operation]:
        """The operations that take any of the three parts."""
        parts = (self._indices, self._values, self._dense_shape)
        return list(dict.fromkeys(op for part in parts for op in part._consumers))

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Compute the three parts in a session and return a SparseTensorValue."""
        parts: Sequence[Tensor] = (self._indices, self._values, self._dense_shape)
        return SparseTensorValue(*[part.eval(feed_dict, session) for part in parts])

    def __str__(self) -> str:
        return f"SparseTensor(indices={self._indices}, values={self._values}, dense_shape={self._dense_shape})"

    __repr__ = __str__


def _all_tensors(*parts: Any) -> bool:
    return all(isinstance(part, Tensor) for part in parts)


def _check_parts(indices: shapes.TensorShape, values: shapes.TensorShape, dense_shape: shapes.TensorShape) -> None:
    indices, values, dense_shape = indices.with_rank(2), values.with_rank(1), dense_shape.with_rank(1)
    indices.dims[0].assert_is_compatible_with(values.dims[0])  # type: ignore[index]
    indices.dims[1].assert_is_compatible_with(dense_shape.dims[0])  # type: ignore[index]


def _dense(value: IndexedSlices, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible tensor conversion requested to `dtype` {dtypes.as_dtype(dtype).name} for IndexedSlices "
            f"({value}) with dtype {value.dtype.name}"
        )
    if value.dense_shape is None:
        raise ValueError(f"Tensor conversion requested for IndexedSlices for argument without shape: {value}")
    return TABLE["UnsortedSegmentSum"](value.values, value.indices, _first(value.dense_shape), name=name)


def _first(vector: Tensor) -> Tensor:
    """vector[0], under the names that the operator gives."""
    with vector.graph.name_scope("strided_slice") as scope:
        bounds = [constant_node(np.array([bound], np.int32), name) for bound, name in ((0, "stack"), (1, "stack_1"), (1, "stack_2"))]
        return TABLE["StridedSlice"](vector, *bounds, shrink_axis_mask=1, name=scope)


register_tensor_conversion_function(IndexedSlices, _dense)


@export("convert_to_tensor_or_indexed_slices")
def convert_to_tensor_or_indexed_slices(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`value` itself when it is an IndexedSlices, else the tensor that it stands for."""
    return value if isinstance(value, IndexedSlices) else convert_to_tensor(value, dtype, name)


@export("convert_to_tensor_or_sparse_tensor")
def convert_to_tensor_or_sparse_tensor(value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`value` as a SparseTensor when it is one (or a SparseTensorValue), else the tensor that it stands for."""
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if isinstance(value, SparseTensor):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise RuntimeError(f"Sparse dtype mismatch. Requested: {dtype}, Actual: {value.dtype}")
        return value
    return convert_to_tensor(value, dtype, name)
