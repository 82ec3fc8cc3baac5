"""Sessions: what run gives back, contexts, closing, callables, failures."""

import collections
import gc
import signal
import threading
import time

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api.raw import raw
from autograd_lite.kernels import tier
from autograd_lite.runtime.runner import Runner
from autograd_lite.runtime.session import get_default_session


def ready(*variables):
    session = tf.Session()
    session.run(tf.variables_initializer(list(variables)))
    return session


def test_the_first_program_prints_the_digits_of_tensorflow():
    w = tf.Variable(0, dtype=tf.float32)
    cost = tf.add(tf.add(w**2, tf.multiply(-10.0, w)), 25)
    train = tf.train.GradientDescentOptimizer(0.01).minimize(cost)
    session = ready(w)
    seen = [str(session.run(w))]
    session.run(train)
    seen.append(str(session.run(w)))
    for _ in range(1000):
        session.run(train)
    assert [*seen, str(session.run(w))] == ["0.0", "0.099999994", "4.9999886"]


def test_scalars_come_back_as_numpy_scalars_and_strings_as_bytes():
    with tf.Session() as session:
        number, truth, text, many = session.run([tf.constant(1.5), tf.constant(True), tf.constant("é"), tf.constant(["a", "b"])])
    assert type(number) is np.float32 and type(truth) is np.bool_ and text == "é".encode() and many.tolist() == [b"a", b"b"]


def test_an_operation_gives_none_and_a_tensor_a_value():
    x = tf.constant(1.0)
    with tf.Session() as session:
        assert session.run(x.op) is None
        assert session.run([x.op, x]) == [None, 1.0]


def test_fetching_a_variable_beside_its_update_shows_the_new_value_and_a_loss_the_old_one():
    w = tf.Variable(3.0)
    loss = w * 2.0
    update = tf.assign_add(w, 1.0)
    session = ready(w)
    assert session.run([loss, update.op, w]) == [6.0, None, 4.0]


def test_control_dependencies_decide_when_a_variable_is_read():
    w = tf.Variable(1.0)
    update = tf.assign(w, 5.0)
    with tf.control_dependencies([update]):
        after = tf.identity(w.read_value())
    before = w * 1.0
    session = ready(w)
    assert session.run([before, after]) == [1.0, 5.0]


def test_a_chain_of_controlled_updates_runs_in_order():
    w = tf.Variable(1.0)
    steps = []
    for factor in (2.0, 3.0):
        with tf.control_dependencies(steps[-1:]):
            steps.append(tf.assign(w, w.read_value() * factor + 1.0).op)
    session = ready(w)
    session.run(steps[-1])
    assert session.run(w) == (1.0 * 2 + 1) * 3 + 1


def test_what_comes_after_an_update_sees_it_through_a_read_made_before():
    # in TF1 `w/read` shares the variable's memory: the moving average of just updated weights relies on it
    w = tf.Variable(1.0)
    snapshot = w.value()
    doubled = snapshot * 2.0
    with tf.control_dependencies([tf.assign(w, 10.0)]):
        late = snapshot + 0.0
    session = ready(w)
    assert session.run([doubled, late]) == [2.0, 10.0]


def test_sessions_do_not_share_variables():
    w = tf.Variable(0.0)
    up = tf.assign_add(w, 1.0)
    one, two = ready(w), ready(w)
    one.run(up)
    assert (one.run(w), two.run(w)) == (1.0, 0.0)


def test_variables_with_one_shared_name_are_one():

    a = raw.VariableV2(shape=(), dtype=tf.float32, shared_name="both")
    b = raw.VariableV2(shape=(), dtype=tf.float32, shared_name="both")
    with tf.Session() as session:
        session.run(raw.Assign(a, 7.0))
        assert session.run(b) == 7.0


def test_a_closed_session_says_so():
    x = tf.constant(1.0)
    session = tf.Session()
    session.run(x)
    session.close()
    session.close()
    with pytest.raises(RuntimeError, match="Attempted to use a closed Session"):
        session.run(x)
    with tf.Session() as session:
        pass
    with pytest.raises(RuntimeError, match="closed Session"):
        session.run(x)


def test_an_empty_graph_says_so():
    with pytest.raises(RuntimeError, match="The Session graph is empty"):
        tf.Session(graph=tf.Graph()).run("x:0")


