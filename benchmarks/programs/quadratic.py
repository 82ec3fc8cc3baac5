"""One step of gradient descent on w**2 - 10 w + 25."""
TITLE = "quadratic: one training step"
TARGET = 0.8
SINGLE = True


def build(tf, np, session):
    w = tf.Variable(0, dtype=tf.float32)
    cost = w**2 - 10 * w + 25
    train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(train), lambda: [sess.run(w)]
