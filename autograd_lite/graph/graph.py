"""`Graph`: the nodes of one program, their names, and the scopes in which they are made."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autograd_lite.core import device as devices, names
from autograd_lite.core.export import export
from autograd_lite.core.facade import method_from
from autograd_lite.core.release import release
from autograd_lite.core.where import Where, capture
from autograd_lite.graph.collections import Collections, GraphKeys
from autograd_lite.graph.lookup_errors import UnknownNameError, other_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.scopes import ControlDependencies, Scopes
from autograd_lite.graph.table import find
from autograd_lite.graph.tensor import Tensor

if TYPE_CHECKING:
    from autograd_lite.graph.opdef import OpDef

_as_graph_def: list[Any] = []  # graph.export_def puts its functions here
_versions: list[Any] = []


@export("Graph")
class Graph(Collections):
    """A set of operations and the tensors that flow between them.

    Everything that is built without naming a graph goes into the default one; `with graph.as_default():` changes it.

    >>> g = Graph()
    >>> with g.as_default():
    ...     c = constant(30.0)
    >>> c.graph is g
    True
    """

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._names_in_use: dict[str, int] = {}
        self._name_journal: list[tuple[str, int | None]] = []
        self._scopes = Scopes()
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()
        self._finalized = False
        self._next_id = 0
        self._random_ops = 0  # release 2.21 derives op seeds from it
        self._functions: dict[str, Any] = {}
        self._container = ""
        self.building_function = False
        self.is_looked_at = False  # its new nodes are there for a moment only (see graph.undo)
        self.seed: int | None = None
        self.version_of_shapes = 0  # grows when nodes or shapes change in place: plans made before are stale
        self.properties: dict[str, Any] = {}  # what floors above remember with a graph (variable stores, layers)

    # ---------------------------------------------------------------- nodes

    @property
    def version(self) -> int:
        """The number of operations made so far; it grows whenever one is added."""
        return self._next_id

    @property
    def _last_id(self) -> int:
        return self._next_id

    @property
    def finalized(self) -> bool:
        """Whether the graph refuses new nodes."""
        return self._finalized

    def switch_to_thread_local(self) -> None:
        """Accepted for TensorFlow's sake: the scopes in force are always those of the thread that opened them."""

    def finalize(self) -> None:
        """Refuse new nodes from now on, which makes sharing between threads safe."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError(
                "Graph is finalized and cannot be modified.\n  A monitored session, Supervisor or your own graph.finalize() closed it: "
                "build every op before that."
            )

    def changed(self) -> None:
        """Note that a node was changed in place, so that plans made before are not used again."""
        self.version_of_shapes += 1

    def get_operations(self) -> list[Operation]:
        """All operations, in the order in which they were made."""
        return list(self._operations)

    def add_node(self, opdef: OpDef, name: str, inputs: tuple[Tensor, ...], attrs: dict[str, Any],
                 colocate_with: list[Operation], where: Where | None = None) -> Operation:  # fmt: skip
        """Make a node whose name is final already; its outputs are added by the caller, who knows types and shapes."""
        scopes = self._scopes
        controls: list[Operation] = []
        if scopes.controls:
            controls = scopes.control_inputs_for([tensor.op for tensor in inputs])
        if scopes.attrs:
            attrs.update((key, value) for key, value in scopes.attrs.items() if key not in attrs and value is not None)
        if scopes.gradient_overrides and opdef.name in scopes.gradient_overrides:
            attrs.setdefault("_gradient_op_type", scopes.gradient_overrides[opdef.name])
        op = Operation(self, opdef, name, inputs, controls, attrs, "", where or capture(), self._next_id)
        if scopes.devices:
            op.device = scopes.device_for(op)
        if scopes.colocation or colocate_with:
            self._colocate(op, scopes.colocation + colocate_with)
        context = scopes.control_flow_context
        with self._lock:
            self._next_id += 1
            self._operations.append(op)
            self._by_name[name] = op
        for tensor in inputs:
            tensor._consumers.append(op)
        for control in controls:
            control._control_outputs.append(op)
        for block in scopes.controls:
            block.members.add(op)
        op._control_flow_context = context  # which takes the node in when it has its outputs
        return op

    @staticmethod
    def _colocate(op: Operation, others: list[Operation]) -> None:
        groups: set[str] = set()  # what colocation says goes before what attribute scopes say
        for other in others:
            groups.update(group.decode() for group in other.colocation_groups())
            if other.device:
                op.device = other.device
        op.attrs["_class"] = sorted(groups)

    def undo(self, operations: int, journal: int, next_id: int, random_ops: int) -> None:
        """Take back what a failed call made: the nodes, names and counters since the given marks."""
        with self._lock:
            for op in self._operations[operations:]:
                del self._by_name[op.name]
                self._unfetchable.discard(op)
                self._unfeedable.difference_update(op.outputs)
                for tensor in op.inputs:
                    tensor._consumers.remove(op)
                for control in op.control_inputs:
                    control._control_outputs.remove(op)
                for block in self._scopes.controls:
                    block.members.discard(op)
            del self._operations[operations:]
            for key, before in reversed(self._name_journal[journal:]):
                if before is None:
                    self._names_in_use.pop(key, None)
                else:
                    self._names_in_use[key] = before
            del self._name_journal[journal:]
            self._next_id = next_id
            self._random_ops = random_ops
            self._forget_contexts()

    def _forget_contexts(self) -> None:
        """Take those branches and loops out of the collections whose nodes were taken back."""
        for key in (GraphKeys.COND_CONTEXT, GraphKeys.WHILE_CONTEXT):
            for context in list(self._collections.get(key, ())):
                if context.pivot is not None and self._by_name.get(context.pivot.op.name) is not context.pivot.op:
                    self.remove_from_collection(key, context)

    def remove_from_collection(self, name: str, value: Any) -> None:
        """Take a value out of a collection; an empty collection does not stay."""
        left = [item for item in self._collections.get(name, ()) if item is not value]
        if left:
            self._collections[name][:] = left
        else:
            self._collections.pop(name, None)

    def create_op(self, op_type: str, inputs: Any, dtypes: Any = None, input_types: Any = None, name: str | None = None,
                  attrs: Any = None, op_def: Any = None, compute_shapes: bool = True,
                  compute_device: bool = True) -> Operation:  # fmt: skip
        """Add a node of any declared type; `attrs` hold Python values or AttrValue messages.

        Raises:
          NotFoundError: when no such op type is declared.
          RuntimeError: when the graph is finalized.
        """
        self._check_not_finalized()
        opdef = find(op_type)
        with self.as_default():
            return opdef.from_tensors(list(inputs), dict(attrs or {}), name or op_type)

    # ---------------------------------------------------------------- names

    def capture(self, tensor: Tensor) -> Tensor:
        """The tensor of this graph that stands for one of a graph around it; only functions have graphs around them."""
        return tensor

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """A name not yet used in this graph: `name` in the current scope, with `_1`, `_2` ... added when it is taken.

        Case does not count: `W` and `w` are the same name.
        """
        scope = self._scopes.name
        if scope:
            name = f"{scope}/{name}"
        key = name.lower()
        in_use = self._names_in_use
        count = in_use.get(key, 0)
        if mark_as_used:
            self._name_journal.append((key, count or None))
            in_use[key] = count + 1
        if count:
            base, number = key, count
            while key in in_use:
                key = f"{base}_{number}"
                number += 1
            if mark_as_used:
                self._name_journal.append((key, None))
                in_use[key] = 1
                self._name_journal.append((base, in_use[base]))
                in_use[base] = max(in_use[base], number)  # so that the next search starts here
            name = f"{name}_{number - 1}"
        if mark_as_used and not self._scopes.depth:
            self._name_journal.clear()
        return name

    def get_name_scope(self) -> str:
        """The name scope now in force, without the final slash."""
        return self._scopes.name

    def name_scope(self, name: str | None) -> Any:
        """A context manager that puts `name/` before the names of the nodes made in it; it gives that prefix.

        A name that ends with `/` enters an existing scope again; None or "" goes back to the root.
        """
        return _NameScope(self, name)

    def enter_scope(self, name: str | None) -> tuple[str, str]:
        """Enter a name scope; returns the scope left and the prefix entered (`"a/b/"`, or "")."""
        scopes = self._scopes
        old = scopes.name
        if not name:
            scopes.name = ""
            return old, ""
        if type(name) is not str:
            raise TypeError(f"name for name_scope must be a string, got {type(name).__name__}.")
        if name[-1] == "/":
            new = name[:-1]
        else:
            names.check_scope_name(name, inside=bool(old))
            new = self.unique_name(name)
        scopes.name = new
        return old, f"{new}/"

    # ---------------------------------------------------------------- scopes

    def as_default(self) -> Any:
        """A context manager that makes this the default graph of the thread."""
        return _DefaultGraph(self)

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[None]:
        """Nodes made in this context run only after `control_inputs`; None leaves every such context.

        Raises:
          TypeError: when an input is neither a tensor nor an operation.
        """
        scopes = self._scopes
        clears = control_inputs is None
        ops: list[Operation] = []
        for item in () if clears else control_inputs:
            if not hasattr(item, "_handle"):  # waiting for a resource variable, or an update of one, does not read it
                item = getattr(item, "_as_graph_element", lambda item=item: item)()
            element = self.as_graph_element(getattr(item, "op", item) if not isinstance(item, str) else item)
            op = element.op if isinstance(element, Tensor) else element
            if op not in ops:
                ops.append(op)
                if release().marks_manual_control:
                    op.attrs["_has_manual_control_dependencies"] = True
        outer, outer_context = scopes.controls, scopes.control_flow_context
        block = ControlDependencies(ops, clears, outer, outer_context)
        if clears:
            scopes.controls, scopes.control_flow_context = [], None
        scopes.controls = [*scopes.controls, block]
        try:
            yield
        finally:
            scopes.controls = outer
            scopes.control_flow_context = outer_context

    @contextlib.contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Nodes made in this context are meant for this device (a name, or a function from Operation to name)."""
        wanted = device_name_or_function
        if wanted is not None and not callable(wanted):
            wanted = devices.canonical(wanted)
        scopes = self._scopes
        outer = scopes.devices
        scopes.devices = [*outer, wanted]
        try:
            yield
        finally:
            scopes.devices = outer

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Nodes made in this context are to be on the device of `op` (None: leave every such context)."""
        scopes = self._scopes
        outer, outer_devices = scopes.colocation, scopes.devices
        if op is None:
            if not ignore_existing:
                raise ValueError("Trying to reset colocation (op is None) but ignore_existing is not True")
            scopes.colocation = []
        else:
            target = op if isinstance(op, Operation) else getattr(op, "op", op)
            if not isinstance(target, Operation):
                target = self.as_graph_element(target)
            scopes.colocation = [target] if ignore_existing else [*outer, target]
        scopes.devices = []
        try:
            yield
        finally:
            scopes.colocation, scopes.devices = outer, outer_devices

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Variables and queues made in this context belong to the named container."""
        outer, self._container = self._container, container_name
        try:
            yield container_name
        finally:
            self._container = outer

    @contextlib.contextmanager
    def _attr_scope(self, attr_map: dict[str, Any]) -> Iterator[None]:
        scopes = self._scopes
        outer = scopes.attrs
        scopes.attrs = {**outer, **attr_map}
        try:
            yield
        finally:
            scopes.attrs = outer

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Nodes made in this context use other gradient functions: a map from op type to the name of a registered one.

        Raises:
          TypeError: when the map is not from str to str.
        """
        if not isinstance(op_type_map, dict):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        for op_type, gradient_name in op_type_map.items():
            if not isinstance(op_type, str) or not isinstance(gradient_name, str):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        scopes = self._scopes
        outer = scopes.gradient_overrides
        scopes.gradient_overrides = {**outer, **op_type_map}
        try:
            yield
        finally:
            scopes.gradient_overrides = outer

    def _get_control_flow_context(self) -> Any:
        return self._scopes.control_flow_context

    def _set_control_flow_context(self, context: Any) -> None:
        self._scopes.control_flow_context = context

    # ---------------------------------------------------------------- finding things

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """The Tensor or Operation of this graph that `obj` (itself, or a name) stands for.

        Raises:
          TypeError: when `obj` can stand for neither.
          ValueError: when it belongs to another graph or the name is not well formed.
          KeyError: when the name is not in the graph.
        """
        if isinstance(obj, Tensor) and allow_tensor or isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise ValueError(
                    f"{'Tensor' if isinstance(obj, Tensor) else 'Operation'} {_described(obj)} is not an element of this graph."
                    + other_graph(obj, self)
                )
            return obj
        if isinstance(obj, Tensor):
            raise TypeError(f"Can not convert a {type(obj).__name__} into a {_types_text(allow_tensor, allow_operation)}.")
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            return self._element_by_name(obj, allow_tensor, allow_operation)
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None:
            return self.as_graph_element(convert(), allow_tensor, allow_operation)
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {_types_text(allow_tensor, allow_operation)}.")

    def _element_by_name(self, name: str, allow_tensor: bool, allow_operation: bool) -> Any:
        if ":" in name and allow_tensor:
            op_name, _, index = name.partition(":")
            if not op_name or not index.isdigit():
                raise ValueError(
                    f"The name '{name}' looks a like a Tensor name, but is not a valid one. Tensor names must be of the form "
                    '"<op_name>:<output_index>".'
                )
            op = self._by_name.get(op_name)
            if op is None:
                raise UnknownNameError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, does not exist in the graph.",
                    op_name,
                    self._by_name,
                )
            if int(index) >= len(op.outputs):
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, exists but only has "
                    f"{len(op.outputs)} outputs."
                )
            return op.outputs[int(index)]
        if ":" in name:
            raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a Operation.")
        if allow_operation:
            if name not in self._by_name:
                raise UnknownNameError(f"The name {name!r} refers to an Operation not in the graph.", name, self._by_name)
            return self._by_name[name]
        if name in self._by_name:
            raise ValueError(
                f'The name {name!r} refers to an Operation, not a Tensor. Tensor names must be of the form "<op_name>:<output_index>".'
            )
        raise ValueError(
            f"The name {name!r} looks like an (invalid) Operation name, not a Tensor. Tensor names must be of the form "
            '"<op_name>:<output_index>".'
        )

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation called `name`."""
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False, allow_operation=True)

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor called `name`, for example `"MatMul:0"`."""
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=True, allow_operation=False)

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Refuse `tensor` as a key of feed_dict."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Tensor) -> bool:
        """Whether `tensor` may be a key of feed_dict."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Operation) -> None:
        """Refuse `op` and its outputs as fetches."""
        self._unfetchable.add(op)

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """Whether a tensor or operation may be fetched."""
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable

    # ---------------------------------------------------------------- export

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """This graph as a GraphDef message (only the nodes made after `from_version`, if given)."""
        return _as_graph_def[0](self, from_version, add_shapes)

    @property
    def graph_def_versions(self) -> Any:
        """The versions of the GraphDef format that this graph is written in, as a VersionDef message."""
        return _versions[0](self)

    def _is_function(self, name: str) -> bool:
        return name in self._functions

    def __enter__(self) -> Graph:
        self._entered = getattr(self, "_entered", [])
        manager = self.as_default()
        self._entered.append(manager)
        return manager.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._entered.pop().__exit__(*error)

    # ---------------------------------------------------------------- what higher floors know about graphs

    render = method_from("teach.render.render:render_graph")
    to_networkx = method_from("teach.networks:graph_to_networkx")
    _repr_mimebundle_ = method_from("teach.notebook:graph_bundle")

    def __repr__(self) -> str:
        return f"<autograd_lite Graph: {len(self._operations)} operations{', finalized' if self._finalized else ''}>"


