"""Random programs of nested branches and loops: the plan, the interpreter and plain Python agree; gradients agree with differences."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.runtime.interpret import interpret

UNARY = {"sin": (np.sin, tf.sin), "tanh": (np.tanh, tf.tanh), "neg": (np.negative, tf.negative)}
BINARY = {"add": (np.add, tf.add), "mul": (np.multiply, tf.multiply), "sub": (np.subtract, tf.subtract)}
X = np.array([0.7, -0.3, 1.1])


class Random:
    """Draws expressions: tuples that both evaluators below understand."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.number = 0

    def pick(self, items):
        return items[self.random.integers(len(items))]

    def expression(self, depth, names):
        kind = self.pick(["leaf"] if depth == 0 else ["unary", "binary", "binary", "if", "if", "while", "while", "bump"])
        if kind == "leaf":
            return self.pick([("name", name) for name in names] + [("constant", float(self.random.normal()))])
        if kind in ("unary", "bump"):
            return (kind, self.pick(list(UNARY)), self.expression(depth - 1, names))
        if kind == "binary":
            return (kind, self.pick(list(BINARY)), self.expression(depth - 1, names), self.expression(depth - 1, names))
        if kind == "if":
            condition = self.expression(depth - 1, names)
            return (kind, condition, self.expression(depth - 1, names), self.expression(depth - 1, names))
        self.number += 1
        name = f"v{self.number}"
        start = self.expression(depth - 1, names)
        return (kind, int(self.random.integers(0, 4)), name, start, self.expression(depth - 1, [*names, name]))


class InPython:
    """Evaluates an expression with NumPy, `if` and `for`."""

    def __init__(self):
        self.bumps = 0

    def value(self, e, names):
        kind = e[0]
        if kind == "name":
            return names[e[1]]
        if kind == "constant":
            return np.full(3, e[1])
        if kind == "unary":
            return UNARY[e[1]][0](self.value(e[2], names))
        if kind == "bump":
            self.bumps += 1
            return self.value(e[2], names)
        if kind == "binary":
            return np.tanh(BINARY[e[1]][0](self.value(e[2], names), self.value(e[3], names)))
        if kind == "if":
            return self.value(e[2] if self.value(e[1], names).sum() > 0.05 else e[3], names)
        _, steps, name, start, body = e
        current = self.value(start, names)
        for _ in range(steps):
            current = self.value(body, {**names, name: current})
        return current


class InGraph:
    """Builds an expression with tf.cond and tf.while_loop."""

    def __init__(self, counter):
        self.counter = counter

    def tensor(self, e, names):
        kind = e[0]
        if kind == "name":
            return names[e[1]]
        if kind == "constant":
            return tf.constant(np.full(3, e[1]))
        if kind == "unary":
            return UNARY[e[1]][1](self.tensor(e[2], names))
        if kind == "bump":
            with tf.control_dependencies([tf.assign_add(self.counter, 1)]):
                return tf.identity(self.tensor(e[2], names))
        if kind == "binary":
            return tf.tanh(BINARY[e[1]][1](self.tensor(e[2], names), self.tensor(e[3], names)))
        if kind == "if":
            condition = tf.reduce_sum(self.tensor(e[1], names)) > 0.05
            return tf.cond(condition, lambda: self.tensor(e[2], names), lambda: self.tensor(e[3], names))
        _, steps, name, start, body = e
        first = tf.identity(self.tensor(start, names))
        invariants = [tf.TensorShape([]), tf.TensorShape([None])]
        return tf.while_loop(
            lambda i, _: i < steps, lambda i, v: (i + 1, self.tensor(body, {**names, name: v})), [0, first], shape_invariants=invariants
        )[1]


@pytest.mark.parametrize("seed", range(24))
def test_a_random_program_gives_what_python_gives(seed):
    e = Random(seed).expression(4, ["x"])
    with tf.Graph().as_default(), tf.Session() as session:
        counter = tf.Variable(0, use_resource=seed % 2 == 0)
        x = tf.placeholder(tf.float64, [3] if seed % 3 else [None])
        y = tf.identity(InGraph(counter).tensor(e, {"x": x}))
        (g,) = tf.gradients(y, x)
        for values in (X, -X):
            session.run(counter.initializer)
            python = InPython()
            expected = python.value(e, {"x": values})
            np.testing.assert_allclose(session.run(y, {x: values}), expected, rtol=1e-12)
            assert session.run(counter) == python.bumps
            np.testing.assert_array_equal(interpret(session._store, [y], {x: values})[0], session.run(y, {x: values}))
            if g is None:
                continue
            compile_plan([g], [x])  # would raise if it was no nesting of loops and branches
            got = session.run(g, {x: values})
            np.testing.assert_array_equal(interpret(session._store, [g], {x: values})[0], got)
            steps = np.eye(3) * 1e-6
            ahead, behind = ([InPython().value(e, {"x": values + sign * step}).sum() for step in steps] for sign in (1, -1))
            np.testing.assert_allclose(got, np.subtract(ahead, behind) / 2e-6, rtol=1e-4, atol=1e-7)
