import numpy as np
import pytest

from autograd_lite.autodiff.gradients import gradients
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.runtime.session import Session
from tests.ops.kernels import complaint, fed, run, shape_complaint

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_axes_are_checked_while_building_and_while_running():
    assert shape_complaint("Sum", X, 2) == "Invalid reduction dimension 2 for input with 2 dimensions."
    assert complaint(fed, "Sum", X, 3) == "Invalid reduction dimension (3 for input with 2 dimension(s)"
    assert complaint(fed, "Sum", X, [0, 0]) == "Invalid reduction arguments: Axes contains duplicate dimension: 0"


def test_sums_of_small_integers_wrap_in_their_own_type():
    total = run("Sum", np.array([100, 100], np.int8), [0])
    assert total.dtype == np.int8 and total == -56


def test_mean_of_integers_is_cut_off_and_mean_of_nothing_is_nan():
    assert run("Mean", [-1, -2], [0]) == -1
    assert np.isnan(run("Mean", np.zeros(0, np.float32), [0]))


def test_extremes_of_nothing_are_the_limits_of_the_type():
    empty = np.zeros((0, 2))
    np.testing.assert_array_equal(run("Max", empty, [0]), [-np.inf, -np.inf])
    np.testing.assert_array_equal(run("Min", empty, [0]), [np.inf, np.inf])
    assert run("Max", np.zeros(0, np.int32), [0]) == -(2**31)


def test_positions_of_extremes_pass_over_nan():
    assert run("ArgMax", [1.0, np.nan, 3.0], 0) == 2
    assert run("ArgMin", [np.nan, 1.0, 3.0], 0) == 1
    assert run("ArgMax", [np.nan, np.nan], 0) == 0


def test_position_in_nothing_is_an_error():
    assert complaint(run, "ArgMax", np.zeros((0, 3), np.float32), 0) == "Reduction axis 0 is empty in shape [0,3]"
    assert (
        shape_complaint("ArgMax", X, 4) == "Dimension (4) must be in the range [-2, 2), where 2 is the number of dimensions in the input."
    )


def test_shape_is_inferred_from_known_axes_only():
    with Graph().as_default():
        x = TABLE["Placeholder"](dtype="float32", shape=(None, 3, 4))
        axes = TABLE["Placeholder"](dtype="int32")
        assert TABLE["Sum"](x, [1]).static_shape == (None, 4)
        assert TABLE["Sum"](x, axes).static_shape is None
        assert TABLE["Sum"](x, axes, keep_dims=True).static_shape == (None, None, None)


@pytest.mark.parametrize("op", ["Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm"])
@pytest.mark.parametrize("shape", [None, (None, None), (None, 3), (2, 3)])
@pytest.mark.parametrize("axes", [[0], [-1], [0, 1], []])
@pytest.mark.parametrize("keep_dims", [False, True])
def test_gradient_does_not_depend_on_what_is_known_while_building(op, shape, axes, keep_dims):
    values = np.array([[0.5, 2.0, 2.0], [2.0, -1.0, 3.0]])
    axes = np.array(axes, np.int32)
    with Graph().as_default() as graph:
        x = TABLE["Placeholder"](dtype="float64", shape=shape)
        fed_axes = TABLE["Placeholder"](dtype="int32")
        known = gradients([TABLE[op](x, axes, keep_dims=keep_dims)], [x])[0]
        unknown = gradients([TABLE[op](x, fed_axes, keep_dims=keep_dims)], [x])[0]
        with Session(graph=graph) as session:
            first, second = session.run([known, unknown], {x: values, fed_axes: axes})
    np.testing.assert_allclose(first, second, rtol=1e-12)
    assert first.shape == values.shape


def test_ties_share_the_gradient_of_an_extreme():
    with Graph().as_default() as graph:
        x = TABLE["Const"](value=np.array([1.0, 3.0, 3.0]), dtype="float64")
        slope = gradients([TABLE["Max"](x, [0])], [x])[0]
        with Session(graph=graph) as session:
            np.testing.assert_array_equal(session.run(slope), [0, 0.5, 0.5])


def test_gradient_of_a_product_is_right_beside_zeros():
    with Graph().as_default() as graph:
        x = TABLE["Const"](value=np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0]]), dtype="float64")
        slope = gradients([TABLE["Prod"](x, [1])], [x])[0]
        with Session(graph=graph) as session:
            np.testing.assert_array_equal(session.run(slope), [[0, 6, 0], [0, 0, 0]])


@pytest.mark.parametrize("op_type", ["Sum", "Mean", "Prod"])
@pytest.mark.parametrize("x", [np.float32(-0.0), np.array([-0.0, 1.0], np.float32)], ids=["a number", "a vector"])
def test_no_axes_change_no_bit(op_type, x):
    with np.errstate(all="ignore"):
        (result,) = TABLE[op_type].compute(np, [x, np.zeros(0, np.int32)], {"keep_dims": False})
    assert np.asarray(result).tobytes() == x.tobytes() and not np.shares_memory(result, x)
