"""Element types have TensorFlow's names, numbers and limits."""

import numpy as np
import pytest

from autograd_lite.core import dtypes


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("float32", "float32"),
        ("float", "float32"),
        ("half", "float16"),
        (np.int64, "int64"),
        (np.dtype("uint8"), "uint8"),
        (float, "float32"),
        (int, "int32"),
        (bool, "bool"),
        (str, "string"),
        (np.dtype("S3"), "string"),
        (1, "float32"),
        (101, "float32_ref"),
        ("DT_DOUBLE", "float64"),
        (np.dtype(">f4"), "float32"),
        (complex, "complex64"),
        ("float32_ref", "float32_ref"),
    ],
)
def test_a_type_is_found_by_every_spelling(given, name):
    assert dtypes.as_dtype(given).name == name


@pytest.mark.parametrize("given", ["float33", 77, None, np.dtype("M8[s]"), [], object()])
def test_what_means_no_type_is_refused(given):
    with pytest.raises(TypeError, match="Cannot convert value"):
        dtypes.as_dtype(given)


def test_a_reference_type_knows_its_value_type():
    ref = dtypes.float32._as_ref
    assert ref.is_ref and ref.base_dtype is dtypes.float32 and ref != dtypes.float32
    assert ref.as_datatype_enum == 101 and str(ref) == "<dtype: 'float32_ref'>"
    assert dtypes.float32.is_compatible_with(ref) and not ref.is_compatible_with(dtypes.float32)


def test_types_compare_with_every_spelling_and_print_as_in_tf1():
    assert dtypes.float32 == np.float32 and dtypes.float32 == "float32" and dtypes.float32 != "nonsense"
    assert repr(dtypes.int64) == "tf.int64" and str(dtypes.int64) == "<dtype: 'int64'>"


def test_limits_are_those_of_numpy():
    assert dtypes.int8.min == -128 and dtypes.uint16.max == 65535 and dtypes.float32.max == np.finfo(np.float32).max
    assert dtypes.uint8.limits == (0, 255) and dtypes.float64.limits == (0, 1)
    with pytest.raises(TypeError, match="Cannot find minimum"):
        _ = dtypes.string.min


def test_kinds_exclude_each_other():
    for dtype in dtypes.VALUE_TYPES:
        kinds = [dtype.is_bool, dtype.is_integer, dtype.is_floating, dtype.is_complex, dtype.is_quantized]
        assert sum(kinds) <= 1
    assert dtypes.complex128.real_dtype is dtypes.float64 and dtypes.float32.real_dtype is dtypes.float32


def test_resources_have_no_numpy_type():
    with pytest.raises(TypeError, match="no NumPy equivalent"):
        _ = dtypes.resource.numpy
