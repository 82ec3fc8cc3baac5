"""What the teaching functions are asked about: the session, the tensors; and how values are told in a few words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.autodiff.gradients import source_tensor
from autograd_lite.compiler.passes.prune import is_variable
from autograd_lite.core import shapes
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.contexts import output_context
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.session import BaseSession, get_default_session

_OF_A_GRADIENT = re.compile(r"(?:^|/)gradients(?:_\d+)?/(.+?)_grad/")
SMALL = 12  # elements that are written out in a line


def session_for(session: Any, graph: Graph | None = None) -> BaseSession:
    """The session to ask: the given one, or the default one; it must be open and, if a graph is named, run that.

    Raises:
      ValueError: there is none, or it runs another graph. TypeError: it is no session. RuntimeError: it is closed.
    """
    if session is None:
        session = get_default_session()
        if session is None:
            raise ValueError("A session is needed: its variables have the values. Pass session=..., or call this inside `with session:`.")
    inner = getattr(session, "_tf_session", session)  # of a monitored session, the plain one, whose runs call no hooks
    if inner is None:
        raise RuntimeError("The session is closed.")
    if not isinstance(inner, BaseSession):
        raise TypeError(f"session must be a tf.Session, but got {type(session).__name__}")
    if graph is not None and inner.graph is not graph:
        raise ValueError(
            f"What is asked about is in {graph}, but the session runs {inner.graph}.\n"
            "  Give the session of that graph: session=tf.Session(graph=...)."
        )
    inner._check_open()
    return inner


def tensor_for(thing: Any, role: str, graph: Graph | None = None) -> Tensor:
    """The tensor behind a tensor, a variable or, when `graph` is given, a name.

    Raises:
      TypeError: it is none of these. ValueError: it belongs to another graph, or there is no such name.
    """
    if isinstance(thing, str):
        return _named(thing, role, graph)
    if isinstance(thing, Operation):
        if len(thing.outputs) != 1:
            raise ValueError(f"{role} is the operation {thing.name}, which has {len(thing.outputs)} outputs; give one tensor.")
        thing = thing.outputs[0]
    if not isinstance(thing, Tensor) and not hasattr(thing, "_as_graph_element") and not hasattr(thing, "handle"):
        raise TypeError(f"{role} must be a tensor or a variable, but got {type(thing).__name__}: {thing!r:.80}")
    tensor = source_tensor(thing)
    if graph is not None and tensor.graph is not graph:
        raise ValueError(f"{role} is {tensor.name}, which is in another graph than the tensors given with it.")
    return tensor


def _named(name: str, role: str, graph: Graph | None) -> Tensor:
    if graph is None:
        raise TypeError(f"{role} must be a tensor, but got the name {name!r}; the graph of a name is not known here.")
    try:
        return graph.get_tensor_by_name(name if ":" in name else f"{name}:0")
    except (KeyError, ValueError) as error:
        raise ValueError(f"{role}: there is no tensor {name!r} in this graph. ({error.args[0]})") from None


def loss_for(loss: Any, session: Any = None) -> Tensor:
    """The tensor of a loss: of a real floating type. A name is looked up in the graph of the session, or of the default one.

    Raises:
      TypeError: it is no tensor, or has no floating type. ValueError: there is no such name.
    """
    graph = None
    if isinstance(loss, str):
        graph = getattr(session or get_default_session(), "graph", None) or get_default_graph()
    tensor = tensor_for(loss, "loss", graph)
    if not tensor.dtype.is_floating:
        raise TypeError(f"loss must have a floating type, but {tensor.name} is {tensor.dtype.base_dtype.name}.")
    return tensor


def as_list(things: Any) -> list[Any]:
    """A list of what may be one thing or several."""
    return list(things) if isinstance(things, list | tuple) else [things]


def parts(grad: Any) -> list[Tensor]:
    """The tensors of a gradient: itself, or the rows and their indices."""
    return [grad.values, grad.indices] if isinstance(grad, IndexedSlices) else [grad]


def number(value: Any, digits: int = 4) -> str:
    """A number in a few digits.

    >>> number(0.099999994), number(-10.0), number(3)
    ('0.1', '-10', '3')
    """
    if isinstance(value, bool | np.bool_ | bytes | str):
        return str(value)
    if isinstance(value, complex | np.complexfloating):
        return f"{value:.{digits}g}"
    if isinstance(value, int | np.integer):
        return str(int(value))
    return f"{float(value) + 0.0:.{digits}g}"  # no -0


def array_text(value: Any, digits: int = 4, most: int = SMALL) -> str:
    """An array in a few words: all elements of a small one, else its shape and range.

    >>> array_text(np.array([[1.0, 2.5]]))
    '[[1, 2.5]]'
    >>> array_text(np.zeros((3, 50)))
    '150 numbers [3,50] from 0 to 0, mean 0'
    """
    array = np.asarray(value)
    if array.ndim == 0:
        return number(array[()], digits)
    if array.size <= most:
        return _nested(array, digits)
    where = shapes.text(array.shape)
    if array.dtype.kind not in "fiu":
        return f"{array.size} elements {where} of type {array.dtype.name if array.dtype != object else 'string'}"
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    odd = array.size - finite.size
    if not finite.size:
        return f"{array.size} numbers {where}, none of them finite"
    low, high, mean = finite.min(), finite.max(), finite.mean(dtype=np.float64)
    rest = f", {odd} not finite" if odd else ""
    return f"{array.size} numbers {where} from {number(low, digits)} to {number(high, digits)}, mean {number(mean, digits)}{rest}"


def _nested(array: np.ndarray, digits: int) -> str:
    if array.ndim == 1:
        return "[" + ", ".join(number(item, digits) for item in array) + "]"
    return "[" + ", ".join(_nested(item, digits) for item in array) + "]"


def is_outside_control_flow(tensor: Tensor) -> bool:
    """Whether a tensor can be fetched: those inside loops and branches cannot."""
    return output_context(tensor.op) is None and tensor.graph.is_fetchable(tensor)


def forward_operation(op: Operation) -> Operation | None:
    """The operation whose derivative `op` computes, by the scope in which `tf.gradients` put it; None for others."""
    found = _OF_A_GRADIENT.search(op.name)
    return None if found is None else op.graph._by_name.get(found[1])


def is_drawn(op: Operation) -> bool:
    """Whether the node gives something else each time: random numbers, the next element of a queue or iterator."""
    if op.opdef.updates or is_variable(op):
        return False
    if op.opdef.state is not None:
        return True
    return op.opdef.stateful and any(tensor.op.opdef.state is not None for tensor in op.inputs)  # it takes a handle of a queue or iterator


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names in a row, a long row cut.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
