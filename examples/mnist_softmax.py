"""Softmax regression on handwritten digits: one layer of weights, trained by gradient descent.

    python examples/mnist_softmax.py                        # the small MNIST that comes with the library
    python examples/mnist_softmax.py --data-dir MNIST_data  # a folder with the four IDX files

All training images are used (validation_size=0). With 19,000 of them the test accuracy passes 0.90 after two epochs.
"""

import argparse

from tqdm import tqdm

import autograd_lite as tf
from autograd_lite.examples.tutorials.mnist import input_data

BATCH_SIZE = 128
LEARNING_RATE = 0.5


def build():
    """The graph: placeholders for a batch, the training step, its loss, and the share of right answers."""
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    y = tf.placeholder(tf.float32, [None, 10], name="y")
    weights = tf.Variable(tf.zeros([784, 10]), name="weights")
    biases = tf.Variable(tf.zeros([10]), name="biases")
    logits = tf.matmul(x, weights) + biases
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    train = tf.train.GradientDescentOptimizer(LEARNING_RATE).minimize(loss)
    right = tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1))
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
    return x, y, train, loss, accuracy


def main(data_dir, epochs):
    mnist = input_data.read_data_sets(data_dir, one_hot=True, validation_size=0, seed=0)
    x, y, train, loss, accuracy = build()
    print(f"{mnist.train.num_examples} training images, {mnist.test.num_examples} test images")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for epoch in range(1, epochs + 1):
            total = 0.0
            steps = max(1, mnist.train.num_examples // BATCH_SIZE)
            for _ in tqdm(range(steps), desc=f"epoch {epoch}/{epochs}", leave=False, disable=None):
                images, labels = mnist.train.next_batch(BATCH_SIZE)
                total += session.run([train, loss], feed_dict={x: images, y: labels})[1]
            test = session.run(accuracy, feed_dict={x: mnist.test.images, y: mnist.test.labels})
            print(f"epoch {epoch:2d}  loss {total / steps:.4f}  test accuracy {test:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default="MNIST_data", help="folder of the MNIST files (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=5, help="rounds through the training images (default: %(default)s)")
    options = parser.parse_args()
    main(options.data_dir, options.epochs)
