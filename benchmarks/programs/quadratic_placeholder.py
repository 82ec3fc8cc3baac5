"""The same with its coefficients fed."""
TITLE = "quadratic with fed coefficients: one training step"
TARGET = 0.15
SINGLE = True


def build(tf, np, session):
    coefficients = np.array([[1.0], [-10.0], [25.0]])
    w = tf.Variable(0, dtype=tf.float32)
    x = tf.placeholder(tf.float32, [3, 1])
    cost = x[0][0] * w**2 + x[1][0] * w + x[2][0]
    train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
    sess = session()
    sess.run(tf.global_variables_initializer())
    return lambda: sess.run(train, feed_dict={x: coefficients}), lambda: [sess.run(w)]
