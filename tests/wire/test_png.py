import struct
import zlib

import numpy as np
import pytest

from autograd_lite.wire import png

RANDOM = np.random.default_rng(1)


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _file(pixels, rows, interlaced=False):
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, interlaced)
    return png.SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _filtered(pixels, choose):
    """Lines with a filter each, worked out the slow and obvious way."""
    lines = pixels.astype(">u2").reshape(len(pixels), -1).view(np.uint8).astype(int)
    step, result = 2 * pixels.shape[2], []
    for number, line in enumerate(lines):
        kind = choose(number)
        above = lines[number - 1] if number else np.zeros_like(line)
        left = np.concatenate([np.zeros(step, int), line[:-step]])
        corner = np.concatenate([np.zeros(step, int), above[:-step]])
        guess = left + above - corner
        three = np.stack([left, above, corner])
        nearest = three[np.argmin(abs(guess - three), axis=0), range(len(line))]
        predicted = [np.zeros_like(line), left, above, (left + above) // 2, nearest][kind]
        result.append(bytes([kind]) + ((line - predicted) % 256).astype(np.uint8).tobytes())
    return b"".join(result)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_samples_of_sixteen_bits_are_read_through_every_filter(channels):
    pixels = RANDOM.integers(0, 65536, (10, 7, channels)).astype(np.uint16)
    file = png.chunks(_file(pixels, _filtered(pixels, lambda line: line % 5)))
    np.testing.assert_array_equal(png.deep_pixels(file), pixels)


@pytest.mark.parametrize("size", [(9, 11), (1, 1), (2, 5)])
def test_interlaced_files_are_put_together(size):
    pixels = RANDOM.integers(0, 65536, (*size, 3)).astype(np.uint16)
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    parts = [pixels[top::down, left::right] for top, left, down, right in passes]
    rows = b"".join(_filtered(part, lambda line: 4) for part in parts if part.size)
    np.testing.assert_array_equal(png.deep_pixels(png.chunks(_file(pixels, rows, interlaced=True))), pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_written_is_sound_and_smaller_than_the_pixels(dtype):
    pixels = np.add.outer(np.arange(64), np.arange(64)).astype(dtype)[..., None]
    content = png.encode_png(pixels)
    header = png.chunks(content).header
    assert (header.width, header.height, header.depth, header.channels) == (64, 64, 8 * pixels.itemsize, 1)
    assert len(content) < pixels.nbytes / 4


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda content: content[1:], "does not begin as a PNG"),
        (lambda content: content[:-5], "cut off"),
        (lambda content: content[:20] + b"\1" + content[21:], "checksum"),
    ],
)
def test_damage_is_found(damage, words):
    with pytest.raises(ValueError, match=words):
        png.chunks(damage(png.encode_png(np.zeros((4, 4, 3), np.uint8))))


def test_a_size_that_so_few_bytes_cannot_hold_is_refused():
    header = struct.pack(">IIBBBBB", 1 << 20, 1 << 20, 16, 2, 0, 0, 0)
    content = png.SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")
    with pytest.raises(ValueError, match="cannot hold"):
        png.chunks(content)
