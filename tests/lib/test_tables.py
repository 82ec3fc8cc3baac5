"""All lookup tables of a graph are initialised by one operation."""

import autograd_lite as tf


def test_without_tables_the_initializer_does_nothing():
    with tf.Graph().as_default():
        op = tf.tables_initializer()
        assert (op.type, op.name, op.control_inputs) == ("NoOp", "init_all_tables", [])


def test_every_registered_initializer_runs():
    with tf.Graph().as_default():
        counter = tf.Variable(0)
        for _ in range(2):
            tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, counter.assign_add(1, use_locking=True).op)
        init = tf.tables_initializer()
        with tf.Session() as session:
            session.run(counter.initializer)
            session.run(init)
            assert session.run(counter) == 2
