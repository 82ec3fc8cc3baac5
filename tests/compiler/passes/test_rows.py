"""Narrow networks become one kernel that takes a block of rows through all layers."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")
pytestmark = pytest.mark.filterwarnings("error:The compiled kernel:RuntimeWarning")

import autograd_lite as tf
from autograd_lite.compiler.program import FUSED, walk
from autograd_lite.kernels import native, pool
from autograd_lite.kernels.row_blocks import CopyPart, OuterPart, ProductPart, RowWork, TotalPart, buffers, rows_text
from autograd_lite.runtime.interpret import interpret
from tests.compiler.compiling import program_after

WIDTHS = (3, 20, 33, 1)


def network(x, widths=WIDTHS, seed=0):
    random = np.random.RandomState(seed)
    variables, h = [], x
    for inner, outer in zip(widths, widths[1:]):
        weights = tf.Variable(random.randn(inner, outer).astype(np.float32) / inner**0.5)
        bias = tf.Variable(random.randn(1, outer).astype(np.float32) / 2)
        h = tf.tanh(tf.matmul(h, weights) + bias)
        variables += [weights, bias]
    return h, variables


def row_works(fetches, feeds, shapes):
    program = program_after("rows", fetches, feeds, shapes)
    return [step.work for step in walk(program.steps) if step.kind == FUSED and isinstance(step.work, RowWork)]


def run(monkeypatch, fetches, feed, kernels):
    """The values, with kernels from the first run on or without any."""
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now" if kernels else "off")
    tf.get_default_graph().properties.pop("plans", None)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(fetches, feed)  # inputs that do not lie in order are copied from then on
        return session.run(fetches, feed)


def assert_close(one, other, atol=2e-6):  # sums over rows are added up in another order
    for a, b in zip(one, other):
        scale = np.abs(b).max() or 1
        np.testing.assert_allclose(a / scale, b / scale, atol=atol)


def test_a_network_and_its_gradient_are_one_step():
    x = tf.placeholder(tf.float32, [None, 3])
    y, variables = network(x)
    fetches = [y, *tf.gradients(tf.reduce_sum(tf.square(y)), variables)]
    (work,) = row_works(fetches, [x], [(1000, 3)])
    assert sum(isinstance(part, ProductPart) for part in work.parts) == 5  # three layers, and what goes back through two
    assert sum(isinstance(part, OuterPart) for part in work.parts) == 3


def test_the_loss_is_worked_out_in_the_same_step():
    x = tf.placeholder(tf.float32, [None, 3])
    y, variables = network(x)
    loss = tf.reduce_mean(tf.square(y - 1))
    (work,) = row_works([loss, *tf.gradients(loss, variables)], [x], [(40, 3)])
    assert [part.divisor for part in work.parts if isinstance(part, TotalPart)] == [40]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 31, 64, 65, 100, 333, 512, 513, 777, 1000, 2048, 9000])
def test_values_and_gradients_are_those_of_numpy(monkeypatch, count):
    x = tf.placeholder(tf.float32, [None, 3])
    y, variables = network(x)
    fetches = [y, *tf.gradients(tf.reduce_mean(tf.square(y - 1)), [x, *variables])]
    feed = {x: np.random.RandomState(1).randn(count, 3).astype(np.float32)}
    assert_close(run(monkeypatch, fetches, feed, True), run(monkeypatch, fetches, feed, False))


@pytest.mark.parametrize("count", [7, 100, 777])
def test_values_and_gradients_on_vectors_of_256_bits(monkeypatch, count):
    if "+avx2" not in native.target().features.split(","):
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(native, "target", lambda: native.Target("haswell", "+avx2,+fma"))
    x = tf.placeholder(tf.float32, [None, 3])
    y, variables = network(tf.concat([x, x * 2.0], 1)[:, 1:], (5, 20, 33, 1))
    fetches = [y, *tf.gradients(tf.reduce_mean(tf.square(y - 1)), [x, *variables])]
    feed = {x: np.random.RandomState(1).randn(count, 3).astype(np.float32)}
    assert_close(run(monkeypatch, fetches, feed, True), run(monkeypatch, fetches, feed, False))


def test_columns_are_cut_out_and_joined(monkeypatch):
    x, t = (tf.placeholder(tf.float32, [None, 1]) for _ in range(2))
    u, variables = network(tf.concat([x, t], 1), (2, 8, 8, 1))
    u_x, u_t = tf.gradients(u, [x, t])
    u_xx = tf.gradients(u_x, x)[0]
    loss = tf.reduce_mean(tf.square(u_t + u * u_x - 0.01 * u_xx))
    fetches = [u_xx, loss, *tf.gradients(loss, variables)]
    feed = {x: np.random.RandomState(1).rand(600, 1), t: np.random.RandomState(2).rand(600, 1)}
    works = row_works(fetches, [x, t], [(600, 1), (600, 1)])
    assert any(isinstance(part, CopyPart) for work in works for part in work.parts)
    assert_close(run(monkeypatch, fetches, feed, True), run(monkeypatch, fetches, feed, False))


def test_the_number_of_threads_changes_no_bit(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 3])
    y, variables = network(x)
    fetches = tf.gradients(tf.reduce_sum(tf.square(y)), variables)
    feed = {x: np.random.RandomState(1).randn(1500, 3).astype(np.float32)}
    before, results = pool.threads(), []
    try:
        for threads in (1, 2, 3):
            pool.set_threads(threads)
            results.append(run(monkeypatch, fetches, feed, True))
    finally:
        pool.set_threads(before)
    for other in results[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(results[0], other))


def test_a_row_with_nan_spoils_no_other_row(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 3])
    y, _ = network(x)
    data = np.random.RandomState(1).randn(600, 3).astype(np.float32)
    data[17, 1], data[599, 0] = np.nan, np.inf
    (with_kernels,), (without,) = (run(monkeypatch, [y], {x: data}, kernels) for kernels in (True, False))
    assert np.array_equal(np.isnan(with_kernels), np.isnan(without)) and np.isnan(with_kernels[17]).all()


def test_weights_that_depend_on_all_rows_come_before_a_kernel_of_their_own(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 4])
    y, _ = network(x, (4, 6, 4))
    z = tf.matmul(tf.matmul(x, tf.matmul(y, y, transpose_a=True) / 1000.0), tf.matmul(x, y, transpose_a=True) / 1000.0)
    feed = {x: np.random.RandomState(1).randn(600, 4).astype(np.float32)}
    assert len(row_works([z], [x], [(600, 4)])) == 2
    assert_close(run(monkeypatch, [z], feed, True), run(monkeypatch, [z], feed, False))


@pytest.mark.parametrize(("count", "layers"), [(1, 3), (8, 3), (40, 3), (61, 4)])
def test_a_sum_that_has_as_many_rows_is_complete_before_it_is_used(monkeypatch, count, layers):
    """Gradients of weights look like rows where the batch is as large as a layer. Four layers of 61 make blocks of fewer rows."""
    x = tf.placeholder(tf.float32, [None, count])
    y, variables = network(x, (count,) * (layers + 1))
    hidden = [node.outputs[0] for node in tf.get_default_graph().get_operations() if node.type == "Tanh"]
    gradients = tf.gradients(tf.reduce_mean(tf.square(y)), variables)
    decayed = [tf.tanh(g) * 3.0 + v for g, v in zip(gradients, variables)]
    products = [tf.matmul(g, tf.ones([g.shape[1].value, 5])) for g in gradients[::2]]
    feed = {x: np.random.RandomState(1).randn(count, count).astype(np.float32)}
    fetches = [*hidden, *gradients, *decayed, *products]
    works = row_works(fetches, [x], [(count, count)])
    assert any(buffers(work).rows < count for work in works) == (count == 61)
    assert_close(run(monkeypatch, fetches, feed, True), run(monkeypatch, fetches, feed, False), 5e-5)  # sums that all but cancel


def test_a_matrix_may_be_both_factors(monkeypatch):
    x = tf.placeholder(tf.float32, [9, 9])
    y = tf.tanh(x)
    z = tf.matmul(y, y) + tf.matmul(x, y, transpose_b=True)
    feed = {x: np.random.RandomState(1).randn(9, 9).astype(np.float32)}
    assert_close(run(monkeypatch, [z], feed, True), run(monkeypatch, [z], feed, False))


def test_a_variable_is_updated_after_the_kernels_that_use_it(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 3])
    y, variables = network(x)
    loss = tf.reduce_mean(tf.square(y - 1))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    feed = {x: np.random.RandomState(1).randn(700, 3).astype(np.float32)}
    losses = {}
    for kernels in ("now", "off"):
        monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", kernels)
        tf.get_default_graph().properties.pop("plans", None)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            losses[kernels] = [session.run([loss, train], feed)[0] for _ in range(5)]
    assert np.allclose(losses["now"], losses["off"], rtol=1e-5) and losses["now"][4] < losses["now"][0]


def test_what_is_not_contiguous_is_taken_in_all_the_same(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 3])
    y, _ = network(x)
    feed = {x: np.random.RandomState(1).randn(3, 600).astype(np.float32).T}
    assert_close(run(monkeypatch, [y], feed, True), run(monkeypatch, [y], feed, False))


def test_wide_rows_keep_their_steps():
    x = tf.placeholder(tf.float32, [None, 80])
    y, _ = network(x, (80, 80, 80))
    assert row_works([y], [x], [(1000, 80)]) == []


def test_a_single_product_is_worth_a_kernel_only_if_it_has_few_rows():
    x = tf.placeholder(tf.float32, [None, 16])
    y = tf.matmul(x, tf.Variable(tf.ones([16, 16])))
    assert [len(row_works([y], [x], [(count, 16)])) for count in (1, 100, 1000)] == [1, 1, 0]


@pytest.mark.parametrize(("rows", "in_block"), [(1, 1), (64, 64), (65, 33), (100, 50), (300, 60), (10_000, 64)])
def test_blocks_are_of_equal_size(rows, in_block):
    x = tf.placeholder(tf.float32, [None, 16])
    (work,) = row_works([network(x, (16, 8, 8))[0]], [x], [(rows, 16)])
    assert buffers(work).rows == in_block


def test_python_keeps_its_lock_while_a_short_kernel_runs():
    """Else threads that share a session would hand it to and fro."""
    target = native.target()
    x = tf.placeholder(tf.float32, [None, 16])
    fetches = [network(x, (16, 8, 8))[0]]
    texts = [rows_text(row_works(fetches, [x], [(count, 16)])[0], target) for count in (64, 10_000)]
    assert ["call ptr @PyEval_SaveThread" in text for text in texts] == [False, True]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("inner", "outer"), [(1, 1), (1, 5), (7, 1), (16, 16), (17, 33), (64, 64), (33, 48)])
def test_products_of_all_sizes(monkeypatch, inner, outer, turned):
    random = np.random.RandomState(0)
    x, w = (tf.placeholder(tf.float32, shape) for shape in ([None, inner], [outer, inner] if turned else [inner, outer]))
    y = tf.matmul(x, w, transpose_b=turned)
    fetches = [y, tf.reduce_sum(tf.square(y)), tf.reduce_sum(y, 0), tf.matmul(x, y, transpose_a=True)]
    for count in (3, 60, 130):
        feed = {each: random.randn(*shape) for each, shape in ((x, (count, inner)), (w, w.shape.as_list()))}
        assert_close(run(monkeypatch, fetches, feed, True), run(monkeypatch, fetches, feed, False))


@pytest.mark.parametrize("seed", range(20))
def test_random_programs_give_what_the_interpreter_gives(monkeypatch, seed):
    """Random chains over rows: products, sums, columns, elementwise steps, with updates between."""
    random = np.random.RandomState(seed)
    x = tf.placeholder(tf.float32, [None, 3])
    values, variables = [x], []
    for _ in range(14):
        one = values[random.randint(len(values))]
        kind = random.randint(6)
        width = one.shape[1].value
        if kind < 2:
            variables.append(tf.Variable(random.randn(width, random.randint(1, 20)).astype(np.float32) / 3))
            values.append(tf.matmul(one, variables[-1]))
        elif kind == 2:
            values.append(tf.tanh(one) * tf.reduce_mean(one, 0, keepdims=True))
        elif kind == 3:
            values.append(tf.concat([one, values[random.randint(len(values))]], 1)[:, : random.randint(1, 4)] * 0.5)
        elif kind == 4:
            left, right = tf.split(tf.concat([one, one], 1), 2, 1)
            values.append(tf.nn.relu(left) - right * 0.25)
        else:
            values.append(tf.matmul(x, tf.matmul(x, one, transpose_a=True) / 9.0))
        if one.shape[1].value == values[-1].shape[1].value and random.rand() < 0.5:
            values.append(one + values[-1])
    loss = tf.add_n([tf.reduce_sum(tf.square(value)) for value in values]) * 1e-3
    fetches = [*values[1:], *[g for g in tf.gradients(loss, variables) if g is not None]]
    count = random.randint(1, 21) if seed % 2 else random.randint(5, 90)  # sometimes there are as many rows as columns
    feed = {x: random.randn(count, 3).astype(np.float32) / 2}
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(fetches, feed)
        got = session.run(fetches, feed)
        wanted = interpret(session._store, fetches, {x: feed[x]})
    for a, b in zip(got, wanted):
        scale = np.abs(b).max() or 1
        np.testing.assert_allclose(a / scale, b / scale, atol=2e-5)
