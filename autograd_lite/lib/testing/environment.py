"""Where a test runs: its folder, its devices, its command line, and a cluster to try things on."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import sys
import tempfile
import unittest
from typing import Any
from unittest import mock

from autograd_lite.backends.registry import get_backend
from autograd_lite.core.export import export, export_computed
from autograd_lite.lib import app
from autograd_lite.lib.testing.benchmark import run_benchmarks
from autograd_lite.lib.training.servers import ClusterSpec, Server

_BENCHMARKS_FLAG = "--benchmarks="


@export_computed("test.mock")
def mock_module() -> Any:
    """`unittest.mock`, under the name by which tests of the time knew it.

    >>> import autograd_lite as tf
    >>> tf.test.mock.Mock(return_value=3)()
    3
    """
    return mock


@export("test.main")
def main(argv: Any = None) -> Any:
    """Run the tests of the running script, then leave with status 0 if all passed.

    The flags of the program are read first; what else stands on the command line goes to unittest (`-v`, `SomeTest.test_this`). With
    `--benchmarks=regular expression` the benchmarks whose names match run instead.

    Raises:
      SystemExit: always.
    """

    def run_all(arguments: list[str]) -> Any:
        wanted = [argument for argument in arguments if argument.startswith(_BENCHMARKS_FLAG)]
        if wanted:
            return run_benchmarks(wanted[-1][len(_BENCHMARKS_FLAG) :])
        return unittest.main(argv=arguments)

    app.run(main=run_all, argv=sys.argv if argv is None else argv)


@functools.cache
def _made_temp_dir() -> str:
    folder = tempfile.mkdtemp(prefix="autograd_lite_test_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@export("test.get_temp_dir")
def get_temp_dir() -> str:
    """A folder for the files of tests: that of the environment variable TEST_TMPDIR, or one that is removed when the program ends.

    >>> import os
    >>> os.path.isdir(get_temp_dir())
    True
    """
    given = os.environ.get("TEST_TMPDIR")
    if given:
        os.makedirs(given, exist_ok=True)
        return given
    return _made_temp_dir()


@export("test.test_src_dir_path")
def test_src_dir_path(relative_path: str) -> str:
    """The path of a file that belongs to a test: below the folder that the environment variable TEST_SRCDIR names, or the present one."""
    return os.path.join(os.environ.get("TEST_SRCDIR", os.getcwd()), relative_path)


test_src_dir_path.__test__ = False  # type: ignore[attr-defined]


@export("test.gpu_device_name")
def gpu_device_name() -> str:
    """The name of the GPU on which sessions compute now; an empty text if they do not.

    >>> gpu_device_name()
    ''
    """
    device = get_backend().device
    return device if "GPU" in device else ""


@export("test.is_gpu_available")
def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether sessions use a GPU now: after `tf.use_backend("cupy")`, for example.

    Args:
      cuda_only: count only GPUs of CUDA, which are the only ones.
      min_cuda_compute_capability: not looked at: what CuPy can use will do.
    """
    return bool(gpu_device_name())


@export("test.is_built_with_cuda", "test.is_built_with_gpu_support")
def is_built_with_cuda() -> bool:
    """Whether sessions can use a GPU of CUDA: as `is_gpu_available`, since nothing is built in."""
    return is_gpu_available()


@export("test.is_built_with_rocm")
def is_built_with_rocm() -> bool:
    """Whether GPUs of ROCm can be used: no."""
    return False


@export("test.create_local_cluster")
def create_local_cluster(
    num_workers: int, num_ps: int, protocol: str = "grpc", worker_config: Any = None, ps_config: Any = None
) -> tuple[list[Server], list[Server]]:
    """Servers for a cluster inside this process, for tests of distributed programs.

    Returns:
      The servers of the workers, and those of the parameter servers.

    >>> workers, ps = create_local_cluster(num_workers=2, num_ps=1)
    >>> len(workers), len(ps), workers[1].server_def.task_index
    (2, 1, 1)
    """
    names = [("worker", num_workers), ("ps", num_ps)]
    cluster = ClusterSpec({job: [f"localhost:{_free_port()}" for _ in range(count)] for job, count in names if count})
    configs = {"worker": worker_config, "ps": ps_config}
    made = {
        job: [Server(cluster, job_name=job, task_index=i, protocol=protocol, config=configs[job], start=True) for i in range(count)]
        for job, count in names
    }
    return made["worker"], made["ps"]


def _free_port() -> int:
    """A number that no other server in this process has; no port is really opened."""
    server = Server({"localhost": ["localhost:0"]}, start=False)
    return int(server.target.rpartition(":")[2])
