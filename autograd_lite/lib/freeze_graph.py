"""`tensorflow.python.tools.freeze_graph`: a graph and its checkpoint put into one file that needs no variables."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.safe_write import replacing
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.import_def import import_graph_def
from autograd_lite.lib.checkpoint_state import checkpoint_exists
from autograd_lite.lib.graph_util import convert_variables_to_constants
from autograd_lite.lib.saved_model_loader import load
from autograd_lite.lib.saver import Saver, import_meta_graph
from autograd_lite.runtime.session import Session
from autograd_lite.wire import messages
from autograd_lite.wire.checkpoint_reader import open_checkpoint
from autograd_lite.wire.text_format import read_message

_VARIABLES = ("Variable", "VariableV2", "AutoReloadVariable", "VarHandleOp")


def freeze_graph(
    input_graph: str | None,
    input_saver: str | None,
    input_binary: bool,
    input_checkpoint: str | None,
    output_node_names: str,
    restore_op_name: str | None,
    filename_tensor_name: str | None,
    output_graph: str | None,
    clear_devices: bool,
    initializer_nodes: str | None,
    variable_names_whitelist: str = "",
    variable_names_blacklist: str = "",
    input_meta_graph: str | None = None,
    input_saved_model_dir: str | None = None,
    saved_model_tags: str = "serve",
    checkpoint_version: int = 2,
) -> Any:
    """Write the part of a graph that some nodes need, with the variables' values of a checkpoint as constants.

    Args:
      input_graph: the file of the GraphDef, as text or binary (what it is shows in its content, whatever `input_binary` says).
      input_saver: a file of a SaverDef to restore with.
      input_checkpoint: the prefix of the checkpoint.
      output_node_names: the names of the nodes to keep, with commas between them.
      restore_op_name, filename_tensor_name: not looked at, as in TensorFlow.
      output_graph: the file to write; nothing is written when empty.
      clear_devices: whether to take the devices from the nodes.
      initializer_nodes: nodes to run before, with commas between them.
      variable_names_whitelist, variable_names_blacklist: the only variables to convert, and those to leave, with commas between.
      input_meta_graph: the file of a MetaGraphDef instead of `input_graph`.
      input_saved_model_dir: a SavedModel instead of graph and checkpoint; saved_model_tags: which of its graphs.
      checkpoint_version: not looked at: a checkpoint shows its format.

    Returns:
      The frozen GraphDef; -1, with a word about it, when there is no such checkpoint or no node is named.
    """
    input_graph_def = read_message(input_graph, messages.GraphDef()) if input_graph else None
    meta_graph_def = read_message(input_meta_graph, messages.MetaGraphDef()) if input_meta_graph else None
    saver_def = read_message(input_saver, messages.SaverDef()) if input_saver else None
    return freeze_graph_with_def_protos(
        input_graph_def, saver_def, input_checkpoint, output_node_names, restore_op_name, filename_tensor_name, output_graph, clear_devices,
        initializer_nodes, variable_names_whitelist, variable_names_blacklist, meta_graph_def, input_saved_model_dir,
        saved_model_tags.replace(" ", "").split(","), checkpoint_version,
    )  # fmt: skip


def freeze_graph_with_def_protos(
    input_graph_def: Any,
    input_saver_def: Any,
    input_checkpoint: str | None,
    output_node_names: str,
    restore_op_name: str | None,
    filename_tensor_name: str | None,
    output_graph: str | None,
    clear_devices: bool,
    initializer_nodes: str | None,
    variable_names_whitelist: str = "",
    variable_names_blacklist: str = "",
    input_meta_graph_def: Any = None,
    input_saved_model_dir: str | None = None,
    saved_model_tags: Any = None,
    checkpoint_version: int = 2,
) -> Any:
    """`freeze_graph` for messages in place of files."""
    if not input_saved_model_dir and not (input_checkpoint and checkpoint_exists(input_checkpoint)):
        print(f"Input checkpoint '{input_checkpoint}' doesn't exist!")
        return -1
    if not output_node_names:
        print("You need to supply the name of a node to --output_node_names.")
        return -1
    graph_def = messages.GraphDef()
    graph_def.CopyFrom(input_meta_graph_def.graph_def if input_meta_graph_def is not None else input_graph_def or messages.GraphDef())
    if clear_devices:
        for node in graph_def.node:
            node.device = ""
    with Graph().as_default(), Session() as session:
        if input_saved_model_dir:
            graph_def = load(session, saved_model_tags or ["serve"], input_saved_model_dir).graph_def
        elif input_meta_graph_def is not None:
            import_meta_graph(input_meta_graph_def, clear_devices=True).restore(session, input_checkpoint)
        else:
            import_graph_def(graph_def, name="")
            found = None if input_saver_def is not None else _in_both(session.graph, input_checkpoint)
            Saver(found, saver_def=input_saver_def).restore(session, input_checkpoint)
        if initializer_nodes:
            session.run(_names(initializer_nodes))
        frozen = convert_variables_to_constants(
            session,
            graph_def,
            _names(output_node_names),
            _names(variable_names_whitelist) or None,
            _names(variable_names_blacklist) or None,
        )
    if output_graph:
        with replacing(output_graph, "wb") as file:
            file.write(frozen.SerializeToString())
    return frozen


def _names(text: str) -> list[str]:
    return [name for name in text.replace(" ", "").split(",") if name]


def _in_both(graph: Graph, checkpoint: Any) -> dict[str, Any]:
    """The variables of a graph, which has no collections, that a checkpoint has values for."""
    saved = open_checkpoint(checkpoint).names()
    return {op.name: op.outputs[0] for op in graph.get_operations() if op.type in _VARIABLES and op.name in saved}