def test_wrong_arguments_of_a_session_are_refused():
    with pytest.raises(TypeError, match='must be a tf.Graph, but got "str"'):
        tf.Session(graph="not a graph")
    with pytest.raises(TypeError, match=r"""^Argument `target` must be a string, but got "Graph"\n.*Session\(graph=\.\.\.\)"""):
        tf.Session(tf.Graph())
    with pytest.raises(TypeError, match='^Argument `target` must be a string, but got "int"$'):
        tf.InteractiveSession(3)
    with pytest.raises(tf.errors.NotFoundError, match="nosuch://host"):
        tf.Session("nosuch://host")
    with pytest.raises(TypeError, match="ConfigProto"):
        tf.Session(config={"a": 1})


def test_with_makes_a_session_and_its_graph_the_default_ones():
    graph = tf.Graph()
    with tf.Session(graph=graph) as session:
        assert get_default_session() is session and tf.get_default_graph() is graph
        assert (tf.constant(2.0) * 3.0).eval() == 6.0
    assert get_default_session() is None


def test_as_default_does_not_close():
    x = tf.constant(4.0)
    session = tf.Session()
    with session.as_default():
        assert x.eval() == 4.0
    assert session.run(x) == 4.0


def test_leaving_sessions_in_the_wrong_order_is_refused():
    a, b = tf.Session().as_default(), tf.Session().as_default()
    a.__enter__()
    b.__enter__()
    with pytest.raises(AssertionError, match="Nesting violated"):
        a.__exit__(None, None, None)
    b.__exit__(None, None, None)
    a.__exit__(None, None, None)


def test_an_interactive_session_is_the_default_one_until_it_is_closed():
    session = tf.InteractiveSession()
    other = tf.InteractiveSession()
    assert tf.constant(1.0).eval() == 1.0
    session.close()  # in any order
    assert get_default_session() is other
    other.close()
    assert get_default_session() is None


def test_default_sessions_belong_to_their_thread():
    found = []
    with tf.Session():
        thread = threading.Thread(target=lambda: found.append(get_default_session()))
        thread.start()
        thread.join()
    assert found == [None]


def test_eval_and_run_without_a_session_say_what_is_missing():
    with pytest.raises(ValueError, match=r"Cannot evaluate tensor using `eval\(\)`: No default session is registered"):
        tf.constant(2.0).eval()
    with pytest.raises(ValueError, match=r"Cannot execute operation using `run\(\)`: No default session is registered"):
        tf.no_op().run()
    with tf.Graph().as_default():
        elsewhere = tf.constant(1.0)
    with tf.Session():
        tf.constant(0.0)
        with pytest.raises(ValueError, match="the tensor's graph is different from the session's graph"):
            elsewhere.eval()


def test_an_uninitialized_variable_names_itself_the_reader_and_the_line():
    w = tf.Variable(1.0, name="weights")
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="^Attempting to use uninitialized value weights\n") as caught:
            session.run(w * 2.0)
        assert (
            caught.value.op.name == "weights/read"
            and "test_session.py" in str(caught.value)
            and "global_variables_initializer" in str(caught.value)
        )
        session.run(w.initializer)
        assert session.run(w * 2.0) == 2.0  # the session is still usable


def test_an_uninitialized_local_variable_asks_for_the_initializer_of_local_variables():
    _, update = tf.metrics.accuracy(labels=[1], predictions=[1])
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError, match=r"session.run\(tf.local_variables_initializer"):
        session.run(update)


def test_an_uninitialized_resource_variable_has_its_own_words():
    w = tf.get_variable("rw", [2], use_resource=True)
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError, match="resource variable rw|Could not find variable rw"):
        session.run(w.value())


def test_a_kernel_failure_names_node_inputs_and_line():
    p, q = tf.placeholder(tf.float32, name="p"), tf.placeholder(tf.float32, name="q")
    total = tf.add(p, q, name="total")
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(total, {p: [1.0, 2.0, 3.0], q: [1.0, 2.0]})
    text = str(caught.value)
    assert text.startswith("Incompatible shapes: [3] vs. [2]\n")
    assert caught.value.op is total.op and "p:0 float32[3], q:0 float32[2]" in text and "test_session.py" in text


