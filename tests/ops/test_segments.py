import numpy as np
import pytest

from autograd_lite.autodiff.gradients import gradients
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.runtime.session import Session
from tests.ops.kernels import complaint, fed, run, shape_complaint


def test_segments_drop_rows_with_negative_ids_and_name_ids_outside():
    np.testing.assert_array_equal(run("UnsortedSegmentSum", [1.0, 2.0, 4.0], [1, -1, 1], 3), [0, 5, 0])
    np.testing.assert_array_equal(run("UnsortedSegmentMax", [1.0, 2.0], [0, 0], 2), [2, np.finfo(np.float32).min])
    assert complaint(fed, "UnsortedSegmentSum", [1.0, 2.0], [0, 4], 3) == "segment_ids[1] = 4 is not in [0, 3)"
    assert shape_complaint("UnsortedSegmentSum", [1.0, 2.0], [0, 1], -3) == (
        "Dimension size, given by scalar input 2, must be non-negative but is -3"
    )


@pytest.mark.parametrize(
    ("op", "wanted"), [("Sum", [3, 0, 4]), ("Mean", [1, 0, 4]), ("Prod", [2, 1, 4]), ("Max", [2, 0, 4]), ("Min", [1, 0, 4])]
)
def test_ids_that_are_left_out_have_their_own_value(op, wanted):
    np.testing.assert_array_equal(run(f"Segment{op}", [1, 2, 4], [0, 0, 2]), wanted)
    assert run(f"Segment{op}", np.zeros((0, 2)), np.zeros(0, np.int32)).shape == (0, 2)


def test_ids_must_be_sorted_and_one_for_each_row():
    assert complaint(run, "SegmentSum", [1.0, 2.0, 3.0], [1, 0, 2]) == "segment ids are not increasing"
    assert complaint(run, "SegmentSum", [1.0, 2.0], [-1, 0]) == "segment ids must be >= 0"
    assert complaint(fed, "SegmentSum", [1.0, 2.0], [0, 0, 1]) == "segment_ids should be the same size as dimension 0 of input."


@pytest.mark.parametrize(
    ("factors", "slopes"), [([2.0, 0.0, 3.0], [0, 6, 0]), ([0.0, 0.0, 3.0], [0, 0, 0]), ([2.0, 5.0, 3.0], [15, 6, 10])]
)
def test_gradient_of_a_product_needs_no_division_by_zero(factors, slopes):
    ids = np.zeros(3, np.int32)
    with Graph().as_default() as graph:
        x = TABLE["Const"](value=np.array(factors), dtype="float64")
        sorted_slopes = gradients([TABLE["SegmentProd"](x, ids)], [x])[0]
        unsorted_slopes = gradients([TABLE["UnsortedSegmentProd"](x, ids, 1)], [x])[0]
        with Session(graph=graph) as session:
            np.testing.assert_array_equal(session.run(sorted_slopes), slopes)
            np.testing.assert_array_equal(session.run(unsorted_slopes), slopes)
