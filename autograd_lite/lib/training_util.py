"""The global step: one integer variable per graph that counts training steps."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.variable import Variable
from autograd_lite.lib.variable_scope import get_variable


@export("train.global_step")
def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The number of training steps made in a session, as a Python int.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     step = tf.train.create_global_step()
    ...     session.run(step.initializer)
    ...     print(tf.train.global_step(session, step))
    0
    """
    return int(sess.run(global_step_tensor))


@export("train.get_global_step", "contrib.framework.get_global_step", "contrib.slim.get_global_step")
def get_global_step(graph: Graph | None = None) -> Any:
    """The global step of a graph (the default one unless given), or None if it has none.

    Raises:
      TypeError: when what is called so is not an integer scalar.
    """
    graph = graph or get_default_graph()
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) > 1:
        return None  # which of them is not said
    if found:
        tensor = found[0]
    else:
        try:
            tensor = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    assert_global_step(tensor)
    return tensor


@export("train.create_global_step", "contrib.framework.create_global_step", "contrib.slim.create_global_step")
def create_global_step(graph: Graph | None = None) -> Any:
    """Make the global step of a graph (the default one unless given): an int64 variable called `global_step` that starts at 0.

    Raises:
      ValueError: when there is one already.
    """
    graph = graph or get_default_graph()
    existing = get_global_step(graph)
    if existing is not None:
        raise ValueError(
            f'"global_step" already exists.\n  {existing!r}, made at {existing.op.where}. To use it: tf.train.get_or_create_global_step().'
        )
    with graph.as_default(), graph.name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP, shape=[], dtype=dtypes.int64, initializer=Zeros(), trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )  # fmt: skip


@export("train.get_or_create_global_step", "contrib.framework.get_or_create_global_step", "contrib.slim.get_or_create_global_step")
def get_or_create_global_step(graph: Graph | None = None) -> Any:
    """The global step of a graph (the default one unless given), made if there is none.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     tf.train.get_or_create_global_step() is tf.train.get_or_create_global_step()
    True
    """
    graph = graph or get_default_graph()
    existing = get_global_step(graph)
    return create_global_step(graph) if existing is None else existing


_READ_OF_STEP = "global_step_read_op_cache"  # the collection under which TensorFlow keeps the tensor, too


def get_or_create_global_step_read(graph: Graph | None = None) -> Any:
    """A copy of the global step of a graph as a tensor, made once per graph; None if there is no global step."""
    graph = graph or get_default_graph()
    made = graph.get_collection(_READ_OF_STEP)
    if made:
        return made[0]
    step = get_global_step(graph)
    if step is None:
        return None
    with graph.as_default(), graph.name_scope(None), graph.name_scope(f"{step.op.name}/"), graph.control_dependencies(None):
        value = step.initialized_value() if isinstance(step, Variable) else step
        read = value + 0
    graph.add_to_collection(_READ_OF_STEP, read)
    return read


@export("train.assert_global_step", "contrib.framework.assert_global_step", "contrib.slim.assert_global_step")
def assert_global_step(global_step_tensor: Any) -> None:
    """Check that a tensor or variable can be a global step: an integer scalar.

    Raises:
      TypeError: when it cannot.
    """
    step = global_step_tensor
    if not isinstance(step, Variable | Tensor):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {step}.')
    if not step.dtype.base_dtype.is_integer:
        raise TypeError(
            f'Existing "global_step" does not have integer type: {_dtype_text(step.dtype)}\n  {step!r}, made at {step.op.where}.'
        )
    rank = step.get_shape().ndims
    if rank not in (0, None):
        raise TypeError(f'Existing "global_step" is not scalar: {step.get_shape()}\n  {step!r}, made at {step.op.where}.')


def _dtype_text(dtype: dtypes.DType) -> str:
    return f"<dtype: '{dtype.name}'>"
