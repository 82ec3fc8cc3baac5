"""What TensorFlow's regular expressions (RE2) gave, written down, and that no pattern makes them slow."""

import pytest

from autograd_lite.core.text.regex import PatternError, Regex

# text, pattern, rewrite -> all matches rewritten, only the first, whether the whole text matches
REPLACED = [
    (b'abc', b'b', b'\\1', b'abc', b'abc', False),
    (b'abc', b'(b)', b'[\\1\\0]', b'a[bb]c', b'a[bb]c', False),
    (b'abc', b'b', b'\\q-', b'ac', b'abc', False),
    (b'abcb', b'b', b'<\\q-', b'a<c<', b'abcb', False),
    (b'abc', b'b', b'\\', b'ac', b'abc', False),
    (b'abc', b'b', b'\\\\', b'a\\c', b'a\\c', False),
    (b'abxd', b'x*', b'-', b'-a-b-d-', b'-abxd', False),
    (b'aaa', b'a*?', b'-', b'-a-a-a-', b'-aaa', True),
    (b'aaab', b'a*', b'-', b'-b-', b'-b', False),
    (b'', b'a*', b'-', b'-', b'-', True),
    (b'caf\xc3\xa9x', b'.', b'-', b'-----', b'-af\xc3\xa9x', False),
    (b'a\xffb', b'.', b'-', b'-\xff-', b'-\xffb', False),
    (b'a\xffb', b'', b'-', b'-a-\xff-b-', b'-a\xffb', False),
    (b'\xc3\xa9\xc3\xa9', b'', b'-', b'-\xc3\xa9-\xc3\xa9-', b'-\xc3\xa9\xc3\xa9', False),
    (b'a\nb', b'$', b'-', b'a\nb-', b'a\nb-', False),
    (b'a\nb', b'(?m)$', b'-', b'a-\nb-', b'a-\nb', False),
    (b'a\nb', b'(?m)^', b'-', b'-a\n-b', b'-a\nb', False),
    (b'ab cd', b'\\b', b'|', b'|ab| |cd|', b'|ab cd', False),
    (b'ab cd', b'\\B', b'|', b'a|b c|d', b'a|b cd', False),
    (b'Kk\xe2\x84\xaa', b'(?i)k', b'-', b'---', b'-k\xe2\x84\xaa', False),
    (b'abab', b'(a)(b)?', b'[\\2]', b'[b][b]', b'[b]ab', False),
    (b'ab', b'(a|ab)(c|bcd)?', b'[\\1]', b'[a]b', b'[a]b', True),
    (b'aXb', b'\\Q.X\\E?', b'-', b'aXb', b'aXb', False),
    (b'foobar', b'o+?', b'0', b'f00bar', b'f0obar', False),
    (b'xayaz', b'(?U)a.*', b'-', b'x-y-z', b'x-yaz', False),
    (b'\xce\xb1\xce\xb2c', b'\\p{Greek}', b'-', b'--c', b'-\xce\xb2c', False),
    (b'aB1_', b'[[:upper:][:digit:]]', b'-', b'a--_', b'a-1_', False),
    (b'aB1_', b'[^\\w]', b'-', b'aB1_', b'aB1_', False),
    (b'a.b', b'[.]', b'-', b'a-b', b'a-b', False),
    (b'aaa', b'a{2}', b'-', b'-a', b'-a', False),
    (b'aaaa', b'(a){2,3}?', b'\\1-', b'a-a-', b'a-aa', False),
    (b'ab', b'(|a)*', b'<>', b'<>a<>b<>', b'<>ab', False),
    (b'aaa', b'(|a)+', b'<>', b'<>a<>a<>a<>', b'<>aaa', True),
    (b'abcd', b'((a|ab)(c|bcd))(d*)', b'<\\1,\\2,\\3,\\4>', b'<abcd,a,bcd,>', b'<abcd,a,bcd,>', True),
]
# pattern -> every match in b"abc]2" replaced by b"x"
ODD = [    (b'(?P<n>a)(?P<n>b)', b'xc]2'),
    (b'a{,2}', b'abc]2'),
    (b'(?P<1a>x)', b'abc]2'),
    (b'[]a]', b'xbcx2'),
    (b'[^]a]', b'axx]x'),
    (b'(|a)*', b'xaxbxcx]x2x'),
    (b'\\C', b'xxxxx'),
    (b'(?:)*', b'xaxbxcx]x2x'),
    (b'^*', b'xaxbxcx]x2x'),
    (b'|', b'xaxbxcx]x2x'),
]
# pattern -> why it is none
WRONG = [
    ('(', 'missing ): ('),
    (')', 'unexpected ): )'),
    ('a)', 'unexpected ): a)'),
    ('[', 'missing ]: ['),
    ('[a', 'missing ]: [a'),
    ('[z-a]', 'invalid character class range: z-a'),
    ('*a', 'no argument for repetition operator: *'),
    ('a**', 'bad repetition operator: **'),
    ('a+*', 'bad repetition operator: +*'),
    ('a{1001}', 'invalid repetition size: {1001}'),
    ('a{3,2}', 'invalid repetition size: {3,2}'),
    ('\\', 'trailing \\'),
    ('\\8', 'invalid escape sequence: \\8'),
    ('\\1', 'invalid escape sequence: \\1'),
    ('\\q', 'invalid escape sequence: \\q'),
    ('\\pX', 'invalid character class range: \\pX'),
    ('\\p{Foo}', 'invalid character class range: \\p{Foo}'),
    ('(?P<n', 'invalid named capture group: (?P<n'),
    ('(?z)', 'invalid perl operator: (?z'),
    ('(?=a)', 'invalid perl operator: (?='),
    ('(?<n>a)b', 'invalid perl operator: (?<'),
    ('x{2}{3}', 'bad repetition operator: {2}{3}'),
    ('(?i', 'invalid perl operator: (?i'),
]


