"""Transfer learning: what a network learned about the digits 0 to 4 helps it to learn 5 to 9 from a few images.

    python examples/transfer_learning.py                        # the small MNIST that comes with the library
    python examples/transfer_learning.py --data-dir MNIST_data  # a folder with the four IDX files

First a network learns to tell 0, 1, 2, 3 and 4 apart and is saved. A second network, with other names, takes over its hidden layers through
a map of names and keeps them as they are (trainable=False): only its new output layer learns 5 to 9, from 200 images. Then the hidden
layers are let loose, too. The same network without what was learned before shows what that is worth.
"""

import argparse
import os
import tempfile

import numpy as np

import autograd_lite as tf
from autograd_lite.examples.tutorials.mnist import input_data

BATCH_SIZE = 50
HIDDEN = (128, 64)
FEW_IMAGES = 200  # of the digits 5 to 9


def digits(data, first):
    """The images of the five digits from `first`, and which of the five each is."""
    labels = np.asarray(data.labels, np.int64)
    chosen = (labels >= first) & (labels < first + 5)
    return data.images[chosen], labels[chosen] - first


def network(scope, trainable):
    """Placeholders and logits of a network with two hidden layers; `trainable` says whether these may learn."""
    images = tf.placeholder(tf.float32, [None, 784], name="images")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    below = images
    with tf.variable_scope(scope):
        for number, units in enumerate(HIDDEN, 1):
            below = tf.nn.relu(layer(f"hidden{number}", below, units, trainable))
        logits = layer("output", below, 5, True)
    right = tf.equal(tf.argmax(logits, 1), labels)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    return images, labels, loss, tf.reduce_mean(tf.cast(right, tf.float32))


def layer(name, below, units, trainable):
    """A layer of a network without its activation."""
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [below.shape[1], units], initializer=tf.glorot_uniform_initializer(), trainable=trainable)
        bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer(), trainable=trainable)
        return tf.matmul(below, kernel) + bias


def train(session, step, images, labels, data, epochs):
    """Go through the data `epochs` times in random order."""
    order = np.random.RandomState(0)
    for _ in range(epochs):
        shuffled = order.permutation(len(data[0]))
        for start in range(0, len(shuffled), BATCH_SIZE):
            batch = shuffled[start : start + BATCH_SIZE]
            session.run(step, {images: data[0][batch], labels: data[1][batch]})


def learn_first_digits(mnist, folder, epochs):
    """Train on 0 to 4 and save; returns the checkpoint and the test accuracy."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        images, labels, loss, accuracy = network("digits", trainable=True)
        step = tf.train.AdamOptimizer(0.001).minimize(loss)
        session.run(tf.global_variables_initializer())
        train(session, step, images, labels, digits(mnist.train, 0), epochs)
        path = tf.train.Saver(tf.trainable_variables()).save(session, os.path.join(folder, "digits"))
        test = digits(mnist.test, 0)
        return path, session.run(accuracy, {images: test[0], labels: test[1]})


def learn_other_digits(mnist, path, epochs):
    """Train on a few images of 5 to 9, with the hidden layers of a checkpoint or (None) without.

    Returns the test accuracy with the hidden layers frozen, and after they have learned, too.
    """
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(2)
        images, labels, loss, accuracy = network("others", trainable=False)
        hidden = [variable for variable in tf.global_variables() if "/hidden" in variable.op.name]
        output_only = tf.train.AdamOptimizer(0.01, name="AdamOutput").minimize(loss)  # what is trainable: the output layer
        everything = tf.train.AdamOptimizer(0.001, name="AdamAll").minimize(loss, var_list=hidden + tf.trainable_variables())
        session.run(tf.global_variables_initializer())
        if path is not None:
            tf.train.Saver({variable.op.name.replace("others/", "digits/"): variable for variable in hidden}).restore(session, path)
        few = [part[:FEW_IMAGES] for part in digits(mnist.train, 5)]
        test = digits(mnist.test, 5)
        reached = []
        for step in (output_only, everything):
            train(session, step, images, labels, few, epochs)
            reached.append(session.run(accuracy, {images: test[0], labels: test[1]}))
        return reached


def main(data_dir, epochs):
    mnist = input_data.read_data_sets(data_dir, one_hot=False, validation_size=0, seed=0)
    print(f"{mnist.train.num_examples} training images, {mnist.test.num_examples} test images")
    with tempfile.TemporaryDirectory() as folder:
        path, first = learn_first_digits(mnist, folder, epochs)
        print(f"digits 0-4, trained and saved                    test accuracy {first:.4f}")
        frozen, tuned = learn_other_digits(mnist, path, 20 * epochs)
        print(f"digits 5-9, {FEW_IMAGES} images, hidden layers kept        test accuracy {frozen:.4f}")
        print(f"digits 5-9, then all layers trained              test accuracy {tuned:.4f}")
        scratch = learn_other_digits(mnist, None, 20 * epochs)[1]
        print(f"digits 5-9, the same without digits 0-4 before   test accuracy {scratch:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default="MNIST_data", help="folder of the MNIST files (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=5, help="rounds through the images of 0 to 4 (default: %(default)s)")
    options = parser.parse_args()
    main(options.data_dir, options.epochs)
