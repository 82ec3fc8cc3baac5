"""The few functions of `tensorflow.python...` that programs use and that have no public name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from autograd_lite.api.control import group
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.runtime.devices import local_devices
from autograd_lite.wire import messages

_Function = TypeVar("_Function", bound=Callable[..., Any])


def list_local_devices(session_config: Any = None) -> list[Any]:
    """The devices that sessions of this process have, as DeviceAttributes messages."""
    return [
        messages.DeviceAttributes(
            name=device.name[device.name.index("/device:") :],
            device_type=device.device_type,
            memory_limit=device.memory_limit_bytes,
            incarnation=device.incarnation,
        )
        for device in local_devices(session_config)
    ]


def scalar_shape() -> TensorShape:
    """The shape of a single number."""
    return TensorShape([])


def vector_shape(length: Any) -> TensorShape:
    """The shape of a list of `length` numbers; None is an unknown length."""
    return TensorShape([length])


def matrix_shape(rows: Any, cols: Any) -> TensorShape:
    """The shape of a table of numbers; None is an unknown size."""
    return TensorShape([rows, cols])


def shared_resources() -> list[Any]:
    """The tables, trees and other resources that the default graph has."""
    return get_default_graph().get_collection(GraphKeys.RESOURCES)


def local_resources() -> list[Any]:
    """The resources of the default graph that each process has for itself."""
    return get_default_graph().get_collection(GraphKeys.LOCAL_RESOURCES)


def initialize_resources(resource_list: Iterable[Any], name: str = "init") -> Any:
    """An operation that makes all the resources of a list."""
    return group(*(resource.create for resource in resource_list), name=name)


def deprecated(*_: Any, **__: Any) -> Callable[[_Function], _Function]:
    """A decorator that leaves a function as it is, where TensorFlow's adds a warning."""
    return lambda function: function
