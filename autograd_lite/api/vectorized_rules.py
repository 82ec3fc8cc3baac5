"""How an op on one element becomes an op on all elements, which lie along a new first axis.

A rule takes the batch, the operation, and its inputs, of which some are stacked (for all elements) and the others the same for each. It
builds the operation again and returns the outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.api.arrays import concat, expand_dims, shape
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.core import shapes
from autograd_lite.graph import shape_rules
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


class NoRule(Exception):
    """An op of which nobody knows how to apply it to all elements at once."""


class Whole(NamedTuple):
    """A value of the function for all elements: stacked, or the same for each."""

    tensor: Tensor
    is_stacked: bool


Rule = Callable[[Any, Operation, Sequence[Whole]], list[Whole]]
RULES: dict[str, Rule] = {}


def _for(*kinds: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return register


def _again(op: Operation, inputs: Sequence[Any], **changed: Any) -> list[Whole]:
    """The same operation on other inputs, with some attributes changed."""
    tensors = [value.tensor if isinstance(value, Whole) else value for value in inputs]
    made = op.opdef.from_tensors(tensors, {**op.attrs, **changed}, op.type)
    return [Whole(output, True) for output in made.outputs]


def _rank(value: Whole) -> int:
    """The rank of a value for one element."""
    known = value.tensor.static_shape
    if known is None:
        raise NoRule(value.tensor.name)
    return len(known) - value.is_stacked


def _numbers(value: Whole) -> np.ndarray:
    """A constant argument, such as axes or a shape."""
    known = None if value.is_stacked else constant_value(value.tensor)
    if known is None:
        raise NoRule(value.tensor.name)
    return known


def _same_for_each(values: Sequence[Whole]) -> None:
    if any(value.is_stacked for value in values):
        raise NoRule(values[0].tensor.name)


def _behind_first(axes: Any) -> Any:
    """Axes counted from the front, one further back; those counted from the end stay."""
    return np.where(np.asarray(axes) >= 0, np.asarray(axes) + 1, axes)


def pointwise(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    """Arithmetic on the elements at one place of the inputs, which broadcast to the right."""
    if op.opdef.elementwise is None and not op.opdef.pointwise:
        raise NoRule(op.type)
    if len(inputs) > 1 and op.opdef.shape is not shape_rules.broadcast:
        return _again(op, [batch.stacked(value) for value in inputs])
    ranks = [_rank(value) for value in inputs]
    return _again(op, [_with_rank(value, rank, max(ranks)) for value, rank in zip(inputs, ranks)])


def _with_rank(value: Whole, rank: int, wanted: int) -> Tensor:
    tensor = value.tensor
    if value.is_stacked:
        for _ in range(wanted - rank):
            tensor = expand_dims(tensor, 1)
    return tensor


@_for(
    "Cast", "Identity", "StopGradient", "PreventGradient", "CheckNumerics", "Softmax", "LogSoftmax", "MatrixInverse", "MatrixDeterminant",
    "Cholesky", "MatrixDiag", "MatrixDiagPart", "ZerosLike", "OnesLike",
)  # fmt: skip
def _natural(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    """Ops that work along the last axes and take any number of axes before them."""
    return _again(op, inputs)


@_for("Sum", "Mean", "Prod", "Max", "Min", "Any", "All", "ArgMax", "ArgMin", "Cumsum", "Cumprod", "ExpandDims")
def _along_axes(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    axes = _numbers(inputs[1])
    return _again(op, [inputs[0], constant(_behind_first(axes).astype(axes.dtype))])


@_for("Transpose")
def _transpose(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    order = _numbers(inputs[1])
    return _again(op, [inputs[0], constant(np.concatenate([[0], _behind_first(order)]).astype(order.dtype))])


@_for("Reshape")
def _reshape(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    _same_for_each(inputs[1:])
    sizes = inputs[1].tensor
    count = batch.size if sizes.dtype == batch.size.dtype else raw.Cast(batch.size, DstT=sizes.dtype)
    return _again(op, [inputs[0], concat([count, sizes], 0)])


@_for("Squeeze")
def _squeeze(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    axes = op.attrs["squeeze_dims"]
    if not axes:
        known = inputs[0].tensor.static_shape
        if known is None or not shapes.is_defined(known[1:]):
            raise NoRule(op.name)
        axes = [axis - 1 for axis, size in enumerate(known) if size == 1 and axis]
        if not axes:
            return [inputs[0]]
    return _again(op, inputs, squeeze_dims=[int(axis) for axis in _behind_first(axes)])


@_for("MatMul")
def _matmul(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    if op.inputs[0].dtype.is_complex:
        raise NoRule(op.name)
    attrs = op.attrs
    product = raw.BatchMatMulV2(inputs[0].tensor, inputs[1].tensor, adj_x=attrs["transpose_a"], adj_y=attrs["transpose_b"], name=op.type)
    return [Whole(product, True)]


@_for("BatchMatMulV2", "BatchMatMul")
def _batch_matmul(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    if _rank(inputs[0]) != _rank(inputs[1]):
        raise NoRule(op.name)
    attrs = op.attrs
    product = raw.BatchMatMulV2(inputs[0].tensor, inputs[1].tensor, adj_x=attrs["adj_x"], adj_y=attrs["adj_y"], name=op.type)
    return [Whole(product, True)]


@_for("ConcatV2")
def _concat(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    axis = _numbers(inputs[-1])
    return _again(op, [*(batch.stacked(value) for value in inputs[:-1]), constant(_behind_first(axis).astype(axis.dtype))])


@_for("Pack")
def _pack(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    return _again(op, [batch.stacked(value) for value in inputs], axis=int(_behind_first(op.attrs["axis"])))


@_for("AddN", "Select")
def _alike(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    """Inputs of one shape."""
    if op.type == "Select" and _rank(inputs[0]) != _rank(inputs[1]):
        raise NoRule(op.name)
    return _again(op, [batch.stacked(value) for value in inputs])


@_for("Unpack")
def _unpack(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    return _again(op, inputs, axis=int(_behind_first(op.attrs["axis"])))


@_for("Split")
def _split(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    axis = _numbers(inputs[0])
    return _again(op, [constant(_behind_first(axis).astype(axis.dtype)), inputs[1]])


@_for("SplitV")
def _split_by_sizes(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    _same_for_each(inputs[1:])
    axis = _numbers(inputs[2])
    return _again(op, [*inputs[:2], constant(_behind_first(axis).astype(axis.dtype))])


@_for("StridedSlice")
def _strided_slice(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    """All elements, and of each the slice."""
    begin, end, strides = (_numbers(value) for value in inputs[1:])
    masks = {name: op.attrs[name] << 1 for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")}
    masks["begin_mask"] |= 1
    masks["end_mask"] |= 1
    places = [constant(np.concatenate([[first], given]).astype(given.dtype)) for first, given in ((0, begin), (0, end), (1, strides))]
    return _again(op, [inputs[0], *places], **masks)


@_for("Slice")
def _slice(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    begin, size = (_numbers(value) for value in inputs[1:])
    places = [constant(np.concatenate([[first], given]).astype(given.dtype)) for first, given in ((0, begin), (-1, size))]
    return _again(op, [inputs[0], *places])


@_for("Tile")
def _tile(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    multiples = _numbers(inputs[1])
    return _again(op, [inputs[0], constant(np.concatenate([[1], multiples]).astype(multiples.dtype))])


@_for("Pad", "PadV2", "MirrorPad")
def _pad(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    widths = _numbers(inputs[1])
    _same_for_each(inputs[2:])
    return _again(op, [inputs[0], constant(np.concatenate([[[0, 0]], widths]).astype(widths.dtype)), *inputs[2:]])


@_for("GatherV2")
def _gather(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    values, indices, axis = inputs
    place = int(_numbers(axis))
    if values.is_stacked:
        _same_for_each([indices])
        return _again(op, [values, indices, constant(_behind_first(place).astype(np.int32))])
    if place:
        raise NoRule(op.name)
    if indices.tensor is batch.everything:  # each element gets its own part
        return [Whole(values.tensor, True)]
    return _again(op, [values, indices, axis])


@_for("Shape")
def _shape(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    """The shape of one element."""
    known = inputs[0].tensor.static_shape
    kind = op.outputs[0].dtype
    if known is not None and shapes.is_defined(known[1:]):
        return [Whole(constant(list(known[1:]), kind, shape=[len(known) - 1]), False)]
    return [Whole(shape(inputs[0].tensor, out_type=kind)[1:], False)]


@_for("BiasAdd")
def _bias_add(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    if inputs[1].is_stacked or op.attrs["data_format"] != "NHWC":
        raise NoRule(op.name)
    return _again(op, inputs)


@_for("OneHot")
def _one_hot(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    _same_for_each(inputs[1:])
    return _again(op, inputs, axis=int(_behind_first(op.attrs["axis"])))


@_for("Conv2D", "MaxPool", "AvgPool", "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits")
def _batches_of_batches(batch: Any, op: Operation, inputs: Sequence[Whole]) -> list[Whole]:
    """Ops on batches: all batches become one, and the results batches again."""
    if op.type == "Conv2D":
        _same_for_each(inputs[1:])
        given = [inputs[0].tensor, inputs[1].tensor]
    else:
        given = [batch.stacked(value) for value in inputs]
    known = given[0].static_shape
    if known is None or known[1] is None:
        raise NoRule(op.name)
    count = 1 if op.type == "Conv2D" else len(given)
    flat = [_merged(tensor) for tensor in given[:count]]
    outputs = _again(op, [*flat, *given[count:]])
    return [Whole(_parted(output.tensor, known[1]), True) for output in outputs]


def _merged(tensor: Tensor) -> Tensor:
    """The first two axes as one."""
    rest = () if tensor.static_shape is None else tensor.static_shape[2:]
    if not shapes.is_defined(rest):
        raise NoRule(tensor.name)
    return raw.Reshape(tensor, [-1, *rest])


def _parted(tensor: Tensor, size: int) -> Tensor:
    """The first axis as two, of which the second has this size."""
    rest = () if tensor.static_shape is None else tensor.static_shape[1:]
    if not shapes.is_defined(rest):
        raise NoRule(tensor.name)
    return raw.Reshape(tensor, [-1, size, *rest])
