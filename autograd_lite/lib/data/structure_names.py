"""The names by which release 1.14 called the specifications of elements."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.export import export
from autograd_lite.graph.type_specs import SparseTensorSpec, TensorSpec, TypeSpec
from autograd_lite.lib.data import structure as structures
from autograd_lite.lib.data.experimental import Optional


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


@export("data.experimental.OptionalStructure")
class OptionalStructure(TypeSpec):
    """The specification of an `Optional`: what it holds, if it holds something."""

    def __init__(self, value_structure: Any) -> None:
        self._value_structure = value_structure

    @staticmethod
    def from_value(value: Optional) -> OptionalStructure:
        """What is known of an Optional."""
        return OptionalStructure(value.value_structure)

    @property
    def value_type(self) -> type:
        """`tf.data.experimental.Optional`."""
        return Optional

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether an Optional, or every one of another specification, holds values of this structure."""
        if isinstance(spec_or_value, Optional):
            spec_or_value = OptionalStructure.from_value(spec_or_value)
        fits = isinstance(spec_or_value, OptionalStructure)
        return fits and structures.compatible(self._value_structure, spec_or_value._value_structure)

    def most_specific_compatible_type(self, other: Any) -> OptionalStructure:
        """The narrowest specification that both fit.

        Raises:
          ValueError: when there is none.
        """
        if not isinstance(other, OptionalStructure):
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        mine, theirs = self._value_structure, other._value_structure
        return OptionalStructure(structures.mapped(lambda a, b: a.most_specific_compatible_type(b), mine, theirs))

    def __repr__(self) -> str:
        return f"OptionalStructure({self._value_structure!r})"
