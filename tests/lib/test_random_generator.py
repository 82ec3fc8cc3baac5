"""Generators: their states step on, and can be copied, skipped and reset; the numbers of the seed 5 are TensorFlow's."""

import numpy as np
import pytest

import autograd_lite as tf

Generator = tf.random.experimental.Generator


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as open_session:
        yield open_session


def test_every_draw_steps_the_state_on(session):
    generator = Generator.from_seed(5)
    draws = [generator.uniform([2]), generator.make_seeds(2), generator.normal([2], 1.0, 2.0), generator.uniform([2], 0, 10, tf.int32)]
    session.run(tf.global_variables_initializer())
    assert session.run(generator.state).tolist() == [5, 0, 0]
    np.testing.assert_allclose(session.run(draws[0]), [0.567016, 0.2077086], rtol=1e-6)
    assert session.run(draws[1]).tolist() == [[4747590091632429830, -7546747354226322001], [0, 0]]
    np.testing.assert_allclose(session.run(draws[2]), [-2.298038, 4.300771], rtol=1e-6)
    assert session.run(draws[3]).tolist() == [9, 8]
    assert session.run(generator.state).tolist() == [2053, 0, 0]
    assert session.run(generator.key) == 0 and generator.algorithm == 1


def test_states_are_copied_reset_and_skipped(session):
    generator = Generator.from_key_counter(3, [1, 2], 1)
    copy, parts = Generator(copy_from=generator), generator.split(2)
    skip, again = generator.skip(10), [generator.reset_from_seed(7), copy.reset_from_key_counter(9, [8, 7]), copy.reset([4, 5, 6])]
    cut = generator.truncated_normal([1000])
    session.run(generator.state.initializer)
    session.run([copy.state.initializer, *[part.state.initializer for part in parts]])
    assert session.run(copy.state).tolist() == [1, 2, 3]
    assert len({tuple(session.run(part.state)) for part in parts}) == 2
    before = session.run(generator.state)
    session.run(skip)
    assert (session.run(generator.state) - before).tolist() == [2560, 0, 0]
    session.run(again[0])
    assert session.run(generator.state).tolist() == [7, 0, 0]
    session.run(again[1])
    assert session.run(copy.state).tolist() == [8, 7, 9]
    session.run(again[2])
    assert session.run(copy.state).tolist() == [4, 5, 6]
    assert np.abs(session.run(cut)).max() <= 2


def test_trials_that_succeed_have_the_right_mean(session):
    generator = Generator.from_seed(3)
    drawn = generator.binomial([20000, 2], [10.0, 200.0], [0.5, 0.25])
    session.run(generator.state.initializer)
    numbers = session.run(drawn)
    assert numbers.dtype == np.int32 and numbers.min() >= 0 and (numbers.max(axis=0) <= [10, 200]).all()
    np.testing.assert_allclose(numbers.mean(axis=0), [5, 50], rtol=0.01)
    np.testing.assert_allclose(numbers.var(axis=0), [2.5, 37.5], rtol=0.05)
    assert session.run(generator.state).tolist() == [3 + 256 * 40000, 0, 0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="must lie in"):
        session.run(generator.binomial([1], [1.0], [1.5]))


def test_seeds_of_any_size_and_what_is_refused(session):
    assert session.run(tf.random.experimental.create_rng_state((1 << 64) + 3, "philox")).tolist() == [3, 1, 0]
    assert session.run(tf.random.experimental.create_rng_state([7, 8], 1)).tolist() == [7, 8, 0]
    for wrong in (lambda: Generator(), lambda: Generator.from_seed(1, alg=9), lambda: Generator.from_seed(1).uniform([1], dtype=tf.int32)):
        with pytest.raises(ValueError):
            wrong()


def test_the_shared_generator_is_one_for_a_graph(session):
    shared = tf.random.experimental.get_global_generator()
    assert shared is tf.random.experimental.get_global_generator()
    mine = Generator.from_seed(1)
    tf.random.experimental.set_global_generator(mine)
    assert tf.random.experimental.get_global_generator() is mine