def test_a_failed_run_changes_no_variable_and_leaves_the_session_usable():
    w, p = tf.Variable(1.0), tf.placeholder(tf.float32)
    check = tf.check_numerics(p, "bad")
    update = tf.assign_add(w, 1.0)
    session = ready(w)
    with pytest.raises(tf.errors.InvalidArgumentError, match="bad : Tensor had NaN values"):
        session.run([update, check], {p: float("nan")})
    assert session.run(w) == 1.0
    session.run([update, check], {p: 1.0})
    assert session.run(w) == 2.0


def test_an_unfed_placeholder_stops_the_run_before_anything_happens():
    w, p = tf.Variable(1.0), tf.placeholder(tf.float32, [2, None], name="inp")
    update = tf.assign_add(w, 1.0)
    session = ready(w)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"^You must feed a value for placeholder tensor 'inp' with dtype float and shape \[2,\?\]"
    ):
        session.run([update, p])
    assert session.run(w) == 1.0


def test_make_callable_does_what_run_does():
    p, q = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    with tf.Session() as session:
        function = session.make_callable({"sum": p + q, "difference": p - q}, [p, q])
        assert function(5.0, 3.0) == {"sum": 8.0, "difference": 2.0}
        with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value"):
            function(1.0)
        with pytest.raises(ValueError, match="takes 2 values"):
            function(1.0, 2.0, 3.0)


def test_partial_run_continues_where_it_stopped():
    a, b = tf.placeholder(tf.float32, [], name="a"), tf.placeholder(tf.float32, [], name="b")
    w = tf.Variable(0.0)
    counted = tf.assign_add(w, 1.0)
    with tf.control_dependencies([counted]):
        first = a * 2.0
    second = first + b
    session = ready(w)
    handle = session.partial_run_setup([first, second], [a, b])
    assert session.partial_run(handle, first, {a: 3.0}) == 6.0
    assert session.partial_run(handle, second, {b: 10.0}) == 16.0
    assert session.run(w) == 1.0  # what ran in the first piece did not run again


def test_partial_run_refuses_what_was_not_announced():
    a, b = tf.placeholder(tf.float32, [], name="a"), tf.placeholder(tf.float32, [], name="b")
    c = a + b
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup' before performing partial runs!"):
            session.partial_run("nohandle", c, {a: 1.0})
        handle = session.partial_run_setup([c], [a])
        with pytest.raises(tf.errors.InvalidArgumentError, match="was not specified in partial_run_setup"):
            session.partial_run(handle, c, {b: 1.0})
        handle = session.partial_run_setup([c], [a, b])
        with pytest.raises(tf.errors.InvalidArgumentError, match="can't be computed from the feeds that have been fed so far"):
            session.partial_run(handle, c, {a: 1.0})


def test_reset_closes_all_sessions():
    x = tf.constant(1.0)
    session = tf.Session()
    tf.Session.reset("")
    with pytest.raises(RuntimeError, match="closed"):
        session.run(x)


def test_new_nodes_can_be_run_by_an_old_session():
    x = tf.constant(1.0)
    with tf.Session() as session:
        assert session.run(x) == 1.0
        assert session.run(x + 1.0) == 2.0


def test_changing_a_node_in_place_makes_new_plans():
    x, y = tf.constant(1.0), tf.constant(2.0)
    z = tf.negative(x)
    with tf.Session() as session:
        assert session.run(z) == -1.0
        z.op._update_input(0, y)
        assert session.run(z) == -2.0


def test_a_soft_placed_gpu_is_fine_and_a_hard_one_is_refused():
    with tf.device("/device:GPU:3"):
        c = tf.constant(1.0, name="c") + 1.0
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as session:
        assert session.run(c) == 2.0
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=False)) as session:
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=r"Cannot assign a device for operation add: .*available devices are \[ /job:localhost"
        ):
            session.run(c)
        assert [device.name for device in session.list_devices()] == ["/job:localhost/replica:0/task:0/device:CPU:0"]


def test_a_deep_chain_runs_without_recursion():
    x = tf.constant(0.0)
    y = x
    for _ in range(20_000):
        y = raw.Neg(y)
    p = tf.placeholder(tf.float32, [])
    z = p
    for _ in range(3_000):
        z = raw.Neg(z)
    with tf.Session() as session:
        assert session.run([y, z], {p: 2.0}) == [0.0, 2.0]


