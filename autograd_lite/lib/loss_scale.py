"""`tf.train.experimental`: scaling the loss, so that small gradients do not vanish in float16."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_lite.api.cond import cond
from autograd_lite.api.control import group, no_op
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging
from autograd_lite.lib.optimizer import Optimizer, op_of
from autograd_lite.lib.optimizers import as_type_of
from autograd_lite.lib.variables import make_variable


@export("train.experimental.LossScale")
class LossScale:
    """The base of what says by how much the loss is multiplied: `loss_scale()` gives the number as a float32 scalar tensor."""

    def __call__(self) -> Tensor:
        """The present scale."""
        raise NotImplementedError(f"{type(self).__name__} does not say its scale: write __call__(self)")

    def update(self, grads: Any) -> tuple[Operation, Any]:
        """Look at the gradients of a step, multiplied by nothing any more.

        Returns:
          The operation that updates the scale, and a boolean tensor: whether the gradients should be applied.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it changes: write update(self, grads)")

    def get_config(self) -> dict[str, Any]:
        """The arguments with which an equal one can be made."""
        raise NotImplementedError(f"{type(self).__name__} does not say its arguments: write get_config(self)")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LossScale:
        """One made with the arguments that `get_config` gave."""
        return cls(**config)


@export("train.experimental.FixedLossScale")
class FixedLossScale(LossScale):
    """A scale that never changes.

    Args:
      loss_scale_value: at least 1.

    Raises:
      ValueError: it is less, or no number.

    >>> FixedLossScale(128.0).get_config()
    {'loss_scale_value': 128.0}
    """

    def __init__(self, loss_scale_value: float) -> None:
        if not isinstance(loss_scale_value, int | float):
            raise ValueError(f"loss_scale_value must be a Python int or float.\n  It is {loss_scale_value!r}.")
        if loss_scale_value < 1:
            raise ValueError(f"loss_scale_value must be at least 1, got {loss_scale_value}")
        self._value = float(loss_scale_value)

    def __call__(self) -> Tensor:
        return convert_to_tensor(self._value, dtype=dtypes.float32)

    def update(self, grads: Any) -> tuple[Operation, Any]:
        """Nothing changes, and the gradients are always applied."""
        return no_op(), convert_to_tensor(True)

    def get_config(self) -> dict[str, Any]:
        """The arguments with which an equal one can be made."""
        return {"loss_scale_value": self._value}


@export("train.experimental.DynamicLossScale")
class DynamicLossScale(LossScale):
    """A scale that grows after many good steps, and shrinks when a gradient is not finite; such a step is left out.

    Args:
      initial_loss_scale: the first scale.
      increment_period: after so many good steps in a row the scale grows.
      multiplier: by how much it grows and shrinks; it is never less than 1.

    >>> DynamicLossScale().get_config()["increment_period"]
    2000
    """

    def __init__(self, initial_loss_scale: float = 2**15, increment_period: int = 2000, multiplier: float = 2.0) -> None:
        self._initial_loss_scale = float(initial_loss_scale)
        self._increment_period = int(increment_period)
        self._multiplier = float(multiplier)
        self._scale = make_variable(self._initial_loss_scale, name="current_loss_scale", trainable=False)
        self._good_steps = make_variable(0, dtype=dtypes.int64, name="good_steps", trainable=False)

    def __call__(self) -> Tensor:
        return convert_to_tensor(self._scale)

    def update(self, grads: Any) -> tuple[Operation, Any]:
        """The operation that notes a good or bad step, and whether it was good: whether all gradients are finite."""
        finite = [reduce_all(raw.IsFinite(_values(gradient))) for gradient in grads if gradient is not None]
        all_finite = reduce_all(raw.Pack(finite)) if finite else convert_to_tensor(True)
        scale, steps = convert_to_tensor(self._scale), convert_to_tensor(self._good_steps) + 1
        larger, smaller = scale * self._multiplier, raw.Maximum(scale / self._multiplier, 1.0)
        grows = raw.LogicalAnd(raw.GreaterEqual(steps, self._increment_period), raw.IsFinite(larger))
        good = raw.Select(grows, larger, scale)
        next_scale = raw.Select(all_finite, good, smaller)
        zero = raw.ZerosLike(steps)
        next_steps = raw.Select(all_finite, raw.Select(raw.GreaterEqual(steps, self._increment_period), zero, steps), zero)
        return group(op_of(self._scale.assign(next_scale)), op_of(self._good_steps.assign(next_steps))), all_finite

    @property
    def initial_loss_scale(self) -> float:
        """The scale of the first step."""
        return self._initial_loss_scale

    @property
    def increment_period(self) -> int:
        """After how many good steps in a row the scale grows."""
        return self._increment_period

    @property
    def multiplier(self) -> float:
        """By how much it grows and shrinks."""
        return self._multiplier

    def get_config(self) -> dict[str, Any]:
        """The arguments with which an equal one can be made."""
        return {
            "initial_loss_scale": self._initial_loss_scale,
            "increment_period": self._increment_period,
            "multiplier": self._multiplier,
        }


def _values(gradient: Any) -> Any:
    return gradient.values if isinstance(gradient, IndexedSlices) else gradient


