import collections

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def case():
    made = tf.test.TestCase()
    yield made
    made.tearDown()


def fails(assertion, *arguments, match=None):
    with pytest.raises(AssertionError, match=match):
        assertion(*arguments)


def test_equal_arrays_have_one_shape_and_the_same_elements(case):
    case.assertAllEqual([[1, 2]], np.array([[1, 2]]))
    case.assertAllEqual([np.nan, 1.0], tf.constant([np.nan, 1.0]))
    case.assertAllEqual([b"a"], tf.constant(["a"]))
    fails(case.assertAllEqual, [1, 2], [[1, 2]], match=r"Shape mismatch: expected \(2,\), got \(1, 2\)")
    fails(case.assertAllEqual, [1, 2, 3], [1, 5, 3], match=r"1 of 3 elements are wrong:\n  at \[1\]: .*2.*5")
    case.assertNotAllEqual([1, 2], [1, 3])
    fails(case.assertNotAllEqual, [1, 2], [1, 2])


def test_close_is_measured_against_the_second(case):
    case.assertAllClose(1.0, 1.0 + 1.9e-6)
    fails(case.assertAllClose, 1.0, 1.0 + 2.1e-6, match="rtol=1e-06, atol=1e-06")
    case.assertAllClose([np.nan, np.inf], [np.nan, np.inf])
    case.assertNotAllClose([1.0], [1.1])
    fails(case.assertNotAllClose, [1.0], [1.0])


def test_nested_structures_are_compared_part_by_part(case):
    Pair = collections.namedtuple("Pair", "x y")
    case.assertAllClose({"a": [np.ones(2), np.zeros(3)]}, {"a": [np.ones(2), np.zeros(3)]})
    case.assertAllClose(Pair(tf.ones([2]), {"b": 1.0}), Pair([1.0, 1.0], {"b": 1.0}))
    case.assertAllClose([1.0, 2.0], (1.0, 2.0))
    fails(case.assertAllClose, {"a": [np.ones(2), np.zeros(3)]}, {"a": [np.ones(2), np.ones(3)]}, match=r"at a\[a\]\[1\]")
    fails(case.assertAllClose, {"a": 1.0}, {"b": 1.0})
    fails(case.assertAllClose, {"a": 1.0}, 1.0, match="Can't compare dict to non-dict")


def test_small_types_are_given_more_room(case):
    case.assertAllCloseAccordingToType(np.float16([1.0]), np.float16([1.001]))
    fails(case.assertAllCloseAccordingToType, np.float32([1.0]), np.float32([1.001]))
    case.assertAllClose(np.array([1.0], tf.bfloat16.as_numpy_dtype), [1.005])


def test_numbers_lists_and_arrays_may_be_near(case):
    case.assertNear(1.0, 1.05, 0.1)
    fails(case.assertNear, 1.0, 1.2, 0.1)
    case.assertArrayNear([1.0, 2.0], [1.05, 2.0], 0.1)
    fails(case.assertArrayNear, [1.0], [1.0, 2.0], 0.1)
    case.assertNDArrayNear(np.zeros([2, 2]), np.full([2, 2], 0.1), 0.3)
    fails(case.assertNDArrayNear, np.zeros([2, 2]), np.ones([2, 2]), 0.3)


def test_all_elements_lie_where_they_should(case):
    case.assertAllGreater([2, 3], 1)
    fails(case.assertAllGreater, [1, 3], 1)
    case.assertAllLess([0], 1)
    fails(case.assertAllLess, [1], 1)
    case.assertAllGreaterEqual([1], 1)
    fails(case.assertAllGreaterEqual, [0], 1)
    case.assertAllLessEqual([1], 1)
    fails(case.assertAllLessEqual, [2], 1)
    case.assertAllInRange(tf.constant([1, 2]), 1, 2)
    fails(lambda: case.assertAllInRange([1, 2], 1, 2, open_upper_bound=True), match=r"\[1, 2\)")
    fails(case.assertAllInRange, ["a"], 1, 2, match="ordered numeric type")
    case.assertAllInSet([0, 1, 1], {0, 1})
    fails(case.assertAllInSet, [0, 2], {0, 1}, match=r"\[2\]")


def test_shapes_types_and_texts(case):
    case.assertShapeEqual(np.ones([2, 3]), tf.ones([2, 3]))
    fails(case.assertShapeEqual, np.ones([2, 3]), tf.ones([3, 2]))
    case.assertDTypeEqual(tf.constant(1.0), np.float32)
    fails(case.assertDTypeEqual, np.float64(1.0), tf.float32)
    case.assertStartsWith("abc", "ab")
    fails(case.assertStartsWith, "abc", "b", match="does not start with")


def test_the_names_of_older_pythons_still_work(case):
    case.assertEquals(1, 1)
    case.assertItemsEqual([2, 1], [1, 2])
    case.assertLen([1], 1)
    case.assertEmpty([])
    case.assertNotEmpty([1])
    case.assertBetween(2, 1, 3)
    fails(case.assertEquals, 1, 2)
    fails(case.assertLen, [1], 2)
    fails(case.assertEmpty, [1])
    fails(case.assertNotEmpty, [])
    fails(case.assertBetween, 4, 1, 3)
