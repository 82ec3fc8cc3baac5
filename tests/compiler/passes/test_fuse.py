"""The pass `fuse`: what belongs together, what must not be joined, and that compiled plans give what the interpreter gives."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.compiler.program import FUSED, walk
from autograd_lite.kernels.tier import finish
from autograd_lite.runtime.interpret import interpret
from tests.compiler.compiling import program_after


def groups(fetches, feeds=()):
    """The names of the nodes in each fused step."""
    program = program_after("memory", fetches, feeds, fused=True)
    return [[inner.node.name for inner in step.blocks[0].steps] for step in walk(program.steps) if step.kind == FUSED]


def run_compiled(fetches, feed):
    """Run once on NumPy and once compiled."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(fetches, feed)
        finish(everything=True)
        return before, session.run(fetches, feed)


def test_a_chain_and_its_gradient_are_one_step():
    x = tf.placeholder(tf.float32, [100, 30])
    y = tf.tanh(x * 2.0, name="y")
    (gradient,) = tf.gradients(y, x)
    (only,) = groups([y, gradient], [x])
    assert only[:2] == ["mul", "y"] and "gradients/y_grad/TanhGrad" in only


def test_what_leads_to_a_step_through_something_else_is_not_in_its_group():
    x = tf.placeholder(tf.float32, [70, 70])
    y = tf.exp(x * 2.0, name="before")
    z = tf.matmul(y, y)
    out = tf.tanh(z + y, name="after") * x
    first, second = groups([out], [x])
    assert first == ["mul", "before"] and second == ["add", "after", "mul_1"]


def test_two_groups_that_need_each_other_are_not_joined():
    x, v = tf.placeholder(tf.float32, [70, 70]), tf.placeholder(tf.float32, [70, 70])
    a, b = tf.exp(x) * 2.0, tf.exp(v) * 3.0
    c = tf.matmul(a, a) + b  # needs a's group first
    d = tf.matmul(b, b) + a  # needs b's group first
    fetches = [tf.tanh(c), tf.tanh(d)]
    feed = {x: np.full([70, 70], 0.1, np.float32), v: np.full([70, 70], 0.2, np.float32)}
    groups(fetches, [x, v])  # the verifier looks at the order
    before, after = run_compiled(fetches, feed)
    for one, other in zip(before, after):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_the_gradient_of_a_bias_is_summed_where_that_of_its_activation_is_made():
    x, b = tf.placeholder(tf.float32, [30, 20, 40]), tf.placeholder(tf.float32, [40])
    y = tf.tanh(tf.nn.bias_add(x, b))
    gradients = tf.gradients(y, [x, b], tf.square(y))
    (only,) = groups(gradients, [x, b])
    assert only[-1] == "gradients/BiasAdd_grad/BiasAddGrad"
    random = np.random.default_rng(0)
    before, after = run_compiled(gradients, {p: random.normal(size=p.shape.as_list()).astype(np.float32) for p in (x, b)})
    for one, other in zip(before, after):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-5)


def test_numbers_of_rank_0_go_together_wherever_they_are():
    x = tf.placeholder(tf.float32, [])
    y, z = x, x
    for _ in range(5):
        y, z = tf.sin(y) + x, tf.tanh(z) * x
    (only,) = groups([y, z], [x])
    assert len(only) == 20
    before, after = run_compiled([y, z, y > z], {x: 0.3})
    np.testing.assert_allclose(before[:2], after[:2], rtol=1e-6)
    assert before[2] == after[2] and isinstance(after[0], np.float32) and isinstance(after[2], np.bool_)


def test_a_column_and_a_row_broadcast_into_a_group():
    x, row, column = tf.placeholder(tf.float32, [30, 40]), tf.placeholder(tf.float32, [40]), tf.placeholder(tf.float32, [30, 1])
    y = tf.nn.relu(x * column + row)
    assert groups([y], [x, row, column]) == [["mul", "add", "Relu"]]
    random = np.random.default_rng(0)
    feed = {p: random.normal(size=p.shape.as_list()).astype(np.float32) for p in (x, row, column)}
    before, after = run_compiled(y, feed)
    assert np.array_equal(before, after)


