"""Softmax regression on images of 784 pixels, as the first MNIST tutorial has it."""
TITLE = "softmax regression 784x10, batch 128: one training step"
TARGET = 0.9
BATCH, PIXELS, CLASSES, RATE = 128, 784, 10, 0.01
FLOPS = 4 * BATCH * PIXELS * CLASSES  # the product with the weights, and the gradient with respect to them


def data(np):
    """Images, and the digits on them as one-hot rows."""
    random = np.random.RandomState(0)
    return random.rand(BATCH, PIXELS).astype(np.float32), np.eye(CLASSES, dtype=np.float32)[random.randint(0, CLASSES, BATCH)]


def build(tf, np, session):
    images, digits = data(np)
    x, labels = tf.placeholder(tf.float32, [None, PIXELS]), tf.placeholder(tf.float32, [None, CLASSES])
    weights, bias = tf.Variable(tf.zeros([PIXELS, CLASSES])), tf.Variable(tf.zeros([CLASSES]))
    logits = tf.matmul(x, weights) + bias
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
    train = tf.train.GradientDescentOptimizer(RATE).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    feeds = {x: images, labels: digits}
    return lambda: sess.run(train, feed_dict=feeds), lambda: [sess.run(loss, feed_dict=feeds)]
