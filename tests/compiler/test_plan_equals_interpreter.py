"""Plans give what the slow interpreter gives, bit for bit, on random graphs: elementwise work, views, variables, control edges, feeds."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd_lite as tf
from autograd_lite.api.raw import raw
from autograd_lite.graph.operation import Operation
from autograd_lite.runtime.interpret import interpret

pytestmark = pytest.mark.usefixtures("on_numpy")

SHAPES = [(), (3,), (2, 3), (40, 30)]  # the last is large enough for arrays to be reused

UNARY = [tf.negative, tf.exp, tf.tanh, tf.square, tf.identity, tf.stop_gradient, tf.nn.relu, tf.sigmoid, tf.zeros_like, lambda x: x * 1.0,
         lambda x: x - 0.0, lambda x: x + 0.0, lambda x: tf.reshape(x, [-1]), lambda x: tf.reshape(tf.transpose(x), tf.shape(x)),
         tf.reduce_sum, lambda x: tf.where(x > 0.0, x, -x), lambda x: tf.cast(tf.cast(x, tf.float64), tf.float32)]  # fmt: skip
BINARY = [
    tf.add,
    tf.subtract,
    tf.multiply,
    tf.maximum,
    lambda x, y: x / (tf.square(y) + 1.0),
    lambda x, y: raw.Pow(tf.abs(x) + 1.0, tf.tanh(y)),
]


class Builder:
    """Draws a graph step by step."""

    def __init__(self, draw):
        self.draw = draw
        self.random = np.random.default_rng(draw(st.integers(0, 2**16)))
        self.tensors, self.ops, self.variables, self.feeds = [], [], [], {}

    def array(self, shape):
        return np.asarray(self.random.normal(size=shape), np.float32)

    def pick(self, items):
        return items[self.draw(st.integers(0, len(items) - 1))]

    def leaf(self):
        shape, kind = self.pick(SHAPES), self.draw(st.integers(0, 3))
        if kind == 0:
            self.tensors.append(tf.constant(self.array(shape)))
        elif kind == 1:
            p = tf.placeholder(tf.float32, self.pick([None, shape, [None] * len(shape)]))
            self.feeds[p] = self.array(shape)
            self.tensors.append(p)
        else:
            w = tf.Variable(self.array(shape), use_resource=kind == 3)
            self.variables.append(w)
            self.tensors.append(w.value())

    def same_shape(self, x):
        """A tensor of the shape that x has when the graph runs."""
        return [t for t in self.tensors if self.shape(t) == self.shape(x)]

    def shape(self, tensor):
        fed = self.feeds.get(tensor)
        return tensor.static_shape if fed is None else fed.shape

    def node(self):
        kind = self.draw(st.integers(0, 9))
        if kind <= 3:
            self.tensors.append(self.pick(UNARY)(self.pick(self.tensors)))
        elif kind <= 6:
            x = self.pick(self.tensors)
            y = self.pick(self.same_shape(x))
            self.tensors.append(self.pick(BINARY)(x, y))
        elif kind == 7:
            x = self.pick(self.tensors)
            self.tensors.append(tf.add_n([x, *[self.pick(self.same_shape(x)) for _ in range(self.draw(st.integers(1, 3)))]]))
        elif self.variables:
            self.update(self.pick(self.variables))

    def update(self, w):
        waits = [self.pick(self.ops)] if self.ops and self.draw(st.booleans()) else []
        with tf.control_dependencies(waits):
            values = [t for t in self.tensors if self.shape(t) == w.shape.dims_tuple and t.static_shape == w.shape.dims_tuple]
            change = self.pick([tf.assign, tf.assign_add, tf.assign_sub])
            op = change(w, self.pick(values))
            self.ops.append(op if isinstance(op, Operation) else op.op)
        with tf.control_dependencies([self.ops[-1]] if self.draw(st.booleans()) else []):
            self.tensors.append(w.read_value())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_plans_equal_the_interpreter(data):
    with tf.Graph().as_default():
        builder = Builder(data.draw)
        for _ in range(data.draw(st.integers(1, 4))):
            builder.leaf()
        for _ in range(data.draw(st.integers(1, 14))):
            builder.node()
        choices = builder.tensors + builder.ops + [w._as_graph_element() for w in builder.variables]
        fetches = [builder.pick(choices) for _ in range(data.draw(st.integers(1, 4)))]
        init = tf.global_variables_initializer()
        with tf.Session() as fast, tf.Session() as slow:
            fast.run(init)
            slow.run(init)
            for _ in range(2):
                got = answer(lambda: fast.run(fetches, builder.feeds))
                wanted = answer(lambda: interpret(slow._store, fetches, dict(builder.feeds)))
                assert type(got) is type(wanted), (got, wanted)
                if isinstance(got, str):  # shapes that the graph did not know do not fit; which node meets them first is open
                    return
                for mine, reference in zip(got, wanted):
                    assert same(mine, reference), (mine, reference, fast.explain(fetches, builder.feeds))
            for w in builder.variables:
                assert same(fast.run(w), slow.run(w))


def answer(run):
    """What a run gives: its values, or the first line of its error."""
    try:
        return run()
    except tf.errors.InvalidArgumentError as error:
        return str(error).splitlines()[0]


def same(a, b):
    if a is None or b is None:
        return a is b
    return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("count", [3, 300])
def test_the_interpreter_gives_the_digits_of_the_first_program(count):
    w = tf.Variable(0, dtype=tf.float32)
    train = tf.train.GradientDescentOptimizer(0.01).minimize(w**2 - 10 * w + 25)
    with tf.Session() as fast, tf.Session() as slow:
        fast.run(w.initializer)
        interpret(slow._store, [w.initializer], {})
        for _ in range(count):
            fast.run(train)
            interpret(slow._store, [train], {})
        assert fast.run(w) == interpret(slow._store, [w._as_graph_element()], {})[0]


OPTIMIZERS = {
    "descent": lambda: tf.train.GradientDescentOptimizer(0.1), "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "adam": lambda: tf.train.AdamOptimizer(1e-2), "rmsprop": lambda: tf.train.RMSPropOptimizer(1e-2),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
}  # fmt: skip


@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_equals_the_interpreter_to_the_last_bit(optimizer, resource):
    tf.set_random_seed(3)
    x, y = tf.placeholder(tf.float32, [None, 30]), tf.placeholder(tf.int64, [None])
    w1, b1 = tf.Variable(tf.random_normal([30, 50]), use_resource=resource), tf.Variable(tf.zeros([50]), use_resource=resource)
    w2, rows = tf.Variable(tf.random_normal([50, 4]), use_resource=resource), tf.Variable(tf.random_normal([20, 4]), use_resource=resource)
    hidden = tf.nn.dropout(tf.tanh(tf.matmul(x, w1) + b1), 0.8, seed=4)
    logits = tf.matmul(hidden, w2) + tf.nn.embedding_lookup(rows, y)  # a sparse gradient too
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y % 4, logits=logits))
    train = OPTIMIZERS[optimizer]().minimize(loss)
    init = tf.global_variables_initializer()
    fed = {x: np.random.default_rng(0).normal(size=(7, 30)).astype(np.float32), y: np.array([1, 2, 3, 1, 1, 0, 5])}
    with tf.Session() as fast, tf.Session() as slow:
        fast.run(init)
        interpret(slow._store, [init], {})
        for _ in range(3):
            assert same(fast.run([train, loss], fed)[1], interpret(slow._store, [train, loss], fed)[1])
        for w in tf.global_variables():
            assert same(fast.run(w), slow.run(w)), w
