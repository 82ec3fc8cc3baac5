"""`tf.contrib.slim.learning.train`: it trains, writes checkpoints, goes on where it stopped, and stops."""

import pytest

import autograd_lite as tf

learning = tf.contrib.slim.learning


def build():
    w = tf.get_variable("w", initializer=1.0)
    tf.summary.scalar("w", w)
    return w, learning.create_train_op(w * w, tf.train.GradientDescentOptimizer(0.25))


def test_training_saves_and_goes_on_where_it_stopped(tmp_path):
    folder = str(tmp_path)
    for number, loss in ((3, 0.0625), (5, 0.00390625)):
        with tf.Graph().as_default():
            _, step = build()
            assert learning.train(step, folder, number_of_steps=number, log_every_n_steps=2) == loss
        assert tf.train.latest_checkpoint(folder).endswith(f"model.ckpt-{number}")
        assert tf.train.load_variable(folder, "w") == 0.5**number
    assert any(name.startswith("events") for name in (path.name for path in tmp_path.iterdir()))


def test_a_step_of_ones_own_decides_when_to_stop():
    w, step = build()
    seen = []

    def own_step(session, train_op, global_step, keywords):
        loss, _ = learning.train_step(session, train_op, global_step, keywords)
        seen.append(float(session.run(w)))
        return loss, len(seen) == 2

    learning.train(step, None, train_step_fn=own_step, init_fn=lambda session: session.run(w.initializer, {w.initial_value: 8.0}))
    assert seen == [4.0, 2.0]


def test_the_end_of_the_input_ends_the_training():
    with tf.Graph().as_default():
        step = learning.create_train_op(tf.get_variable("w", initializer=1.0) * 2.0, tf.train.GradientDescentOptimizer(0.25))

        def exhausted(*_):
            raise tf.errors.OutOfRangeError(None, None, "no more")

        assert learning.train(step, None, train_step_fn=exhausted) is None


def test_wrong_arguments_are_refused():
    for arguments, text in [
        ((None, None), "train_op cannot be None."),
        ((1, None, learning.train_step, 0, 1, None, "", True, None, 0), "`number_of_steps` must be either None or a positive number."),
    ]:
        with pytest.raises(ValueError, match=text):
            learning.train(*arguments)
    with pytest.raises(ValueError, match="Cannot provide trace_every_n_steps when logdir is None."):
        learning.train(1, None, trace_every_n_steps=1)
