"""A network of two hidden layers (784-256-256-10) with dropout on handwritten digits.

    python examples/mnist_mlp.py                        # the small MNIST that comes with the library
    python examples/mnist_mlp.py --data-dir MNIST_data  # a folder with the four IDX files

Dropout takes 0.2 of the first hidden layer and 0.5 of the second while training, nothing while testing. Batches of 256, plain gradient
descent with rate 0.5, 10 epochs, all training images (validation_size=0). With 19,000 of them the test accuracy passes 0.95.
The curves of loss and accuracy are saved as a picture if matplotlib is installed.
"""

import argparse

from tqdm import tqdm

import autograd_lite as tf
from autograd_lite.examples.tutorials.mnist import input_data

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
except ImportError:
    pyplot = None

HIDDEN = 256
BATCH_SIZE = 256
LEARNING_RATE = 0.5
DROPOUT = (0.2, 0.5)


def layer(inputs, size, name):
    """A fully connected layer; weights start with variance 2 / fan-in, which keeps signals alive through ReLU (He et al., 2015)."""
    fan_in = inputs.shape[1].value
    with tf.name_scope(name):
        weights = tf.Variable(tf.truncated_normal([fan_in, size], stddev=(2.0 / fan_in) ** 0.5), name="weights")
        biases = tf.Variable(tf.zeros([size]), name="biases")
        return tf.matmul(inputs, weights) + biases


def build():
    """The graph: placeholders (x, y, training), the training step, its loss, and the share of right answers."""
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    y = tf.placeholder(tf.float32, [None, 10], name="y")
    training = tf.placeholder_with_default(0.0, [], name="training")
    hidden1 = tf.nn.dropout(tf.nn.relu(layer(x, HIDDEN, "hidden1")), rate=DROPOUT[0] * training)
    hidden2 = tf.nn.dropout(tf.nn.relu(layer(hidden1, HIDDEN, "hidden2")), rate=DROPOUT[1] * training)
    logits = layer(hidden2, 10, "logits")
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    train = tf.train.GradientDescentOptimizer(LEARNING_RATE).minimize(loss)
    right = tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1))
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
    return x, y, training, train, loss, accuracy


def fit(mnist, epochs):
    """Train, print a line per epoch, and return the four curves."""
    x, y, training, train, loss, accuracy = build()
    curves = {"train loss": [], "test loss": [], "train accuracy": [], "test accuracy": []}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for epoch in range(1, epochs + 1):
            steps = max(1, mnist.train.num_examples // BATCH_SIZE)
            for _ in tqdm(range(steps), desc=f"epoch {epoch}/{epochs}", leave=False, disable=None):
                images, labels = mnist.train.next_batch(BATCH_SIZE)
                session.run(train, feed_dict={x: images, y: labels, training: 1.0})
            for part, data in (("train", mnist.train), ("test", mnist.test)):
                values = session.run([loss, accuracy], feed_dict={x: data.images, y: data.labels})
                curves[f"{part} loss"].append(values[0])
                curves[f"{part} accuracy"].append(values[1])
            print(f"epoch {epoch:2d}  " + "  ".join(f"{name} {values[-1]:.4f}" for name, values in curves.items()))
    return curves


def save_plot(curves, path):
    """Draw loss and accuracy, train and test, by epoch."""
    if pyplot is None:
        print('No plot: matplotlib is not installed. pip install "autograd_lite[plot]"')
        return
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for panel, measure in zip(panels, ("loss", "accuracy")):
        for part in ("train", "test"):
            values = curves[f"{part} {measure}"]
            panel.plot(range(1, len(values) + 1), values, marker="o", markersize=3, label=part)
        panel.set(xlabel="epoch", title=measure)
        panel.legend()
        panel.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
    print(f"curves saved to {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default="MNIST_data", help="folder of the MNIST files (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=10, help="rounds through the training images (default: %(default)s)")
    parser.add_argument("--output", default="mnist_mlp.png", help="where the plot goes (default: %(default)s)")
    options = parser.parse_args()
    tf.set_random_seed(0)
    mnist = input_data.read_data_sets(options.data_dir, one_hot=True, validation_size=0, seed=0)
    print(f"{mnist.train.num_examples} training images, {mnist.test.num_examples} test images")
    save_plot(fit(mnist, options.epochs), options.output)
