"""Random numbers exactly as TensorFlow's CPU kernels draw them: Philox 4x32-10 and its samplers.

Philox is a counter-based generator: block number `c` of a stream is a fixed function of a 64-bit key and the 128-bit counter `c`, and
gives four 32-bit words. Nothing is iterated, so any part of a stream can be computed alone, in any order and by any number of threads.

Sources: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (the generator);
G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", 1958 (the normal sampler).

Normal numbers in float32 (and the 16-bit types) take log, sin and cos from `float_math` and equal those of TensorFlow on Linux in
every bit. In float64 they come from NumPy, and the last bit may differ.
"""
from __future__ import annotations

import functools
import math
import os
import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite.backends import float_math

__all__ = ["Accelerator", "PhiloxStream", "doubles_at", "set_accelerator", "stateless_key", "words_at"]

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
MASK32 = 0xFFFFFFFF
MASK64 = 0xFFFFFFFFFFFFFFFF
MASK128 = (1 << 128) - 1
# Blocks that TensorFlow sets aside per number that an op makes: room for samplers that reject.
RESERVED_BITS = 8
RESERVED_PER_OUTPUT = 1 << RESERVED_BITS
# Blocks computed at a time: six arrays of 64 KiB, which the second-level cache of any processor of the last ten years holds.
CHUNK = 8192
# Up to this many blocks Python's integers are faster than the fixed cost of fifty NumPy calls.
FEW_BLOCKS = 6
# Below this many numbers the compiled kernels are not asked at first; after so many smaller requests they are asked for all.
MANY_NUMBERS = 4096
MANY_REQUESTS = 300
MOST_UNUSED = 2  # blocks that may be computed for one that is wanted, where they lie at equal distances
TRUNCATED_AT = 2.0
SMALLEST_UNIFORM = 1.0e-7

_MULTIPLY = np.array(MULTIPLIERS, np.uint64).reshape(2, 1)
_LOW_HALF = np.uint64(MASK32)
_32 = np.uint64(32)
_ONE_DOUBLE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
_FLOAT_BITS = {  # dtype name: (unsigned type, bits of the mantissa, bits of the number 1.0)
    "float16": (np.uint16, 0x3FF, 0x3C00),
    "bfloat16": (np.uint16, 0x7F, 0x3F80),
    "float32": (np.uint32, 0x7FFFFF, 0x3F800000),
}


class Accelerator(Protocol):
    """Compiled samplers that may stand in for the NumPy ones; each returns False when it did not fill `out`."""

    def words(self, key: int, counter: int, out: np.ndarray, stride: int = 1) -> bool:
        """Fill `out` (uint32) with raw words, four from every block whose number is a multiple of `stride` past `counter`."""

    def uniform(self, key: int, counter: int, out: np.ndarray) -> bool:
        """Fill `out` (float32) with uniform numbers."""

    def doubles(self, key: int, counter: int, out: np.ndarray) -> bool:
        """Fill `out` (float64, two per block) with uniform numbers."""

    def normal(self, key: int, counter: int, out: np.ndarray, stride: int = 1) -> bool:
        """Fill `out` (float32) with normal numbers, four from every block whose number is a multiple of `stride` past `counter`."""


_accelerator: Accelerator | None = None
_small_requests = [0]  # since the accelerator was set


def set_accelerator(accelerator: Accelerator | None) -> None:
    """Let `accelerator` serve large requests from now on, and small ones when they have come often (None: NumPy alone)."""
    global _accelerator
    _accelerator = accelerator
    _small_requests[0] = 0


def _accelerator_for(count: int) -> Accelerator | None:
    """The accelerator if it is to be asked for so many numbers."""
    if count < MANY_NUMBERS and _small_requests[0] < MANY_REQUESTS:
        _small_requests[0] += _accelerator is not None
        return None
    return _accelerator


