"""Type specifications of tensors and sparse tensors."""

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
