"""The 784-256-256-10 network with dropout 0.2 and 0.5 after its hidden layers."""
TITLE = "784-256-256-10 network with dropout, batch 256: one training step"
TARGET = 0.8
BATCH, SIZES, DROPPED, RATE = 256, (784, 256, 256, 10), (0.2, 0.5), 0.5
WEIGHTS = sum(a * b for a, b in zip(SIZES, SIZES[1:]))
FLOPS = 2 * BATCH * (3 * WEIGHTS - SIZES[0] * SIZES[1])  # forward, and the gradients with respect to weights and hidden values


def data(np, batch=BATCH):
    """Images, the digits on them as one-hot rows, and the weights at the start."""
    random = np.random.RandomState(0)
    images = random.rand(batch, SIZES[0]).astype(np.float32)
    digits = np.eye(SIZES[-1], dtype=np.float32)[random.randint(0, SIZES[-1], batch)]
    weights = [random.randn(*sizes).astype(np.float32) * 0.05 for sizes in zip(SIZES, SIZES[1:])]
    return images, digits, weights


def build(tf, np, session):
    images, digits, starts = data(np)
    x, labels = tf.placeholder(tf.float32, [None, SIZES[0]]), tf.placeholder(tf.float32, [None, SIZES[-1]])
    is_training = tf.placeholder_with_default(1.0, [])
    value = x
    for number, start in enumerate(starts):
        value = tf.matmul(value, tf.Variable(start)) + tf.Variable(tf.zeros([start.shape[1]]))
        if number < len(DROPPED):
            value = tf.nn.dropout(tf.nn.relu(value), rate=DROPPED[number] * is_training, seed=number)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=value))
    initial = tf.global_variables_initializer()
    train = tf.train.GradientDescentOptimizer(RATE).minimize(loss)
    sess = session()
    sess.run(initial)
    feeds = {x: images, labels: digits}

    def result():
        """The loss after one step without dropout, whose random numbers differ from engine to engine."""
        sess.run(initial)
        everything = {**feeds, is_training: 0.0}
        sess.run(train, feed_dict=everything)
        return [sess.run(loss, feed_dict=everything)]

    return lambda: sess.run(train, feed_dict=feeds), result
