"""Sessions set how many threads matrix routines use."""

import numpy as np
import threadpoolctl

import autograd_lite as tf


def counts():
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


def test_the_config_decides_and_nothing_said_leaves_things_alone():
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        tf.Session(config=tf.ConfigProto()).close()
        assert counts() <= {2}
        tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1)).close()
        assert counts() <= {1}


def test_in_deterministic_mode_the_number_of_threads_changes_no_product():
    random = np.random.RandomState(0)
    left, right = (random.randn(2500, columns).astype(np.float32) for columns in (40, 20))
    product = tf.matmul(tf.constant(left), tf.constant(right), transpose_a=True)
    results = []
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        tf.set_deterministic()
        try:
            for threads in (1, 2):
                with tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=threads)) as session:
                    results.append(session.run(product).tobytes())
                assert counts() <= {1}
        finally:
            tf.set_deterministic(False)
        assert counts() <= {2}
    assert results[0] == results[1]
