"""Two graphs are compared by what they mean."""

import numpy as np
import pytest

from autograd_lite.wire import messages
from autograd_lite.wire.compare import graph_differences
from autograd_lite.wire.tensor_proto import array_to_proto


@pytest.fixture
def graph():
    found = messages.GraphDef()
    found.node.add(name="p", op="Placeholder").attr["dtype"].type = 1
    constant = found.node.add(name="c", op="Const")
    constant.attr["value"].tensor.CopyFrom(array_to_proto(np.zeros(3, np.float32)))
    found.node.add(name="s", op="Add", input=["p", "c", "^c", "^p"])
    return found


def copy_of(graph):
    return messages.GraphDef.FromString(graph.SerializeToString())


def test_a_graph_does_not_differ_from_its_copy(graph):
    assert graph_differences(graph, copy_of(graph), in_order=True) == []


def test_the_encoding_of_a_tensor_and_the_order_of_control_inputs_do_not_count(graph):
    other = copy_of(graph)
    other.node[1].attr["value"].tensor.CopyFrom(array_to_proto(np.broadcast_to(np.float32(0), (3,))))
    other.node[2].input[:] = ["p", "c", "^p", "^c"]
    assert graph_differences(graph, other) == []


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda g: g.node.add(name="extra", op="NoOp"), "extra (NoOp) is only in the second"),
        (lambda g: g.node[2].input.__setitem__(0, "c"), "s (Add): inputs"),
        (lambda g: setattr(g.node[2], "op", "Sub"), "s (Add): op: 'Add' and 'Sub'"),
        (lambda g: g.node[0].attr["shape"].SetInParent(), "p (Placeholder): attr shape: only in the second"),
        (lambda g: g.node[1].attr["value"].tensor.CopyFrom(array_to_proto(np.ones(3, np.float32))), "c (Const): attr value"),
        (lambda g: setattr(g.node[0], "device", "/cpu:0"), "p (Placeholder): device: '' and '/cpu:0'"),
    ],
)
def test_a_change_is_told(graph, change, told):
    other = copy_of(graph)
    change(other)
    found = graph_differences(graph, other)
    assert len(found) == 1 and found[0].startswith(told)


def test_the_order_of_nodes_counts_when_asked(graph):
    other = messages.GraphDef(node=reversed(graph.node))
    assert graph_differences(graph, other) == []
    assert graph_differences(graph, other, in_order=True)
