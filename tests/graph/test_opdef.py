"""Declaring an op, and what calling it does."""

import inspect

import numpy as np
import pytest

from autograd_lite.core import dtypes
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE, by_python_name, op
from autograd_lite.graph.shape_rules import unchanged


@pytest.fixture(autouse=True)
def graph():
    with Graph().as_default() as g:
        yield g


@pytest.fixture
def declare():
    """Declares ops that are forgotten after the test."""
    made = []

    def make(signature, kernel, **keywords):
        made.append(op(signature, **keywords)(kernel))
        return made[-1]

    yield make
    for opdef in made:
        del TABLE[opdef.name], by_python_name[opdef.python_name]


def scale(xp, x, factor):
    """Multiply by a number."""
    return x * factor


def test_a_declared_op_builds_nodes_with_its_attributes(declare, graph):
    scaled = declare("Scale(x: T, *, factor: float = 2.0) -> y: T", scale, types={"T": "float double"}, shape=unchanged)
    y = scaled([1.0, 2.0], factor=3)
    assert y.op.type == "Scale" and y.op.attrs == {"T": dtypes.float32, "factor": 3.0} and y.shape.as_list() == [2]
    assert scaled([1.0], name="s").op.attrs["factor"] == 2.0
    assert [o.name for o in graph.get_operations()] == ["Scale/x", "Scale", "s/x", "s"]
    assert str(inspect.signature(scaled)) == "(x, factor=2.0, name=None)"


def test_attributes_may_be_given_by_position_after_the_inputs(declare):
    scaled = declare("Scale(x: T, *, factor: float = 2.0) -> y: T", scale, shape=unchanged)
    assert scaled(1.0, 5.0).op.attrs["factor"] == 5.0 and scaled(x=1.0, factor=4.0).op.attrs["factor"] == 4.0


def test_several_outputs_come_as_a_namedtuple_and_none_as_the_operation(declare):
    def both(xp, x):
        """Twice the same."""
        return x, x

    def nothing(xp, x):
        """Take and forget."""

    two = declare("Both(x: T) -> first: T, second: T", both, shape=lambda c: [c.shape(0), c.shape(0)])(1.0)
    assert two.first.name == "Both:0" and two.second.name == "Both:1"
    assert declare("Take(x: T)", nothing)(1.0).type == "Take"


@pytest.mark.parametrize(
    ("signature", "keywords", "text"),
    [
        ("Scale(y: T, *, factor: float) -> z: T", {"shape": unchanged}, "signature asks for"),
        ("Scale(x: T, *, size: float) -> z: T", {"shape": unchanged}, "neither inputs nor attributes"),
        ("Scale(x: T, *, factor: float) -> z: T", {}, "has outputs but no shape="),
        ("Scale(x: T, *, factor: float) -> z: S", {"shape": unchanged}, "is neither an input's nor an attribute"),
        ("Scale(x: T, *, factor: float) -> z: T", {"shape": unchanged, "colour": 1}, "unknown keywords"),
        ("Scale(x: T, *, factor: float) -> z: T", {"shape": unchanged, "updates": ["w"]}, "which is no input"),
        ("Mul(x: T, *, factor: float) -> z: T", {"shape": unchanged}, "is declared twice"),
    ],
)
def test_a_declaration_that_contradicts_itself_fails_at_import(signature, keywords, text):
    size = len(TABLE)
    with pytest.raises(TypeError, match=text):
        op(signature, **keywords)(scale)
    assert len(TABLE) == size


def test_a_kernel_without_docstring_is_refused():
    def silent(xp, x):
        return x

    with pytest.raises(TypeError, match="has no docstring"):
        op("Silent(x: T) -> y: T", shape=unchanged)(silent)


def test_a_type_that_is_not_admitted_is_named_with_those_that_are(declare):
    scaled = declare("Scale(x: T, *, factor: float = 2.0) -> y: T", scale, types={"T": "bfloat16 half float"}, shape=unchanged)
    with pytest.raises(
        TypeError, match="Value passed to parameter 'x' has DataType int32 not in list of allowed values: bfloat16, float16, float32"
    ):
        scaled(convert_to_tensor(1))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: TABLE["Mul"](1.0), TypeError, r"mul\(\) missing required argument: 'y'"),
        (lambda: TABLE["Mul"](1.0, 2.0, z=3), TypeError, "unexpected keyword argument 'z'"),
        (lambda: TABLE["Mul"](1.0, 2.0, 3.0), TypeError, "takes at most 2 positional arguments"),
        (
            lambda: TABLE["Mul"](np.ones(2, np.float32), "x"),
            TypeError,
            "Expected float32, got 'x' of type 'str' instead.\n  This came for the parameter 'y' of op 'Mul'.",
        ),
        (lambda: TABLE["Identity"](None), ValueError, "None values not supported."),
        (lambda: TABLE["Pack"](1.0), TypeError, "Expected list for 'values' argument to 'Pack' Op, not 1.0."),
        (lambda: TABLE["Pack"]([]), ValueError, "with length 0 shorter than minimum length 1"),
        (
            lambda: TABLE["Pack"]([convert_to_tensor(1.0), convert_to_tensor(1)]),
            TypeError,
            r"have types \[float32, int32\] that don't all match",
        ),
    ],
)
def test_wrong_arguments_are_explained(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_tensors_of_two_graphs_do_not_meet():
    with Graph().as_default():
        a = convert_to_tensor(1.0, name="a1")
    with Graph().as_default():
        b = convert_to_tensor(2.0, name="b2")
        with pytest.raises(ValueError, match=r'Tensor\("b2:0", shape=\(\), dtype=float32\) must be from the same graph as Tensor\("a1:0"'):
            TABLE["Mul"](a, b)


def test_a_node_goes_into_the_graph_of_its_inputs(graph):
    a = convert_to_tensor(1.0)
    with Graph().as_default() as other:
        y = TABLE["Mul"](a, 2.0)
    assert y.graph is graph and other.get_operations() == []


def test_a_node_knows_the_line_that_made_it():
    y = TABLE["Mul"](1.0, 2.0)
    assert y.op.where.filename == __file__ and y.op.where.function == "test_a_node_knows_the_line_that_made_it"
