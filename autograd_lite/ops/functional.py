"""Calls, branches and loops as single nodes that name functions of the graph: what newer programs write into graphs.

Programs of TensorFlow 1 build branches and loops of many nodes (`tf.cond`, `tf.while_loop`); these ops are for graphs that come from
elsewhere, and for `tf.raw_ops`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import deadline
from autograd_lite.graph.function import CallsFunctions
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid

_IN_A_GRAPH = "its functions belong to a graph; tests/ops/test_functional.py shows it"
_SHAPES = "output_shapes: list(shape) = []"
_CONFIG = "config: string = '', config_proto: string = '', executor_type: string = ''"


def _declared_shapes(c: Any) -> Any:
    """The static shapes that the node tells, if it does."""
    return c.attrs.get("output_shapes") or [None] * len(c.attrs["Tout"])


def _calls(*attributes: str) -> dict[str, Any]:
    return {"state": CallsFunctions(*attributes), "samples": _IN_A_GRAPH}


def _truth(condition: Any) -> bool:
    """Whether a condition holds: numbers unless 0, texts unless empty, arrays of any rank unless they have no elements."""
    array = np.asarray(condition)
    return bool(array.size) if array.ndim else bool(array.item())


def _called(function: Any, values: Any) -> list[Any]:
    return list(function.instantiate()(*values))


# -------------------------------------------------------------------- calls


@op(
    f"PartitionedCall(args: list(Tin), *, Tout: list(type), f: func, {_CONFIG}) -> output: list(Tout)",
    shape=_declared_shapes,
    **_calls("f"),
)
def partitioned_call(xp, args, state):
    """Call a function."""
    return _called(state["f"], args)


@op(
    f"StatefulPartitionedCall(args: list(Tin), *, Tout: list(type), f: func, {_CONFIG}) -> output: list(Tout)",
    shape=_declared_shapes,
    **_calls("f"),
)
def stateful_partitioned_call(xp, args, state):
    """Call a function that reads or changes something outside of it."""
    return _called(state["f"], args)


@partitioned_call.gradient
@stateful_partitioned_call.gradient
def call_gradient(g, op, *dys):
    return g.call_gradients(op.inputs, dys, {"f": op.attrs["f"]}, g.partitioned_call, [])


# -------------------------------------------------------------------- branches


_IF = f"(cond: Tcond, input: list(Tin), *, Tout: list(type), then_branch: func, else_branch: func, {_SHAPES}) -> output: list(Tout)"
_CASE = f"(branch_index: int32, input: list(Tin), *, Tout: list(type), branches: list(func) >= 1, {_SHAPES}) -> output: list(Tout)"


@op(f"If{_IF}", shape=_declared_shapes, host=("cond",), **_calls("then_branch", "else_branch"))
def if_(xp, cond, input, state):
    """Call one of two functions."""
    return _called(state["then_branch" if _truth(cond) else "else_branch"], input)


@op(f"StatelessIf{_IF}", shape=_declared_shapes, host=("cond",), **_calls("then_branch", "else_branch"))
def stateless_if(xp, cond, input, state):
    """Call one of two functions, neither of which has effects."""
    return _called(state["then_branch" if _truth(cond) else "else_branch"], input)


@if_.gradient
@stateless_if.gradient
def if_gradient(g, op, *dys):
    functions = {key: op.attrs[key] for key in ("then_branch", "else_branch")}
    return [None, *g.call_gradients(op.inputs[1:], dys, functions, g.stateless_if, [op.inputs[0]])]


def _chosen(branch_index: Any, functions: list[Any]) -> Any:
    index = int(np.asarray(branch_index))
    return functions[index if 0 <= index < len(functions) else -1]


@op(f"Case{_CASE}", shape=_declared_shapes, host=("branch_index",), **_calls("branches"))
def case(xp, branch_index, input, state):
    """Call the function with this number; the last one when there is none."""
    return _called(_chosen(branch_index, state["branches"]), input)


@op(f"StatelessCase{_CASE}", shape=_declared_shapes, host=("branch_index",), **_calls("branches"))
def stateless_case(xp, branch_index, input, state):
    """Call the function with this number, none of which has effects; the last one when there is none."""
    return _called(_chosen(branch_index, state["branches"]), input)


@case.gradient
@stateless_case.gradient
def case_gradient(g, op, *dys):
    return [None, *g.call_gradients(op.inputs[1:], dys, {"branches": op.attrs["branches"]}, g.stateless_case, [op.inputs[0]])]


# -------------------------------------------------------------------- loops


_WHILE = f"(input: list(T), *, cond: func, body: func, {_SHAPES}, parallel_iterations: int = 10) -> output: list(T)"
_LOOP: dict[str, Any] = {
    "shape": lambda c: c.attrs.get("output_shapes") or [None] * c.count,
    "no_gradient": "a loop as a single node keeps nothing of its iterations; tf.while_loop builds one that can be differentiated",
    **_calls("cond", "body"),
}


def _looped(values: Any, state: Any) -> list[Any]:
    goes_on, body, values = state["cond"].instantiate(), state["body"].instantiate(), list(values)
    while _truth(goes_on(*values)[0]):
        deadline.check()
        count = len(values)
        values = body(*values)
        if len(values) != count:
            raise invalid(f"The body of the loop gives {len(values)} values, but there are {count} loop variables")
    return values


@op(f"While{_WHILE}", **_LOOP)
def while_(xp, input, state):
    """Call a function with its own results while another says so."""
    return _looped(input, state)


@op(f"StatelessWhile{_WHILE}", **_LOOP)
def stateless_while(xp, input, state):
    """Call a function, which has no effects, with its own results while another says so."""
    return _looped(input, state)
