"""The default backend: NumPy on the processor."""
from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends import contract, host_memory, special
from autograd_lite.backends.contract import Backend, Namespace

__all__ = ["load", "namespace"]


def namespace() -> Namespace:
    """Return NumPy's functions, as far as the contract lists them."""
    return Namespace(
        "xp (NumPy)",
        linalg=Namespace("xp.linalg (NumPy)", **{name: getattr(np.linalg, name) for name in contract.LINALG}),
        fft=Namespace("xp.fft (NumPy)", **{name: getattr(np.fft, name) for name in contract.FFT}),
        special=special,
        lib=Namespace("xp.lib (NumPy)", stride_tricks=Namespace(
            "xp.lib.stride_tricks (NumPy)", **{name: getattr(np.lib.stride_tricks, name) for name in contract.STRIDE_TRICKS})),
        **{name: getattr(np, name) for name in contract.TOP_NAMES})


def load() -> Backend:
    """Return the NumPy backend."""
    host_memory.keep_freed_memory()
    return Backend("numpy", namespace(), "/device:CPU:0", to_device=_as_it_is, to_host=_as_it_is, synchronize=_nothing_to_wait_for)


def _as_it_is(array: Any) -> Any:
    """Host and device are one."""
    return array


def _nothing_to_wait_for() -> Any:
    """NumPy has finished when it returns."""
