"""Python values become tensors with TensorFlow's typing."""

import numpy as np
import pytest

from autograd_lite.core import dtypes
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph.conversion import convert_to_tensor, fill_shape, make_array, register_tensor_conversion_function
from autograd_lite.graph.graph import Graph


@pytest.fixture(autouse=True)
def graph():
    with Graph().as_default() as g:
        yield g


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"),
        (2**40, "int64"),
        (1.5, "float32"),
        (True, "bool"),
        (1j, "complex128"),
        ("a", "string"),
        ([1, 2.5], "float32"),
        (np.float64(1), "float64"),
        (np.ones(2), "float64"),
        ([np.float64(1)], "float32"),
        (np.int64(3), "int64"),
        ([], "float32"),
        (np.array(["a"]), "string"),
        (np.uint8(3), "uint8"),
    ],
)
def test_the_type_of_a_constant_follows_its_values(value, dtype):
    assert convert_to_tensor(value).dtype.name == dtype


@pytest.mark.parametrize(
    ("value", "dtype", "error", "text"),
    [
        (1.5, "int32", TypeError, "Expected int32, got 1.5 of type 'float' instead."),
        ("a", "float32", TypeError, "Expected float32, got 'a' of type 'str' instead."),
        (None, None, ValueError, "None values not supported."),
        ([1, "a"], None, TypeError, r"Failed to convert elements of \[1, 'a'\] to Tensor. Consider casting elements"),
        ([1.0, None], None, TypeError, "Failed to convert elements of"),
        ([[1, 2], [3]], None, ValueError, "setting an array element with a sequence"),
        (1, "string", TypeError, "Expected string, got 1 of type 'int' instead."),
        (True, "int32", TypeError, "Expected int32, got True of type 'bool' instead."),
    ],
)
def test_values_that_do_not_fit_are_refused_in_tensorflows_words(graph, value, dtype, error, text):
    with pytest.raises(error, match=text):
        convert_to_tensor(value, dtype)
    assert graph.get_operations() == []


def test_a_tensor_of_another_type_is_not_converted_silently():
    with pytest.raises(ValueError, match="requested dtype int32 for Tensor with dtype float32: <tf.Tensor 'Const:0' shape="):
        convert_to_tensor(convert_to_tensor(1.0), dtypes.int32)


def test_the_preferred_type_is_only_a_wish():
    assert convert_to_tensor(1, preferred_dtype=dtypes.float64).dtype is dtypes.float64
    assert convert_to_tensor("a", preferred_dtype=dtypes.float64).dtype is dtypes.string


def test_changing_the_array_later_does_not_change_the_constant():
    array = np.ones(3, np.float32)
    tensor = convert_to_tensor(array)
    array[:] = 7
    assert tensor.op.attrs["value"].tolist() == [1, 1, 1] and not tensor.op.attrs["value"].flags.writeable


def test_a_shape_is_filled_with_the_last_value():
    assert make_array([1, 2], shape=(2, 2)).tolist() == [[1, 2], [2, 2]]
    with pytest.raises(ValueError, match="Too many elements provided. Takes at most 2, but got 3"):
        make_array([1, 2, 3], shape=(2,))


def test_objects_convert_through_registered_functions():
    class Wrapped:
        def __init__(self, value):
            self.value = value

    register_tensor_conversion_function(
        Wrapped, lambda value, dtype=None, name=None, as_ref=False: convert_to_tensor(value.value, dtype, name)
    )
    assert convert_to_tensor(Wrapped(3), name="w").op.name == "w"
    with pytest.raises(TypeError, match="base_type must be a type"):
        register_tensor_conversion_function("no type", print)


def test_a_constant_above_two_gigabytes_is_refused_before_it_is_copied_into_the_graph(graph):
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), shape=((1 << 29) + 16,), strides=(0,))
    with pytest.raises(ValueError, match="Cannot create a tensor proto whose content is larger than 2GB."):
        convert_to_tensor(huge)
    assert graph.get_operations() == []


def test_more_dimensions_than_an_array_can_have_are_refused():
    with pytest.raises(InvalidArgumentError, match="^Too many dimensions\n  An array has at most"):
        fill_shape(np.zeros(1, np.float32), (1,) * 255)
