"""Every test has a graph of its own."""

import pytest

import autograd_lite as tf


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default() as graph:
        yield graph
