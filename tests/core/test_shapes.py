"""Static shapes: tuples inside, TensorShape and Dimension outside."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from autograd_lite.core import shapes
from autograd_lite.core.shapes import Dimension, TensorShape

sizes = st.one_of(st.none(), st.integers(0, 4))
static_shapes = st.one_of(st.none(), st.lists(sizes, max_size=4).map(tuple))
full_shapes = st.lists(st.integers(1, 3), max_size=4).map(tuple)


@given(static_shapes, static_shapes)
def test_merging_keeps_what_both_know_and_fails_only_when_incompatible(a, b):
    if shapes.compatible(a, b):
        merged = shapes.merge(a, b)
        assert shapes.compatible(merged, a) and shapes.compatible(merged, b)
        assert merged == shapes.merge(b, a)
    else:
        with pytest.raises(shapes.ShapeMismatch):
            shapes.merge(a, b)


@given(full_shapes, full_shapes)
def test_broadcasting_agrees_with_numpy(a, b):
    try:
        wanted = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(shapes.ShapeMismatch, match="Dimensions must be equal, but are"):
            shapes.broadcast(a, b)
    else:
        assert shapes.broadcast(a, b) == wanted


@given(full_shapes, full_shapes, st.data())
def test_broadcasting_with_unknown_sizes_never_contradicts_the_known_result(a, b, data):
    try:
        wanted = shapes.broadcast(a, b)
    except shapes.ShapeMismatch:
        return
    blurred = tuple(data.draw(st.sampled_from([size, None])) for size in a)
    assert shapes.compatible(shapes.broadcast(blurred, b), wanted)


def test_the_number_of_elements_is_checked_against_63_bits():
    assert shapes.num_elements((2, 3)) == 6 and shapes.num_elements((2, None)) is None and shapes.num_elements(()) == 1
    with pytest.raises(ValueError, match=r"would have more than 2\*\*63 - 1 elements"):
        shapes.num_elements((1 << 40, 1 << 40))


def test_shapes_print_as_in_tf1():
    assert str(TensorShape([None, 3])) == "(?, 3)" and str(TensorShape([2])) == "(2,)" and str(TensorShape(None)) == "<unknown>"
    assert repr(TensorShape([None, 3])) == "TensorShape([Dimension(None), Dimension(3)])" and repr(TensorShape(None)) == "TensorShape(None)"
    assert shapes.text((2, None)) == "[2,?]"


def test_indexing_a_shape_gives_dimensions_and_slicing_gives_shapes():
    shape = TensorShape([8, None, 5])
    assert shape[0].value == 8 and shape[1].value is None and shape[1:].as_list() == [None, 5]
    assert [d.value for d in shape] == [8, None, 5] and len(shape) == 3 and shape.ndims == 3
    assert TensorShape(None)[2].value is None


def test_dimension_arithmetic_spreads_the_unknown():
    assert (Dimension(3) + 2).value == 5 and (7 // Dimension(2)).value == 3 and (Dimension(None) * 3).value is None
    assert (Dimension(3) == 3) is True and (Dimension(3) == Dimension(None)) is None and (Dimension(2) < 5) is True
    assert int(Dimension(4)) == 4 and list(range(Dimension(2))) == [0, 1]
    with pytest.raises(TypeError, match="please use // instead"):
        _ = Dimension(4) / 2


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: TensorShape([-1, 2]), ValueError, "Error converting shape to a TensorShape: Dimension -1 must be >= 0."),
        (lambda: TensorShape(None).as_list(), ValueError, r"as_list\(\) is not defined on an unknown TensorShape."),
        (lambda: TensorShape([2]).assert_is_compatible_with([3]), ValueError, r"Shapes \(2,\) and \(3,\) are incompatible"),
        (lambda: TensorShape([2]).with_rank(2), ValueError, r"Shape \(2,\) must have rank 2"),
        (lambda: TensorShape([None]).assert_is_fully_defined(), ValueError, "is not fully defined"),
        (lambda: TensorShape("ab"), TypeError, "Error converting shape"),
    ],
)
def test_mistakes_with_shapes_have_tensorflows_words(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_methods_of_shapes_combine_them():
    a = TensorShape([2, None])
    assert a.merge_with([None, 3]).as_list() == [2, 3]
    assert a.concatenate([4]).as_list() == [2, None, 4] and (a + [1]).as_list() == [2, None, 1]
    assert a.is_compatible_with([2, 7]) and not a.is_compatible_with([3, 7])
    assert a.most_specific_compatible_shape([2, 3]).as_list() == [2, None]
    assert TensorShape([2, 3]) == [2, 3] and TensorShape([2, 3]).num_elements() == 6 and a.num_elements() is None
    assert shapes.unknown_shape(2).as_list() == [None, None]
