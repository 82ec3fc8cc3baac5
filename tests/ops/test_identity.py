import numpy as np
import pytest

from autograd_lite.autodiff.gradients import gradients
from autograd_lite.core.errors import UnimplementedError
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from tests.ops.kernels import complaint, fed, run, shape_complaint


def test_cast_cuts_fractions_off_and_keeps_truth():
    np.testing.assert_array_equal(run("Cast", [-1.7, 1.7], DstT="int32"), [-1, 1])
    np.testing.assert_array_equal(run("Cast", [0.0, 0.5], DstT="bool"), [False, True])
    np.testing.assert_array_equal(run("Cast", np.array([3 + 4j], np.complex64), DstT="float32"), [3])


def test_cast_of_what_an_integer_cannot_hold_is_its_most_negative_number():
    np.testing.assert_array_equal(run("Cast", [np.nan, 3e9, -np.inf], DstT="int32"), [-(2**31)] * 3)


def test_cast_of_strings_is_not_supported():
    with pytest.raises(UnimplementedError, match="Cast string to float is not supported"):
        run("Cast", np.array([b"1"], object), DstT="float32")


def test_bitcast_splits_and_joins_along_the_last_axis():
    words = np.array([1, 2], np.int32)
    octets = run("Bitcast", words, type="uint8")
    assert octets.shape == (2, 4)
    np.testing.assert_array_equal(run("Bitcast", octets, type="int32"), words)
    assert shape_complaint("Bitcast", np.zeros(3, np.int8), type="int32") == "Cannot bitcast from 6 to 3 due to shape. 3 does not match 4"


def test_check_numerics_names_what_it_found():
    assert complaint(run, "CheckNumerics", [1.0, np.nan], message="loss") == "loss : Tensor had NaN values"
    assert complaint(run, "CheckNumerics", [np.inf, 1.0], message="loss") == "loss : Tensor had Inf values"
    assert complaint(run, "CheckNumerics", [np.inf, np.nan], message="loss") == "loss : Tensor had Inf and NaN values"


def test_ensure_shape_compares_when_it_runs():
    assert run("EnsureShape", np.zeros((2, 3), np.float32), shape=(2, None)).shape == (2, 3)
    message = complaint(fed, "EnsureShape", np.zeros((3, 3), np.float32), shape=(2, None))
    assert message == "Shape of tensor _arg_Placeholder_0_0 [3,3] is not compatible with expected shape [2,?]."


def test_no_gradient_passes_where_it_is_stopped_and_none_may_where_it_is_prevented():
    with Graph().as_default():
        x = TABLE["Placeholder"](dtype="float32", shape=())
        assert gradients([TABLE["StopGradient"](x)], [x]) == [None]
        with pytest.raises(LookupError, match="Gradient explicitly disabled. Reason: not here"):
            gradients([TABLE["PreventGradient"](x, message="not here")], [x])
        assert gradients([TABLE["Cast"](TABLE["Cast"](x, DstT="int32"), DstT="float32")], [x]) == [None]