def block_at(key: int, counter: int) -> tuple[int, int, int, int]:
    """Return the four words of one block, computed with Python integers.

    >>> [hex(word) for word in block_at(0, 0)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    a, b, c, d = counter & MASK32, counter >> 32 & MASK32, counter >> 64 & MASK32, counter >> 96 & MASK32
    key0, key1 = key & MASK32, key >> 32 & MASK32
    for _ in range(ROUNDS):
        left, right = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a, b, c, d = (right >> 32) ^ b ^ key0, right & MASK32, (left >> 32) ^ d ^ key1, left & MASK32
        key0, key1 = (key0 + KEY_STEPS[0]) & MASK32, (key1 + KEY_STEPS[1]) & MASK32
    return a, b, c, d


@functools.lru_cache(maxsize=1024)
def _round_keys(key: int) -> list[np.ndarray]:
    """The key of each round as a [2, 1] array (never written to)."""
    key0, key1 = key & MASK32, key >> 32 & MASK32
    return list(np.array([[[(key0 + r * KEY_STEPS[0]) & MASK32], [(key1 + r * KEY_STEPS[1]) & MASK32]] for r in range(ROUNDS)], np.uint64))


def _fill_blocks(key: int, counter: int, offsets: np.ndarray, out: np.ndarray) -> None:
    """Write block `counter + offsets[i]` into row i of `out`.  offsets: [n] uint64; out: [n, 4] uint32, contiguous."""
    if len(offsets) <= FEW_BLOCKS:
        for i, offset in enumerate(offsets.tolist()):
            out[i] = block_at(key, counter + offset & MASK128)
        return
    round_keys = _round_keys(key)
    for start in range(0, len(offsets), CHUNK):
        _fill_chunk(round_keys, counter, offsets[start:start + CHUNK], out[start:start + CHUNK])


def _fill_chunk(round_keys: list[np.ndarray], counter: int, offsets: np.ndarray, out: np.ndarray) -> None:
    """`_fill_blocks` for as many blocks as the cache holds.

    The 32-bit words sit in 64-bit lanes, so that a product needs no widening. Words 0 and 2 (which get multiplied) are the rows of
    `even`, words 1 and 3 those of `odd`; each round feeds the product of one row into the other row, hence the flipped view.
    """
    even, odd, product = np.empty((3, 2, len(offsets)), np.uint64)
    flipped = product[::-1]
    low, high = np.uint64(counter & MASK64), counter >> 64
    position = offsets + low  # wraps at 2**64, where the carry goes to the high half
    np.bitwise_and(position, _LOW_HALF, out=even[0])
    np.right_shift(position, _32, out=odd[0])
    even[1], odd[1] = high & MASK32, high >> 32 & MASK32
    carried = position < low
    if carried.any():
        even[1, carried], odd[1, carried] = high + 1 & MASK32, high + 1 >> 32 & MASK32
    for round_key in round_keys:
        np.multiply(even, _MULTIPLY, out=product)
        np.right_shift(flipped, _32, out=even)
        np.bitwise_xor(even, odd, out=even)
        np.bitwise_xor(even, round_key, out=even)
        np.bitwise_and(flipped, _LOW_HALF, out=odd)
    out[:, 0], out[:, 2] = even
    out[:, 1], out[:, 3] = odd


def blocks_at(key: int, counter: int, offsets: np.ndarray) -> np.ndarray:
    """Return the blocks `counter + offsets` of the stream `key`.  offsets: [n] integers. Returns: uint32 of shape [n, 4].

    >>> blocks_at(0, 0, np.array([0]))[0, 0] == words_at(0, 0, 1)[0]
    np.True_
    """
    found = _reserved_blocks(key, counter, offsets)
    if found is not None:
        return found
    out = np.empty((len(offsets), 4), np.uint32)
    _fill_blocks(key, counter, offsets.astype(np.uint64), out)
    return out


def _reserved_blocks(key: int, counter: int, offsets: np.ndarray) -> np.ndarray | None:
    """The same of an accelerator, for rising offsets as of numbers that have a part of the stream each, most of which are asked for."""
    accelerator = _accelerator_for(4 * len(offsets)) if len(offsets) > FEW_BLOCKS else None
    if accelerator is None:
        return None
    distances = offsets - offsets[0]
    places = distances >> RESERVED_BITS
    count = int(places[-1]) + 1
    if not len(offsets) <= count <= MOST_UNUSED * len(offsets):
        return None
    if (distances & RESERVED_PER_OUTPUT - 1).any() or places.min() < 0 or places.max() >= count:
        return None
    words = np.empty((count, 4), np.uint32)
    if not accelerator.words(key, counter + int(offsets[0]), words.reshape(-1), RESERVED_PER_OUTPUT):
        return None
    return words if count == len(offsets) else words[places]


def words_at(key: int, counter: int, count: int) -> np.ndarray:
    """Return `count` 32-bit words of the stream `key`, from block `counter` on.

    Args:
      key: 64-bit key. counter: 128-bit block number. count: how many words.
    Returns: uint32 array of shape [count].

    >>> words_at(0, 0, 3).tolist()
    [1713891541, 3781805453, 3159862348]
    """
    blocks = -(-count // 4)
    words = np.empty(4 * blocks, np.uint32)
    accelerator = _accelerator_for(count) if blocks > FEW_BLOCKS else None
    if accelerator is None or not accelerator.words(key, counter, words):
        _fill_blocks(key, counter, np.arange(blocks, dtype=np.uint64), words.reshape(blocks, 4))
    return words[:count]


def doubles_at(key: int, counter: int, count: int) -> np.ndarray:
    """Return `count` float64 numbers in [0, 1), of the words of the stream `key` from block `counter` on.

    >>> float(doubles_at(0, 0, 2)[1].round(6))
    0.479565
    """
    accelerator = _accelerator_for(count) if count > FEW_BLOCKS else None
    if accelerator is not None:
        out = np.empty(count, np.float64)
        if accelerator.doubles(key, counter, out):
            return out
    return unit_floats(words_at(key, counter, 2 * count), np.float64)


def stateless_key(seed: int, seed2: int) -> tuple[int, int]:
    """Return the (key, counter) from which TensorFlow's stateless random ops draw, for their pair of seeds.

    The seeds are the counter of one block under a fixed key; the words of that block give the key and the upper half of the counter.

    >>> key, counter = stateless_key(1, 2)
    >>> counter & (2**64 - 1)
    0
    """
    mixed = block_at(0x02461E293EC8F720, (seed & MASK64) | (seed2 & MASK64) << 64)
    return mixed[0] | mixed[1] << 32, mixed[2] << 64 | mixed[3] << 96


def unit_floats(words: np.ndarray, dtype: DTypeLike = np.float32) -> np.ndarray:
    """Turn random words into numbers in [0, 1), one per word (float16, bfloat16, float32) or one per two words (float64).

    The low bits of the word become the mantissa of a number in [1, 2), from which 1 is subtracted.

    >>> unit_floats(np.array([0, 0x400000], np.uint32)).tolist()
    [0.0, 0.5]
    """
    dtype = np.dtype(dtype)
    if dtype == np.float64:
        pairs = words.reshape(-1, 2)
        bits = (pairs[:, 0] & np.uint32(0xFFFFF)).astype(np.uint64)  # 20 upper bits of the mantissa
        bits <<= _32
        bits |= pairs[:, 1]
        bits |= _ONE_DOUBLE
        numbers = bits.view(np.float64)
        return np.subtract(numbers, 1.0, out=numbers)
    unsigned, mantissa, one = _FLOAT_BITS[dtype.name]
    bits = words.astype(unsigned)
    bits &= unsigned(mantissa)
    bits |= unsigned(one)
    floats = bits.view(dtype)
    return np.subtract(floats, dtype.type(1), out=floats)


def box_muller(words: np.ndarray) -> np.ndarray:
    """Turn pairs of random words into pairs of normal numbers.  words: [2 n] uint32 -> [2 n] float32."""
    uniforms = unit_floats(words).reshape(-1, 2)
    radius = np.sqrt(float_math.log(np.maximum(uniforms[:, 0], np.float32(SMALLEST_UNIFORM))) * np.float32(-2))
    sine, cosine = float_math.sin_cos((uniforms[:, 1] * np.float64(2 * math.pi)).astype(np.float32))
    normals = np.empty_like(uniforms)
    np.multiply(sine, radius, out=normals[:, 0])
    np.multiply(cosine, radius, out=normals[:, 1])
    return normals.reshape(-1)


def box_muller_double(words: np.ndarray) -> np.ndarray:
    """Turn random words, four at a time, into pairs of normal numbers.  words: [4 n] uint32 -> [2 n] float64."""
    uniforms = unit_floats(words, np.float64).reshape(-1, 2)
    radius = np.sqrt(-2.0 * np.log(np.maximum(uniforms[:, 0], SMALLEST_UNIFORM)))
    angle = 2 * math.pi * uniforms[:, 1]
    normals = np.empty_like(uniforms)
    np.multiply(np.sin(angle), radius, out=normals[:, 0])
    np.multiply(np.cos(angle), radius, out=normals[:, 1])
    return normals.reshape(-1)


class PhiloxStream:
    """A stream of random numbers that equals, bit for bit, the stream of one random op of TensorFlow with the same two seeds.

    Each call sets aside as much of the stream as TensorFlow's kernel does, so a second call goes on where TensorFlow's would.
    Setting aside is the only step under a lock: many threads may draw from one stream.

    Args:
      seed, seed2: the op's attributes of these names. When both are 0 the stream starts from the operating system's entropy.

    >>> PhiloxStream(7, 5).uniform([2]).dtype
    dtype('float32')
    """

    def __init__(self, seed: int = 0, seed2: int = 0) -> None:
        if seed == 0 and seed2 == 0:
            seed, seed2 = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
        self._start(seed & MASK64, (seed2 & MASK64) << 64)

    def _start(self, key: int, counter: int) -> None:
        self.key = key
        self.counter = counter
        self._lock = threading.Lock()

    def copied(self) -> PhiloxStream:
        """A stream that gives what this one would give next; drawing from it leaves this one where it is."""
        with self._lock:
            return PhiloxStream.at(self.key, self.counter)

    @classmethod
    def at(cls, key: int, counter: int) -> PhiloxStream:
        """Return the stream with this 64-bit key that begins at this 128-bit block number.

        >>> PhiloxStream.at(*stateless_key(1, 2)).uniform([1]).shape
        (1,)
        """
        stream = cls.__new__(cls)
        stream._start(key & MASK64, counter & MASK128)
        return stream

    def reserve(self, blocks: int) -> int:
        """Set aside `blocks` blocks of four words, and return the number of the first."""
        with self._lock:
            first = self.counter
            self.counter = (first + blocks) & MASK128
        return first

    def reserve_outputs(self, count: int) -> int:
        """Set aside what TensorFlow does for an op with `count` outputs (256 blocks each), and return the number of the first block."""
        return self.reserve(count * RESERVED_PER_OUTPUT)

    def words(self, count: int) -> np.ndarray:
        """Return the next `count` raw 32-bit words (uint32), setting aside no more than they need (as RandomShuffle does)."""
        return words_at(self.key, self.reserve(-(-count // 4)), count)

    def uniform(self, shape: Sequence[int], dtype: DTypeLike = np.float32) -> np.ndarray:
        """Return numbers spread evenly over [0, 1).  dtype: float16, bfloat16, float32 or float64.

        >>> sample = PhiloxStream(1, 2).uniform([1000], np.float64)
        >>> bool(0 <= sample.min() and sample.max() < 1)
        True
        """
        dtype, count = np.dtype(dtype), math.prod(shape)
        first = self.reserve_outputs(count)
        accelerator = _accelerator_for(count) if dtype == np.float32 else None
        if accelerator is not None:
            out = np.empty(shape, np.float32)
            if accelerator.uniform(self.key, first, out):
                return out
        if dtype == np.float64:
            return doubles_at(self.key, first, count).reshape(shape)
        return unit_floats(words_at(self.key, first, count), dtype).reshape(shape)

    def uniform_int(self, shape: Sequence[int], minval: int, maxval: int, dtype: DTypeLike = np.int32) -> np.ndarray:
        """Return whole numbers from `minval` to `maxval - 1`.  dtype: int32, int64, uint32 or uint64.

        Raises: ValueError unless minval < maxval.

        >>> sorted(set(PhiloxStream(1, 2).uniform_int([100], 0, 3).tolist()))
        [0, 1, 2]
        """
        minval, maxval = int(minval), int(maxval)
        if minval >= maxval:
            raise ValueError(f"Need minval < maxval, got {minval} >= {maxval}")
        offsets = self.full_int(shape, dtype).view(_unsigned(dtype))
        offsets %= offsets.dtype.type(maxval - minval)
        offsets += offsets.dtype.type(minval & (MASK64 if offsets.dtype.itemsize == 8 else MASK32))  # wraps, as two's complement does
        return offsets.view(np.dtype(dtype))

    def full_int(self, shape: Sequence[int], dtype: DTypeLike = np.int32) -> np.ndarray:
        """Return whole numbers spread evenly over all values of `dtype` (int32, int64, uint32 or uint64)."""
        dtype, count = np.dtype(dtype), math.prod(shape)
        first = self.reserve_outputs(count)
        if dtype.itemsize == 4:
            return words_at(self.key, first, count).view(dtype).reshape(shape)
        pairs = words_at(self.key, first, 2 * count).reshape(-1, 2).astype(np.uint64)  # low word first
        return (pairs[:, 0] | pairs[:, 1] << _32).view(dtype).reshape(shape)

    def normal(self, shape: Sequence[int], dtype: DTypeLike = np.float32) -> np.ndarray:
        """Return numbers of mean 0 and standard deviation 1.  dtype: float16, bfloat16, float32 or float64.

        >>> abs(float(PhiloxStream(1, 2).normal([10000]).mean())) < 0.05
        True
        """
        dtype, count = np.dtype(dtype), math.prod(shape)
        first = self.reserve_outputs(count)
        double = dtype == np.float64
        out = np.empty(count, dtype)
        accelerator = _accelerator_for(count) if dtype == np.float32 else None
        if accelerator is not None and accelerator.normal(self.key, first, out):
            return out.reshape(shape)
        per_block = 2 if double else 4
        for start in range(0, count, CHUNK):
            part = out[start:start + CHUNK]
            words = words_at(self.key, first + start // per_block, 4 * -(-len(part) // per_block))
            part[:] = (box_muller_double(words) if double else box_muller(words))[:len(part)]
        return out.reshape(shape)

    def truncated_normal(self, shape: Sequence[int], dtype: DTypeLike = np.float32) -> np.ndarray:
        """Return normal numbers between -2 and 2; those outside are drawn again.  dtype: float16, bfloat16, float32 or float64.

        >>> bool(abs(PhiloxStream(1, 2).truncated_normal([1000])).max() < 2)
        True
        """
        dtype, count = np.dtype(dtype), math.prod(shape)
        first = self.reserve_outputs(count)
        double = dtype == np.float64
        per_group = 2 if double else 4  # numbers that share one reserved region
        region = per_group * RESERVED_PER_OUTPUT // 4
        out = np.empty(count, dtype)
        step = CHUNK * per_group // 4
        for start in range(0, count, step):
            groups = np.arange(start // per_group, -(-min(start + step, count) // per_group), dtype=np.uint64)
            part = out[start:start + step]
            part[:] = _truncated_groups(self.key, first, groups * np.uint64(region), double).reshape(-1)[:len(part)]
        return out.reshape(shape)


def _unsigned(dtype: DTypeLike) -> np.dtype:
    return np.dtype(np.uint64 if np.dtype(dtype).itemsize == 8 else np.uint32)


def _truncated_groups(key: int, counter: int, regions: np.ndarray, double: bool) -> np.ndarray:
    """Fill one group of numbers from each region of the stream, leaving out those beyond +-2.

    Most groups are full after one block; those that are not are looked at again, four times further into their region each time.
    regions: [n] uint64, the first block of each, counted from `counter` -> [n, 4] float32, or [n, 2] float64.
    """
    wanted = 2 if double else 4
    result = _first_normals(key, counter, regions, double)
    open_groups = np.flatnonzero((np.abs(result) >= TRUNCATED_AT).any(axis=1))  # rows of `result` still to fill
    blocks = 4
    while len(open_groups):
        candidates = _normals_of_regions(key, counter, regions[open_groups], blocks, double)
        good = np.abs(candidates) < TRUNCATED_AT
        rank = np.cumsum(good, axis=1)  # 1 at the first good one of a row
        full = rank[:, -1] >= wanted
        chosen = good[full] & (rank[full] <= wanted)
        result[open_groups[full]] = candidates[full][chosen].reshape(-1, wanted)
        open_groups = open_groups[~full]
        blocks *= 4
    return result


def _first_normals(key: int, counter: int, regions: np.ndarray, double: bool) -> np.ndarray:
    """Normal numbers of the first block of each region."""
    accelerator = None if double else _accelerator_for(4 * len(regions))
    if accelerator is not None and len(regions) > 1:
        result = np.empty((len(regions), 4), np.float32)
        start = counter + int(regions[0]) & MASK128
        if accelerator.normal(key, start, result.reshape(-1), stride=int(regions[1] - regions[0])):
            return result
    return _normals_of_regions(key, counter, regions, 1, double)


def _normals_of_regions(key: int, counter: int, regions: np.ndarray, blocks: int, double: bool) -> np.ndarray:
    """Normal numbers of the first `blocks` blocks of each region: [n, numbers in that many blocks]."""
    offsets = (regions[:, np.newaxis] + np.arange(blocks, dtype=np.uint64)).reshape(-1)
    words = np.empty((len(offsets), 4), np.uint32)
    _fill_blocks(key, counter, offsets, words)
    normals = box_muller_double(words.reshape(-1)) if double else box_muller(words.reshape(-1))
    return normals.reshape(len(regions), -1)