def test_ctrl_c_works_and_the_session_survives():
    w = tf.Variable(np.ones((2000, 2000), np.float32))
    product = w.value()
    for _ in range(200):
        product = tf.matmul(product, w) * 1e-6
    session = ready(w)

    def interrupt(*_):
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    gc.disable()  # what is raised in somebody's callback of the collector is lost
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            session.run(product)
        assert time.monotonic() - began < 20
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert session.run(w)[0, 0] == 1.0


def test_namedtuple_results_and_lists_do_not_get_mixed_up():
    Point = collections.namedtuple("Point", "x y")
    a, b = tf.constant(1.0), tf.constant(2.0)
    with tf.Session() as session:
        for _ in range(2):
            assert type(session.run(Point(a, b))) is Point
            assert type(session.run((a, b))) is tuple
            assert type(session.run([a, b])) is list
            assert type(session.run([Point(a, b)])[0]) is Point
            assert type(session.run([(a, b)])[0]) is tuple


def test_asking_for_the_rank_of_an_uninitialized_variable_fails_as_in_tensorflow():
    w = tf.Variable([1.0, 2.0], name="w")
    rank = raw.Rank(w.value())
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="^Attempting to use uninitialized value w"):
            session.run(rank)
        session.run(w.initializer)
        assert session.run(rank) == 1


def test_plans_that_are_kept_ready_are_bounded(monkeypatch):
    from autograd_lite.runtime import session as sessions

    monkeypatch.setattr(sessions, "MAX_RUNNERS", 5)
    monkeypatch.setattr(sessions, "MAX_STEPS_KEPT", 60)
    p = tf.placeholder(tf.float32, [])
    large = p
    for _ in range(25):
        large = tf.exp(large)
    nodes = [p + float(i) for i in range(20)] + [large * float(i) for i in range(10)]
    with tf.Session() as session:
        for node in nodes:
            session.run(node, {p: 0.0})
            assert len(session._fed) <= 5 and len(session._by_elements) <= 5
        assert sum(runner.size for runner in session._fed.values()) <= 60 + 26
        assert session.run(nodes[0], {p: 1.0}) == 1.0


def test_nodes_that_share_a_variable_keep_the_order_of_reads_and_updates():
    a = raw.VariableV2(shape=(), dtype=tf.float32, shared_name="one")
    b = raw.VariableV2(shape=(), dtype=tf.float32, shared_name="one")
    before = tf.identity(a)
    with tf.control_dependencies([raw.AssignAdd(b, 1.0)]):
        after = tf.identity(a)
    with tf.Session() as session:
        session.run(raw.Assign(a, 5.0))
        assert session.run([before, after]) == [5.0, 6.0]


def test_handles_can_be_passed_through_other_nodes():
    v, w = tf.Variable(1.0, use_resource=True), tf.Variable(2.0, use_resource=True)
    first, second = tf.identity_n([v.handle, w.handle])
    changed = raw.AssignAddVariableOp(tf.identity(second), 10.0)
    with tf.control_dependencies([changed]):
        values = [raw.ReadVariableOp(first, dtype=tf.float32), raw.ReadVariableOp(second, dtype=tf.float32)]
    with tf.Session() as session:
        session.run([v.initializer, w.initializer])
        assert session.run(values) == [1.0, 12.0]


def test_a_session_tells_its_graph_and_target():
    tf.constant(1.0, name="a")
    with tf.Session() as session:
        assert session.graph is tf.get_default_graph() and session.sess_str == b""
        assert [node.name for node in session.graph_def.node] == ["a"]


def test_eval_and_run_refuse_a_session_of_another_graph():
    x = tf.constant(1.0)
    other = tf.Session(graph=tf.Graph())
    with pytest.raises(ValueError, match="Cannot use the given session to evaluate tensor"):
        x.eval(session=other)
    with pytest.raises(ValueError, match="Cannot use the given session to execute operation"):
        x.op.run(session=other)
    with other.as_default(), pytest.raises(ValueError, match="the operation's graph is different from the session's graph"):
        x.op.run()
    with tf.Session() as session:
        assert x.eval(session=session) == 1.0 and x.op.run(session=session) is None


