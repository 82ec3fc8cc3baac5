"""Making one node of a graph out of a NodeDef, with every claim of the NodeDef checked first."""

from __future__ import annotations

import re
from typing import Any

from autograd_lite.core import dtypes, errors, shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.release import release
from autograd_lite.core.where import Where
from autograd_lite.graph.attr_values import check_allowed, stored_value
from autograd_lite.graph.build import add_outputs
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.import_order import BACK_EDGES, MERGES, Source, SourceNode
from autograd_lite.graph.op_description import op_text
from autograd_lite.graph.opdef import OpDef
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.signature import Argument
from autograd_lite.graph.static_value import TensorInference
from autograd_lite.graph.table import TABLE, find
from autograd_lite.graph.tensor import Tensor

MAX_OUTPUTS = 1_000_000  # of one node
COLOCATION = "loc:@"
_LAST_PRODUCER_WITHOUT_SCALAR_PLACEHOLDERS = 21  # until then an empty shape meant an unknown one


class NodeMaker:
    """Makes the nodes of one GraphDef in a graph.

    Args:
      nodes: all nodes of the GraphDef, by name.
      prefix: what goes before their names.
      input_map: tensors that replace sources.
      producer: the GraphDef's version number.
      producer_ops: the ops of the program that wrote it (OpDef messages by name), as far as they are known.
      where: the user's line that the nodes come from.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: dict[str, SourceNode],
        prefix: str,
        input_map: dict[Source, Tensor],
        producer: int,
        producer_ops: dict[str, Any],
        where: Where,
    ) -> None:
        self.graph = graph
        self.nodes = nodes
        self.prefix = prefix
        self.input_map = input_map
        self.producer = producer
        self.producer_ops = producer_ops
        self.where = where
        self.made: dict[str, Operation] = {}  # by the name in the GraphDef
        self.used: set[Source] = set()  # of input_map
        self._back_edges: list[tuple[Operation, int, Source]] = []
        self._operations_before = len(graph._operations)
        self._scopes_before: set[str] | None = None

    def make(self, node: SourceNode) -> None:
        """Make one node; those that it takes from are there, but for inputs that come round a loop.

        Raises:
          NotFoundError: when its op type is not known.
          ValueError, InvalidArgumentError: when it is not a valid node.
        """
        proto = node.proto
        opdef = TABLE.get(proto.op) or self._unknown_op(proto)
        self._check_colocation(proto)
        name = self._unique_name(self.prefix + node.name)
        attrs = self._attrs(opdef, proto, name)
        output_shapes = attrs.pop("_output_shapes", None)
        if opdef.name == "Const":
            _check_constant(proto, attrs)
        inputs, missing = self._inputs(opdef, node, attrs, name)
        found = [None, ()] if missing else self._shapes(opdef, name, attrs, inputs)
        op = self.graph.add_node(opdef, name, tuple(inputs), attrs, [], self.where)
        op.device = proto.device
        add_outputs(opdef, op, found)
        if output_shapes:
            _apply_output_shapes(op, output_shapes)
        self._back_edges += [(op, index, source) for index, source in missing]
        for source in node.controls:
            op._add_control_input(self._control(source))
        self.made[node.name] = op

    def close_loops(self) -> None:
        """Give the Merge nodes of loops the inputs that were not there when they were made."""
        for op, index, source in self._back_edges:
            tensor = self._tensor(op.name, source)
            if tensor is None or tensor.op.type not in BACK_EDGES:
                raise ValueError(f"Node '{op.name}': only a NextIteration node can come round a loop, not '{source[0]}'")
            _check_input(op.name, index, tensor, op.inputs[index].dtype)
            op._update_input(index, tensor)

    def _unknown_op(self, proto: Any) -> OpDef:
        if proto.op not in self.graph._functions:
            return find(proto.op)
        raise errors.NotFoundError(
            None,
            None,
            f"Op type not registered '{proto.op}': it is a function of the graph's library, and node '{proto.name}' calls it.\n"
            "  Graphs whose nodes call functions directly are not read.",
        )

    # ---------------------------------------------------------------- names

    def _unique_name(self, name: str) -> str:
        """`name`, or the first of `name_1`, `name_2` ... that neither the graph nor the GraphDef uses."""
        graph = self.graph
        if self._is_taken(name):
            number = 1
            while self._is_taken(f"{name}_{number}") or f"{name}_{number}"[len(self.prefix) :] in self.nodes:
                number += 1
            name = f"{name}_{number}"
        key = name.lower()
        if key not in graph._names_in_use:
            graph._name_journal.append((key, None))
            graph._names_in_use[key] = 1
        return name

    def _is_taken(self, name: str) -> bool:
        """Whether a node or a scope of nodes has this name already; here case counts."""
        if name in self.graph._by_name:
            return True
        if self._scopes_before is None:
            before = self.graph._operations[: self._operations_before]
            self._scopes_before = {op.name[: slash.start()] for op in before for slash in re.finditer("/", op.name)}
        return name in self._scopes_before

    # ---------------------------------------------------------------- attributes

    def _attrs(self, opdef: OpDef, proto: Any, name: str) -> dict[str, Any]:
        """The attributes in stored form; defaults are filled in."""
        attrs: dict[str, Any] = {}
        declared = opdef.attrs
        dropped = self._defaults_of_unknown(opdef, proto)
        given = proto.attr
        for key in sorted(given):
            if key in dropped:
                continue
            try:
                attrs[key] = stored_value(given[key], declared.get(key))
            except (ValueError, TypeError) as error:
                raise ValueError(f"{error}\n\t for attr '{key}'\n\t; NodeDef: {{{{node {name}}}}}; {op_text(opdef)}") from None
            if key in declared:
                self._check_allowed(opdef, key, attrs[key], name)
        if "_class" in attrs:
            attrs["_class"] = [self._renamed_group(group) for group in attrs["_class"]]
        missing = [key for key, attribute in declared.items() if key not in attrs and not attribute.has_default]
        if missing:
            shown = ", ".join(f"'{key}'" for key in reversed(missing))
            plural = "s" if len(missing) > 1 else ""
            raise ValueError(f"NodeDef missing attr{plural} {shown} from {op_text(opdef)}; NodeDef: {{{{node {name}}}}}")
        for key, attribute in declared.items():
            attrs.setdefault(key, attribute.default)
        for key, (_, default) in opdef.release_attrs.get(release().name, {}).items():
            attrs.setdefault(key, default)
        return attrs

    @staticmethod
    def _check_allowed(opdef: OpDef, key: str, value: Any, name: str) -> None:
        try:
            check_allowed(opdef.attrs[key], value)
        except ValueError as error:
            raise ValueError(f"{error}\n\t; NodeDef: {{{{node {name}}}}}; {op_text(opdef)}") from None

    def _defaults_of_unknown(self, opdef: OpDef, proto: Any) -> set[str]:
        """Attributes that only the producer's op has, and that hold the default there."""
        producer = self.producer_ops.get(proto.op)
        if producer is None:
            return set()
        defaults = {attr.name: attr.default_value for attr in producer.attr if attr.HasField("default_value")}
        return {key for key in proto.attr if key not in opdef.attrs and key in defaults and proto.attr[key] == defaults[key]}

    def _check_colocation(self, proto: Any) -> None:
        """Raise ValueError unless the attribute `_class` is a list of text, and names only nodes of the GraphDef."""
        if "_class" not in proto.attr:
            return
        value = proto.attr["_class"]
        for group in value.list.s:
            target = group.decode("utf-8", "replace")
            if target.startswith(COLOCATION) and target[len(COLOCATION) :] not in self.nodes:
                raise ValueError(f"Node '{proto.name}' expects to be colocated with unknown node '{target[len(COLOCATION) :]}'")
        if value.WhichOneof("value") != "list" or len(value.list.ListFields()) > 1 or value.list.ListFields() and not value.list.s:
            raise ValueError(f"Node '{proto.name}': the attribute _class must be a list of strings")

    def _renamed_group(self, group: Any) -> Any:
        if not isinstance(group, str) or not group.startswith(COLOCATION):
            return group
        target = group[len(COLOCATION) :]
        made = self.made.get(target)
        return COLOCATION + (self.prefix + target if made is None else made.name)

    # ---------------------------------------------------------------- inputs

    def _inputs(self, opdef: OpDef, node: SourceNode, attrs: dict[str, Any], name: str) -> tuple[list[Tensor], list[tuple[int, Source]]]:
        """The input tensors, and position and source of those that come round a loop and are not made yet."""
        expected = _expected_types(opdef, attrs, len(node.inputs), name)
        tensors: list[Tensor] = []
        missing: list[tuple[int, Source]] = []
        for index, source in enumerate(node.inputs):
            tensor = self._tensor(node.name, source)
            if tensor is None:
                missing.append((index, source))
            else:
                _check_input(name, index, tensor, expected[index])
                tensors.append(tensor)
        if missing and (node.proto.op not in MERGES or not tensors):
            raise ValueError(f"Node '{name}' had a back edge, but only Merge nodes can have back edges.")
        for index, _ in missing:
            tensors.insert(index, tensors[0])  # takes the place until the loop is closed
        return tensors, missing

    def _tensor(self, name: str, source: Source) -> Tensor | None:
        """The tensor that node `name` takes from `source`, or None when it is not made yet."""
        replaced = self.input_map.get(source)
        if replaced is not None:
            self.used.add(source)
            return replaced
        op = self.made.get(source[0])
        if op is None:
            return None
        if source[1] >= len(op.outputs):
            raise ValueError(
                f"Node '{name}': Connecting to invalid output {source[1]} of source node {source[0]} which has {len(op.outputs)} outputs."
            )
        return op.outputs[source[1]]

    def _control(self, source: Source) -> Operation:
        replaced = self.input_map.get(source)
        if replaced is None:
            return self.made[source[0]]
        self.used.add(source)
        return replaced.op

    def _shapes(self, opdef: OpDef, name: str, attrs: dict[str, Any], inputs: list[Tensor]) -> Any:
        if opdef.shape is None:
            return None
        try:
            found = opdef.shape(TensorInference(opdef, name, attrs, inputs))
        except (ValueError, errors.OpError):
            raise
        except Exception as error:  # attributes that no function of ours would give: lists too short, and the like
            told = f"{type(error).__name__}: {error}"
            raise ValueError(f"The static shape of node '{name}' (op {opdef.name}) cannot be inferred: {told}") from error
        if opdef.name == "Placeholder" and found == () and self.producer <= _LAST_PRODUCER_WITHOUT_SCALAR_PLACEHOLDERS:
            return None
        return found


