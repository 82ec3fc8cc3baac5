import pytest

from autograd_lite.core.text.regex_syntax import PatternError, parse


def test_a_repetition_is_the_code_of_its_body_and_a_jump_back():
    letter = ("set", ((97, 97),))
    assert parse("a+").code == [letter, ("split", -1, 1)]
    assert parse("a*?").code == [("split", 3, 1), letter, ("split", 1, -1)]
    assert parse("a{2,3}").code == [letter, letter, ("split", 1, 2), letter]


def test_groups_are_counted_and_named_groups_are_groups():
    assert parse("(a)(?:b)(?P<x>c)").groups == 2


@pytest.mark.parametrize("pattern", ["((a{100}){100}){100}", "(" * 2000 + ")" * 2000])
def test_patterns_that_would_take_too_much_memory_are_refused(pattern):
    with pytest.raises(PatternError):
        parse(pattern)
