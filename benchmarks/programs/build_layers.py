"""Build 2,000 layers of five nodes each and the gradients for all their weights, and run once: what a graph costs before it computes."""
TITLE = "build 2,000 layers, their gradients, and the first run"
TARGET = 0.2
SINGLE = True
WHOLE = True  # each step does everything anew: no warming up, few of them


def build(tf, np, session):
    last = []

    def step():
        graph = tf.Graph()
        with graph.as_default():
            x = tf.placeholder(tf.float32, [None, 4])
            value, weights = x, []
            for _ in range(2000):
                weights.append(tf.constant(np.eye(4, dtype=np.float32)))
                value = tf.nn.relu(tf.matmul(value, weights[-1]) + 0.001)
            gradients = tf.gradients(tf.reduce_sum(value), [x, *weights])
        with session(graph) as sess:
            last[:] = sess.run(gradients, feed_dict={x: np.ones((3, 4), np.float32)})

    return step, lambda: [float(np.sum(gradient)) for gradient in (last[0], last[1], last[1000], last[2000])]
