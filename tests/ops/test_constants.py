import numpy as np
import pytest

from autograd_lite.core.errors import ResourceExhaustedError
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from tests.ops.kernels import complaint, fed, run, shape_complaint


def test_fill_repeats_a_scalar():
    filled = run("Fill", [2, 3], 7.0)
    assert filled.dtype == np.float32
    np.testing.assert_array_equal(filled, np.full((2, 3), 7))


def test_fill_refuses_impossible_shapes_before_asking_for_memory():
    assert shape_complaint("Fill", [-2], 1.0) == "Invalid value in tensor used for shape: -2"
    assert complaint(fed, "Fill", [-2], 1.0) == "Dimension -2 must be >= 0"
    huge = np.array([1 << 40, 1 << 40])
    assert complaint(fed, "Fill", huge, 1.0) == "Shape [1099511627776,1099511627776] would have more than 2**63 - 1 elements"
    with pytest.raises(ResourceExhaustedError, match="OOM when allocating tensor with shape"):
        fed("Fill", np.array([1 << 50]), 1.0)


def test_fill_wants_a_scalar():
    assert shape_complaint("Fill", [2], [1.0, 2.0]) == "Shape must be rank 0 but is rank 1"


@pytest.mark.parametrize(
    ("bounds", "wanted"), [((0, 5, 2), [0, 2, 4]), ((5, 0, -2), [5, 3, 1]), ((3, 3, 1), []), ((0.0, 1.0, 0.25), [0, 0.25, 0.5, 0.75])]
)
def test_range_counts_from_start_up_to_limit(bounds, wanted):
    counted = run("Range", *bounds)
    np.testing.assert_allclose(counted, wanted)
    np.testing.assert_array_equal(fed("Range", *bounds), counted)


def test_range_says_what_it_requires():
    assert shape_complaint("Range", 0, 5, 0) == "Requires delta != 0"
    assert complaint(fed, "Range", 0, 5, 0) == "Requires delta != 0: 0"
    assert shape_complaint("Range", 5, 0, 1) == "Requires start <= limit when delta > 0: 5/0"
    assert shape_complaint("Range", 0, 5, -1) == "Requires start >= limit when delta < 0: 0/5"


def test_lin_space_meets_both_ends():
    line = run("LinSpace", 0.1, 0.7, 7)
    assert line[0] == np.float32(0.1) and line[-1] == np.float32(0.7) and len(line) == 7
    assert run("LinSpace", 3.0, 9.0, 1).tolist() == [3.0]
    assert complaint(fed, "LinSpace", 0.0, 1.0, 0) == "Requires num > 0: 0"


def test_zeros_like_strings_are_empty_strings():
    assert run("ZerosLike", np.array([b"x"], object)).tolist() == [b""]


def test_placeholder_keeps_the_shape_it_was_given():
    with Graph().as_default():
        assert TABLE["Placeholder"](dtype="float32", shape=(None, 3)).static_shape == (None, 3)
        assert TABLE["Placeholder"](dtype="float32").static_shape is None
