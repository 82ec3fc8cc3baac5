"""What explain tells."""

import autograd_lite as tf
from autograd_lite.compiler.pipeline import PASSES


def test_explain_shows_the_program_after_every_pass_the_code_and_the_memory():
    x, w = tf.placeholder(tf.float32, [None, 3], name="x"), tf.Variable(tf.ones([3, 2]), name="w")
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.matmul(x, w)))
    with tf.Session() as session:
        text = session.explain([train, w], {x: [[1.0, 2.0, 3.0]]})
        found = [line for line in text.splitlines() if line.startswith("after ")]
        assert [line.split(":")[0] for line in found] == [f"after {run.__name__}" for run in PASSES]
        assert "read w when all else is done" in text and "float32[1,3]" in text and "def plan(f0):" in text
        assert "memory: at most" in text and "1 of 2 results are copied" in text
        session.run(w.initializer)  # explaining has changed nothing
        assert session.run(w).tolist() == [[1, 1]] * 3
