"""Which nodes may touch files or call Python: those of the program itself, not those of a GraphDef that came from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from autograd_lite.core import errors
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.operation import Operation

# Ops that read or write files or call Python when they run.
_FILES = """CacheDataset CacheDatasetV2 CreateSummaryDbWriter CreateSummaryFileWriter CSVDataset DatasetToTFRecord
FixedLengthRecordDataset FixedLengthRecordDatasetV2 ImmutableConst InitializeTableFromTextFile InitializeTableFromTextFileV2 LMDBReader
MatchingFiles MatchingFilesDataset MergeV2Checkpoints ReadFile ReaderRead ReaderReadUpTo ReaderReadUpToV2 ReaderReadV2 Restore
RestoreSlice RestoreV2 Save SaveSlices SaveV2 SnapshotDataset SqlDataset TextLineDataset TFRecordDataset TFRecordDatasetV2 WriteFile"""
_PYTHON = "EagerPyFunc PyFunc PyFuncStateless"
IO_OPS = frozenset(_FILES.split()) | frozenset(_PYTHON.split())
_KEY = "untrusted_nodes"  # of Graph.properties


def _does_io(op: Operation) -> bool:
    """Whether a node touches files or calls Python: some ops only do when an attribute names a file."""
    if op.type in IO_OPS or op.attrs.get("vocab_file") or str(op.attrs.get("output_stream", "")).startswith("file:"):
        return True
    source = op.attrs.get("descriptor_source") or b""
    return not isinstance(source, bytes) and not source.startswith(("local://", "bytes://"))


def untrusted_nodes(graph: Graph) -> frozenset[Operation]:
    """The nodes that came with an imported GraphDef and would touch files or call Python; a session refuses to run them."""
    return graph.properties.get(_KEY, frozenset())


def distrust(graph: Graph, ops: Iterable[Operation], allowed: frozenset[str]) -> None:
    """Remember those of `ops` that touch files or call Python, but for the op types in `allowed`."""
    found = {op for op in ops if _does_io(op) and op.type not in allowed}
    if found:
        graph.properties[_KEY] = untrusted_nodes(graph) | found


def trust(graph: Graph, ops: Iterable[Operation]) -> None:
    """Let these nodes run, whatever they do: whoever imported them answers for them."""
    graph.properties[_KEY] = untrusted_nodes(graph) - frozenset(ops)


def check_trusted(graph: Graph, ops: Iterable[Operation]) -> None:
    """Refuse to run untrusted nodes.

    Raises:
      PermissionDeniedError: when one of `ops` is one.
    """
    untrusted = untrusted_nodes(graph)
    for op in ops if untrusted else ():
        if op in untrusted:
            what = "call Python" if op.type in _PYTHON.split() else "read or write files"
            raise errors.PermissionDeniedError(
                None,
                op,
                f"Node '{op.name}' (op {op.type}) came with an imported GraphDef and would {what}.\n"
                f"  It was imported at {op.where}. If you trust the graph: tf.import_graph_def(..., allow_io=True).",
            )
