"""Nested structures flatten and come back."""

from collections import OrderedDict, namedtuple

import attr
import pytest
from hypothesis import given, strategies as st

from autograd_lite.core import nest

Point = namedtuple("Point", "x y")


@attr.s
class Pair:
    a = attr.ib()
    b = attr.ib()


trees = st.recursive(
    st.integers(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from("abc"), inner),
        st.builds(Point, inner, inner),
    ),
    max_leaves=10,
)


@given(trees)
def test_packing_what_was_flattened_gives_the_same_structure(tree):
    assert nest.pack_sequence_as(tree, nest.flatten(tree)) == tree


@given(trees)
def test_mapping_keeps_the_form(tree):
    doubled = nest.map_structure(lambda x: x * 2, tree)
    nest.assert_same_structure(tree, doubled)
    assert nest.flatten(doubled) == [x * 2 for x in nest.flatten(tree)]


def test_dicts_are_flattened_by_sorted_key_and_keep_their_order():
    tree = OrderedDict([("b", 1), ("a", [2, 3])])
    assert nest.flatten(tree) == [2, 3, 1]
    assert list(nest.pack_sequence_as(tree, [20, 30, 10]).items()) == [("b", 10), ("a", [20, 30])]


def test_attrs_classes_are_structures():
    assert nest.flatten(Pair(1, [2, 3])) == [1, 2, 3]
    assert nest.pack_sequence_as(Pair(1, [2, 3]), "xyz") == Pair("x", ["y", "z"])


def test_strings_are_leaves():
    assert nest.flatten(["ab", b"c"]) == ["ab", b"c"]


def test_a_wrong_number_of_leaves_is_refused():
    with pytest.raises(ValueError, match="Structure had 2 elements, but flat_sequence had 3 elements"):
        nest.pack_sequence_as([1, 2], [1, 2, 3])


def test_structures_that_differ_are_named():
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        nest.assert_same_structure([1, [2]], [1, 2])
    with pytest.raises(TypeError, match="don't have the same sequence type"):
        nest.assert_same_structure([1, 2], (1, 2))
