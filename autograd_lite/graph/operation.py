"""`Operation`: a node of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd_lite.core import attrs as attributes, dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.core.facade import method_from
from autograd_lite.core.where import Where
from autograd_lite.graph.tensor import Tensor

if TYPE_CHECKING:
    from autograd_lite.graph.graph import Graph
    from autograd_lite.graph.opdef import OpDef

# floors above put their functions here
_run: list[Callable[..., Any]] = []  # runtime.session
_node_def: list[Callable[..., Any]] = []  # graph.export_def
_op_def: list[Callable[..., Any]] = []


@export("Operation")
class Operation:
    """A node: an op type, its attributes, the tensors it takes and the tensors it makes."""

    __slots__ = (
        "__weakref__", "_control_flow_context", "_control_outputs", "_original_op", "attrs", "control_inputs", "device", "graph", "id",
        "inputs", "name", "opdef", "outputs", "type", "where",
    )  # fmt: skip

    def __init__(self, graph: Graph, opdef: OpDef, name: str, inputs: tuple[Tensor, ...], control_inputs: list[Operation],
                 attrs: dict[str, Any], device: str, where: Where, number: int) -> None:  # fmt: skip
        self.graph = graph
        self.opdef = opdef
        self.type = opdef.name
        self.name = name
        self.inputs = inputs
        self.control_inputs = control_inputs
        self.attrs = attrs
        self.device = device
        self.where = where
        self.id = number
        self.outputs: list[Tensor] = []
        self._control_flow_context: Any = None
        self._control_outputs: list[Operation] = []
        self._original_op: Operation | None = None

    @property
    def _id(self) -> int:
        return self.id

    @property
    def control_outputs(self) -> list[Operation]:
        """The operations that wait for this one without taking its outputs."""
        return list(self._control_outputs)

    @property
    def node_def(self) -> Any:
        """This node as a NodeDef message."""
        return _node_def[0](self)

    @property
    def op_def(self) -> Any:
        """The declaration of this node's op type as an OpDef message."""
        return _op_def[0](self.opdef)

    @property
    def traceback(self) -> list[tuple[str, int, str, str]]:
        """The user's line that made this node, in the form of `traceback.extract_stack`."""
        return [(self.where.filename, self.where.line, self.where.function, "")]

    @property
    def _input_types(self) -> list[dtypes.DType]:
        return [tensor.dtype.base_dtype for tensor in self.inputs]

    @property
    def _output_types(self) -> list[int]:
        return [tensor.dtype.as_datatype_enum for tensor in self.outputs]

    def values(self) -> tuple[Tensor, ...]:
        """The outputs as a tuple."""
        return tuple(self.outputs)

    def get_attr(self, name: str) -> Any:
        """The value of an attribute; strings as bytes.

        Raises:
          ValueError: when the node has no such attribute.
        """
        if name not in self.attrs:
            raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.\n  It has: {', '.join(sorted(self.attrs))}")
        value = self.attrs[name]
        if isinstance(value, list):
            return [item.encode() if isinstance(item, str) else item for item in value]
        return value.encode() if isinstance(value, str) else value

    def _get_attr_type(self, name: str) -> dtypes.DType:
        return self.attrs[name]

    def _set_attr(self, name: str, value: Any) -> None:
        """Set an attribute to a value in stored form (an AttrValue message is taken apart by graph.import_def)."""
        self.attrs[name] = value
        self.graph.changed()

    def colocation_groups(self) -> list[bytes]:
        """The groups of nodes that must be on one device with this one."""
        groups = [name.encode() for name in self.attrs.get("_class", ()) if name.startswith("loc:@")]
        return groups or [f"loc:@{self.name}".encode()]

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run this operation in a session (the default one unless given).

        Raises:
          ValueError: when there is no default session, or it belongs to another graph.
        """
        _run[0](self, feed_dict, session)

    def _set_device(self, device: str) -> None:
        self.device = device
        self.graph.changed()

    def _add_control_inputs(self, ops: Any) -> None:
        for op in ops:
            self._add_control_input(op)

    def _add_control_input(self, op: Operation) -> None:
        if op not in self.control_inputs:
            self.control_inputs.append(op)
            op._control_outputs.append(self)
            self.graph.changed()

    def _remove_all_control_inputs(self) -> None:
        for op in self.control_inputs:
            op._control_outputs.remove(self)
        self.control_inputs = []
        self.graph.changed()

    def _update_input(self, index: int, tensor: Tensor) -> None:
        """Replace one input; used to close loops and to rewire imported graphs."""
        if tensor.graph is not self.graph:
            raise ValueError(f"{tensor} must be from the same graph as {self.name}")
        old = self.inputs[index]
        self.inputs = (*self.inputs[:index], tensor, *self.inputs[index + 1 :])
        if self in old._consumers:
            old._consumers.remove(self)
        tensor._consumers.append(self)
        self.graph.changed()

    def _get_control_flow_context(self) -> Any:
        return self._control_flow_context

    def _set_control_flow_context(self, context: Any) -> None:
        self._control_flow_context = context

    def summary(self) -> str:
        """One line: `{{node MatMul}} = MatMul[T=DT_FLOAT, transpose_a=false](x, w/read)`."""
        return summary(self.name, self.type, self.attrs, [tensor._as_node_def_input() for tensor in self.inputs])

    _repr_html_ = method_from("teach.notebook:operation_html")

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"

    def __str__(self) -> str:
        return str(self.node_def)

    def __copy__(self) -> Operation:
        return self

    def __deepcopy__(self, memo: Any) -> Operation:
        raise TypeError(
            f"An operation cannot be copied: {self!r} is a node of a graph. Copy the graph through as_graph_def and import_graph_def."
        )


def summary(name: str, op_type: str, attrs: dict[str, Any], inputs: list[str]) -> str:
    """A node in one line, as error messages quote it."""
    shown = ", ".join(f"{key}={attributes.text(attrs[key])}" for key in sorted(attrs) if not key.startswith("_"))
    return f"{{{{node {name}}}}} = {op_type}{f'[{shown}]' if shown else ''}({', '.join(inputs)})"


def shapes_text(inputs: list[shapes.Shape]) -> str:
    """The shapes of inputs as error messages list them: `[2,3], [4]`."""
    return ", ".join("?" if shape is None else shapes.text(shape) for shape in inputs)
