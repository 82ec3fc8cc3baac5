"""CRC-32C checksums in the form that TFRecord files, event files and checkpoints store them.

A checksum of data that itself contains checksums is weak, so the formats store it rotated by 15 bits plus a constant.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.core import optional

_DELTA = 0xA282EAD8


def crc32c(data: Any, before: int = 0) -> int:
    """The CRC-32C (Castagnoli polynomial) of `data`: bytes, or an array of bytes. `before` is that of what came before it.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    return optional.load("google_crc32c").extend(before, data)


def masked(crc: int) -> int:
    """A checksum as it is stored."""
    return ((crc >> 15 | crc << 17) + _DELTA) & 0xFFFFFFFF


def unmasked(stored: int) -> int:
    """The checksum that `masked` was given."""
    rotated = (stored - _DELTA) & 0xFFFFFFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF


def masked_crc32c(data: Any) -> int:
    """The stored form of the CRC-32C of `data`."""
    return masked(crc32c(data))
