"""Every test has a graph of its own, and the compiler checks itself."""

import pytest

import autograd_lite as tf
from autograd_lite.compiler import verify


@pytest.fixture
def on_numpy(monkeypatch):
    """Fused steps run as the NumPy lines that they stand for, whatever the environment says: for tests that compare bit by bit."""
    monkeypatch.delenv("AUTOGRAD_LITE_KERNELS", raising=False)


@pytest.fixture(autouse=True)
def fresh_graph():
    before, verify.enabled[0] = verify.enabled[0], True
    with tf.Graph().as_default():
        yield
    verify.enabled[0] = before
