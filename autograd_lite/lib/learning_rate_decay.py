"""Learning rates that change with the number of the step: each function returns a scalar tensor to pass as `learning_rate`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_lite.api.case import case
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant
from autograd_lite.api.math import add
from autograd_lite.api.random import random_normal
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def _need_step(global_step: Any, function: str) -> None:
    if global_step is None:
        raise ValueError(
            f"None values not supported.\n  tf.train.{function} needs global_step: for example tf.train.get_or_create_global_step(), "
            "passed to minimize(..., global_step=...) as well so that it counts."
        )


def _start(learning_rate: Any) -> Tensor:
    return convert_to_tensor(learning_rate, name="initial_learning_rate")


def _finished(step: Tensor, decay_steps: Tensor, staircase: bool) -> Tensor:
    """How many times `decay_steps` have passed."""
    p = step / decay_steps
    return raw.Floor(p) if staircase else p


@export("train.exponential_decay")
def exponential_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False, name: str | None = None
) -> Tensor:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`; the exponent is rounded down with `staircase`.

    Raises:
      ValueError: when `global_step` is None.

    >>> import autograd_lite as tf
    >>> rate = tf.train.exponential_decay(0.5, tf.constant(20), 10, 0.5)
    >>> print(tf.Session().run(rate))
    0.125
    """
    _need_step(global_step, "exponential_decay")
    with name_scope(name, "ExponentialDecay", [learning_rate, global_step, decay_steps, decay_rate]) as scope:
        start = _start(learning_rate)
        steps = cast(decay_steps, start.dtype)
        rate = cast(decay_rate, start.dtype)
        step = cast(global_step, start.dtype)
        return raw.Mul(start, raw.Pow(rate, _finished(step, steps, staircase)), name=scope)


