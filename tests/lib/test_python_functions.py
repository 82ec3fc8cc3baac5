"""Functions of Python as nodes."""

import gc

import numpy as np
import pytest

import autograd_lite as tf


def run(fetches, feed_dict=None):
    with tf.Session() as session:
        return session.run(fetches, feed_dict)


def test_function_gets_scalars_arrays_and_bytes():
    seen = []

    def look(*values):
        seen.extend(values)
        return np.float32(3)

    assert run(tf.py_func(look, [tf.constant(1.0), tf.constant([1, 2]), tf.constant("abc"), tf.constant(["a"])], tf.float32)) == 3
    assert [type(value) for value in seen] == [np.float32, np.ndarray, bytes, np.ndarray]


def test_function_may_write_into_what_it_gets():
    x = tf.placeholder(tf.float32, [2])
    fed = np.zeros(2, np.float32)

    def spoil(array):
        array += 1
        return array

    assert run(tf.py_func(spoil, [x], tf.float32), {x: fed}).tolist() == [1, 1]
    assert fed.tolist() == [0, 0]


def test_text_comes_back_as_bytes():
    assert run(tf.py_func(lambda: "äb", [], tf.string)) == "äb".encode()
    assert run(tf.py_func(lambda: [b"a", b"cd"], [], [tf.string, tf.string])) == [b"a", b"cd"]


def test_types_are_not_converted():
    with pytest.raises(tf.errors.InvalidArgumentError, match="0-th value returned by pyfunc_[0-9]+ is double, but expects float"):
        run(tf.py_func(lambda: 3.0, [], tf.float32))


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (ValueError("x"), tf.errors.InvalidArgumentError),
        (TypeError("x"), tf.errors.InvalidArgumentError),
        (StopIteration("x"), tf.errors.OutOfRangeError),
        (MemoryError("x"), tf.errors.ResourceExhaustedError),
        (NotImplementedError("x"), tf.errors.UnimplementedError),
        (KeyError("x"), tf.errors.UnknownError),
    ],
)
def test_exceptions_become_those_of_tensorflow_and_name_the_line(error, wanted):
    def fail():
        raise error

    with pytest.raises(wanted, match=f"{type(error).__name__}: .*x") as caught:
        run(tf.py_func(fail, [], tf.int64))
    assert "in fail" in str(caught.value) and "test_python_functions.py" in str(caught.value)


def test_function_without_results_is_an_operation():
    seen = []
    op = tf.py_func(lambda x: seen.append(float(x)), [1.5], [])
    assert op.type == "PyFunc"
    run(op)
    assert seen == [1.5]


def test_registered_gradient_serves_a_python_function():
    @tf.RegisterGradient("SquareInPython")
    def square_gradient(op, dy):
        return 2 * op.inputs[0] * dy

    x = tf.constant([1.0, 3.0])
    with tf.get_default_graph().gradient_override_map({"PyFunc": "SquareInPython"}):
        y = tf.py_func(np.square, [x], tf.float32)
    assert run(tf.gradients(y, x)[0]).tolist() == [2, 6]


def test_gradient_of_a_function_of_tensors_takes_the_branch_that_ran():
    x = tf.placeholder(tf.float32, [])
    y = tf.py_function(lambda value: value**2 if value.numpy() > 0 else -5 * value, [x], tf.float32)
    slope = tf.gradients(y, x)[0]
    assert run([y, slope], {x: 3.0}) == [9, 6]
    assert run([y, slope], {x: -3.0}) == [15, -5]


def test_tensors_elsewhere_have_no_value():
    assert not hasattr(tf.constant(1.0), "numpy")


def test_function_lives_as_long_as_its_graph():
    with tf.Graph().as_default() as graph:
        y = tf.py_func(lambda: np.float32(1), [], tf.float32)
        gc.collect()
        with tf.Session(graph=graph) as session:
            assert session.run(y) == 1


def test_imported_graph_does_not_call_python():
    with tf.Graph().as_default() as graph:
        tf.py_func(lambda: np.float32(1), [], tf.float32, name="call")
    with tf.Graph().as_default():
        tf.import_graph_def(graph.as_graph_def(), name="")
        with pytest.raises(tf.errors.PermissionDeniedError):
            run("call:0")


def test_what_is_not_callable_leaves_no_node():
    with pytest.raises(ValueError, match="Expected func to be callable"):
        tf.py_func(3, [1.0], tf.float32)
    assert not tf.get_default_graph().get_operations()
