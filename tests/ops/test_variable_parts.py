"""Changing slices and positions of variables, as nodes."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.api.raw import raw
from autograd_lite.core.errors import InvalidArgumentError


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def changed(start, op, *inputs, resource=False, **attrs):
    """What a variable holds after one update."""
    v = tf.Variable(np.array(start, np.float32), use_resource=resource)
    reference = v.handle if resource else v._ref()
    update = getattr(raw, f"Resource{op}" if resource else op)(reference, *inputs, **attrs)
    with tf.Session() as session:
        session.run(v.initializer)
        session.run(update)
        return session.run(v).tolist()


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize(
    ("bounds", "value", "masks", "wanted"),
    [
        (([1], [3], [1]), [[7.0, 8.0], [9.0, 10.0]], {}, [[0, 1], [7, 8], [9, 10]]),
        (([1], [2], [1]), [7.0, 8.0], {"shrink_axis_mask": 1}, [[0, 1], [7, 8], [4, 5]]),
        (([0, 1], [0, 2], [1, 1]), [7.0, 8.0, 9.0], {"begin_mask": 1, "end_mask": 1, "shrink_axis_mask": 2}, [[0, 7], [2, 8], [4, 9]]),
        (([-1], [-4], [-2]), [[7.0, 8.0], [9.0, 10.0]], {}, [[9, 10], [2, 3], [7, 8]]),
        (([0, 0], [0, 1], [1, 1]), 5.0, {"ellipsis_mask": 1, "shrink_axis_mask": 2}, [[5, 1], [5, 3], [5, 5]]),
    ],
)
def test_a_slice_is_replaced(resource, bounds, value, masks, wanted):
    start = np.arange(6.0).reshape(3, 2)
    assert changed(start, "StridedSliceAssign", *bounds, value, resource=resource, **masks) == wanted


def test_a_slice_takes_only_its_own_shape():
    with pytest.raises(InvalidArgumentError, match=r"shape of value was \[3\] instead of \[2\]"):
        changed([1.0, 2.0, 3.0], "StridedSliceAssign", [0], [2], [1], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize(
    ("kind", "wanted"), [("Update", [1, 30, 3, 20]), ("Add", [1, 42, 3, 24]), ("Sub", [1, -38, 3, -16])]
)  # fmt: skip
def test_positions_are_changed_and_equal_ones_add_up(kind, wanted, resource):
    indices, updates = [[1], [3], [1]], [10.0, 20.0, 30.0]
    assert changed([1.0, 2.0, 3.0, 4.0], f"ScatterNd{kind}", indices, updates, resource=resource) == wanted


def test_full_and_partial_positions():
    start = np.zeros([2, 2])
    assert changed(start, "ScatterNdUpdate", [[0, 1], [1, 0]], [5.0, 6.0]) == [[0, 5], [6, 0]]
    assert changed(start, "ScatterNdUpdate", [[[1]]], [[[5.0, 6.0]]]) == [[0, 0], [5, 6]]


def test_wrong_positions_are_refused_and_change_nothing():
    v = tf.Variable([1.0, 2.0, 3.0])
    p = tf.placeholder(tf.float32)
    outside, mismatch = raw.ScatterNdAdd(v._ref(), [[0], [7]], [1.0, 1.0]), raw.ScatterNdAdd(v._ref(), [[0]], p)
    deep = raw.ScatterNdAdd(v._ref(), tf.placeholder_with_default([[0, 0]], None), p)
    with tf.Session() as session:
        session.run(v.initializer)
        for update, text in [
            (outside, r"indices\[1\] = \[7\] does not index into shape \[3\]"),
            (mismatch, r"The outer dimensions and inner dimensions of indices\[1,1\], updates\[2\] and shape \[3\] must match"),
            (deep, r"indices.shape\[-1\] must be <= params.rank, but saw indices.shape\[-1\]: 2 and params.rank: 1"),
        ]:
            with pytest.raises(InvalidArgumentError, match=text):
                session.run(update, {p: [1.0, 2.0]})
        assert session.run(v).tolist() == [1, 2, 3]
