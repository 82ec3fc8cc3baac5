"""The 784-256-256-10 network with batch normalization before its rectifiers, trained by Adam."""
from .mlp_dropout import SIZES, WEIGHTS, data

TITLE = "784-256-256-10 network with batch normalization and Adam, batch 64: one training step"
TARGET = 0.8
BATCH, RATE, MOMENTUM, EPSILON = 64, 0.001, 0.99, 0.001
FLOPS = 2 * BATCH * (3 * WEIGHTS - SIZES[0] * SIZES[1])


def build(tf, np, session):
    images, digits, starts = data(np, BATCH)
    x, labels = tf.placeholder(tf.float32, [None, SIZES[0]]), tf.placeholder(tf.float32, [None, SIZES[-1]])
    value = x
    for number, start in enumerate(starts):
        value = tf.matmul(value, tf.Variable(start))
        if number < len(starts) - 1:
            value = tf.nn.relu(tf.layers.batch_normalization(value, training=True, momentum=MOMENTUM, epsilon=EPSILON))
    value += tf.Variable(tf.zeros([SIZES[-1]]))
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=value))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.AdamOptimizer(RATE).minimize(loss)
    sess = session()
    sess.run(tf.global_variables_initializer())
    feeds = {x: images, labels: digits}
    return lambda: sess.run(train, feed_dict=feeds), lambda: [sess.run(loss, feed_dict=feeds)]
