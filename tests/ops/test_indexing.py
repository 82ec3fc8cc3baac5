import numpy as np

from tests.ops.kernels import complaint, run, shape_complaint

X = np.arange(6, dtype=np.float32).reshape(3, 2)


def test_indices_outside_are_named_with_their_position():
    assert complaint(run, "GatherV2", [1.0, 2.0, 3.0], [0, 7], 0) == "indices[1] = 7 is not in [0, 3)"
    assert complaint(run, "GatherV2", [1.0, 2.0, 3.0], [[0, -1]], 0) == "indices[0,1] = -1 is not in [0, 3)"
    assert complaint(run, "GatherV2", X, 5, 0) == "indices = 5 is not in [0, 3)"
    assert complaint(run, "Gather", X, [3]) == "indices[0] = 3 is not in [0, 3)"
    assert complaint(run, "GatherNd", np.zeros((2, 2), np.float32), [[0, 5]]) == (
        "indices[0] = [0, 5] does not index into param shape [2,2], node name: GatherNd"
    )
    assert complaint(run, "ScatterNd", [[9]], [1.0], [4]) == "indices[0] = [9] does not index into shape [4]"
    assert complaint(run, "DynamicPartition", [1.0, 2.0], [0, 5], num_partitions=2) == "partitions[1] = 5 is not in [0, 2)"


def test_gather_with_batch_dims_looks_up_in_its_own_row():
    table = np.arange(12).reshape(2, 3, 2)
    got = run("GatherV2", table, [[0, 2], [1, 1]], 1, batch_dims=1)
    np.testing.assert_array_equal(got, [table[0, [0, 2]], table[1, [1, 1]]])


def test_gather_nd_with_no_index_depth_repeats_the_whole():
    got = run("GatherNd", X, np.zeros((2, 0), np.int32))
    np.testing.assert_array_equal(got, [X, X])


def test_scatter_nd_adds_up_what_goes_to_one_place():
    np.testing.assert_array_equal(run("ScatterNd", [[1], [3], [1]], [1.0, 2.0, 4.0], [5]), [0, 5, 0, 2, 0])


def test_one_hot_of_an_index_outside_is_off_everywhere():
    np.testing.assert_array_equal(run("OneHot", [1, -1, 3], 3, 5.0, 0.0), [[0, 5, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(run("OneHot", [1, 0], 2, True, False, axis=0), [[False, True], [True, False]])
    assert shape_complaint("OneHot", [0], -1, 1.0, 0.0) == "Dimension size, given by scalar input 1, must be non-negative but is -1"
    assert complaint(run, "OneHot", [0], 3, 1.0, 0.0, axis=5) == "Expected axis to be -1 or between [0, 2).  But received: 5"


def test_dynamic_stitch_lets_later_slices_win():
    got = run("DynamicStitch", ([0, 2], [1, 2]), ([1.0, 2.0], [3.0, 4.0]))
    np.testing.assert_array_equal(got, [1, 3, 4])


def test_dynamic_partition_sorts_rows():
    parts = run("DynamicPartition", X, [1, 0, 1], num_partitions=2)
    np.testing.assert_array_equal(parts[0], X[1:2])
    np.testing.assert_array_equal(parts[1], X[::2])
