"""Ragged tensors: tensors whose rows have different lengths, as values in a row and the places where the rows begin and end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as range_, zeros
from autograd_lite.api.ragged_value import RaggedTensorValue, value_of_parts
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor


@export("RaggedTensor")
class RaggedTensor:
    """A tensor whose rows have different lengths. Make it with `from_row_splits` and its kin, or `tf.ragged.constant`.

    Raises:
      ValueError: when it is made without one of these.

    >>> import autograd_lite as tf
    >>> rows = tf.RaggedTensor.from_row_lengths([1, 2, 3], [2, 0, 1])
    >>> tf.Session().run(rows).to_list()
    [[1, 2], [], [3]]
    >>> tf.Session().run(rows.to_tensor())
    array([[1, 2],
           [0, 0],
           [3, 0]], dtype=int32)
    """

    _is_tensor_like = True

    def __init__(
        self,
        values: Any,
        row_splits: Any,
        cached_row_lengths: Any = None,
        cached_value_rowids: Any = None,
        cached_nrows: Any = None,
        internal: bool = False,
    ) -> None:
        if not internal:
            raise ValueError(
                "RaggedTensor constructor is private; please use one of the factory methods instead (e.g., RaggedTensor.from_row_lengths())"
            )
        self._values = values
        self._row_splits = row_splits
        self._row_lengths = cached_row_lengths
        self._value_rowids = cached_value_rowids
        self._nrows = cached_nrows

    # -------------------------------------------------------------- making them

    @classmethod
    def from_row_splits(cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True) -> RaggedTensor:
        """Row i is `values[row_splits[i]:row_splits[i + 1]]`. Wrong splits are found when the graph runs."""
        with building(name, "RaggedFromRowSplits", [values, row_splits]):
            return cls(_as_values(values), _as_splits(row_splits, "row_splits"), internal=True)

    @classmethod
    def from_row_lengths(cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True) -> RaggedTensor:
        """Row i has the next `row_lengths[i]` values."""
        with building(name, "RaggedFromRowLengths", [values, row_lengths]):
            values, lengths = _as_values(values), _as_splits(row_lengths, "row_lengths")
            limits = raw.Cumsum(lengths, 0)
            return cls(values, concat([zeros([1], lengths.dtype), limits], axis=0), cached_row_lengths=lengths, internal=True)

    @classmethod
    def from_row_limits(cls, values: Any, row_limits: Any, name: str | None = None, validate: bool = True) -> RaggedTensor:
        """Row i ends before value `row_limits[i]`."""
        with building(name, "RaggedFromRowLimits", [values, row_limits]):
            values, limits = _as_values(values), _as_splits(row_limits, "row_limits")
            return cls(values, concat([zeros([1], limits.dtype), limits], axis=0), internal=True)

    @classmethod
    def from_row_starts(cls, values: Any, row_starts: Any, name: str | None = None, validate: bool = True) -> RaggedTensor:
        """Row i begins with value `row_starts[i]`."""
        with building(name, "RaggedFromRowStarts", [values, row_starts]):
            values, starts = _as_values(values), _as_splits(row_starts, "row_starts")
            count = cast(_count_rows(values), starts.dtype)
            return cls(values, concat([starts, [count]], axis=0), internal=True)

    @classmethod
    def from_value_rowids(
        cls, values: Any, value_rowids: Any, nrows: Any = None, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Value j belongs to row `value_rowids[j]`; the numbers ascend. `nrows`: how many rows (default: the last one's number and 1)."""
        with building(name, "RaggedFromValueRowIds", [values, value_rowids]):
            values, ids = _as_values(values), _as_splits(value_rowids, "value_rowids")
            splits = segment_ids_to_row_splits(ids, nrows, ids.dtype)
            return cls(values, splits, cached_value_rowids=ids, internal=True)

    @classmethod
    def from_nested_row_splits(
        cls, flat_values: Any, nested_row_splits: Sequence[Any], name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Several ragged axes, the outermost first."""
        return cls._nested(cls.from_row_splits, "RaggedFromNestedRowSplits", flat_values, nested_row_splits, name)

    @classmethod
    def from_nested_row_lengths(
        cls, flat_values: Any, nested_row_lengths: Sequence[Any], name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Several ragged axes, the outermost first."""
        return cls._nested(cls.from_row_lengths, "RaggedFromNestedRowlengths", flat_values, nested_row_lengths, name)

    @classmethod
    def from_nested_value_rowids(
        cls, flat_values: Any, nested_value_rowids: Sequence[Any], nested_nrows: Any = None, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Several ragged axes, the outermost first."""
        counts = [None] * len(nested_value_rowids) if nested_nrows is None else list(nested_nrows)
        if len(counts) != len(nested_value_rowids):
            raise ValueError("nested_nrows must have the same length as nested_value_rowids")
        with building(name, "RaggedFromNestedValueRowIds", [flat_values, *nested_value_rowids]):
            result = flat_values
            for ids, count in zip(reversed(nested_value_rowids), reversed(counts)):
                result = cls.from_value_rowids(result, ids, count)
            return result

    @classmethod
    def _nested(cls, make: Callable[..., RaggedTensor], scope: str, flat: Any, parts: Sequence[Any], name: str | None) -> Any:
        if isinstance(parts, Tensor):
            raise TypeError(f"a list of tensors is wanted, one for each ragged axis, not {parts!r}")
        with building(name, scope, [flat, *parts]):
            result = flat
            for part in reversed(parts):
                result = make(result, part)
            return result

    @classmethod
    def from_tensor(
        cls,
        tensor: Any,
        lengths: Any = None,
        padding: Any = None,
        ragged_rank: int = 1,
        name: str | None = None,
        row_splits_dtype: Any = dtypes.int64,
    ) -> RaggedTensor:
        """The rows of a tensor as a ragged one; of each the first `lengths` elements, or those before the `padding` at its end.

        Raises:
          ValueError: `lengths` and `padding` are both given, or go with `ragged_rank` 1 only.
        """
        if lengths is not None and padding is not None:
            raise ValueError("Specify lengths or padding, but not both")
        if ragged_rank != 1:
            raise ValueError(f"ragged_rank must be 1, not {ragged_rank}: use from_nested_row_splits for more ragged axes.")
        with building(name, "RaggedFromTensor", [tensor, lengths, padding]):
            tensor = convert_to_tensor(tensor, name="tensor")
            shape = raw.Shape(tensor, out_type=row_splits_dtype)
            if padding is not None:
                lengths = _lengths_before(tensor, convert_to_tensor(padding, tensor.dtype, "padding"), shape)
            if lengths is None:
                lengths = raw.Fill(shape[:1], shape[1])
            lengths = cast(convert_to_tensor(lengths, name="lengths"), row_splits_dtype)
            lengths = raw.Minimum(raw.Maximum(lengths, cast(0, row_splits_dtype)), shape[1])
            inside = raw.Less(range_(shape[1])[None, :], raw.ExpandDims(lengths, 1))
            values = raw.GatherNd(tensor, raw.Where(inside))
            return cls.from_row_lengths(values, lengths)

    @classmethod
    def from_sparse(cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = dtypes.int64) -> RaggedTensor:
        """A two-dimensional SparseTensor whose rows have no holes, as a ragged tensor.

        Raises:
          TypeError: no SparseTensor. ValueError: another rank.
        """
        if not isinstance(st_input, SparseTensor):
            raise TypeError(f"Expected SparseTensor, got {type(st_input).__name__}")
        if st_input.indices.shape.as_list()[1] not in (None, 2):
            raise ValueError("rank(st_input) must be 2")
        with building(name, "RaggedFromSparse", [st_input.values]):
            rows = cast(st_input.indices[:, 0], row_splits_dtype)
            return cls.from_value_rowids(st_input.values, rows, cast(st_input.dense_shape[0], row_splits_dtype))

    # -------------------------------------------------------------- what they are made of

    @property
    def values(self) -> Any:
        """The rows, one behind the other: a Tensor, or a RaggedTensor with one ragged axis less."""
        return self._values

    @property
    def row_splits(self) -> Tensor:
        """Where the rows begin and end in `values`."""
        return self._row_splits

    @property
    def flat_values(self) -> Tensor:
        """The innermost values."""
        inner = self._values
        while isinstance(inner, RaggedTensor):
            inner = inner._values
        return inner

    @property
    def nested_row_splits(self) -> tuple[Tensor, ...]:
        """The row splits of all ragged axes, the outermost first."""
        return tuple([each._row_splits for each in self._levels()])

    def _levels(self) -> list[RaggedTensor]:
        found: list[RaggedTensor] = []
        inner: Any = self
        while isinstance(inner, RaggedTensor):
            found.append(inner)
            inner = inner._values
        return found

    @property
    def ragged_rank(self) -> int:
        """How many axes are ragged."""
        return len(self._levels())

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self.flat_values.dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape; ragged axes are unknown."""
        splits, inner = self._row_splits.static_shape, self.flat_values.static_shape
        if inner is None:
            return TensorShape(None)
        rows = splits[0] - 1 if splits is not None and splits[0] is not None else None
        return TensorShape((rows, *[None] * self.ragged_rank, *inner[1:]))

    @property
    def graph(self) -> Any:
        """The graph to which the parts belong."""
        return self._row_splits.graph

    def consumers(self) -> list[Operation]:
        """The operations that take the values or one of the row splits."""
        parts = (self.flat_values, *self.nested_row_splits)
        return list(dict.fromkeys(op for part in parts for op in part.consumers()))

    def row_starts(self, name: str | None = None) -> Tensor:
        """The place of the first value of every row."""
        with building(name, "RaggedRowStarts", [self._row_splits]):
            return self._row_splits[:-1]

    def row_limits(self, name: str | None = None) -> Tensor:
        """The place behind the last value of every row."""
        with building(name, "RaggedRowLimits", [self._row_splits]):
            return self._row_splits[1:]

    def row_lengths(self, axis: int = 1, name: str | None = None) -> Any:
        """How many elements every row has; with a larger axis: the rows inside, as a ragged tensor."""
        if axis == 1 and self._row_lengths is not None:
            return self._row_lengths
        with building(name, "RaggedRowLengths", [self._row_splits]):
            if axis == 1:
                return self._row_splits[1:] - self._row_splits[:-1]
            if not isinstance(self._values, RaggedTensor):
                raise ValueError(f"axis {axis} is not ragged: ragged_rank is {self.ragged_rank} at most")
            return self.with_values(self._values.row_lengths(axis - 1))

    def nested_row_lengths(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The lengths of the rows of all ragged axes, the outermost first."""
        with building(name, "RaggedNestedRowLengths", [self._row_splits]):
            return tuple([each.row_lengths() for each in self._levels()])

    def nrows(self, out_type: Any = None, name: str | None = None) -> Tensor:
        """How many rows there are."""
        with building(name, "RaggedNRows", [self._row_splits]):
            count = raw.Shape(self._row_splits, out_type=self._row_splits.dtype)[0] - 1
            return count if out_type is None else cast(count, out_type)

    def value_rowids(self, name: str | None = None) -> Tensor:
        """The row of every value."""
        if self._value_rowids is not None:
            return self._value_rowids
        with building(name, "RaggedValueRowIds", [self._row_splits]):
            return row_splits_to_segment_ids(self._row_splits)

    def nested_value_rowids(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The row of every value, for all ragged axes, the outermost first."""
        with building(name, "RaggedNestedValueRowIds", [self._row_splits]):
            return tuple([each.value_rowids() for each in self._levels()])

    def bounding_shape(self, axis: Any = None, name: str | None = None, out_type: Any = None) -> Tensor:
        """The shape of the smallest tensor that holds all rows."""
        out_type = self._row_splits.dtype if out_type is None else dtypes.as_dtype(out_type)
        with building(name, "RaggedBoundingBox", [self._row_splits]):
            shape = raw.RaggedTensorToSparse(list(self.nested_row_splits), self.flat_values).sparse_dense_shape
            shape = cast(shape, out_type)
            return shape if axis is None else raw.GatherV2(shape, axis, 0)

    # -------------------------------------------------------------- other forms

    def with_values(self, new_values: Any) -> RaggedTensor:
        """The same rows with other values."""
        new_values = _as_values(new_values)
        return RaggedTensor(new_values, self._row_splits, self._row_lengths, self._value_rowids, self._nrows, internal=True)

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """The same rows with other innermost values."""
        result: Any = _as_values(new_values)
        for each in reversed(self._levels()):
            result = each.with_values(result)
        return result

    def with_row_splits_dtype(self, dtype: Any) -> RaggedTensor:
        """The same with row splits of another integer type."""
        result: Any = self.flat_values
        for splits in reversed(self.nested_row_splits):
            result = RaggedTensor(result, cast(splits, dtype), internal=True)
        return result

    def to_tensor(self, default_value: Any = None, name: str | None = None) -> Tensor:
        """A tensor whose rows are filled up with `default_value` (zero, or the empty string)."""
        with building(name, "RaggedToTensor", [self.flat_values, default_value]):
            if default_value is None:
                default_value = constant("" if self.dtype == dtypes.string else 0, self.dtype)
            default_value = convert_to_tensor(default_value, self.dtype, "default_value")
            splits = list(self.nested_row_splits)
            unknown = constant(-1, splits[0].dtype)
            return raw.RaggedTensorToTensor(
                unknown, self.flat_values, default_value, splits, row_partition_types=["ROW_SPLITS"] * len(splits)
            )

    def to_sparse(self, name: str | None = None) -> SparseTensor:
        """A SparseTensor that stores exactly the values."""
        with building(name, "RaggedToSparse", [self.flat_values]):
            return SparseTensor(*raw.RaggedTensorToSparse(list(self.nested_row_splits), self.flat_values))

    def to_list(self) -> list[Any]:
        """Nested lists exist only once the graph has run.

        Raises:
          ValueError: always; fetch the tensor in a session and call `to_list()` of its value.
        """
        raise ValueError("RaggedTensor.to_list() is only supported in eager mode.\n  session.run(x).to_list() gives the lists.")

    def eval(self, feed_dict: Any = None, session: Any = None) -> RaggedTensorValue:
        """Compute the parts in a session and return a RaggedTensorValue."""
        parts = [part.eval(feed_dict, session) for part in (self.flat_values, *self.nested_row_splits)]
        return value_of_parts(parts)

    def __repr__(self) -> str:
        return f"tf.RaggedTensor(values={self._values}, row_splits={self._row_splits})"

    __str__ = __repr__


def _as_values(values: Any) -> Any:
    return values if isinstance(values, RaggedTensor) else convert_to_tensor(values, name="values")


def _as_splits(splits: Any, name: str) -> Tensor:
    """An integer vector; Python lists become int64."""
    wanted = None if isinstance(splits, Tensor | np.ndarray) else dtypes.int64
    found = convert_to_tensor(splits, wanted, name)
    if found.dtype not in (dtypes.int32, dtypes.int64):
        raise ValueError(f"{name} must have dtype int32 or int64, not {found.dtype.name}")
    found.shape.assert_has_rank(1)
    return found


def _count_rows(values: Any) -> Tensor:
    if isinstance(values, RaggedTensor):
        return values.nrows()
    return raw.Shape(values, out_type=dtypes.int64)[0]


def _lengths_before(tensor: Tensor, padding: Tensor, shape: Tensor) -> Tensor:
    """How many elements each row has before the padding at its end."""
    kept = raw.NotEqual(tensor, padding)
    axes = list(range(2, tensor.shape.rank or 2))
    if axes:
        kept = raw.Any(kept, axes)
    places = cast(kept, shape.dtype) * (range_(shape[1]) + 1)
    return raw.Max(places, 1)


@export("ragged.row_splits_to_segment_ids")
def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The row of every value of a ragged tensor with these row splits.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ragged.row_splits_to_segment_ids([0, 2, 2, 3]))
    array([0, 0, 2])
    """
    with building(name, "RaggedSplitsToSegmentIds", [splits]):
        edges = _as_splits(splits, "splits")
        edges = edges if out_type is None else cast(edges, out_type)
        places = range_(edges[-1])
        return cast(raw.UpperBound(edges[None, :], places[None, :], out_type=edges.dtype)[0] - 1, edges.dtype)


@export("ragged.segment_ids_to_row_splits")
def segment_ids_to_row_splits(segment_ids: Any, num_segments: Any = None, out_type: Any = None, name: str | None = None) -> Tensor:
    """The row splits of a ragged tensor whose values belong to these rows; the numbers ascend.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ragged.segment_ids_to_row_splits([0, 0, 2], 4))
    array([0, 2, 2, 3, 3])
    """
    with building(name, "SegmentIdsToRaggedSplits", [segment_ids, num_segments]):
        ids = _as_splits(segment_ids, "segment_ids")
        ids = ids if out_type is None else cast(ids, out_type)
        if num_segments is None:
            one = constant(1, ids.dtype)
            num_segments = raw.Max(concat([[one - one], ids + one], axis=0), 0)
        count = cast(convert_to_tensor(num_segments), ids.dtype)
        return cast(raw.LowerBound(ids[None, :], range_(count + 1)[None, :], out_type=ids.dtype)[0], ids.dtype)


@export("ragged.range")
def ragged_range(
    starts: Any, limits: Any = None, deltas: Any = 1, dtype: Any = None, name: str | None = None, row_splits_dtype: Any = dtypes.int64
) -> RaggedTensor:
    """Rows that count from each start to its limit (or, with one argument, from 0).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ragged.range([3, 0, 2])).to_list()
    [[0, 1, 2], [], [0, 1]]
    """
    if limits is None:
        starts, limits = 0, starts
    with building(name, "RaggedRange", [starts, limits, deltas]):
        limits = convert_to_tensor(limits, dtype, "limits")
        starts = convert_to_tensor(starts, limits.dtype, "starts")
        deltas = convert_to_tensor(deltas, limits.dtype, "deltas")
        splits, values = raw.RaggedRange(starts, limits, deltas, Tsplits=row_splits_dtype)
        return RaggedTensor(values, splits, internal=True)


@export("ragged.map_flat_values")
def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Apply a function to the innermost values of ragged tensors; the result has their rows.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ragged.map_flat_values(tf.square, tf.ragged.constant([[1, 2], [3]]))).to_list()
    [[1, 4], [9]]
    """
    ragged = [each for each in (*args, *kwargs.values()) if isinstance(each, RaggedTensor)]
    if not ragged:
        return op(*args, **kwargs)

    def flat(value: Any) -> Any:
        return value.flat_values if isinstance(value, RaggedTensor) else value

    result = op(*[flat(each) for each in args], **{key: flat(value) for key, value in kwargs.items()})
    return ragged[0].with_flat_values(result)


