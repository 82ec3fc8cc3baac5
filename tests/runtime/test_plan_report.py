"""`session.plan`: how a run is carried out, in words, as a page, as a timeline."""

from __future__ import annotations

import json

import numpy as np
import pytest

import autograd_lite as tf
from tests.teach.explorer.browser import executable, opened_browser


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


@pytest.fixture
def training(session):
    x = tf.placeholder(tf.float32, [None, 70], name="x")  # so wide that the product is a step of its own
    w = tf.Variable(np.ones((70, 2), np.float32), name="w")
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w)), name="loss")
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    session.run(w.initializer)
    return w, [train, loss], {x: np.ones((3, 70), np.float32)}


def test_steps_have_names_shapes_times_and_sizes(session, training):
    _, fetches, feed = training
    plan = session.plan(fetches, feed)
    matmul = next(step for step in plan.steps if step.nodes[0] == "MatMul")
    assert matmul.ops == ["MatMul"] and matmul.made == ["float32[3,2]"] and matmul.bytes == 24 and matmul.flops == 840
    assert all(step.seconds is not None and step.seconds >= 0 for step in plan.steps)
    assert plan.seconds >= max(step.seconds for step in plan.steps)
    assert plan.passes[0][0] == "prune" and plan.passes[-1][0] == "memory" and plan.passes[-1][1] == len(plan.steps)


def test_the_text_tells_passes_steps_fusion_and_memory(session, training):
    _, fetches, feed = training
    text = session.plan(fetches, feed).explain()
    for part in ("Passes", "prune", "Steps", "ApplyGradientDescent", "Fusion and reuse", "Memory", "fed: x:0 [3,70]"):
        assert part in text
    full = session.plan(fetches, feed, trace=False).explain(full=True)
    assert "After fold" in full and "def plan(" in full and "trace=False" in full


def test_planning_a_training_step_does_not_train(session, training):
    w, fetches, feed = training
    session.plan(fetches, feed)
    assert session.run(w).tolist() == [[1.0, 1.0]] * 70


def test_random_streams_stand_where_they_stood(session):
    x = tf.random_uniform([2], seed=7)
    session.plan(x)
    first = session.run(x)
    with tf.Session() as other:
        assert np.array_equal(first, other.run(x))


def test_a_run_that_would_use_a_queue_is_not_timed_unless_asked(session):
    queue = tf.FIFOQueue(3, tf.float32, name="queue")
    session.run(queue.enqueue_many([[1.0, 2.0]]))
    taken = queue.dequeue()
    plan = session.plan(taken)
    assert plan.seconds is None and "queue" in plan.explain() and session.run(queue.size()) == 2
    with pytest.raises(RuntimeError, match="There is no timeline"):
        plan.save_timeline("trace.json")
    assert session.plan(taken, trace=True).seconds > 0 and session.run(queue.size()) == 1


def test_loops_count_as_one_step_and_irregular_control_flow_says_so(session):
    _, z = tf.while_loop(lambda i, _: i < 5, lambda i, v: (i + 1, v * 2.0), (tf.constant(0), tf.constant(1.0)))
    (step,) = session.plan(z).steps
    assert step.kind == "while" and step.ops == ["Less", "AddV2", "Mul"]
    x = tf.placeholder(tf.float32, [])
    off, on = tf.raw_ops.Switch(data=x, pred=x > 0.0)
    irregular = tf.raw_ops.Merge(inputs=[on, off * 2.0, off])[0]
    assert "There is no plan" in session.plan(irregular, {x: 1.0}).explain()


def test_many_steps_show_the_slowest_and_say_so(session):
    x = tf.placeholder(tf.float32, [], name="x")
    y = x
    for _ in range(1000):
        y = tf.sin(y) + x
    plan = session.plan(y, {x: 1.0})
    text = plan.explain(most=10)
    assert len(plan.steps) < 10 or f"10 of {len(plan.steps)} steps" in text
    assert len(plan.page()) < 2_000_000
    assert plan.page().count("<summary>After ") < len(plan.passes)  # passes that change nothing share a listing


def test_a_page_is_whole_and_a_hostile_name_is_text(session, tmp_path):
    graph = tf.get_default_graph()
    node = graph.as_graph_def().node.add(name="a", op="NoOp")
    x = tf.placeholder(tf.float32, [2], name="x")
    node = (x * 2.0).op
    object.__setattr__(node, "name", "<script>alert(1)</script>") if hasattr(node, "__dict__") else setattr(node, "name", "<script>")
    plan = session.plan(x * 3.0 + node.outputs[0], {x: [1.0, 2.0]})
    plan.save(tmp_path / "plan.html")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "<script" not in page and "&lt;script&gt;" in page
    assert "default-src 'none'" in page and "<details>" in page and "http" not in page.replace("http-equiv", "")
    assert "<table>" in plan._repr_html_()


