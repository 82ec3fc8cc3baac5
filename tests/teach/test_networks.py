import pytest

import autograd_lite as tf

networkx = pytest.importorskip("networkx")


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        parts = tf.split(tf.layers.dense(x, 6, name="hidden"), 2, axis=1, name="parts")
        loss = tf.reduce_mean(parts[0] * parts[1], name="loss")
        tf.train.AdamOptimizer().minimize(loss)
    return made


def test_nodes_and_edges_carry_what_the_graph_knows(graph):
    network = graph.to_networkx()
    assert isinstance(network, networkx.MultiDiGraph)
    assert list(network) == [op.name for op in graph.get_operations()]
    node = network.nodes["parts"]
    assert (node["op"], node["kind"], node["shapes"], node["dtypes"]) == ("Split", "operation", [(None, 3)] * 2, ["float32"] * 2)
    assert node["attrs"]["num_split"] == 2 and node["inputs"] == ["parts/split_dim:0", "hidden/BiasAdd:0"]
    assert network.nodes["x"]["kind"] == "placeholder" and network.nodes["hidden/kernel"]["kind"] == "variable"
    edges = network.get_edge_data("parts", "mul")
    assert [(edge["tensor"], edge["input"], edge["shape"], edge["dtype"]) for edge in edges.values()] == [
        ("parts:0", 0, (None, 3), "float32"), ("parts:1", 1, (None, 3), "float32"),
    ]  # fmt: skip
    controls = [(source, target) for source, target, edge in network.edges(data=True) if edge["control"]]
    assert ("Adam/Assign", "Adam") in controls
    assert network.number_of_edges() == sum(len(op.inputs) + len(op.control_inputs) for op in graph.get_operations())


def test_a_part_can_be_asked_for(graph):
    loss = graph.get_tensor_by_name("loss:0")
    assert set(graph.to_networkx(loss)) == {"loss"} | networkx.ancestors(graph.to_networkx(), "loss")
    assert set(graph.to_networkx("hidden")) == {op.name for op in graph.get_operations() if op.name.startswith("hidden/")}


def test_a_whole_network_comes_back_as_the_same_graph(graph):
    back = tf.from_networkx(graph.to_networkx())
    nodes, wanted = ({node.name: node for node in each.as_graph_def().node} for each in (back, graph))
    assert nodes == wanted


def test_a_loop_and_a_condition_come_back():
    with tf.Graph().as_default() as graph:
        total = tf.while_loop(lambda i: i < 10, lambda i: i + 3, [tf.constant(0)])
        tf.cond(total > 5, lambda: total * 2, lambda: total, name="choice")
    back = tf.from_networkx(graph.to_networkx())
    with tf.Session(graph=back) as session:
        assert session.run("choice/Merge:0") == 24


def test_what_is_cut_off_becomes_a_placeholder(graph):
    part = tf.from_networkx(graph.to_networkx().subgraph(["mul", "loss", "Const_1"]))
    kinds = {op.name: op.type for op in part.get_operations()}
    assert kinds == {"parts": "Placeholder", "parts_1": "Placeholder", "mul": "Mul", "Const_1": "Const", "loss": "Mean"}
    assert part.get_tensor_by_name("parts_1:0").shape.as_list() == [None, 3]
    with tf.Session(graph=part) as session:
        assert session.run("loss:0", {"parts:0": [[1.0, 2, 3]], "parts_1:0": [[2.0, 2, 2]]}) == 4.0


def broken(graph, change):
    network = graph.to_networkx()
    change(network)
    return network


@pytest.mark.parametrize("change, error, said", [
    (lambda n: n.nodes["mul"].update(op="Evil"), ValueError, "Node 'mul' has op='Evil', which is no type of operation"),
    (lambda n: n.nodes["mul"].pop("op"), ValueError, "Node 'mul' has op=None"),
    (lambda n: n.add_node(7, op="NoOp"), TypeError, r"not by 7 \(int\)"),
    (lambda n: n.add_node("<script>", op="NoOp"), ValueError, "'<script>' is not a valid name of a node"),
    (lambda n: n.nodes["mul"].update(attrs=[1]), TypeError, "attrs must be a dict"),
    (lambda n: n.nodes["mul"].update(inputs="parts:0"), TypeError, "inputs must be a list"),
    (lambda n: n.nodes["mul"]["attrs"].update(T="banana"), ValueError, "the attribute T cannot be 'banana'"),
    (lambda n: n.nodes["parts"]["attrs"].update(num_split="two"), ValueError, "the attribute num_split cannot be 'two'"),
    (lambda n: n.edges["parts", "mul", 0].update(tensor="x:0"), ValueError, "from 'parts' to 'mul' has tensor='x:0'"),
    (lambda n: n.edges["parts", "mul", 0].update(tensor="parts:9"), ValueError, "parts"),
    (lambda n: n.edges["parts", "mul", 0].update(input=1), ValueError, "each input has one edge"),
    (lambda n: n.edges["parts", "mul", 0].update(input=-1), ValueError, "has input=-1"),
    (lambda n: n.remove_edge("parts", "mul", 0), ValueError, r"The inputs of node 'mul' are not complete: .* without \['parts:0'\]"),
    (lambda n: n.nodes["mul"].update(inputs=[]) or n.remove_edge("parts", "mul", 0), ValueError, "of node 'mul' are not complete"),
    (lambda n: (n.remove_node("parts"), n.nodes["mul"].pop("input_dtypes")), ValueError, "do not tell what it is"),
    (lambda n: n.add_edge("loss", "x", control=True), ValueError, "."),
    (lambda n: n.nodes["mul"]["attrs"].update(T=tf.int32), ValueError, "."),
])  # fmt: skip
def test_a_network_that_is_no_graph_is_refused(graph, change, error, said):
    with pytest.raises(error, match=said):
        tf.from_networkx(broken(graph, change))


def test_something_else_than_a_network_is_refused():
    with pytest.raises(TypeError, match="A directed network of networkx is wanted"):
        tf.from_networkx({"x": {}})
    with pytest.raises(TypeError, match="not Graph"):
        tf.from_networkx(networkx.Graph())


def test_nodes_that_touch_files_do_not_run_when_they_come_from_a_network():
    with tf.Graph().as_default() as graph:
        tf.read_file("somewhere", name="read")
    with tf.Session(graph=tf.from_networkx(graph.to_networkx())) as session:
        with pytest.raises(tf.errors.PermissionDeniedError):
            session.run("read:0")
