"""`autograd-lite doctor`: what is installed here, what works, and what each missing part would give."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator

import numpy as np

from autograd_lite.backends.registry import NAMES, get_backend, problem_of
from autograd_lite.core import optional
from autograd_lite.core.release import get_release
from autograd_lite.core.version import PACKAGE_VERSION, tensorflow_version

# What each extra of this project gives, for people who do not have it.
GIVES = {
    "draw": "pictures of graphs as PNG and PDF without a system package",
    "fast": "compiled kernels: fused arithmetic, convolutions, random numbers; NumPy alone is slower",
    "scipy": "special functions, sparse matrices and SciPy's optimizers",
    "plot": "plots of training curves (matplotlib)",
    "tensorboard": "the TensorBoard viewer for summaries and graphs",
    "notebook": "live pictures in notebooks",
    "image": "reading and writing JPEG, PNG and GIF",
    "h5": "Keras weights in HDF5 files",
    "lmdb": "records in LMDB databases",
    "bfloat16": "arrays of bfloat16",
    "cuda12": "NVIDIA GPUs through CuPy (CUDA 12; extra cuda13 for CUDA 13)",
    "mpi": "training in many processes",
    "search": "search for good settings (Optuna)",
    "pandas": "training histories as pandas tables",
}
_BACKENDS = {
    "numpy": "arrays in main memory",
    "cupy": "arrays on an NVIDIA GPU",
    "strict": "NumPy posing as a GPU; finds hidden host copies",
}
_VARIABLES = (
    "AUTOGRAD_LITE_RELEASE", "AUTOGRAD_LITE_BACKEND", "AUTOGRAD_LITE_KERNELS", "AUTOGRAD_LITE_CACHE",
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES",
)  # fmt: skip


def report() -> tuple[list[str], bool]:
    """The lines to print, and whether everything that is needed is there."""
    missing = [package for package, (_, extra) in optional.PACKAGES.items() if extra is None and not optional.available(package)]
    lines = [*_versions(), "", "Backends", *_backends(), "", "Packages always used", *_core_packages(), "", "Extras", *_extras()]
    lines += ["", "Environment", *(f"  {name}={os.environ[name]}" for name in _VARIABLES if name in os.environ)]
    if lines[-1] == "Environment":
        lines.append(f"  none of {', '.join(_VARIABLES)} is set")
    if missing:
        lines += ["", f"Missing: {', '.join(missing)}. Mend it with: pip install autograd_lite"]
    return lines, not missing


def _versions() -> Iterator[str]:
    yield f"autograd_lite {PACKAGE_VERSION}, release {get_release()}: the graphs and numbers of TensorFlow {tensorflow_version()}"
    yield f"Python {platform.python_version()} ({sys.executable}) on {platform.platform()}"
    yield f"NumPy {np.__version__}; {_blas()}; {os.cpu_count()} processor cores"


def _blas() -> str:
    """Which library multiplies matrices, and with how many threads."""
    if not optional.available("threadpoolctl"):
        name = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"BLAS {name['name']} {name['version']}"
    pools = [pool for pool in optional.load("threadpoolctl").threadpool_info() if pool["user_api"] == "blas"]
    told = [f"BLAS {pool['internal_api']} {pool['version'] or ''} with {pool['num_threads']} threads" for pool in pools]
    return ", ".join(told) or "no BLAS found"


def _backends() -> Iterator[str]:
    for name in NAMES:
        problem = problem_of(name)
        chosen = problem is None and get_backend().name == name
        state = "not here" if problem else "in use" if chosen else "ready"
        yield f"  {name:<12} {state:<9} {_BACKENDS[name]}"
        if problem:
            yield from (f"    {line}" for line in problem.splitlines())


def _core_packages() -> Iterator[str]:
    for package, (distribution, extra) in optional.PACKAGES.items():
        if extra is None:
            yield f"  {distribution:<14} {_version_of(distribution) if optional.available(package) else 'MISSING'}"


def _extras() -> Iterator[str]:
    for package, (distribution, extra) in optional.PACKAGES.items():
        if extra is None:
            continue
        there = optional.available(package)
        yield f"  {extra:<12} {_version_of(distribution) if there else 'missing':<9} {GIVES[extra]}"
        if not there:
            yield f'    pip install "autograd_lite[{extra}]"'


def _version_of(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:  # the same package under another distribution's name
        return "there"
