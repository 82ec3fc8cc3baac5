"""Find where w**2 - 10*w + 25 is smallest by gradient descent, in every way that TensorFlow 1 has to say it.

    python examples/quadratic.py

Each block prints w before the first step, after one step of size 0.01, and after 1,000 more. The minimum is at w = 5.
"""

import autograd_lite as tf


def cost_from_functions(w):
    return tf.add(tf.add(w**2, tf.multiply(-10.0, w)), 25)


def cost_from_operators(w):
    return w**2 - 10 * w + 25


def build(cost_of):
    """A variable that starts at 0, and the operation that takes one step down the slope of its cost."""
    tf.reset_default_graph()
    w = tf.Variable(0, dtype=tf.float32)
    train = tf.train.GradientDescentOptimizer(0.01).minimize(cost_of(w))
    return w, train


def with_a_session_opened_and_closed(cost_of):
    w, train = build(cost_of)
    init = tf.global_variables_initializer()
    session = tf.Session()
    session.run(init)
    print(session.run(w))
    session.run(train)
    print(session.run(w))
    for _ in range(1000):
        session.run(train)
    print(session.run(w))
    session.close()


def with_a_session_in_a_with_block(cost_of):
    w, train = build(cost_of)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        print(session.run(w))
        session.run(train)
        print(session.run(w))
        for _ in range(1000):
            session.run(train)
        print(session.run(w))


def with_an_interactive_session(cost_of):
    w, train = build(cost_of)
    session = tf.InteractiveSession()
    tf.global_variables_initializer().run()
    print(w.eval())
    train.run()
    print(w.eval())
    for _ in range(1000):
        train.run()
    print(w.eval())
    session.close()


if __name__ == "__main__":
    for cost_of in (cost_from_functions, cost_from_operators):
        for run in (with_a_session_opened_and_closed, with_a_session_in_a_with_block, with_an_interactive_session):
            print(f"{cost_of.__name__}, {run.__name__}".replace("_", " "))
            run(cost_of)
