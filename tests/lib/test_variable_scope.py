"""Variable scopes: names, sharing, defaults, and what they refuse."""

import pytest

import autograd_lite as tf
from tests.lib.building import inputs, names, node, state


def test_get_variable_names_nodes_after_the_variable_scope_alone():
    with tf.name_scope("outer"), tf.variable_scope("vs"):
        v = tf.get_variable("v", [2], initializer=tf.zeros_initializer())
        c = tf.constant(1.0)
    assert names() == ["vs/v/Initializer/zeros", "vs/v", "vs/v/Assign", "vs/v/read", "outer/vs/Const"]
    assert v.name == "vs/v:0" and c.name == "outer/vs/Const:0"
    assert all(node(name).attrs["_class"] == ["loc:@vs/v"] for name in names("vs/v"))


def test_floats_start_with_glorots_uniform_numbers_and_integers_with_zeros():
    tf.get_variable("f", [3, 4])
    tf.get_variable("i", [2], dtype=tf.int32)
    tf.get_variable("b", [2], dtype=tf.bool)
    assert "f/Initializer/random_uniform/RandomUniform" in names() and {"i/Initializer/zeros", "b/Initializer/zeros"} < set(names())
    bound = node("f/Initializer/random_uniform/max").attrs["value"]
    assert bound == pytest.approx((6 / 7) ** 0.5)


@pytest.mark.parametrize("reuse", [True, tf.AUTO_REUSE], ids=["True", "AUTO_REUSE"])
def test_reuse_gives_the_same_variable(reuse):
    with tf.variable_scope("a"):
        w = tf.get_variable("w", [2])
    before = names()
    with tf.variable_scope("a", reuse=reuse):
        assert tf.get_variable("w", [2]) is tf.get_variable("w") is w
    assert names() == before


def test_auto_reuse_makes_what_does_not_exist_and_inner_scopes_inherit_it():
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE), tf.variable_scope("b"):
        first = tf.get_variable("w", [2])
        assert tf.get_variable("w", [2]) is first and first.name == "a/b/w:0"


def test_reuse_variables_holds_from_then_on():
    w = tf.get_variable("w", [1])
    tf.get_variable_scope().reuse_variables()
    assert tf.get_variable("w") is w and tf.get_variable_scope().reuse is True


def test_scopes_opened_again_share_variables_but_not_name_scopes():
    with tf.variable_scope("s") as scope:
        v = tf.get_variable("v", [1])
        first = tf.constant(1.0)
    with tf.variable_scope(scope, reuse=True):
        assert tf.get_variable("v") is v
        second = tf.constant(1.0)
    with tf.variable_scope(scope, auxiliary_name_scope=False):
        third = tf.constant(1.0)
    with tf.name_scope("n"), tf.variable_scope(scope) as again:
        fourth = tf.constant(1.0)
    assert [c.name for c in (first, second, third, fourth)] == ["s/Const:0", "s_1/Const:0", "Const:0", "n/s/Const:0"]
    assert (again.name, again.original_name_scope) == ("s", "s/")


def test_default_names_are_made_unique_inside_the_scope():
    seen = []
    with tf.variable_scope("net"):
        for _ in range(3):
            with tf.variable_scope(None, "layer") as scope:
                seen.append((scope.name, tf.get_variable("w", [1]).name))
    assert seen == [(f"net/layer{n}", f"net/layer{n}/w:0") for n in ("", "_1", "_2")]
    with tf.variable_scope("net"):
        pass  # closing a scope makes the names below it begin anew
    with tf.variable_scope("net", reuse=True), tf.variable_scope(None, "layer") as scope:
        assert scope.name == "net/layer"


