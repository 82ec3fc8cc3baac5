"""What the tests of the API share: a fresh graph, a way to run, and the nodes that a call adds."""

from __future__ import annotations

import pytest

import autograd_lite as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as fresh:
        yield fresh


@pytest.fixture
def run():
    def run_in_new_session(fetches, feeds=None):
        with tf.Session() as session:
            return session.run(fetches, feeds)

    return run_in_new_session


@pytest.fixture
def nodes(graph):
    """The (name, type) pairs of the nodes made since the fixture was last asked; the first call starts after the placeholders."""

    def added_since(mark=0):
        return [(op.name, op.type) for op in graph.get_operations()[mark:]]

    return added_since


@pytest.fixture
def second_release():
    tf.set_release("2.21")
    yield
    tf.set_release("1.15")


@pytest.fixture
def first_release():
    before = tf.get_release()
    tf.set_release("1.15")
    yield
    tf.set_release(before)
