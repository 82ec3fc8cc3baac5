"""RunOptions, RunMetadata and the Chrome timeline."""

import json

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.runtime.timeline import Timeline


@pytest.fixture
def traced():
    w = tf.Variable(np.ones((3, 4), np.float32), name="w")
    p = tf.placeholder(tf.float32, [2, 3], name="p")
    out = tf.nn.relu(tf.matmul(p, w), name="out")
    metadata = tf.RunMetadata()
    with tf.Session() as session:
        session.run(w.initializer)
        fed = {p: np.ones((2, 3))}
        plain = session.run(out, fed)
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=False)
        value = session.run(out, fed, options=options, run_metadata=metadata)
    assert np.array_equal(plain, value)
    return metadata


def test_a_full_trace_tells_of_every_node(traced):
    (device,) = traced.step_stats.dev_stats
    names = [stats.node_name for stats in device.node_stats]
    assert "MatMul" in names and "out" in names
    out = device.node_stats[names.index("out")]
    assert [dim.size for dim in out.output[0].tensor_description.shape.dim] == [2, 4]
    assert out.memory[0].total_bytes == 32 and out.all_start_micros > 10**15 and out.all_end_rel_micros >= 1


def test_the_timeline_is_a_chrome_trace(traced):
    trace = json.loads(Timeline(traced.step_stats).generate_chrome_trace_format(show_memory=True))
    events = trace["traceEvents"]
    assert {event["ph"] for event in events} >= {"M", "X", "s", "t", "C"}
    relu = next(event for event in events if event["ph"] == "X" and event["args"]["name"] == "out")
    assert relu["name"] == "Relu" and relu["args"]["input0"] == "MatMul:0" and relu["dur"] >= 1


def test_without_tracing_metadata_stays_empty():
    c = tf.constant(1.0)
    metadata = tf.RunMetadata()
    with tf.Session() as session:
        assert session.run(c, run_metadata=metadata) == 1.0
        assert session.run(c, options=tf.RunOptions()) == 1.0
    assert not metadata.step_stats.dev_stats


def test_other_things_than_messages_are_refused():
    c = tf.constant(1.0)
    with tf.Session() as session:
        with pytest.raises(TypeError, match="RunOptions"):
            session.run(c, options={"trace_level": 3})
        with pytest.raises(TypeError, match="RunMetadata"):
            session.run(c, run_metadata={})


def test_a_callable_can_take_options():
    c = tf.constant(2.0) * tf.placeholder_with_default(3.0, [])
    metadata = tf.RunMetadata()
    with tf.Session() as session:
        function = session.make_callable(c, accept_options=True)
        assert function(options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=metadata) == 6.0
        with pytest.raises(TypeError, match="accept_options"):
            session.make_callable(c)(options=tf.RunOptions())
    assert metadata.step_stats.dev_stats


def test_the_graph_that_ran_can_be_had():
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.exp(x, name="unused")
    y = tf.sin(x, name="y")
    metadata = tf.RunMetadata()
    with tf.Session() as session:
        session.run(y, {x: [1.0, 2.0]}, tf.RunOptions(output_partition_graphs=True), metadata)
    (graph,) = metadata.partition_graphs
    assert [node.name for node in graph.node] == ["y"] and not metadata.step_stats.dev_stats
