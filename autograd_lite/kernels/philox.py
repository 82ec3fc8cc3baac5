"""The samplers of `backends.philox` as machine code: about thirty times as fast as NumPy, the same bits.

`use` only announces them. The first large request starts to prepare them in a thread, and is itself, like all until the code is ready,
served by NumPy. Where llvmlite is not installed it stays so. Nothing that compiles is imported before that first request.
"""
from __future__ import annotations

import ctypes
import threading
import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np

from autograd_lite.backends import philox
from autograd_lite.core import optional

__all__ = ["ARGUMENTS", "CompiledSamplers", "use"]

ARGUMENTS = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_uint64)


class CompiledSamplers:
    """The samplers that `backends.philox` may call; they decline (return False) until their code is ready.

    Args:
      in_background: prepare in a thread at the first request; False makes that request wait instead.
    """

    def __init__(self, in_background: bool = True) -> None:
        self.in_background = in_background
        self._functions: dict[str, Callable[..., None]] = {}
        self._started = threading.Lock()  # taken once, for good, by whoever prepares
        self._ready = threading.Event()

    def words(self, key: int, counter: int, out: np.ndarray, stride: int = 1) -> bool:
        """Fill `out` (uint32) with raw words from every `stride`-th block; False if the code is not ready."""
        return self._fill("words", key, counter, out, stride)

    def uniform(self, key: int, counter: int, out: np.ndarray) -> bool:
        """Fill `out` (float32) with uniform numbers; False if the code is not ready."""
        return self._fill("uniform", key, counter, out)

    def doubles(self, key: int, counter: int, out: np.ndarray) -> bool:
        """Fill `out` (float64) with uniform numbers; False if the code is not ready."""
        return self._fill("doubles", key, counter, out)

    def normal(self, key: int, counter: int, out: np.ndarray, stride: int = 1) -> bool:
        """Fill `out` (float32) with normal numbers from every `stride`-th block; False if the code is not ready."""
        return self._fill("normal", key, counter, out, stride)

    def wait(self) -> bool:
        """Prepare now, or wait for the thread that does; return whether the code can be used."""
        self._start()
        self._ready.wait()
        return bool(self._functions)

    def _fill(self, kind: str, key: int, counter: int, out: np.ndarray, stride: int = 1) -> bool:
        low = counter & philox.MASK64
        if low + out.size * stride > philox.MASK64:  # a carry into the upper half: rare, left to NumPy
            return False
        if not self._ready.is_set():
            self._start()
        function = self._functions.get(kind)
        if function is None:
            return False
        function(out.ctypes.data, out.nbytes // 4, key, low, counter >> 64, stride)
        return True

    def _start(self) -> None:
        if not self._started.acquire(blocking=False):
            return
        if self.in_background:
            # Not a daemon: a process that ends meanwhile waits some tenths of a second, instead of tearing LLVM down while it works.
            optional.load("autograd_lite.kernels.tier").apart(self._prepare, "autograd_lite samplers", daemon=False)
        else:
            self._prepare()

    def _prepare(self) -> None:
        try:
            native = optional.load("autograd_lite.kernels.native")
            if native.installed():
                self._functions = _compiled(native)
        except Exception as error:  # whatever LLVM dislikes, NumPy gives the same numbers
            warnings.warn(f"The compiled random samplers cannot be used here ({error}); NumPy draws the same numbers, slower.",
                          RuntimeWarning, stacklevel=1)
        finally:
            self._ready.set()


def _compiled(native: ModuleType) -> dict[str, Callable[..., None]]:
    """The function of each kind of number, compiled for this processor."""
    assembly = optional.load("autograd_lite.kernels.philox_assembly")
    wide = native.target().has_wide_vectors
    text = assembly.module_text(blocks_per_step=32 if wide else 8, pairs_per_step=8 if wide else 4)
    functions = native.load(text, {f"philox_{kind}": ARGUMENTS for kind in assembly.KINDS})
    return {kind: functions[f"philox_{kind}"] for kind in assembly.KINDS}


def use() -> None:
    """Let large requests for random numbers be served by compiled code from now on, where llvmlite is installed."""
    philox.set_accelerator(CompiledSamplers())
