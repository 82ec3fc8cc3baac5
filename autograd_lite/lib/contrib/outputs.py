"""`tf.contrib.layers.utils`: results of layers collected under their names."""

from __future__ import annotations

import weakref
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import add_to_collections, get_collection
from autograd_lite.graph.tensor import Tensor

_ALIASES: weakref.WeakKeyDictionary[Any, list[str]] = weakref.WeakKeyDictionary()  # tensor -> the names of the layers that made it


@export("contrib.layers.utils.collect_named_outputs", "contrib.slim.utils.collect_named_outputs")
def collect_named_outputs(collections: Any, alias: str, outputs: Any) -> Any:
    """Add the result of a layer to collections, under a name that `convert_collection_to_dict` gives it; returns the result."""
    if collections:
        append_tensor_alias(outputs, alias)
        add_to_collections(collections, outputs)
    return outputs


@export("contrib.layers.utils.append_tensor_alias", "contrib.slim.utils.append_tensor_alias")
def append_tensor_alias(tensor: Any, alias: str) -> Any:
    """Give a tensor one more name for `convert_collection_to_dict`."""
    _ALIASES.setdefault(tensor, []).append(alias.rstrip("/"))
    return tensor


@export("contrib.layers.utils.gather_tensors_aliases", "contrib.slim.utils.gather_tensors_aliases")
def gather_tensors_aliases(tensors: Any) -> list[str]:
    """The names of several tensors: those of the layers that made them, or their own."""
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


@export("contrib.layers.utils.get_tensor_aliases", "contrib.slim.utils.get_tensor_aliases")
def get_tensor_aliases(tensor: Any) -> list[str]:
    """The names of the layers that made a tensor; its own name when there are none."""
    if tensor in _ALIASES:
        return _ALIASES[tensor]
    name = tensor.name
    return [name.removesuffix(":0")]


@export("contrib.layers.utils.convert_collection_to_dict", "contrib.slim.utils.convert_collection_to_dict")
def convert_collection_to_dict(collection: str, clear_collection: bool = False) -> dict[str, Any]:
    """The results in a collection by the names of their layers.

    >>> import autograd_lite as tf
    >>> layers = tf.contrib.layers
    >>> x = layers.fully_connected(tf.zeros([2, 3]), 4, outputs_collections="docs_ends", scope="first")
    >>> list(layers.utils.convert_collection_to_dict("docs_ends"))
    ['first']
    """
    found = {alias: tensor for tensor in get_collection(collection) for alias in get_tensor_aliases(tensor)}
    if clear_collection:
        found_list: list[Any] = get_collection(collection)
        found_list.clear()
    return found


@export("contrib.layers.utils.last_dimension", "contrib.slim.utils.last_dimension")
def last_dimension(shape: Any, min_rank: int = 1) -> int | None:
    """The last size of a shape.

    Raises:
      ValueError: the rank is less than `min_rank`, or the size is unknown.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.utils.last_dimension(tf.TensorShape([None, 3]))
    3
    """
    sizes = shape.dims_tuple
    if sizes is None:
        raise ValueError("dims of shape must be known but is None")
    if len(sizes) < min_rank:
        raise ValueError(f"rank of shape must be at least {min_rank} not: {len(sizes)}")
    if sizes[-1] is None:
        raise ValueError("last dimension shape must be known but is None")
    return sizes[-1]


def named(outputs: Any, activation: Any, collections: Any, name: str) -> Tensor:
    """The end of each layer: the activation, if any, then the collections."""
    return collect_named_outputs(collections, name, outputs if activation is None else activation(outputs))
