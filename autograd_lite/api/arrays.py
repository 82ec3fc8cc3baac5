"""Shapes and arrangement: asking for shapes, joining and splitting, stacking, transposing, padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.api.arguments import check_axis, renamed
from autograd_lite.api.constants import constant, ones, zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope, leaves_no_trace
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


@export("shape")
def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """Give the shape of `input` as a vector of integers: a constant when it is known, otherwise computed as the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.shape([[1, 2, 3], [4, 5, 6]]))
    array([2, 3], dtype=int32)
    """
    return _shape(input, name, out_type, optimize=True)


def _shape(input: Any, name: str | None, out_type: Any, optimize: bool) -> Tensor:
    with building(name, "Shape", [input]) as scope:
        if isinstance(input, SparseTensor):
            return _as_type(input.dense_shape, out_type)
        input = convert_to_tensor(input)
        if optimize and shapes.is_defined(input.static_shape):
            return constant(np.array(input.static_shape, dtypes.as_dtype(out_type).numpy), name=scope)
        return raw.Shape(input, out_type=out_type, name=scope)


def _as_type(tensor: Tensor, dtype: Any) -> Tensor:
    return tensor if tensor.dtype.base_dtype == dtypes.as_dtype(dtype).base_dtype else raw.Cast(tensor, DstT=dtype)


@export("shape_n")
def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> list[Tensor]:
    """Give the shapes of several tensors.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.shape_n([tf.zeros([2, 3]), tf.zeros([4])]))
    [array([2, 3], dtype=int32), array([4], dtype=int32)]
    """
    return list(raw.ShapeN(input, out_type=out_type, name=name))


@export("size")
def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """Count the elements of `input`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.size([[1, 2, 3], [4, 5, 6]])))
    6
    """
    with building(name, "Size", [input]) as scope:
        if isinstance(input, SparseTensor):
            return raw.Prod(_as_type(input.dense_shape, out_type), 0, name=scope)
        input = convert_to_tensor(input)
        count = shapes.num_elements(input.static_shape)
        if count is not None:
            return constant(count, out_type, name=scope)
        return raw.Size(input, out_type=out_type, name=scope)


@export("rank")
def rank(input: Any, name: str | None = None) -> Tensor:
    """Count the axes of `input`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.rank([[1, 2, 3], [4, 5, 6]])))
    2
    """
    with building(name, "Rank", [input]) as scope:
        if isinstance(input, SparseTensor):
            return raw.Size(input.dense_shape, name=scope)
        input = convert_to_tensor(input)
        if input.static_shape is not None:
            return constant(len(input.static_shape), dtypes.int32, name=scope)
        return raw.Rank(input, name=scope)


@export("zeros_like")
def zeros_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Tensor:
    """Make zeros of the shape (and type, unless `dtype` is given) of `tensor`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.zeros_like([1, 2, 3]))
    array([0, 0, 0], dtype=int32)
    """
    with building(name, "zeros_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        wanted = tensor.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
        if optimize and shapes.is_defined(tensor.static_shape) and wanted.name != "variant":
            return zeros(tensor.static_shape, wanted, name=scope)
        if wanted != tensor.dtype.base_dtype:
            return zeros(_shape(tensor, None, dtypes.int32, optimize), wanted, name=scope)
        return raw.ZerosLike(tensor, name=scope)


@export("ones_like")
def ones_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Tensor:
    """Make ones of the shape (and type, unless `dtype` is given) of `tensor`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.ones_like([1., 2.]))
    array([1., 1.], dtype=float32)
    """
    with building(name, "ones_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        wanted = tensor.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
        result = ones(inner_shape(tensor, optimize), wanted, name=scope)
        result.set_shape(tensor.static_shape)
        return result


def inner_shape(tensor: Tensor, optimize: bool = True) -> Tensor:
    """The shape, under the names that TF gives it where a function asks for it on its own behalf."""
    if not (optimize and shapes.is_defined(tensor.static_shape)):
        return raw.Shape(tensor, name="Shape")
    known = np.array(tensor.static_shape, np.int32)
    if not release().nests_known_shapes:
        return constant(known, name="Shape")
    with building(None, "Shape"):
        return constant(known, name="shape_as_tensor")


@export("expand_dims")
def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Insert an axis of size 1 before `axis` (-1: at the end).

    Raises:
      ValueError: no axis is given, or it is out of range.

    >>> import autograd_lite as tf
    >>> tf.expand_dims(tf.zeros([2, 3]), 0).shape
    TensorShape([Dimension(1), Dimension(2), Dimension(3)])
    """
    axis = renamed("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    return raw.ExpandDims(input, axis, name=name)


@export("squeeze")
def squeeze(input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None) -> Tensor:
    """Drop axes of size 1: those listed in `axis`, or all.

    Raises:
      ValueError: a listed axis is not of size 1.

    >>> import autograd_lite as tf
    >>> tf.squeeze(tf.zeros([1, 3, 1]), [0]).shape
    TensorShape([Dimension(3), Dimension(1)])
    """
    axis = renamed("axis", axis, "squeeze_dims", squeeze_dims)
    axes = [] if axis is None else [axis] if np.isscalar(axis) else list(axis)
    return raw.Squeeze(input, squeeze_dims=axes, name=name)


@export("identity")
def identity(input: Any, name: str | None = None) -> Tensor:
    """Pass `input` on as it is: a place for a name, a device or control dependencies.

    >>> import autograd_lite as tf
    >>> tf.identity(tf.constant(3.0), name="out").name
    'out:0'
    """
    return raw.Identity(input, name=name)


@export("concat")
def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """Put tensors one after the other along an existing axis.

    Raises:
      ValueError: the shapes differ in another axis, or the arguments are swapped.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.concat([[[1, 2]], [[3, 4]]], axis=0))
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    if not isinstance(values, list | tuple):
        values = [values]
    if len(values) > 1:
        return raw.ConcatV2(values, axis, name=name)
    with building(name):
        convert_to_tensor(axis, name="concat_dim", dtype=dtypes.int32).shape.assert_has_rank(0)
        return identity(values[0], name=name)


@export("stack")
@leaves_no_trace
def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """Put tensors of one shape side by side along a new axis.

    Raises:
      ValueError: the shapes differ, or `axis` is out of range.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.stack([[1, 4], [2, 5]], axis=1))
    array([[1, 2],
           [4, 5]], dtype=int32)
    """
    if axis == 0:
        try:
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            pass  # tensors of several shapes or types: Pack says what is wrong
    first = convert_to_tensor(values[0], name=name).static_shape
    if first is not None:
        check_axis(axis, len(first) + 1)
    return raw.Pack(list(values), axis=axis, name=name)


@export("parallel_stack")
def parallel_stack(values: Any, name: str = "parallel_stack") -> Tensor:
    """Stack along a new first axis; shapes must be fully known.

    >>> import autograd_lite as tf
    >>> tf.parallel_stack([tf.zeros([2]), tf.ones([2])]).shape
    TensorShape([Dimension(2), Dimension(2)])
    """
    with building(name):
        first = convert_to_tensor(values[0])
        expanded = [expand_dims(value, 0) for value in values]
        return raw.ParallelConcat(expanded, shape=(len(values), *first.shape.as_list()))


@export("unstack")
@leaves_no_trace
def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Tensor]:
    """Take a tensor apart along an axis: a list of tensors with one axis less.

    Raises:
      ValueError: the size of that axis is not known (give `num`), or `axis` is out of range.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.unstack(tf.constant([[1, 2], [3, 4]])))
    [array([1, 2], dtype=int32), array([3, 4], dtype=int32)]
    """
    if num is None:
        value = convert_to_tensor(value)
        known = value.static_shape
        if known is not None:
            check_axis(axis, len(known))
            num = known[axis]
        if num is None:
            raise ValueError(
                f"Cannot infer argument `num` from shape {shapes.python_text(known)}\n"
                f"  The size of axis {axis} of {value!r} is not known while the graph is built: give num=..., or set_shape."
            )
    return list(raw.Unpack(value, num=num, axis=axis, name=name))


@export("split")
def split(value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str = "split") -> list[Tensor]:
    """Cut a tensor along an axis: into equal parts (an int), or parts of given sizes (a list or vector).

    Raises:
      ValueError: the axis does not divide evenly, the sizes do not add up, or their number is unknown (give `num`).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.split(tf.constant([1, 2, 3, 4]), [1, 3]))
    [array([1], dtype=int32), array([2, 3, 4], dtype=int32)]
    """
    if isinstance(num_or_size_splits, int | np.integer | shapes.Dimension):
        with in_current_scope([value]):
            if release().split_converts_count:
                convert_to_tensor(int(num_or_size_splits))
            return list(raw.Split(axis, value, num_split=int(num_or_size_splits), name=name))
    with in_current_scope([value]):
        sizes = convert_to_tensor(num_or_size_splits)
        if sizes.static_shape == ():
            raise ValueError(
                f"Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument provided: {num_or_size_splits}"
            )
        if num is None:
            num = None if sizes.static_shape is None else sizes.static_shape[0]
            if num is None:
                raise ValueError(f"Cannot infer argument `num` from shape {num_or_size_splits}")
        return list(raw.SplitV(value, sizes, axis, num_split=num, name=name))


@export("transpose")
def transpose(a: Any, perm: Any = None, name: str | None = "transpose", conjugate: bool = False) -> Tensor:
    """Reorder the axes: axis i of the result is axis `perm[i]` of `a` (default: all axes reversed).

    Args:
      conjugate: also take the complex conjugate.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.transpose([[1, 2, 3], [4, 5, 6]]))
    array([[1, 4],
           [2, 5],
           [3, 6]], dtype=int32)
    """
    with building(name, "transpose", [a]) as scope:
        a = convert_to_tensor(a, name="a")
        op = raw.ConjugateTranspose if conjugate and a.dtype.is_complex else raw.Transpose
        if perm is None:
            perm = np.arange(len(a.static_shape))[::-1].astype(np.int32) if a.static_shape is not None else _reversed_axes(a)
        return op(a, perm, name=scope)


def _reversed_axes(a: Tensor) -> Tensor:
    last = raw.Sub(raw.Rank(a), 1, name="sub")
    return raw.Range(last, -1, -1)


@export("matrix_transpose", "linalg.matrix_transpose", "linalg.transpose")
def matrix_transpose(a: Any, name: str | None = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """Swap the last two axes.

    Raises:
      ValueError: `a` has fewer than two axes.

    >>> import autograd_lite as tf
    >>> tf.matrix_transpose(tf.zeros([5, 2, 3])).shape
    TensorShape([Dimension(5), Dimension(3), Dimension(2)])
    """
    with building(name, "matrix_transpose", [a]):
        a = convert_to_tensor(a, name="a")
        known = a.static_shape
        if known is None:
            count = rank(a)
            perm: Any = concat(
                (raw.Range(0, raw.Sub(count, 2, name="sub"), 1), [raw.Sub(count, 1, name="sub")], [raw.Sub(count, 2, name="sub")]), 0
            )
            return transpose(a, perm, conjugate=conjugate)
        if len(known) < 2:
            raise ValueError(f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {shapes.python_text(known)}")
        axes = list(np.arange(len(known)))
        return transpose(a, np.array([*axes[:-2], axes[-1], axes[-2]], np.int32), conjugate=conjugate)


@export("pad")
def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", name: str | None = None, constant_values: Any = 0) -> Tensor:
    """Add elements before and after each axis: `paddings[i] = [before, after]`.

    Args:
      mode: "CONSTANT" (`constant_values`), "REFLECT" (mirrored without the edge) or "SYMMETRIC" (mirrored with it).

    Raises:
      ValueError: another mode, or paddings that do not go with the rank.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.pad([1, 2], [[1, 2]]))
    array([0, 1, 2, 0, 0], dtype=int32)
    """
    kind = mode.upper()
    if kind == "CONSTANT":
        if not isinstance(constant_values, Tensor) and np.ndim(constant_values) == 0 and constant_values == 0:
            return raw.Pad(tensor, paddings, name=name)
        return raw.PadV2(tensor, paddings, constant_values, name=name)
    if kind not in ("REFLECT", "SYMMETRIC"):
        raise ValueError(f'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". Received `mode` = {mode}')
    return raw.MirrorPad(tensor, paddings, mode=kind, name=name)


@export("meshgrid")
def meshgrid(*args: Any, **kwargs: Any) -> list[Tensor]:
    """Spread vectors over a grid: output i varies along its own axis only.

    Args:
      indexing: "xy" (default: the first two axes swapped, as in plots) or "ij".

    Raises:
      ValueError: another `indexing`. TypeError: an unknown keyword.

    >>> import autograd_lite as tf
    >>> x, y = tf.meshgrid([1, 2, 3], [4, 5])
    >>> tf.Session().run(x)
    array([[1, 2, 3],
           [1, 2, 3]], dtype=int32)
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'")
    with building(name, "meshgrid", args):
        count = len(args)
        ones_around = (1,) * count
        if not count:
            return []
        spread = [_reshape(stack(value), ones_around[:i] + (-1,) + ones_around[i + 1 :]) for i, value in enumerate(args)]
        sizes = [size(value) for value in args]
        if indexing == "xy" and count > 1:
            spread[0] = _reshape(spread[0], (1, -1) + (1,) * (count - 2))
            spread[1] = _reshape(spread[1], (-1, 1) + (1,) * (count - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        factor = ones(sizes, dtype=spread[0].dtype.base_dtype)
        return [raw.Mul(each, factor, name="mul") for each in spread]


def _reshape(tensor: Any, sizes: Sequence[int]) -> Tensor:
    return raw.Reshape(tensor, np.array(sizes, np.int32))


@export("broadcast_static_shape")
def broadcast_static_shape(shape_x: Any, shape_y: Any) -> shapes.TensorShape:
    """The static shape to which two static shapes broadcast.

    Raises:
      ValueError: they do not broadcast.

    >>> import autograd_lite as tf
    >>> tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([3])).as_list()
    [2, 3]
    """
    try:
        return shapes.TensorShape(shapes.broadcast(shapes.as_shape(shape_x), shapes.as_shape(shape_y)))
    except shapes.ShapeMismatch:
        raise ValueError(f"Incompatible shapes for broadcasting: {shape_x} and {shape_y}") from None


@export("broadcast_dynamic_shape")
@leaves_no_trace
def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """The shape to which two shape vectors broadcast, computed as the graph runs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.broadcast_dynamic_shape([2, 1], [3]))
    array([2, 3], dtype=int32)
    """
    return raw.BroadcastArgs(convert_to_tensor(shape_x, name="shape_x"), convert_to_tensor(shape_y, name="shape_y"))


@export("ensure_shape")
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """Pass `x` on if it has this shape (None: any size), and fail when the graph runs if it has not.

    >>> import autograd_lite as tf
    >>> tf.ensure_shape(tf.placeholder(tf.float32), [None, 3]).shape.as_list()
    [None, 3]
    """
    return raw.EnsureShape(x, shape=shapes.as_shape(shape), name=name)


def known_values(tensor: Any) -> np.ndarray | None:
    """The value of a constant tensor or of plain numbers; None when it is known only as the graph runs."""
    return constant_value(tensor) if isinstance(tensor, Tensor) else np.asarray(tensor)
