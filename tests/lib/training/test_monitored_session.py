"""Monitored sessions and the hooks in them. The texts that are logged, files, events and messages are those that TensorFlow gave."""

import os
import re
import threading

import numpy as np
import pytest

import autograd_lite as tf

train = tf.train


@pytest.fixture(autouse=True)
def closed_writers():
    yield
    tf.summary.FileWriterCache.clear()


@pytest.fixture
def logged(caplog):
    tf.logging.set_verbosity(tf.logging.INFO)
    with caplog.at_level("INFO", logger="tensorflow"):
        yield lambda: [record.getMessage() for record in caplog.records]
    tf.logging.set_verbosity(tf.logging.WARN)


def quadratic():
    """(w - 3)^2 from w = 1, with gradient descent and a global step."""
    w = tf.Variable(1.0, name="w")
    step = train.get_or_create_global_step()
    loss = (w - 3.0) ** 2
    return w, loss, train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)


def run_all(session, op):
    values = []
    while not session.should_stop():
        values.append(session.run(op))
    return values


class Calls(train.SessionRunHook):
    """Notes how it is called."""

    def __init__(self, args=None):
        self.calls = []
        self.args = args

    def begin(self):
        self.calls.append("begin")

    def after_create_session(self, session, coord):
        self.calls.append("after_create_session")

    def before_run(self, run_context):
        self.calls.append("before_run")
        return self.args

    def after_run(self, run_context, run_values):
        self.calls.append(("after_run", run_values.results))

    def end(self, session):
        self.calls.append("end")


# ---------------------------------------------------------------- hooks around runs


def test_hooks_are_called_in_order_and_get_what_they_asked_for():
    w, _, _ = quadratic()
    hook, other = Calls(train.SessionRunArgs({"twice": w * 2.0})), Calls()
    with train.MonitoredSession(hooks=[hook, other]) as session:
        assert session.run(w) == 1.0
    assert hook.calls == ["begin", "after_create_session", "before_run", ("after_run", {"twice": 2.0}), "end"]
    assert other.calls == ["begin", "after_create_session", "before_run", ("after_run", None), "end"]


def test_after_an_error_end_is_not_called():
    w, _, _ = quadratic()
    hook = Calls()
    with pytest.raises(KeyError), train.MonitoredSession(hooks=[hook]):
        raise KeyError("mine")
    assert "end" not in hook.calls


@pytest.mark.parametrize("error", [tf.errors.OutOfRangeError(None, None, "the end"), StopIteration()])
def test_the_end_of_the_input_is_no_error(error):
    quadratic()
    hook = Calls()
    with train.MonitoredSession(hooks=[hook]) as session:
        raise error
    assert hook.calls[-1] == "end"
    assert session.should_stop()


def test_a_hook_may_feed_but_not_what_is_fed_already():
    x = tf.placeholder(tf.float32, [])
    y = x * 2.0
    feeding = train.FeedFnHook(lambda: {x: 5.0})
    with train.MonitoredSession(hooks=[feeding]) as session:
        assert session.run(y) == 10.0
        with pytest.raises(RuntimeError, match="Same tensor is fed by a SessionRunHook and user"):
            session.run(y, {x: 1.0})
    with train.MonitoredSession(hooks=[feeding, train.FeedFnHook(lambda: {x: 5.0})]) as session, pytest.raises(
        RuntimeError, match="Same tensor is fed by two hooks"
    ):
        session.run(y)


def test_the_options_of_hooks_and_caller_are_joined():
    c = tf.constant(2.0) * 3.0
    traced = []

    class Tracing(train.SessionRunHook):
        def before_run(self, run_context):
            return train.SessionRunArgs(None, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE))

        def after_run(self, run_context, run_values):
            traced.append((run_values.options.timeout_in_ms, len(run_values.run_metadata.step_stats.dev_stats)))

    with train.MonitoredSession(hooks=[Tracing()]) as session:
        metadata = tf.RunMetadata()
        session.run(c, options=tf.RunOptions(timeout_in_ms=10_000), run_metadata=metadata)
        assert metadata.step_stats.dev_stats
    assert traced == [(10_000, 1)]