@export("train.natural_exp_decay")
def natural_exp_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False, name: str | None = None
) -> Tensor:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`; the quotient is rounded down with `staircase`."""
    _need_step(global_step, "natural_exp_decay")
    rate = raw.Exp(raw.Neg(decay_rate))
    return exponential_decay(learning_rate, global_step, decay_steps, rate, staircase=staircase, name=name)


@export("train.inverse_time_decay")
def inverse_time_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False, name: str | None = None
) -> Tensor:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`; the quotient is rounded down with `staircase`."""
    _need_step(global_step, "inverse_time_decay")
    with name_scope(name, "InverseTimeDecay", [learning_rate, global_step, decay_rate]) as scope:
        start = _start(learning_rate)
        steps = cast(decay_steps, start.dtype)
        rate = cast(decay_rate, start.dtype)
        finished = _finished(cast(global_step, start.dtype), steps, staircase)
        one = cast(constant(1), start.dtype)
        return raw.RealDiv(start, add(one, raw.Mul(rate, finished), name="Add"), name=scope)


@export("train.polynomial_decay")
def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    """From `learning_rate` to `end_learning_rate` in `decay_steps` steps: `(start - end) * (1 - step / decay_steps) ** power + end`.

    After that it stays, or with `cycle` begins again with a multiple of `decay_steps`.
    """
    _need_step(global_step, "polynomial_decay")
    with name_scope(name, "PolynomialDecay", [learning_rate, global_step, decay_steps, end_learning_rate, power]) as scope:
        start = _start(learning_rate)
        end = cast(end_learning_rate, start.dtype)
        exponent = cast(power, start.dtype)
        step = cast(global_step, start.dtype)
        steps = cast(decay_steps, start.dtype)
        if cycle:
            # at least one period, also at step 0
            periods = _choose(raw.Equal(step, 0), 1.0, raw.Ceil(step / decay_steps))
            steps = raw.Mul(steps, periods)
        else:
            step = raw.Minimum(step, steps)
        done = step / steps
        return add(raw.Mul(start - end, raw.Pow(1 - done, exponent)), end, name=scope)


def _choose(condition: Any, x: Any, y: Any) -> Tensor:
    """`x` where the scalar `condition` holds, else `y`."""
    if release().select_type == "SelectV2":
        return raw.SelectV2(condition, x, y)
    return raw.Select(condition, convert_to_tensor(x, dtype=y.dtype if isinstance(y, Tensor) else None), y)


@export("train.piecewise_constant", "train.piecewise_constant_decay")
def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Tensor:
    """`values[0]` while `x <= boundaries[0]`, `values[1]` while `x <= boundaries[1]`, ..., the last value after that.

    Args:
      x: a scalar, usually the global step.
      boundaries: growing numbers.
      values: one more than boundaries, all of one type.
      name: a name for the operation.

    Raises:
      ValueError: for a wrong number of values, or types that do not go together.

    >>> import autograd_lite as tf
    >>> rate = tf.train.piecewise_constant(tf.constant(7), [5, 10], [1.0, 0.5, 0.1])
    >>> print(tf.Session().run(rate))
    0.5
    """
    if len(boundaries) != len(values) - 1:
        raise ValueError(
            "The length of boundaries should be 1 less than the length of values\n"
            f"  Received {len(boundaries)} boundaries and {len(values)} values."
        )
    x = convert_to_tensor(x)
    limits = [convert_to_tensor(limit) for limit in boundaries]
    choices = [convert_to_tensor(value) for value in values]
    limits = [_boundary(limit, x) for limit in limits]
    for choice in choices:
        if choice.dtype.base_dtype != choices[0].dtype.base_dtype:
            raise ValueError(
                "Values must have elements all with the same dtype. "
                f"First value has dtype {choices[0].dtype.base_dtype.name}, another has {choice.dtype.base_dtype.name}."
            )
    with name_scope(name, "PiecewiseConstant", [x, limits, choices, name]):
        pairs = [(raw.LessEqual(x, limits[0]), _giving(choices[0])), (raw.Greater(x, limits[-1]), _giving(choices[-1]))]
        for low, high, choice in zip(limits[:-1], limits[1:], choices[1:-1]):
            inside = raw.LogicalAnd(raw.Greater(x, low), raw.LessEqual(x, high), name="and")
            pairs.append((inside, _giving(choice)))
        return case(pairs, default=_giving(choices[0]), exclusive=True)


def _giving(value: Tensor) -> Callable[[], Tensor]:
    """A branch that gives `value`."""
    return lambda: value


def _boundary(tensor: Tensor, x: Tensor) -> Tensor:
    """A boundary as a tensor of x's type; int32 boundaries may be compared with an int64 step."""
    if tensor.dtype.base_dtype == x.dtype.base_dtype:
        return tensor
    if tensor.dtype.base_dtype == dtypes.int32 and x.dtype.base_dtype == dtypes.int64:
        return cast(tensor, x.dtype.base_dtype)
    raise ValueError(
        f"Boundaries ({tensor.dtype.base_dtype}) must have the same dtype as x ({x.dtype.base_dtype}).\n  x is {x!r}, made at {x.op.where}."
    )


@export("train.cosine_decay")
def cosine_decay(learning_rate: Any, global_step: Any, decay_steps: Any, alpha: Any = 0.0, name: str | None = None) -> Tensor:
    """Half a cosine wave from `learning_rate` down to `alpha * learning_rate` in `decay_steps` steps, then constant.

    Source: Loshchilov and Hutter, 2017, "SGDR: stochastic gradient descent with warm restarts".
    """
    _need_step(global_step, "cosine_decay")
    with name_scope(name, "CosineDecay", [learning_rate, global_step]):
        start = _start(learning_rate)
        steps = cast(decay_steps, start.dtype)
        step = raw.Minimum(cast(global_step, start.dtype), steps)
        done = step / steps
        decayed = _half_wave(done, start.dtype)
        return raw.Mul(start, (1 - alpha) * decayed + alpha)


def _half_wave(done: Tensor, dtype: Any) -> Tensor:
    """(1 + cos(pi * done)) / 2."""
    return 0.5 * (1.0 + raw.Cos(constant(math.pi, dtype=dtype) * done))


