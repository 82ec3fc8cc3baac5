"""The same program makes the same bytes and the same numbers, whatever the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.structure.source_files import ROOT

_PROGRAM = """
import hashlib
import numpy as np
import autograd_lite as tf

tf.set_random_seed(3)
x = tf.placeholder(tf.float32, [None, 6], name="x")
labels = tf.placeholder(tf.float32, [None, 3])
with tf.name_scope("hidden"):
    w1 = tf.Variable(tf.random_normal([6, 5]), name="w")
    b1 = tf.Variable(tf.zeros([5]), name="b")
    hidden = tf.nn.dropout(tf.nn.relu(tf.matmul(x, w1) + b1), keep_prob=0.8)
w2 = tf.get_variable("w2", [5, 3], initializer=tf.glorot_uniform_initializer())
logits = tf.matmul(hidden, w2)
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
step = tf.train.AdamOptimizer(0.01).minimize(loss)
rows = np.random.RandomState(0).standard_normal((8, 6)).astype("float32")
feed = {x: rows, labels: np.eye(3, dtype="float32")[np.arange(8) % 3]}
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    losses = [session.run([loss, step], feed)[0].tobytes().hex() for _ in range(5)]
    plan = session.explain([loss, step], feed)
graph = tf.get_default_graph()
print(hashlib.sha256(graph.as_graph_def().SerializeToString(deterministic=True)).hexdigest())
print(hashlib.sha256("\\n".join(op.name for op in graph.get_operations()).encode()).hexdigest())
print(hashlib.sha256(plan.encode()).hexdigest())
print(losses)
"""


def _run(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run([sys.executable, "-c", _PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_names_bytes_plans_and_numbers_do_not_depend_on_the_hash_seed() -> None:
    assert _run("0") == _run("1") == _run("12345")
