"""Ten thousand steps of a loop over two scalars: what one iteration costs."""
TITLE = "while_loop of 10,000 scalar steps"
TARGET = 0.3
SINGLE = True


def build(tf, np, session):
    _, value = tf.while_loop(lambda i, a: i < 10_000, lambda i, a: (i + 1, a * 0.9999 + 0.5), [0, 1.0])
    sess = session()
    run = lambda: sess.run(value)
    return run, lambda: [run()]