def test_inner_scopes_take_defaults_over_unless_they_say_otherwise():
    with tf.variable_scope("a", initializer=tf.constant_initializer(3.0), dtype=tf.float64, regularizer=tf.nn.l2_loss):
        with tf.variable_scope("b"):
            v = tf.get_variable("v", [2])
            u = tf.get_variable("u", [2], initializer=tf.ones_initializer(), regularizer=tf.no_regularizer, dtype=tf.float32)
        with tf.variable_scope("c", initializer=tf.zeros_initializer()):
            w = tf.get_variable("w", [2])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = [x.tolist() for x in session.run([v, u, w])]
    assert values == [[3.0, 3.0], [1.0, 1.0], [0.0, 0.0]] and (v.dtype.base_dtype, u.dtype.base_dtype) == (tf.float64, tf.float32)
    assert [t.name for t in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)] == [
        "a/b/v/Regularizer/L2Loss:0",
        "a/c/w/Regularizer/L2Loss:0",
    ]


def test_a_regularizer_is_built_beside_its_variable():
    tf.get_variable("w", [2, 2], initializer=tf.ones_initializer(), regularizer=lambda t: 0.01 * tf.nn.l2_loss(t))
    assert names("w/Reg") == ["w/Regularizer/L2Loss", "w/Regularizer/mul/x", "w/Regularizer/mul"]
    assert inputs("w/Regularizer/L2Loss") == ["w/read"] and node("w/Regularizer/mul").attrs["_class"] == ["loc:@w"]
    (loss,) = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert loss.name == "w/Regularizer/mul:0"


def test_release_2_21_builds_the_loss_of_a_regularizer_at_each_use(release_2_21):
    tf.get_variable("w", [2], initializer=tf.ones_initializer(), regularizer=tf.nn.l2_loss)
    total = tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
    assert [name for name in names() if "L2Loss" in name] == ["L2Loss", "w/Regularizer/L2Loss", "w/Regularizer/L2Loss_1"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(total) == 1.0


def test_constant_initializers_give_shape_and_type():
    a = tf.get_variable("a", initializer=[1.0, 2.0])
    b = tf.get_variable("b", initializer=3)
    c = tf.get_variable("c", initializer=lambda: tf.ones([2, 2]))
    d = tf.get_variable("d", initializer=tf.constant([1, 2]), dtype=tf.int32)
    assert [(v.shape.as_list(), v.dtype.base_dtype) for v in (a, b, c, d)] == [
        ([2], tf.float32),
        ([], tf.int32),
        ([2, 2], tf.float32),
        ([2], tf.int32),
    ]


def test_initializers_may_be_classes_or_functions_of_many_forms():
    forms = [
        tf.ones_initializer, tf.ones_initializer(), lambda shape, dtype: tf.ones(shape, dtype),
        lambda shape, dtype=None, partition_info=None: tf.ones(shape, dtype), lambda shape, **keywords: tf.ones(shape, keywords["dtype"]),
    ]  # fmt: skip
    made = [tf.get_variable(f"v{index}", [2], initializer=form) for index, form in enumerate(forms)]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert all(value.tolist() == [1.0, 1.0] for value in session.run(made))


def test_custom_getters_nest_from_the_inside_out():
    calls = []

    def getter(label):
        def get(inner, name, *args, **kwargs):
            calls.append((label, name, kwargs["shape"]))
            return inner(name, *args, **kwargs)

        return get

    with tf.variable_scope("a", custom_getter=getter("outer")), tf.variable_scope("b", custom_getter=getter("inner")):
        v = tf.get_variable("v", [2])
    assert calls == [("inner", "a/b/v", [2]), ("outer", "a/b/v", [2])] and v.name == "a/b/v:0"
    with tf.variable_scope("c", custom_getter=lambda inner, name, **kwargs: inner(name, **kwargs) + 1.0):
        assert isinstance(tf.get_variable("v", [2]), tf.Tensor)


def test_local_variables_are_neither_trained_nor_saved():
    v = tf.get_local_variable("l", [2])
    assert tf.local_variables() == [v] and not tf.global_variables() and not tf.trainable_variables()


def test_a_scope_lists_its_own_variables():
    with tf.variable_scope("a") as scope:
        v = tf.get_variable("v", [1])
        u = tf.get_variable("u", [1], trainable=False)
    tf.get_variable("w", [1])
    assert scope.global_variables() == [v, u] and scope.trainable_variables() == [v] and scope.local_variables() == []


def test_settings_of_a_scope_can_be_changed_while_it_is_open():
    with tf.variable_scope("a") as scope:
        scope.set_initializer(tf.ones_initializer())
        scope.set_dtype(tf.float64)
        scope.set_use_resource(True)
        v = tf.get_variable("v", [1])
    assert v.dtype == tf.float64 and hasattr(v, "handle") and "a/v/Initializer/ones" in names()


def test_values_choose_the_graph():
    other = tf.Graph()
    with other.as_default():
        x = tf.constant(1.0)
    with tf.variable_scope("s", values=[x]):
        v = tf.get_variable("v", [1])
    assert v.graph is other and names() == []


def test_the_old_form_takes_values_first():
    with tf.variable_op_scope([tf.constant(1.0)], None, "old") as scope:
        assert scope.name == "old"


# ---------------------------------------------------------------- errors


def refused(error, text, call):
    before = state()
    scope = tf.get_variable_scope()
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).split("\n")[0].startswith(text), str(caught.value)
    assert state() == before and tf.get_variable_scope() is scope
    return str(caught.value)


