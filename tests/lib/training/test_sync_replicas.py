"""The SyncReplicasOptimizer with one replica, and with two that share a server."""

import threading

import numpy as np
import pytest

import autograd_lite as tf

train = tf.train


def model(replicas, rows=False):
    w = tf.get_variable("w", [3, 2], initializer=tf.zeros_initializer())
    step = train.get_or_create_global_step()
    x = tf.placeholder(tf.float32, [])
    value = tf.gather(w, [0, 2]) if rows else w
    optimizer = train.SyncReplicasOptimizer(train.MomentumOptimizer(0.5, 0.5), replicas_to_aggregate=replicas)
    return w, step, x, optimizer, optimizer.minimize(-x * tf.reduce_sum(value), global_step=step)


@pytest.mark.parametrize("rows", [False, True], ids=["dense", "rows"])
def test_one_replica_trains_as_the_optimizer_inside_and_its_threads_end(rows):
    w, step, x, optimizer, op = model(1, rows)
    before = threading.active_count()
    final = train.FinalOpsHook([w, step])
    hooks = [optimizer.make_session_run_hook(is_chief=True, num_tokens=0), train.StopAtStepHook(last_step=3), final]
    with train.MonitoredTrainingSession(hooks=hooks, stop_grace_period_secs=10) as session:
        while not session.should_stop():
            session.run(op, {x: 1.0})
    values, steps = final.final_ops_values
    assert steps == 3
    expected = np.full([3, 2], 0.5 * (1.0 + 1.5 + 1.75))
    if rows:
        expected[1] = 0.0
    np.testing.assert_allclose(values, expected)
    assert optimizer.get_slot_names() == ["momentum"]
    assert threading.active_count() == before


def test_the_mean_of_two_replicas_is_one_update():
    w, step, x, optimizer, op = model(2)
    server = train.Server.create_local_server()
    chief_hook, worker_hook = (optimizer.make_session_run_hook(chief, num_tokens=0) for chief in (True, False))
    values = []
    with train.MonitoredTrainingSession(server.target, hooks=[chief_hook], stop_grace_period_secs=10) as chief:
        with train.MonitoredTrainingSession(server.target, is_chief=False, hooks=[worker_hook]) as worker:
            threads = [threading.Thread(target=session.run, args=(op, {x: x_value})) for session, x_value in ((chief, 1.0), (worker, 3.0))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
            values.append(worker.run(w))
    np.testing.assert_allclose(values[0], np.full([3, 2], 0.5 * 2.0))


def test_what_it_needs_is_told():
    w, step, x, optimizer, op = model(2)
    fresh = train.SyncReplicasOptimizer(train.GradientDescentOptimizer(0.5), 2, total_num_replicas=1)
    gradient = tf.ones([3, 2])
    with pytest.raises(ValueError, match="Must supply at least one variable"):
        fresh.apply_gradients([])
    with pytest.raises(ValueError, match="Global step is required to check staleness"):
        fresh.apply_gradients([(gradient, w)])
    for call in (fresh.get_chief_queue_runner, fresh.get_init_tokens_op, fresh.make_session_run_hook(True).begin):
        with pytest.raises(ValueError, match="should be called|Should be called"):
            call()
    fresh.apply_gradients([(gradient, w)], global_step=step)
    with pytest.raises(ValueError, match=r"Too few tokens to finish the first step: 0 \(given\) vs 1 \(needed\)"):
        fresh.get_init_tokens_op(0)
