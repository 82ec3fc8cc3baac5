"""What is known of a tensor while the graph is built."""

import pytest

from autograd_lite.api.constants import placeholder
from autograd_lite.core import dtypes
from autograd_lite.graph.graph import Graph


@pytest.fixture
def graph():
    with Graph().as_default() as g:
        yield g


def test_set_shape_adds_what_is_not_known(graph):
    x = placeholder(dtypes.float32, name="x")
    x.set_shape([None, 3])
    x.set_shape([2, None])
    assert x.shape.as_list() == [2, 3]


def test_set_shape_refuses_what_contradicts_and_names_the_line(graph):
    x = placeholder(dtypes.float32, [None, 2], name="x")
    version = graph.version_of_shapes
    with pytest.raises(ValueError) as caught:
        x.set_shape([3, 3])
    first, second = str(caught.value).splitlines()
    assert type(caught.value) is ValueError
    assert first == "Dimension 1 in both shapes must be equal, but are 2 and 3. Shapes are [?,2] and [3,3]."
    assert second.startswith("  x:0 was made at ") and "test_tensor.py:" in second
    assert x.shape.as_list() == [None, 2] and graph.version_of_shapes == version


def test_a_reference_to_a_tensor_is_a_key_of_its_own(graph):
    x, y = placeholder(dtypes.float32), placeholder(dtypes.float32)
    table = {x.experimental_ref(): "x", y.experimental_ref(): "y"}
    assert table[x.experimental_ref()] == "x"
    assert [reference.deref() for reference in table] == [x, y]
