"""Functions that came with a GraphDef of another program."""

from pathlib import Path

import pytest

import autograd_lite as tf

# Written by TensorFlow 2.21 with control flow as functions: y = while i < n: v * 2 or v + sum(x); z = y, -y or y / 2, by n % 3
RECORDED = Path(__file__).with_name("data") / "functional_control_flow.pb"


@pytest.fixture
def graph_def():
    message = tf.GraphDef()
    message.ParseFromString(RECORDED.read_bytes())
    return message


def test_branches_and_loops_of_newer_programs_run(graph_def):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        found = [session.run("z:0", {"x:0": [1, 2, 3], "n:0": n}).tolist() for n in (3, 4, 5)]
    assert found == [[16.0, 20.0, 24.0], [-22.0, -26.0, -30.0], [22.0, 26.0, 30.0]]  # what TensorFlow gives


def test_a_damaged_function_is_told_by_name(graph_def):
    name = next(function.signature.name for function in graph_def.library.function if "while_cond" in function.signature.name)
    for function in graph_def.library.function:
        if function.signature.name == name:
            function.node_def[0].input[0] = "nowhere:z:0"
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"Function {name} is not well formed"):
            session.run("z:0", {"x:0": [1, 2, 3], "n:0": 3})
