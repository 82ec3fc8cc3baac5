"""Making sparse tensors and changing their layout: to and from dense, sorted, reshaped, joined, cut, filled."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite.api.operators  # noqa: F401  (tensors are sliced and compared)
from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import (
    concat,
    expand_dims as expand_tensor,
    ones_like,
    rank,
    shape as shape_of,
    stack,
    transpose,
    zeros_like,
)
from autograd_lite.api.asserts import assert_equal, assert_less_equal
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as range_, zeros
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.math import add
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.api.slicing import gather, gather_nd, slice_, where, where_v2
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import as_shape, num_elements
from autograd_lite.graph.composite import SparseTensor, SparseTensorValue
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def as_sparse(value: Any) -> SparseTensor:
    """`value` as a SparseTensor.

    Raises:
      TypeError: when it is neither a SparseTensor nor a SparseTensorValue.
    """
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError(f"Input must be a SparseTensor.\n  This came: {value!r}")
    return value


def parts(sp_input: SparseTensor) -> tuple[Tensor, Tensor, Tensor]:
    """The three tensors of a sparse tensor."""
    return sp_input.indices, sp_input.values, sp_input.dense_shape


@export("sparse_to_dense")
def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """Write values at positions into a tensor that is `default_value` everywhere else.

    Args:
      sparse_indices: [n, rank] integers, [n] for a vector, or one number; in order, each once.
      sparse_values: [n], or one value for all.

    Raises:
      InvalidArgumentError: (when run) positions out of bounds or, if validated, out of order or repeated.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sparse_to_dense([1, 3], [4], 5))
    array([0, 5, 0, 5], dtype=int32)
    """
    return raw.SparseToDense(sparse_indices, output_shape, sparse_values, default_value, validate_indices=validate_indices, name=name)


@export("sparse.to_dense", "sparse_tensor_to_dense")
@leaves_no_trace
def sparse_tensor_to_dense(sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None) -> Tensor:
    """A sparse tensor as a dense one; `default_value` (0) stands where nothing is stored.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [1, 0]], [3, 4], [2, 2])
    >>> tf.Session().run(tf.sparse_tensor_to_dense(s))
    array([[0, 3],
           [4, 0]], dtype=int32)
    """
    sp_input = as_sparse(sp_input)
    if default_value is None:
        default_value = zeros([], dtype=sp_input.dtype)
    indices, stored, sizes = parts(sp_input)
    return sparse_to_dense(indices, sizes, stored, default_value, validate_indices, name)


@export("sparse.from_dense")
def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The elements of a dense tensor that are not 0, as a sparse tensor.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sparse.from_dense([0, 5, 0, 7])).indices.tolist()
    [[1], [3]]
    """
    with building(name, "dense_to_sparse", [tensor]):
        tensor = convert_to_tensor(tensor)
        nothing = constant("") if tensor.dtype.base_dtype == dtypes.string else zeros_like(tensor)
        indices = where(raw.NotEqual(tensor, nothing))
        return SparseTensor(indices, gather_nd(tensor, indices), shape_of(tensor, out_type=dtypes.int64))


@export("sparse.eye")
def eye(num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: str | None = None) -> SparseTensor:
    """An identity matrix as a sparse tensor.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.sparse.eye(2)).values
    array([1., 1.], dtype=float32)
    """
    with building(name, "eye", [num_rows, num_columns]):
        rows = cast(num_rows, dtypes.int64)
        columns = rows if num_columns is None else cast(num_columns, dtypes.int64)
        count = raw.Minimum(rows, columns)
        diagonal = range_(count)
        return SparseTensor(stack([diagonal, diagonal], axis=1), raw.Fill(expand_tensor(count, 0), cast(1, dtype)), stack([rows, columns]))


@export("sparse.placeholder", "sparse_placeholder")
def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor to be fed: with a SparseTensorValue or (indices, values, shape).

    >>> import autograd_lite as tf
    >>> x = tf.sparse_placeholder(tf.float32, [2, 2])
    >>> value = tf.SparseTensorValue([[0, 1]], [3.0], [2, 2])
    >>> tf.Session().run(tf.sparse_reduce_sum(x), {x: value})
    3.0
    """
    name_of = (lambda part: f"{name}/{part}") if name is not None else (lambda part: None)
    known_rank: Any = None
    if shape is None:
        sizes = raw.Placeholder(dtype=dtypes.int64, shape=[None], name=name_of("shape"))
    elif isinstance(shape, Tensor):
        sizes, known_rank = shape, shape.static_shape[0] if shape.static_shape else None
    else:
        known = as_shape(shape)
        known_rank = len(known) if known is not None else None
        sizes = convert_to_tensor([-1 if size is None else size for size in known or ()], dtype=dtypes.int64, name=name_of("shape"))
    stored = raw.Placeholder(dtype=dtype, shape=[None], name=name_of("values"))
    indices = raw.Placeholder(dtype=dtypes.int64, shape=[None, known_rank], name=name_of("indices"))
    return SparseTensor(indices, stored, sizes)


@export("sparse.reorder", "sparse_reorder")
def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Sort the elements of a sparse tensor row by row, as most ops want them.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[1, 0], [0, 1]], [3, 4], [2, 2])
    >>> tf.Session().run(tf.sparse_reorder(s)).values
    array([4, 3], dtype=int32)
    """
    sp_input = as_sparse(sp_input)
    indices, stored = raw.SparseReorder(*parts(sp_input), name=name)
    return SparseTensor(indices, stored, raw.Identity(sp_input.dense_shape))


