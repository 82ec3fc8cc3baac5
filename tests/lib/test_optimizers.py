"""Every update rule against its formula, on dense gradients and on gradients of some rows."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized

START = np.array([[1.0, -2.0], [0.5, 3.0], [-1.5, 0.25]])


class Formula:
    """A rule in NumPy: `step(variable, gradient, number)` returns the next variable; what it keeps starts as the rule says."""

    def __init__(self, function, **state):
        self.function = function
        self.state = {name: np.full(START.shape, value, START.dtype) for name, value in state.items()}

    def step(self, variable, gradient, number):
        return self.function(self.state, variable, gradient, number)


def descent(s, v, g, t):
    return v - 0.1 * g


def momentum(s, v, g, t):
    s["a"] = 0.9 * s["a"] + g
    return v - 0.1 * s["a"]


def nesterov(s, v, g, t):
    s["a"] = 0.9 * s["a"] + g
    return v - 0.1 * (g + 0.9 * s["a"])


def adagrad(s, v, g, t):
    s["a"] = s["a"] + g * g
    return v - 0.1 * g / np.sqrt(s["a"])


def adadelta(s, v, g, t):
    s["a"] = 0.9 * s["a"] + 0.1 * g * g
    step = np.sqrt(s["u"] + 1e-6) / np.sqrt(s["a"] + 1e-6) * g
    s["u"] = 0.9 * s["u"] + 0.1 * step * step
    return v - 0.5 * step


def rmsprop(s, v, g, t):
    s["r"] = 0.8 * s["r"] + 0.2 * g * g
    s["m"] = 0.9 * s["m"] + 0.05 * g / np.sqrt(s["r"] + 1e-5)
    return v - s["m"]


def centered_rmsprop(s, v, g, t):
    s["g"] = 0.9 * s["g"] + 0.1 * g
    s["r"] = 0.9 * s["r"] + 0.1 * g * g
    s["m"] = 0.05 * g / np.sqrt(s["r"] - s["g"] ** 2 + 1e-10)
    return v - s["m"]


def power(base, times):
    """A power as the optimizer keeps it: multiplied step by step in float32."""
    return float(np.multiply.reduce(np.full(times, base, np.float32)))


def adam(s, v, g, t):
    beta1, beta2 = power(0.8, 1), power(0.99, 1)  # numbers given in Python are float32 constants of the graph
    s["m"] = beta1 * s["m"] + (1 - beta1) * g
    s["v"] = beta2 * s["v"] + (1 - beta2) * g * g
    rate = 0.1 * np.sqrt(1 - power(0.99, t)) / (1 - power(0.8, t))
    return v - rate * s["m"] / (np.sqrt(s["v"]) + 1e-4)


def ftrl(s, v, g, t):
    new = s["n"] + g * g
    s["z"] = s["z"] + g - (np.sqrt(new) - np.sqrt(s["n"])) / 0.1 * v
    s["n"] = new
    shrunk = np.sign(s["z"]) * np.maximum(np.abs(s["z"]) - 0.01, 0.0)
    return -shrunk / (np.sqrt(new) / 0.1 + 2 * 0.02)


def shrinking_ftrl(s, v, g, t):
    new = s["n"] + g * g
    s["z"] = s["z"] + g + 2 * 0.1 * v - (np.sqrt(new) - np.sqrt(s["n"])) / 0.1 * v
    s["n"] = new
    return -s["z"] / (np.sqrt(new) / 0.1)


def proximal_descent(s, v, g, t):
    moved = v - 0.1 * g
    return np.sign(moved) * np.maximum(np.abs(moved) - 0.1 * 0.01, 0.0) / (1 + 0.1 * 0.02)


def proximal_adagrad(s, v, g, t):
    s["a"] = s["a"] + g * g
    rate = 0.1 / np.sqrt(s["a"])
    moved = v - rate * g
    return np.sign(moved) * np.maximum(np.abs(moved) - rate * 0.01, 0.0) / (1 + rate * 0.02)


RULES = {
    "descent": (lambda: tf.train.GradientDescentOptimizer(0.1), lambda: Formula(descent)),
    "momentum": (lambda: tf.train.MomentumOptimizer(0.1, 0.9), lambda: Formula(momentum, a=0.0)),
    "nesterov": (lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True), lambda: Formula(nesterov, a=0.0)),
    "adagrad": (lambda: tf.train.AdagradOptimizer(0.1, 0.3), lambda: Formula(adagrad, a=0.3)),
    "adadelta": (lambda: tf.train.AdadeltaOptimizer(0.5, 0.9, 1e-6), lambda: Formula(adadelta, a=0.0, u=0.0)),
    "rmsprop": (lambda: tf.train.RMSPropOptimizer(0.05, 0.8, 0.9, 1e-5), lambda: Formula(rmsprop, r=1.0, m=0.0)),
    "centered": (lambda: tf.train.RMSPropOptimizer(0.05, centered=True), lambda: Formula(centered_rmsprop, g=0.0, r=1.0, m=0.0)),
    "adam": (lambda: tf.train.AdamOptimizer(0.1, 0.8, 0.99, 1e-4), lambda: Formula(adam, m=0.0, v=0.0)),
    "ftrl": (
        lambda: tf.train.FtrlOptimizer(0.1, -0.5, 0.5, l1_regularization_strength=0.01, l2_regularization_strength=0.02),
        lambda: Formula(ftrl, n=0.5, z=0.0),
    ),
    "shrinking_ftrl": (
        lambda: tf.train.FtrlOptimizer(0.1, l2_shrinkage_regularization_strength=0.1),
        lambda: Formula(shrinking_ftrl, n=0.1, z=0.0),
    ),
    "proximal_descent": (lambda: tf.train.ProximalGradientDescentOptimizer(0.1, 0.01, 0.02), lambda: Formula(proximal_descent)),
    "proximal_adagrad": (lambda: tf.train.ProximalAdagradOptimizer(0.1, 0.3, 0.01, 0.02), lambda: Formula(proximal_adagrad, a=0.3)),
}  # fmt: skip
ROWS_AT_ONCE = {"adam"}  # its rule for rows moves all rows


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize("name", RULES)
def test_five_dense_steps_follow_the_formula(name, resource):
    make, formula = RULES[name]
    v = tf.Variable(START, use_resource=resource)
    target = tf.constant(np.linspace(-1, 1, 6).reshape(3, 2))
    step = make().minimize(tf.reduce_sum(tf.square(v - target)) / 2.0)
    session, rule, wanted = initialized(), formula(), START
    for number in range(1, 6):
        session.run(step)
        wanted = rule.step(wanted, wanted - np.linspace(-1, 1, 6).reshape(3, 2), number)
        np.testing.assert_allclose(session.run(v), wanted, rtol=1e-6)


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize("name", RULES)
def test_steps_on_some_rows_leave_the_others_and_add_up_equal_rows(name, resource):
    make, formula = RULES[name]
    v = tf.Variable(START, use_resource=resource)
    step = make().minimize(tf.reduce_sum(tf.square(tf.nn.embedding_lookup(v, [0, 2, 0]))) / 2.0)
    session, rule, wanted = initialized(), formula(), START
    for number in range(1, 4):
        session.run(step)
        gradient = wanted * [[2.0], [0.0], [1.0]]
        moved = rule.step(wanted, gradient, number)
        untouched = [[False], [name not in ROWS_AT_ONCE], [False]]
        wanted = np.where(untouched, wanted, moved)
        np.testing.assert_allclose(session.run(v), wanted, rtol=1e-6)


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
def test_dual_averaging_starts_from_the_sum_of_all_gradients(resource):
    v = tf.Variable([0.5, -0.5], use_resource=resource)
    count = tf.train.get_or_create_global_step()
    optimizer = tf.train.AdagradDAOptimizer(0.1, count, l1_regularization_strength=0.01)
    step = optimizer.minimize(tf.reduce_sum(v * [1.0, -2.0]), global_step=count)
    session = initialized()
    total, squares = np.zeros(2), np.full(2, 0.1)
    for number in (1, 2, 3):
        session.run(step)
        total, squares = total + [1.0, -2.0], squares + [1.0, 4.0]
        shrunk = np.sign(total) * np.maximum(np.abs(total) - 0.01 * number, 0.0)
        np.testing.assert_allclose(session.run(v), -0.1 * shrunk / np.sqrt(squares), rtol=1e-5)
    assert optimizer.get_slot_names() == ["gradient_accumulator", "gradient_squared_accumulator"]


def test_numbers_out_of_bounds_are_refused():
    step = tf.constant(0)
    for text, call in [
        ("initial_accumulator_value must be positive: 0.0", lambda: tf.train.AdagradOptimizer(0.1, initial_accumulator_value=0.0)),
        ("initial_accumulator_value must be positive: -1.0", lambda: tf.train.ProximalAdagradOptimizer(0.1, -1.0)),
        ("initial_gradient_squared_accumulator_value must be positive: 0.0", lambda: tf.train.AdagradDAOptimizer(0.1, step, 0.0)),
        ("learning_rate_power 1.000000 needs to be negative or zero", lambda: tf.train.FtrlOptimizer(0.1, learning_rate_power=1.0)),
        ("initial_accumulator_value -1.000000 needs to be", lambda: tf.train.FtrlOptimizer(0.1, initial_accumulator_value=-1.0)),
        ("l1_regularization_strength -1.000000 needs to be", lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=-1.0)),
        ("l2_shrinkage_regularization_strength -1.000000", lambda: tf.train.FtrlOptimizer(0.1, l2_shrinkage_regularization_strength=-1.0)),
    ]:
        with pytest.raises(ValueError) as caught:
            call()
        assert str(caught.value).startswith(text)


def test_release_1_15_starts_ftrl_from_a_constant_and_2_21_folds_beta(release_2_21):
    v = tf.Variable([1.0], name="v")
    tf.train.FtrlOptimizer(0.1).minimize(tf.reduce_sum(v))
    made = [op.name for op in tf.get_default_graph().get_operations()]
    assert "v/Ftrl/Initializer/mul" in made and "Ftrl/beta" in made and "Ftrl/l2_regularization_strength" not in made


def test_release_1_15_gives_ftrl_its_l2_strength_as_it_is():
    v = tf.Variable([1.0], name="v")
    tf.train.FtrlOptimizer(0.1).minimize(tf.reduce_sum(v))
    made = [op.name for op in tf.get_default_graph().get_operations()]
    assert "Ftrl/l2_regularization_strength" in made and "Ftrl/beta" not in made and "v/Ftrl/Initializer/ones" not in made


HALF = sorted(set(RULES) - {"proximal_descent", "proximal_adagrad"})  # TensorFlow has these two for float and double only


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize("name", HALF)
def test_half_variables_have_half_slots_and_take_the_steps_of_float(name, resource):
    found = {}
    for dtype in (tf.float16, tf.float32):
        with tf.Graph().as_default():
            v = tf.Variable(tf.constant(START, dtype), use_resource=resource)
            optimizer = RULES[name][0]()
            step = optimizer.minimize(tf.reduce_sum(tf.square(tf.nn.embedding_lookup(v, [0, 2]))) + tf.reduce_sum(tf.square(v)))
            assert {optimizer.get_slot(v, slot).dtype.base_dtype for slot in optimizer.get_slot_names()} <= {dtype}
            with tf.Session() as session:
                session.run(tf.global_variables_initializer())
                for _ in range(3):
                    session.run(step)
                found[dtype] = session.run(v)
    assert found[tf.float16].dtype == np.float16
    np.testing.assert_allclose(found[tf.float16], found[tf.float32], rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize("name", RULES)
def test_a_training_goes_on_from_a_checkpoint_to_the_same_bits(name, resource, tmp_path):
    v = tf.get_variable("v", initializer=tf.constant(START, tf.float32), use_resource=resource)
    optimizer = RULES[name][0]()
    step = optimizer.minimize(tf.reduce_sum(tf.square(tf.nn.embedding_lookup(v, [0, 2, 0]) - 0.5)))
    every = tf.global_variables()
    assert set(optimizer.variables()) == set(every) - {v}
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(2):
            session.run(step)
        path = saver.save(session, str(tmp_path / "half_way"))
        for _ in range(3):
            session.run(step)
        wanted = [value.tobytes() for value in session.run(every)]
    assert {name for name, _ in tf.train.list_variables(path)} == {variable.op.name for variable in every}
    with tf.Session() as session:
        saver.restore(session, path)
        for _ in range(3):
            session.run(step)
        assert [value.tobytes() for value in session.run(every)] == wanted
