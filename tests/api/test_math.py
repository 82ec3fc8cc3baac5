"""Elementwise functions that are more than one op, and conversions of types."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf


def test_add_builds_the_release_s_node(nodes, first_release):
    x = tf.placeholder(tf.float32, name="x")
    tf.add(x, 1.0)
    assert nodes(1) == [("Add/y", "Const"), ("Add", "Add")]
    tf.set_release("2.21")
    assert tf.add(x, x).op.type == "AddV2"


def test_divisions_of_integers(run):
    assert run([tf.truediv(7, 2), tf.divide(7, 2), tf.div(7, 2), tf.floordiv(-7, 2)]) == [3.5, 3.5, 3, -4]


def test_small_integers_divide_to_float32():
    assert tf.truediv(tf.constant(1, tf.int8), tf.constant(2, tf.int8)).dtype == tf.float32


def test_divisions_by_zero_that_give_zero(run):
    np.testing.assert_array_equal(run(tf.div_no_nan([1.0, 2.0], [0.0, 4.0])), [0.0, 0.5])
    np.testing.assert_array_equal(run(tf.math.multiply_no_nan([np.inf], [0.0])), [0.0])
    np.testing.assert_array_equal(run(tf.math.reciprocal_no_nan([0.0, 4.0])), [0.0, 0.25])
    np.testing.assert_array_equal(run(tf.math.xdivy([0.0, 1.0], [0.0, 4.0])), [0.0, 0.25])


def test_operands_of_two_types_are_refused():
    with pytest.raises(TypeError, match="^`x` and `y` must have the same dtype"):
        tf.truediv(tf.constant(1), tf.constant(2.0))


def test_a_python_number_takes_the_type_of_the_other(run):
    assert tf.truediv(1.0, tf.constant(2.0, tf.float64)).dtype == tf.float64


def test_absolute_values_of_complex_numbers_are_real(run):
    assert run(tf.abs(tf.constant(3 + 4j))) == 5.0


def test_rounding_goes_to_even_and_leaves_integers_alone(run):
    np.testing.assert_array_equal(run(tf.round([0.5, 1.5, -2.5])), [0.0, 2.0, -2.0])
    x = tf.constant([1, 2])
    assert tf.round(x) is x


def test_log_sigmoid_cannot_underflow(run):
    np.testing.assert_allclose(run(tf.log_sigmoid([-1000.0, 0.0])), [-1000.0, -np.log(2.0)], rtol=1e-6)


def test_exclusive_or(run):
    assert run(tf.logical_xor([True, True, False], [True, False, False])).tolist() == [False, True, False]


def test_scalar_products_of_tensors_and_slices(run):
    assert run(tf.scalar_mul(2.0, tf.constant([1.0, 2.0]))).tolist() == [2.0, 4.0]
    slices = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([3]))
    assert run(tf.scalar_mul(2.0, slices).values).tolist() == [[2.0]]
    with pytest.raises(ValueError, match="^Only scalar multiply works"):
        tf.scalar_mul(tf.constant([1.0]), tf.constant([1.0]))


def test_sums_of_many_tensors(run):
    assert run(tf.add_n([tf.constant(1), tf.constant(2), tf.constant(3)])) == 6
    assert run(tf.accumulate_n([tf.constant(1.0), tf.constant(2.0)])) == 3.0
    x = tf.constant(1.0)
    assert tf.add_n([x]) is x


@pytest.mark.parametrize("inputs", [[], 3.0], ids=str)
def test_add_n_wants_a_list_with_something_in_it(inputs):
    with pytest.raises(ValueError, match="^Inputs must be an iterable of at least one Tensor"):
        tf.add_n(inputs)


def test_complex_parts(run):
    z = tf.complex([1.0], [2.0])
    assert run([tf.real(z), tf.imag(z), tf.conj(z)]) == [np.float32([1.0]), np.float32([2.0]), np.complex64([1 - 2j])]
    x = tf.constant([1.0])
    assert tf.real(x) is x
    assert tf.conj(x) is x
    np.testing.assert_allclose(run(tf.angle(tf.constant([1j]))), [np.pi / 2])
    np.testing.assert_allclose(run(tf.angle([-1.0, 1.0])), [np.pi, 0.0], rtol=1e-6)


def test_casts(run):
    assert run(tf.cast([1.9, -1.9], tf.int32)).tolist() == [1, -1]
    x = tf.constant([1.0])
    assert tf.cast(x, tf.float32) is x
    assert [f([1]).dtype.name for f in (tf.to_float, tf.to_double, tf.to_int32, tf.to_int64)] == ["float32", "float64", "int32", "int64"]


def test_casts_of_composites_keep_their_indices():
    sparse = tf.cast(tf.SparseTensor([[0]], [1.5], [2]), tf.int32)
    assert isinstance(sparse, tf.SparseTensor)
    assert sparse.dtype == tf.int32


@pytest.mark.parametrize("release", ["1.15", "2.21"])
def test_saturating_casts(release, run, first_release):
    tf.set_release(release)
    assert run(tf.saturate_cast([-5.0, 3.7, 300.0], tf.uint8)).tolist() == [0, 3, 255]


def test_polynomials(run):
    assert run(tf.math.polyval([1.0, 0.0, -1.0], 3.0)) == 8.0


def test_inverse_error_functions(run):
    x = np.array([0.1, 0.5, 1.7])
    np.testing.assert_allclose(run(tf.erfc(tf.math.erfcinv(x))), x, rtol=1e-9)
    np.testing.assert_allclose(run(tf.erf(tf.math.erfinv(x - 1.0))), x - 1.0, rtol=1e-9)
