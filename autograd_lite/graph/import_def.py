"""Adding the nodes of a GraphDef to a graph: all of them, or none when anything is wrong.

A GraphDef may come from anybody. Reading one makes nodes and does nothing else: no file is opened and no Python function is
called, and a session refuses to run imported nodes that would do so (see `trust.py`) unless the caller allowed them.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator
from typing import Any

from autograd_lite.core import device as devices
from autograd_lite.core.export import export
from autograd_lite.core.release import RELEASES, release
from autograd_lite.core.where import capture
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.export_def import VERSIONS, function_def
from autograd_lite.graph.function import FunctionGraph
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.import_nodes import COLOCATION, NodeMaker
from autograd_lite.graph.import_order import Source, connect, in_order, read_nodes, read_source, source_text
from autograd_lite.graph.imported_contexts import ImportedContexts
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.trust import IO_OPS, distrust
from autograd_lite.wire import messages

IO_OF_FUNCTIONS = "io_of_functions"  # of Graph.properties: name of an imported function -> the ops for files and Python that it may use
_NEWEST_CONSUMER = max(entry.producer for entry in RELEASES.values())


@export("import_graph_def", "graph_util.import_graph_def")
def import_graph_def(
    graph_def: Any,
    input_map: Any = None,
    return_elements: Any = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
    *,
    allow_io: bool | Iterable[str] = False,
) -> Any:
    """Add the nodes of a GraphDef to the default graph.

    Args:
      graph_def: the GraphDef message.
      input_map: replaces inputs: a dictionary from names in `graph_def` ("x", "x:1", or "^x" for a control input) to tensors.
      return_elements: names of operations ("y") and tensors ("y:0") to return.
      name: the prefix of the new nodes' names, "import" when None; "" adds none.
      op_dict: no longer used, as in TensorFlow.
      producer_op_list: an OpList message; attributes that only its ops have are dropped where they hold the default.
      allow_io: whether nodes that read or write files or call Python may run (True, or the op types that may).

    Returns:
      A list of the operations and tensors of `return_elements`, or None without them.

    Raises:
      TypeError: when an argument is of the wrong type.
      ValueError: when `graph_def` is not a valid graph, or names are not found.
      NotFoundError: when it has nodes of an op type that is not known here.
      InvalidArgumentError: when the values of a constant do not fit its shape and type.
      RuntimeError: when the default graph is finalized.
      After a failure the graph is as it was.

    >>> graph_def = Graph().as_graph_def()
    >>> node = graph_def.node.add(name="x", op="NoOp")
    >>> import_graph_def(graph_def, return_elements=["x"], name="loaded")
    [<tf.Operation 'loaded/x' type=NoOp>]
    """
    del op_dict
    proto = _as_message(graph_def)
    mapped = _checked_input_map(input_map)
    wanted = _checked_return_elements(return_elements)
    allowed = IO_OPS if allow_io is True else frozenset(allow_io or ())
    graph = get_default_graph()
    graph._check_not_finalized()
    scopes = graph._scopes
    marks = len(graph._operations), len(graph._name_journal), graph._next_id, graph._random_ops
    functions, properties, outer = dict(graph._functions), dict(graph.properties), scopes.name
    scopes.depth += 1
    try:
        prefix = graph.enter_scope("import" if name is None else name)[1]
        tensors = _input_tensors(graph, mapped, name)
        with _without_collection():
            return _add_graph(graph, proto, prefix, tensors, wanted, producer_op_list, allowed)
    except BaseException:
        graph.undo(*marks)
        graph._functions, graph.properties = functions, properties
        raise
    finally:
        scopes.name = outer
        scopes.depth -= 1
        if not scopes.depth:
            graph._name_journal.clear()


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Do not look for garbage meanwhile: everything that is made here stays, and looking at all of it again and again takes a third
    of the time of a large import.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _add_graph(
    graph: Graph,
    proto: Any,
    prefix: str,
    input_map: dict[Source, Tensor],
    return_elements: list[str] | None,
    producer_op_list: Any,
    allowed_io: frozenset[str],
) -> list[Any] | None:
    _check_versions(proto.versions)
    nodes = read_nodes(proto.node)
    dependents = connect(nodes, input_map)
    _add_functions(graph, proto.library, allowed_io)
    was_empty = not graph._operations
    producer_ops = {} if producer_op_list is None else {op.name: op for op in producer_op_list.op}
    maker = NodeMaker(graph, nodes, prefix, input_map, proto.versions.producer, producer_ops, capture())
    with _BareScopes(graph):
        for node in in_order(nodes, dependents):
            maker.make(node)
        maker.close_loops()
    made = list(maker.made.values())
    _apply_scopes(graph, made)
    _note_versions(graph, proto.versions, was_empty)
    results = None if return_elements is None else [_element(maker, element) for element in return_elements]
    _check_input_map_was_found(maker)
    distrust(graph, made, allowed_io)
    return results


# -------------------------------------------------------------------- arguments


def _as_message(graph_def: Any) -> Any:
    """The GraphDef given, as a message of ours; one made by a real TensorFlow is read from its bytes."""
    if isinstance(graph_def, messages.GraphDef):
        return graph_def
    if getattr(getattr(graph_def, "DESCRIPTOR", None), "full_name", None) == messages.GraphDef.DESCRIPTOR.full_name:
        return messages.GraphDef.FromString(graph_def.SerializeToString())
    raise TypeError(
        f"Argument `graph_def` must be a GraphDef proto.\n  Received {type(graph_def).__name__}. To read one from a file: "
        "graph_def = tf.GraphDef(); graph_def.ParseFromString(open(path, 'rb').read())"
    )


def _checked_input_map(input_map: Any) -> dict[str, Any]:
    if input_map is None:
        return {}
    if not isinstance(input_map, dict):
        raise TypeError(f"Argument `input_map` must be a dictionary. Obtained {type(input_map).__name__}")
    keys = list(input_map)
    if not all(isinstance(key, str | bytes) for key in keys):
        raise TypeError(f"All keys for argument `input_map` must be strings. Obtained keys: {keys}")
    return {key.decode() if isinstance(key, bytes) else key: value for key, value in input_map.items()}


def _checked_return_elements(return_elements: Any) -> list[str] | None:
    if return_elements is None:
        return None
    wanted = list(return_elements)
    if not all(isinstance(item, str | bytes) for item in wanted):
        raise TypeError(f"Argument `return_elements` must be a list of strings. Obtained {wanted}.")
    return [item.decode() if isinstance(item, bytes) else item for item in wanted]


def _input_tensors(graph: Graph, mapped: dict[str, Any], name: str | None) -> dict[Source, Tensor]:
    """The tensors that replace sources of the GraphDef; other values become constants."""
    if not all(isinstance(value, Tensor) for value in mapped.values()):
        if name == "":
            raise ValueError(
                "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor values. Try calling "
                "tf.convert_to_tensor() on `input_map` values before calling tf.import_graph_def()."
            )
        with graph.name_scope("_inputs"):
            mapped = {key: convert_to_tensor(value) for key, value in mapped.items()}
    tensors = {}
    for key, tensor in mapped.items():
        source = read_source(key)
        if source is None:
            raise ValueError(f"Attempted to map inputs that were not found in graph_def: [{key}]")
        if tensor.op.graph is not graph:
            entry = f"{source[0]}:{source[1]}" if source[1] >= 0 else key
            raise ValueError(f"node '{tensor.op.name}' in input_map does not exist in graph (input_map entry: {entry}->{tensor.name})")
        tensors[source] = tensor
    return tensors


# -------------------------------------------------------------------- the graph as a whole


def _check_versions(found: Any) -> None:
    """Raise ValueError unless this library can read a GraphDef of these versions."""
    ours = release()
    if found.producer < 0:
        told = f"GraphDef producer version {found.producer} below min producer 0 supported by TensorFlow {ours.version}."
        raise ValueError(f"{told}  Please regenerate your graph.")
    if found.min_consumer > _NEWEST_CONSUMER:
        told = f"GraphDef min consumer version {found.min_consumer} above current version {ours.producer} for TensorFlow {ours.version}."
        raise ValueError(f"{told}  Please upgrade TensorFlow.")
    if ours.producer in found.bad_consumers:
        told = f"GraphDef disallows consumer version {ours.producer}."
        raise ValueError(f"{told}  Please upgrade TensorFlow: this version is likely buggy.")


def _add_functions(graph: Graph, library: Any, allowed_io: frozenset[str]) -> None:
    allowed = dict(graph.properties.get(IO_OF_FUNCTIONS, {}))
    for definition in library.function:
        name = definition.signature.name
        known = graph._functions.get(name)
        if known is None:
            graph._functions[name] = definition
            allowed[name] = allowed_io
        elif (function_def(known) if isinstance(known, FunctionGraph) else known) != definition:
            raise ValueError(f"Cannot add function '{name}' because a different function with the same name already exists.")
    if allowed:
        graph.properties[IO_OF_FUNCTIONS] = allowed


def _note_versions(graph: Graph, found: Any, was_empty: bool) -> None:
    """Remember which versions the graph has now; what was written by several programs has the oldest producer of them."""
    versions = (found.producer, found.min_consumer, tuple(found.bad_consumers))
    if not was_empty:
        ours = graph.properties.get(VERSIONS, (release().producer, 0, ()))
        bad_consumers = tuple(sorted({*ours[2], *versions[2]}))
        versions = (min(ours[0], versions[0]), max(ours[1], versions[1]), bad_consumers)
    graph.properties[VERSIONS] = versions


class _BareScopes:
    """While nodes are copied, nothing of the scopes around is added to them; that is done when all are there."""

    _FIELDS = ("controls", "devices", "colocation", "control_flow_context", "attrs", "gradient_overrides")

    def __init__(self, graph: Graph) -> None:
        self._scopes = graph._scopes

    def __enter__(self) -> None:
        scopes = self._scopes
        self._outer = [getattr(scopes, field) for field in self._FIELDS]
        scopes.controls, scopes.devices, scopes.colocation = [], [], []
        scopes.control_flow_context, scopes.attrs, scopes.gradient_overrides = None, {}, {}

    def __exit__(self, *error: Any) -> None:
        for field, value in zip(self._FIELDS, self._outer):
            setattr(self._scopes, field, value)


def _apply_scopes(graph: Graph, made: list[Operation]) -> None:
    """Give the new nodes the devices, control dependencies and context in which the import takes place."""
    scopes = graph._scopes
    context = scopes.control_flow_context
    for op in made:
        own, op.device = op.device, ""
        if "_class" not in op.attrs:
            op.device = devices.canonical(own)
            if scopes.devices:
                op.device = scopes.device_for(op)
    for op in made:
        if "_class" in op.attrs:
            op.device = _device_of_group(graph, op.attrs["_class"])
        if scopes.controls:
            for control in scopes.control_inputs_for([tensor.op for tensor in op.inputs]):
                op._add_control_input(control)
    if context is not None:
        _put_into(context, graph, made)


def _put_into(context: Any, graph: Graph, made: list[Operation]) -> None:
    """Put new nodes into the branch or loop in which they are imported; those of their own loops and branches into contexts inside it."""
    own = set(made)
    for op in made:
        op._control_flow_context = context
        for index, tensor in enumerate(op.inputs):
            if tensor.op not in own:
                op._update_input(index, context.AddValue(tensor))
        if not op.inputs and not op.control_inputs:
            op._add_control_input(context.GetControlPivot().op)
    ImportedContexts(graph, made, context).give()
    for op in made:
        if op._control_flow_context is context:
            context.AddOp(op)
        else:
            op._control_flow_context._hide(op)


def _device_of_group(graph: Graph, groups: list[Any]) -> str:
    """The device of the first node that a colocation group names and that has one."""
    for group in groups:
        if isinstance(group, str) and group.startswith(COLOCATION):
            other = graph._by_name.get(group[len(COLOCATION) :])
            if other is not None and other.device:
                return other.device
    return ""


# -------------------------------------------------------------------- results


def _element(maker: NodeMaker, element: str) -> Any:
    """The operation or tensor that an entry of `return_elements` names."""
    name, colon, output = element.partition(":")
    if not colon:
        if name not in maker.made:
            raise ValueError(f"Requested return node '{name}' not found in graph def")
        return maker.made[name]
    if not output.isdigit():
        told = "Second component of the name following the `:` should be an int."
        raise ValueError(f"Cannot convert '{element}' to a tensor name. {told} Got {output}.")
    source = (name, int(output))
    if source in maker.input_map:
        maker.used.add(source)
        return maker.input_map[source]
    if name not in maker.made:
        raise ValueError(f"Requested return tensor '{element}' not found in graph def")
    outputs = maker.made[name].outputs
    if source[1] >= len(outputs):
        raise ValueError(f"Invalid return output {output} of node '{name}', which has {len(outputs)} output(s)")
    return outputs[source[1]]


def _check_input_map_was_found(maker: NodeMaker) -> None:
    """Raise ValueError when `input_map` has a key that stands for nothing in the GraphDef."""
    lost = []
    for source in maker.input_map:
        op = maker.made.get(source[0])
        if source not in maker.used and (op is None or source[1] >= len(op.outputs)):
            lost.append(source_text(source) if source[1] else f"{source[0]}:0")
    if lost:
        told = f"Attempted to map inputs that were not found in graph_def: [{', '.join(lost)}]"
        raise ValueError(f"{told}\n  Its nodes begin with: {', '.join(list(maker.nodes)[:10])}")
