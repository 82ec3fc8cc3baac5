"""Random programs of branches, cases, loops, folds, maps and rows, inside each other: their gradients agree with differences.

Of two hundred such programs the first derivatives, and the second ones where it gives them, were compared with TensorFlow 2.21.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

import autograd_lite as tf

MOST = 50  # expressions in a program
TABLE = np.array([[0.1, 0.9], [-0.5, 0.4], [0.6, -0.2]])
INPUTS = [([0.3, -0.4], [0.7, 0.2], 3), ([-0.8, 0.5], [-0.1, -0.6], 2)]


class Program:
    """Builds one random program of a table of rows and a number of steps, and of the tensors that its expressions are given."""

    def __init__(self, seed, table, steps, with_loops):
        self.random = random.Random(seed)
        self.table, self.steps = table, steps
        self.count = 0
        self.kinds = [self.sum, self.sum, self.product, self.curve, self.square, self.mixed, self.scaled, self.row]
        self.kinds += [self.branch, self.branch, self.choice]
        if with_loops:
            self.kinds += [self.loop, self.loop, self.long_loop, self.fold, self.map]

    def leaf(self, names):
        if self.random.random() < 0.85:
            return self.random.choice(names)
        return tf.constant([self.random.uniform(-1, 1), self.random.uniform(-1, 1)], tf.float64)

    def question(self, names):
        value = self.leaf(names)
        kind = self.random.randrange(3)
        if kind == 0:
            return value[self.random.randrange(2)] > self.random.uniform(-0.6, 0.6)
        return tf.reduce_sum(value) < self.random.uniform(-0.6, 0.6) if kind == 1 else tf.equal(self.steps % 2, self.random.randrange(2))

    def expression(self, names, depth):
        self.count += 1
        if depth <= 0 or self.count > MOST:
            return self.leaf(names)
        return self.random.choice(self.kinds)(names, depth - 1)

    def sum(self, names, depth):
        return self.expression(names, depth) + self.expression(names, depth)

    def product(self, names, depth):
        return self.expression(names, depth) * self.leaf(names)

    def curve(self, names, depth):
        return self.random.choice([tf.sin, tf.tanh])(self.expression(names, depth) * 1.5)

    def square(self, names, depth):
        return self.expression(names, depth) ** 2 * 0.5

    def mixed(self, names, depth):
        return tf.matmul([self.expression(names, depth)], tf.constant([[0.5, -0.3], [0.2, 0.7]], tf.float64))[0]

    def scaled(self, names, depth):
        return tf.reduce_sum(self.expression(names, depth)) * self.leaf(names)

    def row(self, names, depth):
        return tf.gather(self.table, [self.random.randrange(3)])[0] * self.expression(names, depth)

    def branch(self, names, depth):
        pair = tf.cond(
            self.question(names),
            lambda: (self.expression(names, depth), self.leaf(names) * 2.0),
            lambda: (self.leaf(names) * 0.5, self.expression(names, depth)),
        )
        return pair[0] + pair[1] if self.random.random() < 0.6 else pair[self.random.randrange(2)]

    def choice(self, names, depth):
        cases = [(self.question(names), lambda: self.expression(names, depth)) for _ in range(2)]
        return tf.case(cases, default=lambda: self.expression(names, depth))

    def loop(self, names, depth):
        count = self.random.choice([self.steps, self.random.randrange(4)])
        return tf.while_loop(
            lambda i, a: i < count, lambda i, a: (i + 1, tf.tanh(self.expression([*names, a], depth))), [0, self.leaf(names) * 1.0]
        )[1]

    def long_loop(self, names, depth):
        def step(i, a, b):
            return i + 1, tf.sin(self.expression([*names, a, b], depth)), self.expression([*names, a, b], depth - 1) * 0.5

        def goes_on(i, a, b):
            return tf.logical_and(i < 4, tf.reduce_sum(a) < 1.5)

        _, a, b = tf.while_loop(goes_on, step, [0, self.leaf(names) * 1.0, self.leaf(names) + 0.0])
        return self.random.choice([a, b, a * b])

    def fold(self, names, depth):
        parts = tf.stack([self.leaf(names) for _ in range(3)])
        return tf.foldl(lambda a, b: tf.tanh(self.expression([*names, a, b], depth)), parts)

    def map(self, names, depth):
        parts = tf.stack([self.leaf(names), self.leaf(names)])
        return tf.reduce_sum(tf.map_fn(lambda part: self.expression([*names, part], depth), parts), 0)


def differences(function, feeds, x):
    slope = np.zeros(np.shape(feeds[x]))
    for place in np.ndindex(slope.shape):
        values = []
        for step in (1e-6, -1e-6):
            moved = np.array(feeds[x])
            moved[place] += step
            values.append(function({**feeds, x: moved}))
        slope[place] = (values[0] - values[1]) / 2e-6
    return slope


@pytest.mark.parametrize("seed", range(30))
def test_gradients_of_a_random_program_agree_with_differences(seed):
    with tf.Graph().as_default(), tf.Session() as session:
        x, w, table = (tf.placeholder(tf.float64, shape) for shape in ([2] if seed % 2 else [None], [2], [3, 2]))
        steps = tf.placeholder(tf.int32, [])
        y = Program(seed, table, steps, with_loops=seed % 3 != 0).expression([tf.reshape(x, [2]), w], 5)
        total = tf.reduce_sum(y)
        slopes = tf.gradients(total, [x, w, table])
        second = None
        if seed % 3 == 0 and slopes[0] is not None:  # branches without loops are differentiated as often as wanted
            first = tf.reduce_sum(slopes[0])
            second = tf.gradients(first, [w])[0]
        for value_of_x, value_of_w, count in INPUTS:
            feeds = {x: value_of_x, w: value_of_w, table: TABLE, steps: count}
            for source, slope in zip((x, w, table), slopes, strict=True):
                got = 0 if slope is None else session.run(tf.convert_to_tensor(slope), feeds)
                expected = differences(lambda moved: session.run(total, moved), feeds, source)
                np.testing.assert_allclose(np.broadcast_to(got, expected.shape), expected, rtol=1e-4, atol=1e-6)
            if second is not None:
                expected = differences(lambda moved: session.run(first, moved), feeds, w)
                np.testing.assert_allclose(session.run(second, feeds), expected, rtol=1e-4, atol=1e-6)
