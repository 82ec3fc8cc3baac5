import pytest

import autograd_lite as tf


def test_reductions_have_tensorflows_names():
    assert tf.losses.Reduction.all()[0] == "none"
    assert tf.losses.Reduction.SUM_OVER_NONZERO_WEIGHTS == "weighted_sum_by_nonzero_weights"


def test_integer_losses_stay_integers():
    loss = tf.losses.compute_weighted_loss(tf.constant([2, 4]))
    assert loss.dtype == tf.int32
    assert tf.Session().run(loss) == 3


def test_no_losses_have_no_total():
    with pytest.raises(ValueError, match="at least one Tensor"):
        tf.losses.get_total_loss()
