"""Taking parts of tensors: `x[1:3, ..., None]`, gather, masks, and choices between two tensors."""

from __future__ import annotations

import sys
from types import EllipsisType
from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, ones_like, rank, shape, stack
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export, export_constant
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import constant_node, convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor

_BAD_INDEX = "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are valid indices"

_INT32 = 2**31
_INDEX_TYPES = ("int16", "int32", "int64")


class _Spec:
    """The parts of an index expression in the form that StridedSlice takes: three lists and five bit masks."""

    def __init__(self, parts: Any) -> None:
        self.begin: list[Any] = []
        self.end: list[Any] = []
        self.strides: list[Any] = []
        self.masks = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0}
        for position, part in enumerate(parts):
            self._add(part, 1 << position)

    def _add(self, part: Any, bit: int) -> None:
        if isinstance(part, slice):
            self._add_slice(part, bit)
        elif isinstance(part, EllipsisType):
            self._append(0, 0, 1, "ellipsis_mask", bit)
        elif part is None:
            self._append(0, 0, 1, "new_axis_mask", bit)
        else:
            _check_index(part)
            self._append(part, part + 1, 1, "shrink_axis_mask", bit)

    def _add_slice(self, part: slice, bit: int) -> None:
        dtype = _type_of_bounds(part) if release().slices_fill_with_tensors else None
        for bound, values, mask in ((part.start, self.begin, "begin_mask"), (part.stop, self.end, "end_mask")):
            if bound is None or not isinstance(bound, Tensor) and bound == sys.maxsize:
                values.append(0 if dtype is None else constant(0, dtype))
                self.masks[mask] |= bit
            else:
                _check_index(bound)
                values.append(bound)
        if part.step is not None:
            _check_index(part.step)
        one = 1 if dtype is None or part.step is not None else constant(1, dtype)
        self.strides.append(one if part.step is None else part.step)

    def _append(self, begin: Any, end: Any, stride: Any, mask: str, bit: int) -> None:
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(stride)
        self.masks[mask] |= bit


def _type_of_bounds(part: slice) -> Any:
    """The integer type of the tensors in a slice; None when there are none."""
    found = {bound.dtype.base_dtype for bound in (part.start, part.stop, part.step) if isinstance(bound, Tensor)}
    return next((dtype for dtype in (dtypes.int64, dtypes.int32) if dtype in found), None)


def _check_index(index: Any) -> None:
    """Raise TypeError unless `index` is an integer, or a scalar integer tensor or array."""
    if isinstance(index, int | shapes.Dimension):
        return
    dtype = getattr(index, "dtype", None)
    sizes = getattr(index, "static_shape", None) if isinstance(index, Tensor) else getattr(index, "shape", None)
    if dtype is None or dtypes.as_dtype(dtype).base_dtype.name not in _INDEX_TYPES or sizes is not None and len(sizes) == 1:
        raise TypeError(f"{_BAD_INDEX}, got {index!r}")


def take_slice(tensor: Any, slice_spec: Any) -> Tensor:
    """What `tensor[slice_spec]` means: numbers, slices, `...`, `None`, scalar integer tensors, or one boolean mask.

    Raises:
      TypeError: for any other kind of index.
      ValueError: an index is out of bounds, or there are more than the tensor has axes.

    >>> import autograd_lite as tf
    >>> x = tf.constant([[1, 2, 3], [4, 5, 6]])
    >>> tf.Session().run([x[0, ::-1], x[:, 1], x[x > 4]])
    [array([3, 2, 1], dtype=int32), array([2, 5], dtype=int32), array([5, 6], dtype=int32)]
    """
    if isinstance(slice_spec, bool | np.bool_) or _is_mask(slice_spec):
        return boolean_mask(tensor, slice_spec)
    with in_current_scope([tensor]):
        return _sliced(tensor, _Spec(slice_spec if isinstance(slice_spec, list | tuple) else [slice_spec]))


def _sliced(tensor: Any, spec: _Spec) -> Tensor:
    with building(None, "strided_slice", [tensor, *spec.begin, *spec.end, *spec.strides]) as scope:
        if not spec.begin:
            bounds = [constant([], dtypes.int32)] * 3
        else:
            bounds = [_bound(spec.begin), _bound(spec.end), _bound(spec.strides)]
        if any(bound.dtype.base_dtype == dtypes.int64 for bound in bounds):
            bounds = [cast(bound, dtypes.int64) for bound in bounds]
        return raw.StridedSlice(tensor, *bounds, **spec.masks, name=scope)


