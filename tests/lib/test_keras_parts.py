"""`tf.keras.regularizers` and `tf.keras.constraints`: numbers as TensorFlow's, and objects found by name."""

import numpy as np
import pytest

import autograd_lite as tf

regularizers, constraints = tf.keras.regularizers, tf.keras.constraints
X = np.arange(6, dtype=np.float32).reshape(3, 2) - 2


@pytest.mark.parametrize("release", ["1.15", "2.21"])
@pytest.mark.parametrize(
    ("regularizer", "wanted"), [(regularizers.l1(0.1), 0.9), (regularizers.l2(0.1), 1.9), (regularizers.l1_l2(0.1, 0.2), 4.7)]
)
def test_penalties_are_those_of_both_releases(regularizer, wanted, release):
    before = tf.get_release()
    tf.set_release(release)
    try:
        assert tf.Session().run(regularizer(tf.constant(X))) == pytest.approx(wanted, rel=1e-6)
        assert tf.Session().run(regularizers.L1L2()(tf.constant(X))) == 0.0
    finally:
        tf.set_release(before)


@pytest.mark.parametrize(
    ("constraint", "wanted"),
    [
        (constraints.MaxNorm(1.5), [[-1.060660, -0.452266], [0.0, 0.452266], [1.060660, 1.356801]]),
        (constraints.MinMaxNorm(0.5, 1.0, 0.5, 1), [[-1.447213, -0.723606], [0.0, 0.999999], [1.277350, 1.916025]]),
        (constraints.UnitNorm(1), [[-0.894427, -0.447213], [0.0, 0.999999], [0.554700, 0.832050]]),
        (constraints.NonNeg(), [[0.0, 0.0], [0.0, 1.0], [2.0, 3.0]]),
        (constraints.Constraint(), X),
    ],
)  # fmt: skip
def test_constraints_give_the_numbers_of_tensorflow(constraint, wanted):
    np.testing.assert_allclose(tf.Session().run(constraint(tf.constant(X)) * 1.0), wanted, rtol=1e-5)


def test_an_optimizer_applies_the_constraint_after_each_step():
    w = tf.get_variable("w", initializer=[1.0, 2.0], constraint=constraints.NonNeg())
    step = tf.train.GradientDescentOptimizer(1.5).minimize(tf.reduce_sum(w))
    with tf.Session() as session:
        session.run(w.initializer)
        session.run(step)
        assert session.run(w).tolist() == [0.0, 0.5]


@pytest.mark.parametrize("module", [regularizers, constraints, tf.keras.initializers])
def test_objects_are_found_by_name_and_configuration(module):
    name = {"regularizers": "l2", "constraints": "max_norm", "initializers": "ones"}[module.__name__.rpartition(".")[2]]
    thing = module.get(name)
    assert module.get(thing) is thing and module.get(None) is None
    config = module.serialize(thing)
    assert module.serialize(module.deserialize(config)) == config == module.serialize(module.get(config))
    assert type(module.get(type(thing))) is type(thing)
    for wrong in ("no such name", 3):
        with pytest.raises(ValueError, match="Unknown|Could not interpret"):
            module.get(wrong)


def test_bases_can_be_made_from_their_configuration():
    assert regularizers.Regularizer.from_config({})(X) == 0.0
    assert regularizers.L1L2.from_config(regularizers.l1(0.5).get_config()).l1 == 0.5
    assert constraints.Constraint().get_config() == {}


@pytest.mark.parametrize(
    ("size", "rings"),  # numbers that TensorFlow gives for the filters 0, 2, 4, ... (for 4 by 4 and 2 by 2 by its rule)
    [(3, [0, 8]), (5, [12, 24, 36]), (7, [32, 48, 64, 80]), (4, [10, 20]), (2, [0])],
)
def test_a_radial_constraint_gives_each_ring_one_value(size, rings):
    kernel = tf.constant(np.arange(2 * size * size, dtype=np.float32).reshape(size, size, 2, 1))
    found = tf.Session().run(tf.keras.constraints.RadialConstraint()(kernel))[:, :, 0, 0]
    assert found[size // 2, size // 2 :].tolist() == rings
    assert (found == found.T).all() and (found == found[::-1, ::-1]).all()


@pytest.mark.parametrize("shape", [[3, 3], [3, 4, 1, 1], [1, 1, 2, 2], [None, 3, 1, 1]])
def test_a_radial_constraint_refuses_filters_without_rings(shape):
    with pytest.raises(ValueError, match="rank 4|square filters"):
        tf.keras.constraints.RadialConstraint()(tf.placeholder(tf.float32, shape))
