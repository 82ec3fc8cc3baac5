"""The Supervisor and the SessionManager; messages and files are TensorFlow's."""

import threading

import numpy as np
import pytest

import autograd_lite as tf

train = tf.train


def quadratic():
    w = tf.Variable(1.0, name="w")
    step = train.get_or_create_global_step()
    loss = (w - 3.0) ** 2
    tf.summary.scalar("loss", loss)
    return w, train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)


def test_it_finds_or_makes_what_it_needs_and_closes_the_graph():
    w, _ = quadratic()
    supervisor = train.Supervisor()
    assert supervisor.init_op.name == "init"
    assert supervisor.ready_op.name == "report_uninitialized_variables/boolean_mask/GatherV2:0"
    assert supervisor.ready_for_local_init_op is None
    assert supervisor.global_step is train.get_global_step()
    assert supervisor.summary_op.name == "Merge/MergeSummary:0"
    assert isinstance(supervisor.saver, train.Saver)
    assert supervisor.save_path is None
    assert supervisor.summary_writer is None
    assert tf.get_default_graph().finalized
    assert tf.get_collection("init_op") == [supervisor.init_op]


def test_a_loop_saves_summarises_and_goes_on_from_the_checkpoint(tmp_path):
    w, op = quadratic()
    folder = str(tmp_path)
    before = threading.active_count()
    supervisor = train.Supervisor(logdir=folder, save_model_secs=0, save_summaries_secs=1000)
    with supervisor.managed_session() as session:
        for _ in range(3):
            session.run(op)
        supervisor.saver.save(session, supervisor.save_path, global_step=supervisor.global_step)
        supervisor.summary_computed(session, session.run(supervisor.summary_op))
        value = session.run(w)
    assert threading.active_count() == before
    assert supervisor.should_stop()
    with supervisor.managed_session() as session:
        assert session.run(w) == value
        assert session.run(supervisor.global_step) == 3
    events = [event for path in sorted(tmp_path.glob("events*")) for event in train.summary_iterator(str(path))]
    kinds = [event.WhichOneof("what") for event in events]
    statuses = [event.session_log.status for event in events if event.WhichOneof("what") == "session_log"]
    assert {"file_version", "graph_def", "meta_graph_def", "session_log", "summary"} <= set(kinds)
    assert statuses.count(1) == 2  # START
    assert statuses.count(2) == 2  # STOP
    assert "loss" in [value.tag for event in events for value in event.summary.value if event.step == 3]
    assert (tmp_path / "graph.pbtxt").exists()


def test_the_standard_services_are_three_threads(tmp_path):
    quadratic()
    supervisor = train.Supervisor(logdir=str(tmp_path))
    session = supervisor.prepare_or_wait_for_session(start_standard_services=False)
    threads = supervisor.start_standard_services(session)
    assert len(threads) == 3
    supervisor.stop()
    assert not any(thread.is_alive() for thread in threads)
    session.close()


def test_what_goes_wrong_inside_is_raised_at_the_end_and_the_session_closed():
    quadratic()
    supervisor = train.Supervisor()
    with pytest.raises(ValueError, match="mine"), supervisor.managed_session() as session:
        raise ValueError("mine")
    assert session._closed


def test_what_goes_wrong_in_a_loop_of_its_own_is_raised_at_the_end():
    quadratic()
    supervisor = train.Supervisor()
    with pytest.raises(ZeroDivisionError), supervisor.managed_session():
        supervisor.loop(0.001, lambda: 1 / 0)
        supervisor.wait_for_stop()


def test_only_the_chief_writes():
    with tf.device("/job:ps/task:0"):
        w = tf.Variable(1.0, name="w")
    supervisor = train.Supervisor(is_chief=False, logdir="unused")
    assert (supervisor.summary_writer, supervisor.save_path, supervisor.is_chief) == (None, None, False)
    with pytest.raises(RuntimeError, match="Only chief supervisor can start standard services."):
        supervisor.start_standard_services(None)
    with pytest.raises(RuntimeError, match="Writing a summary requires a summary writer."):
        supervisor.summary_computed(None, b"")
    assert w.device


