import autograd_lite as tf


def test_alpha_and_beta_are_broadcast():
    drawn = tf.random_gamma([5], [[1.0], [2.0]], [1.0, 2.0, 3.0], seed=1)
    assert tf.Session().run(drawn).shape == (5, 2, 3)