@export("ragged.constant_value")
def constant_value(
    pylist: Any, dtype: Any = None, ragged_rank: int | None = None, inner_shape: Any = None, row_splits_dtype: Any = "int64"
) -> Any:
    """Nested lists of different lengths as a RaggedTensorValue (an array when nothing is nested).

    Raises:
      ValueError: lists that nest to different depths.

    >>> constant_value([[1, 2], [3]]).row_splits
    array([0, 2, 3])
    """
    depth = _depth(pylist)
    inner_rank = len(inner_shape) if inner_shape is not None else 0
    rank = depth - 1 - inner_rank if ragged_rank is None else ragged_rank
    if rank < 0 or rank > max(depth - 1, 0):
        raise ValueError(f"ragged_rank {rank} does not go with lists that nest {depth} deep")
    nested, values = [], pylist
    for _ in range(rank):
        nested.append(np.concatenate([[0], np.cumsum([len(row) for row in values])]).astype(dtypes.as_dtype(row_splits_dtype).numpy))
        values = [item for row in values for item in row]
    array = np.array(values) if dtype is None else np.array(values, dtypes.as_dtype(dtype).numpy)
    if inner_shape is not None:
        array = array.reshape(-1, *inner_shape)
    return value_of_parts([array, *nested])


def _depth(pylist: Any) -> int:
    """How deep lists nest; empty ones may stand at any depth."""
    depth, level = 0, [pylist]
    while True:
        lists = [item for item in level if isinstance(item, list | tuple)]
        if len(lists) != len(level):
            if lists:
                raise ValueError("all scalar values must have the same nesting depth")
            return depth
        level = [item for row in lists for item in row]
        depth += 1
        if not level:
            return depth


@export("ragged.constant")
def ragged_constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = dtypes.int64,
) -> Any:
    """Nested lists of different lengths as a RaggedTensor (a Tensor when nothing is nested).

    Raises:
      ValueError: lists that nest to different depths.

    >>> import autograd_lite as tf
    >>> tf.ragged.constant([["a"], ["b", "c"]]).shape.as_list()
    [2, None]
    """
    with building(name, "RaggedConstant"):
        value = constant_value(pylist, None, ragged_rank, inner_shape, row_splits_dtype)
        if not isinstance(value, RaggedTensorValue):
            return constant(pylist, dtype)
        result: Any = constant(value.flat_values.tolist() if dtype is None else value.flat_values, dtype, name="values")
        for splits in reversed(value.nested_row_splits):
            result = RaggedTensor(result, constant(splits, row_splits_dtype), internal=True)
        return result