@export("sparse.reshape", "sparse_reshape")
@leaves_no_trace
def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """Give a sparse tensor another shape of as many elements; one size may be -1.

    Raises:
      ValueError: the known shapes have different numbers of elements.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [1, 0]], [3, 4], [2, 2])
    >>> tf.Session().run(tf.sparse_reshape(s, [4])).indices.tolist()
    [[1], [2]]
    """
    sp_input = as_sparse(sp_input)
    shape = cast(shape, dtypes.int64)
    with building(name, "SparseReshape", [sp_input.values]) as scope:
        indices, sizes = raw.SparseReshape(sp_input.indices, sp_input.dense_shape, shape, name=scope)
        known, wanted = as_shape(sp_input.shape), constant_value(shape)
        if known is not None and None not in known and wanted is not None and -1 not in wanted.tolist():
            have, want = num_elements(known), int(np.prod(wanted))
            if have != want:
                raise ValueError(f"Cannot reshape a tensor with {have} elements to shape {wanted.tolist()} ({want} elements).")
        return SparseTensor(indices, raw.Identity(sp_input.values), sizes)


@export("sparse.transpose", "sparse_transpose")
def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """Put the axes of a sparse tensor in another order (default: reversed).

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 2]], [3], [1, 3])
    >>> tf.Session().run(tf.sparse_transpose(s)).indices.tolist()
    [[2, 0]]
    """
    with building(name, "SparseTranspose", [sp_input.values]):
        known = as_shape(sp_input.shape)
        if perm is None and known is not None:
            perm = np.arange(len(known))[::-1]
        elif perm is None:
            count = rank(sp_input)
            perm = (count - 1) - range_(0, count, 1)
        indices = transpose(gather(transpose(sp_input.indices), perm))
        order = constant_value(convert_to_tensor(perm))
        if order is not None and known is not None and None not in known:
            sizes: Any = [known[axis] for axis in order.tolist()]
        else:
            sizes = gather(sp_input.dense_shape, perm)
        return sparse_reorder(SparseTensor(indices, sp_input.values, sizes))


@export("sparse.concat", "sparse_concat")
def sparse_concat(
    axis: Any,
    sp_inputs: Any,
    name: str | None = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
    expand_nonconcat_dims: bool | None = None,
) -> SparseTensor:
    """Join sparse tensors along an axis.

    Args:
      expand_nonconcat_dim: let the other axes differ in size, and take the greatest.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1]], [3], [1, 2])
    >>> tf.Session().run(tf.sparse_concat(0, [s, s])).dense_shape.tolist()
    [2, 2]
    """
    axis = renamed("axis", axis, "concat_dim", concat_dim)
    expand = expand_nonconcat_dim if expand_nonconcat_dims is None else expand_nonconcat_dims
    if not isinstance(sp_inputs, list | tuple):
        raise TypeError(f"Input must be a list of SparseTensors.\n  This came: {sp_inputs!r}")
    inputs = [as_sparse(each) for each in sp_inputs]
    if len(inputs) == 1:
        return inputs[0]
    with building(name, "SparseConcat", [each.values for each in inputs]) as scope:
        sizes = [each.dense_shape for each in inputs]
        if expand:
            greatest = reduce_max(concat([raw.Reshape(each, [1, -1]) for each in sizes], 0), 0)
            before, after = greatest[:axis], greatest[axis:][1:] if axis == -1 else greatest[axis + 1 :]
            sizes = [concat([before, each[axis : axis + 1] if axis != -1 else each[-1:], after], 0) for each in sizes]
        joined = raw.SparseConcat([each.indices for each in inputs], [each.values for each in inputs], sizes, concat_dim=axis, name=scope)
        return SparseTensor(*joined)


class _KeywordRequired:
    """Stands where 1.15 has its guard against arguments by position."""

    def __repr__(self) -> str:
        return "KeywordRequired()"


