"""Activation functions of neural networks, and the ops of their gradients."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import same_size
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.type_lists import HALF_FIRST, REALS

_SELU_SCALE = 1.0507009873554805  # Klambauer et al., "Self-normalizing neural networks", 2017
_SELU_SCALE_ALPHA = 1.7580993408473768

_SAMPLES = [sample([[-1.5, -0.3, 0.4], [1.2, 7.0, -6.5]]), sample(0.5)]
_GRAD_SAMPLES = [sample(values((2, 3)), [[-1.5, -0.3, 0.4], [1.2, 7.0, -6.5]])]
_ACTIVATION: dict[str, Any] = {"pointwise": True, "types": {"T": HALF_FIRST}, "shape": rules.unchanged, "samples": _SAMPLES}
_GRAD: dict[str, Any] = {"pointwise": True, "types": {"T": HALF_FIRST}, "shape": rules.same_shape, "samples": _GRAD_SAMPLES}
_RELU_GRAD: dict[str, Any] = {"pointwise": True, "types": {"T": REALS}, "shape": rules.same_shape, "samples": _GRAD_SAMPLES}


def _gate_gradient(g, op, dz, gated):
    """The gradient of a gradient that only switches on and off: none (zero) through the features that decide."""
    return gated, g.zeros_like(op.inputs[1]) if g.needs(1) else None


@op(
    "Relu(features: T) -> activations: T",
    types={"T": f"{REALS} qint8"},
    shape=rules.unchanged,
    elementwise="maximum(features, 0)",
    names=["nn.relu"],
    samples=_SAMPLES,
    formula="dy/dx = 1 where x > 0",
)
def relu(xp, features):
    """Replace every negative element by 0.

    >>> tf.Session().run(tf.nn.relu([-1.0, 2.0]))
    array([0., 2.], dtype=float32)
    """
    return xp.maximum(features, features.dtype.type(0))


@relu.gradient
def relu_gradient(g, op, dy):
    return g.relu_grad(dy, op.outputs[0])


@op("ReluGrad(gradients: T, features: T) -> backprops: T", elementwise="gradients * (features > 0)", **_RELU_GRAD)
def relu_grad(xp, gradients, features):
    """Keep the gradients where `features` is positive, and multiply them by 0 elsewhere (so NaN and infinity stay visible)."""
    same_size("ReluGrad", gradients, features)
    return gradients * (features > 0)


@relu_grad.gradient
def relu_grad_gradient(g, op, dz):
    return _gate_gradient(g, op, dz, g.relu_grad(dz, op.inputs[1]))


@op(
    "Relu6(features: T) -> activations: T",
    types={"T": REALS},
    shape=rules.unchanged,
    elementwise="minimum(maximum(features, 0), 6)",
    names=["nn.relu6"],
    samples=_SAMPLES,
    formula="dy/dx = 1 where 0 < x < 6",
)
def relu6(xp, features):
    """Move every element into the range from 0 to 6.

    >>> tf.Session().run(tf.nn.relu6([-1.0, 2.0, 9.0]))
    array([0., 2., 6.], dtype=float32)
    """
    number = features.dtype.type
    return xp.minimum(xp.maximum(features, number(0)), number(6))


@relu6.gradient
def relu6_gradient(g, op, dy):
    return g.relu6_grad(dy, op.outputs[0])


@op("Relu6Grad(gradients: T, features: T) -> backprops: T", **_RELU_GRAD)
def relu6_grad(xp, gradients, features):
    """Keep the gradients where `features` lies between 0 and 6, and multiply them by 0 elsewhere."""
    same_size("Relu6Grad", gradients, features)
    return gradients * ((features > 0) & (features < 6))


@relu6_grad.gradient
def relu6_grad_gradient(g, op, dz):
    return _gate_gradient(g, op, dz, g.relu6_grad(dz, op.inputs[1]))


@op(
    "LeakyRelu(features: T, *, alpha: float = 0.2) -> activations: T",
    type_defaults={"T": "float"},
    **_ACTIVATION,
    formula="dy/dx = 1 where x > 0, else alpha",
)
def leaky_relu(xp, features, alpha):
    """Multiply every negative element by `alpha` (attributes hold numbers in single precision)."""
    return xp.where(features > 0, features, features * features.dtype.type(xp.float32(alpha)))


@leaky_relu.gradient
def leaky_relu_gradient(g, op, dy):
    return g.leaky_relu_grad(dy, op.inputs[0], alpha=op.attrs["alpha"])


@op("LeakyReluGrad(gradients: T, features: T, *, alpha: float = 0.2) -> backprops: T", type_defaults={"T": "float"}, **_GRAD)
def leaky_relu_grad(xp, gradients, features, alpha):
    """Keep the gradients where `features` is positive, and multiply them by `alpha` elsewhere."""
    same_size("LeakyReluGrad", gradients, features)
    return xp.where(features > 0, gradients, gradients * gradients.dtype.type(xp.float32(alpha)))


@leaky_relu_grad.gradient
def leaky_relu_grad_gradient(g, op, dz):
    return _gate_gradient(g, op, dz, g.leaky_relu_grad(dz, op.inputs[1], alpha=op.attrs["alpha"]))


@op("Elu(features: T) -> activations: T", names=["nn.elu"], formula="dy/dx = 1 where x > 0, else e^x", **_ACTIVATION)
def elu(xp, features):
    """Replace every negative element x by e^x - 1.

    >>> tf.Session().run(tf.nn.elu([-1.0, 2.0]))
    array([-0.63212055,  2.        ], dtype=float32)
    """
    return xp.where(features < 0, xp.expm1(xp.minimum(features, features.dtype.type(0))), features)


@elu.gradient
def elu_gradient(g, op, dy):
    return g.elu_grad(dy, op.outputs[0])


@op("EluGrad(gradients: T, outputs: T) -> backprops: T", **_GRAD)
def elu_grad(xp, gradients, outputs):
    """Give the gradient of Elu out of what it computed: dy (y + 1) where y is negative."""
    same_size("EluGrad", gradients, outputs)
    return xp.where(outputs < 0, gradients * (outputs + outputs.dtype.type(1)), gradients)


@elu_grad.gradient
def elu_grad_gradient(g, op, dz):
    dy, y = op.inputs
    return g.elu_grad(dz, y), g.select(g.less(y, g.zeros_like(y)), g.mul(dz, dy), g.zeros_like(y)) if g.needs(1) else None


@op("Selu(features: T) -> activations: T", names=["nn.selu"], formula="dy/dx = scale where x > 0, else scale alpha e^x", **_ACTIVATION)
def selu(xp, features):
    """Scale positive elements, and replace negative ones x by scale alpha (e^x - 1), so that layers keep mean 0 and variance 1.

    >>> tf.Session().run(tf.nn.selu([-1.0, 2.0]))
    array([-1.1113309,  2.101402 ], dtype=float32)
    """
    number = features.dtype.type
    negative = number(_SELU_SCALE_ALPHA) * (xp.exp(xp.minimum(features, number(0))) - number(1))
    return xp.where(features < 0, negative, number(_SELU_SCALE) * features)


@selu.gradient
def selu_gradient(g, op, dy):
    return g.selu_grad(dy, op.outputs[0])


@op("SeluGrad(gradients: T, outputs: T) -> backprops: T", **_GRAD)
def selu_grad(xp, gradients, outputs):
    """Give the gradient of Selu out of what it computed."""
    same_size("SeluGrad", gradients, outputs)
    number = outputs.dtype.type
    return xp.where(outputs < 0, gradients * (outputs + number(_SELU_SCALE_ALPHA)), gradients * number(_SELU_SCALE))


@selu_grad.gradient
def selu_grad_gradient(g, op, dz):
    dy, y = op.inputs
    return g.selu_grad(dz, y), g.select(g.less(y, g.zeros_like(y)), g.mul(dz, dy), g.zeros_like(y)) if g.needs(1) else None


@op(
    "Softplus(features: T) -> activations: T",
    names=["nn.softplus", "math.softplus"],
    formula="dy/dx = sigmoid x",
    elementwise="maximum(features, 0) + log1p(exp(-abs(features)))",
    **_ACTIVATION,
)
def softplus(xp, features):
    """Give log(1 + e^x) of every element, a smooth form of Relu.

    >>> tf.Session().run(tf.nn.softplus([-1.0, 0.0, 100.0]))
    array([  0.31326163,   0.6931472 , 100.        ], dtype=float32)
    """
    return xp.maximum(features, features.dtype.type(0)) + xp.log1p(xp.exp(-xp.abs(features)))  # cannot overflow


@softplus.gradient
def softplus_gradient(g, op, dy):
    return g.mul(dy, g.sigmoid(op.inputs[0]))


@op("SoftplusGrad(gradients: T, features: T) -> backprops: T", **_GRAD)
def softplus_grad(xp, gradients, features):
    """Give the gradient of Softplus: dy / (1 + e^-x)."""
    same_size("SoftplusGrad", gradients, features)
    return gradients / (xp.exp(-features) + features.dtype.type(1))


@softplus_grad.gradient
def softplus_grad_gradient(g, op, dz):
    dy, x = op.inputs
    return g.softplus_grad(dz, x), g.sigmoid_grad(g.sigmoid(x), g.mul(dz, dy)) if g.needs(1) else None


@op(
    "Softsign(features: T) -> activations: T",
    names=["nn.softsign", "math.softsign"],
    formula="dy/dx = 1 / (1 + |x|)^2",
    elementwise="features / (1 + abs(features))",
    **_ACTIVATION,
)
def softsign(xp, features):
    """Squeeze every element into (-1, 1): x / (1 + |x|).

    >>> tf.Session().run(tf.nn.softsign([-1.0, 3.0]))
    array([-0.5 ,  0.75], dtype=float32)
    """
    return features / (xp.abs(features) + features.dtype.type(1))


@softsign.gradient
def softsign_gradient(g, op, dy):
    return g.softsign_grad(dy, op.inputs[0])


@op("SoftsignGrad(gradients: T, features: T) -> backprops: T", **_GRAD)
def softsign_grad(xp, gradients, features):
    """Give the gradient of Softsign: dy / (1 + |x|)^2."""
    same_size("SoftsignGrad", gradients, features)
    return gradients / xp.square(xp.abs(features) + features.dtype.type(1))


@softsign_grad.gradient
def softsign_grad_gradient(g, op, dz):
    dy, x = op.inputs
    if not g.needs(1):
        return g.softsign_grad(dz, x), None
    wide = g.add_v2(g.abs(x), g.constant(1, x.dtype))
    slope = g.real_div(g.mul(g.constant(-2, x.dtype), g.sign(x)), wide)
    return g.softsign_grad(dz, x), g.mul(slope, g.mul(dz, op.outputs[0]))
