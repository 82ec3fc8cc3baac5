"""Programs whose results TensorFlow gave: variables that depend on nothing but their shapes, and one batch of inputs."""

import numpy as np

import autograd_lite as tf

INPUTS = np.cos(np.arange(24)).reshape(2, 4, 3)  # [batch, time, size]


def waves(shape, dtype=tf.float32, partition_info=None):
    """An initializer without randomness."""
    sizes = [int(size) for size in shape]
    count = int(np.prod(sizes))
    return tf.constant((0.3 * np.sin(1 + np.arange(count))).reshape(sizes), dtype)


def scope():
    return tf.variable_scope("r", initializer=waves)
