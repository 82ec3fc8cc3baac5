"""Time against size: a graph of ever more nodes on small arrays, and one graph on ever larger arrays."""
SINGLE = True
TARGET = None
NODES = [10 ** exponent for exponent in range(1, 6)]
ELEMENTS = [10 ** exponent for exponent in range(2, 8)]
CASES = {f"nodes_{count}": f"graph of {count:,} nodes" for count in NODES}
CASES |= {f"elements_{count}": f"arrays of {count:,} elements" for count in ELEMENTS}


def build(tf, np, session, case):
    kind, _, count = case.partition("_")
    return (_nodes if kind == "nodes" else _elements)(tf, np, session, int(count))


def _nodes(tf, np, session, count):
    """Layers of five nodes, which a compiler cannot make one of: there is a product of matrices in each."""
    x = tf.placeholder(tf.float32, [2, 4])
    weights = tf.constant(np.roll(np.eye(4, dtype=np.float32), 1, axis=1))
    shift, scale, one = (tf.constant(np.full(4, number, np.float32)) for number in (0.1, 0.9, 0.01))
    value = x
    for _ in range(count // 5):
        value = tf.tanh(tf.matmul(value, weights) + shift) * scale - one
    sess = session()
    run = lambda: sess.run(value, feed_dict={x: np.ones((2, 4), np.float32)})
    return run, lambda: [run().sum()]


def _elements(tf, np, session, count):
    values = np.random.RandomState(0).rand(count).astype(np.float32)
    x = tf.Variable(tf.placeholder_with_default(values, values.shape), trainable=False)
    total = tf.reduce_sum(tf.sqrt(x * x + 1.0) - 0.5 * x)
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(total), lambda: [sess.run(total) / count]
