"""An LSTM as wide as those that read MNIST row by row, as a loop and unrolled step by step, with its gradient."""
STEPS, BATCH, SIZE, UNITS = 28, 128, 28, 128
CASES = {
    "dynamic": "LSTM by dynamic_rnn, 28 steps, batch 128, 128 units, with gradient",
    "static": "LSTM unrolled by static_rnn, 28 steps, batch 128, 128 units, with gradient",
}
TARGET = {"dynamic": 1.0, "static": 0.8}
_FLOPS = 2 * STEPS * BATCH * 4 * UNITS * (3 * UNITS + 2 * SIZE)
FLOPS = {"dynamic": _FLOPS, "static": _FLOPS}


def data(np):
    """The sequences, and the weights of the gates i, j, f, o at the start."""
    random = np.random.RandomState(0)
    weights = random.randn(SIZE + UNITS, 4 * UNITS).astype(np.float32) * 0.05
    return random.rand(BATCH, STEPS, SIZE).astype(np.float32), weights


def build(tf, np, session, case):
    sequences, weights = data(np)
    x = tf.placeholder(tf.float32, [BATCH, STEPS, SIZE])
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    with tf.variable_scope("lstm", initializer=tf.constant_initializer(weights)):
        if case == "dynamic":
            last = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)[0][:, -1]
        else:
            last = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)[0][-1]
    loss = tf.reduce_mean(tf.square(last))
    fetches = [loss, *tf.gradients(loss, tf.trainable_variables())]
    sess = session()
    sess.run(tf.global_variables_initializer())
    feed = {x: sequences}
    run = lambda: sess.run(fetches, feed_dict=feed)

    def result():
        loss, *gradients = run()
        return [loss, *(np.abs(gradient).sum() for gradient in gradients)]

    return run, result
