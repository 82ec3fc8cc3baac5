"""Update rules that scale each element by the size of its past gradients: Adagrad, Adadelta, RMSProp, Adam and their kin."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, ones
from autograd_lite.api.control import group
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Constant, Initializer, Ones
from autograd_lite.lib.optimizer import Optimizer, op_of
from autograd_lite.lib.optimizers import as_type_of
from autograd_lite.lib.resource_variable import ResourceVariable
from autograd_lite.lib.variable_updates import assign, assign_sub, scatter_add


@export("train.AdagradOptimizer")
class AdagradOptimizer(Optimizer):
    """Adagrad: `accumulator += gradient ** 2; var -= learning_rate * gradient / sqrt(accumulator)`.

    Args:
      learning_rate: a number or scalar tensor.
      initial_accumulator_value: a positive number with which the accumulators start.
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Raises:
      ValueError: when `initial_accumulator_value` is not positive.

    Slots: `accumulator`. Source: Duchi, Hazan and Singer, 2011, "Adaptive subgradient methods".
    """

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1, use_locking: bool = False, name: str = "Adagrad"
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._learning_rate_tensor: Any = None

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            start = Constant(self._initial_accumulator_value, dtype=dtype)
            self._get_or_create_slot_with_initializer(var, start, var.get_shape(), dtype, "accumulator", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert_to_tensor(self._call_if_callable(self._learning_rate), name="learning_rate")

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        rate = as_type_of(self._learning_rate_tensor, var)
        return raw.ApplyAdagrad(var, self.get_slot(var, "accumulator"), rate, grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        rate = as_type_of(self._learning_rate_tensor, grad)
        slot = self.get_slot(handle, "accumulator")
        return raw.ResourceApplyAdagrad(handle.handle, slot.handle, rate, grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        rate = as_type_of(self._learning_rate_tensor, var)
        slot = self.get_slot(var, "accumulator")
        return raw.SparseApplyAdagrad(var, slot, rate, grad.values, grad.indices, use_locking=self._use_locking).op

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        rate = as_type_of(self._learning_rate_tensor, grad)
        slot = self.get_slot(handle, "accumulator")
        return raw.ResourceSparseApplyAdagrad(handle.handle, slot.handle, rate, grad, indices, use_locking=self._use_locking)


@export("train.AdadeltaOptimizer")
class AdadeltaOptimizer(Optimizer):
    """Adadelta: steps as large as past steps were, in relation to past gradients.

    `accum = rho * accum + (1 - rho) * gradient ** 2`; `step = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * gradient`;
    `accum_update = rho * accum_update + (1 - rho) * step ** 2`; `var -= learning_rate * step`.

    Args:
      learning_rate: a number or scalar tensor; the paper uses 1.0.
      rho: how much of the past is kept.
      epsilon: a small number that keeps the square roots from 0.
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Slots: `accum`, `accum_update`. Source: Zeiler, 2012, "ADADELTA: an adaptive learning rate method".
    """

    def __init__(
        self, learning_rate: Any = 0.001, rho: Any = 0.95, epsilon: Any = 1e-8, use_locking: bool = False, name: str = "Adadelta"
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._rho = rho
        self._epsilon = epsilon
        self._tensors: list[Any] = []

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _prepare(self) -> None:
        self._tensors = [
            convert_to_tensor(self._call_if_callable(self._lr), name="lr"),
            convert_to_tensor(self._call_if_callable(self._rho), name="rho"),
            convert_to_tensor(self._call_if_callable(self._epsilon), name="epsilon"),
        ]

    def _numbers(self, like: Any) -> list[Any]:
        return [as_type_of(tensor, like) for tensor in self._tensors]

    def _state(self, var: Any) -> list[Any]:
        return [self.get_slot(var, "accum"), self.get_slot(var, "accum_update")]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        return raw.ApplyAdadelta(var, *self._state(var), *self._numbers(var), grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        state = [slot.handle for slot in self._state(handle)]
        return raw.ResourceApplyAdadelta(handle.handle, *state, *self._numbers(grad), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        numbers = self._numbers(var)
        return raw.SparseApplyAdadelta(var, *self._state(var), *numbers, grad.values, grad.indices, use_locking=self._use_locking).op

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        state = [slot.handle for slot in self._state(handle)]
        numbers = self._numbers(grad)
        return raw.ResourceSparseApplyAdadelta(handle.handle, *state, *numbers, grad, indices, use_locking=self._use_locking)


@export("train.RMSPropOptimizer")
class RMSPropOptimizer(Optimizer):
    """RMSProp: each element of the gradient is divided by the root of a running mean of its squares.

    `rms = decay * rms + (1 - decay) * gradient ** 2`; `step = momentum * step + rate * gradient / sqrt(rms + epsilon)`; `var -= step`.
    With `centered`, the square of a running mean of the gradient is subtracted from `rms` first (Graves, 2013).

    Args:
      learning_rate: a number or scalar tensor.
      decay: how much of the past is kept.
      momentum: how much of the last step is kept.
      epsilon: a small number that keeps the square root from 0.
      use_locking: accepted for old programs.
      centered: whether to divide by an estimate of the variance instead.
      name: the name scope of the updates.

    Slots: `rms`, `momentum`, and `mg` if centered. Source: Hinton, Coursera lecture 6e, 2012.
    """

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon
        self._centered = centered
        self._tensors: list[Any] = []

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            start = Ones(dtype=dtype) if var.get_shape().is_fully_defined() else raw.OnesLike(var.initialized_value())
            if callable(start):
                self._get_or_create_slot_with_initializer(var, start, var.get_shape(), dtype, "rms", self._name)
            else:
                self._get_or_create_slot(var, start, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._tensors = [
            convert_to_tensor(self._call_if_callable(self._learning_rate), name="learning_rate"),
            convert_to_tensor(self._call_if_callable(self._decay), name="decay"),
            convert_to_tensor(self._call_if_callable(self._momentum), name="momentum"),
            convert_to_tensor(self._call_if_callable(self._epsilon), name="epsilon"),
        ]

    def _numbers(self, like: Any) -> list[Any]:
        return [as_type_of(tensor, like) for tensor in self._tensors]

    def _state(self, var: Any) -> list[Any]:
        names = ["mg", "rms", "momentum"] if self._centered else ["rms", "momentum"]
        return [self.get_slot(var, name) for name in names]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        apply = raw.ApplyCenteredRMSProp if self._centered else raw.ApplyRMSProp
        return apply(var, *self._state(var), *self._numbers(var), grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        apply = raw.ResourceApplyCenteredRMSProp if self._centered else raw.ResourceApplyRMSProp
        state = [slot.handle for slot in self._state(handle)]
        return apply(handle.handle, *state, *self._numbers(grad), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        apply = raw.SparseApplyCenteredRMSProp if self._centered else raw.SparseApplyRMSProp
        return apply(var, *self._state(var), *self._numbers(var), grad.values, grad.indices, use_locking=self._use_locking).op

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        apply = raw.ResourceSparseApplyCenteredRMSProp if self._centered else raw.ResourceSparseApplyRMSProp
        state = [slot.handle for slot in self._state(handle)]
        return apply(handle.handle, *state, *self._numbers(grad), grad, indices, use_locking=self._use_locking)


@export("train.AdamOptimizer")
class AdamOptimizer(Optimizer):
    """Adam: a running mean of the gradient divided by the root of a running mean of its square, both corrected for their start at 0.

    At step t: `m = beta1 * m + (1 - beta1) * g`; `v = beta2 * v + (1 - beta2) * g ** 2`;
    `rate_t = learning_rate * sqrt(1 - beta2 ** t) / (1 - beta1 ** t)`; `var -= rate_t * m / (sqrt(v) + epsilon)`.

    Args:
      learning_rate: a number or scalar tensor.
      beta1, beta2: how much of the past mean and mean square are kept.
      epsilon: a small number that keeps the divisor from 0 (the paper's "epsilon hat").
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Slots: `m`, `v`. Source: Kingma and Ba, 2015, "Adam: a method for stochastic optimization".
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon
        self._lr_t: Any = None
        self._beta1_t: Any = None
        self._beta2_t: Any = None
        self._epsilon_t: Any = None

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        return self._get_non_slot_variable("beta1_power"), self._get_non_slot_variable("beta2_power")

    def _create_slots(self, var_list: list[Any]) -> None:
        first = min(var_list, key=lambda var: var.name)  # on its device the powers of the betas are kept
        self._create_non_slot_variable(self._call_if_callable(self._beta1), "beta1_power", first)
        self._create_non_slot_variable(self._call_if_callable(self._beta2), "beta2_power", first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        self._lr_t = convert_to_tensor(self._call_if_callable(self._lr), name="learning_rate")
        self._beta1_t = convert_to_tensor(self._call_if_callable(self._beta1), name="beta1")
        self._beta2_t = convert_to_tensor(self._call_if_callable(self._beta2), name="beta2")
        self._epsilon_t = convert_to_tensor(self._call_if_callable(self._epsilon), name="epsilon")

    def _numbers(self, like: Any) -> list[Any]:
        values = (*self._get_beta_accumulators(), self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t)
        return [as_type_of(value, like) for value in values]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        return raw.ApplyAdam(var, m, v, *self._numbers(var), grad, use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        m, v = self.get_slot(handle, "m"), self.get_slot(handle, "v")
        return raw.ResourceApplyAdam(handle.handle, m.handle, v.handle, *self._numbers(grad), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        return self._apply_rows(grad.values, var, grad.indices)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        return self._apply_rows(grad, handle, indices)

    def _apply_rows(self, grad: Tensor, var: Any, indices: Tensor) -> Any:
        """The rule for the gradient of some rows: all rows of m and v decay, and all of `var` moves."""
        power1, power2, rate, beta1, beta2, epsilon = self._numbers(var)
        rate = rate * raw.Sqrt(1 - power2) / (1 - power1)
        m_t = self._decay_and_add(self.get_slot(var, "m"), beta1, indices, grad * (1 - beta1))
        v_t = self._decay_and_add(self.get_slot(var, "v"), beta2, indices, (grad * grad) * (1 - beta2))
        root = raw.Sqrt(v_t)
        update = assign_sub(var, rate * m_t / (root + epsilon), use_locking=self._use_locking)
        return group(update.op, m_t.op, v_t.op)

    def _decay_and_add(self, slot: Any, decay: Any, indices: Tensor, rows: Tensor) -> Tensor:
        """`slot = slot * decay`, then `rows` added at `indices`; the slot after that."""
        graph = get_default_graph()
        decayed = assign(slot, slot * decay, use_locking=self._use_locking)
        with graph.control_dependencies([decayed.op]):
            if not isinstance(slot, ResourceVariable):
                return scatter_add(slot, indices, rows, use_locking=self._use_locking)
            with graph.control_dependencies([raw.ResourceScatterAdd(slot.handle, indices, rows)]):
                return slot.value()

    def _finish(self, update_ops: list[Any], name: str) -> Any:
        graph = get_default_graph()
        with graph.control_dependencies(update_ops):
            power1, power2 = self._get_beta_accumulators()
            with graph.colocate_with(power1):
                next1 = power1.assign(power1 * self._beta1_t, use_locking=self._use_locking)
                next2 = power2.assign(power2 * self._beta2_t, use_locking=self._use_locking)
        return group(*[op_of(update) for update in (*update_ops, next1, next2)], name=name)


@export("train.FtrlOptimizer")
class FtrlOptimizer(Optimizer):
    """FTRL ("follow the regularized leader"), for sparse linear models: keeps most weights at exactly 0.

    Args:
      learning_rate: a number or scalar tensor.
      learning_rate_power: how the rate shrinks with the accumulator; at most 0, -0.5 as in the paper.
      initial_accumulator_value: at least 0.
      l1_regularization_strength, l2_regularization_strength: at least 0.
      use_locking: accepted for old programs.
      name: the name scope of the updates.
      accum_name, linear_name: names of the two slot variables, that of the optimizer if None.
      l2_shrinkage_regularization_strength: at least 0; a penalty on the size of the weights themselves.

    Raises:
      ValueError: for numbers out of these bounds.

    Slots: `accum`, `linear`. Source: McMahan and others, 2013, "Ad click prediction: a view from the trenches".
    """

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(use_locking, name)
        if initial_accumulator_value < 0.0:
            raise ValueError(f"initial_accumulator_value {initial_accumulator_value:f} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power:f} needs to be negative or zero")
        strengths = {
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": l2_shrinkage_regularization_strength,
        }
        for argument, strength in strengths.items():
            if strength < 0.0:
                raise ValueError(f"{argument} {strength:f} needs to be positive or zero")
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._strengths = strengths
        self._accum_name = accum_name
        self._linear_name = linear_name
        self._shrinks = l2_shrinkage_regularization_strength > 0.0
        self._tensors: list[Any] = []

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            name = self._accum_name or self._name
            if release().ftrl_has_beta:
                start = _ScaledOnes(self._initial_accumulator_value)
                self._get_or_create_slot_with_initializer(var, start, var.get_shape(), dtype, "accum", name)
            else:
                value = constant(self._initial_accumulator_value, dtype=dtype, shape=var.get_shape())
                self._get_or_create_slot(var, value, "accum", name)
            self._zeros_slot(var, "linear", self._linear_name or self._name)

    def _prepare(self) -> None:
        strengths = self._strengths
        rate = convert_to_tensor(self._learning_rate, name="learning_rate")
        l1 = convert_to_tensor(strengths["l1_regularization_strength"], name="l1_regularization_strength")
        if release().ftrl_has_beta:  # beta is 0, and adds beta / (2 * rate) to the l2 strength
            l2 = strengths["l2_regularization_strength"] + 0.0 / (2.0 * raw.Maximum(self._learning_rate, 1e-36))
            convert_to_tensor(0.0, name="beta")
        else:
            l2 = convert_to_tensor(strengths["l2_regularization_strength"], name="l2_regularization_strength")
        shrinkage = convert_to_tensor(strengths["l2_shrinkage_regularization_strength"], name="l2_shrinkage_regularization_strength")
        power = convert_to_tensor(self._learning_rate_power, name="learning_rate_power")
        self._tensors = [rate, l1, l2, shrinkage, power] if self._shrinks else [rate, l1, l2, power]

    def _numbers(self, like: Any) -> list[Any]:
        return [as_type_of(tensor, like) for tensor in self._tensors]

    def _state(self, var: Any) -> list[Any]:
        return [self.get_slot(var, "accum"), self.get_slot(var, "linear")]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        apply = raw.ApplyFtrlV2 if self._shrinks else raw.ApplyFtrl
        return apply(var, *self._state(var), grad, *self._numbers(var), use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        apply = raw.ResourceApplyFtrlV2 if self._shrinks else raw.ResourceApplyFtrl
        state = [slot.handle for slot in self._state(handle)]
        return apply(handle.handle, *state, grad, *self._numbers(handle), use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        apply = raw.SparseApplyFtrlV2 if self._shrinks else raw.SparseApplyFtrl
        return apply(var, *self._state(var), grad.values, grad.indices, *self._numbers(var), use_locking=self._use_locking).op

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        apply = raw.ResourceSparseApplyFtrlV2 if self._shrinks else raw.ResourceSparseApplyFtrl
        state = [slot.handle for slot in self._state(handle)]
        return apply(handle.handle, *state, grad, indices, *self._numbers(handle), use_locking=self._use_locking)


class _ScaledOnes(Initializer):
    """Ones times a number, as two nodes."""

    def __init__(self, scale: float) -> None:
        self._scale = scale

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        return ones(shape, dtype) * self._scale


@export("train.AdagradDAOptimizer")
class AdagradDAOptimizer(Optimizer):
    """Adagrad with dual averaging, for large sparse linear models: weights that do not matter stay at exactly 0.

    Args:
      learning_rate: a number or scalar tensor.
      global_step: the number of the step, a variable or tensor that starts at 0.
      initial_gradient_squared_accumulator_value: a positive number.
      l1_regularization_strength, l2_regularization_strength: at least 0.
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Raises:
      ValueError: when the initial value is not positive.

    Slots: `gradient_accumulator`, `gradient_squared_accumulator`. Source: Duchi, Hazan and Singer, 2011.
    """

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(f"initial_gradient_squared_accumulator_value must be positive: {initial_gradient_squared_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_value = initial_gradient_squared_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._global_step = global_step
        self._learning_rate_tensor: Any = None
        self._step_number: Any = None

    def _create_slots(self, var_list: list[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            with get_default_graph().colocate_with(var):
                gradients = constant(0.0, dtype=dtype, shape=var.get_shape())
                squares = constant(self._initial_value, dtype=dtype, shape=var.get_shape())
            self._get_or_create_slot(var, gradients, "gradient_accumulator", self._name)
            self._get_or_create_slot(var, squares, "gradient_squared_accumulator", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert_to_tensor(self._learning_rate, name="learning_rate")
        with get_default_graph().colocate_with(self._learning_rate_tensor):
            self._step_number = raw.Identity(self._global_step) + 1  # the rule counts steps from 1

    def _state(self, var: Any) -> list[Any]:
        return [self.get_slot(var, "gradient_accumulator"), self.get_slot(var, "gradient_squared_accumulator")]

    def _numbers(self, like: Any) -> list[Any]:
        """The step number, the rate and the two strengths, on the device of the variable."""
        step = raw.Identity(self._step_number)
        dtype = like.dtype.base_dtype
        strengths = [cast(strength, dtype) for strength in (self._l1_regularization_strength, self._l2_regularization_strength)]
        return [as_type_of(self._learning_rate_tensor, like), *strengths, step]

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        return raw.ApplyAdagradDA(var, *self._state(var), grad, *self._numbers(var), use_locking=self._use_locking).op

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        state = [slot.handle for slot in self._state(handle)]
        return raw.ResourceApplyAdagradDA(handle.handle, *state, grad, *self._numbers(grad), use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        state, numbers = self._state(var), self._numbers(var)
        return raw.SparseApplyAdagradDA(var, *state, grad.values, grad.indices, *numbers, use_locking=self._use_locking).op

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        state, numbers = [slot.handle for slot in self._state(handle)], self._numbers(handle)
        return raw.ResourceSparseApplyAdagradDA(handle.handle, *state, grad, indices, *numbers, use_locking=self._use_locking)
