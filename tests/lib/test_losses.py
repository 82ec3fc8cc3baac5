import numpy as np
import pytest

import autograd_lite as tf

LABELS = [[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]
PREDICTIONS = [[0.5, 0.5, 0.0], [1.0, 1.0, 1.0]]


def value(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


def test_every_loss_goes_into_the_collection_of_losses():
    first = tf.losses.mean_squared_error(LABELS, PREDICTIONS)
    second = tf.losses.absolute_difference(LABELS, PREDICTIONS, loss_collection="mine")
    assert tf.losses.get_losses() == [first]
    assert tf.losses.get_losses(loss_collection="mine") == [second]


def test_rows_of_weight_zero_do_not_count():
    loss = value(tf.losses.mean_squared_error(LABELS, PREDICTIONS, weights=[[1.0], [0.0]]))
    assert loss == pytest.approx(np.mean((np.array(LABELS[0]) - PREDICTIONS[0]) ** 2))


def test_all_weights_zero_give_zero():
    assert value(tf.losses.mean_squared_error(LABELS, PREDICTIONS, weights=0.0)) == 0.0


def test_the_total_loss_counts_penalties_too():
    tf.losses.absolute_difference([1.0], [3.0])
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, tf.constant(5.0))
    assert value(tf.losses.get_total_loss()) == 7.0
    assert value(tf.losses.get_total_loss(add_regularization_losses=False)) == 2.0
    assert value(tf.losses.get_regularization_loss()) == 5.0


def test_pairs_ignore_a_constant_error():
    assert value(tf.losses.mean_pairwise_squared_error([[1.0, 2.0]], [[4.0, 5.0]])) == 0.0


def test_pairs_give_the_mean_over_all_pairs():
    errors = np.array([1.0, 4.0, 6.0])
    pairs = [(errors[i] - errors[j]) ** 2 for i in range(3) for j in range(3) if i != j]
    loss = tf.losses.mean_pairwise_squared_error(np.zeros((1, 3), np.float32), errors[None].astype(np.float32))
    assert value(loss) == pytest.approx(np.mean(pairs))


def test_sparse_labels_may_have_a_last_axis_of_size_one():
    logits = np.array([[1.0, 2.0], [3.0, 0.0]], np.float32)
    flat = value(tf.losses.sparse_softmax_cross_entropy([0, 1], logits))
    assert value(tf.losses.sparse_softmax_cross_entropy([[0], [1]], logits, weights=[[1.0], [1.0]])) == flat


def test_shapes_that_differ_are_refused_and_leave_no_trace():
    before = len(tf.get_default_graph().get_operations())
    a, b = tf.zeros([2, 3]), tf.zeros([3, 2])
    made = len(tf.get_default_graph().get_operations())
    with pytest.raises(ValueError, match=r"Shapes \(3, 2\) and \(2, 3\) are incompatible"):
        tf.losses.mean_squared_error(a, b)
    assert len(tf.get_default_graph().get_operations()) == made > before
    assert tf.losses.get_losses() == []


def test_missing_labels_and_unknown_reductions_are_refused():
    with pytest.raises(ValueError, match="Argument `labels` must not be None"):
        tf.losses.mean_squared_error(None, [1.0])
    with pytest.raises(ValueError, match="Invalid Reduction Key avg"):
        tf.losses.mean_squared_error([1.0], [1.0], reduction="avg")


REDUCED = [("weighted_sum", 10.0), ("weighted_mean", 10.0 / 6), ("weighted_sum_over_batch_size", 2.5)]


@pytest.mark.parametrize(("reduction", "wanted"), REDUCED)
def test_a_reduction_divides_the_sum_by_what_it_says(reduction, wanted):
    losses = tf.constant([[1.0, 2.0], [3.0, 1.0]])
    assert value(tf.losses.compute_weighted_loss(losses, [[2.0], [1.0]], reduction=reduction)) == pytest.approx(wanted)
