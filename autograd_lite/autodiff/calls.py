"""Gradients of nodes that call functions of the graph: calls of functions that compute the gradients of those functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.function import CallsFunctions, FunctionGraph, add_function
from autograd_lite.graph.import_function import function_named
from autograd_lite.graph.tensor import Tensor

Gradients = Callable[..., list[Any]]


def call_gradients(gradients: Gradients, inputs: Sequence[Tensor], dys: Sequence[Any], functions: dict[str, Any], call: Any,
                   first: list[Any]) -> list[Any]:  # fmt: skip
    """The gradients for the inputs of a node that calls one of several functions with them.

    What the functions computed is computed again.

    Args:
      gradients: `tf.gradients`. dys: the gradients of the node's outputs, None where unused.
      functions: the node's attributes that name functions (one, or a list of them).
      call: the op that calls the gradient functions, given under the same attributes. first: its inputs before all others.

    Raises:
      ValueError: when a function draws random numbers or has other effects: done again, it would give something else.
    """
    graph = inputs[0].graph if inputs else first[0].graph
    wanted = [position for position, tensor in enumerate(inputs) if tensor.dtype.is_floating or tensor.dtype.is_complex]
    slopes = [dy for dy in dys if dy is not None]
    if not wanted or not slopes:
        return [None] * len(inputs)

    def backward(name: str) -> str:
        return _gradient_function(gradients, function_named(graph, name), inputs, dys, wanted)

    named = {key: [backward(name) for name in value] if isinstance(value, list) else backward(value) for key, value in functions.items()}
    types = [inputs[position].dtype.base_dtype for position in wanted]
    found = call(*first, [*inputs, *slopes], Tout=types, **named)
    results: list[Any] = [None] * len(inputs)
    for position, gradient in zip(wanted, found):
        gradient.set_shape(inputs[position].shape)
        results[position] = gradient
    return results


def _gradient_function(gradients: Gradients, function: Any, inputs: Sequence[Tensor], dys: Sequence[Any], wanted: Sequence[int]) -> str:
    """A function of the inputs and of the gradients of the outputs that gives the gradients of the wanted inputs; returns its name."""
    graph = inputs[0].graph
    for op in function.get_operations():
        has_state = op.opdef.state is not None and not isinstance(op.opdef.state, CallsFunctions)
        if has_state or op.opdef.updates:
            raise ValueError(
                f"The function {function.name} cannot be differentiated: its node {op.name} (op {op.type}) has effects or draws random "
                "numbers, and would give something else when it is run again for the gradient."
            )
    body = FunctionGraph(f"{function.name}_gradient_{len(graph._functions)}", graph)
    with body.as_default():
        given = [body.argument(x.dtype.base_dtype, x.static_shape, f"input_{number}") for number, x in enumerate(inputs)]
        outputs = body.copy_body(function, given)
        pairs = []
        for number, (output, dy) in enumerate(zip(outputs, dys)):
            if dy is not None:
                pairs.append((output, body.argument(dy.dtype.base_dtype, dy.static_shape, f"slope_{number}")))
        sources = [given[position] for position in wanted]
        found = gradients([output for output, _ in pairs], sources, [slope for _, slope in pairs])
        body.outputs = [raw.ZerosLike(x) if slope is None else convert_to_tensor(slope) for x, slope in zip(sources, found)]
    add_function(graph, body)
    return body.name
