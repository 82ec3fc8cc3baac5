"""The GPU backend: CuPy behind the same contract.  Importing this file needs no GPU and no CuPy; `load` does."""
from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends import contract, scatter
from autograd_lite.backends.contract import Backend, Namespace
from autograd_lite.core import optional

__all__ = ["load"]

HOST_INSTEAD = 'Use the processor instead with autograd_lite.use_backend("numpy").'


def load() -> Backend:
    """Return the CuPy backend.

    Raises:
      ImportError: CuPy is not installed; the message says how to install it.
      RuntimeError: CuPy is there but no GPU answers, or CuPy is too old for the contract.
    """
    try:
        cupy = optional.load("cupy")
        special = optional.load("cupyx.scipy.special")
    except ImportError as error:
        raise ImportError(f'The backend "cupy" needs CuPy, which cannot be imported here: {error.__cause__ or error}\n'
                          '  pip install "autograd_lite[cuda12]"   (or cuda13, after the CUDA version that `nvidia-smi` shows)\n'
                          f"{HOST_INSTEAD}") from error
    _check_gpu(cupy)
    return Backend("cupy", _namespace(cupy, special), "/device:GPU:0", to_device=_to_device(cupy), to_host=contract.to_host,
                   synchronize=lambda: cupy.cuda.get_current_stream().synchronize())


def _check_gpu(cupy: Any) -> None:
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # CUDA's own error class; without a driver even that may be missing
        raise RuntimeError(f'The backend "cupy" needs a CUDA GPU, and none answers: {error}\n'
                           f"Does `nvidia-smi` list one?  {HOST_INSTEAD}") from error
    if count == 0:
        raise RuntimeError(f'The backend "cupy" needs a CUDA GPU, and CUDA finds none.  {HOST_INSTEAD}')


def _to_device(cupy: Any) -> Any:
    def to_device(array: Any) -> Any:
        """Copy to the GPU; arrays of strings stay on the host."""
        return array if isinstance(array, np.ndarray) and array.dtype.kind in "OSU" else cupy.asarray(array)

    return to_device


class _Ufunc:
    """A ufunc of CuPy with a working `at`: CuPy's own has it for few of them, and computes the largest of doubles in single precision."""

    def __init__(self, cupy: Any, name: str, ufunc: Any) -> None:
        self.__name__ = name
        self._cupy = cupy
        self._ufunc = ufunc

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._ufunc(*arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ufunc, name)

    def at(self, array: Any, indices: Any, values: Any) -> None:
        """Update `array` in place; an index that comes several times counts each time."""
        if self.__name__ == "add" and array.dtype.kind == "f":  # what CuPy's own does well, and fastest
            self._ufunc.at(array, indices, values)
        else:
            scatter.update_at(self._cupy, self._ufunc, array, indices, values)


def _namespace(cupy: Any, special: Any) -> Namespace:
    members = _members("xp", contract.TOP_NAMES, cupy, np)
    for name in contract.UFUNCS_WITH_AT:
        members[name] = _Ufunc(cupy, name, members[name])
    return Namespace(
        "xp (CuPy)", **members,
        linalg=Namespace("xp.linalg (CuPy)", **_members("xp.linalg", contract.LINALG, cupy.linalg, np.linalg)),
        fft=Namespace("xp.fft (CuPy)", **_members("xp.fft", contract.FFT, cupy.fft)),
        special=Namespace("xp.special (CuPy)", **_members("xp.special", contract.SPECIAL, special)),
        lib=Namespace("xp.lib (CuPy)", stride_tricks=Namespace(
            "xp.lib.stride_tricks (CuPy)",
            **_members("xp.lib.stride_tricks", contract.STRIDE_TRICKS, cupy.lib.stride_tricks))))


def _members(title: str, names: tuple[str, ...], *places: Any) -> dict[str, Any]:
    """Look each name up on the GPU side; types and the like (`SHARED`, errors) may come from NumPy, as CuPy takes them from there too."""
    host_too = {*contract.SHARED, "LinAlgError"}
    members, missing = {}, []
    for name in names:
        found = [place for place in (places if name in host_too else places[:1]) if hasattr(place, name)]
        if found:
            members[name] = getattr(found[0], name)
        else:
            missing.append(f"{title}.{name}")
    if missing:
        raise RuntimeError(f"This CuPy is too old for autograd_lite: it lacks {', '.join(missing)}.  Update CuPy to version 14.")
    return members
