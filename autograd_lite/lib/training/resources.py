"""Objects besides variables that must be made before a graph can run: tables, iterators and so on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_lite.api.constants import constant
from autograd_lite.api.control import group, no_op
from autograd_lite.api.raw import raw
from autograd_lite.api.slicing import boolean_mask
from autograd_lite.core import dtypes
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.default_graph import get_collection
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor


class Resource(NamedTuple):
    """One entry of the collections of resources: its handle, the operation that makes it, and a tensor that says whether it is there."""

    handle: Tensor
    create: Operation
    is_initialized: Tensor


def shared_resources() -> list[Any]:
    """The resources that all workers share."""
    return get_collection(GraphKeys.RESOURCES)


def local_resources() -> list[Any]:
    """The resources that each worker has for itself."""
    return get_collection(GraphKeys.LOCAL_RESOURCES)


def initialize_resources(resource_list: Sequence[Any], name: str = "init") -> Operation:
    """An operation that makes these resources; one that does nothing when there is none."""
    return group(*[resource.create for resource in resource_list], name=name) if resource_list else no_op(name=name)


def report_uninitialized_resources(resource_list: Sequence[Any] | None = None, name: str = "report_uninitialized_resources") -> Tensor:
    """A vector of strings: the names of the resources that are not there yet; of all of them when no list is given."""
    if resource_list is None:
        resource_list = shared_resources() + local_resources()
    graph = get_default_graph()
    with graph.name_scope(name), graph.device("/cpu:0"):
        if not resource_list:
            return constant([], dtype=dtypes.string)
        missing = raw.LogicalNot(raw.Pack([resource.is_initialized for resource in resource_list], name="stack"))
        names = constant([resource.handle.name for resource in resource_list])
        return boolean_mask(names, missing)
