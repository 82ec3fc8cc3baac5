"""Names, devices, attributes, errors, releases and source lines."""

import os
import subprocess
import sys

import numpy as np
import pytest

from autograd_lite.core import attrs, device, dtypes, errors, names, release, where
from autograd_lite.core.release import get_release, set_release


def test_node_names_and_scope_names_have_tensorflows_rules():
    names.check_node_name("a/b_1.c-d")
    names.check_scope_name("_inner", inside=True)
    with pytest.raises(ValueError, match="^'has space' is not a valid node name\n"):
        names.check_node_name("has space")
    with pytest.raises(ValueError, match="^'_inner' is not a valid scope name\n"):
        names.check_scope_name("_inner", inside=False)


def test_wrong_names_are_refused_in_the_words_of_the_release(monkeypatch):
    monkeypatch.setattr(release, "_current", [release.RELEASES["2.21"]])
    with pytest.raises(ValueError, match="`has space` is not a valid node name. Accepted names conform to"):
        names.check_node_name("has space")
    with pytest.raises(ValueError, match="is not a valid root scope name. A root scope name has to match"):
        names.check_scope_name("_inner", inside=False)


def test_device_names_are_spelled_in_full_and_merged():
    assert device.canonical("/gpu:1") == "/device:GPU:1" and device.canonical("/cpu:*") == "/device:CPU:*"
    assert device.merge("/job:ps/task:1", "/cpu:0") == "/job:ps/task:1/device:CPU:0"
    assert device.merge("/gpu:0", "/gpu:1") == "/device:GPU:1"
    with pytest.raises(ValueError, match="invalid literal for int"):
        device.canonical("/gpu:zero")
    with pytest.raises(ValueError, match=r"^Unknown attribute: 'gpuu' in '/gpuu:0'\n  Devices are called like /cpu:0"):
        device.canonical("/gpuu:0")


def test_attributes_are_stored_in_one_form_per_kind():
    assert attrs.store("type", np.float32, "dtype") is dtypes.float32
    assert attrs.store("shape", [2, None], "shape") == (2, None) and attrs.store("shape", None, "shape") is None
    assert attrs.store("list(int)", (1, np.int64(2)), "ksize") == [1, 2] and attrs.store("string", b"NHWC", "f") == "NHWC"
    assert attrs.store("string", b"\xff", "f") == b"\xff"


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("int", 1.5, "Expected int for argument 'n' not 1.5"),
        ("bool", 1, "Expected bool"),
        ("float", "x", "Expected float"),
        ("type", "float33", "Expected DataType for argument 'n' not 'float33'."),
        ("list(int)", 3, "Expected list for attr n"),
        ("tensor", [1], "convert .* to a TensorProto"),
    ],
)
def test_attributes_of_the_wrong_kind_are_refused(kind, value, text):
    with pytest.raises(TypeError, match=text):
        attrs.store(kind, value, "n")


def test_attributes_print_as_in_node_summaries():
    values = [True, dtypes.float32, "SAME", 0.001, [1, 2], (2, None), None]
    assert [attrs.text(value) for value in values] == ["true", "DT_FLOAT", '"SAME"', "0.001", "[1, 2]", "[2,?]", "<unknown>"]


def test_each_error_code_has_its_class():
    for code in range(1, 17):
        cls = errors.exception_type_from_error_code(code)
        error = cls(None, None, "why")
        assert error.error_code == code and error.message == str(error) == "why" and errors.error_code_from_exception_type(cls) == code


def test_the_release_is_chosen_by_name_only(monkeypatch):
    before = get_release()
    try:
        set_release("2.21")
        assert get_release() == "2.21" and release.release().add_type == "AddV2"
        with pytest.raises(ValueError, match="Unknown release '3'"):
            set_release("3")
        assert get_release() == "2.21"
    finally:
        set_release(before)


def test_a_wrong_release_in_the_environment_is_told_with_the_name_of_the_variable():
    wrong = {**os.environ, "AUTOGRAD_LITE_RELEASE": "2.0"}
    done = subprocess.run([sys.executable, "-c", "import autograd_lite"], env=wrong, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Unknown release '2.0'" in done.stderr and "AUTOGRAD_LITE_RELEASE says so" in done.stderr


def test_the_captured_line_is_the_users_own():
    spot = where.capture()
    assert spot.filename == __file__ and spot.function == "test_the_captured_line_is_the_users_own"
