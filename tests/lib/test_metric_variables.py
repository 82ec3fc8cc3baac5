import autograd_lite as tf
from autograd_lite.lib.metric_variables import flat, metric_variable


def test_a_metric_variable_starts_at_zero_and_is_not_trained():
    variable = metric_variable([2], tf.float32, "count")
    assert not variable.trainable
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        assert session.run(variable).tolist() == [0.0, 0.0]


def test_a_vector_stays_the_same_tensor_when_made_flat():
    vector = tf.zeros([3])
    assert flat(vector) is vector
    assert flat(tf.zeros([2, 3])).shape.as_list() == [6]
