"""Bytes, characters and n-grams of strings in tensors of every rank."""

import pytest

import autograd_lite as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def _lists(ragged):
    return tf.Session().run(ragged).to_list()


def test_strings_of_every_rank_are_split():
    assert tf.Session().run(tf.strings.bytes_split("abc")).tolist() == [b"a", b"b", b"c"]
    assert _lists(tf.strings.bytes_split([["ab", ""], ["c", "de"]])) == [[[b"a", b"b"], []], [[b"c"], [b"d", b"e"]]]
    assert _lists(tf.strings.bytes_split(tf.ragged.constant([["ab"], []]))) == [[[b"a", b"b"]], []]
    assert tf.Session().run(tf.strings.unicode_decode("ab", "UTF-8")).tolist() == [97, 98]
    assert _lists(tf.strings.unicode_decode([["ab"], ["c"]], "UTF-8")) == [[[97, 98]], [[99]]]
    with pytest.raises(ValueError, match="Rank of `input` must be statically known"):
        tf.strings.unicode_decode(tf.placeholder(tf.string), "UTF-8")


def test_characters_are_strings_again():
    assert _lists(tf.strings.unicode_split([b"a\xffb\xc3\xa9"], "UTF-8")) == [[b"a", b"\xef\xbf\xbd", b"b", b"\xc3\xa9"]]
    letters, starts = tf.strings.unicode_split_with_offsets(["a\u00e9z", ""], "UTF-8")
    assert _lists(letters) == [[b"a", b"\xc3\xa9", b"z"], []] and _lists(starts) == [[0, 1, 3], []]


def test_code_points_of_every_rank_become_strings():
    assert tf.Session().run(tf.strings.unicode_encode([[97, 98], [99, 100]], "UTF-8")).tolist() == [b"ab", b"cd"]
    assert tf.Session().run(tf.strings.unicode_encode(tf.ragged.constant([[97], [99, 100]]), "UTF-8")).tolist() == [b"a", b"cd"]
    assert _lists(tf.strings.unicode_encode(tf.ragged.constant([[[97], [98, 99]], []]), "UTF-8")) == [[b"a", b"bc"], []]


def test_ngrams_of_vectors_matrices_and_ragged_rows():
    assert tf.Session().run(tf.strings.ngrams(["a", "b"], 2, pad_values="_")).tolist() == [b"_ a", b"a b", b"b _"]
    assert _lists(tf.strings.ngrams([["a", "b"], ["c", "d"]], 2)) == [[b"a b"], [b"c d"]]
    rows = tf.ragged.constant([["a", "b", "c"], [], ["x"]])
    assert _lists(tf.strings.ngrams(rows, 2, preserve_short_sequences=True)) == [[b"a b", b"b c"], [], [b"x"]]


@pytest.mark.parametrize(("arguments", "error", "text"), [
    ((["a"], 0), ValueError, "All ngram_widths must be greater than 0. Got 0"),
    ((["a"], 2, " ", None, 1), ValueError, "pad_values must be provided if padding_width is set."),
    ((["a"], 2, " ", ["x"]), TypeError, "pad_values must be either a tuple of strings or a single string."),
    (("a", 2), ValueError, "Data must have rank>0"),
])  # fmt: skip
def test_wrong_arguments_of_ngrams_are_refused(arguments, error, text):
    with pytest.raises(error, match=text):
        tf.strings.ngrams(*arguments)


def test_pieces_of_strings_may_be_ragged():
    assert _lists(tf.string_split(["a b", "", "c"], result_type="RaggedTensor")) == [[b"a", b"b"], [], [b"c"]]
    assert _lists(tf.strings.split(["a-b", "c"], "-", result_type="RaggedTensor")) == [[b"a", b"b"], [b"c"]]
    with pytest.raises(ValueError, match="result_type must be 'RaggedTensor' or 'SparseTensor'"):
        tf.strings.split(["a"], result_type="list")