def test_pieces_of_a_partial_run_cannot_be_given_twice():
    a, b = tf.placeholder(tf.float32, [], name="a"), tf.placeholder(tf.float32, [], name="b")
    c = a * 2.0
    d = c + b
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Must specify at least one target"):
            session.partial_run_setup([], [a])
        handle = session.partial_run_setup([c, d, c.op], [a, b])
        assert session.partial_run(handle, [c, c.op], {a: 1.0}) == [2.0, None]
        with pytest.raises(tf.errors.InvalidArgumentError, match="The feed a:0 has already been fed"):
            session.partial_run(handle, d, {a: 1.0})
        with pytest.raises(tf.errors.InvalidArgumentError, match="has already been fetched"):
            session.partial_run(handle, c)
        assert session.partial_run(handle, d, {b: 1.0}) == 3.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup'"):
            session.partial_run(handle, d)  # the run is over


@pytest.mark.parametrize("config", [None, tf.ConfigProto(log_device_placement=True)])
def test_a_session_tells_once_where_each_node_runs_if_it_is_asked_to(config, capsys):
    tf.debugging.set_log_device_placement(config is None)
    assert tf.debugging.get_log_device_placement() == (config is None)
    try:
        with tf.Graph().as_default(), tf.Session(config=config) as session:
            x = tf.constant(1.0, name="x")
            session.run(x)
            session.run(tf.negative(x, name="y"))
    finally:
        tf.debugging.set_log_device_placement(False)
    device = "/job:localhost/replica:0/task:0/device:CPU:0"
    assert capsys.readouterr().err == f"x: (Const): {device}\ny: (Neg): {device}\n"


def test_a_large_plan_is_fused_when_it_has_run_often():
    pytest.importorskip("llvmlite")
    x = tf.placeholder(tf.float32, [2, 2])
    y = x
    for _ in range(400):
        y = tf.matmul(tf.tanh(y) * 0.5 + x, x)
    with tf.Session() as session:
        feed = {x: np.full((2, 2), 0.3, np.float32)}
        results = [session.run(y, feed) for _ in range(12)]
        tier.finish()
        results += [session.run(y, feed) for _ in range(2)]
        (runner,) = session._by_elements.values()
        function, plan = runner._the_plan
        slow, fused = function.plans
        assert plan is slow and plan.is_waiting and not fused.is_waiting and fused.size < plan.size
        np.testing.assert_allclose(results[0], results[-1], rtol=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(tf.matmul(y, tf.placeholder_with_default(np.ones((3, 3), np.float32), [None, None])), feed)


def test_a_run_does_not_wait_for_the_fusing_of_its_plan_and_its_errors_are_told_in_either_plan(monkeypatch):
    pytest.importorskip("llvmlite")
    gate, fused = threading.Event(), Runner.fused
    monkeypatch.setattr(Runner, "fused", lambda *given: gate.wait(60) and fused(*given))
    x, index = tf.placeholder(tf.float32, [2, 2]), tf.placeholder(tf.int32, [])
    y = x
    for _ in range(400):
        y = tf.matmul(tf.tanh(y) * 0.5 + x, x)
    row = tf.gather(y, index, name="row")

    def fails():
        with pytest.raises(tf.errors.InvalidArgumentError, match="node row "):
            session.run(row, {x: np.ones((2, 2)), index: 7})

    with tf.Session() as session:
        for _ in range(12):
            fails()
        session.run(row, {x: np.ones((2, 2)), index: 1})
        gate.set()
        tier.finish()
        fails()


def test_a_session_may_close_while_a_plan_is_fused(monkeypatch, recwarn):
    pytest.importorskip("llvmlite")
    gate, fused = threading.Event(), Runner.fused
    monkeypatch.setattr(Runner, "fused", lambda *given: gate.wait(60) and fused(*given))
    x = tf.random_uniform([2, 2], seed=1)
    y = x
    for _ in range(400):
        y = tf.matmul(tf.tanh(y) * 0.5 + x, x)
    with tf.Session() as session:
        for _ in range(12):
            session.run(y)
    gate.set()
    tier.finish()
    assert not recwarn.list
