"""Every test has a graph of its own, and the compiler checks itself."""

import pytest

import autograd_lite as tf
from autograd_lite.compiler import verify


@pytest.fixture(autouse=True)
def fresh_graph():
    before, verify.enabled[0] = verify.enabled[0], True
    with tf.Graph().as_default():
        yield
    verify.enabled[0] = before
