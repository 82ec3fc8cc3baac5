"""Graphs written to files, and events read from them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from autograd_lite.core import errors
from autograd_lite.core.export import export
from autograd_lite.core.safe_write import replacing
from autograd_lite.graph.graph import Graph
from autograd_lite.wire import messages
from autograd_lite.wire.files import make_folders, text_path, translated
from autograd_lite.wire.text_format import to_text
from autograd_lite.wire.tfrecord import tf_record_iterator


@export("io.write_graph", "train.write_graph")
def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Write a graph to a file, as a GraphDef in text or binary form.

    The file appears whole or not at all.

    Args:
      graph_or_graph_def: a `tf.Graph` or a GraphDef message.
      logdir: the folder; made when it is not there.
      name: the name of the file, usually ending in `.pbtxt` or `.pb`.
      as_text: whether to write protobuf's text form.

    Returns:
      The path of the file.

    Raises:
      TypeError: when the first argument is no graph.
      NotFoundError, PermissionDeniedError, ...: when the file cannot be written.

    >>> import tempfile
    >>> path = write_graph(Graph(), tempfile.mkdtemp(), "empty.pbtxt")
    >>> "versions" in open(path).read()
    True
    """
    graph_def = graph_or_graph_def.as_graph_def() if isinstance(graph_or_graph_def, Graph) else graph_or_graph_def
    if not hasattr(graph_def, "SerializeToString"):
        raise TypeError(f"Expected a tf.Graph or a GraphDef, got {type(graph_or_graph_def).__name__}: {graph_or_graph_def!r}")
    content = to_text(graph_def).encode() if as_text else graph_def.SerializeToString(deterministic=True)
    folder = text_path(logdir)
    path = os.path.join(folder, text_path(name))
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise errors.FailedPreconditionError(None, None, f"{folder} is not a directory")
    make_folders(folder)
    with translated(path), replacing(path) as file:
        file.write(content)
    return path


@export("train.summary_iterator")
def summary_iterator(path: Any) -> Iterator[Any]:
    """Read the Event messages of an event file, as TensorBoard does.

    Args:
      path: the file; its name holds `tfevents`.

    Raises:
      NotFoundError: when there is no such file.
      DataLossError: when it is damaged.
    """
    for record in tf_record_iterator(path):
        yield messages.Event.FromString(record)
