"""One operation for a whole training step: `tf.contrib.training.create_train_op` and `tf.contrib.layers.optimize_loss`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api import random as random_ops
from autograd_lite.api.arrays import identity
from autograd_lite.api.clip import clip_by_global_norm, clip_by_norm, global_norm
from autograd_lite.api.control import no_op, with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies, name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import summary
from autograd_lite.lib.adaptive_optimizers import AdagradOptimizer, AdamOptimizer, FtrlOptimizer, RMSPropOptimizer
from autograd_lite.lib.initializers import Constant
from autograd_lite.lib.optimizer import Optimizer
from autograd_lite.lib.optimizers import GradientDescentOptimizer, MomentumOptimizer
from autograd_lite.lib.training_util import get_global_step, get_or_create_global_step
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import get_variable, variable_scope
from autograd_lite.lib.variables import trainable_variables

_USE_GLOBAL_STEP = 0
OPTIMIZERS: dict[str, Callable[[Any], Optimizer]] = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "Momentum": lambda rate: MomentumOptimizer(rate, momentum=0.9),
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}
_SUMMARIES = ("loss", "learning_rate", "gradients", "gradient_norm", "global_gradient_norm")


@export("contrib.training.create_train_op")
def create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = _USE_GLOBAL_STEP,
    update_ops: Any = None,
    variables_to_train: Any = None,
    transform_grads_fn: Callable[[Any], Any] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> Tensor:
    """A tensor that, when it is computed, runs the updates, then trains one step; it holds the loss.

    Args:
      total_loss: the loss.
      optimizer: an optimizer.
      global_step: the counter of steps, which is made if need be; None: no counter.
      update_ops: what runs before the loss is taken; those of `tf.GraphKeys.UPDATE_OPS` if None.
      variables_to_train: all trainable variables if None.
      transform_grads_fn: a function from (gradient, variable) pairs to such pairs.
      summarize_gradients: whether histograms of the gradients are summarized.
      check_numerics: whether a loss that is no finite number is an error.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(1.0)
    >>> step = tf.contrib.training.create_train_op(w * w, tf.train.GradientDescentOptimizer(0.25))
    >>> with tf.Session() as session:
    ...     session.run(tf.global_variables_initializer())
    ...     print(session.run(step), session.run(w), session.run(tf.train.get_global_step()))
    1.0 0.5 1
    """
    graph = get_default_graph()
    with all_or_nothing(graph):
        step = get_or_create_global_step() if isinstance(global_step, int) and global_step == _USE_GLOBAL_STEP else global_step
        updates = list(dict.fromkeys(graph.get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else update_ops))
        if updates:
            with control_dependencies(updates):
                barrier = no_op(name="update_barrier")
            total_loss = with_dependencies([barrier], total_loss)
        pairs = optimizer.compute_gradients(
            total_loss, trainable_variables() if variables_to_train is None else variables_to_train, gate_gradients=gate_gradients,
            aggregation_method=aggregation_method, colocate_gradients_with_ops=colocate_gradients_with_ops,
        )  # fmt: skip
        if transform_grads_fn is not None:
            pairs = transform_grads_fn(pairs)
        if summarize_gradients:
            with name_scope("summarize_grads"):
                add_gradients_summaries(pairs)
        applied = optimizer.apply_gradients(pairs, global_step=step)
        with name_scope("train_op"):
            if check_numerics:
                total_loss = raw.CheckNumerics(total_loss, message="LossTensor is inf or nan")
            with control_dependencies([applied]):
                train_op = identity(total_loss)
        graph.add_to_collection(GraphKeys.TRAIN_OP, train_op)
        return train_op


@export("contrib.training.add_gradients_summaries", "contrib.slim.learning.add_gradients_summaries")
def add_gradients_summaries(grads_and_vars: Any) -> list[Tensor]:
    """A histogram and the norm of each gradient, as summaries."""
    made = []
    for gradient, variable in grads_and_vars:
        if gradient is not None:
            values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
            made.append(summary.histogram(f"{variable.op.name}_gradient", values))
            made.append(summary.scalar(f"{variable.op.name}_gradient_norm", global_norm([values])))
    return made


@export("contrib.training.clip_gradient_norms", "contrib.slim.learning.clip_gradient_norms")
def clip_gradient_norms(gradients_to_variables: Any, max_norm: Any) -> list[Any]:
    """The (gradient, variable) pairs, with each gradient shortened to at most `max_norm`."""
    return [(_clipped(gradient, max_norm), variable) for gradient, variable in gradients_to_variables]


def _clipped(gradient: Any, norm: Any) -> Any:
    if gradient is None:
        return None
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(clip_by_norm(gradient.values, norm), gradient.indices, gradient.dense_shape)
    return clip_by_norm(gradient, norm)


@export("contrib.training.multiply_gradients", "contrib.slim.learning.multiply_gradients")
def multiply_gradients(grads_and_vars: Any, gradient_multipliers: dict[Any, Any]) -> list[Any]:
    """The (gradient, variable) pairs, with the gradients of some variables (or of their names) multiplied.

    Raises:
      ValueError: a multiplied variable has no gradient, or no multipliers are given.
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError("`grads_and_vars` must be a list.")
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    scaled = []
    for gradient, variable in grads_and_vars:
        key = variable if variable in gradient_multipliers else variable.op.name
        if key in gradient_multipliers:
            if gradient is None:
                raise ValueError("Requested multiple of `None` gradient.")
            factor = convert_to_tensor(gradient_multipliers[key], dtype=gradient.dtype.base_dtype)
            if isinstance(gradient, IndexedSlices):
                gradient = IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)
            else:
                gradient = gradient * factor
        scaled.append((gradient, variable))
    return scaled


