import pathlib

import numpy as np
import pytest

from autograd_lite.core.shapes import Dimension, TensorShape
from autograd_lite.lib import compat


def test_text_and_bytes_are_turned_into_each_other():
    assert compat.as_bytes("h\u00e9") == compat.as_bytes(b"h\xc3\xa9") == compat.as_bytes(bytearray(b"h\xc3\xa9")) == b"h\xc3\xa9"
    assert compat.as_text(b"h\xc3\xa9") == compat.as_text("h\u00e9") == "h\u00e9"
    assert compat.as_bytes("h\u00e9", "latin-1") == b"h\xe9"
    assert compat.as_str_any(b"x") == "x" and compat.as_str_any(3) == "3"
    assert compat.path_to_str(pathlib.Path("a") / "b") == str(pathlib.Path("a/b")) and compat.path_to_str(3) == 3


@pytest.mark.parametrize("convert", [compat.as_bytes, compat.as_text])
def test_something_else_is_a_type_error(convert):
    with pytest.raises(TypeError, match="Expected binary or unicode string, got 3"):
        convert(3)


def test_numbers_are_sorted_by_kind():
    assert isinstance(np.int8(1), compat.integral_types) and not isinstance(1.0, compat.integral_types)
    assert isinstance(np.float16(1), compat.real_types) and not isinstance(1j, compat.real_types)
    assert isinstance(np.complex64(1), compat.complex_types)


def test_dimensions_are_read_whatever_their_form():
    assert compat.dimension_value(Dimension(3)) == compat.dimension_value(3) == 3
    assert compat.dimension_value(Dimension(None)) is None
    assert compat.dimension_at_index(TensorShape([2, 5]), 1) == 5
    assert compat.dimension_at_index(TensorShape(None), 1).value is None
