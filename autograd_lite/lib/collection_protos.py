"""How the items of a graph's collections are written into files: each collection whose items have a message of their own is registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_lite.graph import context_defs
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.lib.queue_runner import QueueRunner
from autograd_lite.lib.variable import Variable


class CollectionProto(NamedTuple):
    """The message of a collection's items."""

    proto_type: str  # the name of the message
    to_proto: Callable[..., Any]  # to_proto(item, export_scope=...) -> message or None
    from_proto: Callable[..., Any]  # from_proto(message, import_scope=...) -> item


_REGISTERED: dict[str, CollectionProto] = {}


def register_proto_function(
    collection_name: str, proto_type: str, to_proto: Callable[..., Any], from_proto: Callable[..., Any]
) -> None:  # fmt: skip
    """Say how the items of a collection are written and read.

    Args:
      collection_name: the collection.
      proto_type: the name of the message, such as "QueueRunnerDef".
      to_proto: makes a message of an item, given `export_scope=`.
      from_proto: makes an item of a message, given `import_scope=`.
    """
    _REGISTERED[collection_name] = CollectionProto(proto_type, to_proto, from_proto)


def proto_function(collection_name: str) -> CollectionProto | None:
    """How the items of a collection are written, or None when nothing special is known."""
    return _REGISTERED.get(collection_name)


def _context_to_proto(context: Any, export_scope: str | None = None) -> Any:
    return context_defs.to_proto(context, export_scope)


def _context_from_proto(context_def: Any, import_scope: str | None = None) -> Any:
    return context_defs.from_proto(context_def, import_scope)


def _variable_to_proto(variable: Any, export_scope: str | None = None) -> Any:
    return variable.to_proto(export_scope=export_scope)


def _variable_from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
    return Variable.from_proto(variable_def, import_scope=import_scope)


for _collection in (
    GraphKeys.GLOBAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES, GraphKeys.MOVING_AVERAGE_VARIABLES, GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES, GraphKeys.GLOBAL_STEP, GraphKeys.METRIC_VARIABLES,
):  # fmt: skip
    register_proto_function(_collection, "VariableDef", _variable_to_proto, _variable_from_proto)
register_proto_function(GraphKeys.COND_CONTEXT, "CondContextDef", _context_to_proto, _context_from_proto)
register_proto_function(GraphKeys.WHILE_CONTEXT, "WhileContextDef", _context_to_proto, _context_from_proto)

register_proto_function(GraphKeys.QUEUE_RUNNERS, "QueueRunnerDef", QueueRunner.to_proto, QueueRunner.from_proto)
