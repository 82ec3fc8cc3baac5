"""Three hundred scalar operations and their gradient: what an engine costs per node."""
TITLE = "300 scalar operations and their gradient"
TARGET = 0.5
SINGLE = True
START = 0.3


def chain(x, sin, tanh, sqrt):
    """Sixty times five operations."""
    y = x
    for i in range(60):
        y = tanh(sin(y) * 1.1 + x) - 0.1 * y if i % 2 else sqrt(y * y + 1.0) * 0.5 + y
    return y


def build(tf, np, session):
    x = tf.placeholder(tf.float32, [])
    y = chain(x, tf.sin, tf.tanh, tf.sqrt)
    gradient, = tf.gradients(y, x)
    sess = session()
    run = lambda: sess.run([y, gradient], feed_dict={x: START})
    return run, run
