"""Control flow contexts as messages, and back: how a MetaGraphDef remembers which nodes belong to which branch or loop."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import contexts
from autograd_lite.graph.contexts import CondContext, ControlFlowContext, WhileContext
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.wire import messages


def stripped(name: str, scope: str | None) -> str:
    """A name without the scope that is exported."""
    if not scope:
        return name
    prefix = scope if scope.endswith("/") else f"{scope}/"
    return name.removeprefix(prefix)


def prefixed(name: str, scope: str | None) -> str:
    """A name inside the scope into which it is imported."""
    return f"{scope.rstrip('/')}/{name}" if scope else name


def to_proto(context: ControlFlowContext, scope: str | None = None) -> Any:
    """The CondContextDef or WhileContextDef of a context; None when it lies outside of the exported scope."""
    if scope and not context.name.startswith(scope):
        return None
    if isinstance(context, CondContext):
        proto = messages.CondContextDef(context_name=stripped(context.name, scope), branch=context.branch)
        proto.pred_name = stripped(context.pred.name, scope)
        proto.pivot_name = stripped(context.pivot.name, scope)
    else:
        proto = _while_proto(context, scope)
    proto.values_def.values.extend([stripped(name, scope) for name in sorted(context._values)])
    for name, tensor in context._external_values.items():
        proto.values_def.external_values[stripped(name, scope)] = stripped(tensor.name, scope)
    for nested in context._nested_contexts:
        inner = to_proto(nested, scope)
        if inner is not None:
            field = "cond_ctxt" if isinstance(nested, CondContext) else "while_ctxt"
            getattr(proto.nested_contexts.add(), field).CopyFrom(inner)
    return proto


def _while_proto(context: Any, scope: str | None) -> Any:
    proto = messages.WhileContextDef(
        context_name=stripped(context.name, scope),
        parallel_iterations=context.parallel_iterations,
        back_prop=context.back_prop,
        swap_memory=context.swap_memory,
        pivot_for_pred_name=stripped(context.pivot_for_pred.name, scope),
        pivot_for_body_name=stripped(context.pivot_for_body.name, scope),
        pivot_name=stripped(context.pivot.name, scope),
    )
    if context.maximum_iterations is not None:
        proto.maximum_iterations_name = stripped(context.maximum_iterations.name, scope)
    proto.loop_exit_names.extend([stripped(tensor.name, scope) for tensor in context.loop_exits])
    proto.loop_enter_names.extend([stripped(tensor.name, scope) for tensor in context.loop_enters])
    return proto


def from_proto(proto: Any, scope: str | None = None) -> ControlFlowContext:
    """A context as it was written; the nodes it names must be in the default graph.

    Raises:
      KeyError: when one is not.
    """
    graph = get_default_graph()
    name = prefixed(proto.context_name, scope)
    context: Any
    if proto.DESCRIPTOR.name == "CondContextDef":
        pred = graph.get_tensor_by_name(prefixed(proto.pred_name, scope))
        context = CondContext(pred, graph.get_tensor_by_name(prefixed(proto.pivot_name, scope)), proto.branch, name)
    else:
        context = _read_while(proto, graph, scope, name)
    context._values = {prefixed(value, scope) for value in proto.values_def.values}
    context._external_values = {
        prefixed(outer, scope): graph.get_tensor_by_name(prefixed(inner, scope))
        for outer, inner in proto.values_def.external_values.items()
    }
    _claim_nodes(context, graph)
    with context:
        for nested in proto.nested_contexts:
            from_proto(getattr(nested, nested.WhichOneof("ctxt")), scope)
    return context


def _read_while(proto: Any, graph: Graph, scope: str | None, name: str) -> WhileContext:
    def find(tensor_name: str) -> Any:
        return graph.get_tensor_by_name(prefixed(tensor_name, scope))

    limit = find(proto.maximum_iterations_name) if proto.maximum_iterations_name else None
    context = WhileContext(graph, limit, proto.parallel_iterations, proto.back_prop, proto.swap_memory, final_name=name)
    context.pivot_for_pred = find(proto.pivot_for_pred_name)
    context.pivot_for_body = find(proto.pivot_for_body_name)
    context.pivot = find(proto.pivot_name)
    context.loop_exits = [find(exit_name) for exit_name in proto.loop_exit_names]
    context.loop_enters = [find(enter_name) for enter_name in proto.loop_enter_names]
    return context


def _claim_nodes(context: ControlFlowContext, graph: Graph) -> None:
    """Tell the nodes of a context that they are in it; those for which something else stands inside are not.

    What enters a loop gets the loop's present name as that of its frame: a loop that is imported into a scope is another one.
    """
    for name in dict.fromkeys(value.partition(":")[0] for value in sorted(context._values - set(context._external_values))):
        op = graph._by_name.get(name)
        if op is None:
            continue
        op._set_control_flow_context(context)
        if context.IsWhileContext() and contexts.is_loop_enter(op):
            op.attrs["frame_name"] = context.name


contexts._to_proto.append(to_proto)
