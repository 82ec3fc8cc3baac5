"""Objects with variables and a name scope of their own."""

import pytest

import autograd_lite as tf


class Leaf(tf.Module):
    def __init__(self, name=None):
        super().__init__(name=name)
        with self.name_scope:
            self.w = tf.Variable(1.0, name="w")
        self.fixed = [tf.Variable(2.0, name="fixed", trainable=False)]

    @tf.Module.with_name_scope
    def __call__(self, x):
        return x * self.w


class TwoLeaves(tf.Module):
    def __init__(self):
        super().__init__()
        self.leaves = {"b": Leaf("b"), "a": Leaf("a")}


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def test_variables_are_found_in_alphabetical_order_of_the_attributes():
    leaf = Leaf()
    assert [v.op.name for v in leaf.variables] == ["fixed", "leaf/w"]
    assert [v.op.name for v in leaf.trainable_variables] == ["leaf/w"]
    assert leaf.submodules == ()


def test_modules_in_lists_and_dictionaries_belong_to_it():
    tree = TwoLeaves()
    assert tree.name == "two_leaves"
    assert tree.submodules == (tree.leaves["a"], tree.leaves["b"])
    assert [v.op.name for v in tree.trainable_variables] == ["a/w", "b/w"]


def test_methods_build_in_the_scope_of_the_module_and_a_second_one_has_a_scope_of_its_own():
    first, second = Leaf(), Leaf()
    assert first(tf.constant(2.0)).op.name == "leaf/mul"
    assert second.name == "leaf"
    assert second.w.op.name == "leaf_1/w"
    assert second(tf.constant(2.0)).op.name == "leaf_1/mul"


def test_a_name_that_python_would_not_take_is_refused():
    with pytest.raises(ValueError, match="'a b' is not a valid module name. Module names must be valid Python identifiers"):
        Leaf("a b")


def test_a_checkpoint_holds_the_variables_of_a_module(tmp_path):
    leaf = Leaf()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(leaf.w.assign(7.0))
        path = tf.train.Checkpoint(module=leaf).save(str(tmp_path / "module"), session=session)
    assert "module/w/.ATTRIBUTES/VARIABLE_VALUE" in dict(tf.train.list_variables(path))
