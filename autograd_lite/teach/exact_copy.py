"""A copy of a part of a graph in which floating numbers are float64, in a session of its own: differences in float32 are mostly noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.backends.registry import use_backend
from autograd_lite.compiler.passes.prune import is_variable, needed_operations, variable_of
from autograd_lite.compiler.program import flat_arguments
from autograd_lite.core import dtypes
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.import_def import import_graph_def
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.resources import Cell
from autograd_lite.runtime.session import Session
from autograd_lite.runtime.trial import Trial
from autograd_lite.teach.asked import is_drawn, is_outside_control_flow
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import array_to_proto, proto_to_array

_SMALLER = frozenset([dtypes.float16.as_datatype_enum, dtypes.float32.as_datatype_enum, dtypes.bfloat16.as_datatype_enum])
_PASSES_ON = frozenset(["Identity", "Enter", "Exit", "Merge", "Switch", "NextIteration", "AddN", "ZerosLike"])
_DOUBLE = dtypes.float64.as_datatype_enum


class ExactCopy:
    """What a session computes, again and again at other points, in float64 where every op of the part can do that.

    Random numbers and what comes out of queues and iterators is drawn once and then held still.

    Attributes: `is_exact` (whether it computes in float64), `why_not` (the reason when it does not), `held` (the names of the nodes whose
    values are held still).
    """

    def __init__(self, trial: Trial, tensors: Sequence[Tensor], feed_dict: Any) -> None:
        self._trial = trial
        _, fed, _ = trial.question([], feed_dict)
        needed = needed_operations(list(tensors), list(fed))
        held = [tensor for op in needed if is_drawn(op) for tensor in op.outputs if tensor not in fed and _can_be_fed(tensor)]
        self.held = list(dict.fromkeys(tensor.op.name for tensor in held))
        fed.update(zip(held, trial.values(held, fed)) if held else ())
        self._fed = {tensor.name: value for tensor, value in fed.items()}
        self._places = list(fed)
        needed = needed_operations(list(tensors), self._places)
        message = _part(trial.graph, needed)
        self.is_exact, self.why_not = True, ""
        try:
            self._session = self._made(_in_float64(message, _always_float32(needed)), True)
            self.run(tensors)
        except Exception as error:  # an op of the part has no float64 version, or says so only when it runs
            self.is_exact, self.why_not = False, str(error).partition("\n")[0]
            self._session = self._made(message, False)

    def _made(self, message: Any, exact: bool) -> Session:
        graph = Graph()
        with graph.as_default(), use_backend("numpy"):
            kinds = [dtypes.float64 if exact and _is_small(t.dtype.base_dtype) else t.dtype.base_dtype for t in self._places]
            name = _free_name(message, "fed")
            self._holders = {t.name: raw.Placeholder(dtype=kind, shape=t.static_shape, name=name) for t, kind in zip(self._places, kinds)}
            import_graph_def(message, self._holders, name="", allow_io=True)  # the session has run these very nodes
            session = Session(graph=graph)
        to_host = self._trial.store.backend.to_host
        for op in graph.get_operations():
            if is_variable(op):  # by name: the placeholders come first and take no variable's name
                value = self._trial.store.cell(self._trial.graph.get_operation_by_name(op.name)).value
                if value is not None:
                    value = np.array(to_host(value))
                    session._store.cell(op).value = value.astype(np.float64) if exact and _is_small_float(value.dtype) else value
        return session

    def _feeds(self, moved: dict[str, Any]) -> dict[str, Any]:
        feeds = {self._holders.get(name, name): value for name, value in {**self._fed, **moved}.items()}
        return {place: _wider(value) for place, value in feeds.items()} if self.is_exact else feeds

    def cell(self, x: Tensor) -> Cell | None:
        """The cell of the variable behind `x`; None when `x` is no variable, or is not in this part."""
        variable = variable_of(x)
        if variable is None or variable.name not in self._session.graph._by_name:
            return None
        return self._session._store.cell(self._session.graph._by_name[variable.name])

    def has(self, x: Tensor) -> bool:
        """Whether `x` is in this part of the graph at all."""
        return x.name in self._holders or x.op.name in self._session.graph._by_name

    def run(self, tensors: Iterable[Tensor], moved: dict[str, Any] | None = None) -> list[Any]:
        """The values of tensors of the original graph; `moved` are fed on top, by name."""
        return self._session.run([self._holders.get(tensor.name, tensor.name) for tensor in tensors], self._feeds(moved or {}))

    def fed_value(self, x: Tensor) -> np.ndarray:
        """The value at which `x`, which is no variable, stands."""
        if x.name in self._fed:
            return np.array(_wider(self._fed[x.name]) if self.is_exact else self._fed[x.name])
        return np.array(self.run([x])[0])

    def close(self) -> None:
        """Free the copy."""
        self._session.close()


def _part(graph: Graph, operations: Iterable[Operation]) -> Any:
    """The GraphDef of some operations; which nodes were to stand together is forgotten, since some are not there."""
    names = {op.name for op in operations}
    whole = graph.as_graph_def()
    part = messages.GraphDef()
    part.versions.CopyFrom(whole.versions)
    part.library.CopyFrom(whole.library)
    part.node.extend(node for node in whole.node if node.name in names)
    for node in part.node:
        node.attr.pop("_class", None)
    return part


def _free_name(message: Any, name: str) -> str:
    """A name with which no name in a GraphDef begins."""
    taken = {node.name.lower() for node in message.node}
    while any(other.startswith(name) for other in taken):
        name += "_"
    return name


def _can_be_fed(tensor: Tensor) -> bool:
    has_value = tensor.dtype.kind not in "rv" and not tensor.dtype.is_ref
    return has_value and is_outside_control_flow(tensor) and tensor.graph.is_feedable(tensor)


def _is_small(dtype: dtypes.DType) -> bool:
    return dtype.as_datatype_enum in _SMALLER


def _is_small_float(dtype: Any) -> bool:
    return np.dtype(dtype).name in ("float16", "float32", "bfloat16")


def _wider(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(np.float64) if _is_small_float(array.dtype) else value


def _always_float32(operations: Iterable[Operation]) -> set[str]:
    """The names of nodes that pass on what is float32 by declaration: the flow that orders the operations on a TensorArray."""
    fixed: set[Tensor] = set()
    names: set[str] = set()
    operations = list(operations)
    size = -1
    while size < len(fixed):  # what a loop passes round needs another look
        size = len(fixed)
        for op in operations:
            if op.type in _PASSES_ON and op.inputs and op.inputs[0] in fixed:
                names.add(op.name)
                fixed.update(output for output in op.outputs if output.dtype is dtypes.float32)
            for argument, output in zip(flat_arguments(op.opdef.outputs, op.attrs), op.outputs):
                if argument.dtype is dtypes.float32:
                    fixed.add(output)
    return names


def _in_float64(message: Any, kept: set[str]) -> Any:
    """A GraphDef in which all smaller floating types are float64, constants included; the nodes named in `kept` stay as they are."""
    copy = type(message)()
    copy.CopyFrom(message)
    nodes = [*copy.node, *(node for function in copy.library.function for node in function.node_def)]
    for node in nodes:
        if node.name not in kept:
            for value in node.attr.values():
                _widen(value)
    for function in copy.library.function:
        for argument in (*function.signature.input_arg, *function.signature.output_arg):
            if argument.type in _SMALLER:
                argument.type = _DOUBLE
    return copy


def _widen(value: Any) -> None:
    if value.WhichOneof("value") == "type" and value.type in _SMALLER:
        value.type = _DOUBLE
    elif value.WhichOneof("value") == "tensor" and value.tensor.dtype in _SMALLER:
        value.tensor.CopyFrom(array_to_proto(proto_to_array(value.tensor).astype(np.float64)))
    elif value.WhichOneof("value") == "list" and any(kind in _SMALLER for kind in value.list.type):
        value.list.type[:] = [_DOUBLE if kind in _SMALLER else kind for kind in value.list.type]
