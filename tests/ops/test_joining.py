import numpy as np

from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from tests.ops.kernels import complaint, fed, run, shape_complaint

A, B = np.ones((2, 3), np.float32), np.zeros((3, 4), np.float32)


def test_concat_says_which_size_does_not_fit():
    assert shape_complaint("ConcatV2", (A, B), 1) == "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] and [3]."
    assert (
        complaint(fed, "ConcatV2", (A, B), 1)
        == "ConcatOp : Dimension 0 in both shapes must be equal: shape[0] = [2,3] vs. shape[1] = [3,4]"
    )
    assert shape_complaint("ConcatV2", ([1.0], [2.0]), 3) == "Shape must be at least rank 4 but is rank 1"
    assert complaint(fed, "ConcatV2", ([1.0], [2.0]), 3) == "ConcatOp : Expected concatenating dimensions in the range [-1, 1), but got 3"
    assert complaint(fed, "ConcatV2", (A, [1.0]), 0).startswith("ConcatOp : Ranks of all input tensors should match")


def test_concat_of_partly_known_shapes_adds_what_is_known():
    with Graph().as_default():
        x = TABLE["Placeholder"](dtype="float32", shape=(None, 3))
        y = TABLE["Placeholder"](dtype="float32", shape=(2, None))
        assert TABLE["ConcatV2"]([x, y], 0).static_shape == (None, 3)
        assert TABLE["ConcatV2"]([x, y], 1).static_shape == (2, None)
        axis = TABLE["Placeholder"](dtype="int32", shape=())
        assert TABLE["ConcatV2"]([x, y], axis).static_shape == (None, None)


def test_pack_wants_one_shape():
    assert (
        shape_complaint("Pack", ([1.0, 2.0], [3.0])) == "Dimension 0 in both shapes must be equal, but are 2 and 1. Shapes are [2] and [1]."
    )
    assert complaint(fed, "Pack", ([1.0, 2.0], [3.0])) == "Shapes of all inputs must match: values[0].shape = [2] != values[1].shape = [1]"


def test_unpack_takes_a_tensor_apart_along_any_axis():
    parts = run("Unpack", A, num=3, axis=-1)
    assert len(parts) == 3 and all(part.shape == (2,) for part in parts)


def test_split_wants_equal_parts_and_split_v_the_whole():
    assert shape_complaint("Split", 0, np.zeros(5, np.float32), num_split=2) == "Dimension size must be evenly divisible by 2 but is 5"
    assert (
        shape_complaint("SplitV", np.zeros(5, np.float32), [2, 2], 0, num_split=2) == "can't split axis of size 5 into pieces of size [2,2]"
    )
    assert complaint(fed, "SplitV", np.zeros(5, np.float32), [2, 2], 0, num_split=2).startswith("Determined shape must either match")
    assert [part.size for part in run("SplitV", np.zeros(5, np.float32), [-1, 2], 0, num_split=2)] == [3, 2]


def test_tile_checks_its_multiples():
    assert shape_complaint("Tile", A, [2]) == "Shape must be rank 2 but is rank 1"
    assert complaint(run, "Tile", [1.0], [-1]) == "Expected multiples[0] >= 0, but got -1"


def test_concat_offset_tells_where_each_part_begins():
    sizes = tuple(np.array([2, size], np.int32) for size in (3, 5, 1))
    assert [offset.tolist() for offset in run("ConcatOffset", 1, sizes)] == [[0, 0], [0, 3], [0, 8]]
