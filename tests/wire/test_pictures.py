import struct

import pytest

from autograd_lite.wire import pictures

SEGMENT = b"\xff\xe0" + struct.pack(">H", 4) + b"ab"
FRAME = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, 4, 6, 1) + b"\1\x11\0"


def test_the_frame_of_a_jpeg_file_is_found_after_other_segments():
    header = pictures.jpeg_header(b"\xff\xd8" + SEGMENT + b"\xff" + FRAME)
    assert header == (4, 6, 1, 0xC2)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8" + SEGMENT, b"\xff\xd8" + SEGMENT[:3], b"\xff\xd8" + FRAME[:8]])
def test_a_jpeg_file_without_a_frame_is_refused(content):
    with pytest.raises(ValueError, match="no frame header"):
        pictures.jpeg_header(content)


def test_jpeg_sizes_are_compared_with_the_bytes():
    header = pictures.JpegHeader(1000, 1000, 3, 0xC0)
    with pytest.raises(ValueError, match="cannot hold"):
        pictures.check_jpeg_room(header, bytes(100), whole=True)
    pictures.check_jpeg_room(header, bytes(100), whole=False)
    with pytest.raises(ValueError, match="its size is"):
        pictures.check_jpeg_room(pictures.JpegHeader(65535, 65535, 3, 0xC0), bytes(100), whole=False)


def test_a_gif_file_that_is_cut_off_is_refused():
    content = b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0, 0, 0)
    with pytest.raises(ValueError, match="no image"):
        pictures.gif(content + b"\x3b")
    with pytest.raises(ValueError, match="cut off"):
        pictures.gif(content + b"\x2c" + bytes(9) + b"\2\x10\0")
    with pytest.raises(ValueError, match="between its images"):
        pictures.gif(content + b"\0")


def test_metadata_that_jpeg_cannot_hold_is_refused():
    jfif = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\1\0\1\0\1\0\0"
    assert pictures.with_jpeg_density(jfif, 2, 3, 4, b"")[13:18] == b"\2\0\3\0\4"
    with pytest.raises(ValueError, match="do not fit"):
        pictures.with_jpeg_density(jfif, 1, 1, 1, bytes(70000))
