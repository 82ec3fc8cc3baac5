"""`tf.contrib.layers.summarize_*`: summaries of tensors and collections, by their names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_mean
from autograd_lite.core import dtypes
from autograd_lite.core.export import export, export_constant
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import summary


@export("contrib.layers.summarize_tensor", "contrib.slim.summarize_tensor")
def summarize_tensor(tensor: Any, tag: str | None = None) -> Tensor:
    """A scalar summary of a number, a histogram of anything larger.

    Args:
      tag: the name of the summary; that of the tensor and `_summary` if None.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.summarize_tensor(tf.constant(1.0, name="x")).op.name
    'x_summary'
    """
    write = summary.scalar if tensor.get_shape().ndims == 0 and tensor.dtype.base_dtype.is_floating else summary.histogram
    return write(tag or f"{tensor.op.name}_summary", tensor)


@export("contrib.layers.summarize_activation", "contrib.slim.summarize_activation")
def summarize_activation(op: Any) -> Tensor:
    """A histogram of a layer's results; for rectifiers also the share of inputs below 0 (and above 6).

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.summarize_activation(tf.nn.relu(tf.zeros([2]), name="r")).op.name
    'r/activation'
    """
    kind, name = op.op.type, op.op.name
    if kind in ("Relu", "Softplus", "Relu6"):
        below = raw.Less(op.op.inputs[0], cast(0.0, op.op.inputs[0].dtype))
        summary.scalar(f"{name}/zeros", reduce_mean(cast(below, dtypes.float32)))
    if kind == "Relu6":
        above = raw.Greater(op.op.inputs[0], cast(6.0, op.op.inputs[0].dtype))
        summary.scalar(f"{name}/sixes", reduce_mean(cast(above, dtypes.float32)))
    return summary.histogram(f"{name}/activation", op)


@export("contrib.layers.summarize_tensors", "contrib.slim.summarize_tensors")
def summarize_tensors(tensors: Iterable[Any], summarizer: Callable[[Any], Tensor] = summarize_tensor) -> list[Tensor]:
    """A summary of each tensor."""
    return [summarizer(tensor) for tensor in tensors]


@export("contrib.layers.summarize_collection", "contrib.slim.summarize_collection")
def summarize_collection(
    collection: str, name_filter: str | None = None, summarizer: Callable[[Any], Tensor] = summarize_tensor
) -> list[Tensor]:
    """A summary of each tensor of a collection whose name matches `name_filter`."""
    items = get_default_graph().get_collection(collection, name_filter)
    return summarize_tensors([item if hasattr(item, "op") else convert_to_tensor(item) for item in items], summarizer)


summarize_variables = functools.partial(summarize_collection, GraphKeys.GLOBAL_VARIABLES)
summarize_weights = functools.partial(summarize_collection, GraphKeys.WEIGHTS)
summarize_biases = functools.partial(summarize_collection, GraphKeys.BIASES)

for _name in ("summarize_variables", "summarize_weights", "summarize_biases"):
    export_constant(__name__, _name, f"contrib.layers.{_name}", f"contrib.slim.{_name}")


@export("contrib.layers.summarize_activations", "contrib.slim.summarize_activations")
def summarize_activations(name_filter: str | None = None, summarizer: Callable[[Any], Tensor] = summarize_activation) -> list[Tensor]:
    """A summary of each tensor in `tf.GraphKeys.ACTIVATIONS`."""
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)
