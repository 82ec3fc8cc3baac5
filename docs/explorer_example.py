"""Write the example page of the guide to the explorer: logistic regression on six points. `conf.py` calls it before each build."""

from pathlib import Path
from typing import Any

import autograd_lite as tf
from autograd_lite.teach.explorer.explore import Explorer

TARGET = Path(__file__).with_name("static") / "generated" / "explorer_example.html"


def logistic_regression() -> Explorer:
    """Two weights and a bias, one step of gradient descent."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        y = tf.placeholder(tf.float32, [None], name="y")
        w = tf.Variable([[0.5], [-0.25]], name="w")
        b = tf.Variable(0.0, name="b")
        with tf.name_scope("model"):
            y_hat = tf.sigmoid(tf.squeeze(tf.matmul(x, w), 1) + b, name="y_hat")
        with tf.name_scope("cost"):
            likelihood = y * tf.log(y_hat) + (1 - y) * tf.log(1 - y_hat)
            loss = tf.negative(tf.reduce_mean(likelihood), name="loss")
        train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        points = [[1.0, 2.0], [2.0, 0.5], [-1.0, 1.0], [-2.0, -1.0], [0.5, -1.5], [1.5, 1.0]]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            feeds = {x: points, y: [1, 1, 0, 0, 0, 1]}
            return tf.explore(loss, feeds, session, train_op=train, title="Logistic regression on six points")


def write_example(*_: Any) -> None:
    """Write the page; without effect when it is there and current."""
    content = logistic_regression().html()
    if not TARGET.exists() or TARGET.read_bytes() != content:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_bytes(content)
