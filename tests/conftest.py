"""What holds for every test."""

import pytest

from autograd_lite.graph import graph as graphs
from autograd_lite.runtime import session as sessions


@pytest.fixture(autouse=True)
def leave_no_default_session():
    """A test that leaves a default session or graph behind changes what the tests after it see: it fails, and they do not."""
    yield
    left = list(sessions._stack.sessions), list(graphs._stack.graphs)
    sessions._stack.sessions.clear()
    graphs._stack.graphs.clear()
    assert left == ([], []), f"this test left default sessions or graphs open: {left}"
