import numpy as np
import pytest

import autograd_lite as tf
from tests.ops.kernels import complaint, run


def _words(*rows):
    return np.array(rows, object)


def _cross(dense, sparse=(), **attrs):
    options = {"hashed_output": True, "num_buckets": 10, "hash_key": 0xDECAFCAFFE, "out_type": tf.int64, "internal_type": tf.string}
    parts = [tuple([each[at] for each in sparse]) for at in range(3)]
    return run("SparseCross", *parts, tuple(dense), **{**options, **attrs})


def test_numbers_get_the_bucket_that_begins_at_or_below_them():
    assert run("Bucketize", np.array([-5.0, 0.0, 0.5, 1.0, 9.0]), boundaries=[0.0, 1.0]).tolist() == [0, 1, 1, 2, 2]
    assert complaint(run, "Bucketize", [1.0], boundaries=[2.0, 1.0]) == "Expected sorted boundaries"


def test_hash_values_of_combinations_are_those_of_tensorflow():
    crossed = _cross([_words([b"a"], [b"b"]), _words([b"c"], [b"d"])])
    assert crossed.output_values.tolist() == [6, 4]
    assert crossed.output_indices.tolist() == [[0, 0], [1, 0]]
    assert crossed.output_shape.tolist() == [2, 1]


def test_every_value_meets_every_other_of_its_example():
    sparse = (np.array([[0, 0], [0, 1], [2, 0]]), np.array([7, 8, 9]), np.array([3, 2]))
    crossed = _cross([_words([b"x", b"y"], [b"z", b"z"], [b"u", b"v"])], [sparse], hashed_output=False, out_type=tf.string)
    assert crossed.output_values.tolist() == [b"7_X_x", b"7_X_y", b"8_X_x", b"8_X_y", b"9_X_u", b"9_X_v"]
    assert crossed.output_indices.tolist() == [[0, 0], [0, 1], [0, 2], [0, 3], [2, 0], [2, 1]]
    assert crossed.output_shape.tolist() == [3, 4]


def test_features_must_have_one_batch_size():
    assert complaint(_cross, [_words([b"a"]), _words([b"c"], [b"d"])]) == "Expected batch size 1, got 2"
    with pytest.raises(tf.errors.InvalidArgumentError, match="Nothing to cross"):
        _cross([])
