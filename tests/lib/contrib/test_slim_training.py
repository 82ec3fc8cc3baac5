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
    with pytest.raises(ValueError, match="Cannot provide trace_every_n_steps because logdir is None."):
        learning.train(1, None, trace_every_n_steps=1)
    with pytest.raises(ValueError, match="startup_delay_steps must be zero when sync_optimizer is supplied."):
        learning.train(1, None, sync_optimizer=object(), startup_delay_steps=1)
    with pytest.raises(ValueError, match="`sync_optimizer` must be a tf.train.SyncReplicasOptimizer"):
        learning.train(1, None, sync_optimizer=tf.train.GradientDescentOptimizer(1.0))
    with pytest.raises(ValueError, match="logdir must be present in train_step_kwargs when should_trace is present"):
        learning.train_step(tf.Session(), tf.constant(1.0), tf.constant(1), {"should_trace": tf.constant(True)})


def test_every_so_many_steps_are_traced(tmp_path):
    _, step = build()
    learning.train(step, str(tmp_path), number_of_steps=4, trace_every_n_steps=2)
    traces = sorted(path for path in tmp_path.iterdir() if path.name.startswith("tf_trace"))
    assert [path.name for path in traces] == ["tf_trace-1.json", "tf_trace-3.json"]  # asked before the step, named after it
    assert "traceEvents" in traces[0].read_text()
    (events,) = tmp_path.glob("events*")
    tags = [event.tagged_run_metadata.tag for event in tf.train.summary_iterator(str(events))]
    assert [tag for tag in tags if tag] == ["run_metadata-1", "run_metadata-3"]


def test_gradients_of_replicas_are_gathered():
    w = tf.get_variable("w", initializer=1.0)
    optimizer = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.25), replicas_to_aggregate=1)
    step = learning.create_train_op(w * w, optimizer)
    seen = []

    def own_step(session, train_op, global_step, keywords):
        result = learning.train_step(session, train_op, global_step, keywords)
        seen.append(float(session.run(w)))
        return result

    learning.train(step, None, number_of_steps=3, train_step_fn=own_step, sync_optimizer=optimizer)
    assert seen[-1] <= 0.125


def test_one_who_is_not_the_chief_waits_for_the_first_steps(monkeypatch):
    w, step = build()
    waits = []

    def count(seconds):
        waits.append(seconds)
        session.run(tf_step.assign_add(2))

    tf_step = tf.train.get_global_step()
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    monkeypatch.setattr("autograd_lite.lib.contrib.slim_training.time.sleep", count)
    from autograd_lite.lib.contrib.slim_training import _wait_for_step

    _wait_for_step(session, tf_step, 3)
    assert waits == [1.0, 1.0]
