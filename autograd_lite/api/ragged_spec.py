"""What is known of a ragged tensor before it is there."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.ragged import RaggedTensor
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.type_specs import TypeSpec


@export("RaggedTensorSpec")
class RaggedTensorSpec(TypeSpec):
    """The static shape, element type and number of ragged axes of a ragged tensor.

    Args:
      ragged_rank: how many axes are ragged; None: all but the first.

    Raises:
      ValueError: neither `ragged_rank` nor the rank is known, or there are not as many axes.

    >>> import autograd_lite as tf
    >>> tf.RaggedTensorSpec([None, None], tf.int32).is_compatible_with(tf.ragged.constant([[1, 2], [3]]))
    True
    """

    _fields = ("_shape", "_dtype", "_ragged_rank", "_row_splits_dtype")

    def __init__(
        self, shape: Any = None, dtype: Any = dtypes.float32, ragged_rank: int | None = None, row_splits_dtype: Any = dtypes.int64
    ) -> None:
        self._shape = shapes.TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._row_splits_dtype = dtypes.as_dtype(row_splits_dtype)
        rank = self._shape.rank
        if ragged_rank is None:
            if rank is None:
                raise ValueError("Must specify ragged_rank or a shape with a known rank.")
            ragged_rank = rank - 1
        if not isinstance(ragged_rank, int):
            raise TypeError(f"Argument `ragged_rank` must be an int. Received {ragged_rank!r}.")
        if rank is not None and ragged_rank >= rank:
            raise ValueError(f"Argument `ragged_rank` ({ragged_rank}) must be less than rank ({rank}).")
        self._ragged_rank = ragged_rank

    @classmethod
    def from_value(cls, value: RaggedTensor) -> RaggedTensorSpec:
        """What is known of a ragged tensor."""
        return cls(value.shape, value.dtype, value.ragged_rank, value.row_splits.dtype)

    @property
    def value_type(self) -> type:
        """`tf.RaggedTensor`."""
        return RaggedTensor

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a ragged tensor, or every one of another specification, fits."""
        other = self.from_value(spec_or_value) if isinstance(spec_or_value, RaggedTensor) else spec_or_value
        return isinstance(other, RaggedTensorSpec) and self._kind() == other._kind() and self._shape.is_compatible_with(other._shape)

    def most_specific_compatible_type(self, other: Any) -> RaggedTensorSpec:
        """The narrowest specification that both fit: sizes that differ become unknown.

        Raises:
          ValueError: when kinds, element types or numbers of ragged axes differ.
        """
        if not isinstance(other, RaggedTensorSpec) or self._kind() != other._kind():
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return RaggedTensorSpec(self._shape.most_specific_compatible_shape(other._shape), *self._kind())

    def _kind(self) -> tuple[Any, ...]:
        return self._dtype, self._ragged_rank, self._row_splits_dtype

    def __repr__(self) -> str:
        return f"RaggedTensorSpec({self._shape!r}, {self._dtype!r}, {self._ragged_rank}, {self._row_splits_dtype!r})"