def _bound(values: list[Any]) -> Tensor:
    """One of the vectors that StridedSlice takes; plain numbers go straight into a constant, for speed."""
    if all(type(value) is int and -_INT32 < value < _INT32 for value in values):
        return constant_node(np.array(values, np.int32), "stack")
    return stack(values)


def _is_mask(spec: Any) -> bool:
    return isinstance(spec, Tensor | np.ndarray) and dtypes.as_dtype(spec.dtype).base_dtype.is_bool


@export("strided_slice")
def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """Take every `strides[i]`-th element from `begin[i]` up to `end[i]` along each axis; `x[1:5:2]` is this op.

    Args:
      begin_mask, end_mask: bits of the axes whose bound is open.
      ellipsis_mask, new_axis_mask, shrink_axis_mask: bits of the entries that mean `...`, `None` and a single index.
      var: the variable that `input_` was read from; accepted for TF's sake.

    Raises:
      ValueError: a stride is 0, or an index is out of bounds.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strided_slice([1, 2, 3, 4], [1], [4], [2]))
    array([2, 4], dtype=int32)
    """
    if strides is None:
        strides = ones_like(begin)
    masks = {"begin_mask": begin_mask, "end_mask": end_mask, "ellipsis_mask": ellipsis_mask}
    return raw.StridedSlice(input_, begin, end, strides, **masks, new_axis_mask=new_axis_mask, shrink_axis_mask=shrink_axis_mask, name=name)


@export("slice")
def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """Take `size[i]` elements (-1: all that are left) from `begin[i]` on, along each axis.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.slice([1, 2, 3, 4], [1], [2]))
    array([2, 3], dtype=int32)
    """
    return raw.Slice(input_, begin, size, name=name)


@export("gather")
def gather(
    params: Any, indices: Any, validate_indices: bool | None = None, name: str | None = None, axis: Any = None, batch_dims: int = 0
) -> Tensor:
    """Take the elements (along axis 0: the rows) of `params` that `indices` number.

    Args:
      axis: the axis along which to take (default: the first after the batch axes).
      batch_dims: the number of leading axes that `params` and `indices` share.

    Raises:
      At run time InvalidArgumentError when an index is out of range.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.gather([10, 20, 30], [2, 0]))
    array([30, 10], dtype=int32)
    """
    if axis is None:
        axis = batch_dims
    if not isinstance(axis, Tensor) and axis == 0 and hasattr(params, "sparse_read"):
        return params.sparse_read(indices, name=name)
    return raw.GatherV2(params, indices, axis, batch_dims=batch_dims, name=name)


@export("gather_nd", "manip.gather_nd")
def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: int = 0) -> Tensor:
    """Take the elements or slices of `params` whose positions are the rows of `indices`.

    Args:
      batch_dims: the number of leading axes that `params` and `indices` share.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.gather_nd([[1, 2], [3, 4]], [[1, 0], [0, 1]]))
    array([3, 2], dtype=int32)
    """
    if batch_dims:
        return _batch_gather_nd(convert_to_tensor(params), convert_to_tensor(indices), batch_dims, name)
    if hasattr(params, "gather_nd"):
        return params.gather_nd(indices, name=name)
    return raw.GatherNd(params, indices, name=name)


def _batch_gather_nd(params: Tensor, indices: Tensor, batch_dims: int, name: str | None) -> Tensor:
    """Positions get the numbers of their batches in front, and are then looked up in one go."""
    with building(name, "gather_nd", [params, indices]) as scope:
        sizes = shape(indices)
        inner = indices
        count = rank(indices)
        for axis in reversed(range(batch_dims)):
            numbers = cast(raw.Range(0, sizes[axis], 1), indices.dtype)
            ones_after = raw.Fill(raw.ExpandDims(raw.Sub(count, axis + 1), 0), constant(1))
            places = raw.Reshape(numbers, concat([[1] * axis, [-1], ones_after], 0))
            prefix = raw.BroadcastTo(places, concat([sizes[:-1], [1]], 0))
            inner = concat([prefix, inner], -1)
        return raw.GatherNd(params, inner, name=scope)


