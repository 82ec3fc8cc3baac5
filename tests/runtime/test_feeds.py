"""What can be fed, and what is said of what cannot."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core.release import get_release, set_release


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_any_tensor_may_be_fed_and_then_its_producers_do_not_run(session):
    p = tf.placeholder(tf.float32, [], name="p")
    middle = tf.exp(p, name="middle")
    out = middle * 2.0
    assert session.run(out, {middle: 5.0}) == 10.0  # p is not needed
    constant = tf.constant([1.0, 2.0])
    assert session.run(constant + 1.0, {constant: [7.0, 8.0]}).tolist() == [8.0, 9.0]


def test_a_variable_may_be_fed(session):
    w = tf.Variable([1.0, 2.0])
    double = w * 2.0
    assert session.run(double, {w.value(): [3.0, 4.0]}).tolist() == [6.0, 8.0]
    assert session.run(w, {w: [5.0, 6.0]}).tolist() == [5.0, 6.0]
    session.run(w.initializer, {w.initializer.inputs[1]: [9.0, 9.0]})
    assert session.run(w).tolist() == [9.0, 9.0]


def test_one_output_of_an_op_may_be_fed(session):
    first, second = tf.unstack(tf.constant([[1.0], [2.0]]))
    assert session.run([first, second], {first: [10.0]}) == [[10.0], [2.0]]


def test_feeds_are_converted_to_the_tensors_type(session):
    x, n, s = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.int64, []), tf.placeholder(tf.string)
    values = session.run([x, n, s], {x: [1, 2], n: np.int32(3), s: ["a", b"b"]})
    assert values[0].dtype == np.float32 and values[1].dtype == np.int64 and values[2].tolist() == [b"a", b"b"]
    assert session.run(s, {s: "é"}) == "é".encode()
    assert session.run(n, {n: True}) == 1
    assert session.run(x, {x: np.arange(3, dtype=">f8")}).dtype.isnative
    assert session.run(x, {x: range(3)}).tolist() == [0, 1, 2]


def test_names_and_composite_keys_may_be_fed(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    sparse = tf.SparseTensor(tf.placeholder(tf.int64), tf.placeholder(tf.float32), tf.placeholder(tf.int64))
    assert session.run(x, {"x:0": [1, 2]}).tolist() == [1, 2]
    value = session.run(sparse, {sparse: tf.SparseTensorValue([[0, 0]], [1.0], [1, 1])})
    assert value.values.tolist() == [1.0]
    y = tf.placeholder(tf.float32, [])
    assert session.run(x[0] + y, {(x, y): ([1.0, 2.0], 5.0)}) == 6.0


def test_different_shapes_may_be_fed_one_after_the_other(session):
    x = tf.placeholder(tf.float32, [None, None])
    total, shape = tf.reduce_sum(x), tf.shape(x)
    for rows in (1, 2, 3, 2, *range(4, 20)):
        value, found = session.run([total, shape], {x: np.ones((rows, 3))})
        assert value == rows * 3 and found.tolist() == [rows, 3]
    assert all(runner.plans <= 9 for runner in session._fed.values())


def first_line(caught):
    return str(caught.value).splitlines()[0]


def test_a_wrong_shape_names_the_placeholder(session):
    x = tf.placeholder(tf.float32, [None, 4], name="batch")
    before = get_release()
    try:
        for release, text in [
            ("1.15", "Cannot feed value of shape (2, 5) for Tensor 'batch:0', which has shape '(?, 4)'"),
            ("2.21", "Cannot feed value of shape (2, 5) for Tensor batch:0, which has shape (?, 4)"),
        ]:
            set_release(release)
            with pytest.raises(ValueError) as caught:
                session.run(x, {x: np.ones((2, 5))})
            assert first_line(caught) == text and "test_feeds.py" in str(caught.value)
    finally:
        set_release(before)


def test_none_has_shape_nothing(session):
    x = tf.placeholder(tf.float32, [2], name="v")
    with pytest.raises(ValueError, match=r"Cannot feed value of shape \(\) for Tensor"):
        session.run(x, {x: None})


@pytest.mark.parametrize("value, kind, text", [
    ("abc", ValueError, "could not convert string to float"),
    ([[1.0, 2.0], [3.0]], ValueError, "setting an array element with a sequence. The requested array has an inhomogeneous shape"),
    (object(), TypeError, "float"),
])  # fmt: skip
def test_values_that_are_no_numbers_are_refused_with_the_name(session, value, kind, text):
    x = tf.placeholder(tf.float32, name="v")
    with pytest.raises(kind, match=text) as caught:
        session.run(x, {x: value})
    assert "v:0" in str(caught.value)


def test_an_integer_that_does_not_fit_is_refused(session):
    n = tf.placeholder(tf.int32, [], name="n")
    with pytest.raises(TypeError, match="Type of feed value 1099511627776 with type <class 'int'> is not compatible with Tensor type"):
        session.run(n, {n: 2**40})
    assert session.run(n, {n: 1.5}) == 1  # as TensorFlow does
    truth, text = tf.placeholder(tf.bool, []), tf.placeholder(tf.string, [])
    for tensor, value in ((truth, 3), (text, 5)):
        with pytest.raises(TypeError, match=f"Type of feed value {value} with type <class 'int'> is not compatible"):
            session.run(tensor, {tensor: value})
    assert session.run(truth, {truth: 1})


def test_a_tensor_as_value_is_refused(session):
    x = tf.placeholder(tf.float32, [2], name="v")
    with pytest.raises(TypeError, match="The value of a feed cannot be a tf.Tensor object"):
        session.run(x, {x: tf.constant([1.0, 2.0])})


def test_keys_that_are_no_tensors_are_refused(session):
    c = tf.constant(1.0, name="slope")
    with pytest.raises(TypeError, match="Cannot interpret feed_dict key as Tensor: Can not convert a float into a Tensor."):
        session.run(c, {3.5: 1.0})
    with pytest.raises(TypeError) as caught:
        session.run(c, {"slop:0": 1.0})
    first, *rest = str(caught.value).splitlines()
    assert first == (
        "Cannot interpret feed_dict key as Tensor: The name 'slop:0' refers to a Tensor which does not exist. "
        "The operation, 'slop', does not exist in the graph."
    )
    assert rest[-1] == "  The nearest names: slope."
    for _ in range(2):  # also when a plan for this feed is there
        with pytest.raises(TypeError, match="'dict' must be a dictionary"):
            session.run(c, [c])
        session.run(c, {c: 2.0})
    with tf.Graph().as_default():
        far = tf.placeholder(tf.float32, name="far")
    with pytest.raises(TypeError, match="is not an element of this graph"):
        session.run(c, {far: 1.0})


def test_handles_cannot_be_fed(session):
    v = tf.get_variable("w", [2], use_resource=True)
    with pytest.raises(KeyError, match="^20"):
        session.run(v.value(), {v.handle: 3})
    guarded = tf.constant(1.0)
    tf.get_default_graph().prevent_feeding(guarded)
    with pytest.raises(ValueError, match="may not be fed"):
        session.run(guarded, {guarded: 2.0})


def test_nothing_fed_is_the_same_as_an_empty_dict(session):
    c = tf.constant(1.0)
    assert session.run(c, {}) == session.run(c, None) == session.run(c) == 1.0


def test_indexed_slices_may_be_fed(session):
    values, indices, shape = tf.placeholder(tf.float32), tf.placeholder(tf.int32), tf.placeholder(tf.int32)
    for slices in (tf.IndexedSlices(values, indices), tf.IndexedSlices(values, indices, shape)):
        fed = ([[1.0]], [0], [2, 1])[: 3 if slices.dense_shape is not None else 2]
        got = session.run(slices, {slices: fed})
        assert got.values.tolist() == [[1.0]] and got.indices.tolist() == [0]


def test_a_key_and_a_value_of_different_form_are_refused(session):
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with pytest.raises(ValueError, match="Key had 2 elements, but value had 1 elements"):
        session.run(x, {(x, y): [1.0]})
