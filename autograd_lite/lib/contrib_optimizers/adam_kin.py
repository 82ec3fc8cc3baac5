"""Relatives of Adam: AdaMax, Nadam, and LazyAdam, which touches only the rows that have a gradient."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.control import group
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.adaptive_optimizers import AdamOptimizer
from autograd_lite.lib.optimizer import op_of


def _set_rows(slot: Any, indices: Tensor, rows: Any) -> Any:
    """The operation that replaces rows of a slot."""
    return op_of(slot.scatter_update(IndexedSlices(rows, indices)))


def _take_from_rows(var: Any, indices: Tensor, rows: Any) -> Any:
    return op_of(var.scatter_sub(IndexedSlices(rows, indices)))


@export("contrib.opt.AdaMaxOptimizer")
class AdaMaxOptimizer(AdamOptimizer):
    """AdaMax: Adam whose divisor is a decaying maximum of the gradient's size instead of a mean square.

    At step t: `m = beta1 * m + (1 - beta1) * g`; `v = max(beta2 * v, |g|)`; `var -= learning_rate / (1 - beta1 ** t) * m / (v + epsilon)`.
    Of a variable with gradients of some rows only these rows change, in its slots too.

    Args:
      learning_rate, beta1, beta2, epsilon, use_locking, name: as for AdamOptimizer.

    Slots: `m`, `v`. Source: Kingma and Ba, 2015, section 7.1.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdaMax",
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)

    def _create_slots(self, var_list: list[Any]) -> None:
        first = min(var_list, key=lambda var: var.name)
        self._create_non_slot_variable(self._call_if_callable(self._beta1), "beta1_power", first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        power = self._get_non_slot_variable("beta1_power")
        return power, power  # AdaMax needs no power of beta2

    def _own_numbers(self, like: Any) -> list[Any]:
        power, _, rate, beta1, beta2, epsilon = self._numbers(like)
        return [power, rate, beta1, beta2, epsilon]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        return raw.ApplyAdaMax(var, m, v, *self._own_numbers(var), grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        m, v = self.get_slot(handle, "m"), self.get_slot(handle, "v")
        numbers = self._own_numbers(grad)
        return raw.ResourceApplyAdaMax(handle.handle, m.handle, v.handle, *numbers, grad, use_locking=self._use_locking)

    def _apply_rows(self, grad: Tensor, var: Any, indices: Tensor) -> Any:
        power, rate, beta1, beta2, epsilon = self._own_numbers(var)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = beta1 * m.sparse_read(indices) + (1 - beta1) * grad
        v_rows = raw.Maximum(beta2 * v.sparse_read(indices), raw.Abs(grad))
        step = rate / (1 - power) * (m_rows / (v_rows + epsilon))
        return group(_take_from_rows(var, indices, step), _set_rows(m, indices, m_rows), _set_rows(v, indices, v_rows))

    def _finish(self, update_ops: list[Any], name: str) -> Any:
        graph = get_default_graph()
        with graph.control_dependencies(update_ops):
            power = self._get_non_slot_variable("beta1_power")
            with graph.colocate_with(power):
                following = power.assign(power * self._beta1_t, use_locking=self._use_locking)
        return group(*[op_of(update) for update in (*update_ops, following)], name=name)


@export("contrib.opt.NadamOptimizer")
class NadamOptimizer(AdamOptimizer):
    """Nadam: Adam that looks one step ahead, as Nesterov's momentum does: `beta1 * m + (1 - beta1) * g` takes the place of `m`.

    Args:
      learning_rate, beta1, beta2, epsilon, use_locking, name: as for AdamOptimizer.

    Slots: `m`, `v`. Source: Dozat, 2016, "Incorporating Nesterov momentum into Adam".
    """

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        return raw.ApplyAdam(var, m, v, *self._numbers(var), grad, use_locking=self._use_locking, use_nesterov=True).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        m, v = self.get_slot(handle, "m"), self.get_slot(handle, "v")
        numbers = self._numbers(grad)
        return raw.ResourceApplyAdam(
            handle.handle, m.handle, v.handle, *numbers, grad, use_locking=self._use_locking, use_nesterov=True
        )

    def _apply_rows(self, grad: Tensor, var: Any, indices: Tensor) -> Any:
        """All rows of m and v decay; only the rows with a gradient move."""
        power1, power2, rate, beta1, beta2, epsilon = self._numbers(var)
        rate = rate * raw.Sqrt(1 - power2) / (1 - power1)
        share = grad * (1 - beta1)
        m = self._decay_and_add(self.get_slot(var, "m"), beta1, indices, share)
        v = self._decay_and_add(self.get_slot(var, "v"), beta2, indices, (grad * grad) * (1 - beta2))
        ahead = share + beta1 * raw.GatherV2(m, indices, 0)
        step = rate * ahead / (raw.Sqrt(raw.GatherV2(v, indices, 0)) + epsilon)
        return group(_take_from_rows(var, indices, step), op_of(m), op_of(v))


@export("contrib.opt.LazyAdamOptimizer")
class LazyAdamOptimizer(AdamOptimizer):
    """Adam that leaves rows without a gradient alone, in the variable and in its slots: faster for large embeddings, and not the same.

    Args:
      learning_rate, beta1, beta2, epsilon, use_locking, name: as for AdamOptimizer.

    Slots: `m`, `v`.
    """

    def _apply_rows(self, grad: Tensor, var: Any, indices: Tensor) -> Any:
        power1, power2, rate, beta1, beta2, epsilon = self._numbers(var)
        rate = rate * raw.Sqrt(1 - power2) / (1 - power1)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_rows = beta1 * m.sparse_read(indices) + (1 - beta1) * grad
        v_rows = beta2 * v.sparse_read(indices) + (1 - beta2) * raw.Square(grad)
        step = rate * m_rows / (raw.Sqrt(v_rows) + epsilon)
        return group(_take_from_rows(var, indices, step), _set_rows(m, indices, m_rows), _set_rows(v, indices, v_rows))
