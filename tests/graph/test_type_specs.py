"""Type specifications of tensors, sparse tensors, slices and TensorArrays."""

import pytest

import autograd_lite as tf


def test_a_specification_tells_what_fits():
    spec = tf.TensorSpec([None, 3], tf.float32, "x")
    assert spec.is_compatible_with(tf.zeros([2, 3]))
    assert not spec.is_compatible_with(tf.zeros([2, 4]))
    assert not spec.is_compatible_with(tf.zeros([2, 3], tf.int32))
    assert spec.is_compatible_with(tf.TensorSpec([5, 3]))
    assert not spec.is_compatible_with(tf.SparseTensorSpec([5, 3]))
    assert (spec.name, spec.shape.as_list(), spec.dtype, spec.value_type) == ("x", [None, 3], tf.float32, tf.Tensor)


def test_what_is_known_of_values_is_found():
    tensor = tf.zeros([2])
    assert tf.TensorSpec.from_tensor(tensor) == tf.TensorSpec([2], tf.float32, tensor.op.name)
    assert tf.TensorSpec.from_spec(tf.TensorSpec([2]), "other").name == "other"
    sparse = tf.SparseTensor([[0, 1]], [1.0], [2, 3])
    assert tf.SparseTensorSpec.from_value(sparse) == tf.SparseTensorSpec([2, 3], tf.float32)
    assert tf.SparseTensorSpec([2, 3]).value_type is tf.SparseTensor


def test_the_narrowest_common_specification_forgets_what_differs():
    both = tf.TensorSpec([2, 3]).most_specific_compatible_type(tf.TensorSpec([4, 3]))
    assert both == tf.TensorSpec([None, 3])
    assert hash(both) == hash(tf.TensorSpec([None, 3]))
    assert both != tf.TensorSpec([None, 3], tf.int32)
    with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
        both.most_specific_compatible_type(tf.TensorSpec([2, 3], tf.int32))


def test_slices_fit_when_rows_and_types_do():
    slices = tf.IndexedSlices(tf.ones([2, 3]), tf.constant([0, 1]), tf.constant([4, 3]))
    spec = tf.IndexedSlicesSpec([4, 3], indices_dtype=tf.int32, dense_shape_dtype=tf.int32)
    assert spec.is_compatible_with(slices)
    assert not tf.IndexedSlicesSpec([4, 3]).is_compatible_with(slices)
    assert spec.value_type is tf.IndexedSlices
    wide = tf.IndexedSlicesSpec([4, 3]).most_specific_compatible_type(tf.IndexedSlicesSpec([None, 3]))
    assert repr(wide) == (
        "IndexedSlicesSpec(TensorShape([Dimension(None), Dimension(3)]), tf.float32, tf.int64, None, TensorShape([Dimension(None)]))"
    )
    with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
        wide.most_specific_compatible_type(spec)


def test_tensor_arrays_fit_when_their_elements_do():
    spec = tf.TensorArraySpec([2], tf.int32)
    array = tf.TensorArray(tf.int32, size=3, element_shape=[2])
    assert spec.is_compatible_with(array)
    assert spec == tf.TensorArraySpec.from_value(array)
    assert not spec.is_compatible_with(tf.TensorArray(tf.float32, size=3, element_shape=[2]))
    assert spec.value_type is tf.TensorArray
    assert repr(spec) == "TensorArraySpec(TensorShape([Dimension(2)]), tf.int32, False, True)"
    assert repr(spec.most_specific_compatible_type(tf.TensorArraySpec([3], tf.int32))).startswith("TensorArraySpec(TensorShape([Dim")
    with pytest.raises(TypeError, match="Expected value to be a TensorArray"):
        tf.TensorArraySpec.from_value(3)
