"""Handwritten digits read row by row: an LSTM sees the 28 rows of an image as 28 steps and says which digit it was.

    python examples/mnist_lstm.py                        # the small MNIST that comes with the library
    python examples/mnist_lstm.py --data-dir MNIST_data  # a folder with the four IDX files

On 19,000 images the test accuracy passes 0.95 after three epochs.
"""

import argparse

from tqdm import tqdm

import autograd_lite as tf
from autograd_lite.examples.tutorials.mnist import input_data

BATCH_SIZE = 64
UNITS = 128
LEARNING_RATE = 0.002


def build():
    """The graph: placeholders for a batch, the training step, its loss, and the share of right answers."""
    images = tf.placeholder(tf.float32, [None, 784], name="images")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    rows = tf.reshape(images, [-1, 28, 28])  # [batch, time, pixels of a row]
    _, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(UNITS), rows, dtype=tf.float32)
    logits = tf.layers.dense(state.h, 10)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    optimizer = tf.train.AdamOptimizer(LEARNING_RATE)
    gradients, variables = zip(*optimizer.compute_gradients(loss))
    gradients, _ = tf.clip_by_global_norm(gradients, 5.0)  # a gradient through many steps can become very large
    train = optimizer.apply_gradients(zip(gradients, variables))
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), labels), tf.float32))
    return images, labels, train, loss, accuracy


def main(data_dir, epochs):
    mnist = input_data.read_data_sets(data_dir, validation_size=0, seed=0)
    tf.set_random_seed(0)
    images, labels, train, loss, accuracy = build()
    print(f"{mnist.train.num_examples} training images, {mnist.test.num_examples} test images")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for epoch in range(1, epochs + 1):
            total = 0.0
            steps = max(1, mnist.train.num_examples // BATCH_SIZE)
            for _ in tqdm(range(steps), desc=f"epoch {epoch}/{epochs}", leave=False, disable=None):
                batch = mnist.train.next_batch(BATCH_SIZE)
                total += session.run([train, loss], feed_dict={images: batch[0], labels: batch[1]})[1]
            test = session.run(accuracy, feed_dict={images: mnist.test.images, labels: mnist.test.labels})
            print(f"epoch {epoch:2d}  loss {total / steps:.4f}  test accuracy {test:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default="MNIST_data", help="folder of the MNIST files (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=3, help="rounds through the training images (default: %(default)s)")
    options = parser.parse_args()
    main(options.data_dir, options.epochs)
