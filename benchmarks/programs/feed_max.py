"""Feeding a large array: what it costs until the first operation can start, and one pass over it."""
TITLE = "feed 64 MB, reduce_max"
TARGET = 0.8
COUNT = 16 << 20
BYTES = 4 * COUNT


def build(tf, np, session):
    values = np.random.RandomState(0).rand(COUNT).astype(np.float32)
    x = tf.placeholder(tf.float32, [None])
    largest = tf.reduce_max(x)
    sess = session()
    run = lambda: sess.run(largest, feed_dict={x: values})
    return run, lambda: [run()]
