import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run


def _words(*words):
    return np.array(words, object)


def test_pieces_are_cut_from_both_ends_in_bytes_or_characters():
    assert run("Substr", _words(b"Hello", b"World"), [1, -2], [3, 9]).tolist() == [b"ell", b"ld"]
    word = "\u00e4\u00f6\u00fc".encode()
    assert run("Substr", _words(word), [1], [1], unit="UTF8_CHAR").tolist() == ["\u00f6".encode()]
    text = "pos -2147483648 out of range for string b'abc' at index 0"
    assert complaint(fed, "Substr", _words(b"abc"), [-2147483648], [2147483647]) == text


def test_splitting_gives_a_sparse_matrix_of_pieces():
    places, pieces, shape = run("StringSplit", _words(b"a b", b"", b"c"), _words(b" ").reshape(()))
    assert pieces.tolist() == [b"a", b"b", b"c"]
    assert places.tolist() == [[0, 0], [0, 1], [2, 0]]
    assert shape.tolist() == [3, 2]
    assert run("StringSplitV2", _words(b"a--b-c"), _words(b"-").reshape(()), maxsplit=1)[1].tolist() == [b"a", b"-b-c"]


@pytest.mark.parametrize(("word", "number"), [(b"1.5", 1.5), (b" -2e3 ", -2000), (b"inf", np.inf), (b".5", 0.5)])
def test_text_is_read_as_a_number(word, number):
    assert run("StringToNumber", _words(word)).tolist() == [number]


@pytest.mark.parametrize("word", [b"abc", b"", b"1_0", b"0x10", b"1.5.2"])
def test_what_is_no_number_is_named(word):
    text = f"StringToNumberOp could not correctly convert string: {word.decode()}"
    assert complaint(fed, "StringToNumber", _words(word)) == text


def test_base64_comes_back_and_garbage_is_refused():
    words = _words(b"", b"a", b"ab", b"\xff\xfe\xfd")
    for pad in (False, True):
        assert run("DecodeBase64", run("EncodeBase64", words, pad=pad)).tolist() == words.tolist()
    assert complaint(fed, "DecodeBase64", _words(b"a+/b")) == "Invalid character found in base64."


def test_strings_are_joined_along_axes_in_the_order_named():
    words = _words(b"a", b"b", b"c", b"d").reshape(2, 2)
    assert run("ReduceJoin", words, [0, 1]) == b"abcd"
    assert run("ReduceJoin", words, [1, 0], separator="-") == b"a-c-b-d"
