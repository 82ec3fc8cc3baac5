"""The start value of a variable, and the checks that both kinds of variables make before they add nodes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from autograd_lite.api.cond import cond
from autograd_lite.api.raw import raw
from autograd_lite.core import shapes
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.variable import VariableSynchronization


def trainable_by_default(trainable: bool | None, synchronization: VariableSynchronization) -> bool:
    """Whether a variable is trainable when the program said `trainable`, which may be None.

    Raises:
      ValueError: a variable that is only combined when read cannot be trainable.
    """
    if synchronization is VariableSynchronization.ON_READ:
        if trainable:
            raise ValueError(
                "Synchronization value can be set to VariableSynchronization.ON_READ only for non-trainable variables. "
                "You have specified trainable=True and synchronization=VariableSynchronization.ON_READ."
            )
        return False
    return True if trainable is None else trainable


def check_arguments(initial_value: Any, collections: Any, constraint: Any, trainable: bool) -> list[Any]:
    """Check what can be checked before any node is made; returns the names of the collections that will list the variable."""
    if initial_value is None:
        raise ValueError("initial_value must be specified.\n  For example tf.Variable(0.0), or tf.Variable(tf.zeros([784, 10])).")
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]
    if not isinstance(collections, list | tuple | set):
        raise ValueError(
            f"collections argument to Variable constructor must be a list, tuple, or set. Got {collections} of type {type(collections)}"
        )
    if constraint is not None and not callable(constraint):
        raise ValueError(f"The `constraint` argument must be a callable.\n  Received: constraint={constraint!r}")
    names = sorted(collections, key=str) if isinstance(collections, set) else list(collections)
    if trainable and GraphKeys.TRAINABLE_VARIABLES not in names:
        names.append(GraphKeys.TRAINABLE_VARIABLES)
    return names


@contextlib.contextmanager
def class_of(graph: Graph, scope: str | None) -> Iterator[None]:
    """Nodes made in this context are marked as belonging to the variable whose scope is `scope` (None: no mark)."""
    if scope is None:
        yield
        return
    with graph._attr_scope({"_class": [f"loc:@{scope.rstrip('/')}"]}):
        yield


def start_tensor(graph: Graph, initial_value: Any, dtype: Any, owner: str | None) -> Tensor:
    """The start value as a tensor, made by calling `initial_value` if it is a function.

    `owner` is the scope of the variable to which the nodes made here belong and get the scope `Initializer`; None for neither.

    Raises:
      ValueError: when it was made inside a loop or a condition, whose values do not exist outside it.
    """
    if owner is None:
        return convert_to_tensor(initial_value, name="initial_value", dtype=dtype)
    with class_of(graph, owner), graph.name_scope("Initializer"), graph.device(None):
        value = initial_value() if callable(initial_value) else initial_value
        return convert_to_tensor(value, name="initial_value", dtype=dtype)


def check_start(start: Tensor, scope: str, validate_shape: bool) -> None:
    """The start value must exist outside loops and conditions, and have a known shape unless that is waived."""
    if start.op._get_control_flow_context() is not None:
        raise ValueError(
            f"Initializer for variable {scope} is from inside a control-flow construct, such as a loop or conditional. When creating a "
            "variable inside a loop or conditional, use a lambda as the initializer.\n"
            f"  {start}, made at {start.op.where}. For example: tf.Variable(lambda: tf.ones([2]))."
        )
    if validate_shape and not shapes.is_defined(start.static_shape):
        raise ValueError(
            f"initial_value must have a shape specified: {start}\n"
            f"  made at {start.op.where}. Give it a full shape, or pass validate_shape=False if the shape shall be allowed to change."
        )


# ---------------------------------------------------------------- start values that depend on other variables


def initialized_value(variable: Any) -> Tensor:
    """What `variable` holds, or its start value as long as it holds nothing."""
    graph = variable.graph
    with graph.as_default(), graph.control_dependencies(None):
        is_there = variable.is_initialized() if hasattr(variable, "handle") else raw.IsVariableInitialized(variable._ref())
        value: Tensor = cond(is_there, variable.read_value, lambda: variable.initial_value)
        return value


_VARIABLES = ("Variable", "VariableV2")
_LEFT_AS_THEY_ARE = ("IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If")


def guarded(scope: str, start: Tensor) -> Tensor:
    """`start`, rebuilt so that the reference variables it depends on may be uninitialized when it is computed.

    All initializers run in one go, in no order; so the start value of a variable must not wait for another variable. Nodes on the way
    from such a variable are copied under their own name with the name of the new variable added, as TF does.
    """
    graph = start.graph
    order = _upstream(start.op)
    replaced: dict[Operation, Operation] = {}
    for op in order:
        if op.type in _VARIABLES:
            variable = _variable_behind(graph, op)
            if variable is not None:
                replaced[op] = variable.initialized_value().op
        elif op.type not in _LEFT_AS_THEY_ARE and any(tensor.op in replaced for tensor in op.inputs):
            replaced[op] = _copy(graph, op, scope, replaced)
    new = replaced.get(start.op)
    return start if new is None else new.outputs[start.value_index]


def _upstream(last: Operation) -> list[Operation]:
    """The operations on which `last` depends, itself included, inputs first; none when they form a loop or no variable is among them."""
    order: list[Operation] = []
    state: dict[Operation, bool] = {}  # False while its inputs are being visited
    found = False
    stack: list[tuple[Operation, bool]] = [(last, False)]
    while stack:
        op, done = stack.pop()
        if done:
            state[op] = True
            order.append(op)
            continue
        if op in state:
            if not state[op]:
                return []  # a loop
            continue
        state[op] = False
        found = found or op.type in _VARIABLES
        stack.append((op, True))
        if op.type not in _LEFT_AS_THEY_ARE:
            stack.extend((tensor.op, False) for tensor in reversed(op.inputs) if not state.get(tensor.op, False))
    return order if found else []


def _variable_behind(graph: Graph, op: Operation) -> Any:
    names = (op.name, f"{op.name}:0")
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in graph.get_collection(key):
            if getattr(variable, "name", None) in names:
                return variable
    return None


def _copy(graph: Graph, op: Operation, scope: str, replaced: dict[Operation, Operation]) -> Operation:
    inputs = [replaced[tensor.op].outputs[tensor.value_index] if tensor.op in replaced else tensor for tensor in op.inputs]
    op_type = "Switch" if op.type == "RefSwitch" else op.type
    return graph.create_op(op_type, inputs, name=f"{op.name}_{scope}".replace(":", "_"), attrs=op.attrs)
