"""Running one kernel of the op table on NumPy arrays, without a graph."""

import numpy as np

import autograd_lite.ops  # noqa: F401  (fills the table)
from autograd_lite.backends.registry import backend_named
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.runtime.session import Session

XP = backend_named("numpy").xp


def _array(value):
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    array = np.array(value, object) if isinstance(value, bytes) else np.asarray(value)
    return array.astype({"int64": np.int32, "float64": np.float32}.get(array.dtype.name, array.dtype))


def _type_name(array):
    return "string" if array.dtype == object else array.dtype.name


def _constant(value):
    array = _array(value)
    return TABLE["Const"](value=array, dtype=_type_name(array))


def _tensors(make, inputs):
    return [[make(item) for item in value] if isinstance(value, tuple) else make(value) for value in inputs]


def run(name, *inputs, **attrs):
    """What a one-node graph gives in a session. Python numbers become int32 and float32 as in a graph; a tuple is a list of tensors."""
    with Graph().as_default() as graph:
        made = TABLE[name](*_tensors(_constant, inputs), **attrs)
        with Session(graph=graph) as session:
            return session.run(made)


def fed(name, *inputs, **attrs):
    """The same with every input fed through a placeholder of unknown shape, so that nothing is known while building."""
    with Graph().as_default() as graph:
        feeds = {}

        def placeholder(value):
            array = _array(value)
            tensor = TABLE["Placeholder"](dtype=_type_name(array))
            feeds[tensor] = array
            return tensor

        made = TABLE[name](*_tensors(placeholder, inputs), **attrs)
        with Session(graph=graph) as session:
            return session.run(made, feeds)


def complaint(function, *inputs, **attrs):
    """The first line of the InvalidArgumentError that running raises."""
    try:
        function(*inputs, **attrs)
    except InvalidArgumentError as error:
        return str(error).split("\n")[0]
    raise AssertionError("no error was raised")


def shape_complaint(name, *inputs, **attrs):
    """The first line of the ValueError that building raises, up to the description of the node."""
    try:
        run(name, *inputs, **attrs)
    except ValueError as error:
        return str(error).split(" for '{{node")[0]
    raise AssertionError("no error was raised")
