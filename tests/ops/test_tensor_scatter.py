import numpy as np
import pytest

from tests.ops.kernels import complaint, run


@pytest.mark.parametrize(
    ("op", "wanted"),
    [("Update", [9, 2, 5]), ("Add", [17, 2, 8]), ("Sub", [-15, 2, -2]), ("Max", [9, 2, 5]), ("Min", [1, 2, 3])],
)
def test_a_position_named_twice_is_changed_twice(op, wanted):
    start = np.array([1, 2, 3])
    changed = run(f"TensorScatter{op}", start, [[0], [2], [0]], np.array([7, 5, 9]))
    np.testing.assert_array_equal(changed, wanted)
    np.testing.assert_array_equal(start, [1, 2, 3])


def test_positions_and_updates_are_checked():
    zeros = np.zeros((2, 3))
    assert complaint(run, "TensorScatterAdd", zeros, [[2]], np.ones((1, 3))) == "indices[0] = [2] does not index into shape [2,3]"
    assert complaint(run, "TensorScatterAdd", zeros, [[0, 0, 0]], np.ones(1)).startswith("indices.shape[-1] must be <= params.rank")
    assert complaint(run, "TensorScatterAdd", zeros, [[0]], np.ones((1, 2))).endswith("updates[1,2] and shape [2,3] must match")
