"""`xp.special` of the NumPy backend: SciPy's functions where SciPy is installed, else those of `special_functions`.

The choice is made at the first use of each function, so importing this loads nothing.
"""
from __future__ import annotations

from typing import Any

from autograd_lite.backends import contract, special_functions
from autograd_lite.core import optional

__all__ = ["__getattr__"]


def __getattr__(name: str) -> Any:
    """Find a function of the contract's list, and remember it."""
    if name not in contract.SPECIAL:
        raise AttributeError(f"xp.special has no {name!r}: kernels may use what backends/contract.py lists, which every backend has.")
    source = optional.load("scipy.special") if optional.available("scipy.special") else special_functions
    function = getattr(source, name)
    globals()[name] = function
    return function
