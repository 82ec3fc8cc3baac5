"""Ops of neural networks: biases, softmax and its losses, and the largest elements."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid, number, scalar_input
from autograd_lite.ops.folding import fold
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.shapes import sum_to
from autograd_lite.ops.type_lists import HALF_FIRST, INDEX, NUMBERS, REALS, SMALL_INDEX


def _channel_axis(data_format, rank):
    return rank - 1 if data_format == "NHWC" else 1


def _bias_shape(c):
    shape, bias, first = c.shape(0), rules.with_rank(c, c.shape(1), 1), c.attrs.get("data_format", "NHWC") == "NCHW"
    rules.with_rank_at_least(c, shape, 2)
    if shape is None:
        return None
    axis = 1 if first else len(shape) - 1
    return (*shape[:axis], rules.merge_size(c, shape[axis], bias[0]), *shape[axis + 1 :])


def _along_channels(bias, data_format, rank):
    return bias if data_format == "NHWC" else bias.reshape((-1,) + (1,) * (rank - 2))


def _biased(xp, value, bias, data_format):
    if value.ndim < 2:
        raise invalid(f"Input tensor must be at least 2D: {rules.shape_text(value.shape)}")
    axis = _channel_axis(data_format, value.ndim)
    if bias.ndim != 1:
        raise invalid(f"Biases must be 1D: {rules.shape_text(bias.shape)}")
    if bias.shape[0] != value.shape[axis]:
        raise invalid(
            f"Must provide as many biases as the last dimension of the input tensor: {rules.shape_text(bias.shape)} vs. "
            f"{rules.shape_text(value.shape)}"
        )
    return xp.add(value, _along_channels(bias, data_format, value.ndim))


@op(
    "BiasAdd(value: T, bias: T, *, data_format: {'NHWC', 'NCHW'} = 'NHWC') -> output: T",
    pointwise=True,
    types={"T": NUMBERS},
    shape=_bias_shape,
    cost=costs.few_per_element,
    samples=[
        sample(values((2, 3)), values((3,))),
        sample(values((2, 2, 2, 3)), values((3,))),
        sample(values((2, 3, 2, 2)), values((3,)), data_format="NCHW"),
    ],
    formula="dx = dy, db = the sum of dy over all other axes",
)
def bias_add(xp, value, bias, data_format):
    """Add `bias[channel]` to every element of each channel."""
    return _biased(xp, value, bias, data_format)


@bias_add.gradient
def bias_add_gradient(g, op, dy):
    return dy, g.bias_add_grad(dy, data_format=op.attrs["data_format"]) if g.needs(1) else None


@op(
    "BiasAddV1(value: T, bias: T) -> output: T",
    pointwise=True,
    types={"T": NUMBERS},
    shape=_bias_shape,
    samples=[sample(values((2, 3)), values((3,)))],
)
def bias_add_v1(xp, value, bias):
    """Add `bias[channel]` to every element of each channel, which is the last axis."""
    return _biased(xp, value, bias, "NHWC")


@bias_add_v1.gradient
def bias_add_v1_gradient(g, op, dy):
    return dy, g.bias_add_grad(dy) if g.needs(1) else None


def _bias_grad_shape(c):
    shape = rules.with_rank_at_least(c, c.shape(0), 2)
    return (None if shape is None else shape[_channel_axis(c.attrs["data_format"], len(shape))],)


@op(
    "BiasAddGrad(out_backprop: T, *, data_format: {'NHWC', 'NCHW'} = 'NHWC') -> output: T",
    types={"T": NUMBERS},
    shape=_bias_grad_shape,
    samples=[sample(values((2, 3))), sample(values((2, 3, 2, 2)), data_format="NCHW")],
)
def bias_add_grad(xp, out_backprop, data_format):
    """Add up the elements of each channel."""
    if out_backprop.ndim < 2:
        raise invalid(f"Input tensor must be at least 2D: {rules.shape_text(out_backprop.shape)}")
    axis = _channel_axis(data_format, out_backprop.ndim)
    others = tuple([at for at in range(out_backprop.ndim) if at != axis])
    return xp.sum(out_backprop, axis=others, dtype=out_backprop.dtype)


@bias_add_grad.gradient
def bias_add_grad_gradient(g, op, dz):
    x = op.inputs[0]
    if op.attrs["data_format"] == "NCHW":
        return g.bias_add(g.broadcast_to(g.constant(0, dz.dtype), g.shape(x)), dz, data_format="NCHW")
    return g.broadcast_to(dz, g.shape(x))


def _at_least_vector(c):
    return rules.with_rank_at_least(c, c.shape(0), 1)


_SOFT: dict[str, Any] = {
    "cost": costs.few_per_element,
    "types": {"T": HALF_FIRST},
    "shape": _at_least_vector,
    "samples": [sample(values((2, 3))), sample(values((4,))), sample(values((2, 2, 2)))],
}


def _below_largest(xp, logits):
    """Logits minus the largest of each row: exponentials of these cannot overflow."""
    if not logits.ndim:
        raise invalid("logits must have >= 1 dimension, got []")
    return logits - fold(xp, xp.maximum, xp.max, logits, (logits.ndim - 1,), True) if logits.size else logits


def _row_sums(xp, x):
    """The sum of each row, with the last axis kept."""
    return fold(xp, xp.add, lambda x, **how: xp.sum(x, dtype=x.dtype, **how), x, (x.ndim - 1,), True)


@op("Softmax(logits: T) -> softmax: T", formula="dx = (dy - sum(dy y)) y", **_SOFT)
def softmax(xp, logits):
    """Turn the last axis into positive numbers that add up to 1: e^x / sum(e^x)."""
    exponentials = xp.exp(_below_largest(xp, logits))
    return exponentials / _row_sums(xp, exponentials)


@softmax.gradient
def softmax_gradient(g, op, dy):
    y = op.outputs[0]
    return g.mul(g.sub(dy, g.sum(g.mul(dy, y), -1, keep_dims=True)), y)


@op("LogSoftmax(logits: T) -> logsoftmax: T", formula="dx = dy - sum(dy) e^y", **_SOFT)
def log_softmax(xp, logits):
    """Take the logarithm of the softmax of the last axis, without overflow: x - log(sum(e^x))."""
    shifted = _below_largest(xp, logits)
    return shifted - xp.log(_row_sums(xp, xp.exp(shifted)))


@log_softmax.gradient
def log_softmax_gradient(g, op, dy):
    return g.sub(dy, g.mul(g.sum(dy, -1, keep_dims=True), g.exp(op.outputs[0])))


def _loss_and_sums(xp, features):
    shifted = _below_largest(xp, features)
    exponentials = xp.exp(shifted)
    return shifted, exponentials, _row_sums(xp, exponentials)


def _cross_entropy_shape(c):
    both = rules.broadcast_shapes(c, rules.with_rank(c, c.shape(0), 2), rules.with_rank(c, c.shape(1), 2))
    return [None if both is None else both[:1], both]


_LABELS = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]


@op(
    "SoftmaxCrossEntropyWithLogits(features: T, labels: T) -> loss: T, backprop: T",
    formula="dx = dy (softmax(x) - labels), d labels = -dy logsoftmax(x)",
    types={"T": HALF_FIRST},
    shape=_cross_entropy_shape,
    cost=costs.few_per_element,
    samples=[sample(values((2, 3)), _LABELS), sample(values((2, 3)), _LABELS[:1])],
)
def softmax_cross_entropy_with_logits(xp, features, labels):
    """Measure how far softmax(features) is from the probabilities `labels`, row by row; also give the gradient for the features."""
    if features.shape != labels.shape:
        try:
            features, labels = xp.broadcast_arrays(features, labels)
        except ValueError:
            raise invalid(
                f"logits and labels must be broadcastable: logits_size={rules.shape_text(features.shape)} labels_size="
                f"{rules.shape_text(labels.shape)}"
            ) from None
    if features.ndim != 2:
        raise invalid("logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional")
    shifted, exponentials, sums = _loss_and_sums(xp, features)
    loss = _row_sums(xp, labels * (xp.log(sums) - shifted))[:, 0]
    return loss, exponentials / sums - labels


def _add_second_order(g, gradient, features, dbackprop):
    """What arrives through the output `backprop`: (d - sum(d softmax)) softmax."""
    probabilities = g.softmax(features)
    inner = g.sub(dbackprop, g.sum(g.mul(dbackprop, probabilities), -1, keep_dims=True))
    second = g.mul(inner, probabilities)
    return second if gradient is None else g.add_v2(gradient, second)


@softmax_cross_entropy_with_logits.gradient
def softmax_cross_entropy_gradient(g, op, dloss, dbackprop):
    features = op.inputs[0]
    gradient = to_labels = None
    if dloss is not None:
        each = g.expand_dims(dloss, -1)
        gradient = g.mul(each, op.outputs[1]) if g.needs(0) else None
        to_labels = g.mul(g.neg(g.log_softmax(features)), each) if g.needs(1) else None
    if dbackprop is not None:
        gradient = _add_second_order(g, gradient, features, dbackprop) if g.needs(0) else None
        to_labels = g.zeros_like(op.inputs[1]) if to_labels is None else to_labels  # as in TensorFlow, none of it goes to the labels
    return (None if gradient is None else sum_to(g, gradient, op.inputs[0])), (
        None if to_labels is None else sum_to(g, to_labels, op.inputs[1])
    )


def _sparse_shape(c):
    features, labels = rules.with_rank(c, c.shape(0), 2), rules.with_rank(c, c.shape(1), 1)
    rows = rules.merge_size(c, features[0], labels[0])
    return [(rows,), (rows, features[1])]


@op(
    "SparseSoftmaxCrossEntropyWithLogits(features: T, labels: Tlabels) -> loss: T, backprop: T",
    formula="dx = dy (softmax(x) - 1 at the label)",
    types={"T": HALF_FIRST, "Tlabels": INDEX},
    type_defaults={"Tlabels": "int64"},
    shape=_sparse_shape,
    cost=costs.few_per_element,
    samples=[sample(values((3, 4)), ints(0, 3, 1))],
)
def sparse_softmax_cross_entropy_with_logits(xp, features, labels):
    """Measure how far softmax(features) is from certainty of class `labels[row]`; also give the gradient for the features."""
    if features.ndim != 2:
        raise invalid(f"logits must be 2-D, but got shape {rules.shape_text(features.shape)}")
    if labels.ndim != 1:
        raise invalid(f"labels must be 1-D, but got shape {rules.shape_text(labels.shape)}")
    if labels.shape != features.shape[:1]:
        raise invalid(
            f"logits and labels must have the same first dimension, got logits shape {rules.shape_text(features.shape)} and labels shape "
            f"{rules.shape_text(labels.shape)}"
        )
    classes = features.shape[1]
    outside = (labels < 0) | (labels >= classes)
    if bool(xp.any(outside)):
        raise invalid(
            f"Received a label value of {int(labels[outside][0])} which is outside the valid range of [0, {classes}).  Label values: "
            f"{' '.join(map(str, labels.tolist()))}"
        )
    shifted, exponentials, sums = _loss_and_sums(xp, features)
    rows = xp.arange(len(labels))
    loss = xp.log(sums)[:, 0] - shifted[rows, labels]
    exponentials /= sums
    exponentials[rows, labels] -= exponentials.dtype.type(1)
    return loss, exponentials


@sparse_softmax_cross_entropy_with_logits.gradient
def sparse_softmax_cross_entropy_gradient(g, op, dloss, dbackprop):
    gradient = None if dloss is None else g.mul(g.expand_dims(dloss, -1), op.outputs[1])
    if dbackprop is not None:
        gradient = _add_second_order(g, gradient, op.inputs[0], dbackprop)
    return gradient, None


@op(
    "L2Loss(t: T) -> output: T",
    types={"T": HALF_FIRST},
    shape=rules.scalar,
    names=["nn.l2_loss"],
    cost=costs.few_per_element,
    samples=[sample(values((2, 3)))],
    formula="dx = x dy",
)
def l2_loss(xp, t):
    """Add up the squares of all elements, and take half.

    >>> tf.Session().run(tf.nn.l2_loss([3.0, 4.0]))
    np.float32(12.5)
    """
    flat = t.reshape(-1)
    return xp.dot(flat, flat) * t.dtype.type(0.5)


@l2_loss.gradient
def l2_loss_gradient(g, op, dy):
    return g.mul(op.inputs[0], dy)


def _in_top_shape(c):
    predictions, targets = rules.with_rank(c, c.shape(0), 2), rules.with_rank(c, c.shape(1), 1)
    return (rules.merge_size(c, predictions[0], targets[0]),)


_TOP: dict[str, Any] = {"types": {"T": INDEX}, "type_defaults": {"T": "int32"}, "shape": _in_top_shape, "no_gradient": "a truth value"}
_SCORES = values((3, 4), dtype="float32")


def _in_top(xp, predictions, targets, k):
    """Whether fewer than k classes score higher than the target; ties count for the target."""
    if predictions.ndim != 2:
        raise invalid("predictions must be 2-dimensional")
    if targets.ndim != 1:
        raise invalid("targets must be 1-dimensional")
    if targets.shape != predictions.shape[:1]:
        raise invalid(f"First dimension of predictions {predictions.shape[0]} must match length of targets {targets.size}")
    valid = (targets >= 0) & (targets < predictions.shape[1])
    chosen = predictions[xp.arange(len(targets)), xp.where(valid, targets, 0)]
    is_found = valid & (xp.sum(predictions > chosen[:, None], axis=1) < k)
    finite = xp.isfinite(predictions)
    return is_found if bool(xp.all(finite)) else is_found & xp.all(finite, axis=1)


@op("InTopK(predictions: float, targets: T, *, k: int) -> precision: bool", samples=[sample(_SCORES, ints(0, 3, 1), k=2)], **_TOP)
def in_top_k(xp, predictions, targets, k):
    """Tell for each row whether the target class is among the `k` highest predictions."""
    return _in_top(xp, predictions, targets, k)


@op("InTopKV2(predictions: float, targets: T, k: T) -> precision: bool", samples=[sample(_SCORES, ints(0, 3, 1), 2)], **_TOP)
def in_top_kv2(xp, predictions, targets, k):
    """Tell for each row whether the target class is among the `k` highest predictions."""
    return _in_top(xp, predictions, targets, scalar_input(k, "k must be 0-D, got shape "))


def _top_shape(c, k):
    shape = rules.with_rank_at_least(c, c.shape(0), 1)
    if shape is None:
        return [None, None]
    if shape[-1] is not None and k is not None and k > shape[-1]:
        raise c.fail(f"input must have last dimension >= k = {k} but is {shape[-1]}")
    return [(*shape[:-1], k)] * 2


def _largest(xp, input, k, index_type):
    if not input.ndim:
        raise invalid("input must be >= 1-D, got shape []")
    if input.shape[-1] < k:
        raise invalid(f"input must have at least k columns. Had {input.shape[-1]}, needed {k}")
    descending = ~input if input.dtype.kind in "iu" else -input  # equal elements keep their order: the first comes first
    places = xp.argsort(descending, axis=-1, kind="stable")[..., :k]
    return xp.take_along_axis(input, places, axis=-1), places.astype(index_type)


def _top_gradient(g, op, dvalues):
    """Put the gradient of each of the largest elements back where it was found."""
    x, places = op.inputs[0], op.outputs[1]
    width = g.reshape(g.slice(g.shape(x), g.sub(g.reshape(g.rank(x), [1]), [1]), [1]), [])
    rows = g.reshape(
        g.cast(places, "int32"), g.stack([-1, g.reshape(g.slice(g.shape(places), g.sub(g.reshape(g.rank(x), [1]), [1]), [1]), [])])
    )
    firsts = g.range(0, g.size(x), g.maximum(width, g.constant(1, "int32")))  # where each row begins
    flat = g.reshape(g.add_v2(rows, g.expand_dims(firsts, -1)), [-1, 1])
    spread = g.scatter_nd(flat, g.reshape(dvalues, [-1]), g.reshape(g.size(x), [1]))
    return g.reshape(spread, g.shape(x))


@op(
    "TopK(input: T, *, k: int >= 0, sorted: bool = True) -> values: T, indices: int32",
    types={"T": REALS},
    shape=lambda c: _top_shape(c, c.attrs["k"]),
    samples=[sample(values((2, 4)), k=2)],
)
def top_k(xp, input, k):
    """Find the `k` largest elements of the last axis and their positions, largest first."""
    return _largest(xp, input, k, xp.int32)


@top_k.gradient
def top_k_gradient(g, op, dvalues, dindices):
    return None if dvalues is None else _top_gradient(g, op, dvalues)


@op(
    "TopKV2(input: T, k: Tk, *, sorted: bool = True, index_type: type = int32) -> values: T, indices: index_type",
    types={"T": REALS, "Tk": SMALL_INDEX, "index_type": SMALL_INDEX},
    type_defaults={"Tk": "int32"},
    host=("k",),
    shape=lambda c: _top_shape(c, rules.scalar_size(c, 1)),
    samples=[sample(values((2, 4)), 2), sample(values((3,)), 0)],
)
def top_kv2(xp, input, k, index_type):
    """Find the `k` largest elements of the last axis and their positions, largest first."""
    k = number(k, "k must be scalar, got shape ")
    if k < 0:
        raise invalid(f"Need k >= 0, got {k}")
    return _largest(xp, input, k, index_type.numpy)


@top_kv2.gradient
def top_kv2_gradient(g, op, dvalues, dindices):
    return None if dvalues is None else _top_gradient(g, op, dvalues), None
