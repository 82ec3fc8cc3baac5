"""Fed shapes travel through the graph."""

import numpy as np

import autograd_lite as tf
from tests.compiler.compiling import op_types, program_after


def test_the_gradient_of_a_broadcast_is_settled_by_the_fed_shapes():
    x, b = tf.placeholder(tf.float32, [None, 3]), tf.Variable([1.0, 2.0, 3.0])
    (gradient,) = tf.gradients(tf.reduce_sum(tf.square(x + b)), [b])
    generic, special = program_after("cse", [gradient], [x]), program_after("cse", [gradient], [x], [(5, 3)])
    assert len(special.steps) < len(generic.steps)
    assert not {"Shape", "BroadcastGradientArgs", "Reshape"} & set(op_types(special))
    assert special.values[special.results[0]].shape == (3,)


def test_shapes_computed_in_the_graph_become_known():
    x = tf.placeholder(tf.float32, [None, 4])
    flat = tf.reshape(x, [tf.shape(x)[0] * 2, 2])
    program = program_after("cse", [flat], [x], [(3, 4)])
    assert op_types(program) == ["Reshape"] and program.values[program.results[0]].shape == (6, 2)


def test_shapes_that_cannot_be_leave_the_complaint_to_the_run():
    a, b = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])
    total = a + b
    program_after("cse", [total], [a, b], [(2,), (3,)])
    with tf.Session() as session:
        assert session.run(total, {a: np.ones(2), b: np.ones(1)}).shape == (2,)
