"""Softmax regression on images of 784 pixels, as the first MNIST tutorial has it."""
TITLE = "softmax regression 784x10, batch 128: one training step"
TARGET = 0.8


def build(tf, np, session):
    random = np.random.RandomState(0)
    images = random.rand(128, 784).astype(np.float32)
    digits = np.eye(10, dtype=np.float32)[random.randint(0, 10, 128)]
    x, labels = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.float32, [None, 10])
    weights, bias = tf.Variable(tf.zeros([784, 10])), tf.Variable(tf.zeros([10]))
    logits = tf.matmul(x, weights) + bias
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
    train = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    feeds = {x: images, labels: digits}
    return lambda: sess.run(train, feed_dict=feeds), lambda: [sess.run(loss, feed_dict=feeds)]