class _NameScope:
    """The context manager behind `Graph.name_scope`; quicker than a generator, since every op enters one."""

    __slots__ = ("graph", "name", "old")

    def __init__(self, graph: Graph, name: str | None) -> None:
        self.graph = graph
        self.name = name

    def __enter__(self) -> str:
        self.old, scope = self.graph.enter_scope(self.name)
        return scope

    def __exit__(self, *error: Any) -> None:
        self.graph._scopes.name = self.old


def _described(obj: Any) -> str:
    return str(obj) if isinstance(obj, Tensor) else obj.summary()


def _types_text(allow_tensor: bool, allow_operation: bool) -> str:
    return " or ".join(["Tensor"] * allow_tensor + ["Operation"] * allow_operation)


class _GraphStack(threading.local):
    """The default graphs of one thread, innermost last; the base is shared by all threads."""

    def __init__(self) -> None:
        self.graphs: list[Graph] = []


_stack = _GraphStack()
_base: list[Graph] = []
_base_lock = threading.Lock()


class _DefaultGraph:
    __slots__ = ("graph",)

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __enter__(self) -> Graph:
        _stack.graphs.append(self.graph)
        return self.graph

    def __exit__(self, *error: Any) -> None:
        if not _stack.graphs or _stack.graphs[-1] is not self.graph:
            raise AssertionError(f"Nesting violated for default stack of {Graph} objects")
        _stack.graphs.pop()


def get_default_graph() -> Graph:
    """The graph into which nodes are built now: the innermost `as_default()` of this thread, else one that all share."""
    if _stack.graphs:
        return _stack.graphs[-1]
    if not _base:
        with _base_lock:
            if not _base:
                _base.append(Graph())
    return _base[0]


def reset_default_graph() -> None:
    """Start the shared default graph afresh, empty.

    Raises:
      AssertionError: inside a `with graph.as_default()` block.
    """
    if _stack.graphs:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, "
            "exit the nesting and create a new graph."
        )
    with _base_lock:
        _base[:] = [Graph()]
