"""Sessions set how many threads matrix routines use."""

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
