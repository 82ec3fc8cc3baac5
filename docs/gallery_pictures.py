"""Draw the gallery: `docs/gallery/index.md` and its pictures, as the library's own SVG writer draws them on every machine.

    python docs/gallery_pictures.py
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import autograd_lite as tf
from autograd_lite.core.safe_write import replacing

FOLDER = Path(__file__).with_name("gallery")
HEAD = """\
# Gallery

Every picture is drawn by the lines above it, by the library itself (`engine="own"`), so that it is the same on every machine. Green boxes
are variables, blue ones placeholders, grey ones constants, white ones operations, red ones gradients, yellow ones updates, violet ones
folded name scopes. Arrows carry tensors, with their shapes; dashed ones only say what runs before what. [](../guides/pictures.md) tells
all that can be chosen.
"""


class Entry(NamedTuple):
    """One picture: its title, what to see in it, and the function that draws it into a file."""

    title: str
    words: str
    draw: Callable[[str], None]


def quadratic(path: str) -> None:
    w = tf.Variable(4.0, name="w")
    cost = tf.add(w**2 - 10 * w, 25, name="cost")

    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.render(cost, path, engine="own", show=("values", "gradients"))


def softmax(path: str) -> None:
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    W = tf.Variable(tf.zeros([784, 10]), name="W")
    b = tf.Variable(tf.zeros([10]), name="b")
    logits = tf.nn.bias_add(tf.matmul(x, W), b, name="logits")
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="losses")
    tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduce_mean(losses, name="loss"), name="train")

    tf.render(tf.get_default_graph(), path, engine="own")


def mlp(path: str) -> None:
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    hidden = tf.layers.dense(x, 256, tf.nn.relu, name="hidden1")
    hidden = tf.layers.dense(hidden, 256, tf.nn.relu, name="hidden2")
    logits = tf.layers.dense(hidden, 10, name="logits")
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits, scope="loss")
    tf.train.AdamOptimizer(name="train").minimize(loss)

    tf.render(tf.get_default_graph(), path, engine="own", depth=0)


def lenet(path: str) -> None:
    images = tf.placeholder(tf.float32, [None, 28, 28, 1], name="images")
    net = tf.layers.conv2d(images, 32, 5, padding="same", activation=tf.nn.relu, name="conv1")
    net = tf.layers.max_pooling2d(net, 2, 2, name="pool1")
    net = tf.layers.conv2d(net, 64, 5, padding="same", activation=tf.nn.relu, name="conv2")
    net = tf.layers.max_pooling2d(net, 2, 2, name="pool2")
    net = tf.reshape(net, [-1, 7 * 7 * 64], name="flat")
    net = tf.layers.dense(net, 1024, tf.nn.relu, name="dense")
    logits = tf.layers.dense(net, 10, name="logits")

    tf.render(logits, path, engine="own")


def lenet_folded(path: str) -> None:
    images = tf.placeholder(tf.float32, [None, 28, 28, 1], name="images")
    net = tf.layers.conv2d(images, 32, 5, padding="same", activation=tf.nn.relu, name="conv1")
    net = tf.layers.max_pooling2d(net, 2, 2, name="pool1")
    net = tf.layers.conv2d(net, 64, 5, padding="same", activation=tf.nn.relu, name="conv2")
    net = tf.layers.max_pooling2d(net, 2, 2, name="pool2")
    net = tf.reshape(net, [-1, 7 * 7 * 64], name="flat")
    net = tf.layers.dense(net, 1024, tf.nn.relu, name="dense")
    logits = tf.layers.dense(net, 10, name="logits")

    tf.render(logits, path, engine="own", depth=0, direction="LR")


def lstm_cell(path: str) -> None:
    x = tf.placeholder(tf.float32, [32, 28], name="x")
    c, h = tf.placeholder(tf.float32, [32, 128], name="c"), tf.placeholder(tf.float32, [32, 128], name="h")
    cell = tf.nn.rnn_cell.BasicLSTMCell(128, name="lstm")
    output, state = cell(x, tf.nn.rnn_cell.LSTMStateTuple(c, h))

    tf.render([output, state], path, engine="own")


def while_loop(path: str) -> None:
    def body(i, total):
        return i + 1, total + tf.square(tf.cast(i, tf.float32))

    _, total = tf.while_loop(lambda i, total: i < 10, body, [tf.constant(0, name="i"), tf.constant(0.0, name="total")], name="sum")

    tf.render(total, path, engine="own", show=("shapes", "dtypes"))


def batch_norm(path: str) -> None:
    x = tf.placeholder(tf.float32, [64, 100], name="x")
    y = tf.layers.batch_normalization(x, training=True, name="norm")

    tf.render(y, path, engine="own")


GALLERY = {
    "quadratic": Entry(
        "A quadratic, with values and gradients",
        "The cost $w^2 - 10w + 25$ at $w = 4$. In each box: its value, and in red how the cost changes with it. Read it upwards.",
        quadratic,
    ),
    "softmax": Entry(
        "Softmax regression, with its backward pass and updates",
        "All of a training step: forwards, the gradients in their frame, and the two updates at the end.",
        softmax,
    ),
    "mlp": Entry(
        "A network with two hidden layers, folded",
        "A whole training step; with `depth=0` each outermost name scope is one box, which says how many nodes it stands for.",
        mlp,
    ),
    "lenet": Entry("LeNet", "Two convolutions with pooling, two dense layers: shapes shrink and channels grow on the way down.", lenet),
    "lenet_folded": Entry("LeNet from left to right", "The same, folded and turned.", lenet_folded),
    "lstm_cell": Entry(
        "A cell of an LSTM",
        "One product of matrices for all four gates, split into four; the cell's state goes around them, at the right.",
        lstm_cell,
    ),
    "while_loop": Entry(
        "A loop",
        "How TensorFlow 1 loops: values come in through Enter, Merge takes them or those of the last round, Switch lets them go on or out.",
        while_loop,
    ),
    "batch_norm": Entry("Batch normalization", "The moments of the batch, and what is made of them.", batch_norm),
}


def picture(name: str, path: str) -> None:
    """Draw one picture of the gallery, in a graph of its own."""
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        GALLERY[name].draw(path)


def page() -> str:
    """The page with all pictures, each under the lines that draw it."""
    sections = []
    for name, entry in GALLERY.items():
        lines = inspect.getsource(entry.draw).splitlines()[1:]
        code = textwrap.dedent("\n".join(lines)).strip().replace(", path", f', "{name}.svg"')
        sections.append(f"## {entry.title}\n\n{entry.words}\n\n```python\n{code}\n```\n\n![{entry.title}]({name}.svg)\n")
    return "\n".join([HEAD, *sections])



def main() -> None:
    """Write the page and its pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name in GALLERY:
        picture(name, str(FOLDER / f"{name}.svg"))
    with replacing(FOLDER / "index.md", "w") as file:
        file.write(page())


if __name__ == "__main__":
    main()
