"""The same minimum, with the coefficients of the quadratic fed while the graph runs: one graph, many problems.

    python examples/quadratic_placeholder.py
"""

import numpy as np

import autograd_lite as tf

w = tf.Variable(0, dtype=tf.float32)
x = tf.placeholder(tf.float32, [3, 1])
cost = x[0][0] * w**2 + x[1][0] * w + x[2][0]
train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
init = tf.global_variables_initializer()


def minimise(coefficient):
    with tf.Session() as session:
        session.run(init)
        print(session.run(w))
        session.run(train, feed_dict={x: coefficient})
        print(session.run(w))
        for _ in range(1000):
            session.run(train, feed_dict={x: coefficient})
        print(session.run(w), "with cost", session.run(cost, feed_dict={x: coefficient}))


if __name__ == "__main__":
    for a, b, c in [(1.0, -10.0, 25.0), (1.0, -20.0, 100.0), (2.0, 8.0, 8.0)]:
        print(f"{a:g} * w**2 + {b:g} * w + {c:g}, smallest at w = {-b / (2 * a):g}")
        minimise(np.array([[a], [b], [c]]))
