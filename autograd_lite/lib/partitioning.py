"""Variables in parts: `tf.get_variable(..., partitioner=...)` makes one variable per part and a `PartitionedVariable` that joins them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from autograd_lite.api.arrays import concat
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor


class PartitionInfo:
    """Tells an initializer which part of a larger variable it starts."""

    def __init__(self, full_shape: list[int], var_offset: list[int]) -> None:
        if len(full_shape) != len(var_offset):
            raise ValueError(
                f"Expected equal length, but var_offset is of length {len(var_offset)} while full_shape is of length {len(full_shape)}."
            )
        self.full_shape = full_shape
        self.var_offset = var_offset

    def single_slice_dim(self, shape: list[int]) -> int | None:
        """The axis along which a part of this shape is smaller than the whole, or None when it is the whole."""
        smaller = [axis for axis, (part, whole) in enumerate(zip(shape, self.full_shape)) if part < whole]
        if len(smaller) > 1:
            raise ValueError(
                f"Cannot use single_slice_dim() with shape {shape} and full_shape {self.full_shape}: more than one axis is cut"
            )
        return smaller[0] if smaller else None


class PartitionedVariable:
    """Several variables that together are one; where a tensor is wanted they are joined."""

    _is_tensor_like = True

    def __init__(self, name: str, shape: shapes.Shape, dtype: dtypes.DType, variable_list: list[Any], partitions: list[int]) -> None:
        self._name = name
        self._shape = shape
        self._dtype = dtype
        self._variable_list = variable_list
        self._partitions = partitions
        self._as_tensor_made: Tensor | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._variable_list)

    def __len__(self) -> int:
        return max(self._partitions)

    def __getitem__(self, key: Any) -> Any:
        return self.as_tensor()[key]

    name = property(lambda self: self._name, doc="The name of the whole.")
    dtype = property(lambda self: self._dtype, doc="The element type.")
    op = property(lambda self: self.as_tensor().op, doc="The operation that joins the parts.")
    graph = property(lambda self: self._variable_list[0].graph, doc="The graph to which the parts belong.")

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape of the whole."""
        return shapes.TensorShape(self._shape)

    def get_shape(self) -> shapes.TensorShape:
        """The static shape of the whole."""
        return self.shape

    def _get_variable_list(self) -> list[Any]:
        return self._variable_list

    def _get_partitions(self) -> list[int]:
        return self._partitions

    def as_tensor(self) -> Tensor:
        """The parts joined, each time by new nodes."""
        graph = get_default_graph()
        with graph.control_dependencies(None):
            return self._concat()

    def _concat(self) -> Tensor:
        graph = get_default_graph()
        values = [variable.value() if hasattr(variable, "value") else variable for variable in self._variable_list]
        axes = [axis for axis, count in enumerate(self._partitions) if count > 1]
        if len(values) == 1:
            with graph.name_scope(None):
                return raw.Identity(values[0], name=self._name)
        if len(axes) != 1:
            raise NotImplementedError(
                f"Cannot concatenate along more than one dimension: {axes}. Multi-axis partition concat is not supported"
            )
        with graph.name_scope(f"{self._name}/ConcatPartitions/"):
            joined = concat(values, axes[0])
        with graph.name_scope(None):
            return raw.Identity(joined, name=self._name)

    def _as_graph_element(self) -> Tensor:
        if self._as_tensor_made is None:
            self._as_tensor_made = self.as_tensor()
        return self._as_tensor_made

    def _each(self, method: str, value: Any, use_locking: bool, name: str | None, read_value: bool) -> list[Any]:
        if callable(value):
            raise TypeError(f"{method} takes a tensor or a list of tensors, one per part; got {value!r}")
        if isinstance(value, list | tuple):
            parts = list(value)
        else:
            axis = next((axis for axis, count in enumerate(self._partitions) if count > 1), 0)
            sizes = [variable.shape.as_list()[axis] for variable in self._variable_list]
            parts = list(raw.SplitV(convert_to_tensor(value, dtype=self._dtype), sizes, axis, num_split=len(sizes)))
        results = [getattr(variable, method)(part, use_locking, name, read_value) for variable, part in zip(self._variable_list, parts)]
        return results if read_value else [getattr(result, "op", result) for result in results]

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> list[Any]:
        """Replace the parts by the parts of `value`; returns one update per part."""
        return self._each("assign", value, use_locking, name, read_value)

    def assign_add(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> list[Any]:
        """Add the parts of `value` to the parts; returns one update per part."""
        return self._each("assign_add", value, use_locking, name, read_value)

    def assign_sub(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> list[Any]:
        """Subtract the parts of `value` from the parts; returns one update per part."""
        return self._each("assign_sub", value, use_locking, name, read_value)


def _convert(value: PartitionedVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if as_ref:
        raise NotImplementedError("PartitionedVariable doesn't support being used as a reference.")
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type '{value.dtype.name}'"
        )
    return value.as_tensor()


register_tensor_conversion_function(PartitionedVariable, _convert)


# ---------------------------------------------------------------- cutting up


def full_shape(shape: Any) -> tuple[int, ...]:
    """A shape all of whose sizes are known.

    Raises:
      ValueError: when one is not.
    """
    sizes = shapes.as_shape(shape)
    if sizes is None or not shapes.is_defined(sizes):
        raise ValueError(f"shape is not fully defined: {shapes.python_text(sizes)}")
    return tuple(int(size) for size in sizes if size is not None)


def partition_counts(partitioner: Callable[..., Any], shape: tuple[int, ...], dtype: dtypes.DType) -> list[int]:
    """The number of parts per axis, as a partitioner says.

    Raises:
      ValueError: when what it says cannot be done.
    """
    counts = partitioner(shape=shapes.TensorShape(shape), dtype=dtype)
    if not isinstance(counts, list | tuple):
        raise ValueError(f"Partitioner must return a sequence, but saw: {counts}")
    counts = list(counts)
    if len(counts) != len(shape):
        raise ValueError(
            f"Partitioner returned a partition list that does not match the Variable's rank: {counts} vs. {shapes.python_text(shape)}"
        )
    if any(count < 1 for count in counts):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {counts}")
    if sum(count > 1 for count in counts) > 1:
        raise ValueError(f"Can only slice a variable along one dimension: shape: {list(shape)}, partitioning: {counts}")
    return counts


def parts_of(shape: tuple[int, ...], counts: list[int]) -> list[tuple[list[int], list[int]]]:
    """Offset and shape of each part; the first parts get what does not divide evenly.

    >>> parts_of((5, 2), [2, 1])
    [([0, 0], [3, 2]), ([3, 0], [2, 2])]
    """
    axis = next((axis for axis, count in enumerate(counts) if count > 1), 0)
    number = counts[axis]
    if number > shape[axis]:
        raise ValueError(f"Cannot cut axis {axis} of shape {list(shape)} into {number} parts")
    small, larger = divmod(shape[axis], number)
    parts = []
    start = 0
    for index in range(number):
        size = small + (1 if index < larger else 0)
        offset = [0] * len(shape)
        offset[axis] = start
        part = list(shape)
        part[axis] = size
        parts.append((offset, part))
        start += size
    return parts


def start_of_part(initializer: Any, offset: list[int], part_shape: list[int], dtype: dtypes.DType) -> tuple[Any, shapes.Shape]:
    """The initializer and the shape to give for one part: a constant is cut, a function is called with the shape of the part."""
    if initializer is None or callable(initializer):
        return initializer, tuple(part_shape)
    return raw.Slice(initializer, offset, part_shape), None


def check_number_of_parts(made: dict[str, Any], name: str, number: int) -> None:
    """Raise ValueError unless a variable that was made in parts before had this number of them."""
    if f"{name}/part_{number - 1}" not in made:
        raise ValueError(
            f"Partitioner returned a different partitioning than what was already found. Partitioner returned {number} shards, "
            f"and shard {name}/part_0 was found, but {name}/part_{number - 1} was not."
        )
    if f"{name}/part_{number}" in made:
        raise ValueError(
            f"Partitioner returned a different partitioning than what was already found. Partitioner returned {number} shards, "
            f"and shard {name}/part_0 was found, but so was the extra shard {name}/part_{number}."
        )


# ---------------------------------------------------------------- partitioners


@export("fixed_size_partitioner")
def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Callable[..., list[int]]:
    """A partitioner that cuts `axis` into `num_shards` parts.

    >>> import autograd_lite as tf
    >>> w = tf.get_variable("docs_in_parts", [5, 2], partitioner=tf.fixed_size_partitioner(2))
    >>> [part.shape.as_list() for part in w]
    [[3, 2], [2, 2]]
    """

    def partitioner(shape: Any, **unused: Any) -> list[int]:
        sizes = full_shape(shape)
        counts = [1] * len(sizes)
        counts[axis] = min(num_shards, sizes[axis])
        return counts

    return partitioner


def _bytes_per_element(dtype: Any, bytes_per_string_element: int) -> int:
    dtype = dtypes.as_dtype(dtype)
    return bytes_per_string_element if dtype == dtypes.string else dtype.size


@export("variable_axis_size_partitioner")
def variable_axis_size_partitioner(
    max_shard_bytes: int, axis: int = 0, bytes_per_string_element: int = 16, max_shards: int | None = None
) -> Callable[..., list[int]]:
    """A partitioner that cuts `axis` so that no part is larger than `max_shard_bytes`, if that is possible.

    Raises:
      ValueError: for sizes that are not positive.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("Both max_shard_bytes and bytes_per_string_element must be positive.")
    if max_shards is not None and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        whole = full_shape(shape)
        counts = [1] * len(whole)
        # of one slice of size 1 along the axis
        elements = math.prod(size for at, size in enumerate(whole) if at != axis % len(whole))
        slice_bytes = elements * _bytes_per_element(dtype, bytes_per_string_element)
        slices_per_part = max(1, max_shard_bytes // max(slice_bytes, 1))
        parts = max(1, math.ceil(whole[axis] / slices_per_part))
        counts[axis] = parts if max_shards is None else min(max_shards, parts)
        return counts

    return partitioner


@export("min_max_variable_partitioner")
def min_max_variable_partitioner(
    max_partitions: int = 1, axis: int = 0, min_slice_size: int = 256 << 10, bytes_per_string_element: int = 16
) -> Callable[..., list[int]]:
    """A partitioner that cuts `axis` into at most `max_partitions` parts of at least `min_slice_size` bytes each."""

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        whole = full_shape(shape)
        if axis >= len(whole):
            raise ValueError(f"Cannot partition variable along axis {axis} when shape is only {shape}")
        size = math.prod(whole) * _bytes_per_element(dtype, bytes_per_string_element)
        parts = max(1, size // min_slice_size)
        counts = [1] * len(whole)
        counts[axis] = max(1, min(whole[axis], max_partitions, parts))
        return counts

    return partitioner