def test_running_after_a_request_to_stop_is_an_error():
    w, _, op = quadratic()
    with train.MonitoredSession(hooks=[train.StopAtStepHook(last_step=1)]) as session:
        session.run(op)
        assert session.should_stop()
        with pytest.raises(RuntimeError, match="Run called even after should_stop requested"):
            session.run(op)


def test_a_step_function_runs_with_and_without_hooks():
    w, _, _ = quadratic()
    hook = Calls()
    with train.MonitoredSession(hooks=[hook]) as session:
        assert session.run_step_fn(lambda step_context: step_context.session.run(w)) == 1.0
        assert len(hook.calls) == 2
        assert session.run_step_fn(lambda step_context: step_context.run_with_hooks(w)) == 1.0
        assert len(hook.calls) == 4
        session.run_step_fn(lambda step_context: step_context.request_stop())
        pytest.fail("the loop should have ended")
    assert session.should_stop()


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [(lambda: 3, ValueError, r"Got \(\) instead"), (lambda a, b: 3, ValueError, r"Got \('a', 'b'\) instead"), (3, TypeError, "callable")],
)
def test_a_step_function_takes_one_context(function, error, message):
    quadratic()
    with train.SingularMonitoredSession() as session, pytest.raises(error, match=message):
        session.run_step_fn(function)


# ---------------------------------------------------------------- sessions


def test_the_graph_is_closed_inside_and_open_again_after():
    quadratic()
    with train.MonitoredTrainingSession() as session:
        assert session.graph is tf.get_default_graph()
        with pytest.raises(RuntimeError, match="Graph is finalized and cannot be modified."):
            tf.constant(1.0)
    tf.constant(1.0)


def test_a_closed_session_says_so():
    w, _, _ = quadratic()
    session = train.MonitoredSession()
    session.close()
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'run'\n  This monitored session is closed"):
        session.run(w)
    with pytest.raises(RuntimeError, match="Session is already closed."):
        session.close()


def test_an_aborted_session_is_made_anew_and_the_run_repeated(tmp_path):
    w, _, op = quadratic()
    sessions, failures = [], [tf.errors.AbortedError(None, None, "gone"), tf.errors.UnavailableError(None, None, "gone")]

    class Failing(train.SessionRunHook):
        def after_create_session(self, session, coord):
            sessions.append(session)

        def after_run(self, run_context, run_values):
            if len(sessions) <= 2:
                raise failures[len(sessions) - 1]

    hooks = [Failing(), train.StopAtStepHook(last_step=3)]
    with train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path), hooks=hooks, save_checkpoint_steps=1) as session:
        run_all(session, op)
    assert len(sessions) == 3
    assert all(old._closed for old in sessions)
    assert train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-3")


def test_a_singular_session_is_not_made_anew():
    w, _, _ = quadratic()

    class Failing(train.SessionRunHook):
        def before_run(self, run_context):
            raise tf.errors.AbortedError(None, None, "gone")

    with pytest.raises(tf.errors.AbortedError), train.SingularMonitoredSession(hooks=[Failing()]) as session:
        assert session.raw_session().run(w) == 1.0
        session.run(w)


def test_the_failure_of_a_thread_reaches_the_main_thread_and_no_thread_is_left():
    w, _, op = quadratic()
    before = threading.active_count()

    class Threads(train.SessionRunHook):
        def after_create_session(self, session, coord):
            def fail():
                with coord.stop_on_exception():
                    raise ValueError("worker died")

            for target in (fail, coord.wait_for_stop):
                thread = threading.Thread(target=target)
                coord.register_thread(thread)
                thread.start()

    with pytest.raises(ValueError, match="worker died"), train.MonitoredSession(hooks=[Threads()]) as session:
        run_all(session, op)
    assert threading.active_count() == before


def test_the_end_of_an_input_queue_ends_the_loop_and_its_threads():
    before = threading.active_count()
    number = train.range_input_producer(3, num_epochs=2, shuffle=False).dequeue()
    with train.MonitoredTrainingSession() as session:
        values = []
        while not session.should_stop():
            values.append(int(session.run(number)))
    assert values == [0, 1, 2, 0, 1, 2]
    assert threading.active_count() == before


