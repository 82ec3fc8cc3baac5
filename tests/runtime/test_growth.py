"""Programs that build nodes in their loop are warned, once."""

import warnings

import pytest

import autograd_lite as tf
from autograd_lite.runtime.growth import RUNS_BEFORE_WARNING, GraphGrowsWarning


def test_a_loop_that_adds_nodes_is_warned_once_with_its_line():
    x = tf.constant(1.0)
    with tf.Session() as session, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for step in range(RUNS_BEFORE_WARNING * 3):
            session.run(x + float(step))  # the line
    found = [warning for warning in seen if issubclass(warning.category, GraphGrowsWarning)]
    assert len(found) == 1
    assert f"test_growth.py:{found[0].lineno}" in str(found[0].message)
    with open(__file__) as source:
        assert "# the line" in source.readlines()[found[0].lineno - 1]


def test_a_loop_in_which_several_lines_add_nodes_is_warned_too():
    x = tf.constant(1.0)
    with tf.Session() as session, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for step in range(RUNS_BEFORE_WARNING * 3):
            session.run(x)
            session.run(x + float(step))
            (x * float(step)).eval()
            session.run([x - float(step), x])
    assert [warning.category for warning in seen] == [GraphGrowsWarning]


def test_a_line_that_builds_a_part_now_and_then_is_no_loop():
    x = tf.constant(1.0)

    def layer(size):
        return x * size

    with tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(RUNS_BEFORE_WARNING - 1):
            session.run(layer(2.0))
        for line in range(25):  # other lines, each once
            session.run(eval(compile("x + 1.0", f"part_{line}.py", "eval")))
        session.run(layer(3.0))


def test_building_here_and_there_is_not_a_loop():
    x = tf.constant(1.0)
    with tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("error")
        session.run(x + 1.0)
        session.run(x + 2.0)
        session.run(x + 3.0)
        for _ in range(50):
            session.run(x)


def test_the_warning_can_be_made_an_error():
    x = tf.constant(1.0)
    with tf.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("error", GraphGrowsWarning)
        with pytest.raises(GraphGrowsWarning):
            for step in range(RUNS_BEFORE_WARNING * 3):
                session.run(x * float(step))
