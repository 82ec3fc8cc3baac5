import numpy as np
import pytest

import autograd_lite as tf


def test_rows_are_labels_and_columns_are_predictions():
    with tf.Session() as session:
        found = session.run(tf.confusion_matrix([0, 0, 2], [0, 1, 0], weights=[1, 2, 5]))
    np.testing.assert_array_equal(found, [[1, 2, 0], [0, 0, 0], [5, 0, 0]])


def test_a_class_out_of_bound_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="`labels` out of bound"):
        tf.confusion_matrix([0, 5], [0, 1], num_classes=2)


def test_a_negative_class_is_refused_at_run_time():
    labels = tf.placeholder(tf.int32, [2])
    matrix = tf.confusion_matrix(labels, [0, 1])
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="`labels` contains negative values"):
        session.run(matrix, {labels: [0, -1]})
