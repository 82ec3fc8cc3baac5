import io
import struct
import zlib

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core import optional
from tests.ops.kernels import complaint, fed, run

Image = pytest.importorskip("PIL.Image")
RANDOM = np.random.default_rng(3)
NOISE = RANDOM.integers(0, 256, (9, 11, 3), dtype=np.uint8)
_ROWS, _COLUMNS = np.mgrid[0:27, 0:33]
SMOOTH = np.stack([_ROWS * 6, 200 - _ROWS * 3, _COLUMNS * 5], axis=-1).astype(np.uint8)


def _file(pixels, kind, **options):
    written = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(written, kind, **options)
    return written.getvalue()


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width, height, depth, colour, rows, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = _chunk(b"IHDR", header) + extra + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _gif(frames, width, height, transparent=None, disposal=1):
    """A GIF with the gray levels 10, 40, 70, 100; frames are (left, top, width, height, indices)."""
    parts = [b"GIF89a" + struct.pack("<HHBBB", width, height, 0x81, 0, 0) + bytes([10] * 3 + [40] * 3 + [70] * 3 + [100] * 3)]
    for left, top, wide, high, indices in frames:
        flags = disposal << 2 | (transparent is not None)
        parts.append(b"\x21\xf9\x04" + bytes([flags, 0, 0, transparent or 0]) + b"\0")
        parts.append(b"\x2c" + struct.pack("<HHHHB", left, top, wide, high, 0))
        codes = [code for index in indices for code in (4, index)] + [5]  # the table is cleared before every pixel
        word = sum(code << 3 * at for at, code in enumerate(codes))
        data = word.to_bytes((3 * len(codes) + 7) // 8, "little")
        parts.append(b"\x02" + bytes([len(data)]) + data + b"\0")
    return b"".join(parts) + b"\x3b"


# ------------------------------------------------------------------ PNG


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_png_files_come_back_as_they_were_written(channels, dtype):
    pixels = RANDOM.integers(0, np.iinfo(dtype).max + 1, (5, 7, channels)).astype(dtype)
    content = run("EncodePng", pixels)
    np.testing.assert_array_equal(run("DecodePng", content, dtype=dtype), pixels)


def test_the_channels_of_png_files_are_changed_as_libpng_does():
    colour = np.array([[[100, 20, 3], [4, 150, 6]]], np.uint8)
    content = _file(colour, "PNG")
    assert run("DecodePng", content, channels=1).ravel().tolist() == [41, 89]
    assert run("DecodePng", content, channels=4)[..., 3].tolist() == [[255, 255]]
    with_gamma = _png(2, 1, 8, 2, b"\0" + colour.tobytes(), _chunk(b"gAMA", struct.pack(">I", 45455)))
    assert run("DecodePng", with_gamma, channels=1).ravel().tolist() == [59, 117]
    gray = _file(NOISE[..., 0], "PNG")
    np.testing.assert_array_equal(run("DecodePng", gray, channels=3), np.repeat(NOISE[..., :1], 3, axis=2))


def test_palettes_become_colours_and_a_transparent_colour_alpha():
    palette = Image.fromarray(NOISE).quantize(8)
    np.testing.assert_array_equal(run("DecodePng", _file(palette, "PNG")), np.array(palette.convert("RGB")))
    keyed = _png(3, 1, 8, 0, b"\0\5\7\5", _chunk(b"tRNS", struct.pack(">H", 5)))
    assert run("DecodePng", keyed).ravel().tolist() == [5, 7, 5]
    assert run("DecodePng", keyed, channels=4)[0, :, 3].tolist() == [0, 255, 0]


def test_samples_of_other_widths_are_stretched():
    content = run("EncodePng", np.array([[[0x1234]]], np.uint16))
    assert run("DecodePng", content).ravel().tolist() == [0x12]
    assert run("DecodePng", _file(np.array([[0x12]], np.uint8), "PNG"), dtype="uint16").ravel().tolist() == [0x1212]
    np.testing.assert_allclose(run("DecodeImage", content, dtype="float32").ravel(), [0x1234 / 65535])
    few_bits = _png(4, 1, 2, 0, b"\0" + bytes([0b00011011]))
    assert run("DecodePng", few_bits).ravel().tolist() == [0, 85, 170, 255]


@pytest.mark.parametrize("damage", [lambda png: png[:-40], lambda png: png[:20], lambda png: png[:60] + b"\0\1" + png[62:]])
def test_damaged_png_files_are_refused(damage):
    assert complaint(fed, "DecodePng", damage(_file(NOISE, "PNG"))).startswith("Invalid PNG")


def test_sizes_that_the_bytes_cannot_hold_are_refused_before_anything_is_made():
    bomb = _png(20000, 8000, 8, 2, b"")
    assert complaint(fed, "DecodePng", bomb) == "Invalid PNG. Failed to initialize decoder."
    flat = _file(SMOOTH, "JPEG")
    at = flat.index(b"\xff\xc0")
    huge = flat[: at + 5] + struct.pack(">HH", 20000, 8000) + flat[at + 9 :]
    assert complaint(fed, "DecodeJpeg", huge) == "jpeg::Uncompress failed. Invalid JPEG data or crop window."
    gif = _gif([(0, 0, 1, 1, [0])], 65535, 65535)
    assert complaint(fed, "DecodeGif", gif).startswith("Image too large")


# ------------------------------------------------------------------ JPEG


def test_jpeg_files_are_read_as_libjpeg_does():
    content = _file(SMOOTH, "JPEG", quality=95)
    pixels = run("DecodeJpeg", content)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.array(Image.open(io.BytesIO(content))))
    gray = run("DecodeJpeg", content, channels=1)
    brightness = SMOOTH @ np.array([0.299, 0.587, 0.114])
    assert gray.shape == (27, 33, 1) and np.abs(gray[..., 0] - brightness).mean() < 2
    assert run("ExtractJpegShape", content).tolist() == [27, 33, 3]
    np.testing.assert_array_equal(run("DecodeAndCropJpeg", content, [3, 5, 10, 12]), pixels[3:13, 5:17])


