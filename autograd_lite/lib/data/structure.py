"""The structure of the elements of a dataset: nested tuples and dicts of specifications, and the flat tensors in which they travel.

Unlike elsewhere, a list is no structure here: it becomes a tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, nest, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.type_specs import SparseTensorSpec, TensorSpec, TypeSpec

Flat = list[Tensor]


@export("data.DatasetSpec", "data.experimental.DatasetStructure")
class DatasetSpec(TypeSpec):
    """The specification of a value that is itself a dataset.

    Args:
      element_spec: the nested specifications of its elements.
      dataset_shape: its own shape, that of a scalar.

    >>> tf.data.DatasetSpec(tf.TensorSpec([], tf.int64))
    DatasetSpec(TensorSpec(shape=(), dtype=tf.int64, name=None), TensorShape([]))
    """

    _dataset: Any  # tf.data.Dataset

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        self.element_spec = element_spec
        self._dataset_shape = shapes.TensorShape(dataset_shape)

    @staticmethod
    def from_value(value: Any) -> DatasetSpec:
        """What is known of a dataset."""
        return DatasetSpec(value.element_spec)

    @property
    def value_type(self) -> type:
        """`tf.data.Dataset`."""
        return self._dataset

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a dataset, or every dataset of another specification, has elements of this structure."""
        return compatible(self.element_spec, spec_or_value.element_spec) if hasattr(spec_or_value, "element_spec") else False

    def most_specific_compatible_type(self, other: Any) -> DatasetSpec:
        """The narrowest specification that both fit.

        Raises:
          ValueError: when there is none.
        """
        if not isinstance(other, DatasetSpec):
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return DatasetSpec(mapped(lambda a, b: a.most_specific_compatible_type(b), self.element_spec, other.element_spec))

    def dataset(self, tensor: Tensor) -> Any:
        """The dataset that a tensor stands for."""
        return self._dataset._from_variant(tensor, self.element_spec)

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec!r}, {self._dataset_shape!r})"


def compatible(structure: Any, other: Any) -> bool:
    """Whether elements of one structure could be elements of another."""
    try:
        return all(flat(mapped(lambda a, b: a.is_compatible_with(b), structure, other)))
    except (TypeError, ValueError):  # differently nested
        return False


def is_structure(value: Any) -> bool:
    """Whether a value is taken apart."""
    return not isinstance(value, list) and nest.is_nested(value) and not isinstance(value, shapes.TensorShape)


