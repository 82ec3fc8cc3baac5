"""Elements that may be missing: a value of its own kind that holds the next element, or nothing at the end."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.type_specs import TypeSpec
from autograd_lite.lib.data import structure as structures


@export("data.experimental.Optional", "contrib.data.Optional")
class Optional:
    """An element, or nothing: see `get_next_as_optional`."""

    _variant_tensor: Tensor
    _structure: Any

    @classmethod
    def _of(cls, variant_tensor: Tensor, structure: Any) -> Optional:
        made = cls()
        made._variant_tensor, made._structure = variant_tensor, structure
        return made

    @staticmethod
    def from_value(value: Any) -> Optional:
        """One that holds a value."""
        element = structures.normalized(value)
        return Optional._of(raw.OptionalFromValue(structures.to_tensors(element)), structures.mapped(structures.spec_of, element))

    @staticmethod
    def none_from_structure(value_structure: Any) -> Optional:
        """One that holds nothing."""
        return Optional._of(raw.OptionalNone(), value_structure)

    def has_value(self, name: str | None = None) -> Tensor:
        """Whether there is a value."""
        return raw.OptionalHasValue(self._variant_tensor, name=name)

    def get_value(self, name: str | None = None) -> Any:
        """The value; in a run InvalidArgumentError when there is none."""
        tensors = raw.OptionalGetValue(self._variant_tensor, name=name, **structures.typed(self._structure))
        return structures.from_tensors(self._structure, tensors)

    @property
    def value_structure(self) -> Any:
        """The structure of the value."""
        return self._structure


@export("OptionalSpec", "data.experimental.OptionalStructure")
class OptionalSpec(TypeSpec):
    """The specification of an `Optional`: that of the value it may hold.

    >>> OptionalSpec(tf.TensorSpec([], tf.int32))
    OptionalSpec(TensorSpec(shape=(), dtype=tf.int32, name=None))
    """

    def __init__(self, value_structure: Any) -> None:
        self._structure = value_structure

    @staticmethod
    def from_value(value: Any) -> OptionalSpec:
        """What is known of an Optional."""
        return OptionalSpec(value.value_structure)

    @property
    def value_type(self) -> type:
        """`tf.data.experimental.Optional`."""
        return Optional

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether an Optional, or every one of another specification, holds values of this structure."""
        return isinstance(spec_or_value, Optional | OptionalSpec) and structures.compatible(self._structure, spec_or_value._structure)

    def most_specific_compatible_type(self, other: Any) -> OptionalSpec:
        """The narrowest specification that both fit.

        Raises:
          ValueError: when there is none.
        """
        if not isinstance(other, OptionalSpec):
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return OptionalSpec(structures.mapped(lambda a, b: a.most_specific_compatible_type(b), self._structure, other._structure))

    def __repr__(self) -> str:
        return f"OptionalSpec({self._structure!r})"


@export("data.experimental.get_next_as_optional", "contrib.data.get_next_as_optional")
def get_next_as_optional(iterator: Any) -> Optional:
    """The next element of an iterator, or nothing at its end, in place of OutOfRangeError.

    >>> iterator = tf.data.Dataset.range(1).make_one_shot_iterator()
    >>> has_value = tf.data.experimental.get_next_as_optional(iterator).has_value()
    >>> with tf.Session() as session:
    ...     print(session.run(has_value), session.run(has_value))
    True False
    """
    made = raw.IteratorGetNextAsOptional(iterator._iterator_resource, **structures.typed(iterator._structure))
    return Optional._of(made, iterator._structure)