def test_a_worker_waits_for_the_chief_on_the_same_server():
    w, _, _ = quadratic()
    server = train.Server.create_local_server()
    with pytest.raises(tf.errors.DeadlineExceededError, match="Session was not ready after waiting 0 secs."):
        train.WorkerSessionCreator(master=server.target, max_wait_secs=0.01).create_session()
    with train.MonitoredTrainingSession(server.target) as chief, train.MonitoredTrainingSession(server.target, is_chief=False) as worker:
        assert chief.run(w) == worker.run(w) == 1.0


def test_a_scaffold_makes_what_it_was_not_given():
    w, _, _ = quadratic()
    tf.summary.scalar("w", w)
    scaffold = train.Scaffold(init_fn=lambda scaffold, session: session.run(w.assign(4.0)))
    w.assign(4.0)
    with pytest.raises(RuntimeError, match="finalized"), train.MonitoredSession(train.ChiefSessionCreator(scaffold)):
        pass
    assert (scaffold.init_op.name, scaffold.local_init_op.name) == ("group_deps", "group_deps_1")
    assert scaffold.ready_op.name == "concat:0"
    assert scaffold.ready_for_local_init_op.name == "concat_1:0"
    assert scaffold.summary_op.name == "Merge/MergeSummary:0"
    for key in ("init_op", "ready_op", "ready_for_local_init_op", "local_init_op", "summary_op", "savers"):
        assert len(tf.get_collection(key)) == 1


def test_a_scaffold_takes_what_it_was_given_or_what_another_has():
    w, _, _ = quadratic()
    load = w.assign(4.0)
    first = train.Scaffold(init_op=tf.global_variables_initializer(), init_fn=lambda scaffold, session: session.run(load))
    second = train.Scaffold(copy_from_scaffold=first)
    with train.MonitoredSession(train.ChiefSessionCreator(second)) as session:
        assert session.run(w) == 4.0
    assert second.init_op is first.init_op
    with pytest.raises(TypeError, match="copy_from_scaffold is not a Scaffold instance."):
        train.Scaffold(copy_from_scaffold=3)
    tf.add_to_collection("two", 1)
    tf.add_to_collection("two", 2)
    with pytest.raises(RuntimeError, match="More than one item in the collection"):
        train.Scaffold.get_or_default("x", "two", lambda: 3)


def test_a_model_that_is_not_ready_is_told_by_name():
    quadratic()
    with pytest.raises(RuntimeError, match=r"(?s)Init operations did not make model ready for local_init.*Variables not initialized: w"):
        train.MonitoredTrainingSession(scaffold=train.Scaffold(init_op=tf.no_op()))


# ---------------------------------------------------------------- what hooks log and write


def test_a_loop_logs_what_tensorflow_logs(logged, tmp_path):
    w, loss, op = quadratic()
    told = []

    class Listener(train.CheckpointSaverListener):
        def begin(self):
            told.append("begin")

        def before_save(self, session, global_step_value):
            told.append(("before", global_step_value))

        def after_save(self, session, global_step_value):
            told.append(("after", global_step_value))

        def end(self, session, global_step_value):
            told.append(("end", global_step_value))

    hooks = [
        train.StopAtStepHook(last_step=25),
        train.LoggingTensorHook({"step": train.get_global_step(), "loss": loss}, every_n_iter=10, at_end=True),
        train.CheckpointSaverHook(str(tmp_path), save_steps=10, listeners=[Listener()]),
    ]
    with train.MonitoredTrainingSession(hooks=hooks) as session:
        run_all(session, op)
    save = f"Saving checkpoints for %d into {tmp_path}/model.ckpt."
    assert [re.sub(r" \([0-9.]+ sec\)", " (T sec)", line) for line in logged()] == [
        "Create CheckpointSaverHook.",
        "Graph was finalized.",
        "Running local_init_op.",
        "Done running local_init_op.",
        save % 0,
        "loss = 4.0, step = 1",
        save % 10,
        "loss = 0.046116766, step = 11 (T sec)",
        save % 20,
        "loss = 0.0005316905, step = 21 (T sec)",
        "loss = 5.7088953e-05, step = 25 (T sec)",
        save % 25,
    ]
    saved = [(when, step) for step in (0, 10, 20, 25) for when in ("before", "after")]
    assert told == ["begin", *saved, ("end", 25)]