@export("train.cosine_decay_restarts")
def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Half cosine waves that start again: each `t_mul` times as long and `m_mul` times as high as the one before.

    Source: Loshchilov and Hutter, 2017, "SGDR: stochastic gradient descent with warm restarts".
    """
    _need_step(global_step, "cosine_decay_restarts")
    with name_scope(name, "SGDRDecay", [learning_rate, global_step]) as scope:
        start = _start(learning_rate)
        dtype = start.dtype
        steps = cast(first_decay_steps, dtype)
        lowest = cast(alpha, dtype)
        longer = cast(t_mul, dtype)
        lower = cast(m_mul, dtype)
        done = cast(global_step, dtype) / steps
        periods, fraction = _restarts(done, longer)
        height = lower**periods
        decayed = 0.5 * height * (1.0 + raw.Cos(constant(math.pi, dtype=dtype) * fraction))
        return raw.Mul(start, (1 - lowest) * decayed + lowest, name=scope)


def _restarts(done: Tensor, longer: Tensor) -> tuple[Tensor, Tensor]:
    """How many waves are over, and which fraction of the present one; `done` counts first waves."""
    known = constant_value(longer)
    if known is not None and known == 1:
        finished = raw.Floor(done)
        return finished, done - finished
    # the sum of a geometric series: after n waves (1 - t ** n) / (1 - t) first waves have passed
    finished = raw.Floor(raw.Log(1.0 - done * (1.0 - longer)) / raw.Log(longer))
    passed = (1.0 - longer**finished) / (1.0 - longer)
    geometric = finished, (done - passed) / longer**finished
    if known is not None:
        return geometric
    equal = raw.Equal(longer, 1.0)
    plain = raw.Floor(done)
    return _choose(equal, plain, geometric[0]), _choose(equal, done - plain, geometric[1])


@export("train.linear_cosine_decay")
def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """`learning_rate * ((alpha + linear) * cosine + beta)`: a line from 1 to 0 times `num_periods` cosine waves.

    Source: Bello and others, 2017, "Neural optimizer search with reinforcement learning".
    """
    _need_step(global_step, "linear_cosine_decay")
    with name_scope(name, "LinearCosineDecay", [learning_rate, global_step]) as scope:
        start = _start(learning_rate)
        dtype = start.dtype
        steps = cast(decay_steps, dtype)
        periods = cast(num_periods, dtype)
        added = cast(alpha, dtype)
        lowest = cast(beta, dtype)
        step = raw.Minimum(cast(global_step, dtype), steps)
        linear = (steps - step) / steps
        done = step / steps
        wave = _half_wave(2.0 * periods * done, dtype)
        return raw.Mul(start, (added + linear) * wave + lowest, name=scope)


@export("train.noisy_linear_cosine_decay")
def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """As `tf.train.linear_cosine_decay`, with normal noise of variance `initial_variance / (1 + step) ** variance_decay` on the line."""
    _need_step(global_step, "noisy_linear_cosine_decay")
    with name_scope(name, "NoisyLinearCosineDecay", [learning_rate, global_step]) as scope:
        start = _start(learning_rate)
        dtype = start.dtype
        steps = cast(decay_steps, dtype)
        variance = cast(initial_variance, dtype)
        exponent = cast(variance_decay, dtype)
        periods = cast(num_periods, dtype)
        added = cast(alpha, dtype)
        lowest = cast(beta, dtype)
        step = raw.Minimum(cast(global_step, dtype), steps)
        linear = (steps - step) / steps
        deviation = raw.Sqrt(variance / raw.Pow(1.0 + step, exponent))
        noisy = linear + random_normal(linear.shape.as_list(), stddev=deviation)
        done = step / steps
        wave = _half_wave(2.0 * periods * done, dtype)
        return raw.Mul(start, (added + noisy) * wave + lowest, name=scope)
