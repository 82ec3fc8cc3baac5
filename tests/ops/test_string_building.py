"""Templates, n-grams and joined segments as TensorFlow gives them."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.ops.kernels import complaint, fed, run


def _words(*words):
    return np.array(words, object)


@pytest.mark.parametrize(("array", "text"), [
    (np.array([[[b"x"]]], object), b'[[["x"]]]'),
    (np.array([[True]]), b"[[1]]"),
    (np.zeros(0, np.float32), b"[]"),
    (np.float64(1 / 3), b"0.33333333333333331"),
    (np.float64(1e20), b"1e+20"),
    (np.array([1 + 2j]), b"[?]"),
    (np.arange(8), b"[0 1 2 ... 5 6 7]"),
    (np.arange(8).reshape(2, 2, 2), b"[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]"),
    (np.arange(100).reshape(10, 10), b"[[0 1 2 ... 7 8 9]\n [10 11 12 ... 17 18 19]\n [20 21 22 ... 27 28 29]\n ...\n "
     b"[70 71 72 ... 77 78 79]\n [80 81 82 ... 87 88 89]\n [90 91 92 ... 97 98 99]]"),
])  # fmt: skip
def test_tensors_are_written_as_tensorflow_writes_them(array, text):
    assert run("StringFormat", (array,), template="{}", placeholder="{}") == text


def test_templates_take_several_tensors():
    assert run("StringFormat", (np.arange(8), 2), template="a%b%", placeholder="%", summarize=2) == b"a[0 1 ... 6 7]b2"
    assert run("StringFormat", (np.arange(8),), template="%", placeholder="%", summarize=-1) == b"[0 1 2 3 4 5 6 7]"
    with tf.Graph().as_default(), pytest.raises(ValueError, match="The template expects 2 tensors, but the inputs only has 1"):
        tf.strings.format("{} {}", tf.constant(1))


def _ngrams(words, splits, widths, left="", right="", pad=0, short=False):
    found = fed("StringNGrams", _words(*words), splits, separator=" ", ngram_widths=widths, left_pad=left, right_pad=right, pad_width=pad,
                preserve_short_sequences=short)  # fmt: skip
    return found.ngrams.tolist(), found.ngrams_splits.tolist()


def test_ngrams_of_several_widths_with_and_without_padding():
    assert _ngrams([b"a", b"b", b"c"], [0, 3], [1, 2]) == ([b"a", b"b", b"c", b"a b", b"b c"], [0, 5])
    assert _ngrams([b"a", b"b"], [0, 2], [2], "_", "_", -1) == ([b"_ a", b"a b", b"b _"], [0, 3])
    assert _ngrams([b"a", b"b"], [0, 2], [3], "L", "R", 1) == ([b"L a b", b"a b R"], [0, 2])
    assert _ngrams([b"a", b"b", b"c", b"x"], [0, 3, 3, 4], [2], short=True) == ([b"a b", b"b c", b"x"], [0, 2, 2, 3])
    assert complaint(_ngrams, [b"a"], [0, 5], [1]).startswith("Invalid split value")


def test_strings_with_one_number_are_joined_in_their_order():
    matrix = _words(b"a", b"b", b"c", b"d").reshape(2, 2)
    assert run("UnsortedSegmentJoin", matrix, [0, 0], 1).tolist() == [[b"ac", b"bd"]]
    assert run("UnsortedSegmentJoin", matrix, [[0, 1], [1, 0]], 2).tolist() == [b"ad", b"bc"]
    text = "segment_ids are not allowed to exceed num_segments or to have negative values."
    assert complaint(fed, "UnsortedSegmentJoin", _words(b"a"), [5], 1) == text
    assert complaint(fed, "UnsortedSegmentJoin", _words(b"a"), [-1], 1) == text
