"""Processes that are forked, or made anew, while this one has sessions and threads."""
import multiprocessing
import os
import threading

import numpy as np
import pytest

import autograd_lite as tf

METHODS = [method for method in ("fork", "spawn") if method in multiprocessing.get_all_start_methods()]


def trained(seed):
    """The loss of a small network after some steps."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 64])
        weights = tf.get_variable("weights", [64, 32], initializer=tf.ones_initializer())
        loss = tf.reduce_mean(tf.square(tf.nn.relu(x @ weights) - 1))
        step = tf.train.AdamOptimizer(0.01).minimize(loss)
        session.run(tf.global_variables_initializer())
        batch = np.random.RandomState(seed).randn(256, 64).astype(np.float32)
        for _ in range(30):
            value, _ = session.run([loss, step], {x: batch})
    return float(value)


@pytest.mark.parametrize("method", METHODS)
def test_processes_train_as_this_one_does(method):
    here = [trained(seed) for seed in range(2)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(trained, range(2)).get(60) == pytest.approx(here, rel=1e-5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_that_is_forked_while_other_threads_train_trains_too():
    here, over = trained(0), threading.Event()

    def train():
        while not over.is_set():
            trained(1)

    threads = [threading.Thread(target=train) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            with multiprocessing.get_context("fork").Pool(1) as pool:
                assert pool.map_async(trained, [0]).get(60) == pytest.approx([here], rel=1e-5)
    finally:
        over.set()
        for thread in threads:
            thread.join()