@export("contrib.slim.learning.create_train_op")
def slim_create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = _USE_GLOBAL_STEP,
    update_ops: Any = None,
    variables_to_train: Any = None,
    clip_gradient_norm: float = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: Any = None,
    check_numerics: bool = True,
) -> Tensor:
    """As `tf.contrib.training.create_train_op`, with multipliers of gradients and a bound of their norms.

    Args:
      clip_gradient_norm: the largest norm of a gradient; 0: no bound.
      gradient_multipliers: factors by variable or name of a variable.
    """

    def transformed(pairs: Any) -> Any:
        if gradient_multipliers:
            pairs = multiply_gradients(pairs, gradient_multipliers)
        return clip_gradient_norms(pairs, clip_gradient_norm) if clip_gradient_norm > 0 else pairs

    return create_train_op(
        total_loss, optimizer, global_step=global_step, update_ops=update_ops, variables_to_train=variables_to_train,
        transform_grads_fn=transformed, summarize_gradients=summarize_gradients, gate_gradients=gate_gradients,
        aggregation_method=aggregation_method, colocate_gradients_with_ops=colocate_gradients_with_ops, check_numerics=check_numerics,
    )  # fmt: skip


@export("contrib.layers.optimize_loss")
def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: Any = None,
    gradient_multipliers: Any = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable[[Any, Any], Any] | None = None,
    update_ops: Any = None,
    variables: Any = None,
    name: str | None = None,
    summaries: Any = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> Tensor:
    """A tensor that, when it is computed, trains one step; it holds the loss.

    Args:
      loss: the loss.
      global_step: the counter of steps; None for the graph's, if it has one.
      learning_rate: a number, which becomes a variable, a scalar tensor, or None when `optimizer` is one already.
      optimizer: "SGD", "Adam", "Adagrad", "Ftrl", "Momentum" or "RMSProp", a class, a function from the rate, or an optimizer.
      gradient_noise_scale: multiplies the truncated normal numbers that are added to the gradients; None for none.
      gradient_multipliers: factors by variable or name.
      clip_gradients: the largest global norm, or a function from pairs to pairs.
      learning_rate_decay_fn: a function from (rate, step) to a rate.
      update_ops: what runs before the loss is taken; those of `tf.GraphKeys.UPDATE_OPS` if None.
      variables: all trainable ones if None.
      name: a variable scope; "OptimizeLoss" if None.
      summaries: some of "loss", "learning_rate", "gradients", "gradient_norm", "global_gradient_norm".
      increment_global_step: whether the step is counted.

    Raises:
      ValueError: an unknown optimizer or summary, or a rate that is no scalar or is negative.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(1.0)
    >>> step = tf.contrib.layers.optimize_loss(w * w, tf.train.get_or_create_global_step(), 0.25, "SGD")
    >>> with tf.Session() as session:
    ...     session.run(tf.global_variables_initializer())
    ...     print(session.run(step), session.run(w))
    1.0 0.5
    """
    wanted = ["loss", "learning_rate", "global_gradient_norm"] if summaries is None else list(summaries)
    for one in wanted:
        if one not in _SUMMARIES:
            raise ValueError(f"Summaries should be one of [{', '.join(_SUMMARIES)}], you provided {one}.")
    graph = get_default_graph()
    loss = convert_to_tensor(loss)
    with all_or_nothing(graph), variable_scope(name, "OptimizeLoss", [loss, global_step]):
        updates = list(dict.fromkeys(graph.get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else update_ops))
        if updates:
            loss = with_dependencies(updates, loss)
        step = get_global_step() if global_step is None else global_step
        rate = _rate(learning_rate, learning_rate_decay_fn, step)
        if rate is not None and "learning_rate" in wanted:
            summary.scalar("learning_rate", rate)
        chosen = _optimizer(optimizer, rate)
        pairs = chosen.compute_gradients(
            loss, trainable_variables() if variables is None else variables, colocate_gradients_with_ops=colocate_gradients_with_ops
        )
        if gradient_noise_scale is not None:
            pairs = [(_noisy(gradient, gradient_noise_scale), variable) for gradient, variable in pairs]
        if gradient_multipliers is not None:
            pairs = multiply_gradients(pairs, gradient_multipliers)
        if "global_gradient_norm" in wanted or "gradient_norm" in wanted:
            summary.scalar("global_norm/gradient_norm", global_norm([gradient for gradient, _ in pairs]))
        pairs = _bounded(pairs, clip_gradients)
        if "loss" in wanted:
            summary.scalar("loss", loss)
        _summarize(pairs, wanted, clip_gradients is not None)
        applied = chosen.apply_gradients(pairs, global_step=step if increment_global_step else None, name="train")
        return with_dependencies([applied], loss)


