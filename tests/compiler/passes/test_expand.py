"""Sums become additions, from left to right."""

import numpy as np

import autograd_lite as tf
from tests.compiler.compiling import op_types, program_after


def test_a_sum_of_known_shapes_becomes_additions_with_the_same_bits():
    terms = [tf.placeholder(tf.float32, [1000]) for _ in range(5)]
    total = tf.add_n(terms)
    assert op_types(program_after("expand", [total], terms)) == ["AddV2"] * 4
    values = np.random.default_rng(0).normal(size=(5, 1000)).astype(np.float32) * np.float32(1e3) ** np.arange(5, dtype=np.float32)[:, None]
    with tf.Session() as session:
        got = session.run(total, dict(zip(terms, values)))
    wanted = values[0]
    for value in values[1:]:
        wanted = wanted + value
    assert np.array_equal(got, wanted)


def test_a_sum_of_unknown_shapes_stays_and_complains():
    terms = [tf.placeholder(tf.float32) for _ in range(2)]
    total = tf.add_n(terms)
    assert op_types(program_after("expand", [total], terms)) == ["AddN"]
    with tf.Session() as session:
        try:
            session.run(total, {terms[0]: np.ones((2, 3)), terms[1]: np.ones(3)})
        except tf.errors.InvalidArgumentError as error:
            assert "AddN must have the same size and shape" in str(error)
        else:
            raise AssertionError("shapes that broadcast are not shapes that are equal")
