import numpy as np

from tests.ops.kernels import complaint, fed, run, shape_complaint


def test_nan_is_equal_to_nothing():
    np.testing.assert_array_equal(run("Equal", [np.nan, 1.0], [np.nan, 1.0]), [False, True])
    np.testing.assert_array_equal(run("NotEqual", [np.nan, 1.0], [np.nan, 1.0]), [True, False])


def test_strings_can_be_compared():
    np.testing.assert_array_equal(run("Equal", np.array([b"a", b"b"], object), np.array([b"a", b"c"], object)), [True, False])


def test_select_takes_whole_rows_when_there_is_one_truth_value_per_row():
    t, e = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    np.testing.assert_array_equal(run("Select", [True, False], t, e), [[1, 1, 1], [0, 0, 0]])
    np.testing.assert_array_equal(fed("Select", [True, False], t, e), [[1, 1, 1], [0, 0, 0]])


def test_select_says_which_shapes_do_not_fit():
    assert shape_complaint("Select", [True, False], np.zeros(3, np.float32), np.zeros(3, np.float32)) == (
        "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] and [3]."
    )
    assert complaint(fed, "Select", True, [1.0, 2.0], [1.0]) == "'then' and 'else' must have the same size.  but received: [2] vs. [1]"


def test_select_v2_stretches_all_three():
    got = run("SelectV2", [[True], [False]], [1.0, 2.0], 9.0)
    np.testing.assert_array_equal(got, [[1, 2], [9, 9]])


def test_where_lists_positions_in_order():
    positions = run("Where", [[True, False], [True, True]])
    assert positions.dtype == np.int64
    np.testing.assert_array_equal(positions, [[0, 0], [1, 0], [1, 1]])


def test_shifts_by_more_than_the_width_are_not_undefined():
    np.testing.assert_array_equal(run("RightShift", [-8, 8], [40, -1]), [-1, 8])
    np.testing.assert_array_equal(run("LeftShift", [1, 3], [31, 0]), [-(2**31), 3])