@export("sparse.split", "sparse_split")
def sparse_split(
    keyword_required: Any = _KeywordRequired(),
    sp_input: Any = None,
    num_split: int | None = None,
    axis: Any = None,
    name: str | None = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    """Cut a sparse tensor into `num_split` pieces along an axis; all arguments go by their names.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [1, 0]], [3, 4], [2, 2])
    >>> [piece.values.eval(session=tf.Session()).tolist() for piece in tf.sparse_split(sp_input=s, num_split=2, axis=0)]
    [[3], [4]]
    """
    if not isinstance(keyword_required, _KeywordRequired):
        raise ValueError("Keyword arguments are required for this function.")
    for given, label in ((sp_input, "sp_input"), (num_split, "num_split")):
        if given is None:
            raise ValueError(f"{label} is required")
    axis = renamed("axis", axis, "split_dim", split_dim)
    if axis is None:
        raise ValueError("axis is required")
    sp_input = as_sparse(sp_input)
    places, stored, sizes = raw.SparseSplit(axis, *parts(sp_input), num_split=num_split, name=name)
    return [SparseTensor(*piece) for piece in zip(places, stored, sizes)]


@export("sparse.slice", "sparse_slice")
@leaves_no_trace
def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """Cut a block out of a sparse tensor.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [2, 2]], [3, 4], [3, 3])
    >>> tf.Session().run(tf.sparse_slice(s, [1, 1], [2, 2])).indices.tolist()
    [[1, 1]]
    """
    sp_input = as_sparse(sp_input)
    start = convert_to_tensor(start, dtypes.int64)
    size = convert_to_tensor(size, dtypes.int64)
    return SparseTensor(*raw.SparseSlice(*parts(sp_input), start, size, name=name))


@export("sparse.retain", "sparse_retain")
@leaves_no_trace
def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """Keep some of the stored elements.

    Args:
      to_retain: a truth value for each stored element.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [2, 2]], [3, 4], [3, 3])
    >>> tf.Session().run(tf.sparse_retain(s, [False, True])).values
    array([4], dtype=int32)
    """
    sp_input = as_sparse(sp_input)
    to_retain = convert_to_tensor(to_retain)
    if to_retain.static_shape is not None:
        to_retain.shape.assert_has_rank(1)
        sp_input.values.shape.dims[0].assert_is_compatible_with(to_retain.shape.dims[0])
    kept = raw.Reshape(where(to_retain), [-1])
    indices = gather(sp_input.indices, kept)
    stored = gather(sp_input.values, kept)
    return SparseTensor(indices, stored, raw.Identity(sp_input.dense_shape))


@export("sparse.reset_shape", "sparse_reset_shape")
@leaves_no_trace
def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """A sparse tensor with a larger shape, or (default) the smallest that holds its elements.

    Raises:
      ValueError: the new shape has another rank, or is smaller.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1], [1, 0]], [3, 4], [9, 9])
    >>> tf.Session().run(tf.sparse_reset_shape(s)).dense_shape.tolist()
    [2, 2]
    """
    sp_input = as_sparse(sp_input)
    indices, stored, sizes = raw.Identity(sp_input.indices), raw.Identity(sp_input.values), raw.Identity(sp_input.dense_shape)
    if new_shape is None:
        top = reduce_max(indices, axis=0)
        wanted = raw.Maximum(constant(0, dtype=dtypes.int64), add(top, ones_like(sizes)))
        return SparseTensor(indices, stored, wanted)
    wanted = cast(convert_to_tensor(new_shape), dtypes.int64)
    if wanted.shape.rank != 1:
        raise ValueError(f"new_shape should be a vector, but has shape {wanted.shape}")
    sp_input.dense_shape.shape.assert_is_compatible_with(wanted.shape)
    known, asked = as_shape(sp_input.shape), constant_value(wanted)
    if sp_input.dense_shape.static_shape is None:
        raise TypeError("'NoneType' object is not subscriptable\n  The shape of the sparse tensor must at least be known to be a vector.")
    if known is not None and None not in known and asked is not None:
        for axis, (have, want) in enumerate(zip(known, asked.tolist())):
            if want < have:
                raise ValueError(f"Requested dimension {want} at {axis} is smaller than the {have} of the sparse tensor")
    else:
        wanted = with_dependencies([assert_equal(shape_of(sizes), shape_of(wanted))], wanted)
        wanted = with_dependencies([assert_less_equal(sizes, wanted)], wanted)
    return SparseTensor(indices, stored, wanted)


@export("sparse.fill_empty_rows", "sparse_fill_empty_rows")
def sparse_fill_empty_rows(sp_input: Any, default_value: Any, name: str | None = None) -> tuple[SparseTensor, Tensor]:
    """Give every row without elements one, `default_value` in its first column; also tells which rows were empty.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 1]], [3], [2, 2])
    >>> filled, empty = tf.sparse_fill_empty_rows(s, 7)
    >>> tf.Session().run([filled.values, empty])
    [array([3, 7], dtype=int32), array([False,  True])]
    """
    sp_input = as_sparse(sp_input)
    with building(name, "SparseFillEmptyRows", [sp_input.values]):
        default_value = convert_to_tensor(default_value, dtype=sp_input.values.dtype)
        indices, stored, empty, _ = raw.SparseFillEmptyRows(*parts(sp_input), default_value)
        return SparseTensor(indices, stored, sp_input.dense_shape), empty


@export("sparse.expand_dims")
def expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """Add an axis of size 1 to a sparse tensor (default: at the end).

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[1]], [3], [2])
    >>> tf.Session().run(tf.sparse.expand_dims(s, 0)).indices.tolist()
    [[0, 1]]
    """
    known = sp_input.dense_shape.static_shape
    if known is None or known[0] is None:
        raise ValueError("Cannot convert unknown Dimension ? to a Tensor.\n  How many axes the sparse tensor has must be known.")
    count = known[0]
    with building(name, "expand_dims", [sp_input.values]):
        axis = convert_to_tensor(-1 if axis is None else axis, name="axis")
        axis = where_v2(axis >= 0, axis, axis + count + 1)
        column = zeros([shape_of(sp_input.indices)[0], 1], dtype=dtypes.int64)
        indices = concat([slice_(sp_input.indices, [0, 0], [-1, axis]), column, slice_(sp_input.indices, [0, axis], [-1, -1])], axis=1)
        before = slice_(sp_input.dense_shape, [0], [axis])
        after = slice_(sp_input.dense_shape, [axis], [-1])
        one = constant([1], dtype=dtypes.int64, name="new_shape")
        return SparseTensor(indices, sp_input.values, concat([before, one, after], axis=0))


@export("sparse.merge", "sparse_merge")
def sparse_merge(sp_ids: Any, sp_values: Any, vocab_size: Any, name: str | None = None, already_sorted: bool = False) -> SparseTensor:
    """Make the values of one sparse tensor the last coordinate of another's: row i has `values[i, k]` at column `ids[i, k]`.

    Args:
      sp_ids: a sparse tensor of columns, or a list of several (one more axis each).
      sp_values: a sparse tensor with the same positions.
      vocab_size: how many columns there are (a list for several `sp_ids`).

    >>> import autograd_lite as tf
    >>> ids = tf.SparseTensor([[0, 0], [1, 0]], [5, 2], [2, 1])
    >>> values = tf.SparseTensor([[0, 0], [1, 0]], [0.5, 0.25], [2, 1])
    >>> tf.Session().run(tf.sparse_merge(ids, values, 6)).indices.tolist()
    [[0, 5], [1, 2]]
    """
    if isinstance(sp_ids, SparseTensor | SparseTensorValue):
        sp_ids, vocab_size = [sp_ids], [vocab_size]
    elif not isinstance(sp_ids, list | tuple) or not isinstance(vocab_size, list | tuple):
        raise TypeError(f"sp_ids has to be a SparseTensor or list thereof. Found {type(sp_ids)}; vocab_size goes with it.")
    if len(sp_ids) != len(vocab_size):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    with building(name, "SparseMerge", [each.values for each in (*sp_ids, sp_values) if isinstance(each, SparseTensor)]):
        sp_ids, sp_values = [as_sparse(each) for each in sp_ids], as_sparse(sp_values)
        columns = []
        for each in sp_ids:
            ids = each.values if each.values.dtype == dtypes.int64 else cast(each.values, dtypes.int64)
            columns.append(expand_tensor(ids, 1))
        widths = [cast(each, dtypes.int64) for each in vocab_size]
        indices = concat([sp_ids[0].indices[:, :-1], *columns], 1)
        sizes = concat([sp_ids[0].dense_shape[:-1], widths], 0)
        merged = SparseTensor(indices, sp_values.values, sizes)
        if already_sorted:
            return merged
        ordered = sparse_reorder(merged)
        return SparseTensor(ordered.indices, ordered.values, sizes)


@export("sparse.to_indicator", "sparse_to_indicator")
def sparse_to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Tensor:
    """For each row, which of the numbers below `vocab_size` it holds, as truth values.

    >>> import autograd_lite as tf
    >>> s = tf.SparseTensor([[0, 0], [1, 0]], [2, 0], [2, 1])
    >>> tf.Session().run(tf.sparse_to_indicator(s, 3)).tolist()
    [[False, False, True], [True, False, False]]
    """
    sp_input = as_sparse(sp_input)
    with building(name, "SparseToIndicator", [sp_input.values]) as scope:
        present = raw.Fill(raw.ExpandDims(shape_of(sp_input.values)[0], 0), True)
        merged = sparse_merge(sp_input, SparseTensor(sp_input.indices, present, sp_input.dense_shape), vocab_size, name=scope)
        return sparse_tensor_to_dense(merged, default_value=False, validate_indices=False, name=scope)
