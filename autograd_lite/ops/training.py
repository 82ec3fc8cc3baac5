"""The update rules of optimizers.

One rule, written once on arrays, serves four ops: `Apply...` (reference variables), `ResourceApply...` (resource variables), and their
sparse forms, which apply the same rule to the rows that a gradient names.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX, NUMBERS

_LOCKING = "use_locking: bool = False"
_GRADIENTS = ("grad", "delta")


def _shape_of(c, index):
    """The shape of a variable, or of a tensor."""
    if c.dtype(index).name != "resource":
        return c.shape(index)
    known = c.handle(index)
    return None if known is None else known[1]


def _update_shape(c):
    """Variables and gradient have one shape (a sparse gradient: one row per index); all else are scalars."""
    names = [argument.name for argument in c.opdef.inputs]
    shape = _shape_of(c, 0)
    for index, name in enumerate(names):
        if name in c.opdef.updates:
            shape = rules.merge(c, shape, _shape_of(c, index))
        elif name == "indices":
            rules.with_rank(c, c.shape(index), 1)
        elif name not in _GRADIENTS:
            rules.with_rank(c, c.shape(index), 0)
        elif "indices" not in names:
            shape = rules.merge(c, shape, c.shape(index))
        elif shape is not None and c.shape(index) is not None:
            rules.merge(c, shape[1:], c.shape(index)[1:])
    return shape if c.opdef.outputs else None


class _Parts:
    """The pieces of a rule's signature: `Momentum(var, accum; lr, grad, momentum; use_nesterov: bool = False)`."""

    def __init__(self, text):
        self.name, _, inside = text.rstrip(")").partition("(")
        states, inputs, attrs = (part.strip() for part in inside.split(";"))
        self.states, self.inputs = states.split(", "), inputs.split(", ")
        self.attrs = attrs
        self.attr_names = [part.split(":")[0].strip() for part in attrs.split(", ") if part]


def _check_dense(states, grad):
    first = states[0].shape
    for array in (*states[1:], grad):
        if array.shape != first:
            raise invalid(f"var and grad do not have the same shape{rules.shape_text(first)} {rules.shape_text(array.shape)}")


def _rounds(indices):
    """Groups of positions in which no index comes twice, in order: usually one group of all."""
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    turn = np.empty(len(indices), np.int64)  # how often the index came before
    turn[order] = np.arange(len(indices)) - np.repeat(starts, np.diff([*starts, len(indices)]))
    return [np.flatnonzero(turn == number) for number in range(int(turn.max()) + 1)]


def _apply_to_rows(xp, rule, states, inputs, grad_at, indices, attrs):
    """Apply a rule to the rows named by `indices`, one after the other where one is named twice."""
    held = to_host(indices)
    limit = states[0].shape[0] if states[0].ndim else 0
    outside = (held < 0) | (held >= limit)
    if outside.any():
        at = int(np.argmax(outside))
        raise invalid(f"Index {held[at]} at offset {at} in indices is out of range")
    if inputs[grad_at].shape[0] != len(held):
        raise invalid(f"grad must be the same size as indices in the first dimension, got {inputs[grad_at].shape[0]} and {len(held)}")
    if not len(held):
        return states
    groups = _rounds(held)
    for group in groups:
        rows = xp.asarray(held[group])
        own = list(inputs)
        own[grad_at] = inputs[grad_at] if len(groups) == 1 else inputs[grad_at][xp.asarray(group)]
        changed = rule(xp, *[state[rows] for state in states], *own, *attrs)
        for state, new in zip(states, changed if len(states) > 1 else (changed,)):
            state[rows] = new
    return states


def _kernel(name, doc, parameters, body):
    """A kernel that takes `parameters` by position."""

    def kernel(xp, *arguments):
        return body(xp, arguments)

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__doc__ = doc
    kernel.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in ("xp", *parameters)]
    )
    return kernel


def _snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _sparse_doc(doc):
    """The explanation of a rule, for the op that applies it to rows."""
    sentence, *rest = doc.split("\n")
    return "\n".join([sentence.rstrip(".") + ", for the rows of the variable that `indices` names.", *rest])


