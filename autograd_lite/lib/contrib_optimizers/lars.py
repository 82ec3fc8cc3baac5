"""LARS: momentum with a learning rate of its own for each layer, for very large batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.optimizers import MomentumOptimizer


def _length(tensor: Any) -> Tensor:
    return raw.Sqrt(reduce_sum(raw.Square(tensor)))


@export("contrib.opt.LARSOptimizer")
class LARSOptimizer(MomentumOptimizer):
    """Layer-wise adaptive rate scaling: each variable's step is in proportion to its own length.

    `rate = learning_rate * eeta * |var| / (|gradient| + weight_decay * |var| + epsilon)`, 1 instead of the quotient when a length is 0;
    then momentum on `gradient + weight_decay * var` with this rate.

    Args:
      learning_rate, momentum, name, use_nesterov: as for MomentumOptimizer.
      weight_decay: how strongly weights are drawn to 0.
      eeta: the size of a step in relation to the variable.
      epsilon: added to the divisor.
      skip_list: variables whose names contain one of these get plain momentum, without decay: biases, batch normalization.

    Slots: `momentum`. Source: You, Gitman and Ginsburg, 2017, "Large batch training of convolutional networks".
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any = 0.9,
        weight_decay: float = 0.0001,
        eeta: float = 0.001,
        epsilon: float = 0.0,
        name: str = "LARSOptimizer",
        skip_list: Sequence[str] | None = None,
        use_nesterov: bool = False,
    ) -> None:
        if momentum < 0.0:
            raise ValueError(f"momentum should be positive: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"weight_decay should be positive: {weight_decay}")
        super().__init__(learning_rate, momentum, use_locking=False, name=name, use_nesterov=use_nesterov)
        self._weight_decay = weight_decay
        self._eeta = eeta
        self._epsilon = epsilon
        self._skip_list = tuple(skip_list or ())

    def _scaled(self, grad: Tensor, var: Any) -> tuple[Tensor, Tensor]:
        """The learning rate of a variable and its gradient with the decay."""
        rate = self._numbers(var)[0]
        if any(part in var.name for part in self._skip_list):
            return rate, grad
        value = convert_to_tensor(var)
        length, slope = _length(value), _length(grad)
        ratio = self._eeta * length / (slope + self._weight_decay * length + self._epsilon)
        known = raw.LogicalAnd(raw.Greater(length, 0.0), raw.Greater(slope, 0.0))
        return rate * raw.Select(known, ratio, raw.OnesLike(ratio)), grad + self._weight_decay * value

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        rate, grad = self._scaled(grad, var)
        return raw.ApplyMomentum(var, self.get_slot(var, "momentum"), rate, grad, self._numbers(var)[1], **self._flags()).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        rate, grad = self._scaled(grad, handle)
        slot = self.get_slot(handle, "momentum")
        return raw.ResourceApplyMomentum(handle.handle, slot.handle, rate, grad, self._numbers(grad)[1], **self._flags())
