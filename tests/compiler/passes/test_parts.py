"""Gradients of slices are put side by side instead of being added as whole arrays."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.compiler.compiling import op_types, program_after

SHAPE = (6, 10)
CUTS = {
    "slices": lambda x: [tf.slice(x, [0, 0], [6, 3]), tf.slice(x, [0, 3], [6, 7])],
    "rows": lambda x: [x[:2], x[2:5], x[5:]],
    "columns in another order": lambda x: [x[:, 7:], x[:, :3], x[:, 3:7]],
    "with a gap": lambda x: [x[:, 1:3], x[:, 5:9]],
    "single columns": lambda x: [x[:, t] for t in range(10)],
    "the last, and others": lambda x: [x[..., -1], x[..., :-1]],
}
APART = {
    "overlapping": lambda x: [x[:, :5], x[:, 4:]],
    "along two axes": lambda x: [x[:3], x[:, :5]],
    "blocks": lambda x: [x[:3, :5], x[3:, 5:]],
    "every other": lambda x: [x[::2], x[1::2]],
    "with a whole one": lambda x: [x[:3], tf.square(x)],
}


def gradient_of(cut):
    x = tf.placeholder(tf.float32, SHAPE)
    total = tf.add_n([tf.reduce_sum(tf.square(part)) * (number + 1) for number, part in enumerate(cut(x))])
    return x, tf.gradients(total, x)[0]


def values():
    numbers = np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32)
    numbers[1, :4] = [-0.0, np.nan, np.inf, 0.0]
    return numbers


def computed(gradient, x):
    with tf.Session() as session:
        return session.run(gradient, {x: values()})


@pytest.mark.parametrize("name", CUTS)
def test_slices_beside_each_other_are_joined(name, monkeypatch):
    x, gradient = gradient_of(CUTS[name])
    found = op_types(program_after("parts", [gradient], [x]))
    assert "ConcatV2" in found
    assert not {"Pad", "StridedSliceGrad", "AddN"} & set(found)
    joined = computed(gradient, x)
    monkeypatch.setattr("autograd_lite.compiler.passes.parts._PADDED", frozenset())
    with tf.Graph().as_default():
        x, gradient = gradient_of(CUTS[name])
        assert joined.tobytes() == computed(gradient, x).tobytes()


@pytest.mark.parametrize("name", APART)
def test_others_are_added(name):
    x, gradient = gradient_of(APART[name])
    found = op_types(program_after("parts", [gradient], [x]))
    assert "ConcatV2" not in found
    assert "AddN" in found


def test_a_padded_array_that_is_wanted_itself_stays():
    parts = [tf.pad(tf.placeholder(tf.float32, [2, 3]), paddings) for paddings in ([[0, 2], [0, 0]], [[2, 0], [0, 0]])]
    feeds = [part.op.inputs[0] for part in parts]
    assert op_types(program_after("parts", [tf.add_n(parts), parts[0]], feeds)).count("Pad") == 2
