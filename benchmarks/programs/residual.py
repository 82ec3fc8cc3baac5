"""Three residual blocks on images of 32x32: seven convolutions with batch normalization, the mean over the image, ten classes."""
TITLE = "residual stack, 7 convolutions 3x3x16 on 32x32 with batch normalization, batch 32: one training step"
TARGET = 0.8
BATCH, SIZE, CHANNELS, BLOCKS = 32, 32, 16, 3
RATE, MOMENTUM, EPSILON = 0.01, 0.9, 0.001
# Forward and filter gradient of all, the gradient with respect to the input of all but the first. But for the first, Winograd's method
# needs 36 products for 4 x 4 results, 9 / 4 for each instead of 9.
FLOPS = 2 * BATCH * SIZE * SIZE * CHANNELS * (9 * 2 * 3 + 9 / 4 * 3 * 2 * BLOCKS * CHANNELS)


def data(np):
    """Images, one-hot labels, the filters and the weights of the last layer at the start."""
    random = np.random.RandomState(0)
    images = random.rand(BATCH, SIZE, SIZE, 3).astype(np.float32)
    labels = np.eye(10, dtype=np.float32)[random.randint(0, 10, BATCH)]
    inputs = [3, *[CHANNELS] * (2 * BLOCKS)]
    filters = [random.randn(3, 3, channels, CHANNELS).astype(np.float32) * 0.1 for channels in inputs]
    return images, labels, filters, random.randn(CHANNELS, 10).astype(np.float32) * 0.1


def build(tf, np, session):
    images, digits, filters, last = data(np)
    x, labels = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3]), tf.placeholder(tf.float32, [None, 10])
    remaining = iter(filters)

    def convolved(value):
        value = tf.nn.conv2d(value, tf.Variable(next(remaining)), [1, 1, 1, 1], "SAME")
        return tf.layers.batch_normalization(value, training=True, epsilon=EPSILON)

    value = tf.nn.relu(convolved(x))
    for _ in range(BLOCKS):
        value = tf.nn.relu(value + convolved(tf.nn.relu(convolved(value))))
    logits = tf.matmul(tf.reduce_mean(value, axis=[1, 2]), tf.Variable(last))
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.MomentumOptimizer(RATE, MOMENTUM).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    feeds = {x: images, labels: digits}
    return lambda: sess.run(train, feed_dict=feeds), lambda: [sess.run(loss, feed_dict=feeds)]
