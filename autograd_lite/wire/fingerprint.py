"""Hash values of byte strings: FarmHash's Fingerprint64, MurmurHash64A and SipHash-2-4, computed for many strings at once.

The strings of one length are the rows of one matrix of bytes, and every step of an algorithm is one operation on whole columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Columns = np.ndarray  # uint64, one value for each string
_Matrix = Callable[[np.ndarray], Columns]

_K0, _K1, _K2 = (np.uint64(number) for number in (0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F))
_MURMUR, _MURMUR_SEED = np.uint64(0xC6A4A7935BD1E995), 0xDECAFCAFFE


def fingerprint64(words: Sequence[bytes]) -> np.ndarray:
    """FarmHash's Fingerprint64 of every string: numbers that never change, on no machine.

    >>> fingerprint64([b"hello"]).tolist()
    [13009744463427800296]
    """
    return _by_length(words, _farmhash)


def murmur64(words: Sequence[bytes]) -> np.ndarray:
    """MurmurHash64A of every string, with the seed of TensorFlow's Hash64.

    >>> murmur64([b"hello"]).dtype.name
    'uint64'
    """
    return _by_length(words, _murmur)


def siphash64(words: Sequence[bytes], key: tuple[int, int]) -> np.ndarray:
    """SipHash-2-4 of every string: without the key of 128 bits nobody can choose strings that collide.

    >>> siphash64([bytes(range(15))], (0x0706050403020100, 0x0F0E0D0C0B0A0908)).tolist() == [0xA129CA6149BE45E5]
    True
    """
    return _by_length(words, lambda rows: _siphash(rows, key))


def _by_length(words: Sequence[bytes], hash_rows: _Matrix) -> np.ndarray:
    """The hash values of strings of different lengths, in their order."""
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    result = np.empty(len(words), np.uint64)
    with np.errstate(over="ignore"):
        for length in np.unique(lengths).tolist():
            places = np.flatnonzero(lengths == length)
            joined = b"".join([words[place] for place in places.tolist()])
            result[places] = hash_rows(np.frombuffer(joined, np.uint8).reshape(len(places), length))
    return result


def _number(rows: np.ndarray, start: int, size: int = 8) -> Columns:
    """`size` bytes of every row from `start` on, read as a little-endian number."""
    piece = np.zeros((len(rows), 8), np.uint8)
    piece[:, :size] = rows[:, start : start + size]
    return piece.view("<u8").reshape(-1).astype(np.uint64, copy=False)


def _rotated(value: Columns, count: int) -> Columns:
    """The bits moved to the right, those that fall out coming back on the left."""
    return (value >> np.uint64(count)) | (value << np.uint64(64 - count))


def _mixed(value: Columns) -> Columns:
    return value ^ (value >> np.uint64(47))


# ------------------------------------------------------------------ FarmHash


def _farmhash(rows: np.ndarray) -> Columns:
    length = rows.shape[1]
    if length > 64:
        return _farm_long(rows)
    multiplier = _K2 + np.uint64(2 * length)
    if length > 16:
        return _farm_middle(rows, multiplier)
    if length >= 8:
        first, last = _number(rows, 0) + _K2, _number(rows, length - 8)
        return _farm_pair(_rotated(last, 37) * multiplier + first, (_rotated(first, 25) + last) * multiplier, multiplier)
    if length >= 4:
        return _farm_pair(np.uint64(length) + (_number(rows, 0, 4) << np.uint64(3)), _number(rows, length - 4, 4), multiplier)
    if length:
        first, middle, last = (rows[:, at].astype(np.uint64) for at in (0, length >> 1, length - 1))
        return _mixed((first + (middle << np.uint64(8))) * _K2 ^ (np.uint64(length) + (last << np.uint64(2))) * _K0) * _K2
    return np.full(len(rows), _K2)


def _farm_pair(first: Columns, second: Columns, multiplier: Any) -> Columns:
    """Two numbers made one."""
    return _mixed((second ^ _mixed((first ^ second) * multiplier)) * multiplier) * multiplier


def _farm_middle(rows: np.ndarray, multiplier: Any) -> Columns:
    """Strings of 17 to 64 bytes."""
    length = rows.shape[1]
    long = length > 32
    a, b = _number(rows, 0) * (_K2 if long else _K1), _number(rows, 8)
    c, d = _number(rows, length - 8) * multiplier, _number(rows, length - 16) * _K2
    y = _rotated(a + b, 43) + _rotated(c, 30) + d
    z = _farm_pair(y, a + _rotated(b + _K2, 18) + c, multiplier)
    if not long:
        return z
    e, f = _number(rows, 16) * multiplier, _number(rows, 24)
    g, h = (y + _number(rows, length - 32)) * multiplier, (z + _number(rows, length - 24)) * multiplier
    return _farm_pair(_rotated(e + f, 43) + _rotated(g, 30) + h, e + _rotated(f + a, 18) + g, multiplier)


_Pair = tuple[Columns, Columns]
_State = tuple[Columns, Columns, Columns, _Pair, _Pair]


def _farm_long(rows: np.ndarray) -> Columns:
    """Strings of more than 64 bytes: block after block, the last one overlapping the one before."""
    length = rows.shape[1]
    zero = np.zeros(len(rows), np.uint64)
    y = zero + np.uint64(81) * _K1 + np.uint64(113)
    state: _State = (np.uint64(81) * _K2 + _number(rows, 0), y, _mixed(y * _K2 + np.uint64(113)) * _K2, (zero, zero), (zero, zero))
    blocks, rest = divmod(length - 1, 64)
    for block in range(blocks):
        state = _farm_block(rows, 64 * block, state, _K1, np.uint64(1))
    x, y, z, v, w = state
    multiplier = _K1 + ((z & np.uint64(255)) << np.uint64(1))
    w = (w[0] + np.uint64(rest), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x, y, z, v, w = _farm_block(rows, length - 64, (x, y, z, v, w), multiplier, np.uint64(9))
    left = _farm_pair(v[0], w[0], multiplier) + _mixed(y) * _K0 + z
    return _farm_pair(left, _farm_pair(v[1], w[1], multiplier) + x, multiplier)


def _farm_block(rows: np.ndarray, at: int, state: _State, multiplier: Any, weight: Any) -> _State:
    """The state after 64 more bytes of every row."""
    x, y, z, v, w = state
    x = _rotated(x + y + v[0] + _number(rows, at + 8), 37) * multiplier
    y = _rotated(y + v[1] + _number(rows, at + 48), 42) * multiplier
    x = x ^ w[1] * weight
    y = y + v[0] * weight + _number(rows, at + 40)
    z = _rotated(z + w[0], 33) * multiplier
    v = _farm_half(rows, at, v[1] * multiplier, x + w[0])
    w = _farm_half(rows, at + 32, z + w[1], y + _number(rows, at + 16))
    return z, y, x, v, w


def _farm_half(rows: np.ndarray, at: int, a: Columns, b: Columns) -> _Pair:
    """Two numbers with 32 bytes mixed in."""
    first, second, third, last = (_number(rows, at + 8 * index) for index in range(4))
    a = a + first
    b = _rotated(b + a + last, 21)
    total = a + second + third
    return total + last, b + _rotated(total, 44) + a


# ------------------------------------------------------------------ MurmurHash and SipHash


def _murmur(rows: np.ndarray) -> Columns:
    length = rows.shape[1]
    value = np.full(len(rows), np.uint64(_MURMUR_SEED) ^ np.uint64(length) * _MURMUR)
    for at in range(0, length - length % 8, 8):
        value = (value ^ _mixed(_number(rows, at) * _MURMUR) * _MURMUR) * _MURMUR
    if length % 8:
        value = (value ^ _number(rows, length - length % 8, length % 8)) * _MURMUR
    return _mixed(_mixed(value) * _MURMUR)


def _siphash(rows: np.ndarray, key: tuple[int, int]) -> Columns:
    length = rows.shape[1]
    words = [0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573]
    state = [np.full(len(rows), np.uint64(word ^ key[index % 2])) for index, word in enumerate(words)]
    end = length - length % 8
    numbers = [_number(rows, at) for at in range(0, end, 8)]
    numbers.append(_number(rows, end, length % 8) | np.uint64((length & 255) << 56))
    for number in numbers:
        state[3] = state[3] ^ number
        state = _sip_round(_sip_round(state))
        state[0] = state[0] ^ number
    state[2] = state[2] ^ np.uint64(255)
    for _ in range(4):
        state = _sip_round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _sip_round(state: list[Columns]) -> list[Columns]:
    a, b, c, d = state
    a, c = a + b, c + d
    b, d = _rotated(b, 51) ^ a, _rotated(d, 48) ^ c
    a, c = _rotated(a, 32) + d, c + b
    d, b = _rotated(d, 43) ^ a, _rotated(b, 47) ^ c
    return [a, b, _rotated(c, 32), d]
