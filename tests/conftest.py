"""What holds for every test."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import threadpoolctl

from autograd_lite.graph import graph as graphs
from autograd_lite.runtime import session as sessions

# What numerical libraries read when they start, to know how many threads to use.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Tens of thousands of tests stay in memory: no search for garbage has to go through them, neither now nor while they run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def use_one_thread_for_blas() -> Iterator[None]:
    """BLAS threads wait for each other in busy loops: where the processors are busy with other tests, one step takes as long as ten."""
    with pytest.MonkeyPatch.context() as patch, threadpoolctl.threadpool_limits(1, user_api="blas"):
        for name in THREAD_VARIABLES:
            patch.setenv(name, os.environ.get(name, "1"))
        yield


@pytest.fixture(scope="session", autouse=True)
def share_what_is_compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Kernels, and the bytecode of programs that tests start, are kept in a folder of this run for all its processes, and nowhere else.

    Without it every program that a test starts would compile the package again where Python is told to write no bytecode, and the suite
    would push the user's own kernels out of their cache.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_LITE_CACHE", str(Path(folder, "cache")))
        if sys.dont_write_bytecode:
            patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            patch.setenv("PYTHONPYCACHEPREFIX", str(Path(folder, "bytecode")))
        yield


@pytest.fixture(autouse=True)
def leave_no_default_session():
    """A test that leaves a default session or graph behind changes what the tests after it see: it fails, and they do not."""
    yield
    left = list(sessions._stack.sessions), list(graphs._stack.graphs)
    sessions._stack.sessions.clear()
    graphs._stack.graphs.clear()
    assert left == ([], []), f"this test left default sessions or graphs open: {left}"
