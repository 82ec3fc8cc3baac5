"""How many threads one operation may use: `ConfigProto(intra_op_parallelism_threads=...)`."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import optional
from autograd_lite.kernels import pool, tier


def follow(config: Any) -> None:
    """Let compiled kernels and the matrix routines that NumPy calls use as many threads as the ConfigProto says; 0 leaves them as they are.

    As in TensorFlow, this holds for the whole process, and a later session may change it.
    """
    if config is None or config.intra_op_parallelism_threads <= 0:
        return
    pool.set_threads(config.intra_op_parallelism_threads)
    if tier.is_deterministic():
        return  # with one thread, as `set_deterministic` says
    threadpoolctl = optional.load("threadpoolctl")
    threadpoolctl.threadpool_limits(config.intra_op_parallelism_threads, user_api="blas")
