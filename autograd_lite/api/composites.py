"""Nested structures with composite values in them, as flat lists of tensors and back; branches and loops pass only tensors on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core import nest, shapes
from autograd_lite.graph.composite import IndexedSlices, SparseTensor
from autograd_lite.graph.tensor import Tensor

AS_IT_IS = object()  # the shape invariant of a part that none is given for


def is_composite(value: Any) -> bool:
    """Whether a leaf of a structure is made of several tensors, or stands for one (a TensorArray for its flow)."""
    return isinstance(value, IndexedSlices | SparseTensor) or hasattr(value, "with_flow")


def parts(value: Any) -> list[Any]:
    """The tensors of which a leaf of a structure is made."""
    if isinstance(value, IndexedSlices):
        return [value.values, value.indices, *([] if value.dense_shape is None else [value.dense_shape])]
    if isinstance(value, SparseTensor):
        return [value.indices, value.values, value.dense_shape]
    return [value.flow] if hasattr(value, "with_flow") else [value]


def rebuilt(like: Any, tensors: Sequence[Any]) -> Any:
    """A leaf of the kind of `like`, made of other tensors."""
    if isinstance(like, IndexedSlices | SparseTensor):
        return type(like)(*tensors)
    return like.with_flow(tensors[0]) if hasattr(like, "with_flow") else tensors[0]


def flatten(structure: Any) -> list[Any]:
    """All tensors in a structure, those of composite values included."""
    return [part for leaf in nest.flatten(structure) for part in parts(leaf)]


def pack(structure: Any, tensors: Sequence[Any]) -> Any:
    """A structure of the form of `structure` with other tensors in it."""
    leaves, position = [], 0
    for leaf in nest.flatten(structure):
        count = len(parts(leaf))
        leaves.append(rebuilt(leaf, tensors[position : position + count]))
        position += count
    return nest.pack_sequence_as(structure, leaves)


def map_parts(function: Callable[[Tensor], Any], leaf: Any) -> Any:
    """A leaf with `function` applied to each of its tensors."""
    return rebuilt(leaf, [function(part) for part in parts(leaf)])


def invariant_shapes(leaf: Any, invariant: Any) -> list[Any]:
    """The shapes that the parts of a leaf keep, given what its user said of it; AS_IT_IS for those of which nothing is said."""
    shape = shapes.as_shape(invariant)
    if isinstance(leaf, SparseTensor):
        rank = None if shape is None else len(shape)
        return [(None, rank), (None,), (rank,)]
    if isinstance(leaf, IndexedSlices):
        rows = shape if shape is None else (None, *shape[1:])
        rank = None if shape is None else len(shape)
        return [rows, (None,), *([] if leaf.dense_shape is None else [(rank,)])]
    return [AS_IT_IS] if hasattr(leaf, "with_flow") else [shape]
