"""The base of optimizers: nodes, slots, gates, step counters, users' own rules, errors."""

import numpy as np
import pytest

import autograd_lite as tf
from tests.lib.building import initialized, inputs, names, node, state

KINDS = pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])


def forward(prefix):
    return [name for name in names() if name.startswith(prefix)]


def test_a_step_of_gradient_descent_is_a_group_of_updates():
    w = tf.Variable(0.0, name="w")
    step = tf.train.GradientDescentOptimizer(0.01).minimize(w**2)
    assert forward("GradientDescent") == [
        "GradientDescent/learning_rate",
        "GradientDescent/update_w/ApplyGradientDescent",
        "GradientDescent",
    ]
    assert step.type == "NoOp" and inputs("GradientDescent") == ["^GradientDescent/update_w/ApplyGradientDescent"]
    assert node("GradientDescent/update_w/ApplyGradientDescent").attrs["_class"] == ["loc:@w"]
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == [step]


def test_the_step_counter_is_the_last_thing_that_happens():
    w = tf.Variable(1.0, name="w")
    count = tf.train.get_or_create_global_step()
    step = tf.train.MomentumOptimizer(0.1, 0.9).minimize(w * w, global_step=count)
    assert forward("Momentum")[-3:] == ["Momentum/update", "Momentum/value", "Momentum"]
    assert inputs("Momentum/value") == ["^Momentum/update"] and inputs("Momentum") == ["global_step", "Momentum/value"]
    session = initialized()
    session.run([step, step])
    session.run(step)
    assert session.run(count) == 2 and tf.train.global_step(session, count) == 2


@KINDS
def test_minimize_takes_names_scopes_lists_and_gradients_of_the_loss(resource):
    a = tf.Variable(1.0, name="a", use_resource=resource)
    b = tf.Variable(1.0, name="b", use_resource=resource)
    counter = tf.Variable(0, trainable=False, use_resource=resource)
    optimizer = tf.train.GradientDescentOptimizer(0.5)
    step = optimizer.minimize(a * 3.0 + b * 5.0, counter, [a], name="mine", grad_loss=tf.constant(2.0))
    assert step.name == "mine" and "mine/learning_rate" in names()
    session = initialized()
    session.run(step)
    assert session.run([a, b, counter]) == [-2.0, 1.0, 1]


@KINDS
@pytest.mark.parametrize("gate", [tf.train.Optimizer.GATE_NONE, tf.train.Optimizer.GATE_OP, tf.train.Optimizer.GATE_GRAPH])
def test_every_gate_gives_the_same_step(resource, gate):
    a = tf.Variable([1.0, 2.0], use_resource=resource)
    b = tf.Variable(3.0, use_resource=resource)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(a) * b, gate_gradients=gate)
    session = initialized()
    session.run(step)
    assert session.run(a).tolist() == pytest.approx([0.7, 1.7]) and session.run(b) == pytest.approx(2.7)


def test_gradients_can_be_changed_between_the_two_halves():
    v = tf.Variable([3.0, -4.0])
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    pairs = optimizer.compute_gradients(tf.reduce_sum(tf.square(v)))
    assert [variable for _, variable in pairs] == [v]
    step = optimizer.apply_gradients([(tf.clip_by_value(gradient, -1.0, 1.0), variable) for gradient, variable in pairs])
    session = initialized()
    session.run(step)
    assert session.run(v).tolist() == [2.0, -3.0]


def test_variables_without_gradient_are_left_alone():
    a, b = tf.Variable(1.0, name="a"), tf.Variable(1.0, name="b")
    optimizer = tf.train.AdamOptimizer()
    pairs = optimizer.compute_gradients(a * a, [a, b])
    assert pairs[1][0] is None
    optimizer.apply_gradients(pairs)
    assert optimizer.get_slot(a, "m").name == "a/Adam:0" and optimizer.get_slot(b, "m") is None


