"""Inputs of a wrong rank or size, which come only when the graph runs, are refused and never stretched in silence."""

import numpy as np
import pytest

from tests.ops.kernels import complaint, fed

X = np.ones((2, 3))


@pytest.mark.parametrize(
    ("message", "op", "inputs", "attrs"),
    [
        ("In[0] should be a scalar: [2]", "Assert", ([True, True], ([1],)), {}),
        ("In[1] must be a vector.[1,1]", "BroadcastArgs", ([2], [[3]]), {}),
        ("shape must be a vector of {int32,int64}, got shape [1,2]", "BroadcastTo", (X, [[2, 3]]), {}),
        ("sizes input must be 1-D, not [1,2]", "Reshape", (X, [[3, 2]]), {}),
        ("dims must represent a vector, got shape [1,2]", "Fill", ([[2, 3]], 1.0), {}),
        ("value must represent a scalar, got shape [2]", "Fill", ([2], [1.0, 2.0]), {}),
        ("start must be a scalar, not shape [2]", "Range", ([0, 1], 5, 1), {}),
        ("stop must be a scalar, not shape [2]", "LinSpace", (0.0, [1.0, 2.0], 4), {}),
        ("axis tensor should be a scalar integer, but got shape [2]", "ConcatV2", ((X, X), [0, 1]), {}),
        ("Concat dim tensor should be a scalar integer, but got shape [1]", "ConcatOffset", ([0], ([2], [2])), {}),
        ("Expected multiples to be 1-D, but got shape [1,2]", "Tile", (X, [[1, 2]]), {}),
        ("size_splits must be a vector, not []", "SplitV", (X, 3, 1), {"num_split": 1}),
        ("perm must be rank 1, got shape []", "Transpose", (X, 1), {}),
        ("invert_permutation expects a 1D vector.", "InvertPermutation", ([[0]],), {}),
        ("shift and axis must have the same size", "Roll", (X, [1], 0), {}),
        ("axis must be a scalar or a 1-D vector. Found: [1,1]", "Roll", (X, [1], [[0]]), {}),
        ("ScanOp: axis must be a scalar, not [1]", "Cumsum", (X, [0]), {}),
        ("dim must be a scalar, but received tensor of shape: [1]", "ArgMax", (X, [0]), {}),
        ("paddings must be a matrix with 2 columns: [4]", "Pad", (X, [1, 1, 0, 0]), {}),
        ("constant_values must be a scalar. Found: [1]", "PadV2", (X, [[1, 1], [0, 0]], np.ones(1)), {}),
        ("axis must be scalar, not [1]", "GatherV2", (X, [0], [0]), {}),
        ("index innermost dimension length must be <= params rank; saw: 3 vs. 2", "GatherNd", (X, [[0, 0, 0]]), {}),
        ("on_value must be a scalar, but got: [1]", "OneHot", ([0], 3, [1.0], 0.0), {}),
        ("num_segments should be a scalar, not shape [1]", "UnsortedSegmentSum", (X, [0, 1], [2]), {}),
        ("segment_ids should be a vector.", "SegmentSum", (X, [[0, 1]]), {}),
        ("k must be 0-D, got shape [1]", "InTopKV2", (X.astype(np.float32), [0, 1], [1]), {}),
        ("targets must be 1-dimensional", "InTopKV2", (X.astype(np.float32), [[0, 1]], 1), {}),
        ("k must be scalar, got shape [1]", "TopKV2", (X, [1]), {}),
        ("labels must be 1-D, but got shape [1,2]", "SparseSoftmaxCrossEntropyWithLogits", (X, [[0, 1]]), {}),
        ("logits must have >= 1 dimension, got []", "Softmax", (1.0,), {}),
        ("Input must be at least rank 1, got 0", "Diag", (1.0,), {}),
        ("WhereOp : Unhandled input dimensions: 0", "Where", (True,), {}),
        ("Both inputs must be of same shape: [2,3] vs. [3]", "Cross", (X, X[0]), {}),
        ("x and y must be of the same shape. x shape: [2,3]. y shape: [3]", "ApproximateEqual", (X, X[0]), {}),
        ("The two arguments to a cwise op must have same number of elements, got 6 and 3", "TanhGrad", (X, X[0]), {}),
        (
            "Inputs to operation EluGrad of type EluGrad must have the same size and shape.  Input 0: [2,3] != input 1: [3]",
            "EluGrad",
            (X, X[0]),
            {},
        ),
        (
            "Expected begin, end, and strides to be 1D equal size tensors, but got shapes [2], [2], and [1] instead.",
            "StridedSlice",
            (X, [0, 0], [1, 1], [1]),
            {},
        ),
        (
            "data.shape must start with partitions.shape, got data.shape = [2,3], partitions.shape = [0]",
            "DynamicPartition",
            (X, np.zeros(0, np.int32)),
            {"num_partitions": 2},
        ),
    ],
)
def test_wrong_rank_is_named(message, op, inputs, attrs):
    assert complaint(fed, op, *inputs, **attrs) == message


def test_a_vector_of_one_element_stands_for_a_scalar_where_old_graphs_have_one():
    assert fed("ConcatV2", (X, X), [0]).shape == (4, 3)
    assert fed("Fill", 2, [1.0]).shape == (2,)
    assert fed("Range", [0], [5], [2]).tolist() == [0, 2, 4]
    assert fed("Reshape", X, 6).shape == (6,)


def test_reshape_checks_sizes_that_come_when_it_runs_even_if_only_one_would_fit():
    assert complaint(fed, "Reshape", X, [3]) == "Input to reshape is a tensor with 6 values, but the requested shape has 3"


def test_an_op_that_does_not_stretch_does_not_stretch_in_a_plan_either():
    message = complaint(fed, "ReluGrad", X, X[:1])
    assert message == "Inputs to operation ReluGrad of type ReluGrad must have the same size and shape.  Input 0: [2,3] != input 1: [1,3]"