def test_files_that_cannot_be_written_are_named(session, tmp_path):
    plan = session.plan(tf.constant(1.0) + 1.0)
    with pytest.raises(OSError, match="cannot write .*nowhere"):
        plan.save(tmp_path / "nowhere" / "plan.html")
    with pytest.raises(OSError, match="cannot write .*nowhere"):
        plan.save_timeline(tmp_path / "nowhere" / "trace.json")
    with pytest.raises(ValueError, match="does not end in one of"):
        plan.save(tmp_path / "plan.png")
    plan.save(tmp_path / "plan.md")
    assert "| pass |" in (tmp_path / "plan.md").read_text(encoding="utf-8")


def test_the_timeline_keeps_the_rules_of_the_trace_event_format(session, training, tmp_path):
    _, fetches, feed = training
    session.plan(fetches, feed).save_timeline(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))["traceEvents"]
    slices = [event for event in events if event["ph"] == "X"]
    assert {"MatMul", "ApplyGradientDescent"} <= {event["name"] for event in slices}
    assert min(event["ts"] for event in slices) == 0 and all(event["dur"] > 0 for event in slices)
    for event in events:
        assert {"ph", "pid", "name"} <= set(event) and (event["ph"] == "M" or "ts" in event)
    for thread in {(event["pid"], event["tid"]) for event in slices}:  # boxes of one row do not overlap
        row = sorted((event["ts"], event["ts"] + event["dur"]) for event in slices if (event["pid"], event["tid"]) == thread)
        assert all(end <= begin + 0.01 for (_, end), (begin, _) in zip(row, row[1:]))
    flows: dict[int, list[dict]] = {}
    for event in events:
        if event["ph"] in "st":
            flows.setdefault(event["id"], []).append(event)
    assert flows
    for flow in flows.values():  # each arrow has two ends, both inside a box of their row
        assert [event["ph"] for event in flow] == ["s", "t"]
        for event in flow:
            assert any(box["tid"] == event["tid"] and box["ts"] <= event["ts"] <= box["ts"] + box["dur"] for box in slices)


def test_what_a_run_would_refuse_is_refused(session):
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.Variable(1.0, name="w")
    with pytest.raises(tf.errors.InvalidArgumentError, match="feed a value for placeholder tensor 'x'"):
        session.plan(x + 1.0)
    with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized"):
        session.plan(w + 1.0)
    with pytest.raises(ValueError, match="cannot be interpreted"):
        session.plan("nobody:0")
    with tf.Graph().as_default():
        stranger = tf.constant(1.0)
    with pytest.raises(ValueError, match="cannot be interpreted"):
        session.plan(stranger)
    assert session.plan(w.initializer).seconds > 0


def test_fused_steps_name_what_they_stand_for(session):
    x = tf.placeholder(tf.float32, [300, 300], name="x")
    y = tf.exp(-tf.square(x) * 0.5) + tf.tanh(x)
    plan = session.plan(y, {x: np.ones((300, 300), np.float32)})
    fused = [step for step in plan.steps if len(step.ops) > 1]
    assert len(fused) <= 1  # one, where kernels can be compiled
    for step in fused:
        assert {"Square", "Exp", "Tanh"} <= set(step.ops) and f"{len(step.ops)} steps in one kernel: " in plan.explain()
    assert plan.passes[-1][1] == len(plan.steps)


@pytest.mark.browser
@pytest.mark.skipif(executable() is None, reason="needs Chromium")
@pytest.mark.xdist_group("browser")
def test_the_page_opens_from_a_file_and_asks_for_nothing(session, training, tmp_path):
    _, fetches, feed = training
    page = tmp_path / "plan.html"
    session.plan(fetches, feed).save(page)
    with opened_browser() as tab:
        for dark in (False, True):
            tab.window(1100, 900, dark=dark)
            tab.open(page, "document.readyState === 'complete'")
            colour = tab.value("getComputedStyle(document.querySelector('main')).backgroundColor")
            assert colour == ("rgb(17, 24, 39)" if dark else "rgb(255, 255, 255)")
            assert tab.value("document.documentElement.scrollWidth <= window.innerWidth")
        assert tab.value("[...document.querySelectorAll('details')].map(each => each.open = true).length") >= 5
        assert tab.value("document.querySelectorAll('table').length") == 2
        assert set(tab.requests) == {page.as_uri()} and tab.complaints == []