def _loss_scale_of(value: Any) -> LossScale:
    if isinstance(value, LossScale):
        return value
    if value == "dynamic":
        return DynamicLossScale()
    if isinstance(value, int | float):
        return FixedLossScale(value)
    raise ValueError(f"loss_scale must be a LossScale, a number or 'dynamic', got {value!r}")


@export("train.experimental.MixedPrecisionLossScaleOptimizer")
class MixedPrecisionLossScaleOptimizer(Optimizer):
    """Multiplies the loss before gradients are computed, and divides the gradients after; steps that are not finite are left out.

    Args:
      opt: the optimizer.
      loss_scale: a LossScale, a number, or "dynamic".

    Raises:
      ValueError: `opt` is no Optimizer, or `loss_scale` none of these.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(1.0)
    >>> optimizer = MixedPrecisionLossScaleOptimizer(tf.train.GradientDescentOptimizer(0.5), 128)
    >>> step = optimizer.minimize(w * w, var_list=[w])
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     session.run(step)
    ...     print(session.run(w))
    0.0
    """

    def __init__(self, opt: Optimizer, loss_scale: Any) -> None:
        if not isinstance(opt, Optimizer):
            raise ValueError(f'"opt" must be an instance of Optimizer, but got: {opt}')
        super().__init__(use_locking=opt._use_locking, name=opt.get_name())
        self._optimizer = opt
        self._loss_scale = _loss_scale_of(loss_scale)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = Optimizer.GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """The gradients of the loss itself, computed with the scaled loss."""
        if callable(loss):
            loss = loss()
        scale = self._loss_scale()
        pairs = self._optimizer.compute_gradients(
            loss * as_type_of(scale, loss), var_list=var_list, gate_gradients=gate_gradients, aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops, grad_loss=grad_loss,
        )  # fmt: skip
        return [(_divided(gradient, scale), variable) for gradient, variable in pairs]

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None, name: str | None = None) -> Operation:
        """The update of the optimizer inside, if all gradients are finite, and that of the scale."""
        pairs = list(grads_and_vars)
        update, is_good = self._loss_scale.update([gradient for gradient, _ in pairs])
        applied = cond(is_good, lambda: group(self._optimizer.apply_gradients(pairs, global_step=global_step)), no_op)
        return group(op_of(applied), update, name=name or f"{self._name}-wrapped")

    def get_slot(self, var: Any, name: str) -> Any:
        """A slot of the optimizer inside."""
        return self._optimizer.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """The names of the slots of the optimizer inside."""
        return self._optimizer.get_slot_names()

    def variables(self) -> list[Any]:
        """The variables that the optimizer inside keeps."""
        return self._optimizer.variables()


def _divided(gradient: Any, scale: Tensor) -> Any:
    if gradient is None:
        return None
    inverse = as_type_of(raw.Reciprocal(scale), gradient)
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(gradient.values * inverse, gradient.indices, gradient.dense_shape)
    return gradient * inverse


@export("train.experimental.enable_mixed_precision_graph_rewrite")
def enable_mixed_precision_graph_rewrite(opt: Optimizer, loss_scale: Any = "dynamic") -> MixedPrecisionLossScaleOptimizer:
    """Train with a scaled loss, as half precision needs it.

    TensorFlow also turns parts of the graph into half precision when it runs on a GPU that is made for it; on other devices it leaves the
    graph as it is, and so does this library everywhere: programs run, in the precision in which they are written.

    Args:
      opt: the optimizer.
      loss_scale: a LossScale, a number, or "dynamic".

    Returns:
      The optimizer to use instead.

    Raises:
      ValueError: `opt` is no Optimizer, or one whose loss is scaled already.

    >>> import autograd_lite as tf
    >>> optimizer = tf.train.experimental.enable_mixed_precision_graph_rewrite(tf.train.AdamOptimizer())
    >>> type(optimizer).__name__
    'MixedPrecisionLossScaleOptimizer'
    """
    if isinstance(opt, MixedPrecisionLossScaleOptimizer):
        raise ValueError(
            '"opt" must not already be an instance of a MixedPrecisionLossScaleOptimizer. `enable_mixed_precision_graph_rewrite` will '
            "automatically wrap the optimizer with a MixedPrecisionLossScaleOptimizer."
        )
    if not isinstance(opt, Optimizer):
        raise ValueError(f'"opt" must be an instance of a tf.train.Optimizer or a tf.keras.optimizers.Optimizer, but got: {opt}')
    scaled = MixedPrecisionLossScaleOptimizer(opt, loss_scale)
    _rewrite.enabled = True
    return scaled


@export("train.experimental.disable_mixed_precision_graph_rewrite")
def disable_mixed_precision_graph_rewrite() -> None:
    """Take `enable_mixed_precision_graph_rewrite` back; optimizers that it returned go on scaling."""
    if not _rewrite.enabled:
        logging.warn("disable_mixed_precision_graph_rewrite() called when mixed precision is already disabled.")
    _rewrite.enabled = False


class _Rewrite:
    """Whether a program asked for mixed precision."""

    enabled = False


_rewrite = _Rewrite()
