import pytest

from autograd_lite.api import constants as api
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.table import TABLE


@pytest.fixture
def graph():
    with Graph().as_default() as g:
        yield g


NOT_THERE = r"does not exist in the graph\.\"\n  "


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("Layer/weights:0", "layer/weights, layer/weight2\\."),  # another case
        ("weights:0", "layer/weights, layer/weight2\\."),  # its scope was forgotten
        ("import/layer/weights:0", "layer/weights, layer/weight2\\."),
        ("layer/wieghts:0", "layer/weights, layer/weight2\\."),
    ],
)
def test_a_name_that_is_not_there_is_told_with_the_nearest(graph, asked, nearest):
    for name in ("layer/weights", "layer/weight2", "unlike"):
        api.constant(1.0, name=name)
    with pytest.raises(KeyError, match=f"{NOT_THERE}The nearest names: {nearest}$"):
        graph.get_tensor_by_name(asked)
    with pytest.raises(KeyError, match=rf"not in the graph\.\"\n  The nearest names: {nearest}$"):
        graph.get_operation_by_name(asked.removesuffix(":0"))


def test_a_name_like_no_other_is_told_where_the_names_are(graph):
    api.constant(1.0, name="layer")
    with pytest.raises(KeyError, match=NOT_THERE + r"No name is near to it; graph\.get_operations\(\) lists all"):
        graph.get_tensor_by_name("zzz:0")


def test_an_empty_graph_is_told_as_such():
    with pytest.raises(KeyError, match=r"\n  The graph is empty: is it the one in which the program built its nodes\?"):
        Graph().get_tensor_by_name("x:0")


def test_names_of_a_large_graph_are_not_compared_letter_by_letter(graph):
    for number in range(2001):
        api.constant(1.0, name=f"layer_{number}/weights")
    with pytest.raises(KeyError, match=r"No name is near to it"):
        graph.get_tensor_by_name("layer_7/wieghts:0")
    with pytest.raises(KeyError, match=r"The nearest names: layer_0/weights, layer_1/weights, layer_2/weights\."):
        graph.get_tensor_by_name("weights:0")


def test_the_error_is_shown_as_the_key_error_that_it_is():
    with pytest.raises(KeyError) as caught:
        Graph().get_operation_by_name("x")
    assert caught.exconly().startswith("KeyError: \"The name 'x' refers to an Operation not in the graph.\"\n")


def far_and_near():
    with Graph().as_default():
        far = api.constant(1.0, name="far")
    return far, api.constant(2.0, name="near")


BOTH_LINES = r"(far|near):0 was made at \S*test_lookup_errors.py:\d+, (far|near):0 was made at \S*test_lookup_errors.py:\d+\.\n  Build both"


@pytest.mark.parametrize(
    "meet",
    [
        lambda far, near: far + near,
        lambda far, near: TABLE["AddV2"](near, far),
        lambda far, near: IndexedSlices(near, far),
    ],
)
def test_tensors_of_two_graphs_are_told_with_the_lines_that_made_them(graph, meet):
    with pytest.raises(ValueError, match=rf"must be from the same graph as .*\n  {BOTH_LINES}"):
        meet(*far_and_near())


def test_a_tensor_of_another_graph_is_told_with_the_line_that_made_it(graph):
    far, _ = far_and_near()
    with pytest.raises(
        ValueError, match=r"not an element of this graph\.\n  far:0 was made at \S*test_lookup_errors.py:\d+ in <autograd_lite Gr"
    ):
        graph.as_graph_element(far)
    with pytest.raises(ValueError, match=r"^Operation .*far.* is not an element of this graph\.\n  far was made at"):
        graph.as_graph_element(far.op)
