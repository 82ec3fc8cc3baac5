"""Functions that share their variables between calls."""

import pytest

import autograd_lite as tf
from tests.lib.building import initialized, names


def scale(x, start=1.0):
    return x * tf.get_variable("w", [1], initializer=tf.constant_initializer(start))


def test_all_calls_share_one_variable_and_each_has_its_own_nodes():
    template = tf.make_template("t", scale)
    a, b = template(1.0), template(2.0)
    assert [a.name, b.name] == ["t/mul:0", "t_1/mul:0"] and [v.name for v in template.variables] == ["t/w:0"]
    assert initialized().run([a, b]) == [1.0, 2.0]


def test_two_templates_of_one_name_have_variables_of_their_own():
    for _ in range(2):
        tf.make_template("t", scale)(1.0)
    assert [v.name for v in tf.global_variables()] == ["t/w:0", "t_1/w:0"]


def test_the_scope_can_be_named_at_once_or_exactly():
    early = tf.make_template("t", scale, create_scope_now_=True)
    late = tf.make_template("t", scale)
    exact = tf.make_template("t", scale, unique_name_="exact")
    for template in (late, early, exact):
        template(1.0)
    assert [t.variable_scope.name for t in (early, late, exact)] == ["t", "t_1", "exact"] and early.name == "t"


def test_arguments_may_be_bound_and_getters_given():
    seen = []

    def getter(inner, name, **keywords):
        seen.append(name)
        return inner(name, **keywords)

    template = tf.make_template("t", scale, start=4.0, custom_getter_=getter)
    assert initialized_run(template(2.0)) == [8.0] and seen == ["t/w"]


def initialized_run(tensor):
    return initialized().run(tensor).tolist()


def test_a_later_call_may_not_make_trainable_variables():
    def leaky(x):
        return x * tf.Variable(1.0)

    template = tf.make_template("t", leaky)
    template(1.0)
    with pytest.raises(ValueError, match="^Trainable variable created when calling a template after the first time"):
        template(1.0)


def test_a_first_call_that_fails_is_not_counted():
    failing = [True]

    def sometimes(x):
        if failing.pop() if failing else False:
            raise RuntimeError
        return scale(x)

    template = tf.make_template("t", sometimes)
    with pytest.raises(RuntimeError):
        template(1.0)
    template(1.0)
    assert [v.op.name.split("/")[-1] for v in template.trainable_variables] == ["w"] and template.non_trainable_variables == []


def test_a_template_lists_its_losses():
    def regularized(x):
        return x * tf.get_variable("w", [1], regularizer=tf.nn.l2_loss)

    template = tf.make_template("t", regularized)
    assert template.losses == [] and template.variable_scope_name is None
    template(1.0)
    template(2.0)
    assert [loss.name for loss in template.losses] == ["t/w/Regularizer/L2Loss:0"] and "t_1/mul" in names()


def test_the_name_of_the_scope_ends_with_a_slash():
    template = tf.make_template("named", lambda: tf.get_variable("w", []))
    template()
    assert template.variable_scope_name == "named/"