@export("boolean_mask")
def boolean_mask(tensor: Any, mask: Any, name: str | None = "boolean_mask", axis: Any = None) -> Tensor:
    """Keep the elements (from `axis` on: the slices) of `tensor` where `mask` is true, one after the other.

    Raises:
      ValueError: the mask is a scalar, of unknown rank, or its shape does not go with the tensor's.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.boolean_mask([0, 1, 2, 3], [True, False, True, False]))
    array([0, 2], dtype=int32)
    """
    with building(name, "boolean_mask", [tensor, mask]):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        known_mask, known = mask.static_shape, tensor.shape
        if known_mask == ():
            raise ValueError("mask cannot be scalar.")
        if known_mask is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  "
                "E.g. shape=[None] is ok, but shape=None is not."
            )
        start = _mask_axis(axis)
        stop = start + len(known_mask)
        known[start:stop].assert_is_compatible_with(known_mask)
        masked_size = raw.Prod(shape(tensor)[start:stop], [0])
        flat = raw.Reshape(tensor, concat([shape(tensor)[:start], [masked_size], shape(tensor)[stop:]], 0))
        flat.set_shape(known[:start].concatenate([known[start:stop].num_elements()]).concatenate(known[stop:]))
        positions = raw.Squeeze(raw.Where(raw.Reshape(mask, [-1])), squeeze_dims=[1])
        return gather(flat, positions, axis=start)


def _mask_axis(axis: Any) -> int:
    value = constant_value(axis) if isinstance(axis, Tensor) else axis
    if axis is not None and value is None:
        raise ValueError(f"The axis of a mask must be known while the graph is built, got {axis!r}")
    return 0 if value is None else int(value)


@export("where")
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Choose elements of `x` where `condition` is true and of `y` elsewhere; with neither, give the positions of the true elements.

    `condition` has the shape of `x` and `y`, or is a vector that chooses whole rows, or a scalar.

    Raises:
      ValueError: only one of `x` and `y` is given, or the shapes do not go together.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.where([True, False], [1, 2], [3, 4]))
    array([1, 4], dtype=int32)
    """
    if (x is None) != (y is None):
        raise ValueError("x and y must both be non-None or both be None.")
    if x is not None:
        return raw.Select(condition, x, y, name=name)
    with building(name, "Where", [condition]) as scope:
        return raw.Where(convert_to_tensor(condition, preferred_dtype=dtypes.bool_, name="condition"), name=scope)


@export("where_v2")
def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Choose elements of `x` where `condition` is true and of `y` elsewhere; all three broadcast.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.where_v2([True, False], 1, [3, 4]))
    array([1, 4], dtype=int32)
    """
    if (x is None) != (y is None):
        raise ValueError("x and y must both be non-None or both be None.")
    return where(condition, name=name) if x is None else raw.SelectV2(condition, x, y, name=name)


@export("sequence_mask")
def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool_, name: str | None = None) -> Tensor:
    """Turn every length n into a row that starts with n times True; rows are `maxlen` long (default: the greatest length).

    Raises:
      ValueError: `maxlen` is no scalar.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sequence_mask([1, 3], 3, tf.int32))
    array([[1, 0, 0],
           [1, 1, 1]], dtype=int32)
    """
    with building(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            maxlen = reduce_max(lengths, _all_axes(lengths))
            maxlen = raw.Maximum(constant(0, maxlen.dtype), maxlen)
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.static_shape not in (None, ()):
            raise ValueError(
                f"Argument `maxlen` must be scalar for sequence_mask, received `maxlen` = {maxlen} with shape '{maxlen.shape}' instead"
            )
        row = raw.Range(constant(0, maxlen.dtype), maxlen, constant(1, maxlen.dtype))
        column = raw.Cast(raw.ExpandDims(lengths, -1), DstT=maxlen.dtype)
        result = raw.Less(row, column)
        wanted = dtypes.as_dtype(dtype).base_dtype
        return result if wanted.is_bool else cast(result, wanted)


def _all_axes(tensor: Tensor) -> Any:
    return None if tensor.static_shape is None else constant(np.arange(len(tensor.static_shape), dtype=np.int32))


newaxis = None  # `x[:, tf.newaxis]` inserts an axis of size 1
export_constant(__name__, "newaxis", "newaxis")
