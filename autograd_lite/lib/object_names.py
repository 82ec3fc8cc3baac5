"""What a checkpoint of `tf.train.Checkpoint` tells about its objects: under which key each variable is stored."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.errors import DataLossError
from autograd_lite.wire import messages
from autograd_lite.wire.checkpoint_reader import open_checkpoint

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


def read_object_graph(prefix: str) -> Any:
    """The TrackableObjectGraph message of a checkpoint.

    Raises:
      NotFoundError: when there is none: the checkpoint was written by a Saver.
      DataLossError: when it is damaged.
    """
    content = open_checkpoint(prefix).tensor(OBJECT_GRAPH_KEY)
    try:
        return messages.TrackableObjectGraph.FromString(content.item())
    except Exception as error:  # its class depends on the implementation of protobuf
        raise DataLossError(None, None, f"{prefix} has an object graph that cannot be read: {error}") from None


def object_graph_key_mapping(prefix: str) -> dict[str, str]:
    """For each variable's full name the key under which the checkpoint stores it.

    Raises:
      NotFoundError: when the checkpoint was written by a Saver.
    """
    graph = read_object_graph(prefix)
    return {attribute.full_name: attribute.checkpoint_key for node in graph.nodes for attribute in node.attributes}
