"""Graphs with what belongs to them, as MetaGraphDef messages: nodes, collections, and the names of the saver's nodes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autograd_lite.core import optional
from autograd_lite.core.names import strip_scope
from autograd_lite.core.release import release
from autograd_lite.core.safe_write import replacing
from autograd_lite.core.version import GIT_VERSION
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.import_def import import_graph_def
from autograd_lite.graph.op_description import op_def_message
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.table import TABLE
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging
from autograd_lite.lib.collection_protos import proto_function
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable import Variable
from autograd_lite.wire import messages
from autograd_lite.wire.files import make_folders, text_path, translated
from autograd_lite.wire.text_format import from_text, read_message, to_text

_MOST_INT64 = 1 << 63


# ------------------------------------------------------------------- exporting


def stripped_op_list(graph_def: Any) -> Any:
    """The declarations of the ops that a GraphDef uses, as an OpList message, sorted by name."""
    used = {node.op for node in graph_def.node} | {node.op for function in graph_def.library.function for node in function.node_def}
    return messages.OpList(op=[op_def_message(TABLE[name]) for name in sorted(used) if name in TABLE])


def strip_default_attributes(graph_def: Any) -> None:
    """Remove from the nodes of a GraphDef the attributes that hold the default, so that older programs can read it."""
    declared = {op.name: {attr.name: attr for attr in op.attr} for op in stripped_op_list(graph_def).op}
    for node in graph_def.node:
        for name, attr in declared.get(node.op, {}).items():
            if attr.HasField("default_value") and name in node.attr and node.attr[name] == attr.default_value:
                del node.attr[name]


def create_meta_graph_def(
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Iterable[str] | None = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    exclude_nodes: Any = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
) -> Any:
    """A graph, its collections and its saver as a MetaGraphDef message.

    Raises:
      TypeError: when an argument is of another type.
    """
    if graph is not None and not isinstance(graph, Graph):
        raise TypeError(f"graph must be of type Graph, not {type(graph)}")
    if meta_info_def is not None and not isinstance(meta_info_def, messages.MetaGraphDef.MetaInfoDef):
        raise TypeError(f"meta_info_def must be of type MetaInfoDef, not {type(meta_info_def)}")
    if graph_def is not None and not isinstance(graph_def, messages.GraphDef):
        raise TypeError(f"graph_def must be of type GraphDef, not {type(graph_def)}")
    if saver_def is not None and not isinstance(saver_def, messages.SaverDef):
        raise TypeError(f"saver_def must be of type SaverDef, not {type(saver_def)}")
    graph = graph or get_default_graph()
    meta = messages.MetaGraphDef()
    meta.graph_def.MergeFrom(graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def)
    if strip_default_attrs:
        strip_default_attributes(meta.graph_def)
    if meta_info_def is not None:
        meta.meta_info_def.MergeFrom(meta_info_def)
    information = meta.meta_info_def
    information.tensorflow_version, information.tensorflow_git_version = release().version, GIT_VERSION
    information.stripped_default_attrs = strip_default_attrs
    if not information.stripped_op_list.op:
        information.stripped_op_list.MergeFrom(stripped_op_list(meta.graph_def))
    for key in graph.get_all_collection_keys() if collection_list is None else collection_list:
        _add_collection(meta, key, graph, export_scope, saver_def if clear_extraneous_savers else None)
    if saver_def is not None:
        meta.saver_def.MergeFrom(saver_def)
    return meta


def _add_collection(meta: Any, key: str, graph: Graph, scope: str | None, only_saver: Any) -> None:
    """Write one collection; what cannot be written is reported and left out."""
    if not isinstance(key, str):
        logging.warn("Only collections with string type keys will be serialized. This key has %s", type(key))
        return
    if key == GraphKeys.SAVERS and only_saver is not None:
        meta.collection_def[key].bytes_list.value.append(only_saver.SerializeToString(deterministic=True))
        return
    items = graph.get_collection(key)
    if not items:
        return
    definition = messages.CollectionDef()
    try:
        _fill_collection(definition, key, items, scope)
    except (TypeError, ValueError, AttributeError) as error:
        logging.warn("Issue encountered when serializing %s.\nType is unsupported, or the types of the items don't match field type in "
                        "CollectionDef. Note this is a warning and probably safe to ignore.\n%s", key, error)  # fmt: skip
        return
    meta.collection_def[key].CopyFrom(definition)


def _fill_collection(definition: Any, key: str, items: list[Any], scope: str | None) -> None:
    registered = proto_function(key)
    if registered is not None and (key != GraphKeys.GLOBAL_STEP or isinstance(items[0], Variable)):
        protos = [registered.to_proto(item, export_scope=scope) for item in items]
        definition.bytes_list.value.extend([proto.SerializeToString(deterministic=True) for proto in protos if proto is not None])
        return
    kind = _kind_of(items[0])
    field = getattr(definition, f"{kind}_list").value
    if kind == "node":
        inside = [item.name for item in map(_graph_element, items) if not scope or item.name.startswith(scope)]
        field.extend([strip_scope(name, scope or "") for name in inside])
    elif kind == "bytes":
        field.extend([item.encode() if isinstance(item, str) else item for item in map(_as_bytes, items)])
    else:
        field.extend(items)


def _graph_element(item: Any) -> Any:
    return item if isinstance(item, Operation | Tensor) else item._as_graph_element()


def _as_bytes(item: Any) -> Any:
    return item.SerializeToString(deterministic=True) if hasattr(item, "SerializeToString") else item


def _kind_of(item: Any) -> str:
    """Which list of a CollectionDef holds items such as this."""
    if isinstance(item, Operation | Tensor) or hasattr(item, "_as_graph_element"):
        return "node"
    if getattr(getattr(item, "DESCRIPTOR", None), "full_name", None) == "google.protobuf.Any":
        return "any"
    if isinstance(item, str | bytes) or hasattr(item, "SerializeToString"):
        return "bytes"
    if isinstance(item, float):
        return "float"
    if isinstance(item, int) and -_MOST_INT64 <= item < _MOST_INT64:
        return "int64"
    raise TypeError(f"'{type(item).__name__}' object is no number, text, node or message")


def export_scoped_meta_graph(
    filename: Any = None,
    graph_def: Any = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    as_text: bool = False,
    unbound_inputs_col_name: str = "unbound_inputs",
    clear_devices: bool = False,
    saver_def: Any = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    meta_info_def: Any = None,
    collection_list: Iterable[str] | None = None,
) -> tuple[Any, dict[str, Any]]:
    """A graph, or the part of it under a name scope, as a MetaGraphDef message, written to a file if one is named.

    Returns:
      The message, and the variables in it by their names without the scope.
    """
    graph = graph or get_default_graph()
    unbound: set[str] = set()
    if export_scope or clear_devices:
        source = graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def
        graph_def = _scoped(source, export_scope, clear_devices, unbound)
    meta = create_meta_graph_def(
        meta_info_def, graph_def, saver_def, collection_list, graph, export_scope,
        clear_extraneous_savers=clear_extraneous_savers, strip_default_attrs=strip_default_attrs,
    )  # fmt: skip
    if unbound:
        meta.collection_def[unbound_inputs_col_name].bytes_list.value.extend([name.encode() for name in sorted(unbound)])
    if filename:
        write_message(text_path(filename), meta, as_text)
    variables = [item for item in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=export_scope) if isinstance(item, Variable)]
    return meta, {strip_scope(variable.op.name, export_scope or ""): variable for variable in variables}


def _scoped(source: Any, scope: str | None, clear_devices: bool, unbound: set[str]) -> Any:
    """The nodes of a GraphDef under a scope, without it; inputs from elsewhere are marked, and their names added to `unbound`."""
    prefix = f"{scope.rstrip('/')}/" if scope else ""
    result = messages.GraphDef(versions=source.versions)
    if source.HasField("library"):
        result.library.CopyFrom(source.library)
    for node in source.node:
        if not node.name.startswith(prefix):
            continue
        copy = result.node.add()
        copy.CopyFrom(node)
        copy.name = node.name[len(prefix) :]
        copy.input[:] = [_scoped_input(text, prefix, unbound) for text in node.input]
        _strip_colocation(copy, prefix)
        if clear_devices:
            copy.device = ""
    return result


def _scoped_input(text: str, prefix: str, unbound: set[str]) -> str:
    mark, name = ("^", text[1:]) if text.startswith("^") else ("", text)
    if name.startswith(prefix):
        return mark + name[len(prefix) :]
    if not mark:
        unbound.add(name)
    return f"{mark}$unbound_inputs_{name}"


def _strip_colocation(node: Any, prefix: str) -> None:
    """Without the scope, too, in what the node is colocated with; what lies outside is left out."""
    if "_class" not in node.attr or not prefix:
        return
    inside = f"loc:@{prefix}".encode()
    kept = [b"loc:@" + name[len(inside) :] for name in node.attr["_class"].list.s if name.startswith(inside)]
    del node.attr["_class"]
    if kept:
        node.attr["_class"].list.s.extend(kept)


def write_message(path: str, message: Any, as_text: bool = False) -> None:
    """Write a message to a file, which appears whole or not at all; folders are made as needed."""
    if os.path.dirname(path):
        make_folders(os.path.dirname(path))
    content = to_text(message).encode() if as_text else message.SerializeToString(deterministic=True)
    with translated(path), replacing(path) as file:
        file.write(content)


# ------------------------------------------------------------------- importing


def read_meta_graph_file(filename: Any) -> Any:
    """The MetaGraphDef message that a file holds, in binary or text form.

    Raises:
      OSError: when there is no such file, or it holds something else.
    """
    path = text_path(filename)
    if not os.path.isfile(path):
        raise OSError(
            f"File {path} does not exist." if release().older_error_texts else f"File does not exist. Received: {path}."
        )  # fmt: skip
    try:
        return read_message(path, messages.MetaGraphDef())
    except ValueError as error:
        first = error
    try:
        with open(path, "rb") as file:
            return from_text(file.read(), messages.MetaGraphDef(), path)
    except (optional.load("google.protobuf.text_format").ParseError, ValueError):
        raise OSError(f"Cannot parse file {path}: {first}.") from None


def import_scoped_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: Any = None,
    return_elements: Iterable[str] | None = None,
    restore_collections_predicate: Callable[[str], bool] = lambda key: True,
    allow_io: bool | Iterable[str] = False,
) -> tuple[Any, dict[str, Any], Any]:
    """Add the nodes and collections of a MetaGraphDef to a graph; if anything is wrong with it, nothing is added.

    Args:
      meta_graph_or_file: the message, or the path of a file that holds one.
      clear_devices: whether to forget on which devices the nodes were.
      graph: the graph; the default one if None.
      import_scope: a prefix for the names.
      input_map, return_elements, allow_io: as in `tf.import_graph_def`.
      restore_collections_predicate: tells for the name of a collection whether to restore it.

    Returns:
      The message, the imported variables by their names without the prefix, and what `return_elements` named.

    Raises:
      OSError: when there is no such file or it cannot be read.
      ValueError: when the graph in it is not valid.
    """
    if isinstance(meta_graph_or_file, messages.MetaGraphDef):
        meta = messages.MetaGraphDef.FromString(meta_graph_or_file.SerializeToString())
    else:
        meta = read_meta_graph_file(meta_graph_or_file)
    graph = graph or get_default_graph()
    if clear_devices:
        for node in meta.graph_def.node:
            node.device = ""
    with graph.as_default(), all_or_nothing(graph):
        scope = graph.unique_name(import_scope, mark_as_used=False) if import_scope else ""
        outer = graph._scopes.name
        prefix = f"{outer}/{scope}".strip("/") if outer and not scope.startswith(outer) else scope
        elements = import_graph_def(
            meta.graph_def, input_map, return_elements, import_scope or "", producer_op_list=meta.meta_info_def.stripped_op_list,
            allow_io=allow_io,
        )  # fmt: skip
        _restore_collections(graph, meta, prefix, restore_collections_predicate)
        found = graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=f"{prefix}/" if prefix else None)
    variables = {strip_scope(item.op.name, prefix): item for item in found if isinstance(item, Variable)}
    return meta, variables, elements


def _restore_collections(graph: Graph, meta: Any, scope: str, wanted: Callable[[str], bool]) -> None:
    variables: dict[bytes, Any] = {}  # a variable that is in several collections is one object
    for key, definition in sorted(meta.collection_def.items()):
        if not wanted(key):
            continue
        kind = definition.WhichOneof("kind")
        if kind is None:
            logging.error("Cannot identify data type for collection %s. Skipping.", key)
            continue
        for item in _items(graph, key, getattr(definition, kind).value, kind, scope, variables):
            graph.add_to_collection(key, item)


def _items(graph: Graph, key: str, values: Any, kind: str, scope: str, variables: dict[bytes, Any]) -> Iterator[Any]:
    """The items of a collection as they stand in a CollectionDef."""
    registered = proto_function(key)
    if kind == "node_list":
        for value in values:
            yield graph.as_graph_element(f"{scope}/{value}" if scope else value)
    elif kind != "bytes_list" or registered is None:
        yield from values
    else:
        for value in values:
            if registered.proto_type == "VariableDef" and value in variables:
                yield variables[value]
                continue
            proto = getattr(messages, registered.proto_type).FromString(value)
            item = registered.from_proto(proto, import_scope=scope or None)
            if registered.proto_type == "VariableDef":
                variables[value] = item
            yield item
