"""Ten elementwise operations on two million numbers, and their gradient."""
TITLE = "chain of 10 elementwise operations and its gradient, 2 million floats"
TARGET = 0.35
COUNT = 2_000_000
BYTES = 2 * 4 * COUNT  # the numbers come in, the gradient goes out


def data(np):
    """The numbers."""
    return np.random.RandomState(0).randn(COUNT).astype(np.float32)


def chain(x, tanh, exp, sigmoid):
    """Ten operations."""
    y = tanh(x * 1.5 + 0.5)
    y = exp(y * 0.5) - y
    return sigmoid(y * y + x) * x


def build(tf, np, session):
    values = data(np)
    x = tf.Variable(tf.placeholder_with_default(values, values.shape))
    gradient, = tf.gradients(chain(x, tf.tanh, tf.exp, tf.sigmoid), x)
    total = tf.reduce_sum(gradient)
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(gradient.op), lambda: [sess.run(total)]
