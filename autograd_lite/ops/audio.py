"""Sound: WAV files of 16-bit samples, decoded and encoded."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid, number
from autograd_lite.ops.samples import sample, values
from autograd_lite.wire import wav

_FULL_SCALE = 1 << 15
_PCM, _BITS = 1, 16
_SHORT = np.dtype("<i2")
_TOO_SHORT = "Data too short when trying to read string"
_TONE = (
    b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data\x08\0\0\0\0\0\0\x40\0\x80\xff\x7f"
)  # two samples of two channels at 8000 a second


class _Format(NamedTuple):
    """What the `fmt ` chunk says."""

    channels: int
    rate: int
    end: int  # where the chunk ends


def _expect(contents: bytes, place: int, word: bytes) -> int:
    found = contents[place : place + len(word)]
    if len(found) < len(word):
        raise invalid(_TOO_SHORT)
    if found != word:
        raise invalid(f"Header mismatch: Expected {word.decode()} but found {found.decode('latin-1')}")
    return place + len(word)


def _fields(contents: bytes, place: int, layout: str) -> tuple[int, ...]:
    if place + struct.calcsize(layout) > len(contents):
        raise invalid(_TOO_SHORT)
    return struct.unpack_from(layout, contents, place)


def _format(contents: bytes) -> _Format:
    """Read the header up to the end of the format.

    Raises:
      InvalidArgumentError: it is none of a file of 16-bit samples.
    """
    place = _expect(contents, 0, b"RIFF") + 4
    place = _expect(contents, place, b"WAVE")
    if contents[place : place + 4] != b"fmt ":
        raise invalid(f"Unexpected field {contents[place : place + 4].decode('latin-1')}" if len(contents) >= place + 4 else _TOO_SHORT)
    (size,) = _fields(contents, place + 4, "<I")
    if size not in (16, 18):
        raise invalid(f"Bad format chunk size for WAV: Expected 16 or 18, but got{size}")
    kind, channels, rate, per_second, per_sample, bits = _fields(contents, place + 8, "<HHIIHH")
    if kind != _PCM:
        raise invalid(f"Bad audio format for WAV: Expected 1 (PCM), but got{kind}")
    if channels < 1:
        raise invalid(f"Bad number of channels for WAV: Expected at least 1, but got {channels}")
    if bits != _BITS:
        raise invalid(f"Can only read 16-bit WAV files, but received {bits}")
    width = channels * _SHORT.itemsize
    if per_sample != width:
        raise invalid(f"Bad bytes per sample in WAV header: Expected {width} but got {per_sample}")
    if per_second != (width * rate) % (1 << 32):
        shown = f"(sample_rate={rate}, bytes_per_sample={per_sample})"
        raise invalid(f"Bad bytes per second in WAV header: Expected {width * rate} but got {per_second} {shown}")
    return _Format(channels, rate, place + 8 + size)


def _samples(contents: bytes, place: int) -> bytes:
    """What the first `data` chunk holds; others are passed over.

    Raises:
      InvalidArgumentError: there is none, or the file ends before it does.
    """
    while place + 8 <= len(contents):
        word, (size,) = contents[place : place + 4], struct.unpack_from("<I", contents, place + 4)
        place += 8
        if word == b"data":
            if size > len(contents) - place:
                raise invalid(_TOO_SHORT)
            return contents[place : place + size]
        place += size
    raise invalid("No data chunk found in WAV")


def _decoded_shapes(c: Any) -> Any:
    rules.with_rank(c, c.shape(0), 0)
    sizes = []
    for key, word in (("desired_samples", "samples"), ("desired_channels", "channels")):
        wanted = c.attrs[key]
        if wanted < -1:
            raise c.fail(f"{word} must be non-negative, got {wanted}")
        sizes.append(None if wanted == -1 else wanted)
    return [tuple(sizes), ()]


@op(
    "DecodeWav(contents: string, *, desired_channels: int = -1, desired_samples: int = -1) -> audio: float, sample_rate: int32",
    names=["audio.decode_wav"],
    shape=_decoded_shapes,
    host=("contents",),
    no_gradient="the input is a file",
    samples=[sample(np.array(_TONE, object)), sample(np.array(_TONE, object), desired_channels=3, desired_samples=4)],
)
def decode_wav(xp, contents, desired_channels, desired_samples):
    """Read a WAV file of 16-bit samples: [samples, channels] numbers from -1 to 1, and how many samples a second has.

    Args:
      desired_channels: how many channels the result has; the last one of the file is repeated if it has fewer. -1: as the file.
      desired_samples: how many samples; cut off, or filled with silence. -1: as the file.

    Raises:
      InvalidArgumentError: at run time, when it is no such file.

    >>> sound = tf.audio.decode_wav(tf.audio.encode_wav([[0.0], [0.5], [-1.0]], 8000))
    >>> tf.Session().run(sound.audio).ravel()
    array([ 0. ,  0.5, -1. ], dtype=float32)
    """
    if np.ndim(contents):
        raise invalid(f"contents must be scalar, got shape {list(np.shape(contents))}")
    data = contents if isinstance(contents, bytes) else np.asarray(contents).item()
    header = _format(data)
    stored = _samples(data, header.end)
    width = header.channels * _SHORT.itemsize
    whole = np.frombuffer(stored[: len(stored) // width * width], _SHORT).reshape(-1, header.channels)
    sound = whole.astype(np.float32) / np.float32(_FULL_SCALE)
    if desired_channels != -1:
        sound = sound[:, np.minimum(np.arange(desired_channels), header.channels - 1)]
    if desired_samples != -1:
        sound = np.concatenate([sound[:desired_samples], np.zeros((max(desired_samples - len(sound), 0), sound.shape[1]), np.float32)])
    return xp.asarray(sound), np.int32(header.rate)


def _encoded_shape(c: Any) -> Any:
    rules.with_rank(c, c.shape(0), 2)
    rules.with_rank(c, c.shape(1), 0)
    return ()


@op(
    "EncodeWav(audio: float, sample_rate: int32) -> contents: string",
    names=["audio.encode_wav"],
    shape=_encoded_shape,
    host=("audio", "sample_rate"),
    no_gradient="the result is a file",
    samples=[sample(values((4, 2), -1.2, 1.2, dtype="float32"), 8000)],
)
def encode_wav(xp, audio, sample_rate):
    """Write sound, [samples, channels] numbers from -1 to 1, as a WAV file of 16-bit samples.

    Raises:
      InvalidArgumentError: at run time, without channels, or for a rate that is no positive number.

    >>> len(tf.Session().run(tf.audio.encode_wav([[0.0], [0.5]], 8000)))
    48
    """
    if audio.ndim != 2:
        raise invalid(f"audio must be 2-dimensional{text(audio.shape)}")
    rate = number(sample_rate, "sample_rate must be a scalar, got shape ")
    if rate <= 0:
        raise invalid(f"sample_rate must be in (0, 2^32), got: {rate % (1 << 64)}")
    channels = audio.shape[1]
    if not channels:
        raise invalid("audio is null")
    result = np.empty((), object)
    try:
        result[()] = wav.encode_wav(audio, rate)
    except ValueError as error:
        raise invalid(str(error)) from None
    return result