def _rate(given: Any, decay: Callable[[Any, Any], Any] | None, step: Any) -> Any:
    """The learning rate: a number becomes a variable `learning_rate`, which checkpoints hold; then it decays."""
    if given is None:
        return None
    if isinstance(given, Tensor) and given.shape.ndims == 0:
        rate: Any = given
    elif isinstance(given, float):
        if given < 0.0:
            raise ValueError(f"Invalid learning_rate {given}.")
        rate = get_variable("learning_rate", [], trainable=False, initializer=Constant(given))
    else:
        raise ValueError(f"Learning rate should be 0d Tensor or float. Got {given} of type {type(given)}")
    if decay is None:
        return rate
    if step is None:
        raise ValueError("global_step is required for learning_rate_decay_fn")
    return decay(rate, step)


def _noisy(gradient: Any, scale: Any) -> Any:
    """A gradient with truncated normal numbers added; a sparse one becomes dense."""
    if gradient is None:
        return None
    shape = gradient.dense_shape if isinstance(gradient, IndexedSlices) else gradient.get_shape()
    return gradient + random_ops.truncated_normal(shape) * scale


def _summarize(pairs: Any, wanted: list[str], clipped: bool) -> None:
    """Histograms and norms of the gradients that will be applied."""
    for gradient, variable in pairs:
        values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
        if values is None:
            continue
        name = variable.name.replace(":", "_")
        if "gradients" in wanted:
            summary.histogram(f"gradients/{name}", values)
        if "gradient_norm" in wanted:
            summary.scalar(f"gradient_norm/{name}", global_norm([values]))
    if clipped and ("global_gradient_norm" in wanted or "gradient_norm" in wanted):
        summary.scalar("global_norm/clipped_gradient_norm", global_norm([gradient for gradient, _ in pairs]))


def _optimizer(given: Any, rate: Any) -> Optimizer:
    if isinstance(given, str):
        if given not in OPTIMIZERS:
            raise ValueError(f"Optimizer name should be one of [{', '.join(OPTIMIZERS)}], you provided {given}.")
        if rate is None:
            raise ValueError("Learning rate is None, but should be specified if optimizer is string.")
        return OPTIMIZERS[given](rate)
    if isinstance(given, Optimizer):
        return given
    if isinstance(given, type) and issubclass(given, Optimizer):
        if rate is None:
            raise ValueError("Learning rate is None, but should be specified if optimizer is class.")
        return given(learning_rate=rate)  # type: ignore[call-arg]
    if callable(given):
        made = given() if rate is None else given(rate)
        if isinstance(made, Optimizer):
            return made
    raise ValueError(
        f"Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of Optimizer or function. Got {given}."
    )


def _bounded(pairs: Any, clip: Any) -> Any:
    if clip is None:
        return pairs
    if callable(clip):
        return clip(pairs)
    gradients, _ = clip_by_global_norm([gradient for gradient, _ in pairs], float(clip))
    return [(gradient, variable) for gradient, (_, variable) in zip(gradients, pairs)]
