"""A convolutional network like LeNet, as the second MNIST tutorial has it: two convolutions with pooling, a wide layer, ten classes."""
TITLE = "LeNet-like network (5x5x32, 5x5x64, 1024), batch 128, Adam: one training step"
TARGET = 0.9
BATCH, RATE = 128, 1e-4
FILTERS = ((5, 5, 1, 32), (5, 5, 32, 64))
DENSE = ((7 * 7 * 64, 1024), (1024, 10))
# Forward, filter gradient, and for all but the first layer the gradient with respect to its input. In the second layer Winograd's method
# needs 36 products for 2 x 2 results, 9 for each instead of 25.
FLOPS = 2 * BATCH * (2 * 28 * 28 * 25 * 32 + 3 * 14 * 14 * 9 * 32 * 64 + 3 * (7 * 7 * 64 * 1024 + 1024 * 10))


def data(np):
    """Images, the digits on them as one-hot rows, and filters and weights at the start."""
    random = np.random.RandomState(0)
    images = random.rand(BATCH, 28, 28, 1).astype(np.float32)
    digits = np.eye(10, dtype=np.float32)[random.randint(0, 10, BATCH)]
    return images, digits, [random.randn(*shape).astype(np.float32) * 0.05 for shape in (*FILTERS, *DENSE)]


def build(tf, np, session):
    images, digits, starts = data(np)
    x, labels = tf.placeholder(tf.float32, [None, 28, 28, 1]), tf.placeholder(tf.float32, [None, 10])
    value = x
    for start in starts[:2]:
        value = tf.nn.conv2d(value, tf.Variable(start), [1, 1, 1, 1], "SAME")
        value = tf.nn.relu(value + tf.Variable(tf.fill([start.shape[-1]], 0.1)))
        value = tf.nn.max_pool(value, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    value = tf.reshape(value, [-1, 7 * 7 * 64])
    value = tf.nn.relu(tf.matmul(value, tf.Variable(starts[2])) + tf.Variable(tf.fill([1024], 0.1)))
    value = tf.matmul(value, tf.Variable(starts[3])) + tf.Variable(tf.fill([10], 0.1))
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=value))
    train = tf.train.AdamOptimizer(RATE).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    feeds = {x: images, labels: digits}
    return lambda: sess.run(train, feed_dict=feeds), lambda: [sess.run(loss, feed_dict=feeds)]
