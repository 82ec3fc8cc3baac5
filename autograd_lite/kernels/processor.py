"""What the processor's vectors are like, as far as kernels choose by it."""

from __future__ import annotations

import platform
from typing import NamedTuple

from autograd_lite.kernels import native

__all__ = ["Vectors", "vectors"]


class Vectors(NamedTuple):
    """Numbers of 32 bits in a vector, and how many vectors a loop may keep in registers beside what it loads."""

    lanes: int
    kept: int


def vectors() -> Vectors | None:
    """Return what this processor has; None where it cannot multiply and add in one instruction, which kernels count on."""
    target = native.target()
    features = target.features.split(",")
    if target.has_wide_vectors:
        return Vectors(16, 28)
    if "+avx2" in features and "+fma" in features:
        return Vectors(8, 12)
    if platform.machine().lower() in ("arm64", "aarch64"):
        return Vectors(4, 24)
    return None
