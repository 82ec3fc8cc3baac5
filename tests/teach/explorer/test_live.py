"""What the page computes when a slider moves is what the library computes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.graph.table import TABLE
from autograd_lite.ops.samples import arrays
from autograd_lite.teach.explorer import live
from autograd_lite.teach.explorer.page_data import page_data
from autograd_lite.teach.story.record import record

_PAGE = Path(live.__file__).parent / "page"
_MOST_SAMPLES = 4  # of one op


def compared(stories: list[dict[str, Any]]) -> dict[str, Any]:
    """What compare.js prints about recorded stories."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, which runs the page's scripts here")
    command = [node, str(Path(__file__).parent / "compare.js"), str(_PAGE)]
    done = subprocess.run(command, input=json.dumps(stories), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def story_of_sample(name: str, sample: dict[str, Any]) -> dict[str, Any] | None:
    """A story in which one op stands between fed values and a loss; None for types that the page does not have."""
    given = arrays(sample)
    values = [np.asarray(value) for item in given for value in (item if isinstance(item, list) else [item])]
    if any(value.dtype.kind not in "fib" or value.dtype == np.float16 or value.size > 60 for value in values):
        return None
    opdef = TABLE[name]
    with tf.Graph().as_default():
        inputs = [tf.placeholder(value.dtype, value.shape) if value.dtype.kind in "fb" else tf.constant(value) for value in values]
        attrs = dict(sample.get("attrs") or {})
        waiting = iter(inputs)
        output = opdef(*([next(waiting) for _ in item] if isinstance(item, list) else next(waiting) for item in given), **attrs)
        if isinstance(output, list) and not output:
            return None
        output = output[0] if isinstance(output, tuple) else tf.stack(output) if isinstance(output, list) else output
        if not output.dtype.is_floating:
            output = tf.cast(output, tf.float32)
        if output.static_shape is None or None in output.static_shape or not np.prod(output.static_shape):
            return None
        weights = np.random.RandomState(0).uniform(0.5, 1.5, output.static_shape)
        loss = tf.reduce_sum(output * tf.constant(weights, output.dtype))
        feeds = {tensor: value for tensor, value in zip(inputs, values) if tensor.op.type == "Placeholder"}
        if not feeds:
            feeds = {tf.placeholder(tf.float32, [], name="unused"): 0.0}
        with tf.Session() as session:
            data = page_data(record(loss, feeds, session, differences=False), f"{name} {attrs}")
    return None if data["problem"] else data


def test_the_page_and_the_list_of_live_ops_name_the_same_ops() -> None:
    assert compared([])["ops"] == sorted(live.LIVE_OPS)
    assert set(TABLE) >= live.LIVE_OPS


def test_each_op_of_the_page_gives_the_values_gradients_and_local_derivatives_of_its_kernel() -> None:
    stories, names = [], []
    for name in sorted(live.LIVE_OPS):
        found = [story for sample in TABLE[name].samples if (story := story_of_sample(name, sample)) is not None]
        stories += found[:_MOST_SAMPLES]
        names += [name] * len(found[:_MOST_SAMPLES])
    outcome = compared(stories)
    assert not outcome["found"], "\n".join(outcome["found"])
    assert all(count > 0 for count in outcome["compared"])
    without = live.LIVE_OPS - set(names)
    assert without == set()


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: tf.train.GradientDescentOptimizer(0.1), lambda: tf.train.MomentumOptimizer(0.1, 0.9),
        lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True), lambda: tf.train.AdamOptimizer(0.1),
        lambda: tf.train.AdagradOptimizer(0.1), lambda: tf.train.RMSPropOptimizer(0.1, 0.9, 0.5),
    ],
)  # fmt: skip
def test_a_model_with_its_update_is_computed_as_it_was_recorded(optimizer: Any) -> None:
    with tf.Graph().as_default() as graph:
        graph.seed = 1
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        labels = tf.placeholder(tf.int64, [None], name="labels")
        hidden = tf.nn.dropout(tf.layers.dense(x, 4, tf.nn.tanh), rate=0.25)
        logits = tf.layers.dense(hidden, 2)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        train = optimizer().minimize(loss)
        feeds = {x: np.random.RandomState(0).randn(5, 3), labels: [0, 1, 1, 0, 1]}
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            session.run(train, feeds)
            data = page_data(record(loss, feeds, session), "model")
    assert data["problem"] == "" and len(data["updates"]) == 4
    outcome = compared([data])
    assert not outcome["found"], "\n".join(outcome["found"])
    assert outcome["compared"][0] > 60


@pytest.mark.parametrize(
    "name", ["mean_squared_error", "absolute_difference", "huber_loss", "log_loss", "sigmoid_cross_entropy", "softmax_cross_entropy",
             "hinge_loss", "sparse_softmax_cross_entropy", "mean_pairwise_squared_error"],
)  # fmt: skip
def test_the_losses_that_programs_use_can_be_moved(name: str) -> None:
    with tf.Graph().as_default() as graph:
        graph.seed = 1
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        labels = np.arange(2) if name.startswith("sparse") else np.eye(2, dtype=np.float32)
        given = tf.layers.dense(x, 2, tf.sigmoid if name == "log_loss" else None)
        loss = getattr(tf.losses, name)(labels, given)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            data = page_data(record(loss, {x: [[0.1, 0.2, 0.3], [-1.0, 0.5, 2.0]]}, session), name)
    assert data["problem"] == ""
    outcome = compared([data])
    assert not outcome["found"], "\n".join(outcome["found"])
