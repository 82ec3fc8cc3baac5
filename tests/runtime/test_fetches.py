"""Structures of fetches."""

import collections

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core.release import get_release, set_release


@pytest.fixture
def abc():
    return tf.constant(1.0, name="a"), tf.constant(2.0, name="b"), tf.constant([3.0], name="c")


Point = collections.namedtuple("Point", "x y")


def test_every_structure_comes_back_in_its_own_form(abc):
    a, b, c = abc
    with tf.Session() as session:
        assert session.run([]) == [] and session.run(()) == () and session.run({}) == {}
        assert session.run((a, [b, a])) == (1.0, [2.0, 1.0])
        assert session.run(Point(a, {"k": b})) == Point(1.0, {"k": 2.0})
        ordered = session.run(collections.OrderedDict([("z", a), ("y", (b,))]))
        assert type(ordered) is collections.OrderedDict and list(ordered.items()) == [("z", 1.0), ("y", (2.0,))]
        default = session.run(collections.defaultdict(list, k=a))
        assert type(default) is collections.defaultdict and default == {"k": 1.0} and default["new"] == []
        deep = [a]
        for _ in range(50):
            deep = [deep]
        value = session.run(deep)
        for _ in range(50):
            value = value[0]
        assert value == [1.0]


def test_attrs_classes_come_back_as_such(abc):
    class Pair:
        __attrs_attrs__ = (collections.namedtuple("Field", "name")("left"), collections.namedtuple("Field", "name")("right"))

        def __init__(self, left, right):
            self.left, self.right = left, right

    with tf.Session() as session:
        pair = session.run(Pair(abc[0], [abc[1]]))
    assert type(pair) is Pair and (pair.left, pair.right) == (1.0, [2.0])


def test_names_operations_and_variables_can_be_fetched(abc):
    w = tf.Variable(5.0, name="w")
    with tf.Session() as session:
        session.run(w.initializer)
        assert session.run(["a:0", "b", w, w.op, "w:0", w.value()]) == [1.0, None, 5.0, None, 5.0, 5.0]


def test_a_tensor_fetched_twice_gives_two_arrays(abc):
    with tf.Session() as session:
        one, two = session.run([abc[2], abc[2]])
    one[0] = 99.0
    assert two[0] == 3.0


def test_composite_tensors_give_their_value_types():
    sparse = tf.SparseTensor([[0, 1]], [4.0], [2, 2])
    slices = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([3]))
    shaped = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]), tf.constant([2, 1]))
    with tf.Session() as session:
        value = session.run({"s": sparse, "i": slices, "d": shaped})
    assert type(value["s"]) is tf.SparseTensorValue and value["s"].values.tolist() == [4.0] and value["s"].dense_shape.tolist() == [2, 2]
    assert value["i"].indices.tolist() == [3] and value["i"].dense_shape is None
    assert value["d"].dense_shape.tolist() == [2, 1]


@pytest.mark.parametrize("fetch, kind, text", [
    (None, TypeError, 'Argument `fetch` = None has invalid type "NoneType". Cannot be None'),
    (7, TypeError, 'Argument `fetch` = 7 has invalid type "int" must be a string or Tensor. '
                   "(Can not convert a int into a Tensor or Operation.)"),
    ("nope:0", ValueError, "Argument `fetch` = nope:0 cannot be interpreted as a Tensor. (\"The name 'nope:0' refers to a Tensor which "
                           "does not exist. The operation, 'nope', does not exist in the graph.\")"),
    ("a:3", ValueError, "Argument `fetch` = a:3 cannot be interpreted as a Tensor. (\"The name 'a:3' refers to a Tensor which does not "
                        "exist. The operation, 'a', exists but only has 1 outputs.\")"),
])  # fmt: skip
def test_what_cannot_be_fetched_is_refused_in_the_words_of_the_release(abc, fetch, kind, text):
    before = get_release()
    try:
        set_release("2.21")
        with tf.Session() as session, pytest.raises(kind) as caught:
            session.run([abc[0], fetch])
        assert str(caught.value).splitlines()[0] == text
        set_release("1.15")
        with tf.Session() as session, pytest.raises(kind, match="^Fetch argument "):
            session.run(fetch)
    finally:
        set_release(before)


def test_tensors_of_another_graph_are_refused(abc):
    with tf.Graph().as_default():
        far = tf.constant(1.0, name="far")
    with tf.Session() as session, pytest.raises(ValueError, match="is not an element of this graph"):
        session.run(far)


def test_a_name_that_is_not_there_is_told_with_the_nearest(abc):
    with tf.Session() as session, pytest.raises(ValueError) as caught:
        session.run("A:0")
    first, second = str(caught.value).splitlines()
    assert first.endswith(
        """("The name 'A:0' refers to a Tensor which does not exist. The operation, 'A', does not exist in the graph.")"""
    )
    assert second == "  The nearest names: a."


def test_what_is_inside_a_loop_cannot_be_fetched(abc):
    tf.get_default_graph().prevent_fetching(abc[0].op)
    with tf.Session() as session, pytest.raises(ValueError, match="Operation a has been marked as not fetchable"):
        session.run(abc[0])


def test_a_failed_fetch_leaves_nothing_behind(abc):
    nodes = len(tf.get_default_graph().get_operations())
    with tf.Session() as session:
        for _ in range(3):
            with pytest.raises(TypeError):
                session.run([abc[0], None])
        assert session.run(abc[0]) == 1.0
    assert len(tf.get_default_graph().get_operations()) == nodes


def test_results_have_the_types_of_the_graph():
    with tf.Session() as session:
        values = session.run([tf.constant([1, 2]), tf.constant(1.5, tf.float64), tf.constant([True]), tf.constant(3, tf.uint8)])
    assert [np.asarray(value).dtype.name for value in values] == ["int32", "float64", "bool", "uint8"]