def test_the_event_file_holds_what_tensorflow_writes(tmp_path):
    w, loss, op = quadratic()
    tf.summary.scalar("loss", loss)
    hooks = [train.StopAtStepHook(last_step=25)]
    with train.MonitoredTrainingSession(
        checkpoint_dir=str(tmp_path), hooks=hooks, log_step_count_steps=10, save_summaries_steps=10, save_checkpoint_steps=10
    ) as session:
        run_all(session, op)
    tf.summary.FileWriterCache.clear()
    (path,) = tmp_path.glob("events*")
    events = []
    for event in train.summary_iterator(str(path)):
        kind = event.WhichOneof("what")
        status = {1: "START", 3: "CHECKPOINT"}.get(event.session_log.status) if kind == "session_log" else None
        events.append((event.step, status or [value.tag for value in event.summary.value] or kind))
    speed, value = ["global_step/sec"], ["loss"]
    assert events == [
        (0, "file_version"), (0, "graph_def"), (0, "meta_graph_def"), (0, "CHECKPOINT"), (1, "START"), (1, value), (10, "CHECKPOINT"),
        (11, speed), (11, value), (20, "CHECKPOINT"), (21, speed), (21, value), (25, "CHECKPOINT"),
    ]  # fmt: skip
    assert (tmp_path / "graph.pbtxt").exists()