def test_ones_of_a_gradient_are_numbers_in_the_kernel():
    x = tf.placeholder(tf.float32, [300, 300])
    (gradient,) = tf.gradients(tf.exp(x) * x, x)
    program = program_after("memory", [gradient], [x], fused=True)
    (step,) = program.steps
    assert step.kind == FUSED and step.inputs == [program.feeds[0]]


def test_unknown_shapes_and_types_without_kernels_stay_as_they_are():
    for shape, dtype in (([None, 3], tf.float32), ([3], tf.complex64), ([3], tf.half), ([0, 3], tf.float32)):
        x = tf.placeholder(dtype, shape)
        assert groups([(x + x) * x - x], [x]) == []


def test_an_update_comes_after_what_used_the_value_before():
    w = tf.Variable(np.ones([40, 40], np.float32))
    y = tf.exp(w.read_value() * 2.0) * 3.0
    with tf.control_dependencies([y]):
        update = tf.assign_add(w, tf.ones([40, 40]))
    z = tf.tanh(w.read_value() + 1.0) - y
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run([y, update, z])
        finish(everything=True)
        session.run(tf.global_variables_initializer())
        second = session.run([y, update, z])
    for one, other in zip(first, second):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_an_uninitialized_variable_and_a_wrong_shape_name_the_same_node_as_before():
    w = tf.Variable(np.ones([3, 4], np.float32), name="w")
    x = tf.placeholder(tf.float32, [None, None], name="x")
    y = tf.tanh(w * x, name="y") + 1.0
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value w") as failure:
            session.run(y, {x: np.ones([3, 4])})
        assert failure.value.op.name == "w/read"
        session.run(tf.global_variables_initializer())
        session.run(y, {x: np.ones([3, 4])})
        finish(everything=True)
        session.run(y, {x: np.ones([3, 4])})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Incompatible shapes: \[3,4\] vs. \[5,4\]") as failure:
            session.run(y, {x: np.ones([5, 4])})
        assert failure.value.op.name == "mul"


def test_inside_a_loop_steps_are_fused_as_well():
    start = tf.placeholder(tf.float32, [20, 30])

    def body(i, x):
        return i + 1, tf.tanh(x * 2.0 + 1.0) * tf.sigmoid(-x)

    _, out = tf.while_loop(lambda i, x: i < 5, body, [0, start])
    (only,) = groups([out], [start])
    assert len(only) == 6
    before, after = run_compiled(out, {start: np.random.default_rng(0).normal(size=[20, 30]).astype(np.float32)})
    np.testing.assert_allclose(before, after, rtol=2e-5)


def test_the_explanation_shows_a_fused_step_with_what_is_in_it():
    x = tf.placeholder(tf.float32, [100, 100])
    text = compile_plan([tf.tanh(x * 2.0) + 1.0], [x], explained=True).explain()
    assert "= fused(v0), 3 steps in one" in text and "Tanh(" in text