@pytest.mark.parametrize("ratio", [2, 4, 8])
@pytest.mark.parametrize("size", [(27, 33), (3, 40), (1, 1)])
def test_images_shrink_while_they_are_decoded(ratio, size):
    content = _file(np.resize(SMOOTH, (*size, 3)), "JPEG")
    assert run("DecodeJpeg", content, ratio=ratio).shape == (-(-size[0] // ratio), -(-size[1] // ratio), 3)


def test_four_inks_become_three_colours():
    content = _file(Image.fromarray(SMOOTH).convert("CMYK"), "JPEG", quality=95)
    assert np.abs(run("DecodeJpeg", content).astype(int) - SMOOTH).mean() < 3


def test_a_file_that_is_cut_off_is_recovered_when_asked():
    content = _file(np.resize(RANDOM.integers(0, 256, (64, 64, 3), dtype=np.uint8), (64, 64, 3)), "JPEG")
    part = content[: len(content) // 2]
    assert complaint(fed, "DecodeJpeg", part) == "jpeg::Uncompress failed. Invalid JPEG data or crop window."
    whole = run("DecodeJpeg", content)
    rescued = run("DecodeJpeg", part, try_recover_truncated=True)
    np.testing.assert_array_equal(rescued[:14], whole[:14])
    np.testing.assert_array_equal(run("DecodeJpeg", part, acceptable_fraction=0.3), rescued)
    assert complaint(fed, "DecodeJpeg", part, acceptable_fraction=0.9).startswith("jpeg::Uncompress failed")


def test_jpeg_files_say_what_was_asked():
    content = run("EncodeJpeg", SMOOTH, quality=80, density_unit="cm", x_density=12, y_density=13, xmp_metadata="about it")
    assert content[13:18] == struct.pack(">BHH", 2, 12, 13) and b"http://ns.adobe.com/xap/1.0/\0about it" in content
    shown = Image.open(io.BytesIO(content))
    assert shown.size == (33, 27) and np.abs(np.array(shown).astype(int) - SMOOTH).mean() < 5
    assert Image.open(io.BytesIO(run("EncodeJpeg", SMOOTH, progressive=True))).info["progressive"]
    assert len(run("EncodeJpeg", SMOOTH, chroma_downsampling=False)) > len(run("EncodeJpeg", SMOOTH))
    assert Image.open(io.BytesIO(run("EncodeJpeg", SMOOTH[..., :1]))).mode == "L"


def test_the_quality_of_jpeg_files_may_be_computed():
    small, large = (run("EncodeJpegVariableQuality", SMOOTH, np.int32(quality)) for quality in (10, 95))
    assert len(small) < len(large)
    assert large == run("EncodeJpeg", SMOOTH, quality=95)
    assert complaint(fed, "EncodeJpegVariableQuality", SMOOTH, np.int32(101)) == "quality must be in [0,100], got 101"


# ------------------------------------------------------------------ GIF


def _levels(content, **options):
    return run("DecodeGif", content, **options)[..., 0].tolist()


FIRST = (0, 0, 3, 2, [0, 1, 2, 3, 0, 1])
WHOLE = [[10, 40, 70], [100, 10, 40]]


def test_every_image_of_a_gif_is_painted_over_the_one_before():
    second = [[10, 100, 100], [100, 10, 40]]
    assert _levels(_gif([FIRST, (1, 0, 2, 1, [3, 3])], 3, 2)) == [WHOLE, second]
    assert _levels(_gif([FIRST, (1, 0, 2, 2, [2, 3, 2, 1])], 3, 2, transparent=2)) == [
        [[10, 40, 0], [100, 10, 40]],
        [[10, 40, 100], [100, 10, 40]],
    ]
    assert _levels(_gif([FIRST, (2, 1, 2, 2, [3, 3, 1, 2])], 3, 2))[1] == [[10, 40, 70], [100, 10, 100]]


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_images_of_a_gif_are_not_disposed_of(disposal):
    third = [[10, 100, 100], [70, 10, 40]]
    assert _levels(_gif([FIRST, (1, 0, 2, 1, [3, 3]), (0, 1, 1, 1, [2])], 3, 2, disposal=disposal))[2] == third


def test_what_no_image_has_painted_yet_is_black():
    assert _levels(_gif([(1, 0, 2, 1, [3, 2]), FIRST], 3, 2)) == [[[0, 100, 70], [0, 0, 0]], WHOLE]


def test_an_animation_is_read_by_the_ops_that_can_return_one():
    content = _gif([FIRST, FIRST], 3, 2)
    assert complaint(fed, "DecodePng", content).startswith("Got 2 frames, but animated gifs can only be decoded by")
    assert run("DecodeImage", content).shape == (2, 2, 3, 3)
    assert run("DecodeImage", content, expand_animations=False).shape == (2, 3, 3)
    assert run("DecodePng", _gif([FIRST], 3, 2)).shape == (2, 3, 3)
    assert complaint(fed, "DecodeGif", content[:30]).startswith("Invalid GIF data (size 30)")


# ------------------------------------------------------------------ BMP, and all of them


def _bmp(pixels, upside_down=True):
    height, width, channels = pixels.shape
    row = (width * channels + 3) // 4 * 4
    lines = pixels[::-1] if upside_down else pixels
    body = b"".join(line.tobytes().ljust(row, b"\0") for line in lines)
    header = struct.pack("<IiiHHIIiiII", 40, width, height if upside_down else -height, 1, 8 * channels, 0, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + header + body


@pytest.mark.parametrize("upside_down", [True, False])
def test_bmp_files_are_read(upside_down):
    content = _bmp(NOISE[..., ::-1], upside_down)
    np.testing.assert_array_equal(run("DecodeBmp", content), NOISE)
    assert run("DecodeBmp", content, channels=4)[..., 3].min() == 255
    np.testing.assert_array_equal(run("DecodeBmp", _bmp(NOISE[..., :1])), NOISE[..., :1])
    np.testing.assert_allclose(run("DecodeImage", content, dtype="float32"), NOISE / 255, rtol=1e-6)
    assert complaint(fed, "DecodeBmp", content[:100]).startswith("Input size should match")
    assert complaint(fed, "DecodeBmp", content[:12]).startswith("Incomplete bmp content, requires at least 32 bytes")


def test_any_format_is_told_by_its_first_bytes():
    for kind in ("PNG", "JPEG", "GIF"):
        assert run("DecodeImage", _file(SMOOTH, kind)).shape[-3:] == (27, 33, 3)
    wide = run("DecodeImage", _file(SMOOTH, "JPEG"), dtype="uint16")
    np.testing.assert_array_equal(wide, run("DecodeJpeg", _file(SMOOTH, "JPEG")).astype(np.uint16) * 256)
    assert run("DecodeGif", _file(SMOOTH, "PNG")).shape == (1, 27, 33, 3)
    assert complaint(fed, "DecodeImage", b"") == "Input is empty."
    assert complaint(fed, "DecodeBmp", _file(SMOOTH, "PNG")).startswith("Trying to decode PNG format using DecodeBmp op.")


def test_the_words_for_garbage_are_those_of_the_release():
    assert complaint(fed, "DecodePng", b"not a png") == (
        "Expected image (JPEG, PNG, or GIF), got unknown format starting with 'not a png'"
    )
    tf.set_release("2.21")
    try:
        assert complaint(fed, "DecodePng", b"not a png").startswith("Unknown image file format. One of JPEG")
    finally:
        tf.set_release("1.15")


def test_without_pillow_the_error_names_the_extra(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(optional.importlib, "import_module", missing)
    with pytest.raises(Exception, match=r'pip install "autograd_lite\[image\]"'):
        run("DecodeJpeg", run("EncodeJpeg", SMOOTH))
    np.testing.assert_array_equal(run("DecodeBmp", _bmp(NOISE[..., ::-1])), NOISE)


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "words"),
    [
        ("EncodePng", [np.zeros((2, 2, 9), np.uint8)], {}, "image must have 1, 2, 3, or 4 channels, got 9"),
        ("EncodeJpeg", [np.zeros((2, 2, 2), np.uint8)], {}, "image must have 1 or 3 channels, got [2,2,2]"),
        ("EncodeJpeg", [SMOOTH], {"format": "grayscale"}, "format grayscale expects 1 channels, got [27,33,3]"),
        ("EncodeJpeg", [SMOOTH], {"quality": 101}, "quality must be in [0,100], got 101"),
        ("DecodeJpeg", [b"\xff\xd8\xff"], {}, "jpeg::Uncompress failed. Invalid JPEG data or crop window."),
        ("DecodeJpeg", [b"\xff\xd8\xff"], {"ratio": 3}, "ratio must be 1, 2, 4, or 8, got 3"),
        ("DecodeJpeg", [b"\xff\xd8\xff"], {"channels": 4}, "JPEG does not support 4 channels"),
        ("DecodePng", [b""], {"channels": 2}, "`channels` must be 0, 1, 3 or 4 but got 2"),
        ("ExtractJpegShape", [b"not one"], {}, "Invalid JPEG data, size 7"),
        ("DecodeImage", [_gif([FIRST], 3, 2)], {"channels": 1}, "channels must be 0 or 3 for GIF, got 1"),
    ],
)
def test_what_cannot_be_is_refused(op, inputs, attrs, words):
    assert complaint(fed, op, *inputs, **attrs) == words
