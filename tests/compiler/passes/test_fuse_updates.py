"""The pass `fuse_updates`: optimizers that work in the variables' own arrays give what NumPy gives, and leave what others hold alone."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.compiler.program import walk
from autograd_lite.kernels.tier import finish
from tests.compiler.compiling import program_after

OPTIMIZERS = {
    "descent": lambda: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda: tf.train.AdamOptimizer(0.01),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(0.1),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.01, momentum=0.9),
    "centered": lambda: tf.train.RMSPropOptimizer(0.01, centered=True),
    "locked": lambda: tf.train.AdamOptimizer(0.01, use_locking=True),
}


def updates(fetches):
    return [step.opdef.name for step in walk(program_after("memory", fetches, fused=True).steps) if step.work is not None and step.cells]


@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_compiled_optimizer_gives_what_numpy_gives(optimizer, resource):
    random = np.random.default_rng(0)
    w = tf.Variable(random.normal(size=(37, 11)).astype(np.float32), use_resource=resource)
    number = tf.Variable(np.float32(0.7), use_resource=resource)
    loss = tf.reduce_sum(tf.square(w) * number) + tf.square(number - 3.0)
    trainer = OPTIMIZERS[optimizer]()
    train = trainer.minimize(loss)
    init = tf.global_variables_initializer()
    assert len(updates([train])) >= 1
    slots = [trainer.get_slot(v, name) for name in trainer.get_slot_names() for v in (w, number)]
    results = []
    for compiled in (False, True):
        with tf.Session() as session:
            session.run(init)
            session.run(train)
            if compiled:
                finish(everything=True)
            for _ in range(4):
                session.run(train)
            results.append(session.run([w, number, *slots]))
    for one, other in zip(*results):
        assert one.dtype == other.dtype and one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=2e-7)


def test_an_array_that_somebody_holds_is_not_written_to():
    w = tf.Variable(np.ones((40, 40), np.float32))
    train = tf.train.MomentumOptimizer(0.5, 0.9).minimize(tf.reduce_sum(w))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        finish(everything=True)
        session.run(train)
        (cell,) = [cell for cell in session._store.cells() if cell.name == w.op.name]
        held = cell.value
        kept = held.copy()
        session.run(train)
        assert np.array_equal(held, kept) and not np.array_equal(session.run(w), kept)


def test_an_update_works_in_the_variables_own_array():
    w = tf.Variable(np.ones((40, 40), np.float32))
    train = tf.train.AdamOptimizer(0.5).minimize(tf.reduce_sum(w))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        finish(everything=True)
        session.run(train)
        before = {cell.name: id(cell.value) for cell in session._store.cells() if cell.value.shape == (40, 40)}
        session.run(train)
        assert before == {cell.name: id(cell.value) for cell in session._store.cells() if cell.value.shape == (40, 40)}


def test_an_uninitialized_slot_is_named():
    w = tf.Variable(np.ones((4, 4), np.float32), name="w")
    train = tf.train.MomentumOptimizer(0.5, 0.9).minimize(tf.reduce_sum(w))
    with tf.Session() as session:
        session.run(w.initializer)
        with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value w/Momentum") as failure:
            session.run(train)
        assert failure.value.op.name == "Momentum/update_w/ApplyMomentum"


def test_a_gradient_of_a_shape_that_is_not_known_is_left_to_the_kernel():
    w = tf.Variable(np.ones((4,), np.float32))
    gradient = tf.placeholder(tf.float32, None)
    train = tf.train.AdamOptimizer(0.5).apply_gradients([(gradient, w)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train, {gradient: np.ones(4)})
        with pytest.raises(tf.errors.InvalidArgumentError, match="var and grad do not have the same shape"):
            session.run(train, {gradient: np.ones(5)})


def test_training_goes_on_in_a_loop():
    w = tf.Variable(np.full((3, 5), 2.0, np.float32), use_resource=True)

    def body(i):
        with tf.control_dependencies([tf.assign_sub(w, 0.1 * w.read_value())]):
            return i + 1

    loop = tf.while_loop(lambda i: i < 10, body, [0])
    with tf.Session() as session:
        for _ in range(2):
            session.run(tf.global_variables_initializer())
            session.run(loop)
            np.testing.assert_allclose(session.run(w), np.full((3, 5), 2 * 0.9**10), rtol=1e-5)
            finish(everything=True)
