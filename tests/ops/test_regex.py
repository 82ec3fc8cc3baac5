import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core.text import regex
from tests.ops.kernels import complaint, fed, run


def _words(*words):
    return np.array(words, object)


def _word(word):
    return np.array(word, object)


def test_pattern_and_rewrite_may_be_tensors():
    assert fed("RegexReplace", _words(b"a1", b"b22"), _word(b"[0-9]"), _word(b"#")).tolist() == [b"a#", b"b##"]
    assert fed("RegexFullMatch", _words(b"a1", b"1"), _word(b"[0-9]")).tolist() == [False, True]
    assert complaint(fed, "RegexFullMatch", _words(b"a"), _words(b"a", b"b")) == "Pattern must be scalar, but received [2]"


def test_what_is_no_pattern_is_an_error_of_the_run():
    text = "Invalid pattern: (, error: missing ): ("
    assert complaint(run, "StaticRegexReplace", _words(b"a"), pattern="(", rewrite="") == text


def test_known_patterns_become_attributes_and_tensors_inputs():
    with tf.Graph().as_default():
        assert tf.regex_replace("a", "b", "c").op.type == "StaticRegexReplace"
        assert tf.regex_replace("a", tf.constant("b"), "c").op.type == "RegexReplace"
        assert tf.strings.regex_full_match("a", b"b").op.type == "StaticRegexFullMatch"
        assert tf.strings.regex_full_match("a", tf.constant("b")).op.type == "RegexFullMatch"


@pytest.mark.parametrize("pattern", ["[a-z]+", "[^a]", "b*", "(a)(b)", "a|b1", "\u00e9", "(a*)*b", "a$", "[^\\x00-\\x7f]", "\\bb"])
def test_many_words_give_what_they_give_one_by_one(pattern):
    rng = np.random.RandomState(0)
    words = ["".join(rng.choice(list("ab1\u00e9 "), rng.randint(0, 6))).encode() for _ in range(300)]
    expression = regex.compiled(pattern.encode())
    for chosen in (words, [word for word in words if word.isascii()]):
        assert expression.all_matches(chosen) == [expression.matches(word) for word in chosen]
        for everywhere in (True, False):
            together = expression.all_replaced(chosen, rb"<\0>", everywhere)
            assert together == [expression.replaced(word, rb"<\0>", everywhere) for word in chosen]