def _declare(rule, parts, is_resource, is_sparse, types, samples, elementwise, release_attrs):
    inputs, names = list(parts.inputs), list(parts.states)
    if is_sparse:
        inputs = ["grad" if each == "delta" else each for each in inputs]
        if inputs[-1] != "grad" and parts.name == "ProximalGradientDescent":
            raise TypeError("the gradient of ProximalGradientDescent comes last")
        inputs.insert(inputs.index("grad") + 1, "indices")
    held = "resource" if is_resource else "Ref(T)"
    typed = [f"{each}: {held}" for each in names]
    typed += [f"{each}: {_INPUT_TYPES.get(each, 'T')}" for each in inputs]
    full_name = f"{'Resource' if is_resource else ''}{'Sparse' if is_sparse else ''}Apply{parts.name}"
    attrs = ", ".join(filter(None, [_LOCKING, parts.attrs]))
    signature = f"{full_name}({', '.join(typed)}, *, {attrs})" + ("" if is_resource else " -> out: Ref(T)")
    count = len(names)
    grad_at = next(inputs.index(each) for each in _GRADIENTS if each in inputs)

    def dense(xp, arguments):
        _check_dense(arguments[:count], arguments[count + grad_at])
        return rule(xp, *arguments)

    def sparse(xp, arguments):
        at = count + inputs.index("indices")
        states, rest = arguments[:count], [*arguments[count:at], *arguments[at + 1 : count + len(inputs)]]
        changed = _apply_to_rows(xp, rule, states, rest, grad_at, arguments[at], arguments[count + len(inputs) :])
        return tuple(changed) if count > 1 else changed[0]

    doc = inspect.cleandoc(rule.__doc__)
    kernel = _kernel(
        _snake(full_name), _sparse_doc(doc) if is_sparse else doc, [*names, *inputs, *parts.attr_names], sparse if is_sparse else dense
    )
    limits = {"T": types, "Tindices": INDEX} if is_sparse else {"T": types}
    extra: dict[str, Any] = {} if is_resource or is_sparse or elementwise is None else {"elementwise": elementwise}
    if is_resource:
        extra["stateful"] = True
    if not is_sparse:
        extra["pointwise"] = True
    return op(
        signature,
        types=limits,
        shape=_update_shape,
        updates=tuple(names),
        in_place=is_sparse,
        no_gradient="it changes a variable",
        samples="its variables live in a session" if is_resource else samples[is_sparse],
        release_attrs=release_attrs,
        **extra,
    )(kernel)


_INPUT_TYPES = {"indices": "Tindices", "global_step": "int64"}


def _samples(parts):
    """Samples of the dense and the sparse form: variables [3, 2], scalars between 0 and 1."""

    def each(name, is_sparse):
        if name in _GRADIENTS:
            return values((2, 2) if is_sparse else (3, 2))
        if name == "lr_power":
            return values((), -0.9, -0.1)
        return np.int64(3) if name == "global_step" else values((), 0.1, 0.9)

    states = [values((3, 2), 0.5, 2.0) for _ in parts.states]
    dense = [sample(*states, *[each(name, False) for name in parts.inputs])]
    rows: list = []
    for name in parts.inputs:
        rows += [each(name, True), ints(2, 0)] if name in _GRADIENTS else [each(name, True)]
    return {False: dense, True: [sample(*states, *rows)]}


def rule(text, *, sparse=True, ref=True, elementwise=None, release_attrs=None):
    """Declare the ops of one update rule, which is the function below: arrays of the variables and inputs in, new arrays out."""
    parts = _Parts(text)

    def register(function):
        samples = _samples(parts)
        for is_resource in (False, True):
            for is_sparse in (False, True):
                wanted = (is_resource or ref) and (sparse or not is_sparse)
                if wanted:
                    _declare(function, parts, is_resource, is_sparse, NUMBERS, samples, elementwise, release_attrs or {})
        return function

    return register


@rule("GradientDescent(var; alpha, delta; )", sparse=False, elementwise="var - alpha * delta")
def gradient_descent(xp, var, alpha, delta):
    """Take one step of gradient descent: var - alpha delta."""
    return var - alpha * delta


def _shrunk(xp, value, rate, l1, l2):
    """The proximal step of an L1 and L2 penalty: move towards 0 by `rate l1`, then divide."""
    if l1 > 0:
        value = xp.sign(value) * xp.maximum(xp.abs(value) - rate * l1, value.dtype.type(0))
    return value / (value.dtype.type(1) + rate * l2)


@rule("ProximalGradientDescent(var; alpha, l1, l2, delta; )")
def proximal_gradient_descent(xp, var, alpha, l1, l2, delta):
    """Take one step of gradient descent with L1 and L2 penalties.

    J. Duchi, Y. Singer, "Efficient learning using forward-backward splitting", 2009.
    """
    return _shrunk(xp, var - delta * alpha, alpha, l1, l2)


