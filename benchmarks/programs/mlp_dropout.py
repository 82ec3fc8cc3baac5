"""The 784-256-256-10 network with dropout 0.2 and 0.5 after its hidden layers."""
TITLE = "784-256-256-10 network with dropout, batch 256: one training step"
TARGET = 1.6


def build(tf, np, session):
    random = np.random.RandomState(0)
    images = random.rand(256, 784).astype(np.float32)
    digits = np.eye(10, dtype=np.float32)[random.randint(0, 10, 256)]
    x, labels = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.float32, [None, 10])

    def dense(value, inputs, outputs, seed):
        weights = tf.Variable(tf.random_normal([inputs, outputs], stddev=0.01, seed=seed))
        return tf.matmul(value, weights) + tf.Variable(tf.zeros([outputs]))

    hidden = tf.nn.dropout(tf.nn.relu(dense(x, 784, 256, 1)), rate=0.2, seed=4)
    hidden = tf.nn.dropout(tf.nn.relu(dense(hidden, 256, 256, 2)), rate=0.5, seed=5)
    logits = dense(hidden, 256, 10, 3)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    feeds = {x: images, labels: digits}
    return lambda: sess.run(train, feed_dict=feeds), lambda: [sess.run(loss, feed_dict=feeds)]
