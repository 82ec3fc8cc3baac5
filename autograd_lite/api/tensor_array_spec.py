"""What is known of a TensorArray before it is there."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.tensor_array import TensorArray
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.type_specs import TypeSpec


@export("TensorArraySpec")
class TensorArraySpec(TypeSpec):
    """The element type of a TensorArray, the shape of its elements, and whether it may grow.

    Args:
      element_shape, dtype: of each element. dynamic_size: whether it may grow. infer_shape: whether all elements have one shape.

    >>> TensorArraySpec([2], tf.int32).is_compatible_with(tf.TensorArray(tf.int32, size=3, element_shape=[2]))
    True
    """

    def __init__(
        self, element_shape: Any = None, dtype: Any = dtypes.float32, dynamic_size: bool = False, infer_shape: bool = True
    ) -> None:
        self._element_shape = shapes.TensorShape(element_shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._dynamic_size = dynamic_size
        self._infer_shape = infer_shape

    @staticmethod
    def from_value(value: Any) -> TensorArraySpec:
        """What is known of a TensorArray.

        Raises:
          TypeError: for anything else.
        """
        if not isinstance(value, TensorArray):
            raise TypeError(f"Expected value to be a TensorArray, but got: `{type(value)}`")
        return TensorArraySpec(value._element_shape[0], value.dtype, value._dynamic_size, value._infer_shape)

    @property
    def value_type(self) -> type:
        """`tf.TensorArray`."""
        return TensorArray

    def _kind(self) -> tuple[Any, ...]:
        return self._dtype, self._dynamic_size, self._infer_shape

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a TensorArray, or every one of another specification, is of this kind."""
        other = TensorArraySpec.from_value(other) if isinstance(other, TensorArray) else other
        if not isinstance(other, TensorArraySpec):
            return False
        return self._kind() == other._kind() and self._element_shape.is_compatible_with(other._element_shape)

    def most_specific_compatible_type(self, other: Any) -> TensorArraySpec:
        """The narrowest specification that both fit.

        Raises:
          ValueError: when there is none.
        """
        if not isinstance(other, TensorArraySpec) or self._kind() != other._kind():
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return TensorArraySpec(self._element_shape.most_specific_compatible_shape(other._element_shape), *self._kind())

    def __repr__(self) -> str:
        return f"TensorArraySpec({self._element_shape!r}, {self._dtype!r}, {self._dynamic_size}, {self._infer_shape})"