@rule("Momentum(var, accum; lr, grad, momentum; use_nesterov: bool = False)")
def momentum_rule(xp, var, accum, lr, grad, momentum, use_nesterov):
    """Take one step with momentum: along a running sum of gradients, in which older ones fade."""
    accum = accum * momentum + grad
    step = grad * lr + accum * momentum * lr if use_nesterov else accum * lr
    return var - step, accum


@rule("KerasMomentum(var, accum; lr, grad, momentum; use_nesterov: bool = False)", ref=False)
def keras_momentum(xp, var, accum, lr, grad, momentum, use_nesterov):
    """Take one step with momentum, where the learning rate is part of the running sum."""
    accum = accum * momentum - grad * lr
    return var + (accum * momentum - grad * lr if use_nesterov else accum), accum


@rule("Adam(var, m, v; beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad; use_nesterov: bool = False)", sparse=False)
def adam(xp, var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad, use_nesterov):
    """Take one step of Adam.

    D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2014.
    """
    one = var.dtype.type(1)
    rate = lr * xp.sqrt(one - beta2_power) / (one - beta1_power)
    m = m + (grad - m) * (one - beta1)
    v = v + (xp.square(grad) - v) * (one - beta2)
    direction = m * beta1 + (one - beta1) * grad if use_nesterov else m
    return var - direction * rate / (xp.sqrt(v) + epsilon), m, v


@rule("AdamWithAmsgrad(var, m, v, vhat; beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad; )", sparse=False, ref=False)
def adam_with_amsgrad(xp, var, m, v, vhat, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad):
    """Take one step of AMSGrad, the form of Adam whose step never grows.

    S. J. Reddi, S. Kale, S. Kumar, "On the convergence of Adam and beyond", 2018.
    """
    one = var.dtype.type(1)
    rate = lr * xp.sqrt(one - beta2_power) / (one - beta1_power)
    m = m + (grad - m) * (one - beta1)
    v = v + (xp.square(grad) - v) * (one - beta2)
    vhat = xp.maximum(vhat, v)
    return var - m * rate / (xp.sqrt(vhat) + epsilon), m, v, vhat


@rule("AdaMax(var, m, v; beta1_power, lr, beta1, beta2, epsilon, grad; )", sparse=False)
def ada_max(xp, var, m, v, beta1_power, lr, beta1, beta2, epsilon, grad):
    """Take one step of AdaMax, the form of Adam with the largest gradient in place of the mean square."""
    one = var.dtype.type(1)
    m = m + (grad - m) * (one - beta1)
    v = xp.maximum(beta2 * v, xp.abs(grad))
    return var - lr / (one - beta1_power) * (m / (v + epsilon)), m, v


def _rsqrt(xp, x):
    return x.dtype.type(1) / xp.sqrt(x)


@rule("Adagrad(var, accum; lr, grad; update_slots: bool = True)")
def adagrad(xp, var, accum, lr, grad, update_slots):
    """Take one step of Adagrad: shorter where gradients have been large.

    J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    """
    if update_slots:
        accum = accum + xp.square(grad)
    return var - grad * lr * _rsqrt(xp, accum), accum


@rule("AdagradV2(var, accum; lr, epsilon, grad; update_slots: bool = True)")
def adagrad_v2(xp, var, accum, lr, epsilon, grad, update_slots):
    """Take one step of Adagrad with a number that keeps the divisor from 0."""
    if update_slots:
        accum = accum + xp.square(grad)
    return var - grad * lr / (xp.sqrt(accum) + epsilon), accum


@rule("ProximalAdagrad(var, accum; lr, l1, l2, grad; )")
def proximal_adagrad(xp, var, accum, lr, l1, l2, grad):
    """Take one step of Adagrad with L1 and L2 penalties."""
    accum = accum + xp.square(grad)
    rate = lr * _rsqrt(xp, accum)
    return _shrunk(xp, var - grad * rate, rate, l1, l2), accum


@rule("AdagradDA(var, gradient_accumulator, gradient_squared_accumulator; grad, lr, l1, l2, global_step; )")
def adagrad_da(xp, var, gradient_accumulator, gradient_squared_accumulator, grad, lr, l1, l2, global_step):
    """Take one step of Adagrad with dual averaging: the variable is worked out anew from the sums of all gradients."""
    number = var.dtype.type
    total = gradient_accumulator + grad
    squares = gradient_squared_accumulator + xp.square(grad)
    step = global_step.astype(var.dtype)
    shrunk = xp.sign(total) * xp.maximum(xp.abs(total) - l1 * step, number(0)) if l1 > 0 else total
    return -lr * shrunk / (l2 * step * lr + xp.sqrt(squares)), total, squares