def mapped(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """The same structure with `function` of each leaf (and of what stands there in the others)."""
    if not is_structure(structure):
        return function(structure, *others)
    keys = [key for key, _ in nest.children(structure)]
    parts = [[child for _, child in nest.children(structure)], *[_parts_like(structure, keys, other) for other in others]]
    return nest.rebuild(structure, [mapped(function, *leaves) for leaves in zip(*parts)])


def _parts_like(structure: Any, keys: list[Any], other: Any) -> list[Any]:
    if not isinstance(other, Mapping | tuple | list) and not is_structure(other):
        raise TypeError(f"The two structures don't have the same nested structure: {structure!r} and {other!r}")
    found = dict(nest.children(tuple(other) if isinstance(other, list) else other))
    if isinstance(structure, Mapping) != isinstance(other, Mapping) or len(found) != len(keys):
        raise ValueError(f"The two structures don't have the same number of elements: {structure!r} and {other!r}")
    return [found[key] for key in keys]


def flat(structure: Any) -> list[Any]:
    """The leaves, in order."""
    if not is_structure(structure):
        return [structure]
    return [leaf for _, child in nest.children(structure) for leaf in flat(child)]


def filled(structure: Any, leaves: list[Any]) -> Any:
    """The same structure with other leaves."""
    rest = iter(leaves)
    return mapped(lambda _: next(rest), structure)


# -------------------------------------------------------------------- from values


def normalized(element: Any, dtype_structure: Any = None) -> Any:
    """An element with everything converted to tensors, sparse tensors or datasets."""
    count = iter(range(1 << 30))

    def leaf(value: Any, dtype: Any = None) -> Any:
        number = next(count)
        if isinstance(value, SparseTensor) or hasattr(value, "_variant_tensor"):
            return value
        if hasattr(value, "dense_shape") and hasattr(value, "indices"):  # a SparseTensorValue
            return SparseTensor(value.indices, value.values, value.dense_shape)
        return convert_to_tensor(value, dtype, f"component_{number}")

    with building("normalize_element"):
        return mapped(leaf, element) if dtype_structure is None else mapped(leaf, element, dtype_structure)


def spec_of(value: Any) -> TypeSpec:
    """The specification of a tensor, sparse tensor or dataset."""
    if isinstance(value, SparseTensor):
        return SparseTensorSpec.from_value(value)
    if hasattr(value, "_variant_tensor"):
        return DatasetSpec(value._structure)
    return TensorSpec(value.shape, value.dtype.base_dtype)


def to_tensors(element: Any) -> Flat:
    """The flat tensors in which an element travels."""
    return [_to_tensor(value, False) for value in flat(element)]


def to_batched_tensors(element: Any) -> Flat:
    """The same for tensors whose first axis counts elements."""
    return [_to_tensor(value, True) for value in flat(element)]


def _to_tensor(value: Any, by_row: bool) -> Tensor:
    if isinstance(value, SparseTensor):
        serialize = raw.SerializeManySparse if by_row else raw.SerializeSparse
        return serialize(value.indices, value.values, value.dense_shape, out_type=dtypes.variant)
    return value._variant_tensor if hasattr(value, "_variant_tensor") else value


def from_tensors(structure: Any, tensors: Flat) -> Any:
    """The element that travelled in flat tensors."""
    return filled(structure, [_from_tensor(spec, tensor) for spec, tensor in zip(flat(structure), tensors)])


def _from_tensor(spec: TypeSpec, tensor: Tensor) -> Any:
    if isinstance(spec, DatasetSpec):
        return spec.dataset(tensor)
    if isinstance(spec, SparseTensorSpec):
        parts = raw.DeserializeSparse(tensor, dtype=spec.dtype)
        rank = spec.shape.ndims
        parts.sparse_indices.set_shape([None, rank])
        parts.sparse_shape.set_shape([rank])
        return SparseTensor(parts.sparse_indices, parts.sparse_values, parts.sparse_shape)
    return tensor


# -------------------------------------------------------------------- what travels


def types_of(structure: Any) -> list[dtypes.DType]:
    """The element types of the flat tensors."""
    return [spec.dtype if isinstance(spec, TensorSpec) else dtypes.variant for spec in flat(structure)]


def shapes_of(structure: Any) -> list[shapes.Shape]:
    """The static shapes of the flat tensors."""
    return [_travel_shape(spec) for spec in flat(structure)]


def _travel_shape(spec: TypeSpec) -> shapes.Shape:
    if isinstance(spec, TensorSpec):
        return spec.shape.dims_tuple
    return () if isinstance(spec, DatasetSpec) else None


def typed(structure: Any) -> dict[str, Any]:
    """The attributes by which ops know the flat tensors."""
    return {"output_types": types_of(structure), "output_shapes": shapes_of(structure)}


def batched(structure: Any, size: int | None) -> Any:
    """The structure of batches."""
    return mapped(lambda spec: _reshaped(spec, lambda dims: (size, *dims)), structure)


def unbatched(structure: Any) -> Any:
    """The structure of rows."""
    return mapped(lambda spec: _reshaped(spec, lambda dims: dims[1:]), structure)


def _reshaped(spec: Any, change: Callable[[Any], Any]) -> TypeSpec:
    if isinstance(spec, DatasetSpec):
        raise TypeError(f"Batching of datasets is not supported: {spec}")
    dims = spec.shape.dims_tuple
    return type(spec)(None if dims is None else change(dims), spec.dtype)


# -------------------------------------------------------------------- in the terms of release 1.x


def legacy_types(structure: Any) -> Any:
    """The nested element types."""
    return mapped(lambda spec: spec if isinstance(spec, DatasetSpec) else spec.dtype, structure)


def legacy_shapes(structure: Any) -> Any:
    """The nested static shapes."""
    return mapped(lambda spec: spec if isinstance(spec, DatasetSpec) else spec.shape, structure)


def legacy_classes(structure: Any) -> Any:
    """The nested Python types of the values."""
    return mapped(lambda spec: spec if isinstance(spec, DatasetSpec) else spec.value_type, structure)


def from_legacy(output_types: Any, output_shapes: Any = None, output_classes: Any = None) -> Any:
    """The structure that nested types, shapes and Python types tell."""
    types = mapped(dtypes.as_dtype, output_types)
    found_shapes = mapped(lambda _: shapes.TensorShape(None), types)
    if output_shapes is not None:
        found_shapes = mapped(lambda _, shape: shapes.TensorShape(shape), types, output_shapes)
    classes = mapped(lambda _: Tensor, types) if output_classes is None else mapped(lambda _, kind: kind, types, output_classes)
    return mapped(
        lambda dtype, shape, kind: (SparseTensorSpec if kind is SparseTensor else TensorSpec)(shape, dtype), types, found_shapes, classes
    )
