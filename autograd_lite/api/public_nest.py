"""`tf.nest`: nested lists, tuples and dictionaries as programs handle them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api.ragged import RaggedTensor
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices, SparseTensor


def _components(leaf: Any) -> Any:
    """The tensors of a composite one, in a tuple; anything else as it is."""
    if isinstance(leaf, SparseTensor):
        return leaf.indices, leaf.values, leaf.dense_shape
    if isinstance(leaf, IndexedSlices):
        return (leaf.values, leaf.indices) if leaf.dense_shape is None else (leaf.values, leaf.indices, leaf.dense_shape)
    if isinstance(leaf, RaggedTensor):
        return leaf.flat_values, *leaf.nested_row_splits
    return leaf


def _whole(leaf: Any, components: Any) -> Any:
    """The composite tensor like `leaf` that has these components."""
    if isinstance(leaf, SparseTensor | IndexedSlices):
        return type(leaf)(*components)
    if isinstance(leaf, RaggedTensor):
        return RaggedTensor.from_nested_row_splits(components[0], components[1:])
    return components


def _expanded(structure: Any) -> Any:
    return nest.map_structure(_components, structure)


@export("nest.is_nested", "contrib.framework.nest.is_nested", "contrib.framework.nest.is_sequence")
def is_nested(seq: Any) -> bool:
    """Whether a value is a structure: a list, tuple, dictionary or attrs object; texts, arrays and tensors are not.

    >>> is_nested({"a": 1}), is_nested("text")
    (True, False)
    """
    return nest.is_nested(seq)


@export("nest.flatten", "contrib.framework.nest.flatten")
def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """All that is in a structure, in one list; dictionaries in the order of their keys.

    Args:
      expand_composites: give the tensors that sparse and ragged tensors and slices consist of.

    >>> flatten({"b": [1, 2], "a": (3,)})
    [3, 1, 2]
    """
    return nest.flatten(_expanded(structure) if expand_composites else structure)


@export("nest.pack_sequence_as", "contrib.framework.nest.pack_sequence_as")
def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any], expand_composites: bool = False) -> Any:
    """A structure like `structure` that holds the elements of a list: what undoes `flatten`.

    Raises:
      TypeError: when `flat_sequence` is no list or tuple.
      ValueError: when they are too many or too few.

    >>> pack_sequence_as({"b": [0, 0], "a": (0,)}, [3, 1, 2])
    {'b': [1, 2], 'a': (3,)}
    """
    if not nest.is_nested(flat_sequence):
        raise TypeError("flat_sequence must be a sequence")
    if not expand_composites:
        return nest.pack_sequence_as(structure, flat_sequence)
    expanded = nest.pack_sequence_as(_expanded(structure), flat_sequence)
    parts = zip(nest.flatten(structure), _up_to(structure, expanded))
    return nest.pack_sequence_as(structure, [_whole(leaf, part) for leaf, part in parts])


def _up_to(structure: Any, expanded: Any) -> list[Any]:
    """What stands in `expanded` where `structure` has its leaves."""
    found = []
    stack = [(structure, expanded)]
    while stack:
        item, part = stack.pop()
        if nest.is_nested(item):
            pairs = zip(nest.children(item), nest.children(part))
            stack.extend(reversed([(inner, other) for (_, inner), (_, other) in pairs]))
        else:
            found.append(part)
    return found


@export("nest.map_structure", "contrib.framework.nest.map_structure")
def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """Apply a function to everything in a structure, or to what stands in the same place of several of one form.

    Args:
      check_types: (keyword) whether lists must meet lists and tuples tuples (the default).
      expand_composites: (keyword) apply it to the tensors that sparse and ragged tensors and slices consist of.

    Raises:
      TypeError: when `func` cannot be called, or types differ.
      ValueError: when there is no structure, or the forms differ.

    >>> map_structure(lambda x, y: x + y, {"a": [1, 2]}, {"a": [10, 20]})
    {'a': [11, 22]}
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    expand_composites = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(f"Only valid keyword arguments are `check_types` and `expand_composites`, not: `{'`, `'.join(kwargs)}`")
    if not expand_composites:
        return nest.map_structure(func, *structure, check_types=check_types)
    mapped = nest.map_structure(func, *[_expanded(item) for item in structure], check_types=check_types)
    return pack_sequence_as(structure[0], nest.flatten(mapped), expand_composites=True)


@export("nest.assert_same_structure", "contrib.framework.nest.assert_same_structure")
def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    """Raise unless two structures have the same form.

    Raises:
      ValueError: when the number of leaves or the nesting differs.
      TypeError: when sequence types differ and `check_types` is true.

    >>> assert_same_structure([1, (2, 3)], ["x", ("y", "z")])
    """
    if expand_composites:
        nest1, nest2 = _expanded(nest1), _expanded(nest2)
    nest.assert_same_structure(nest1, nest2, check_types=check_types)