def test_variables_of_replicas_need_a_device():
    tf.Variable(1.0, name="w")
    with pytest.raises(ValueError, match="When using replicas, all Variables must have their device set"):
        train.Supervisor(is_chief=False)


def test_a_supervisor_without_a_folder_says_that_it_needs_one(caplog):
    tf.Variable(1.0)
    supervisor = train.Supervisor(saver=None, summary_writer=None)
    with tf.Session() as session:
        assert supervisor.start_standard_services(session) is None
    assert "Standard services need a 'logdir' passed to the SessionManager" in caplog.text


def test_the_basic_loop_begins_again_when_the_session_is_aborted():
    w, op = quadratic()
    supervisor = train.Supervisor()
    sessions = []

    def step(session, last):
        if session not in sessions:
            sessions.append(session)
        session.run(op)
        if len(sessions) == 1:
            raise tf.errors.AbortedError(None, None, "gone")
        if session.run(supervisor.global_step) == last:
            supervisor.request_stop()

    train.basic_train_loop(supervisor, step, kwargs={"last": 4})
    assert len(sessions) == 2


# ---------------------------------------------------------------- SessionManager


def ready():
    return train.SessionManager(ready_op=tf.report_uninitialized_variables(), recovery_wait_secs=0.01)


def test_a_session_is_initialised_when_there_is_no_checkpoint(tmp_path):
    w = tf.Variable(1.0, name="w")
    init, more = tf.global_variables_initializer(), w.assign_add(1.0)
    with ready().prepare_session(
        "", init_op=init, saver=train.Saver(), checkpoint_dir=str(tmp_path), init_fn=lambda session: session.run(more)
    ) as session:
        assert session.run(w) == 2.0


def test_a_session_is_restored_when_there_is_a_checkpoint(tmp_path):
    w = tf.Variable(1.0, name="w")
    saver, manager, init = train.Saver(), ready(), tf.global_variables_initializer()
    change = w.assign(5.0)
    with tf.Session() as session:
        session.run(change)
        path = saver.save(session, str(tmp_path / "model.ckpt"))
    with manager.prepare_session("", init_op=init, saver=saver, checkpoint_dir=str(tmp_path)) as session:
        assert session.run(w) == 5.0
    with manager.prepare_session("", init_op=init, saver=saver, checkpoint_filename_with_path=path) as session:
        assert session.run(w) == 5.0
    session, restored = manager.recover_session("", saver, checkpoint_dir=str(tmp_path))
    assert restored
    assert session.run(w) == 5.0
    session, restored = manager.recover_session("", saver, str(tmp_path / "none"), wait_for_checkpoint=True, max_wait_secs=0.02)
    assert not restored
    with pytest.raises(ValueError, match="Can not provide both checkpoint_dir and checkpoint_filename_with_path."):
        manager.recover_session("", saver, checkpoint_dir="a", checkpoint_filename_with_path="b")


def test_a_model_that_cannot_be_made_ready_is_told():
    tf.Variable(1.0, name="w")
    nothing, manager = tf.no_op(), ready()
    with pytest.raises(RuntimeError, match="Model is not initialized and no init_op or init_fn or local_init_op was given"):
        manager.prepare_session("")
    with pytest.raises(RuntimeError, match="Init operations did not make model ready.  Init op: NoOp, init fn: None, local_init_op: None, "
                       "error: Variables not initialized: w"):  # fmt: skip
        manager.prepare_session("", init_op=nothing)
    with pytest.raises(tf.errors.DeadlineExceededError, match="Session was not ready after waiting 0 secs."):
        manager.wait_for_session("", max_wait_secs=0.02)
    with pytest.raises(ValueError, match="If you pass a ready_for_local_init_op you must also pass a local_init_op"):
        train.SessionManager(ready_for_local_init_op=nothing)


def test_local_variables_are_initialised_in_each_new_session():
    local = tf.Variable(np.float32(2.0), collections=[tf.GraphKeys.LOCAL_VARIABLES])
    manager = train.SessionManager(local_init_op=tf.local_variables_initializer(), ready_op=tf.report_uninitialized_variables())
    with manager.wait_for_session("") as session:
        assert session.run(local) == 2.0
