"""Optimizers around another one: averages of the weights, weights of limited length, and losses of several tasks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd_lite.api.clip import clip_by_global_norm, clip_by_norm
from autograd_lite.api.cond import cond
from autograd_lite.api.control import group, no_op
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_any
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.moving_averages import ExponentialMovingAverage
from autograd_lite.lib.optimizer import Optimizer, op_of
from autograd_lite.lib.saver import Saver
from autograd_lite.lib.variables import global_variables


class _Around(Optimizer):
    """An optimizer that leaves gradients and slots to another one."""

    def __init__(self, opt: Optimizer, use_locking: bool = False, name: str | None = None) -> None:
        super().__init__(use_locking, name or opt.get_name())
        self._optimizer = opt

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """The gradients of the optimizer inside."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def get_slot(self, var: Any, name: str) -> Any:
        """A slot of the optimizer inside."""
        return self._optimizer.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """The names of the slots of the optimizer inside."""
        return self._optimizer.get_slot_names()

    def variables(self) -> list[Any]:
        """The variables that the optimizer inside keeps."""
        return self._optimizer.variables()


@export("contrib.opt.MovingAverageOptimizer")
class MovingAverageOptimizer(_Around):
    """Keeps averages of the variables that another optimizer trains, and saves the averages in their place.

    Args:
      opt: the optimizer.
      average_decay: how much of each average stays at each step.
      num_updates: as for ExponentialMovingAverage.
      sequential_update: whether the averages follow after the update of the variables, not beside it.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(0.0, name="docs_averaged_weight")
    >>> optimizer = MovingAverageOptimizer(tf.train.GradientDescentOptimizer(1.0), average_decay=0.5)
    >>> step = optimizer.minimize(-w, var_list=[w])
    >>> saver = optimizer.swapping_saver([w, tf.global_variables()[-1]])
    """

    def __init__(
        self, opt: Optimizer, average_decay: Any = 0.9999, num_updates: Any = None, sequential_update: bool = True
    ) -> None:
        super().__init__(opt)
        self._ema = ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._swapped: dict[str, str] | None = None  # the name of each variable -> that of its average, and back
        self._sequential_update = sequential_update

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None, name: str | None = None) -> Operation:
        """The update of the optimizer inside, and then that of the averages."""
        pairs = list(grads_and_vars)
        trained = self._optimizer.apply_gradients(pairs, global_step=global_step, name=name)
        variables = [variable for gradient, variable in pairs if gradient is not None]
        with get_default_graph().control_dependencies([trained] if self._sequential_update else []):
            averaged = self._ema.apply(variables)
        self._swapped = {}
        for variable in variables:
            average = self._ema.average(variable)
            self._swapped[variable.op.name] = average.op.name
            self._swapped[average.op.name] = variable.op.name
        return group(trained, averaged, name="train_with_avg")

    def swapping_saver(
        self, var_list: Sequence[Any] | Mapping[str, Any] | None = None, name: str = "swapping_saver", **kwargs: Any
    ) -> Saver:
        """A Saver that writes each average under the name of its variable and the variable under that of its average.

        So a checkpoint that training wrote is evaluated with the averages by a program that knows nothing of them; training itself
        goes on with the same Saver.

        Args:
          var_list: what to save; all global variables if None.
          name, **kwargs: for the Saver.

        Raises:
          RuntimeError: before `minimize` or `apply_gradients`.
          ValueError: a variable is saved without its average.
        """
        if self._swapped is None:
            raise RuntimeError("Must call apply_gradients or minimize before creating the swapping_saver")
        if isinstance(var_list, Mapping):
            by_name = dict(var_list)
        else:
            by_name = {variable.op.name: variable for variable in (global_variables() if var_list is None else var_list)}
        swapped = {}
        for key, variable in by_name.items():
            other = self._swapped.get(variable.op.name)
            if other is None:
                swapped[key] = variable
                continue
            partner = next((each for each in by_name.values() if each.op.name == other), None)
            if partner is None:
                raise ValueError(f"Variable to swap {other} is not in variables to save: {sorted(by_name)}")
            swapped[key] = partner
        return Saver(swapped, name=name, **kwargs)