@pytest.mark.parametrize(("text", "pattern", "rewrite", "everywhere", "first", "whole"), REPLACED)
def test_matches_are_found_and_rewritten_as_by_re2(text, pattern, rewrite, everywhere, first, whole):
    regex = Regex(pattern)
    assert regex.replaced(text, rewrite) == everywhere
    assert regex.replaced(text, rewrite, everywhere=False) == first
    assert regex.matches(text) == whole


@pytest.mark.parametrize(("pattern", "result"), ODD)
def test_odd_patterns_mean_what_they_mean_in_re2(pattern, result):
    assert Regex(pattern).replaced(b"abc]2", b"x") == result


@pytest.mark.parametrize(("pattern", "reason"), WRONG)
def test_what_is_no_pattern_is_explained_in_the_words_of_re2(pattern, reason):
    with pytest.raises(PatternError) as caught:
        Regex(pattern.encode())
    assert str(caught.value) == reason


@pytest.mark.parametrize("pattern", [b"(a+)+$", b"(a|a)*$", b"(a*)*b", b"(a|aa)+$", b"(.*)(.*)(.*)x$", b"a?a?a?a?a?a?a?a?a?a?aaaaaaaaaa$"])
def test_no_pattern_takes_exponential_time(pattern):
    text = b"a" * 5_000 + b"!"
    assert Regex(pattern).replaced(text, b"x").startswith(text)
    assert not Regex(pattern).matches(text)


def test_both_engines_agree_where_python_may_be_used():
    for pattern in (b"[0-9]+", b"abc|de|f", b"a[^b]c", b"x(y)z+", b"[\\s,]"):
        regex = Regex(pattern)
        assert regex._python is not None
        for text in (b"abc 12 de", b"xyzzz, axc", b"", b"a\xffc"):
            by_python = regex.replaced(text, b"<\\0>"), regex.matches(text)
            slow = Regex(pattern)
            slow._python = None
            assert (slow.replaced(text, b"<\\0>"), slow.matches(text)) == by_python


def test_the_memory_of_steps_is_bounded(monkeypatch):
    monkeypatch.setattr("autograd_lite.core.text.regex._MOST_REMEMBERED", 5)
    regex = Regex(b"(a|b)*c")
    assert regex.replaced(b"abcdefghijabc", b"-") == b"-defghij-"
    assert len(regex._search.states) < 20
