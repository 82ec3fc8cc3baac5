"""Sound as WAV files of 16-bit samples."""

from __future__ import annotations

import struct

import numpy as np

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_BYTES_PER_SAMPLE = 2
_UNCOMPRESSED = 1
_LARGEST = 1 << 15  # what 1.0 stands for, plus one


def encode_wav(sound: np.ndarray, rate: int) -> bytes:
    """Sound as the bytes of a WAV file.

    Args:
      sound: floats of shape [frames, channels]; what lies outside [-1, 1] is cut off.
      rate: frames in a second.

    Raises:
      ValueError: when it is too much for the fields of the format.

    >>> encode_wav(np.zeros([3, 1], np.float32), 8000)[:4]
    b'RIFF'
    """
    frames, channels = sound.shape
    size = frames * channels * _BYTES_PER_SAMPLE
    if channels > 0xFFFF or size + _HEADER.size > 0xFFFFFFFF or rate * channels * _BYTES_PER_SAMPLE > 0xFFFFFFFF:
        raise ValueError(f"A WAV file cannot hold {frames} frames of {channels} channels at {rate} frames a second")
    scaled = np.nan_to_num(sound.astype(np.float64)) * _LARGEST
    rounded = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)  # halves go away from zero
    samples = np.clip(rounded, -_LARGEST, _LARGEST - 1).astype("<i2")
    header = _HEADER.pack(
        b"RIFF",
        _HEADER.size - 8 + size,
        b"WAVE",
        b"fmt ",
        16,
        _UNCOMPRESSED,
        channels,
        rate,
        rate * channels * _BYTES_PER_SAMPLE,
        channels * _BYTES_PER_SAMPLE,
        8 * _BYTES_PER_SAMPLE,
        b"data",
        size,
    )
    return header + samples.tobytes()
