"""Which backend computes: chosen by name, by the environment, or for the time of a `with` block."""
from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from autograd_lite.backends import cupy_backend, numpy_backend, strict
from autograd_lite.backends.contract import Backend
from autograd_lite.core.export import export

__all__ = ["NAMES", "Chosen", "backend_named", "get_backend", "problem_of", "use_backend"]

ENVIRONMENT = "AUTOGRAD_LITE_BACKEND"
_LOADERS: dict[str, Callable[[], Backend]] = {"numpy": numpy_backend.load, "cupy": cupy_backend.load, "strict": strict.load}
NAMES = tuple(_LOADERS)

_lock = threading.Lock()
_loaded: dict[str, Backend] = {}
_current: Backend | None = None


def backend_named(name: str) -> Backend:
    """Return the backend of this name, loading it if need be.

    Raises: ValueError for an unknown name; ImportError or RuntimeError, saying what to do, for one that does not work here.

    >>> backend_named("numpy").device
    '/device:CPU:0'
    """
    if name not in _LOADERS:
        raise ValueError(f"Unknown backend {name!r}. There are: {', '.join(NAMES)}.")
    with _lock:
        backend = _loaded.get(name)
        if backend is None:
            backend = _loaded[name] = _LOADERS[name]()
        return backend


def get_backend() -> Backend:
    """Return the backend that computes now: the one `use_backend` chose, else AUTOGRAD_LITE_BACKEND's, else NumPy.

    >>> get_backend().name
    'numpy'
    """
    global _current
    backend = _current
    if backend is None:
        backend = _current = backend_named(os.environ.get(ENVIRONMENT) or "numpy")
    return backend


def problem_of(name: str) -> str | None:
    """Return why this backend does not work here, or None if it does.

    >>> problem_of("numpy") is None
    True
    """
    try:
        backend_named(name)
    except (ImportError, RuntimeError) as error:
        return str(error)
    return None


class Chosen:
    """What `use_backend` returns: the choice holds until the next one, or, in a `with` statement, until the end of the block."""

    def __init__(self, backend: Backend, before: Backend | None) -> None:
        self.backend = backend
        self._before = before

    def __enter__(self) -> Backend:
        return self.backend

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        global _current
        _current = self._before

    def __repr__(self) -> str:
        return f"<backend {self.backend.name} on {self.backend.device}>"


@export("use_backend")
def use_backend(name: str) -> Any:
    """Choose what computes from now on: "numpy" (the processor), "cupy" (an NVIDIA GPU) or "strict" (a pretended GPU, for tests).

    Sessions ask when they start to compute, so choose before the first `Session`. Used in a `with` statement, the choice ends with the
    block. Values that come out of `Session.run` are NumPy arrays whatever the backend.

    Raises:
      ValueError: there is no backend of this name.
      ImportError, RuntimeError: it does not work on this machine; the message says why and what to do. The choice stays as it was.

    >>> with use_backend("strict") as backend:
    ...     backend.device
    '/device:GPU:0'
    """
    global _current
    backend = backend_named(name)
    before, _current = _current, backend
    return Chosen(backend, before)
