"""When a result counts as equal to the recorded one."""

from __future__ import annotations

from typing import Any

import numpy as np

# dtype -> (relative, absolute); a case's own `tol` can only widen them.
TOLERANCES = {
    "float64": (1e-7, 1e-9),
    "complex128": (1e-7, 1e-9),
    "float32": (2e-5, 1e-6),
    "complex64": (2e-5, 1e-6),
    "float16": (2e-3, 2e-3),
    "bfloat16": (1e-2, 1e-2),
}


def difference(got: Any, wanted: np.ndarray, tolerance: dict[str, float] | None = None) -> str | None:
    """None if `got` equals the recorded array; otherwise one line that says how they differ. NaN equals NaN, infinities match in sign."""
    got = np.asarray(got)
    if got.shape != wanted.shape:
        return f"shape {got.shape}, recorded {wanted.shape}"
    if wanted.dtype == object or got.dtype.kind in "OSU":
        equal = [_as_bytes(x) for x in got.ravel()] == [_as_bytes(x) for x in wanted.ravel()]
    elif wanted.dtype.kind in "fc":
        relative, absolute = TOLERANCES[wanted.dtype.name]
        if tolerance:
            relative, absolute = max(relative, tolerance["rtol"]), max(absolute, tolerance["atol"])
        equal = np.allclose(got, wanted, rtol=relative, atol=absolute, equal_nan=True)
    else:
        equal = np.array_equal(got.astype(wanted.dtype), wanted)
    return None if equal else f"got {_short(got)}, recorded {_short(wanted)}"


def _as_bytes(text: Any) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode("utf-8")


def _short(values: np.ndarray) -> str:
    text = np.array2string(values, threshold=12, precision=8).replace("\n", "")
    return text if len(text) <= 160 else text[:160] + " ..."


def first_difference(got: list[Any], wanted: list[Any], things: str) -> str | None:
    """None if two lists are equal; otherwise their lengths and the first place where they differ."""
    if got == wanted:
        return None
    place = next((i for i, (ours, theirs) in enumerate(zip(got, wanted)) if ours != theirs), min(len(got), len(wanted)))
    return f"{len(got)} {things}, recorded {len(wanted)}; number {place} is {got[place : place + 1]}, recorded {wanted[place : place + 1]}"


def first_line(error: BaseException) -> str:
    """`ClassName: first line of the message`, for a report."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:240] if lines else ''}"