def test_slots_are_named_after_variable_and_optimizer():
    with tf.variable_scope("net"):
        w = tf.get_variable("w", [2])
    first, second = tf.train.AdamOptimizer(), tf.train.AdamOptimizer(name="Other")
    for optimizer in (first, second, first):
        optimizer.minimize(tf.reduce_sum(w))
    assert first.get_slot_names() == ["m", "v"] and first.get_name() == "Adam"
    assert [v.name for v in first.variables()] == ["beta1_power:0", "beta2_power:0", "net/w/Adam:0", "net/w/Adam_1:0"]
    assert [v.name for v in second.variables()] == ["beta1_power_1:0", "beta2_power_1:0", "net/w/Other:0", "net/w/Other_1:0"]
    assert not any(slot in tf.trainable_variables() for slot in first.variables())
    assert node("net/w/Adam").attrs["_class"] == ["loc:@net/w"]


def test_inside_scopes_slots_go_below_the_variable_scope():
    with tf.variable_scope("model"):
        w = tf.get_variable("w", [2])
        with tf.name_scope("train"):
            optimizer = tf.train.AdamOptimizer()
            optimizer.minimize(tf.reduce_sum(w))
    assert [v.name for v in optimizer.variables()] == [
        "model/model/w/Adam:0",
        "model/model/w/Adam_1:0",
        "model/train/beta1_power:0",
        "model/train/beta2_power:0",
    ]


@KINDS
def test_a_constraint_holds_after_each_step(resource):
    v = tf.Variable([1.0, 2.0], constraint=lambda x: tf.maximum(x, 0.5), use_resource=resource)
    step = tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_sum(v))
    session = initialized()
    session.run(step)
    assert session.run(v).tolist() == [0.5, 1.0]


@KINDS
def test_a_constraint_cannot_go_with_gradients_of_some_rows(resource):
    v = tf.Variable([[1.0], [2.0]], constraint=lambda x: x, use_resource=resource)
    loss = tf.reduce_sum(tf.nn.embedding_lookup(v, [0]))
    refused(RuntimeError, "Cannot use a constraint function on a sparse variable.", lambda: SGD.minimize(loss))


@KINDS
def test_a_users_rule_needs_only_what_it_changes(resource):
    class SignDescent(tf.train.Optimizer):
        def __init__(self, rate):
            super().__init__(False, "SignDescent")
            self._rate = rate

        def _prepare(self):
            self._rate_t = tf.convert_to_tensor(self._rate, name="rate")

        def _create_slots(self, var_list):
            for v in var_list:
                self._zeros_slot(v, "steps", self._name)

        def _apply_dense(self, grad, var):
            steps = self.get_slot(var, "steps").assign_add(tf.ones_like(grad))
            moved = tf.assign_sub(var, self._rate_t * tf.sign(grad))
            return tf.group(moved, steps)

        _resource_apply_dense = _apply_dense

        def _apply_sparse(self, grad, var):
            return tf.scatter_sub(var, grad.indices, self._rate_t * tf.sign(grad.values))

        def _resource_apply_sparse(self, grad, var, indices):
            return tf.scatter_sub(var, indices, self._rate_t * tf.sign(grad))

    v = tf.Variable([[1.0], [2.0], [3.0]], name="v", use_resource=resource)
    optimizer = SignDescent(0.5)
    dense = optimizer.minimize(tf.reduce_sum(v * [[1.0], [-2.0], [0.0]]))
    sparse = optimizer.minimize(tf.reduce_sum(tf.nn.embedding_lookup(v, [2, 2])))
    session = initialized()
    session.run(dense)
    assert session.run(v).tolist() == [[0.5], [2.5], [3.0]] and session.run(optimizer.get_slot(v, "steps")).tolist() == [[1], [1], [1]]
    session.run(sparse)  # the two gradients of row 2 were added up first
    assert session.run(v).tolist() == [[0.5], [2.5], [2.5]] and optimizer.get_slot_names() == ["steps"]


def test_learning_rates_may_be_tensors_placeholders_and_functions():
    v = tf.Variable(1.0)
    rate = tf.placeholder(tf.float32, [])
    fed = tf.train.GradientDescentOptimizer(rate).minimize(v * 2.0)
    made = tf.train.GradientDescentOptimizer(lambda: 0.25).minimize(v * 2.0)
    session = initialized()
    session.run(fed, {rate: 0.125})
    assert session.run(v) == 0.75
    session.run(made)
    assert session.run(v) == 0.25