def test_a_name_can_be_used_once_and_the_error_shows_where():
    def twice():
        for _ in range(2):
            with tf.variable_scope("layer"):
                tf.get_variable("kernel", [2, 2])

    with pytest.raises(ValueError) as caught:
        twice()
    first, _, rest = str(caught.value).partition("\n")
    assert first == (
        "Variable layer/kernel already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope? "
        "Originally defined at:"
    )
    assert "test_variable_scope.py" in rest and ", in twice" in rest


def test_what_is_reused_must_exist_and_agree():
    tf.get_variable("w", [2])

    def reuse(**keywords):
        with tf.variable_scope("", reuse=True):
            tf.get_variable(**keywords)

    refused(ValueError, "Variable b does not exist, or was not created with tf.get_variable().", lambda: reuse(name="b", shape=[2]))
    refused(ValueError, "Trying to share variable w, but specified shape (3,) and found shape (2,).", lambda: reuse(name="w", shape=[3]))
    refused(
        ValueError,
        "Trying to share variable w, but specified dtype float64 and found dtype float32_ref.",
        lambda: reuse(name="w", dtype=tf.float64),
    )


def test_shapes_and_initializers_must_go_together():
    refused(ValueError, "Variable w did not get an initializer, so its `shape` argument must be specified.", lambda: tf.get_variable("w"))
    refused(ValueError, "The initializer passed is not valid.", lambda: tf.get_variable("w", [None, 3]))
    refused(ValueError, "If initializer is a constant, do not specify shape.", lambda: tf.get_variable("w", [2], initializer=[1.0, 2.0]))
    refused(ValueError, "Initializer type '", lambda: tf.get_variable("w", initializer=[1, 2], dtype=tf.float32))


def test_a_regularizer_that_fails_leaves_no_variable_behind():
    def bad(v):
        tf.nn.l2_loss(v)
        raise RuntimeError("no")

    refused(RuntimeError, "no", lambda: tf.get_variable("w", [2], regularizer=bad))
    assert tf.get_variable("w", [2]).name == "w:0"


def test_scopes_refuse_contradictions():
    refused(TypeError, "If default_name is None then name_or_scope is required", lambda: tf.variable_scope(None))
    refused(ValueError, "The reuse parameter must be True or False or None.", lambda: tf.variable_scope("a", reuse="yes"))
    refused(ValueError, "reuse cannot be True without a name_or_scope", lambda: tf.variable_scope(None, "a", reuse=True))
    refused(TypeError, "VariableScope: name_or_scope must be a string or VariableScope.", lambda: tf.variable_scope(3))
    refused(ValueError, "'a b' is not a valid scope name", lambda: tf.variable_scope("a b").__enter__())
    refused(ValueError, "Passed a custom_getter which is not callable", lambda: tf.get_variable("w", [1], custom_getter=3))


def test_an_error_inside_a_scope_closes_it():
    with pytest.raises(KeyError), tf.variable_scope("a"):
        raise KeyError
    assert tf.get_variable_scope().name == "" and tf.get_default_graph().get_name_scope() == ""
