import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.teach.story.model import Kind, LocalKind
from autograd_lite.teach.story.record import record


@pytest.fixture(autouse=True)
def empty_graph():
    with tf.Graph().as_default() as graph:
        graph.seed = 3
        yield graph


def run(loss, feed_dict=None, **keywords):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return record(loss, feed_dict, session, **keywords)


def quadratic():
    w = tf.Variable(3.0, name="w")
    return w, w**2 - 10 * w + 25


def network():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    labels = tf.placeholder(tf.int32, [None], name="labels")
    hidden = tf.layers.dense(x, 4, tf.nn.relu, name="first")
    hidden = tf.nn.dropout(hidden, rate=0.4)
    logits = tf.layers.dense(hidden, 2, name="second")
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    return loss, {x: np.random.RandomState(0).randn(5, 3).astype(np.float32), labels: [0, 1, 1, 0, 1]}


def convolutional():
    x = tf.placeholder(tf.float32, [None, 6, 6, 1], name="x")
    maps = tf.nn.max_pool(tf.layers.conv2d(x, 2, 3, activation=tf.nn.tanh), 2, 2, "VALID")
    loss = tf.reduce_mean(tf.square(tf.layers.dense(tf.layers.flatten(maps), 1)))
    return loss, {x: np.random.RandomState(1).rand(2, 6, 6, 1).astype(np.float32)}


def with_control_flow():
    x, y = tf.Variable(1.5, name="x"), tf.Variable(0.5, name="y")
    total = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x + tf.sin(y)), [0, x])[1]
    chosen = tf.cond(x > 1, lambda: total * y, lambda: total - x)
    return chosen * chosen + x, {}


def with_embedding():
    table = tf.get_variable("table", [10, 4], use_resource=True)
    rows = tf.placeholder(tf.int32, [None], name="rows")
    found = tf.nn.embedding_lookup(table, rows)
    return tf.reduce_sum(found * found) + tf.reduce_sum(table), {rows: [1, 1, 3]}


def applied(term, result):
    """A term once more, as its consumer's gradient times the local derivative."""
    upstream = term.consumer.results[0].gradient
    if term.local.kind is LocalKind.WHOLE:
        return upstream * term.local.value
    if term.local.kind is LocalKind.JACOBIAN:
        return (upstream.reshape(-1) @ term.local.value).reshape(result.value.shape)
    product = upstream * term.local.value
    product = product.sum(axis=tuple(range(product.ndim - result.value.ndim)))
    stretched = tuple(axis for axis, size in enumerate(result.value.shape) if size == 1 and product.shape[axis] != 1)
    return product.sum(axis=stretched, keepdims=True)


def recurrent():
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(3), x, dtype=tf.float32)
    return tf.reduce_sum(outputs[:, -1]), {x: np.random.RandomState(2).rand(2, 3, 4).astype(np.float32)}


MODELS = [network, convolutional, with_control_flow, with_embedding, recurrent]


