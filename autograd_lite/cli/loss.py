"""Which tensor of a program is its loss: the one that is named, the one that is called so, or the one that was differentiated."""

from __future__ import annotations

import sys

from autograd_lite.autodiff.gradients import DIFFERENTIATED
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.teach.asked import forward_operation, tensor_for

_USUAL_NAMES = ("loss", "cost", "total_loss", "cross_entropy", "objective")


def loss_of_program(graph: Graph, name: str | None = None) -> tuple[Tensor | None, str]:
    """The loss that the program that runs as `__main__` has in a graph, or None and why there is none.

    Args:
      name: its name in the program or in the graph; None finds it (a variable named loss or cost, else what was differentiated).
    """
    program = vars(sys.modules["__main__"])
    if name is not None:
        try:
            return tensor_for(program.get(name, name), "--loss", graph), ""
        except (TypeError, ValueError) as error:
            return None, str(error)
    named = [program[usual] for usual in _USUAL_NAMES if isinstance(program.get(usual), Tensor)]
    found = next((tensor for tensor in named if tensor.graph is graph and tensor.dtype.is_floating), None)
    found = found if found is not None else differentiated(graph)
    if found is None:
        return None, "no loss was found. Name it: --loss NAME, a variable of the program or a tensor of its graph."
    return found, ""


def differentiated(graph: Graph) -> Tensor | None:
    """The tensor of which `tf.gradients` was taken last, or None.

    In a graph that was read from a file, where nobody has taken gradients, the names of its nodes tell: the last operation with a
    derivative of its own.
    """
    known = graph.properties.get(DIFFERENTIATED)
    if known is not None and known.dtype.is_floating and graph._by_name.get(known.op.name) is known.op:
        return known
    forward = dict.fromkeys(op for each in graph.get_operations() if (op := forward_operation(each)) is not None)
    used = {tensor.op for op in forward for tensor in op.inputs}
    last = [op for op in forward if op not in used and op.outputs and op.outputs[0].dtype.is_floating]
    return max(last, key=lambda op: op.id).outputs[0] if last else None
