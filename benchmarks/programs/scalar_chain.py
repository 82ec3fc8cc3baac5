"""Three hundred scalar operations and their gradient: what an engine costs per node."""
TITLE = "300 scalar operations and their gradient"
TARGET = None


def build(tf, np, session):
    x = tf.placeholder(tf.float32, [])
    y = x
    for i in range(60):  # five operations each
        y = tf.tanh(tf.sin(y) * 1.1 + x) - 0.1 * y if i % 2 else tf.sqrt(tf.square(y) + 1.0) * 0.5 + y
    gradient, = tf.gradients(y, x)
    sess = session()
    run = lambda: sess.run([y, gradient], feed_dict={x: 0.3})
    return run, run
