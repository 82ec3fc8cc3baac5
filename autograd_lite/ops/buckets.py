"""Ops behind feature columns: numbers sorted into buckets, and features crossed with one another. They run on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.sparse_parts import checked_sizes
from autograd_lite.wire.fingerprint import fingerprint64

_MULTIPLIER = np.uint64(0xC6A4A7935BD1E995)
_LARGEST = np.uint64(2**63 - 1)


@op(
    "Bucketize(input: T, *, boundaries: list(float)) -> output: int32",
    types={"T": "int32 int64 float double"},
    shape=rules.unchanged,
    samples=[sample(values((2, 3)), boundaries=[-1.0, 0.5]), sample(ints(1, 5, 9), boundaries=[2.0, 9.0])],
    no_gradient="the number of a bucket does not change smoothly",
)
def bucketize(xp, input, boundaries):
    """Give every number the number of its bucket: how many of the ascending boundaries are not above it."""
    edges = np.asarray(boundaries, np.float32)
    if np.any(np.diff(edges) < 0):
        raise invalid("Expected sorted boundaries")
    return xp.searchsorted(xp.asarray(edges), input, side="right").astype(np.int32)


# ------------------------------------------------------------------ crossing


def _mixed(value: np.ndarray) -> np.ndarray:
    return value ^ (value >> np.uint64(47))


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two fingerprints made one."""
    joined = (first ^ _MULTIPLIER ^ (_mixed(second * _MULTIPLIER) * _MULTIPLIER)) * _MULTIPLIER
    return _mixed(_mixed(joined) * _MULTIPLIER)


def _numbers(values: Any) -> np.ndarray:
    """Fingerprints of strings; integers are their own."""
    return fingerprint64(values.tolist()) if values.dtype == object else values.astype(np.int64).view(np.uint64)


def _cross_shape(c):
    return [(None, 2), (None,), (2,)]


class _Feature:
    """One feature of a batch: all values in a row, and where those of each example begin and how many there are."""

    def __init__(self, values: np.ndarray, counts: np.ndarray) -> None:
        self.values = values
        self.counts = counts
        self.starts = np.cumsum(counts) - counts


def _features(indices: list[Any], values: list[Any], shapes: list[Any], dense: list[Any]) -> list[_Feature]:
    """All features; their batches must have one size."""
    found, sizes = [], []
    for positions, stored, shape in zip(indices, values, shapes):
        rows = checked_sizes(positions, stored, shape)
        if len(rows) != 2:
            raise invalid(f"Expected 2-D inputs, got a sparse tensor of rank {len(rows)}")
        check_room((rows[0],), 8)
        sizes.append(rows[0])
        found.append(_Feature(stored, np.bincount(positions[:, 0], minlength=rows[0])))
    for stored in dense:
        if stored.ndim != 2:
            raise invalid(f"Dense inputs should be a matrix but have rank {stored.ndim}")
        sizes.append(len(stored))
        found.append(_Feature(stored.reshape(-1), np.full(len(stored), stored.shape[1])))
    if len(set(sizes)) > 1:
        raise invalid(f"Expected batch size {sizes[0]}, got {next(size for size in sizes if size != sizes[0])}")
    if not found:
        raise invalid("Nothing to cross: no inputs")
    return found


@op(
    "SparseCross(indices: N * int64, values: list(sparse_types), shapes: N * int64, dense_inputs: list(dense_types), *, N: int >= 0, "
    "hashed_output: bool, num_buckets: int >= 0, hash_key: int, out_type: type, internal_type: type) -> "
    "output_indices: int64, output_values: out_type, output_shape: int64",
    types={"sparse_types": "int64 string", "dense_types": "int64 string", "out_type": "int64 string", "internal_type": "int64 string"},
    shape=_cross_shape,
    samples="it takes lists of tensors of different types; tests/ops/test_buckets.py shows it",
    no_gradient="which features come together does not change smoothly",
)
def sparse_cross(xp, indices, values, shapes, dense_inputs, hashed_output, num_buckets, hash_key):
    """Combine every value of one feature with every value of the others, example by example: joined by `_X_`, or as a hash value."""
    features = _features(indices, values, shapes, dense_inputs)
    counts = np.prod([feature.counts for feature in features], axis=0).astype(np.int64)
    check_room((int(counts.sum()),), 8)
    rows = np.repeat(np.arange(len(counts)), counts)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    rest, picked = places, []
    for feature in reversed(features):  # the last feature changes fastest
        size = np.maximum(feature.counts[rows], 1)
        picked.append(feature.starts[rows] + rest % size)
        rest = rest // size
    chosen = [feature.values[where] for feature, where in zip(features, reversed(picked))]
    shape = np.array([len(counts), counts.max(initial=0)], np.int64)
    return np.stack([rows, places], axis=1).astype(np.int64), _crossed(chosen, hashed_output, num_buckets, hash_key), shape


def _crossed(chosen: list[np.ndarray], hashed: bool, num_buckets: int, hash_key: int) -> np.ndarray:
    if hashed:
        with np.errstate(over="ignore"):
            result = np.full(len(chosen[0]), np.uint64(hash_key % (1 << 64)))
            for column in chosen:
                result = _joined(result, _numbers(column))
        return (result % (np.uint64(num_buckets) if num_buckets else _LARGEST)).astype(np.int64)
    words = [column.tolist() if column.dtype == object else [str(number).encode() for number in column.tolist()] for column in chosen]
    joined = np.empty(len(chosen[0]), object)
    joined[:] = [b"_X_".join(parts) for parts in zip(*words)]
    return joined
