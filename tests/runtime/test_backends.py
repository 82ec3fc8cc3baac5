"""Sessions on a device compute what they compute on NumPy, and what comes out are NumPy arrays."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.backends.registry import use_backend


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@pytest.fixture(params=["strict", pytest.param("cupy", marks=pytest.mark.gpu)])
def device(request):
    return request.param


@pytest.fixture
def same(device):
    """A function that runs a program on both backends and compares what it returns, on the strict device in every bit."""

    def compare(program):
        on_device, on_host = on(device, program), on("numpy", program)
        assert len(on_device) == len(on_host)
        for one, other in zip(on_device, on_host):
            assert type(one) is type(other)
            if device == "cupy" and isinstance(one, (np.ndarray, np.floating)) and one.dtype.kind == "f":
                np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
            else:
                np.testing.assert_array_equal(one, other)
            assert getattr(one, "dtype", None) == getattr(other, "dtype", None)
        return on_device

    return compare


def on(backend, program):
    """What a program returns on a backend, in a graph of its own."""
    with use_backend(backend), tf.Graph().as_default(), tf.Session() as session:
        return program(session)


def trained(session, optimizer):
    random = np.random.RandomState(0)
    x, labels = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.int32, [None])
    weights = tf.Variable(tf.truncated_normal([6, 40], seed=1))
    bias = tf.get_variable("bias", [40], initializer=tf.zeros_initializer(), use_resource=True)
    hidden = tf.nn.dropout(tf.nn.relu(tf.matmul(x, weights) + bias), rate=0.5, seed=2)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.one_hot(labels, 40), logits=hidden))
    train = optimizer().minimize(loss)
    session.run(tf.global_variables_initializer())
    losses = [session.run([train, loss], {x: random.rand(size, 6), labels: random.randint(0, 40, size)})[1] for size in (5, 7, 5)]
    return [*losses, *session.run([weights, bias])]


@pytest.mark.parametrize("optimizer", [lambda: tf.train.GradientDescentOptimizer(0.5), lambda: tf.train.AdamOptimizer(0.1)])
def test_training_gives_the_same_weights(optimizer, same, monkeypatch):
    monkeypatch.delenv("AUTOGRAD_LITE_KERNELS", raising=False)  # NumPy on both sides
    same(lambda session: trained(session, optimizer))


def test_the_quadratic_prints_its_digits_on_the_device_too(same):
    def program(session):
        w = tf.Variable(0, dtype=tf.float32)
        train = tf.train.GradientDescentOptimizer(0.01).minimize(w**2 - 10 * w + 25)
        session.run(tf.global_variables_initializer())
        values = [session.run(w)]
        for _ in range(3):
            session.run(train)
            values.append(session.run(w))
        return values

    assert [str(value) for value in same(program)[:2]] == ["0.0", "0.099999994"]


def test_shapes_that_are_fed_or_computed_reach_the_host(same):
    def program(session):
        x, shape = tf.placeholder(tf.float32), tf.placeholder(tf.int32)
        doubled = tf.reshape(x, shape * 1)
        return session.run(
            [tf.reshape(x, shape), doubled, tf.reduce_sum(doubled, axis=shape[0] - 2), tf.shape(x), tf.transpose(doubled)],
            {x: np.arange(6.0), shape: [2, 3]},
        )

    same(program)


def test_fetches_of_every_kind_come_home(same):
    def program(session):
        x = tf.placeholder(tf.float32, [3])
        scalar = tf.placeholder(tf.int64, [])
        words = tf.constant(["a", "b"])
        fetches = [
            x,
            x + 1,
            x[0],
            tf.reduce_sum(x),
            scalar,
            scalar + 1,
            words,
            words[0],
            tf.constant([1, 2]),
            tf.constant(3.0),
            x > 2,
            tf.constant(2.0) * 3,
        ]
        return session.run(fetches, {x: [1, 2, 3], scalar: 4})

    same(program)


def test_strings_are_worked_on_by_the_host(same):
    def program(session):
        words, numbers = tf.placeholder(tf.string, [None]), tf.placeholder(tf.int32, [None])
        kept = tf.Variable(["x", "y"])
        session.run(kept.initializer)
        places = numbers - 1
        fetches = [*tf.unique(words), tf.gather(words, places), tf.equal(words, "b"), tf.reshape(words, [2, places[1] + 1]),
                   tf.concat([words, kept], 0), tf.assign(kept, tf.gather(words, [0, 3]))]
        return [*session.run(fetches, {words: ["b", "a", "b", "c"], numbers: [3, 2]})[:-1], session.run(kept)]

    same(program)


def test_variables_stay_on_the_device_and_nobody_shares_them(device):
    with use_backend(device) as backend, tf.Session() as session:
        x = tf.placeholder(tf.float32, [2])
        w = tf.Variable([1.0, 2.0])
        copied = tf.assign(w, x)
        session.run(w.initializer)
        fed = np.array([5.0, 6.0], np.float32)
        first = session.run(copied, {x: fed})
        fed[0] = first[0] = 100
        assert session.run(w).tolist() == [5, 6]
        assert all(isinstance(cell.value, backend.xp.ndarray) for cell in session._store.cells())
        session.run(tf.assign_add(w, [1.0, 1.0]))
        assert session.run(w).tolist() == [6, 7]


def test_scattered_updates_and_slices_work_on_the_device(same):
    def program(session):
        w = tf.Variable(np.arange(6.0).reshape(3, 2))
        before = tf.identity(w)
        session.run(w.initializer)
        with tf.control_dependencies([before]):
            update = tf.scatter_add(w, [0, 2, 0], np.ones((3, 2)))
        results = [*session.run([before, update]), session.run(w)]
        for change in (tf.scatter_mul, tf.scatter_div, tf.scatter_max, tf.scatter_min, tf.scatter_sub, tf.scatter_update):
            rows = [1, 0, 2] if change is tf.scatter_update else [1, 0, 1]  # which of two updates stays is not said
            results.append(session.run(change(w, rows, 2 + np.arange(6.0).reshape(3, 2))))
        return results

    same(program)


def test_partial_runs_work_on_the_device(same):
    def program(session):
        a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
        w = tf.Variable(2.0)
        session.run(w.initializer)
        total = a * w
        product = total + b
        handle = session.partial_run_setup([total, product], [a, b])
        return [session.partial_run(handle, total, {a: 3.0}), session.partial_run(handle, product, {b: 4.0}), session.run(w)]

    same(program)


def test_errors_tell_the_shapes_of_device_arrays(device):
    with use_backend(device), tf.Session() as session:
        x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)Incompatible shapes: \[2\] vs. \[3\].*float32\[3\]"):
            session.run(x + y, {x: [1, 2], y: [1, 2, 3]})


def test_a_session_keeps_the_backend_it_began_with():
    with tf.Session() as session:
        w = tf.Variable(1.0)
        session.run(w.initializer)
        with use_backend("strict"):
            assert session.run(w + 1) == 2
            with tf.Session() as other:
                other.run(w.initializer)
                assert other.run(w + 1) == 2


def test_traces_know_the_sizes_of_device_arrays():
    with use_backend("strict"), tf.Session() as session:
        metadata = tf.RunMetadata()
        x = tf.placeholder(tf.float32, [3, 2])
        session.run(x + 1.0, {x: np.ones((3, 2))}, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=metadata)
        sizes = [
            output.tensor_description.allocation_description.requested_bytes
            for stats in metadata.step_stats.dev_stats[0].node_stats
            for output in stats.output
        ]
        assert 24 in sizes


def test_explain_shows_the_moves():
    with use_backend("strict"), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2], name="x")
        text = session.explain(x + 1.0, {x: [1, 2]})
        assert "d0 = to_device(f0)" in text
        assert "to_host(" in text
