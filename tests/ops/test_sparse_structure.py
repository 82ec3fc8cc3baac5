import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run

PLACES = np.array([[0, 1], [1, 0], [2, 2]], np.int64)
SQUARE = np.array([3, 3], np.int64)
STORED = np.array([1.0, 2.0, 4.0])


def test_elements_are_written_where_they_belong_and_the_default_everywhere_else():
    dense = run("SparseToDense", PLACES, SQUARE, STORED, np.array(9.0))
    np.testing.assert_array_equal(dense, [[9, 1, 9], [2, 9, 9], [9, 9, 4]])


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ([[1, 0], [0, 0]], "indices[1] = [0,0] is out of order. Many sparse ops require sorted indices."),
        ([[0, 0], [0, 0]], "indices[1] = [0,0] is repeated"),
        ([[0, 0], [3, 0]], "indices[1] = [3,0] is out of bounds: need 0 <= index < [3,3]"),
        ([[-1, 0], [0, 0]], "indices[0] = [-1,0] is out of bounds: need 0 <= index < [3,3]"),
    ],
)
def test_positions_must_be_inside_in_order_and_different(places, text):
    assert complaint(fed, "SparseToDense", np.array(places, np.int64), SQUARE, STORED[:2], np.array(0.0)) == text


def test_a_dense_shape_that_no_machine_holds_is_refused():
    huge = np.array([1 << 40, 1 << 40], np.int64)
    assert "2**63 - 1" in complaint(fed, "SparseToDense", PLACES[:1], huge, STORED[:1], np.array(0.0))


def test_reshape_finds_the_missing_size_and_refuses_another_number_of_elements():
    places, sizes = run("SparseReshape", PLACES, SQUARE, np.array([-1, 1], np.int64))
    np.testing.assert_array_equal(places, [[1, 0], [3, 0], [8, 0]])
    np.testing.assert_array_equal(sizes, [9, 1])
    assert "requires a multiple of 2" in complaint(fed, "SparseReshape", PLACES, SQUARE, np.array([-1, 2], np.int64))


def test_joining_along_columns_keeps_the_order_of_rows():
    places, stored, sizes = run("SparseConcat", (PLACES, PLACES), (STORED, 10 * STORED), (SQUARE, SQUARE), concat_dim=1)
    np.testing.assert_array_equal(stored, [1, 10, 2, 20, 4, 40])
    np.testing.assert_array_equal(places[1], [0, 4])
    np.testing.assert_array_equal(sizes, [3, 6])


def test_pieces_put_together_are_the_whole():
    places, stored, sizes = run("SparseSplit", np.int64(1), PLACES, STORED, SQUARE, num_split=2)
    assert [size.tolist() for size in sizes] == [[3, 2], [3, 1]]
    np.testing.assert_array_equal(places[1], [[2, 0]])
    assert sorted(np.concatenate(stored)) == [1, 2, 4]


def test_empty_rows_get_the_default_and_the_others_say_where_they_went():
    places, stored, empty, moved = run("SparseFillEmptyRows", PLACES[::2], STORED[::2], SQUARE, np.array(7.0))
    np.testing.assert_array_equal(places, [[0, 1], [1, 0], [2, 2]])
    np.testing.assert_array_equal(stored, [1, 7, 4])
    np.testing.assert_array_equal(empty, [False, True, False])
    np.testing.assert_array_equal(moved, [0, 2])
    assert run("SparseFillEmptyRows", PLACES[:0], STORED[:0], np.array([0, 2], np.int64), np.array(7.0))[1].shape == (0,)
