"""What is known of values before the graph runs."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core import dtypes
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.static_value import constant_value, partial_value
from autograd_lite.graph.table import TABLE


@pytest.fixture(autouse=True)
def graph():
    with Graph().as_default() as g:
        yield g


def placeholder(*shape):
    return TABLE["Placeholder"](dtype=dtypes.float32, shape=shape)


def test_values_follow_from_constants_through_pure_ops():
    assert constant_value(TABLE["Mul"](convert_to_tensor([1, 2]), 3)).tolist() == [3, 6]
    assert constant_value(TABLE["Mul"](TABLE["Placeholder"](dtype=dtypes.int32, shape=(2,)), 3)) is None


def test_the_shape_of_a_partly_known_tensor_is_partly_known():
    shape = TABLE["Shape"](placeholder(None, 3))
    assert partial_value(shape) == (None, 3) and constant_value(shape) is None
    assert constant_value(TABLE["Shape"](placeholder(2, 3))).tolist() == [2, 3]


def test_known_elements_travel_through_slicing_packing_and_joining():
    shape = TABLE["Shape"](placeholder(None, 3))
    rows = TABLE["StridedSlice"](shape, [0], [1], [1], shrink_axis_mask=1)
    assert partial_value(TABLE["Pack"]([rows, 5])) == (None, 5)
    assert partial_value(TABLE["ConcatV2"]([shape, [7]], 0)) == (None, 3, 7)
    last = TABLE["StridedSlice"](shape, [1], [2], [1], shrink_axis_mask=1)
    assert int(constant_value(last)) == 3


def test_random_and_stateful_values_are_never_guessed():
    assert constant_value(TABLE["RandomUniform"]([2], dtype=dtypes.float32)) is None


def test_large_values_are_not_computed_while_building():
    big = TABLE["Fill"](np.array([10_000], np.int32), 1.0)
    assert constant_value(big) is None


def test_a_deep_chain_is_given_up_without_recursion_errors():
    x = convert_to_tensor(1)
    for _ in range(5000):
        x = TABLE["Identity"](x)
    assert constant_value(x) is None or int(constant_value(x)) == 1


def test_default_of_a_placeholder_is_not_known_as_another_value_may_be_fed():
    size = tf.placeholder_with_default(3, [])
    ones = tf.fill([size], 1.0)
    assert ones.shape.as_list() == [None]
    with tf.Session() as session:
        assert session.run(ones, {size: 5}).shape == (5,)
