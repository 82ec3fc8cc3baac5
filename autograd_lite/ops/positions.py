"""Writing into an array at positions that are rows of an index array, as ScatterNd and its kin do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.graph import shape_rules as rules
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.rows import combine_rows, is_contiguous


def check_positions(xp: Any, indices: Any, limits: tuple[int, ...], owner: str) -> None:
    """Every row of `indices` must be a position inside `limits`; `owner` says in the error what they do not index into."""
    outside = xp.any((indices < 0) | (indices >= xp.asarray(limits, dtype=indices.dtype)), axis=-1)
    if bool(xp.any(outside)):
        bad = tuple(np.argwhere(to_host(outside))[0])
        row = ", ".join(map(str, indices[bad].tolist()))
        raise invalid(f"indices[{','.join(map(str, bad))}] = [{row}] does not index into {owner}")


def check_updates(xp: Any, shape: tuple[int, ...], indices: Any, updates: Any) -> None:
    """Positions must lie inside `shape`, and every one must have its update."""
    depth = indices.shape[-1] if indices.ndim else 1
    if depth > len(shape):
        raise invalid(f"indices.shape[-1] must be <= params.rank, but saw indices.shape[-1]: {depth} and params.rank: {len(shape)}")
    if updates.shape != indices.shape[:-1] + shape[depth:]:
        raise invalid(
            f"The outer dimensions and inner dimensions of indices{rules.shape_text(indices.shape)}, updates"
            f"{rules.shape_text(updates.shape)} and shape {rules.shape_text(shape)} must match"
        )
    check_positions(xp, indices, shape[:depth], f"shape {rules.shape_text(shape)}")


def combine_at(xp: Any, combine: Any, whole: Any, indices: Any, updates: Any) -> None:
    """Combine `updates` into `whole` in place at checked positions; a position named twice is combined twice.

    Args:
      combine: an array function of two inputs such as `xp.add`; None replaces what is there.
    """
    if combine is None:
        whole[tuple(xp.moveaxis(indices, -1, 0))] = updates
        return
    if not is_contiguous(whole):
        ordered = xp.array(whole, order="C")
        combine_at(xp, combine, ordered, indices, updates)
        whole[...] = ordered
        return
    depth = indices.shape[-1]
    outer = whole.shape[:depth]
    strides = [math.prod(outer[axis + 1 :]) for axis in range(depth)]  # of positions, counted in rows
    numbers = xp.sum(indices * xp.asarray(strides, dtype=xp.int64), axis=-1, dtype=xp.int64)
    combine_rows(xp, combine, whole.reshape(math.prod(outer), *whole.shape[depth:]), numbers, updates)
