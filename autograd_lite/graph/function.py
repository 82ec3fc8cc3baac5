"""Functions of a graph: graphs of their own whose placeholders are the arguments. What a dataset does with each element is one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd_lite.core import dtypes, shapes
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.table import TABLE
from autograd_lite.graph.tensor import Tensor

PLACEHOLDERS = ("Placeholder", "PlaceholderV2", "PlaceholderWithDefault")


class FunctionGraph(Graph):
    """The body of a function. What its nodes use of the graph around it is captured: it becomes a further argument.

    Constants are copied, and so are the nodes that stand for variables, tables, queues and iterators: their copies have the same name, so
    they mean the same object. `captures` lists, in order, which tensor of the graph around each further argument stands for.
    """

    def __init__(self, name: str, outer: Graph) -> None:
        super().__init__()
        self.name = name
        self.outer_graph = outer
        self.seed = outer.seed
        self.building_function = True
        self.arguments: list[Tensor] = []
        self.captures: dict[Tensor, Tensor] = {}
        self.outputs: list[Tensor] = []

    def argument(self, dtype: dtypes.DType, shape: shapes.Shape, name: str) -> Tensor:
        """A new argument, in its place among the others."""
        placeholder = self._placeholder(dtype, shape, name)
        self.arguments.append(placeholder)
        return placeholder

    def _placeholder(self, dtype: dtypes.DType, shape: shapes.Shape, name: str) -> Tensor:
        return self._apart(TABLE["Placeholder"], [], {"dtype": dtype, "shape": shape}, name).outputs[0]

    def _apart(self, opdef: Any, inputs: list[Tensor], attrs: dict[str, Any], name: str, after: Sequence[Operation] = ()) -> Operation:
        """A node outside all scopes that are open in this graph."""
        with self.as_default(), self.control_dependencies(None), self.control_dependencies(after):
            scope, self._scopes.name = self._scopes.name, ""
            try:
                return opdef.from_tensors(inputs, attrs, name)
            finally:
                self._scopes.name = scope

    def capture(self, tensor: Tensor) -> Tensor:
        """The tensor of this graph that stands for `tensor` of a graph around it."""
        if tensor.graph is self:
            return tensor
        found = self.captures.get(tensor)
        if found is not None:
            return found
        op = tensor.op
        if op.type == "Const" or names_an_object(op):
            return self._copied(op).outputs[tensor.value_index]
        if tensor.graph is not self.outer_graph and isinstance(self.outer_graph, FunctionGraph):
            tensor = self.outer_graph.capture(tensor)
        placeholder = self._placeholder(tensor.dtype.base_dtype, tensor.static_shape, op.name.rpartition("/")[2])
        self.captures[tensor] = placeholder
        return placeholder

    def _copied(self, op: Operation, inputs: Sequence[Tensor] = (), after: Sequence[Operation] = ()) -> Operation:
        """A copy of a node of another graph; made once."""
        copies = self.properties.setdefault("copies", {})
        if op not in copies:
            attrs = dict(op.attrs)
            attrs.pop("_class", None)
            if "shared_name" in attrs and names_an_object(op):
                attrs["shared_name"] = attrs["shared_name"] or op.name
            copies[op] = self._apart(op.opdef, list(inputs), attrs, op.name, after)
        return copies[op]

    def copy_in(self, tensor: Tensor) -> Tensor:
        """Copy what `tensor` is computed from into this graph, so that nothing of the graph around need be captured.

        Raises:
          ValueError: when a placeholder, a variable or another thing that has a state of its own is among it.
        """
        copies: dict[Operation, Operation] = {}
        stack = [tensor.op]
        while stack:
            op = stack[-1]
            sources = [*(source.op for source in op.inputs), *op.control_inputs]
            waiting = [source for source in sources if source not in copies]
            if op in copies or waiting:
                stack.extend(waiting) if op not in copies else stack.pop()
                continue
            stack.pop()
            if op.type in PLACEHOLDERS:
                raise ValueError(f"Cannot capture a placeholder (name:{op.name}, type:{op.type}) by value.")
            makes_dataset = [output.dtype for output in op.outputs] == [dtypes.variant]
            has_state = op.opdef.has_effects and not op.opdef.only_looks
            if any(output.dtype.is_ref for output in op.outputs) or has_state and not makes_dataset:
                raise ValueError(f"Cannot capture a stateful node (name:{op.name}, type:{op.type}) by value.")
            inputs = [copies[source.op].outputs[source.value_index] for source in op.inputs]
            copies[op] = self._copied(op, inputs, [copies[control] for control in op.control_inputs])
        return copies[tensor.op].outputs[tensor.value_index]

    def copy_body(self, function: FunctionGraph, given: Sequence[Tensor]) -> list[Tensor]:
        """Build what another function builds, of other arguments (those that it captures last); returns what it gives."""
        stands_for = dict(zip([*function.arguments, *function.captures.values()], given))
        copies: dict[Operation, Operation] = {}
        arguments = {tensor.op for tensor in stands_for}
        for op in function.get_operations():
            if op in arguments:
                continue
            attrs = {key: value for key, value in op.attrs.items() if key != "_class"}
            after = [copies[control] for control in op.control_inputs if control in copies]
            copies[op] = self._apart(op.opdef, [stands_for[tensor] for tensor in op.inputs], attrs, op.name, after)
            stands_for.update(zip(op.outputs, copies[op].outputs))
        self._functions.update(function._functions)
        return [stands_for[tensor] for tensor in function.outputs]

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[None]:
        """As in any graph; operations of the graph around run before the function does, so they are left out."""
        mine = control_inputs
        if control_inputs is not None:
            mine = [item for item in control_inputs if getattr(item, "graph", self) is self]
        with super().control_dependencies(mine):
            yield

    def __repr__(self) -> str:
        return f"<FunctionGraph {self.name}: {len(self.arguments)} arguments, {len(self.captures)} captured, {len(self.outputs)} results>"


def names_an_object(op: Operation) -> bool:
    """Whether a node only names an object that lives in the session: nothing goes in, and the handle comes out."""
    return not op.inputs and len(op.outputs) == 1 and op.outputs[0].dtype is dtypes.resource and op.type not in PLACEHOLDERS


def unused_function_name(graph: Graph, base: str) -> str:
    """A name that no function has in the libraries of a graph and of the graphs around it."""
    while isinstance(graph, FunctionGraph):
        graph = graph.outer_graph
    number = len(graph._functions)
    while f"{base}_{number}" in graph._functions:
        number += 1
    return f"{base}_{number}"


def add_function(graph: Graph, function: FunctionGraph) -> None:
    """Put a function into the library of a graph, under its name; functions of functions go to the outermost graph as well."""
    while True:
        graph._functions[function.name] = function
        if not isinstance(graph, FunctionGraph):
            return
        graph = graph.outer_graph


class CallsFunctions:
    """As `state=` of an op: the kernel's `state` is a dict of these attributes, with something to call for each function they name.

    made_into: makes the state of that dict, where it is to be more.
    """

    def __init__(self, *attributes: str, made_into: Callable[[dict[str, Any]], Any] | None = None) -> None:
        self.attributes = attributes
        self.made_into = made_into

    def __call__(self, attrs: dict[str, Any]) -> Any:
        raise TypeError("A session makes the functions of a node, for it knows its graph")
