"""WAV files: the samples TensorFlow reads and writes, and what it refuses."""

import numpy as np
import pytest

import autograd_lite as tf

SOUND = np.array([[0.0, 0.5], [1.0, -1.0], [1.5, -1.7]], np.float32)
FILE = (
    b"RIFF0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0D\xac\0\0\x10\xb1\x02\0\x04\0\x10\0data\x0c\0\0\0"
    b"\0\0\0@\xff\x7f\0\x80\xff\x7f\0\x80"
)


def run(tensor):
    with tf.Session() as session:
        return session.run(tensor)


def test_a_file_is_written_byte_for_byte():
    assert run(tf.audio.encode_wav(SOUND, 44100)) == FILE
    halves = run(tf.audio.encode_wav([[1 / 65536], [-1 / 65536], [3 / 65536]], 8000))
    assert halves[44:] == np.array([1, -1, 2], "<i2").tobytes()


def test_a_file_is_read_with_as_many_channels_and_samples_as_wanted():
    sound, rate = run(tf.audio.decode_wav(FILE))
    np.testing.assert_array_equal(sound, [[0, 0.5], [32767 / 32768, -1], [32767 / 32768, -1]])
    assert rate == 44100
    assert run(tf.audio.decode_wav(FILE, desired_channels=1).audio).tolist() == sound[:, :1].tolist()
    assert run(tf.audio.decode_wav(FILE, desired_channels=3).audio)[:, 2].tolist() == sound[:, 1].tolist()
    assert run(tf.audio.decode_wav(FILE, desired_samples=1).audio).shape == (1, 2)
    assert run(tf.audio.decode_wav(FILE, desired_samples=5).audio)[3:].tolist() == [[0, 0], [0, 0]]
    with_list = FILE[:36] + b"LIST\x04\0\0\0abcd" + FILE[36:]
    assert run(tf.audio.decode_wav(with_list).audio).shape == (3, 2)


@pytest.mark.parametrize(("contents", "text"), [
    (b"", "Data too short when trying to read string"),
    (b"abcd" * 3, "Header mismatch: Expected RIFF but found abcd"),
    (FILE[:8] + b"WAVX" + FILE[12:], "Header mismatch: Expected WAVE but found WAVX"),
    (FILE[:12] + b"fmtX" + FILE[16:], "Unexpected field fmtX"),
    (FILE[:16] + b"\x20" + FILE[17:], "Bad format chunk size for WAV: Expected 16 or 18, but got32"),
    (FILE[:20] + b"\x03" + FILE[21:], r"Bad audio format for WAV: Expected 1 \(PCM\), but got3"),
    (FILE[:22] + b"\0" + FILE[23:], "Bad number of channels for WAV: Expected at least 1, but got 0"),
    (FILE[:28] + b"\0\0\0\0" + FILE[32:], "Bad bytes per second in WAV header: Expected 176400 but got 0"),
    (FILE[:32] + b"\x03" + FILE[33:], "Bad bytes per sample in WAV header: Expected 4 but got 3"),
    (FILE[:34] + b"\x08" + FILE[35:], "Can only read 16-bit WAV files, but received 8"),
    (FILE[:36], "No data chunk found in WAV"),
    (FILE[:40] + b"\xff\xff\xff\x7f" + FILE[44:], "Data too short when trying to read string"),
    (FILE[:-3], "Data too short when trying to read string"),
], ids=range(13))  # fmt: skip
def test_what_is_no_such_file_is_refused(contents, text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        run(tf.audio.decode_wav(contents))


def test_what_cannot_be_written_is_refused():
    for sound, rate, text in ((np.zeros((2, 0)), 8000, "audio is null"), (np.zeros((2, 1)), 0, r"sample_rate must be in .*, got: 0")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=text):
            run(tf.audio.encode_wav(sound.astype(np.float32), rate))
    with pytest.raises(ValueError, match="channels must be non-negative, got -2"):
        tf.audio.decode_wav(FILE, desired_channels=-2)
