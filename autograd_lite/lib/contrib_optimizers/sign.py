"""PowerSign and AddSign: steps that grow where the gradient agrees with its running mean, found by search (Bello and others, 2017)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_lite.api.control import group
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.optimizer import Optimizer, op_of
from autograd_lite.lib.optimizers import as_type_of


class _SignOptimizer(Optimizer):
    """What both have in common: a running mean `m` of the gradient, and a factor that depends on whether the signs agree."""

    def __init__(self, learning_rate: Any, strength: Any, beta: Any, sign_decay_fn: Any, use_locking: bool, name: str) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._strength = strength
        self._beta = beta
        self._sign_decay_fn = sign_decay_fn
        self._tensors: list[Any] = []
        self._sign_decay: Any = None

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Operation:
        """The same as `Optimizer.apply_gradients`; `global_step` is what `sign_decay_fn` is called with."""
        decay = 1.0 if self._sign_decay_fn is None else self._sign_decay_fn(global_step)
        self._sign_decay = convert_to_tensor(decay, name="sign_decay")
        return super().apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "m", self._name)

    def _prepare(self) -> None:
        self._tensors = [
            convert_to_tensor(self._call_if_callable(value), name=name)
            for value, name in ((self._lr, "learning_rate"), (self._strength, "strength"), (self._beta, "beta"))
        ]

    def _numbers(self, like: Any) -> list[Any]:
        """Learning rate, strength, sign decay and beta, in the order of the ops."""
        rate, strength, beta = (as_type_of(tensor, like) for tensor in self._tensors)
        return [rate, strength, as_type_of(self._sign_decay, like), beta]

    def _factor(self, strength: Any, agreement: Any) -> Any:
        """What the gradient is multiplied with, when `agreement` is between -1 and 1."""
        raise NotImplementedError

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return self._apply_rows(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        return self._apply_rows(grad, handle, indices)

    def _apply_rows(self, grad: Tensor, var: Any, indices: Tensor) -> Any:
        """All rows of m decay; only the rows with a gradient move."""
        rate, strength, decay, beta = self._numbers(var)
        m = self.get_slot(var, "m")
        decayed = m.assign(m * beta, use_locking=self._use_locking)
        with get_default_graph().control_dependencies([op_of(decayed)]):
            added = m.scatter_add(IndexedSlices(grad * (1 - beta), indices))
        with get_default_graph().control_dependencies([op_of(added)]):
            mean = m.sparse_read(indices)
        step = rate * self._factor(strength, decay * raw.Sign(grad) * raw.Sign(mean)) * grad
        return group(op_of(var.scatter_sub(IndexedSlices(step, indices))), op_of(added))


@export("contrib.opt.PowerSignOptimizer")
class PowerSignOptimizer(_SignOptimizer):
    """PowerSign: `m = beta * m + (1 - beta) * g; var -= learning_rate * base ** (sign_decay * sign(g) * sign(m)) * g`.

    Args:
      learning_rate: a number or scalar tensor.
      base: how much larger the step is where the signs agree, and smaller where they do not.
      beta: how much of the past mean is kept.
      sign_decay_fn: a function from the global step to a number that fades the effect of the signs; 1 if None.
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Slots: `m`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.1,
        base: float = math.e,
        beta: Any = 0.9,
        sign_decay_fn: Callable[[Any], Any] | None = None,
        use_locking: bool = False,
        name: str = "PowerSignOptimizer",
    ) -> None:
        super().__init__(learning_rate, math.log(base), beta, sign_decay_fn, use_locking, name)

    def _factor(self, strength: Any, agreement: Any) -> Any:
        return raw.Exp(strength * agreement)

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        return raw.ApplyPowerSign(var, self.get_slot(var, "m"), *self._numbers(var), grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        m = self.get_slot(handle, "m")
        return raw.ResourceApplyPowerSign(handle.handle, m.handle, *self._numbers(grad), grad, use_locking=self._use_locking)


@export("contrib.opt.AddSignOptimizer")
class AddSignOptimizer(_SignOptimizer):
    """AddSign: `m = beta * m + (1 - beta) * g; var -= learning_rate * (alpha + sign_decay * sign(g) * sign(m)) * g`.

    Args:
      learning_rate: a number or scalar tensor.
      alpha: the factor where the signs say nothing.
      beta: how much of the past mean is kept.
      sign_decay_fn: a function from the global step to a number that fades the effect of the signs; 1 if None.
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Slots: `m`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.1,
        alpha: Any = 1.0,
        beta: Any = 0.9,
        sign_decay_fn: Callable[[Any], Any] | None = None,
        use_locking: bool = False,
        name: str = "AddSignOptimizer",
    ) -> None:
        super().__init__(learning_rate, alpha, beta, sign_decay_fn, use_locking, name)

    def _factor(self, strength: Any, agreement: Any) -> Any:
        return strength + agreement

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        return raw.ApplyAddSign(var, self.get_slot(var, "m"), *self._numbers(var), grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        m = self.get_slot(handle, "m")
        return raw.ResourceApplyAddSign(handle.handle, m.handle, *self._numbers(grad), grad, use_locking=self._use_locking)
