"""Counting and searching: how often numbers occur, histograms, and where values belong in sorted rows."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import inner_shape, shape as shape_of, size
from autograd_lite.api.asserts import Assert
from autograd_lite.api.casting import cast
from autograd_lite.api.clip import clip_by_value
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max, reduce_prod
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("bincount", "math.bincount")
def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Count how often each number 0, 1, 2, ... occurs, or add up the weights that belong to it.

    Args:
      arr: whole numbers, none negative, of any shape.
      weights: as many numbers; they are added up, and decide about the type of the result.
      minlength, maxlength: the result has at least, and at most, so many elements.
      dtype: the type of the result without weights.

    Raises:
      InvalidArgumentError: at run time, for a negative number.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.bincount([1, 1, 2, 5]))
    array([0, 2, 1, 0, 0, 1], dtype=int32)
    """
    dense = release().bincount_is_dense
    with building(name, "bincount", [arr, weights, minlength, maxlength]):
        arr = convert_to_tensor(arr, None if dense else dtypes.int32, name="arr")
        filled: Any = raw.Greater(size(arr) if dense else reduce_prod(shape_of(arr)), 0)
        length: Any = cast(filled, arr.dtype) * (reduce_max(arr) + 1)
        if minlength is not None:
            length = raw.Maximum(convert_to_tensor(minlength, name="minlength", dtype=arr.dtype), length)
        if maxlength is not None:
            length = raw.Minimum(convert_to_tensor(maxlength, name="maxlength", dtype=arr.dtype), length)
        if not dense and weights is not None:
            return raw.UnsortedSegmentSum(convert_to_tensor(weights, name="weights"), arr, length)
        if not dense:
            return raw.Bincount(arr, length, convert_to_tensor([], dtype=dtype))
        if weights is None:
            flat = raw.Reshape(arr, [-1])
            return raw.DenseBincount(flat, length, convert_to_tensor([], dtype=dtype))
        weights = raw.Reshape(convert_to_tensor(weights, name="weights"), [-1])
        return raw.DenseBincount(raw.Reshape(arr, [-1]), length, weights)


@export("histogram_fixed_width")
@leaves_no_trace
def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Count the values in each of `nbins` equally wide bins; values outside of the range count in the first or the last one.

    Args:
      value_range: two numbers, the lower end of the first bin and the upper end of the last.

    Raises:
      InvalidArgumentError: at run time, for NaN, or when the range is empty.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5))
    array([2, 1, 1, 0, 2], dtype=int32)
    """
    with building(name, "histogram_fixed_width", [values, value_range, nbins]) as scope:
        return raw.HistogramFixedWidth(values, value_range, nbins, dtype=dtype, name=scope)


@export("histogram_fixed_width_bins")
def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Find which of `nbins` equally wide bins each value falls into; those outside of the range belong to the first or the last one.

    Args:
      value_range: two numbers, the lower end of the first bin and the upper end of the last.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.histogram_fixed_width_bins([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5))
    array([0, 0, 1, 2, 4, 4], dtype=int32)
    """
    with building(name, "histogram_fixed_width_bins", [values, value_range, nbins]):
        values = convert_to_tensor(values, name="values")
        sizes = shape_of(values)
        values = raw.Reshape(values, [-1])
        value_range = convert_to_tensor(value_range, name="value_range")
        nbins = convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins")
        if not release().older_error_texts:
            nbins = with_dependencies([Assert(raw.Greater(nbins, 0), [f"nbins {nbins} must > 0"])], nbins)
        count: Any = cast(nbins, values.dtype)
        scaled = raw.RealDiv(values - value_range[0], value_range[1] - value_range[0], name="scaled_values")
        places = raw.Floor(count * scaled, name="indices")
        places = clip_by_value(places, 0, count - 1)
        return raw.Reshape(cast(places, dtype), sizes)


@export("searchsorted")
@leaves_no_trace
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = dtypes.int32, name: str | None = None) -> Tensor:
    """Find, row by row, where each value would have to be put in to keep a sorted row sorted.

    Args:
      sorted_sequence: [..., n], sorted along the last axis. values: [..., m], with the same outer sizes.
      side: "left" puts a value in front of its equals, "right" behind them.

    Returns:
      Positions from 0 to n, of the shape of `values`.

    Raises:
      ValueError: `side` is neither. InvalidArgumentError: at run time, when the outer sizes differ.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.searchsorted([1, 3, 5], [0, 3, 9]))
    array([0, 1, 3], dtype=int32)
    """
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'right' or 'left'.  Saw: {side}.")
    sorted_sequence = convert_to_tensor(sorted_sequence, name="sorted_sequence")
    values = convert_to_tensor(values, name="values")
    length: Any = inner_shape(sorted_sequence)
    length = length[-1]
    count: Any = inner_shape(values)
    count = count[-1]
    rows = raw.Reshape(sorted_sequence, [-1, length])
    wanted = raw.Reshape(values, [-1, count])
    bound = raw.LowerBound if side == "left" else raw.UpperBound
    return raw.Reshape(bound(rows, wanted, out_type=out_type, name=name), inner_shape(values))


@export("math.approx_max_k", "nn.approx_max_k")
@leaves_no_trace
def approx_max_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> Any:
    """Find the `k` greatest elements along an axis, in order, and their positions (of later releases; here they are exact).

    Args:
      operand: float16, bfloat16 or float32, of known rank.
      recall_target, reduction_input_size_override, aggregate_to_topk: kept in the node; they tell accelerators how exact to be.

    >>> import autograd_lite as tf
    >>> print(*tf.Session().run(list(tf.math.approx_max_k([1.0, 3.0, 2.0], 2))))
    [3. 2.] [1 2]
    """
    operand = convert_to_tensor(operand, name="input")
    if operand.static_shape is None:
        raise ValueError(
            f"Invalid reduction dimension: {reduction_dimension}. Must be within the range of [1, -2]\n"
            f"  The rank of {operand!r} is not known: tell it with set_shape."
        )
    return raw.ApproxTopK(
        operand, k=k, reduction_dimension=reduction_dimension, recall_target=recall_target, is_max_k=True,
        reduction_input_size_override=reduction_input_size_override, aggregate_to_topk=aggregate_to_topk, name=name,
    )  # fmt: skip


@export("edit_distance")
@leaves_no_trace
def edit_distance(hypothesis: SparseTensor, truth: SparseTensor, normalize: bool = True, name: str = "edit_distance") -> Tensor:
    """Find how many insertions, deletions and replacements turn each sequence of `hypothesis` into that of `truth`.

    Args:
      hypothesis, truth: sparse tensors of one type; their last axis runs along sequences.
      normalize: divide by the length of the true sequence (infinity where that is empty and the other is not).

    Returns:
      float32, of the shape of both without the last axis.

    Raises:
      TypeError: one of them is no SparseTensor.

    >>> import autograd_lite as tf
    >>> said = tf.SparseTensor([[0, 0], [0, 1]], ["a", "b"], [1, 2])
    >>> meant = tf.SparseTensor([[0, 0], [0, 1]], ["a", "c"], [1, 2])
    >>> tf.Session().run(tf.edit_distance(said, meant))
    array([0.5], dtype=float32)
    """
    for each, title in ((hypothesis, "Hypothesis"), (truth, "Truth")):
        if not isinstance(each, SparseTensor):
            raise TypeError(f"{title} must be a SparseTensor.")
    return raw.EditDistance(
        hypothesis.indices, hypothesis.values, hypothesis.dense_shape, truth.indices, truth.values, truth.dense_shape,
        normalize=normalize, name=name,
    )  # fmt: skip
