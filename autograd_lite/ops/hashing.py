"""Ops that turn strings into numbers that look random but are always the same: hash buckets and fingerprints. They run on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import sample, values
from autograd_lite.wire.fingerprint import fingerprint64, murmur64, siphash64

_WORDS = np.array([b"hello", b"", b"a b", bytes(range(100))], object)
_BUCKETS: dict[str, Any] = {"shape": rules.unchanged, "no_gradient": "a hash value does not change smoothly"}


def _bucket(hashes: np.ndarray, like: Any, count: int) -> np.ndarray:
    return (hashes % np.uint64(count)).astype(np.int64).reshape(like.shape)


@op(
    "StringToHashBucketFast(input: string, *, num_buckets: int >= 1) -> output: int64",
    names=["strings.to_hash_bucket_fast", "string_to_hash_bucket_fast"],
    samples=[sample(_WORDS, num_buckets=10), sample(_WORDS[0], num_buckets=7)],
    **_BUCKETS,
)
def string_to_hash_bucket_fast(xp, input, num_buckets):
    """Give every string one of `num_buckets` numbers: FarmHash's fingerprint, modulo.

    >>> tf.Session().run(tf.strings.to_hash_bucket_fast(["hello", "world"], 1000))
    array([296, 598])
    """
    return _bucket(fingerprint64(input.ravel().tolist()), input, num_buckets)


@op(
    "StringToHashBucket(string_tensor: string, *, num_buckets: int >= 1) -> output: int64",
    samples=[sample(_WORDS, num_buckets=10)],
    **_BUCKETS,
)
def string_to_hash_bucket(xp, string_tensor, num_buckets):
    """Give every string one of `num_buckets` numbers, as the oldest of these ops does: MurmurHash, modulo."""
    return _bucket(murmur64(string_tensor.ravel().tolist()), string_tensor, num_buckets)


@op(
    "StringToHashBucketStrong(input: string, *, num_buckets: int >= 1, key: list(int)) -> output: int64",
    names=["strings.to_hash_bucket_strong", "string_to_hash_bucket_strong"],
    samples=[sample(_WORDS, num_buckets=10, key=[1, 2])],
    **_BUCKETS,
)
def string_to_hash_bucket_strong(xp, input, num_buckets, key):
    """Give every string one of `num_buckets` numbers that nobody can foresee who does not know the key: SipHash, modulo.

    >>> tf.Session().run(tf.strings.to_hash_bucket_strong(["hello"], 1000, [1, 2]))
    array([622])
    """
    if len(key) != 2:
        raise invalid("Key must have 2 elements")
    halves = [number % (1 << 64) for number in key]
    return _bucket(siphash64(input.ravel().tolist(), (halves[0], halves[1])), input, num_buckets)


def _fingerprint_shape(c):
    data = rules.with_rank_at_least(c, c.shape(0), 1)
    rules.with_rank(c, c.shape(1), 0)
    method = c.value(1)
    return (None if data is None else data[0], 8 if method is not None and method.item() == b"farmhash64" else None)


@op(
    "Fingerprint(data: T, method: string) -> fingerprint: uint8",
    shape=_fingerprint_shape,
    host=("data",),
    samples=[
        sample(values((2, 3)), np.array(b"farmhash64", object)),
        sample(_WORDS, np.array(b"farmhash64", object)),
        sample(_WORDS.reshape(2, 2), np.array(b"farmhash64", object)),
    ],
    no_gradient="a hash value does not change smoothly",
)
def fingerprint(xp, data, method):
    """Give the eight bytes of a hash value for every row of `data`."""
    if np.ndim(method):
        raise invalid(f"`method` should be a scalar string: {text(np.shape(method))}")
    name = np.asarray(method, object).item()
    if name != b"farmhash64":
        raise invalid(f"Unsupported fingerprint method: {name.decode('latin-1')}")
    data = np.asarray(data)
    if not data.ndim:
        raise invalid("`data` should have at least one dimension: []")
    check_room((data.shape[0], 8), 1)
    return fingerprint64(_rows(data)).astype("<u8").view(np.uint8).reshape(data.shape[0], 8)


def _rows(data: np.ndarray) -> list[bytes]:
    """The bytes of every row; of several strings those of their hash values."""
    if data.dtype != object:
        return [row.tobytes() for row in np.ascontiguousarray(data)]
    if data.size == data.shape[0]:
        return data.ravel().tolist()
    hashes = fingerprint64(data.ravel().tolist()).astype("<u8").reshape(data.shape[0], -1)
    return [row.tobytes() for row in hashes]
