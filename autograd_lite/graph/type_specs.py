"""What is known of a value before it is there: type specifications of tensors, sparse tensors and slices."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices, SparseTensor
from autograd_lite.graph.tensor import Tensor


@export("TypeSpec", "data.experimental.Structure")
class TypeSpec:
    """What is known of a value before it is there. Use one of its kinds, such as `TensorSpec`."""

    _fields: tuple[str, ...] = ()

    @property
    def value_type(self) -> type:
        """The Python type of the values."""
        raise NotImplementedError(f"{type(self).__name__}.value_type")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in self._fields)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value, or every value of another specification, fits this one."""
        raise NotImplementedError(f"{type(self).__name__}.is_compatible_with")

    def most_specific_compatible_type(self, other: Any) -> Any:
        """The narrowest specification that both fit.

        Raises:
          ValueError: when there is none.
        """
        raise NotImplementedError(f"{type(self).__name__}.most_specific_compatible_type")

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and str(other) == str(self)

    def __ne__(self, other: Any) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(str(self))


class _ArraySpec(TypeSpec):
    """What specifications of one array have in common: element type and static shape."""

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self._shape = shapes.TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._dtype

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value, or every value of another specification, has this element type and could have this shape."""
        fits = isinstance(spec_or_value, (type(self), self.value_type))
        return fits and self._dtype.is_compatible_with(spec_or_value.dtype) and self._shape.is_compatible_with(spec_or_value.shape)

    def most_specific_compatible_type(self, other: Any) -> Any:
        """The narrowest specification that both fit: sizes that differ become unknown.

        Raises:
          ValueError: when kinds or element types differ.
        """
        if type(other) is not type(self) or other.dtype != self._dtype:
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return type(self)(self._shape.most_specific_compatible_shape(other.shape), self._dtype)


@export("TensorSpec")
class TensorSpec(_ArraySpec):
    """The static shape and element type of a tensor.

    >>> TensorSpec([None, 3]).is_compatible_with(tf.zeros([2, 3]))
    True
    """

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        super().__init__(shape, dtype)
        self._name = name

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """A specification like another one."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Tensor, name: str | None = None) -> TensorSpec:
        """What is known of a tensor."""
        return cls(tensor.shape, tensor.dtype, name or tensor.op.name)

    @property
    def name(self) -> str | None:
        """A name, or None."""
        return self._name

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether a tensor, or every tensor of another specification, has this element type and could have this shape."""
        return super().is_compatible_with(spec_or_tensor)

    @property
    def value_type(self) -> type:
        """`tf.Tensor`."""
        return Tensor

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"


@export("SparseTensorSpec")
class SparseTensorSpec(_ArraySpec):
    """The static shape and element type of a sparse tensor.

    >>> SparseTensorSpec([2, 3], tf.int32).dtype
    tf.int32
    """

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(shape, dtype)

    @classmethod
    def from_value(cls, value: SparseTensor) -> SparseTensorSpec:
        """What is known of a sparse tensor."""
        return cls(value.shape, value.dtype)

    @property
    def value_type(self) -> type:
        """`tf.SparseTensor`."""
        return SparseTensor

    def __repr__(self) -> str:
        return f"SparseTensorSpec({self._shape!r}, {self._dtype!r})"


@export("IndexedSlicesSpec")
class IndexedSlicesSpec(_ArraySpec):
    """The static shape and element types of slices, such as the gradient of an embedding.

    Args:
      shape: of the whole tensor. dtype: of its elements.
      indices_dtype: of the row numbers. indices_shape: how many rows there are.
      dense_shape_dtype: of the vector that tells the whole shape; None when slices do not say it.

    >>> IndexedSlicesSpec([4, 3]).value_type
    <class 'autograd_lite.graph.composite.IndexedSlices'>
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        indices_dtype: Any = dtypes.int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        super().__init__(shape, dtype)
        self._indices_dtype = dtypes.as_dtype(indices_dtype)
        self._dense_shape_dtype = None if dense_shape_dtype is None else dtypes.as_dtype(dense_shape_dtype)
        self._indices_shape = shapes.TensorShape([None]) if indices_shape is None else shapes.TensorShape(indices_shape)

    @property
    def value_type(self) -> type:
        """`tf.IndexedSlices`."""
        return IndexedSlices

    def _rest(self) -> tuple[Any, Any]:
        return self._indices_dtype, self._dense_shape_dtype

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether slices, or all slices of another specification, have these types and could have these shapes."""
        if isinstance(spec_or_value, IndexedSlices):
            slices = spec_or_value
            whole = None if slices.dense_shape is None else slices.dense_shape.dtype
            given = IndexedSlicesSpec(slices.shape, slices.dtype, slices.indices.dtype, whole, slices.indices.shape)
            return self.is_compatible_with(given)
        if not isinstance(spec_or_value, IndexedSlicesSpec) or not super().is_compatible_with(spec_or_value):
            return False
        return self._rest() == spec_or_value._rest() and self._indices_shape.is_compatible_with(spec_or_value._indices_shape)

    def most_specific_compatible_type(self, other: Any) -> Any:
        """The narrowest specification that both fit.

        Raises:
          ValueError: when kinds or element types differ.
        """
        if not isinstance(other, IndexedSlicesSpec) or other._dtype != self._dtype or other._rest() != self._rest():
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        rows = self._indices_shape.most_specific_compatible_shape(other._indices_shape)
        return IndexedSlicesSpec(self._shape.most_specific_compatible_shape(other._shape), self._dtype, *self._rest(), rows)

    def __repr__(self) -> str:
        return (
            f"IndexedSlicesSpec({self._shape!r}, {self._dtype!r}, {self._indices_dtype!r}, {self._dense_shape_dtype!r}, "
            f"{self._indices_shape!r})"
        )