def _check_constant(proto: Any, attrs: dict[str, Any]) -> None:
    declared, held = attrs["dtype"], dtypes.as_dtype(proto.attr["value"].tensor.dtype)
    if held is not declared:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Type mismatch between value ({held.cpp_name}) and dtype ({declared.cpp_name})\n  In node '{proto.name}' of the GraphDef.",
        )


def _types_of(argument: Argument, attrs: dict[str, Any]) -> list[DType]:
    if argument.type_list is not None:
        return list(attrs[argument.type_list])
    dtype = argument.dtype or attrs[argument.type_attr]
    return [dtype._as_ref if argument.is_ref else dtype] * (1 if argument.number is None else attrs[argument.number])


def _expected_types(opdef: OpDef, attrs: dict[str, Any], given: int, name: str) -> list[DType]:
    """The element types that a node's inputs must have.

    Raises:
      ValueError: when their number is not the number of inputs given, or there would be absurdly many outputs.
    """
    outputs = sum([attrs[argument.number] for argument in opdef.outputs if argument.number is not None])
    if outputs > MAX_OUTPUTS:
        raise ValueError(f"Number of outputs is too big: {outputs}\n  Node '{name}' (op {opdef.name}); at most {MAX_OUTPUTS} are allowed.")
    longest = max([attrs[argument.number] for argument in opdef.inputs if argument.number is not None], default=0)
    if longest > given + 100:  # do not make so long a list to say that it is too long
        shown = f"{longest} tensors"
    else:
        expected = [dtype for argument in opdef.inputs for dtype in _types_of(argument, attrs)]
        if len(expected) == given:
            return expected
        shown = ", ".join(dtype.cpp_name for dtype in expected)
    raise ValueError(
        f"NodeDef expected inputs '{shown}' do not match {given} inputs specified; {op_text(opdef)}; NodeDef: {{{{node {name}}}}}"
    )


def _check_input(name: str, index: int, tensor: Tensor, expected: DType) -> None:
    found = tensor._dtype
    if found is expected or not expected.is_ref and found._base is expected._base:
        return
    raise ValueError(
        f"Input {index} of node {name} was passed {found.cpp_name} from {tensor.name} incompatible with expected {expected.cpp_name}."
    )


def _apply_output_shapes(op: Operation, output_shapes: Any) -> None:
    """Add what the attribute `_output_shapes` knows to the static shapes of a node's outputs."""
    if not isinstance(output_shapes, list):
        return
    for index, (tensor, shape) in enumerate(zip(op.outputs, output_shapes)):
        if not (shape is None or isinstance(shape, tuple)):
            continue
        try:
            tensor.static_shape = shapes.merge(tensor.static_shape, shape)
        except ValueError as error:
            told = f"Node '{op.name}' has an _output_shapes attribute inconsistent with the GraphDef for output #{index}: {error}"
            raise ValueError(told) from None
