"""`tf.contrib.framework`: model variables, and variables found by name; metrics, losses and training steps of `tf.contrib`."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized

framework = tf.contrib.framework


def test_variables_are_found_by_scope_suffix_and_name():
    a = framework.model_variable("net/a/weights", [2], device="/cpu:0")
    b = framework.variable("net/b/weights", [2], trainable=False, collections=["mine", tf.GraphKeys.GLOBAL_VARIABLES])
    c = framework.local_variable(0.0, name="c")
    d = framework.global_variable(0.0, name="weights")
    assert framework.get_variables("net") == [a, b] == framework.get_variables_by_suffix("weights", "net")
    assert framework.get_variables_by_name("weights") == [a, b, d]
    assert framework.get_model_variables() == [a] == framework.get_trainable_variables() and framework.get_local_variables() == [c]
    assert framework.get_unique_variable("net/b/weights") is b and framework.get_variable_full_name(b) == "net/b/weights"
    assert a.device == "/device:CPU:0" and tf.get_collection("mine") == [b]
    framework.add_model_variable(b)
    framework.add_model_variable(b)
    assert tf.model_variables() == [a, b]
    assert framework.get_variables_to_restore(include=["net"], exclude=["net/b"]) == [a]
    assert framework.filter_variables([a, b, d], ["net", "^w"], ["/b/"]) == [a, d]
    assert framework.filter_variables([a, b, d], ["weights"], reg_search=False) == [d]
    with tf.variable_scope("net") as scope:
        assert framework.get_variables(scope) == [a, b]
    with pytest.raises(ValueError, match="^Variable net/x does not uniquely identify a variable"):
        framework.get_unique_variable("net/x")
    with pytest.raises(TypeError, match="include is provided but is not a list or a tuple."):
        framework.get_variables_to_restore(include="net")


def test_older_names_lead_to_the_same_things():
    step = framework.get_or_create_global_step()
    assert step is tf.train.get_global_step() and tf.contrib.slim.get_or_create_global_step() is step
    assert framework.sort is tf.sort and framework.is_tensor(step)


def test_streaming_metrics_take_predictions_first():
    value, update = tf.contrib.metrics.streaming_accuracy(tf.constant([1, 2, 3, 4]), tf.constant([1, 2, 3, 0]), name="acc")
    precision, _ = tf.contrib.metrics.streaming_precision(predictions=tf.constant([1, 1]), labels=tf.constant([1, 0]))
    values, updates = tf.contrib.slim.metrics.aggregate_metric_map({"a": (value, update)})
    assert values == {"a": value} and updates == {"a": update} and precision is not None
    with pytest.raises(ValueError, match="Expected at least one value_tensor/update_op pair"):
        tf.contrib.metrics.aggregate_metrics()
    session = initialized()
    assert session.run(update) == session.run(value) == 0.75
    once = tf.contrib.metrics.accuracy(tf.constant([1, 2]), tf.constant([1, 0]), weights=[3.0, 1.0])
    assert session.run(once) == 0.75
    with pytest.raises(ValueError, match="should have bool, string, or integer dtype"):
        tf.contrib.metrics.accuracy(tf.constant([1.0]), tf.constant([1]))


def test_older_losses_take_predictions_first_and_are_collected():
    old, new = tf.contrib.losses, tf.losses
    x, y = tf.constant([[0.2, 0.9], [0.4, 0.3]]), tf.constant([[0.0, 1.0], [1.0, 0.0]])
    pairs = [
        (old.mean_squared_error(x, y), new.mean_squared_error(y, x)),
        (old.absolute_difference(x, y, 2.0), new.absolute_difference(y, x, 2.0)),
        (old.log_loss(x, y), new.log_loss(y, x)),
        (old.softmax_cross_entropy(x, y, label_smoothing=0.1), new.softmax_cross_entropy(y, x, label_smoothing=0.1)),
        (old.sigmoid_cross_entropy(x, y), new.sigmoid_cross_entropy(y, x)),
        (old.sparse_softmax_cross_entropy(x, [1, 0]), new.sparse_softmax_cross_entropy([1, 0], x)),
        (old.cosine_distance(x, y, axis=1), new.cosine_distance(y, x, axis=1)),
        (old.mean_pairwise_squared_error(x, y), new.mean_pairwise_squared_error(y, x)),
    ]
    with tf.Session() as session:
        assert all(a == b for a, b in session.run(pairs))
        assert np.allclose(session.run(old.hinge_loss(x, y)), [[1.2, 0.1], [0.6, 1.3]])
    assert len(old.get_losses()) == 16 and old.get_total_loss().dtype == tf.float32


def test_a_train_op_runs_updates_clips_and_multiplies():
    x = tf.constant([[1.0], [3.0]])
    y = tf.layers.batch_normalization(x, training=True, momentum=0.0)
    w, v = tf.get_variable("w", initializer=1.0), tf.get_variable("v", initializer=1.0)
    loss = 10.0 * w + 10.0 * v + 0.0 * tf.reduce_sum(y)
    step = tf.contrib.slim.learning.create_train_op(
        loss, tf.train.GradientDescentOptimizer(1.0), variables_to_train=[w, v], clip_gradient_norm=2.0, gradient_multipliers={"v": 0.1},
        summarize_gradients=True,
    )  # fmt: skip
    session = initialized()
    assert session.run(step) == 20.0 and session.run([w, v]) == [-1.0, 0.0]
    assert session.run(tf.train.get_global_step()) == 1 and step in tf.get_collection(tf.GraphKeys.TRAIN_OP)
    assert session.run(tf.global_variables()[2]).tolist() == [2.0] and len(tf.get_collection(tf.GraphKeys.SUMMARIES)) == 4
    w.load(np.nan, session)
    with pytest.raises(tf.errors.InvalidArgumentError, match="LossTensor is inf or nan"):
        session.run(step)
    with pytest.raises(ValueError, match="`gradient_multipliers` is empty."):
        tf.contrib.training.multiply_gradients([], {})


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", tf.train.AdagradOptimizer, lambda rate: tf.train.MomentumOptimizer(rate, 0.5)])
def test_optimize_loss_takes_any_kind_of_optimizer(optimizer):
    w = tf.get_variable("w", initializer=2.0)
    step = tf.train.get_or_create_global_step()
    train = tf.contrib.layers.optimize_loss(
        w * w, step, 0.1, optimizer, clip_gradients=1.0, summaries=["loss", "gradients"], gradient_multipliers={w: 0.5},
        learning_rate_decay_fn=lambda rate, at: tf.train.exponential_decay(rate, at, 1, 0.5),
    )  # fmt: skip
    session = initialized()
    assert session.run(train) == 4.0 and session.run(w) < 2.0 and session.run(step) == 1


def test_optimize_loss_keeps_its_rate_in_a_variable_and_summarizes():
    w = tf.get_variable("w", initializer=2.0)
    step = tf.train.get_or_create_global_step()
    every = ["loss", "learning_rate", "gradients", "gradient_norm", "global_gradient_norm"]
    tf.contrib.layers.optimize_loss(w * w, step, 0.1, "SGD", clip_gradients=1.0, summaries=every)
    assert "OptimizeLoss/learning_rate" in [variable.op.name for variable in tf.global_variables()]
    assert [tensor.op.name.removeprefix("OptimizeLoss/") for tensor in tf.get_collection(tf.GraphKeys.SUMMARIES)] == [
        "learning_rate_1", "global_norm/gradient_norm", "loss", "gradients/w_0", "gradient_norm/w_0", "global_norm/clipped_gradient_norm",
    ]  # fmt: skip


def test_optimize_loss_adds_noise_of_the_scale_to_gradients():
    w = tf.get_variable("w", initializer=[0.0] * 200)
    rows = tf.get_variable("rows", initializer=[[0.0] * 50] * 2)
    loss = tf.reduce_sum(w) + tf.reduce_sum(tf.nn.embedding_lookup(rows, [1]))
    train = tf.contrib.layers.optimize_loss(loss, None, 1.0, "SGD", gradient_noise_scale=0.5, summaries=[])
    session = initialized()
    session.run(train)
    for noise in (session.run(w) + 1.0, session.run(rows) + [[0.0], [1.0]]):
        assert 0 < abs(noise).max() <= 1.0 and 0.3 < noise.std() < 0.6


def test_optimize_loss_refuses_what_it_does_not_know():
    w = tf.get_variable("w", initializer=2.0)
    for arguments, text in [
        ({"optimizer": "foo"}, "Optimizer name should be one of"),
        ({"optimizer": 3}, "Unrecognized optimizer"),
        ({"optimizer": "SGD", "summaries": ["x"]}, "Summaries should be one of"),
        ({"optimizer": "SGD", "learning_rate": None}, "Learning rate is None"),
        ({"optimizer": "SGD", "learning_rate": 1}, "Learning rate should be 0d Tensor or float. Got 1"),
        ({"optimizer": "SGD", "learning_rate": -1.0}, "Invalid learning_rate -1.0."),
        ({"optimizer": "SGD", "learning_rate_decay_fn": lambda rate, at: rate}, "global_step is required for learning_rate_decay_fn"),
    ]:
        with pytest.raises(ValueError, match=text):
            tf.contrib.layers.optimize_loss(w * w, None, **{"learning_rate": 0.1, **arguments})
