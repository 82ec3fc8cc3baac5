"""Characters and code points as TensorFlow (ICU) gives them."""

import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run


def _words(*words):
    return np.array(words, object)


@pytest.mark.parametrize(("word", "replaced", "ignored"), [
    (b"a\xffb", [97, 65533, 98], [97, 98]),
    (b"\xe4\xbd", [65533], []),
    (b"a\x01b", [97, 1, 98], [97, 1, 98]),
    (b"\xed\xa0\x80x", [65533, 65533, 65533, 120], [120]),
    (b"\xf4\x90\x80\x80", [65533] * 4, []),
    (b"\xc0\x80", [65533, 65533], []),
    (b"", [], []),
])  # fmt: skip
def test_bytes_that_are_no_text_are_replaced_or_left_out(word, replaced, ignored):
    assert fed("UnicodeDecode", _words(word), input_encoding="UTF-8").char_values.tolist() == replaced
    assert fed("UnicodeDecode", _words(word), input_encoding="UTF-8", errors="ignore").char_values.tolist() == ignored
    if replaced != ignored:
        text = "Invalid formatting on input string"
        assert complaint(fed, "UnicodeDecode", _words(word), input_encoding="UTF-8", errors="strict") == text


def test_the_byte_at_which_each_character_begins_is_told():
    decoded = fed("UnicodeDecodeWithOffsets", _words("a\u00e9\U0001f600z".encode(), b"a\xe4\xbd\xffz"), input_encoding="UTF-8")
    assert decoded.row_splits.tolist() == [0, 4, 8]
    assert decoded.char_to_byte_starts.tolist() == [0, 1, 3, 7, 0, 1, 3, 4]
    decoded = fed("UnicodeDecodeWithOffsets", _words(b"\0a\xd8=\xde\x00"), input_encoding="UTF-16-BE")
    assert decoded.char_to_byte_starts.tolist() == [0, 2]


@pytest.mark.parametrize(("word", "encoding", "codes"), [
    (b"ab", "UTF-16-BE", [24930]),
    (b"\0a\0b\0", "UTF-16-BE", [97, 98, 65533]),
    (b"a\xe9", "latin1", [97, 233]),
    (b"a\x80\xe9", "US-ASCII", [97, 65533, 65533]),
    (b"\x82\xa0a", "shift_jis", [12354, 97]),
])  # fmt: skip
def test_other_encodings_are_read(word, encoding, codes):
    assert run("UnicodeDecode", _words(word), input_encoding=encoding).char_values.tolist() == codes


def test_unknown_encodings_are_refused():
    text = "Could not create converter for input encoding: nope"
    assert complaint(run, "UnicodeDecode", _words(b"a"), input_encoding="nope") == text
    assert complaint(run, "UnicodeTranscode", _words(b"a"), input_encoding="zlib_codec", output_encoding="UTF-8").endswith("zlib_codec")


@pytest.mark.parametrize(("encoding", "text"), [
    ("UTF-8", b"a\xc3\xa9\xf0\x9f\x98\x80"),
    ("UTF-16-BE", b"\x00a\x00\xe9\xd8=\xde\x00"),
    ("UTF-32-BE", b"\x00\x00\x00a\x00\x00\x00\xe9\x00\x01\xf6\x00"),
])  # fmt: skip
def test_code_points_are_written_in_three_encodings(encoding, text):
    assert run("UnicodeEncode", [97, 233, 0x1F600], [0, 3], output_encoding=encoding).tolist() == [text]


def test_numbers_that_are_no_characters_are_replaced_left_out_or_refused():
    codes = [97, 0x110000, 0xD800, -1]
    assert run("UnicodeEncode", codes, [0, 4], output_encoding="UTF-8").tolist() == [b"a" + b"\xef\xbf\xbd" * 3]
    assert run("UnicodeEncode", codes, [0, 4], output_encoding="UTF-8", errors="ignore").tolist() == [b"a"]
    text = "Code point is out of range for Unicode, or is a surrogate."
    assert complaint(run, "UnicodeEncode", codes, [0, 4], output_encoding="UTF-8", errors="strict") == text
    assert complaint(fed, "UnicodeEncode", [97], [0, 5], output_encoding="UTF-8").startswith("splits must ascend")


def test_strings_change_their_encoding():
    assert run("UnicodeTranscode", _words(b"a\xffb"), input_encoding="UTF-8", output_encoding="UTF-16-BE").tolist() == [b"\0a\xff\xfd\0b"]
    options = {"input_encoding": "UTF-8", "output_encoding": "UTF-8"}
    assert run("UnicodeTranscode", _words(b"a\x01b"), replace_control_characters=True, **options).tolist() == [b"a\xef\xbf\xbdb"]


def test_every_code_point_has_a_script():
    assert run("UnicodeScript", [97, 0x3B1, 0x4E00, 49, 0xD800, -1, 0x110000]).tolist() == [25, 14, 17, 0, 103, -1, -1]