def test_the_quadratic_is_told_node_by_node():
    w, loss = quadratic()
    story = run(loss)
    assert [(node.name, node.type) for node in story.nodes] == [
        ("w", "VariableV2"), ("pow/y", "Const"), ("pow", "Pow"), ("mul/x", "Const"), ("mul", "Mul"), ("sub", "Sub"), ("add/y", "Const"),
        ("add", "AddV2"),
    ]  # fmt: skip
    assert [float(node.results[0].value) for node in story.nodes] == [3, 2, 9, 10, 30, -21, 25, 4]
    assert [node.name for node in story.backward] == ["add", "sub", "mul", "pow"]
    (result,) = story.node("w").results
    assert [(term.consumer.name, float(term.value), float(term.local.value)) for term in result.terms] == [("mul", -10, 10), ("pow", 6, 6)]
    assert float(result.gradient) == -4 and story.loss.gradient == 1
    assert story.node("pow/y").results[0].gradient is None and "constant" in story.node("pow/y").results[0].why


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_values_and_gradients_are_those_of_a_run(model):
    loss, feeds = model()
    variables = tf.trainable_variables()
    gradients = [tf.convert_to_tensor(gradient) for gradient in tf.gradients(loss, variables)]
    drawn = [op.outputs[0] for op in tf.get_default_graph().get_operations() if op.type == "RandomUniform" and "dropout" in op.name]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        story = record(loss, feeds, session)
        feeds.update((tensor, story.node(tensor.op.name).results[0].value) for tensor in drawn)
        expected = session.run(gradients, feeds)
        for node in story.nodes:
            for result in node.results:
                if result.tensor.dtype.name != "resource":
                    np.testing.assert_array_equal(session.run(result.tensor, feeds), result.value)
    for variable, gradient in zip(variables, expected):
        np.testing.assert_allclose(story.node(variable.op.name).results[0].gradient, gradient, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_gradient_is_the_sum_of_its_terms_and_each_term_follows_the_chain_rule(model):
    story = run(*model())
    checked = 0
    for node in story.nodes:
        for result in node.results:
            if result.terms:
                np.testing.assert_allclose(sum(term.value for term in result.terms), result.gradient, rtol=1e-5, atol=1e-6)
            for term in result.terms:
                assert term.consumer.arguments[term.argument].result is result
                if term.local is not None:
                    np.testing.assert_allclose(applied(term, result), term.value, rtol=1e-4, atol=1e-6)
                    checked += 1
    assert checked >= 2


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_differences_of_the_loss_agree_with_the_gradients(model):
    story = run(*model())
    leaves = {result for result in story.leaves if all(tensor.dtype.name != "resource" for tensor in result.same)}
    assert {difference.result for difference in story.differences} == leaves
    assert all(difference.agrees for difference in story.differences)


def test_a_bend_of_the_loss_within_the_step_is_noticed():
    x = tf.Variable(-0.001, name="x")
    (difference,) = run(tf.nn.relu(x) * 3.0 + x).differences
    assert difference.has_kink and difference.agrees and difference.analytic == 1


def test_a_loop_and_a_conditional_are_one_node_each():
    story = run(*with_control_flow())
    assert [(node.name, node.kind) for node in story.nodes if node.members > 1] == [("while", Kind.LOOP), ("cond", Kind.BRANCHES)]
    assert [argument.result.name for argument in story.node("while").arguments] == ["x", "y"]
    assert {argument.result.name for argument in story.node("cond").arguments} == {"Greater", "while/Exit_1", "y", "x"}


def test_shapes_and_axes_are_parameters_of_the_nodes_that_take_them():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    story = run(tf.reduce_sum(tf.reshape(x, [tf.shape(x)[0] * 2])), {x: np.ones((3, 2))})
    assert [node.name for node in story.nodes] == ["x", "Reshape", "Sum"]
    assert story.node("Reshape").parameters["shape"].tolist() == [6]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_recording_leaves_the_graph_as_it_was_even_a_finalized_one(model, empty_graph):
    loss, feeds = model()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before, version = empty_graph.as_graph_def(), empty_graph.version
        empty_graph.finalize()
        first = record(loss, feeds, session)
        second = record(loss, feeds, session)
        assert empty_graph.finalized
        empty_graph._unsafe_unfinalize()
        assert empty_graph.as_graph_def() == before and empty_graph.version == version
        for one, other in zip(first.leaves, second.leaves):
            assert one.gradient.shape == other.gradient.shape
        gradients = [tf.convert_to_tensor(gradient) for gradient in tf.gradients(loss, tf.trainable_variables())]
        assert all(np.isfinite(value).all() for value in session.run(gradients, feeds))


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: tf.train.GradientDescentOptimizer(0.1), lambda: tf.train.MomentumOptimizer(0.1, 0.9), lambda: tf.train.AdamOptimizer(0.1),
        lambda: tf.train.AdagradOptimizer(0.1), lambda: tf.train.RMSPropOptimizer(0.1),
    ],
)  # fmt: skip
def test_the_update_is_what_the_optimizer_then_does(optimizer):
    w, loss = quadratic()
    train = optimizer().minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        before = session.run(w)
        (update,) = record(loss, None, session, train_op=train).updates
        assert session.run(w) == before == update.before
        session.run(train)
        np.testing.assert_array_equal(update.after, session.run(w))
    assert update.variable.name == "w" and float(update.inputs[update.gradient_name]) == pytest.approx(2 * float(before) - 10, rel=1e-5)