@export("contrib.opt.VariableClippingOptimizer")
class VariableClippingOptimizer(_Around):
    """Shortens variables after each update so that their Euclidean length stays within a limit.

    Args:
      opt: the optimizer.
      vars_to_clip_dims: a dict from variables to the dimensions over which the length is taken: `{embeddings: [1]}` limits each row.
      max_norm: the limit.
      use_locking: accepted for old programs.
      colocate_clip_ops_with_vars: whether to shorten on the device of the variable.
      name: the name scope.
    """

    def __init__(
        self,
        opt: Optimizer,
        vars_to_clip_dims: Mapping[Any, Sequence[int]],
        max_norm: float,
        use_locking: bool = False,
        colocate_clip_ops_with_vars: bool = False,
        name: str = "VariableClipping",
    ) -> None:
        super().__init__(opt, use_locking, name)
        self._dims = dict(vars_to_clip_dims)
        self._max_norm = max_norm
        self._colocate = colocate_clip_ops_with_vars

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None, name: str | None = None) -> Operation:
        """The update of the optimizer inside, and after it the shortening."""
        pairs = list(grads_and_vars)
        graph = get_default_graph()
        with graph.name_scope(self._name):
            updated = self._optimizer.apply_gradients(pairs, global_step=global_step)
            with graph.control_dependencies([updated]), graph.name_scope("clip"):
                shortened = [self._shorten(gradient, variable) for gradient, variable in pairs if variable in self._dims]
        return group(updated, *shortened, name=name)

    def _shorten(self, gradient: Any, variable: Any) -> Any:
        with get_default_graph().colocate_with(variable) if self._colocate else contextlib.nullcontext():
            dims = list(self._dims[variable])
            if not isinstance(gradient, IndexedSlices) or 0 in dims:
                return op_of(variable.assign(clip_by_norm(variable.read_value(), self._max_norm, dims), use_locking=self._use_locking))
            rows = raw.Unique(gradient.indices)[0]
            short = clip_by_norm(variable.sparse_read(rows), self._max_norm, dims)
            return op_of(variable.scatter_update(IndexedSlices(short, rows)))


def _is_nonzero(gradient: Any) -> Tensor:
    values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
    return reduce_any(raw.NotEqual(values, raw.ZerosLike(values)))


_UPDATES = (
    "_apply_dense", "_resource_apply_dense", "_apply_sparse_duplicate_indices", "_resource_apply_sparse_duplicate_indices",
)  # fmt: skip


@export("contrib.opt.MultitaskOptimizerWrapper")
class MultitaskOptimizerWrapper:
    """Keeps an optimizer from touching variables whose gradient is all zeros: their task did not occur in this step.

    Without it, momentum and running means of such variables would decay and move them.

    Args:
      opt: the optimizer; methods that are not its updates are used as they are.
    """

    def __init__(self, opt: Optimizer) -> None:
        if not isinstance(opt, Optimizer):
            raise TypeError(f"Supplied optimizer must be an instance of tf.train.Optimizer, got {opt!r}")
        self._opt = opt
        for name in _UPDATES:
            setattr(opt, name, _only_if_nonzero(getattr(opt, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opt, name)


def _only_if_nonzero(update: Any) -> Any:
    def guarded(gradient: Any, *args: Any) -> Any:
        return op_of(cond(_is_nonzero(gradient), lambda: group(op_of(update(gradient, *args))), no_op))

    return guarded


@export("contrib.opt.clip_gradients_by_global_norm")
def clip_gradients_by_global_norm(gradients_variables: Iterable[tuple[Any, Any]], clip_norm: Any = 20.0) -> list[tuple[Any, Any]]:
    """(gradient, variable) pairs with the gradients scaled down so that their common length is at most `clip_norm`.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(0.0)
    >>> ((clipped, _),) = clip_gradients_by_global_norm([(tf.constant(40.0), w)], clip_norm=10.0)
    >>> with tf.Session() as session:
    ...     print(session.run(clipped))
    10.0
    """
    pairs = list(gradients_variables)
    clipped, _ = clip_by_global_norm([gradient for gradient, _ in pairs], clip_norm)
    return [(gradient, variable) for gradient, (_, variable) in zip(clipped, pairs)]
