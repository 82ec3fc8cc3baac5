"""What was computed for a picture: the values of its tensors in one run, and how the thing drawn changes with each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.autodiff.reach import is_trainable
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import variable_behind
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.trust import IO_OPS
from autograd_lite.graph.undo import for_a_moment
from autograd_lite.runtime.feeds import flat_feeds
from autograd_lite.runtime.session import Session, get_default_session
from autograd_lite.teach.render.kinds import VARIABLES
from autograd_lite.teach.render.picture import Numbers
from autograd_lite.teach.render.selection import Selection

_PLACEHOLDERS = ("Placeholder", "PlaceholderV2")
_LISTED = 4  # names in a note
_WITHOUT_VALUES = ("resource", "variant")
_HANDLES = ("resource", "string_ref")  # of variables, queues, readers, tables


def compute(selection: Selection, show: Collection[str], feed_dict: Any = None, session: Any = None) -> Numbers:
    """Run a graph once for what a picture shows of "values" and "gradients"; neither graph nor variables are changed by it.

    What updates variables, takes from queues, touches files or depends on a placeholder that is not fed has no value.

    Raises:
      ValueError: gradients are wanted, but it was not said of what; or the session runs another graph.
      OpError: what `session.run` raises, for example for a variable that is not initialized.
    """
    graph = selection.graph
    if session is not None and session.graph is not graph:
        raise ValueError(f"The session runs {session.graph}, what is drawn is in {graph}.\n  Give the session of that graph: session=...")
    session = session or get_default_session()
    if session is not None and session.graph is graph:
        return _run(selection, show, feed_dict, session)
    with Session(graph=graph) as own_session:
        return _run(selection, show, feed_dict, own_session)


def _run(selection: Selection, show: Collection[str], feed_dict: Any, session: Any) -> Numbers:
    graph = selection.graph
    fed, fed_values = flat_feeds(graph, feed_dict) if feed_dict else ([], [])
    with for_a_moment(graph):
        readable = _computable(selection.operations, frozenset(fed))
        slopes = _slopes(selection, readable) if "gradients" in show else {}
        wanted = {**readable} if "values" in show or any(isinstance(slope, IndexedSlices) for slope in slopes.values()) else {}
        asked = [list(wanted.values()), [_parts(slope) for slope in slopes.values()]]
        values, found = session.run(asked, dict(zip(fed, fed_values))) if wanted or slopes else ([], [])
    arrays = dict(zip(wanted, values))
    gradients_found = {tensor: _dense(parts, arrays.get(tensor)) for tensor, parts in zip(slopes, found)}
    return Numbers(arrays if "values" in show else {}, gradients_found, _unfed(selection.operations, frozenset(fed)))


def _unfed(operations: Iterable[Operation], fed: frozenset[Tensor]) -> list[str]:
    """A note about the placeholders without which something could not be computed."""
    names = [op.name for op in operations if op.type in _PLACEHOLDERS and op.outputs[0] not in fed]
    listed = ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else "")
    return [f"Not computed, because it is not fed: {listed}, and all that depends on it."] if names else []


def _computable(operations: Iterable[Operation], fed: frozenset[Tensor]) -> dict[Tensor, Tensor]:
    """Tensor of a picture -> the tensor to fetch for its value."""
    operations = list(operations)
    blocked = _blocked(operations, fed)
    found: dict[Tensor, Tensor] = {}
    for op in operations:
        if op in blocked:
            continue
        for tensor in op.outputs:
            if op.type in VARIABLES:
                found[tensor] = _reading(tensor)
            elif _has_value(tensor):
                found[tensor] = tensor
    return found


def _has_value(tensor: Tensor) -> bool:
    op = tensor.op
    inside = op._get_control_flow_context() is not None and op.type not in ("Exit", "RefExit", "Merge", "RefMerge")
    return not inside and op.graph.is_fetchable(tensor) and tensor.dtype.base_dtype.name not in _WITHOUT_VALUES and not tensor.dtype.is_ref


def _reading(variable: Tensor) -> Tensor:
    """A tensor with what a variable holds."""
    if variable.dtype.name != "resource":
        return variable
    for user in variable.consumers():
        if user.type == "ReadVariableOp" and _has_value(user.outputs[0]):
            return user.outputs[0]
    return raw.ReadVariableOp(variable, dtype=variable.op.attrs["dtype"])


def _blocked(operations: list[Operation], fed: frozenset[Tensor]) -> set[Operation]:
    """Nodes that must not or cannot run for a picture, and all that depends on them."""
    waiting = [op for op in operations if _changes_something(op) or op.type in _PLACEHOLDERS and op.outputs[0] not in fed]
    blocked: set[Operation] = set()
    while waiting:
        op = waiting.pop()
        if op not in blocked:
            blocked.add(op)
            waiting += [user for tensor in op.outputs if tensor not in fed for user in tensor.consumers()]
            waiting += op.control_outputs
    return blocked


def _changes_something(op: Operation) -> bool:
    """Whether running a node would change more than its outputs: variables, queues, tables, files."""
    if op.opdef.updates or op.type in IO_OPS:
        return True
    if not op.outputs:
        return op.type != "NoOp" and not op.opdef.only_looks  # to wait for others, or to check something, changes nothing
    if op.type.startswith(("TensorArray", "Stack")):
        return False  # these live for one run
    return any(tensor.dtype.name in _HANDLES and variable_behind(tensor) is None for tensor in op.inputs)


def _slopes(selection: Selection, readable: Mapping[Tensor, Tensor]) -> dict[Tensor, Any]:
    """Tensor -> the gradient of the first thing drawn with respect to it, as a tensor or IndexedSlices."""
    target = next((item for item in selection.targets if isinstance(item, Tensor)), None)
    if target is None:
        raise ValueError('show="gradients" needs to know of what: draw a tensor, such as the loss, instead of the whole graph.')
    graph: Graph = selection.graph
    with graph.as_default():
        sources = [tensor for tensor in readable if is_trainable(tensor) and tensor.op.type != "Const"]
        found = gradients(target, sources, name="picture") if sources else []
    return {tensor: slope for tensor, slope in zip(sources, found) if slope is not None and all(map(_has_value, _parts(slope)))}


def _parts(slope: Any) -> list[Tensor]:
    return [slope.values, slope.indices] if isinstance(slope, IndexedSlices) else [slope]


def _dense(parts: list[Any], value: Any) -> Any:
    """A gradient as one array; rows that were gathered are added up where they came from."""
    if len(parts) == 1 or value is None:
        return parts[0]
    whole = np.zeros(np.shape(value), np.asarray(parts[0]).dtype)
    np.add.at(whole, parts[1], parts[0])
    return whole
