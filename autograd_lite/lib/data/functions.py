"""Turning a Python function of elements into a function of the graph."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from autograd_lite.core import dtypes
from autograd_lite.graph.function import FunctionGraph, add_function, unused_function_name
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.data import structure as structures


class Traced:
    """A function of the graph.

    Attributes:
      name: its name in the graph's library. structure: of what it gives. captured: the tensors around it that it uses.
    """

    def __init__(self, graph: FunctionGraph, structure: Any) -> None:
        self.graph = graph
        self.name = graph.name
        self.structure = structure

    @property
    def captured(self) -> list[Tensor]:
        """The tensors around it that it uses; they are further arguments."""
        return list(self.graph.captures)


def traced(what: str, function: Callable[..., Any], *inputs: Any, unpacks: bool = True, gives: Any = None) -> Traced:
    """Call a Python function with placeholders, and keep what it builds.

    Args:
      what: which transformation calls it, for its name and for errors.
      inputs: the structures of its arguments; a tuple that is the only one becomes several arguments if `unpacks`.
      gives: the nested element types that it must give; None takes what comes.

    Raises:
      TypeError: when it gives something that is no tensor.
    """
    outer = get_default_graph()
    body = FunctionGraph(_name(what, function, outer), outer)
    with body.as_default():
        arguments = [_argument(body, structure) for structure in inputs]
        if unpacks and len(arguments) == 1 and isinstance(arguments[0], tuple) and type(inputs[0]) is tuple:
            arguments = list(arguments[0])
        result = function(*arguments)
        try:
            element = structures.normalized(result, gives)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Unsupported return value from function passed to {what}: {result!r}.\n"
                f"  It must be a tensor, or a nested tuple or dict of them: {error}"
            ) from error
        structure = structures.mapped(structures.spec_of, element)
        body.outputs = [body.capture(tensor) for tensor in structures.to_tensors(element)]
    add_function(outer, body)
    return Traced(body, structure)


def _argument(body: FunctionGraph, structure: Any) -> Any:
    tensors = []
    for number, (dtype, shape) in enumerate(zip(structures.types_of(structure), structures.shapes_of(structure))):
        tensors.append(body.argument(dtype, (None,) if dtype is dtypes.variant and shape is None else shape, f"args_{number}"))
    return structures.from_tensors(structure, tensors)


def _name(what: str, function: Any, outer: Any) -> str:
    own = re.sub(r"\W", "", getattr(function, "__name__", type(function).__name__))
    base = f"{what.replace('.', '_').replace('()', '')}_{own}"
    return unused_function_name(outer, base)
