"""`tf.test.assert_equal_graph_def`: two graphs compared in a test."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.export import export
from autograd_lite.wire import messages
from autograd_lite.wire.compare import graph_differences


@export("test.assert_equal_graph_def")
def assert_equal_graph_def(actual: Any, expected: Any, checkpoint_v2: bool = False, hash_table_shared_name: bool = False) -> None:
    """Fail unless two GraphDefs hold the same nodes; their order and the order of control inputs do not count.

    Args:
      actual, expected: the GraphDef messages.
      checkpoint_v2: leave out the nodes of savers, whose names hold a random part.
      hash_table_shared_name: leave out the names under which hash tables are shared.

    Raises:
      AssertionError: when they differ, saying how.
      TypeError: when one of them is no GraphDef.

    >>> assert_equal_graph_def(messages.GraphDef(), messages.GraphDef())
    """
    for name, graph_def in (("actual", actual), ("expected", expected)):
        if not isinstance(graph_def, messages.GraphDef):
            raise TypeError(f"Expected tf.GraphDef for {name}, got {type(graph_def).__name__}")
    sides = [_prepared(graph_def, checkpoint_v2, hash_table_shared_name) for graph_def in (actual, expected)]
    names = [{node.name: node for node in side.node} for side in sides]
    for name, node in names[0].items():
        if name not in names[1]:
            raise AssertionError(f"Found unexpected node '{{{{node {name}}}}} = {node.op}({', '.join(node.input)})'")
    for name, node in names[1].items():
        if name not in names[0]:
            raise AssertionError(f"Did not find expected node '{{{{node {name}}}}} = {node.op}({', '.join(node.input)})'")
    found = graph_differences(*sides)
    if found:
        raise AssertionError("The graphs differ (actual and expected):\n  " + "\n  ".join(found[:20]))


def _prepared(graph_def: Any, checkpoint_v2: bool, hash_table_shared_name: bool) -> Any:
    """A copy without what may differ from run to run."""
    result = messages.GraphDef.FromString(graph_def.SerializeToString())
    if checkpoint_v2:
        kept = [node for node in result.node if not (node.op in ("SaveV2", "RestoreV2") or node.name.startswith("save/Const"))]
        result = messages.GraphDef(node=kept)
    for node in result.node:
        if hash_table_shared_name and "HashTable" in node.op and "shared_name" in node.attr:
            del node.attr["shared_name"]
    return result
