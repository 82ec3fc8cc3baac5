"""The least a session can do."""
TITLE = "`sess.run` of a constant"
TARGET = 0.15
SINGLE = True


def build(tf, np, session):
    value = tf.constant(3.0)
    sess = session()
    return lambda: sess.run(value), lambda: [sess.run(value)]
