"""A recurrent network of fifty steps written as a loop over TensorArrays, and its gradient."""
TITLE = "vanilla RNN as while_loop, 50 steps, batch 32, 64 units, with gradient"
TARGET = 0.5


def build(tf, np, session):
    random = np.random.RandomState(0)
    weights, recurrent = (tf.Variable(random.randn(64, 64).astype(np.float32) * 0.1) for _ in range(2))
    bias = tf.Variable(np.zeros(64, np.float32))
    inputs = tf.placeholder(tf.float32, [50, 32, 64])
    steps = tf.TensorArray(tf.float32, 50).unstack(inputs)

    def body(i, state, states):
        state = tf.tanh(tf.matmul(steps.read(i), weights) + tf.matmul(state, recurrent) + bias)
        return i + 1, state, states.write(i, state)

    start = [0, tf.zeros([32, 64]), tf.TensorArray(tf.float32, 50)]
    _, _, states = tf.while_loop(lambda i, state, states: i < 50, body, start)
    loss = tf.reduce_mean(tf.square(states.stack()))
    fetches = [loss, *tf.gradients(loss, [weights, recurrent, bias])]
    sess = session()
    sess.run(tf.global_variables_initializer())
    feed = {inputs: random.randn(50, 32, 64).astype(np.float32)}
    run = lambda: sess.run(fetches, feed_dict=feed)

    def result():
        loss, *gradients = run()
        return [loss, *(np.abs(gradient).sum() for gradient in gradients)]

    return run, result
