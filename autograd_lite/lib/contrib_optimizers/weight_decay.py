"""Weight decay that is decoupled from the gradient: the weights shrink by themselves, not through the loss."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_lite.api.control import no_op
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.adaptive_optimizers import AdamOptimizer
from autograd_lite.lib.optimizer import Optimizer, op_of
from autograd_lite.lib.optimizers import MomentumOptimizer, as_type_of


@export("contrib.opt.DecoupledWeightDecayExtension")
class DecoupledWeightDecayExtension:
    """Makes an optimizer shrink the variables before it updates them: `var -= weight_decay * var` (Loshchilov and Hutter, 2017).

    Unlike an L2 loss, the decay is not scaled by the optimizer. Of a variable with gradients of some rows only these rows shrink. When the
    learning rate follows a schedule, let `weight_decay` follow it too.

    Args:
      weight_decay: a number, a scalar tensor, or a function that returns one.
      **kwargs: for the optimizer.

    >>> import autograd_lite as tf
    >>> class GradientDescentW(DecoupledWeightDecayExtension, tf.train.GradientDescentOptimizer):
    ...     def __init__(self, weight_decay, *args, **kwargs):
    ...         super().__init__(weight_decay, *args, **kwargs)
    >>> w = tf.Variable(10.0)
    >>> step = GradientDescentW(0.1, learning_rate=0.5).minimize(2.0 * w, var_list=[w])
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     session.run(step)
    ...     print(session.run(w))
    8.0
    """

    def __init__(self, weight_decay: Any, *args: Any, **kwargs: Any) -> None:
        self._decay_var_list: list[Any] = []
        self._weight_decay = weight_decay
        self._weight_decay_tensor: Any = None
        super().__init__(*args, **kwargs)

    def minimize(self, *args: Any, decay_var_list: Iterable[Any] | None = None, **kwargs: Any) -> Operation:
        """The same as `Optimizer.minimize`; only the variables in `decay_var_list` shrink, all if it is not given."""
        self._decay_var_list = list(decay_var_list or ())
        return super().minimize(*args, **kwargs)  # type: ignore[misc]

    def apply_gradients(self, *args: Any, decay_var_list: Iterable[Any] | None = None, **kwargs: Any) -> Operation:
        """The same as `Optimizer.apply_gradients`; only the variables in `decay_var_list` shrink, all if it is not given."""
        if decay_var_list is not None:
            self._decay_var_list = list(decay_var_list)
        return super().apply_gradients(*args, **kwargs)  # type: ignore[misc]

    def _prepare(self) -> None:
        decay = self._weight_decay() if callable(self._weight_decay) else self._weight_decay
        self._weight_decay_tensor = convert_to_tensor(decay, name="weight_decay")
        super()._prepare()  # type: ignore[misc]

    def _decays(self, var: Any) -> bool:
        return not self._decay_var_list or any(var is other for other in self._decay_var_list)

    def _shrink(self, var: Any) -> Operation:
        if not self._decays(var):
            return no_op()
        return op_of(var.assign_sub(as_type_of(self._weight_decay_tensor, var) * var))

    def _shrink_rows(self, var: Any, indices: Tensor) -> Operation:
        if not self._decays(var):
            return no_op()
        step = as_type_of(self._weight_decay_tensor, var) * var.sparse_read(indices)
        return op_of(var.scatter_sub(IndexedSlices(step, indices)))

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        with get_default_graph().control_dependencies([self._shrink(var)]):
            return super()._apply_dense(grad, var)  # type: ignore[misc]

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        with get_default_graph().control_dependencies([self._shrink(handle)]):
            return super()._resource_apply_dense(grad, handle)  # type: ignore[misc]

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        with get_default_graph().control_dependencies([self._shrink_rows(var, grad.indices)]):
            return super()._apply_sparse(grad, var)  # type: ignore[misc]

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        with get_default_graph().control_dependencies([self._shrink_rows(handle, indices)]):
            return super()._resource_apply_sparse(grad, handle, indices)  # type: ignore[misc]


@export("contrib.opt.extend_with_decoupled_weight_decay")
def extend_with_decoupled_weight_decay(base_optimizer: type[Optimizer]) -> type:
    """The class of an optimizer with decoupled weight decay, made from the class of one without; `weight_decay` is its first argument.

    >>> import autograd_lite as tf
    >>> AdagradW = extend_with_decoupled_weight_decay(tf.train.AdagradOptimizer)
    >>> AdagradW(weight_decay=0.01, learning_rate=0.1).get_name()
    'Adagrad'
    """

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):  # type: ignore[misc,valid-type]
        """Computes the same as the base optimizer, and shrinks the variables before each update."""

        def __init__(self, weight_decay: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(weight_decay, *args, **kwargs)

    return OptimizerWithDecoupledWeightDecay


@export("contrib.opt.MomentumWOptimizer")
class MomentumWOptimizer(DecoupledWeightDecayExtension, MomentumOptimizer):
    """Momentum with decoupled weight decay (SGDW of Loshchilov and Hutter, 2017).

    Args:
      weight_decay: how much of each variable is taken away in each step.
      learning_rate, momentum, use_locking, name, use_nesterov: as for MomentumOptimizer.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "MomentumW",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(
            weight_decay, learning_rate=learning_rate, momentum=momentum, use_locking=use_locking, name=name, use_nesterov=use_nesterov
        )


@export("contrib.opt.AdamWOptimizer")
class AdamWOptimizer(DecoupledWeightDecayExtension, AdamOptimizer):
    """Adam with decoupled weight decay (AdamW of Loshchilov and Hutter, 2017).

    Args:
      weight_decay: how much of each variable is taken away in each step.
      learning_rate, beta1, beta2, epsilon, use_locking, name: as for AdamOptimizer.
    """

    def __init__(
        self,
        weight_decay: Any,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "AdamW",
    ) -> None:
        super().__init__(
            weight_decay, learning_rate=learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon, use_locking=use_locking, name=name
        )
