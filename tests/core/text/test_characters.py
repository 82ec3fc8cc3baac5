from autograd_lite.core.text import characters
from autograd_lite.core.text.characters import both_cases, complement, contains, property_set, script_numbers, union


def test_ranges_that_touch_become_one():
    assert union([(5, 7), (1, 2), (3, 3)]) == ((1, 3), (5, 7))


def test_the_complement_of_the_complement_is_the_set_without_surrogates():
    assert complement(complement(((65, 90),))) == ((65, 90),)
    assert not contains(characters.ANY, 0xD800)


def test_letters_get_their_other_cases():
    assert both_cases(((107, 107),)) == ((75, 75), (107, 107), (0x212A, 0x212A))  # k, K and the sign of the kelvin


def test_characters_have_scripts_and_categories():
    numbers = script_numbers()
    assert numbers[[ord("a"), ord("1"), 0x3B1, 0x4E00, 0xD800]].tolist() == [25, 0, 14, 17, 103]
    assert contains(property_set("Greek"), 0x3B1)
    assert contains(property_set("Lu"), ord("A")) and not contains(property_set("Lu"), ord("a"))
    assert contains(property_set("L"), ord("a"))
    assert property_set("Foo") is None
