"""Packages that load on first use, and the message when one is missing."""

from __future__ import annotations

import importlib
from types import ModuleType

# package -> (name on the package index, extra of this project or None when it is a core dependency)
PACKAGES: dict[str, tuple[str, str | None]] = {
    "google_crc32c": ("google-crc32c", None),
    "google.protobuf": ("protobuf", None),
    "networkx": ("networkx", None),
    "threadpoolctl": ("threadpoolctl", None),
    "tqdm": ("tqdm", None),
    "pygraphviz": ("pygraphviz", "draw"),
    "llvmlite": ("llvmlite", "fast"),
    "scipy": ("scipy", "scipy"),
    "matplotlib": ("matplotlib", "plot"),
    "tensorboard": ("tensorboard", "tensorboard"),
    "anywidget": ("anywidget", "notebook"),
    "PIL": ("pillow", "image"),
    "h5py": ("h5py", "h5"),
    "lmdb": ("lmdb", "lmdb"),
    "cupy": ("cupy-cuda12x", "cuda12"),
    "mpi4py": ("mpi4py", "mpi"),
    "optuna": ("optuna", "search"),
    "pandas": ("pandas", "pandas"),
    "ml_dtypes": ("ml_dtypes", "bfloat16"),
}


def load(module: str) -> ModuleType:
    """Import `module` now, or raise an ImportError that says which command installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = next((name for name in PACKAGES if module == name or module.startswith(name + ".")), None)
        if package is None:
            raise
        distribution, extra = PACKAGES[package]
        wanted = f'"autograd_lite[{extra}]"' if extra else distribution
        raise ImportError(f"This needs the package {distribution}, which is not installed.\n  pip install {wanted}") from error


def available(module: str) -> bool:
    """Whether `module` can be imported here."""
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True
