"""`tf.summary.FileWriter`: puts summaries, graphs and run metadata into event files."""

from __future__ import annotations

import threading
import time
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.graph.graph import Graph
from autograd_lite.lib import logging
from autograd_lite.lib.event_files import EventFileWriter
from autograd_lite.lib.meta_graph import create_meta_graph_def
from autograd_lite.wire import messages
from autograd_lite.wire.files import text_path

_CLOSED = "Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is explicitly reopened."


@export("summary.FileWriter")
class FileWriter:
    """Writes an event file for TensorBoard: `tensorboard --logdir LOGDIR` shows what is in it.

    Events go through a queue to a thread of their own. `close()`, or leaving a `with` block, writes all of them; so does the end of
    the program.

    Args:
      logdir: the folder; made when it is not there. Every writer makes a file of its own.
      graph: a graph to show.
      max_queue: how many events may wait to be written before adding one waits too.
      flush_secs: how often what was written is handed to the operating system.
      graph_def: a GraphDef message, the old way to say `graph`.
      filename_suffix: put at the end of the file's name.
      session: accepted for programs that pass it; events are written in the same way.

    Raises:
      NotFoundError, PermissionDeniedError, ...: when folder or file cannot be made.

    >>> import autograd_lite as tf, tempfile
    >>> with tf.summary.FileWriter(tempfile.mkdtemp()) as writer:
    ...     writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=0.5)]), global_step=1)
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        self.event_writer = EventFileWriter(logdir, max_queue, flush_secs, filename_suffix)
        self._run_tags: set[str] = set()
        self._described_tags: set[str] = set()
        if graph is None and graph_def is None:
            return
        self.add_graph(graph=graph, graph_def=graph_def)
        whole = next((given for given in (graph, graph_def) if isinstance(given, Graph)), None)
        self.add_meta_graph(create_meta_graph_def(graph_def=self._graph_def_of(graph, graph_def), graph=whole))

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    def get_logdir(self) -> str:
        """The folder in which the event file lies."""
        return self.event_writer.get_logdir()

    def add_event(self, event: Any) -> None:
        """Append an Event message."""
        if self.event_writer.closed:
            logging.warn(_CLOSED)
        self.event_writer.add_event(event)

    def _add(self, event: Any, global_step: Any) -> None:
        event.wall_time = time.time()
        if global_step is not None:
            event.step = int(global_step)
        self.add_event(event)

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Append a summary: what `session.run(tf.summary.merge_all())` gives, or a Summary message.

        Metadata of a tag are written once.
        """
        if isinstance(summary, bytes):
            summary = messages.Summary.FromString(summary)
        for value in summary.value:
            if not value.HasField("metadata"):
                continue
            if value.tag in self._described_tags:
                value.ClearField("metadata")
            self._described_tags.add(value.tag)
        self._add(messages.Event(summary=summary), global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Append a SessionLog message: that a session began, ended or wrote a checkpoint."""
        self._add(messages.Event(session_log=session_log), global_step)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Append a graph, for TensorBoard's page of graphs.

        Raises:
          ValueError: both `graph` and `graph_def`.
          TypeError: no graph.
        """
        shown = self._graph_def_of(graph, graph_def)
        self._add(messages.Event(graph_def=shown.SerializeToString(deterministic=True)), global_step)

    @staticmethod
    def _graph_def_of(graph: Any, graph_def: Any) -> Any:
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        given = graph if graph is not None else graph_def
        if isinstance(given, Graph):
            return given.as_graph_def(add_shapes=True)
        if getattr(getattr(given, "DESCRIPTOR", None), "full_name", "") == "tensorflow.GraphDef":
            logging.warn("Passing a `GraphDef` to the SummaryWriter is deprecated. Pass a `Graph` object instead, such as `sess.graph`.")
            return messages.GraphDef.FromString(given.SerializeToString())  # it may be a message of TensorFlow's own class
        raise TypeError(f"The passed graph must be an instance of `Graph` or the deprecated `GraphDef`\n  Received: {given!r}")

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Append a MetaGraphDef message.

        Raises:
          TypeError: it is no such message.
        """
        if getattr(getattr(meta_graph_def, "DESCRIPTOR", None), "full_name", "") != "tensorflow.MetaGraphDef":
            raise TypeError(f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}")
        self._add(messages.Event(meta_graph_def=meta_graph_def.SerializeToString(deterministic=True)), global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Append what `session.run(..., run_metadata=...)` filled in: times and memory of each node, shown on the page of graphs.

        Raises:
          ValueError: the tag was used before.
        """
        if tag in self._run_tags:
            raise ValueError("The provided tag was already used for this event type")
        tagged = messages.TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString(deterministic=True))
        self._add(messages.Event(tagged_run_metadata=tagged), global_step)
        self._run_tags.add(tag)

    def flush(self) -> None:
        """Wait until all events are in the file."""
        self.event_writer.flush()

    def close(self) -> None:
        """Write what waits and close the file; what is added later is dropped, with a warning, until `reopen`."""
        self.event_writer.close()

    def reopen(self) -> None:
        """Begin a new event file in the same folder after `close`; without effect while one is open."""
        self.event_writer.reopen()


@export("summary.FileWriterCache")
class FileWriterCache:
    """One `FileWriter` for each folder, for all parts of a program that write there."""

    _lock = threading.RLock()
    _writers: dict[str, FileWriter] = {}

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """The writer for a folder; made when first asked for."""
        folder = text_path(logdir)
        with FileWriterCache._lock:
            if folder not in FileWriterCache._writers:
                FileWriterCache._writers[folder] = FileWriter(folder)
            return FileWriterCache._writers[folder]

    @staticmethod
    def clear() -> None:
        """Close all of them and forget them."""
        with FileWriterCache._lock:
            writers = list(FileWriterCache._writers.values())
            FileWriterCache._writers.clear()
        for writer in writers:
            writer.close()