def test_a_loss_may_be_a_function():
    v = tf.Variable(2.0)
    step = tf.train.GradientDescentOptimizer(0.5).minimize(lambda: v * v)
    session = initialized()
    session.run(step)
    assert session.run(v) == 0.0


def test_double_variables_get_their_numbers_cast():
    v = tf.Variable(np.zeros(2), name="v")
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(v))
    assert forward("Adam/update_v") == [*["Adam/update_v/Cast" + (f"_{n}" if n else "") for n in range(6)], "Adam/update_v/ApplyAdam"]


# ---------------------------------------------------------------- errors


def refused(error, text, call):
    """The call fails with this first line, and leaves no trace."""
    before = state()
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).split("\n")[0].startswith(text), str(caught.value)
    assert state() == before
    return str(caught.value)


SGD = tf.train.GradientDescentOptimizer(0.1)


def test_something_must_be_trainable():
    loss = tf.constant(1.0)
    refused(ValueError, "No variables to optimize.", lambda: SGD.minimize(loss))


def test_a_loss_without_gradients_says_where_the_way_ends():
    w = tf.Variable(1.0, name="w")
    loss = tf.cast(tf.argmax(tf.stack([w, w])), tf.float32)
    message = refused(
        ValueError,
        "No gradients provided for any variable, check your graph for ops that do not support gradients, between variables "
        '["<tf.Variable \'w:0\' shape=() dtype=float32_ref>"] and loss Tensor("Cast:0", shape=(), dtype=float32).',
        lambda: tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss),
    )
    assert "ArgMax" in message and "test_optimizer.py" in message


def test_applying_needs_gradients_variables_and_tensors():
    v, t = tf.Variable(1.0, name="w"), tf.constant(2.0)
    refused(ValueError, "No variables provided.", lambda: SGD.apply_gradients([]))
    refused(ValueError, "No gradients provided for any variable: [\"<tf.Variable 'w:0'", lambda: SGD.apply_gradients([(None, v)]))
    refused(
        TypeError,
        "Gradient must be convertible to a Tensor or IndexedSlices, or None: <object",
        lambda: SGD.apply_gradients([(object(), v)]),
    )
    refused(
        NotImplementedError,
        "('Trying to update a Tensor ', <tf.Tensor 'Const:0' shape=() dtype=float32>)",
        lambda: SGD.apply_gradients([(t, t)]),
    )


def test_types_without_gradients_are_refused():
    v = tf.Variable(1.0)
    integers = tf.cast(v, tf.int32)
    refused(
        ValueError,
        "Invalid type tf.int32 for Cast:0, expected: [tf.float32, tf.float64, tf.float16, tf.bfloat16].",
        lambda: SGD.minimize(integers),
    )
    refused(AttributeError, "'str' object has no attribute 'dtype'", lambda: SGD.minimize("loss"))
    loss = v * v
    refused(AttributeError, "'str' object has no attribute 'op'", lambda: SGD.compute_gradients(loss, ["w"]))
    refused(ValueError, "gate_gradients must be one of", lambda: SGD.minimize(loss, gate_gradients=7))


def test_an_optimizer_needs_a_name():
    with pytest.raises(ValueError, match="Must specify the optimizer name"):
        tf.train.Optimizer(False, "")


def test_a_rule_that_is_not_there_is_named():
    v = tf.Variable(1.0)
    loss = v * v
    refused(NotImplementedError, "Optimizer does not say how to update a variable", lambda: tf.train.Optimizer(False, "x").minimize(loss))


def test_a_step_that_fails_half_way_takes_its_slots_back():
    class Broken(tf.train.MomentumOptimizer):
        def _apply_dense(self, grad, var):
            raise RuntimeError("broken")

    v = tf.Variable(1.0)
    loss = v * v
    optimizer = Broken(0.1, 0.9)
    refused(RuntimeError, "broken", lambda: optimizer.minimize(loss))
    assert optimizer.get_slot(v, "momentum") is None and optimizer.get_slot_names() == [] and len(tf.global_variables()) == 1
