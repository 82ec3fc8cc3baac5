"""Update rules that look at the gradient and its past direction: gradient descent, momentum, and the proximal kind.

Those that scale each element by the size of its past gradients are in `adaptive_optimizers.py`.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.optimizer import Optimizer


def as_type_of(value: Any, like: Any) -> Any:
    """`value` (a tensor or variable) with the element type of `like`; itself when it has it already."""
    wanted = like.dtype.base_dtype
    return value if value.dtype.base_dtype == wanted else cast(value, wanted)


@export("train.GradientDescentOptimizer")
class GradientDescentOptimizer(Optimizer):
    """Gradient descent: `var -= learning_rate * gradient`.

    Args:
      learning_rate: a number or scalar tensor.
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(0, dtype=tf.float32)
    >>> cost = tf.add(tf.add(w ** 2, tf.multiply(-10.0, w)), 25)
    >>> train = tf.train.GradientDescentOptimizer(0.01).minimize(cost, var_list=[w])
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     session.run(train)
    ...     print(session.run(w))
    0.099999994
    """

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent") -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._learning_rate_tensor: Any = None

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert_to_tensor(self._call_if_callable(self._learning_rate), name="learning_rate")

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        rate = as_type_of(self._learning_rate_tensor, var)
        return raw.ApplyGradientDescent(var, rate, grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        rate = as_type_of(self._learning_rate_tensor, grad)
        return raw.ResourceApplyGradientDescent(handle.handle, rate, grad, use_locking=self._use_locking)

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        step = grad.values * as_type_of(self._learning_rate_tensor, var)  # equal rows add up by themselves
        return var.scatter_sub(IndexedSlices(step, grad.indices, grad.dense_shape), use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        return raw.ResourceScatterAdd(handle.handle, indices, -grad * as_type_of(self._learning_rate_tensor, grad))


@export("train.MomentumOptimizer")
class MomentumOptimizer(Optimizer):
    """Momentum: `accumulation = momentum * accumulation + gradient; var -= learning_rate * accumulation`.

    Args:
      learning_rate, momentum: numbers or scalar tensors.
      use_locking: accepted for old programs.
      name: the name scope of the updates.
      use_nesterov: look one step ahead: `var -= learning_rate * (gradient + momentum * accumulation)` (Sutskever and others, 2013).

    Slots: `momentum`.
    """

    def __init__(
        self, learning_rate: Any, momentum: Any, use_locking: bool = False, name: str = "Momentum", use_nesterov: bool = False
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov
        self._learning_rate_tensor: Any = None
        self._momentum_tensor: Any = None

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert_to_tensor(self._call_if_callable(self._learning_rate), name="learning_rate")
        self._momentum_tensor = convert_to_tensor(self._call_if_callable(self._momentum), name="momentum")

    def _numbers(self, like: Any) -> tuple[Any, Any]:
        return as_type_of(self._learning_rate_tensor, like), as_type_of(self._momentum_tensor, like)

    def _flags(self) -> dict[str, bool]:
        return {"use_locking": self._use_locking, "use_nesterov": self._use_nesterov}

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        rate, momentum = self._numbers(var)
        return raw.ApplyMomentum(var, self.get_slot(var, "momentum"), rate, grad, momentum, **self._flags()).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        rate, momentum = self._numbers(grad)
        slot = self.get_slot(handle, "momentum")
        return raw.ResourceApplyMomentum(handle.handle, slot.handle, rate, grad, momentum, **self._flags())

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        rate, momentum = self._numbers(var)
        slot = self.get_slot(var, "momentum")
        return raw.SparseApplyMomentum(var, slot, rate, grad.values, grad.indices, momentum, **self._flags()).op

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        rate, momentum = self._numbers(grad)
        slot = self.get_slot(handle, "momentum")
        return raw.ResourceSparseApplyMomentum(handle.handle, slot.handle, rate, grad, indices, momentum, **self._flags())


@export("train.ProximalGradientDescentOptimizer")
class ProximalGradientDescentOptimizer(Optimizer):
    """Gradient descent followed by a step towards zero.

    `v = var - rate * gradient; var = sign(v) * max(|v| - rate * l1, 0) / (1 + rate * l2)`.

    Args:
      learning_rate: a number or scalar tensor.
      l1_regularization_strength, l2_regularization_strength: numbers that are not negative.
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Source: Duchi and Singer, 2009, "Efficient learning using forward-backward splitting".
    """

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._tensors: list[Any] = []

    def _prepare(self) -> None:
        self._tensors = [
            convert_to_tensor(self._learning_rate, name="learning_rate"),
            convert_to_tensor(self._l1_regularization_strength, name="l1_regularization_strength"),
            convert_to_tensor(self._l2_regularization_strength, name="l2_regularization_strength"),
        ]

    def _numbers(self, like: Any) -> list[Any]:
        return [as_type_of(tensor, like) for tensor in self._tensors]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        return raw.ApplyProximalGradientDescent(var, *self._numbers(var), grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        return raw.ResourceApplyProximalGradientDescent(handle.handle, *self._numbers(grad), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        numbers = self._numbers(var)
        return raw.SparseApplyProximalGradientDescent(var, *numbers, grad.values, grad.indices, use_locking=self._use_locking).op

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        numbers = self._numbers(grad)
        return raw.ResourceSparseApplyProximalGradientDescent(handle.handle, *numbers, grad, indices, use_locking=self._use_locking)


@export("train.ProximalAdagradOptimizer")
class ProximalAdagradOptimizer(Optimizer):
    """Adagrad followed by a step towards zero, each element with its own rate `learning_rate / sqrt(accumulator)`.

    Args:
      learning_rate: a number or scalar tensor.
      initial_accumulator_value: a positive number.
      l1_regularization_strength, l2_regularization_strength: numbers that are not negative.
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Raises:
      ValueError: when `initial_accumulator_value` is not positive.

    Slots: `accumulator`.
    """

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._tensors: list[Any] = []

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            with get_default_graph().colocate_with(var):
                start = constant(self._initial_accumulator_value, dtype=var.dtype.base_dtype, shape=var.get_shape())
            self._get_or_create_slot(var, start, "accumulator", self._name)

    def _prepare(self) -> None:
        self._tensors = [
            convert_to_tensor(self._learning_rate, name="learning_rate"),
            convert_to_tensor(self._l1_regularization_strength, name="l1_regularization_strength"),
            convert_to_tensor(self._l2_regularization_strength, name="l2_regularization_strength"),
        ]

    def _numbers(self, like: Any) -> list[Any]:
        return [as_type_of(tensor, like) for tensor in self._tensors]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        slot = self.get_slot(var, "accumulator")
        return raw.ApplyProximalAdagrad(var, slot, *self._numbers(var), grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        slot = self.get_slot(handle, "accumulator")
        return raw.ResourceApplyProximalAdagrad(handle.handle, slot.handle, *self._numbers(grad), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        slot = self.get_slot(var, "accumulator")
        return raw.SparseApplyProximalAdagrad(var, slot, *self._numbers(var), grad.values, grad.indices, use_locking=self._use_locking).op

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        slot = self.get_slot(handle, "accumulator")
        numbers = self._numbers(grad)
        return raw.ResourceSparseApplyProximalAdagrad(handle.handle, slot.handle, *numbers, grad, indices, use_locking=self._use_locking)