def test_a_listener_can_end_the_loop(tmp_path):
    w, _, op = quadratic()

    class Enough(train.CheckpointSaverListener):
        def after_save(self, session, global_step_value):
            return global_step_value >= 4

    hook = train.CheckpointSaverHook(str(tmp_path), save_steps=2, listeners=[Enough()])
    with train.MonitoredSession(hooks=[hook]) as session:
        assert len(run_all(session, op)) == 4


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: train.CheckpointSaverHook("x", save_secs=1, scaffold=train.Scaffold(), saver=3), ValueError, "both saver and scaffold"),
        (lambda: train.CheckpointSaverHook("x"), ValueError, "Either every_secs or every_steps should be provided."),
        (lambda: train.CheckpointSaverHook("x", 1, 1), ValueError, "Can not provide both every_secs and every_steps."),
        (lambda: train.CheckpointSaverHook("x", 1).begin(), RuntimeError, "Global step should be created to use CheckpointSaverHook."),
        (lambda: train.StepCounterHook(1, 1), ValueError, "exactly one of every_n_steps and every_n_secs should be provided."),
        (lambda: train.StepCounterHook().begin(), RuntimeError, "Global step should be created to use StepCounterHook."),
        (lambda: train.SummarySaverHook(1), ValueError, "Exactly one of scaffold or summary_op must be provided."),
        (lambda: train.SummarySaverHook(summary_op="s"), ValueError, "Either every_secs or every_steps should be provided."),
        (lambda: train.SummarySaverHook(1, summary_op="s").begin(), RuntimeError, "Global step should be created to use SummarySaverHook."),
        (lambda: train.ProfilerHook(1).begin(), RuntimeError, "Global step should be created to use ProfilerHook."),
        (lambda: train.ProfilerHook(), ValueError, "Either every_secs or every_steps should be provided."),
    ],
)
def test_wrong_arguments_are_told_as_tensorflow_tells_them(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_profiler_hook_writes_a_trace(tmp_path):
    w, _, op = quadratic()
    hooks = [train.ProfilerHook(save_steps=2, output_dir=str(tmp_path)), train.StopAtStepHook(last_step=5)]
    with train.MonitoredSession(hooks=hooks) as session:
        run_all(session, op)
    traces = sorted(path.name for path in tmp_path.glob("timeline-*.json"))
    assert traces
    assert '"traceEvents"' in (tmp_path / traces[0]).read_text()


def test_a_global_step_that_stands_still_is_told(logged):
    w, _, _ = quadratic()
    with train.MonitoredSession(hooks=[train.StepCounterHook(every_n_steps=100)]) as session:
        for _ in range(10):
            session.run(w)
    assert sum("global step (tf.train.get_global_step) has not been increased" in line for line in logged()) == 5


def test_a_nan_loss_ends_the_loop(logged):
    w = tf.Variable(1.0)
    loss = w / 0.0 - w / 0.0
    train.get_or_create_global_step()
    with pytest.raises(train.NanLossDuringTrainingError, match="NaN loss during training."), train.MonitoredSession(
        hooks=[train.NanTensorHook(loss)]
    ) as session:
        session.run(loss)
    with train.MonitoredSession(hooks=[train.NanTensorHook(loss, fail_on_nan_loss=False)]) as session:
        assert np.isnan(session.run(loss))
        assert session.should_stop()
    assert logged().count("Model diverged with loss = NaN.") == 2


def test_final_operations_are_computed_at_the_end():
    w, _, op = quadratic()
    hook = train.FinalOpsHook({"w": w * 1.0})
    with train.MonitoredSession(hooks=[hook, train.StopAtStepHook(num_steps=2)]) as session:
        assert hook.final_ops_values is None
        run_all(session, op)
    np.testing.assert_allclose(hook.final_ops_values["w"], 1.72, rtol=1e-6)


def test_a_formatter_writes_its_own_line(logged):
    w, loss, op = quadratic()
    hook = train.LoggingTensorHook([loss], at_end=True, formatter=lambda values: f"loss is {values[loss]:.3f}")
    with train.MonitoredSession(hooks=[hook]) as session:
        session.run(op)
    assert [line for line in logged() if line.startswith("loss")] == ["loss is 2.560"]


# ---------------------------------------------------------------- going on after a crash




class Crash(train.SessionRunHook):
    """Ends the process, as far as the loop can tell, after so many steps."""

    def __init__(self, after):
        self.left = after

    def after_run(self, run_context, run_values):
        self.left -= 1
        if self.left == 0:
            raise SystemExit("killed")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return tf.examples.tutorials.mnist.input_data.read_data_sets(str(tmp_path_factory.mktemp("none")), one_hot=True)


def softmax_regression(digits, folder, hooks, last_step):
    """Train on handwritten digits, whose batch depends on the step; returns the weights and the accuracy on other digits."""
    train_images, train_labels = digits.train.images, digits.train.labels
    with tf.Graph().as_default():
        tf.set_random_seed(7)
        step = train.get_or_create_global_step()
        x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.float32, [None, 10])
        weights = tf.get_variable("weights", [784, 10])
        bias = tf.get_variable("bias", [10], initializer=tf.zeros_initializer())
        logits = tf.matmul(x, weights) + bias
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
        op = train.AdamOptimizer(0.005).minimize(loss, global_step=step)
        right = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1)), tf.float32))
        final = train.FinalOpsHook([weights, right], {x: digits.test.images, y: digits.test.labels})
        hooks = [*hooks, train.StopAtStepHook(last_step=last_step), final]
        with train.MonitoredTrainingSession(checkpoint_dir=folder, hooks=hooks, save_checkpoint_steps=10) as session:
            number = session.run_step_fn(lambda step_context: step_context.session.run(step))
            while not session.should_stop():
                batch = np.arange(number * 50, number * 50 + 50) % len(train_images)
                session.run(op, {x: train_images[batch], y: train_labels[batch]})
                number += 1
    return final.final_ops_values


def test_training_that_was_killed_goes_on_from_its_checkpoint_to_the_same_weights(digits, tmp_path):
    whole, accuracy = softmax_regression(digits, str(tmp_path / "whole"), [], 60)
    broken = str(tmp_path / "broken")
    for steps in (7, 26):
        with pytest.raises(SystemExit):
            softmax_regression(digits, broken, [Crash(steps)], 60)
    again, _ = softmax_regression(digits, broken, [], 60)
    np.testing.assert_array_equal(again, whole)
    assert accuracy > 0.8
    assert os.path.exists(os.path.join(broken, "model.ckpt-60.index"))
