import numpy as np
import pytest

from autograd_lite.core.errors import InvalidArgumentError, ResourceExhaustedError
from autograd_lite.ops.checks import axis_from_front, check_indices, check_room, shape_tuple


def test_shapes_are_checked_before_anything_is_made():
    assert shape_tuple(np.array([2, 0])) == (2, 0)
    with pytest.raises(InvalidArgumentError, match="Dimension -1 must be >= 0"):
        shape_tuple([2, -1])
    with pytest.raises(InvalidArgumentError, match="more than"):
        shape_tuple([2**40, 2**40])
    with pytest.raises(ResourceExhaustedError, match="OOM when allocating"):
        check_room((2**45,), 8)


def test_axes_count_from_either_end():
    assert [axis_from_front(axis, 3) for axis in (-3, -1, 0, 2)] == [0, 2, 0, 2]
    with pytest.raises(InvalidArgumentError, match=r"Expected dimension in the range \[-3, 3\), but got 3"):
        axis_from_front(3, 3)


def test_first_index_outside_is_named():
    check_indices(np, np.array([[0, 1], [2, 0]]), 3)
    with pytest.raises(InvalidArgumentError, match=r"rows\[1,0\] = 3 is not in \[0, 3\)"):
        check_indices(np, np.array([[0, 1], [3, 9]]), 3, "rows")
