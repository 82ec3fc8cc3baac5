"""Every test begins with an empty graph."""

import pytest

import autograd_lite as tf
from autograd_lite.core.release import get_release, set_release


@pytest.fixture(autouse=True)
def fresh_graph():
    tf.reset_default_graph()
    yield
    tf.reset_default_graph()


@pytest.fixture
def release_2_21():
    before = get_release()
    set_release("2.21")
    yield
    set_release(before)
