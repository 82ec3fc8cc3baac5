import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run

DATA = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


@pytest.mark.parametrize(("kind", "wanted"), [("Sum", [[6, 8], [0, 0], [5, 6]]), ("Mean", [[3, 4], [0, 0], [5, 6]])])
def test_chosen_rows_are_combined_and_missing_segments_are_zero(kind, wanted):
    np.testing.assert_allclose(run(f"SparseSegment{kind}", DATA, [0, 2, 2], [0, 0, 2]), wanted)
    four = run(f"SparseSegment{kind}WithNumSegments", DATA, [0, 2, 2], [0, 0, 2], 4)
    np.testing.assert_allclose(four, [*wanted, [0, 0]])


def test_rows_and_segments_outside_are_named():
    assert complaint(fed, "SparseSegmentSum", DATA, [5], [0]) == "Bad: indices[0] == 5 out of range [0, 3)"
    assert complaint(fed, "SparseSegmentSum", DATA, [0, 1], [1, 0]) == "segment ids are not increasing"
    assert complaint(fed, "SparseSegmentSumWithNumSegments", DATA, [0], [4], 2) == "segment ids must be < num_segments"
