"""An LSTM as wide as those that read MNIST row by row, as a loop and unrolled step by step, with its gradient."""
TARGET = 1.0
CASES = {
    "dynamic": "LSTM by dynamic_rnn, 28 steps, batch 128, 128 units, with gradient",
    "static": "LSTM by static_rnn, 28 steps, batch 128, 128 units, with gradient",
}
STEPS, BATCH, SIZE, UNITS = 28, 128, 28, 128


def build(tf, np, session, case):
    random = np.random.RandomState(0)
    x = tf.placeholder(tf.float32, [BATCH, STEPS, SIZE])
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    start = tf.constant_initializer(random.randn(SIZE + UNITS, 4 * UNITS).astype(np.float32) * 0.05)
    with tf.variable_scope("lstm", initializer=start):
        if case == "dynamic":
            last = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)[0][:, -1]
        else:
            last = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)[0][-1]
    loss = tf.reduce_mean(tf.square(last))
    fetches = [loss, *tf.gradients(loss, tf.trainable_variables())]
    sess = session()
    sess.run(tf.global_variables_initializer())
    feed = {x: random.rand(BATCH, STEPS, SIZE).astype(np.float32)}
    run = lambda: sess.run(fetches, feed_dict=feed)

    def result():
        loss, *gradients = run()
        return [loss, *(np.abs(gradient).sum() for gradient in gradients)]

    return run, result