def test_a_feed_that_is_a_transposed_array_is_no_obstacle():
    x = tf.placeholder(tf.float32, [50, 20])
    y = tf.exp(x) * 2.0 + x
    value = np.random.default_rng(0).normal(size=[20, 50]).astype(np.float32).T
    with tf.Session() as session:
        first = session.run(y, {x: value})
        finish(everything=True)
        for _ in range(3):
            np.testing.assert_allclose(session.run(y, {x: value}), first, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("reduce", [tf.reduce_sum, tf.reduce_mean, tf.reduce_max, tf.reduce_min])
@pytest.mark.parametrize("axes", [None, [0], [1, 2], [0, 1], [2]], ids=str)
def test_what_is_reduced_at_the_end_is_part_of_the_group(reduce, axes):
    x = tf.placeholder(tf.float32, [6, 50, 70])
    y = tf.exp(x) * x
    z = reduce(y, axes)
    (names,) = groups([z, tf.tanh(z)], [x])[:1]
    over_the_first = axes is not None and axes[0] == 0 and reduce in (tf.reduce_max, tf.reduce_min)
    assert (z.op.name in names) != over_the_first
    value = np.random.default_rng(0).normal(size=[6, 50, 70]).astype(np.float32)
    value[2, 3, 4] = np.nan
    before, after = run_compiled([z, tf.tanh(z), y], {x: value})
    for one, other in zip(before, after):
        assert type(one) is type(other)
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_a_loss_and_the_gradient_of_a_bias_come_out_of_the_kernels_before_them():
    x, bias = tf.placeholder(tf.float32, [64, 30]), tf.Variable(tf.zeros([30]))
    loss = tf.reduce_mean(tf.square(tf.tanh(x + bias)))
    (gradient,) = tf.gradients(loss, bias)
    (only,) = groups([loss, gradient], [x])
    assert loss.op.name in only and gradient.op.name in only
    before, after = run_compiled([loss, gradient], {x: np.random.default_rng(0).normal(size=[64, 30]).astype(np.float32)})
    np.testing.assert_allclose(before[1], after[1], rtol=1e-5, atol=1e-7)
    assert isinstance(after[0], np.float32) and abs(after[0] - before[0]) < 1e-6


@pytest.mark.parametrize("width", [16, 37, 64])
@pytest.mark.parametrize("rows", [(50,), (4, 9), (2, 1), (300,)])
def test_what_stands_side_by_side_is_written_there(rows, width):
    x = tf.placeholder(tf.float32, [*rows, width])
    parts = [tf.tanh(x * 2.0), tf.square(x), x + 1.0]
    joined = tf.concat(parts, -1, name="joined")
    (only,) = groups([joined, parts[1]], [x])
    assert only[-1] == "joined"
    value = np.random.default_rng(0).normal(size=[*rows, width]).astype(np.float32)
    before, after = run_compiled([joined, parts[1]], {x: value})
    np.testing.assert_allclose(after[0], before[0], rtol=1e-6)
    assert np.array_equal(after[1], value * value) and np.array_equal(after[0][..., width : 2 * width], value * value)


def test_what_others_make_or_stands_otherwise_is_joined_as_before():
    x, other = tf.placeholder(tf.float32, [50, 32]), tf.placeholder(tf.float32, [50, 32])
    parts = [tf.tanh(x), tf.exp(x)]
    for fetch in (tf.concat([*parts, other], 1), tf.concat(parts, 0), tf.concat([parts[0], tf.exp(tf.matmul(x, x, transpose_b=True))], 1)):
        assert not any(name.startswith("concat") for group in groups([fetch], [x, other]) for name in group)


def test_what_is_needed_much_later_is_computed_later():
    x = tf.placeholder(tf.float32, [40, 40])
    first = tf.tanh(x * 2.0, name="first")
    value = first
    for _ in range(60):
        value = tf.matmul(value, value)
    late = tf.multiply(x, 3.0, name="late") * value
    names = groups([late], [x])
    assert ["mul", "first"] in names and not any("first" in group and "late" in group for group in names)


def test_a_long_chain_is_cut_into_several_kernels():
    x = tf.placeholder(tf.float32, [10, 10])
    y = x
    for _ in range(400):
        y = y * 1.01 + x
    sizes = [len(group) for group in groups([y], [x])]
    assert len(sizes) > 4 and max(sizes) <= 160 and sum(sizes) == 800


UNARY = [tf.negative, tf.exp, tf.tanh, tf.square, tf.nn.relu, tf.sigmoid, tf.nn.elu, tf.nn.softplus, tf.sin, lambda x: tf.sqrt(tf.abs(x)),
         lambda x: tf.cast(tf.cast(x, tf.float64) * 2, tf.float32), lambda x: tf.where(x > 0.5, x, -x), tf.zeros_like, tf.nn.selu,
         lambda x: tf.matmul(x, x) if x.shape.ndims == 2 and x.shape[0] == x.shape[1] else x, tf.reduce_sum, tf.sign, tf.nn.relu6,
         lambda x: tf.clip_by_value(x, -0.5, 0.5)]  # fmt: skip
BINARY = [tf.add, tf.subtract, tf.multiply, tf.maximum, lambda x, y: x / (tf.square(y) + 1.0), tf.squared_difference,
          lambda x, y: tf.pow(tf.abs(x) + 1.0, tf.tanh(y))]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_compiled_plans_give_what_the_interpreter_gives(data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    shapes = [(), (7,), (7, 7), (7, 1), (1, 7)]
    with tf.Graph().as_default():
        feeds, tensors = {}, []
        for shape in shapes:
            place = tf.placeholder(tf.float32, shape)
            feeds[place] = random.normal(size=shape).astype(np.float32)
            tensors.append(place)
        w = tf.Variable(feeds[tensors[2]], use_resource=bool(random.integers(2)))
        tensors.append(w.read_value() if hasattr(w, "read_value") else w.value())
        for _ in range(data.draw(st.integers(3, 25))):
            x, y = (tensors[random.integers(len(tensors))] for _ in range(2))
            if random.random() < 0.5:
                tensors.append(UNARY[random.integers(len(UNARY))](x))
            else:
                tensors.append(BINARY[random.integers(len(BINARY))](x, y))
        tensors = [tf.clip_by_value(tensor, -1e3, 1e3) for tensor in tensors[-6:]]
        fetches = [*tensors, *(g for g in tf.gradients(tensors, list(feeds)) if g is not None)]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            session.run(fetches, feeds)
            finish(everything=True)
            got = session.run(fetches, feeds)
            wanted = interpret(session._store, fetches, feeds)
        for one, other in zip(got, wanted):
            assert np.asarray(one).dtype == np.asarray(other).dtype and np.shape(one) == np.shape(other)
            scale = np.abs(other[np.isfinite(other)]).max(initial=1.0) if np.ndim(other) else max(1.0, abs(float(other)))
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4 * scale)


EXACT = [tf.add, tf.subtract, tf.multiply, tf.maximum, tf.minimum, lambda x, y: tf.where_v2(tf.less(x, y), x, y), tf.squared_difference,
         lambda x, y: tf.where_v2(tf.logical_or(tf.equal(x, y), tf.greater_equal(x, y)), -x, y), lambda x, y: tf.abs(x) + tf.sign(y),
         lambda x, y: tf.nn.relu(x) - y, lambda x, y: tf.cast(tf.cast(x > y, tf.int32), x.dtype) * x]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_exact_arithmetic_keeps_every_bit(data):
    dtype = data.draw(st.sampled_from([tf.float32, tf.float64, tf.int32, tf.int64]))
    random = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    with tf.Graph().as_default():
        feeds, tensors = {}, []
        for shape in [(), (5,), (6, 5), (6, 1), (3, 1, 5)]:
            place = tf.placeholder(dtype, shape)
            value = random.integers(-50, 50, shape).astype(dtype.as_numpy_dtype)
            if dtype.is_floating and shape:
                numbers = [np.nan, np.inf, -np.inf, -0.0, 1e-310, 1e300]
                with np.errstate(all="ignore"):
                    value.flat[:: 3] = np.resize(np.array(numbers, dtype.as_numpy_dtype), value.flat[:: 3].shape)
            feeds[place] = value
            tensors.append(place)
        for _ in range(data.draw(st.integers(3, 25))):
            x, y = (tensors[random.integers(len(tensors))] for _ in range(2))
            tensors.append(EXACT[random.integers(len(EXACT))](x, y))
        fetches = tensors[-6:]
        with tf.Session() as session:
            session.run(fetches, feeds)
            finish(everything=True)
            got = session.run(fetches, feeds)
            wanted = interpret(session._store, fetches, feeds)
        for one, other in zip(got, wanted):
            assert np.asarray(one).dtype == np.asarray(other).dtype
            assert np.array_equal(one, other, equal_nan=dtype.is_floating)


def test_a_deterministic_program_gives_the_same_bits_from_the_first_run_on():
    x = tf.placeholder(tf.float32, [50, 60])
    y = tf.reduce_mean(tf.exp(tf.tanh(x) * 2.0) * tf.sigmoid(x))
    value = np.random.default_rng(0).normal(size=[50, 60]).astype(np.float32)
    tf.set_deterministic()
    try:
        with tf.Session() as session:
            first = session.run(y, {x: value})
            finish(everything=True)
            assert all(session.run(y, {x: value}) == first for _ in range(3))
    finally:
        tf.set_deterministic(False)