def test_an_update_written_by_hand_is_told_too():
    w, loss = quadratic()
    step = tf.assign_sub(w, 0.5 * tf.gradients(loss, w)[0])
    tf.assign(w, 7.0)
    (update,) = run(loss).updates
    assert update.op is step.op and float(update.after) == 5.0


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("optimizer", [lambda: tf.train.GradientDescentOptimizer(0.5), lambda: tf.train.AdagradOptimizer(0.5)])
def test_an_update_of_some_rows_is_told_too(optimizer, use_resource):
    table = tf.get_variable("table", [5, 2], use_resource=use_resource)
    loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, [1, 3])))
    train = optimizer().minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        (update,) = record(loss, None, session).updates
        session.run(train)
        np.testing.assert_allclose(update.after, session.run(table), rtol=1e-6)


def test_a_stopped_gradient_says_where_and_why():
    x = tf.Variable(2.0, name="x")
    story = run(tf.stop_gradient(x * 3.0, name="stop") * x)
    assert "stop" in story.node("mul").results[0].why
    assert float(story.node("x").results[0].gradient) == 6


def test_the_backward_pass_can_end_at_tensors_of_choice():
    x = tf.Variable(2.0, name="x")
    middle = x * 3.0
    story = run(middle * middle, wrt=[middle])
    assert float(story.node("mul").results[0].gradient) == 12 and story.node("x").results[0].gradient is None


def test_fed_tensors_are_leaves_whatever_made_them():
    x = tf.Variable(2.0, name="x")
    middle = x * 3.0
    story = run(middle * middle, {middle: 5.0})
    assert [(node.name, node.kind) for node in story.nodes] == [("mul", Kind.PLACEHOLDER), ("mul_1", Kind.OPERATION)]
    assert float(story.leaves[0].gradient) == 10


def test_a_loss_of_many_numbers_is_differentiated_as_their_sum():
    x = tf.Variable([1.0, 2.0], name="x")
    story = run(x * x)
    assert story.leaves[0].gradient.tolist() == [2, 4] and any("sum" in note for note in story.notes)


def test_a_thousand_nodes_deep_is_no_trouble():
    x = tf.Variable(1.0, name="x")
    y = x
    for _ in range(1000):
        y = tf.identity(y)
    story = run(y, differences=False)
    assert len(story.nodes) == 1001 and float(story.leaves[0].gradient) == 1


def test_what_is_missing_is_said_as_a_run_says_it():
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.Variable(2.0, name="w")
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="w"):
            record(x * w, {x: 1.0}, session)
        session.run(w.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder tensor 'x'"):
            record(x * w, None, session)


def test_wrong_arguments_are_named():
    w, loss = quadratic()
    with pytest.raises(ValueError, match="no session"):
        record(loss)
    with tf.Session(graph=tf.Graph()) as session, pytest.raises(ValueError, match="the session runs"):
        record(loss, None, session)
    with tf.Session() as session:
        session.run(w.initializer)
        with pytest.raises(TypeError, match="session must be a tf.Session"):
            record(loss, None, "session")
        with pytest.raises(TypeError, match="int32"):
            record(tf.constant(1), None, session)
        with pytest.raises(TypeError, match="one tensor"):
            record([loss], None, session)
        with pytest.raises(KeyError, match="nothing"):
            record("nothing", None, session)
        with pytest.raises(ValueError, match="does not depend on other"):
            record(loss, None, session, wrt=[tf.Variable(1.0, name="other")])
        with pytest.raises(ValueError, match="wrt is empty"):
            record(loss, None, session, wrt=[])


def test_an_imported_loop_is_told_backwards_too():
    x = tf.placeholder(tf.float32, [], name="x")
    halved = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, a * 0.5), [0, x], name="halving")[1]
    definition = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        x, loss = tf.import_graph_def(definition, return_elements=["x:0", halved.name], name="")
        story = run(loss, {x: 8.0})
    assert [(node.kind, float(node.results[0].value)) for node in story.nodes] == [(Kind.PLACEHOLDER, 8.0), (Kind.LOOP, 2.0)]
    assert story.nodes[0].results[0].gradient == 0.25 and [node.name for node in story.backward] == ["halving"]


def test_a_loop_that_must_not_be_differentiated_is_told_forwards_only():
    x = tf.placeholder(tf.float32, [], name="x")
    loss = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, a * 0.5), [0, x], back_prop=False, name="halving")[1]
    story = run(loss, {x: 8.0})
    assert [(node.kind, float(node.results[0].value)) for node in story.nodes] == [(Kind.PLACEHOLDER, 8.0), (Kind.LOOP, 2.0)]
    assert story.backward == [] and story.nodes[0].results[0].why