@rule("RMSProp(var, ms, mom; lr, rho, momentum, epsilon, grad; )")
def rms_prop(xp, var, ms, mom, lr, rho, momentum, epsilon, grad):
    """Take one step of RMSProp: along the gradient divided by a running mean of its size.

    T. Tieleman, G. Hinton, "Lecture 6.5: rmsprop", 2012.
    """
    ms = ms + (xp.square(grad) - ms) * (var.dtype.type(1) - rho)
    mom = mom * momentum + grad * lr / xp.sqrt(ms + epsilon)
    return var - mom, ms, mom


@rule("CenteredRMSProp(var, mg, ms, mom; lr, rho, momentum, epsilon, grad; )")
def centered_rms_prop(xp, var, mg, ms, mom, lr, rho, momentum, epsilon, grad):
    """Take one step of RMSProp with the running variance in place of the mean square.

    A. Graves, "Generating sequences with recurrent neural networks", 2013.
    """
    rest = var.dtype.type(1) - rho
    ms = ms + (xp.square(grad) - ms) * rest
    mg = mg + (grad - mg) * rest
    mom = mom * momentum + grad * lr / xp.sqrt(ms - xp.square(mg) + epsilon)
    return var - mom, mg, ms, mom


@rule("Adadelta(var, accum, accum_update; lr, rho, epsilon, grad; )")
def adadelta(xp, var, accum, accum_update, lr, rho, epsilon, grad):
    """Take one step of Adadelta, which needs no learning rate.

    M. D. Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
    """
    rest = var.dtype.type(1) - rho
    accum = accum * rho + xp.square(grad) * rest
    update = xp.sqrt(accum_update + epsilon) * _rsqrt(xp, accum + epsilon) * grad
    return var - update * lr, accum, accum_update * rho + xp.square(update) * rest


def _follow_the_leader(xp, var, accum, linear, grad, shrunk_grad, lr, l1, l2, lr_power):
    """New values of the variable, its sum of squares, and its linear term."""
    number = var.dtype.type
    new_accum = accum + xp.square(grad)
    power, old_power = new_accum ** (-lr_power), accum ** (-lr_power)
    linear = linear + shrunk_grad - (power - old_power) / lr * var
    curvature = power / lr + number(2) * l2
    var = xp.where(xp.abs(linear) > l1, (l1 * xp.sign(linear) - linear) / curvature, number(0))
    return var, new_accum, linear


_BY_RATE = {"2.21": {"multiply_linear_by_lr": ("bool", False)}}


@rule("Ftrl(var, accum, linear; grad, lr, l1, l2, lr_power; )", release_attrs=_BY_RATE)
def ftrl(xp, var, accum, linear, grad, lr, l1, l2, lr_power):
    """Take one step of "follow the regularized leader".

    H. B. McMahan et al., "Ad click prediction: a view from the trenches", 2013.
    """
    return _follow_the_leader(xp, var, accum, linear, grad, grad, lr, l1, l2, lr_power)


@rule("FtrlV2(var, accum, linear; grad, lr, l1, l2, l2_shrinkage, lr_power; )", release_attrs=_BY_RATE)
def ftrl_v2(xp, var, accum, linear, grad, lr, l1, l2, l2_shrinkage, lr_power):
    """Take one step of "follow the regularized leader" with a second L2 penalty that only looks at the gradient."""
    shrunk = grad + var.dtype.type(2) * l2_shrinkage * var
    return _follow_the_leader(xp, var, accum, linear, grad, shrunk, lr, l1, l2, lr_power)


@rule("AddSign(var, m; lr, alpha, sign_decay, beta, grad; )", sparse=False)
def add_sign(xp, var, m, lr, alpha, sign_decay, beta, grad):
    """Take one step of AddSign: larger where the gradient agrees with its running mean.

    I. Bello, B. Zoph, V. Vasudevan, Q. V. Le, "Neural optimizer search with reinforcement learning", 2017.
    """
    m = m * beta + grad * (var.dtype.type(1) - beta)
    return var - lr * (alpha + sign_decay * xp.sign(grad) * xp.sign(m)) * grad, m


@rule("PowerSign(var, m; lr, logbase, sign_decay, beta, grad; )", sparse=False)
def power_sign(xp, var, m, lr, logbase, sign_decay, beta, grad):
    """Take one step of PowerSign: larger where the gradient agrees with its running mean.

    I. Bello, B. Zoph, V. Vasudevan, Q. V. Le, "Neural optimizer search with reinforcement learning", 2017.
    """
    m = m * beta + grad * (var.dtype.type(1) - beta)
    return var - lr * xp.exp(logbase * sign_decay * xp.sign(grad) * xp.sign(m)) * grad, m
