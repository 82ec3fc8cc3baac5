"""Evenly spaced numbers in both releases."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def second_release() -> Iterator[None]:
    before = tf.get_release()
    tf.set_release("2.21")
    yield
    tf.set_release(before)


def test_release_1_builds_one_op_and_wants_a_positive_number():
    assert tf.linspace(0.0, 1.0, 3).op.type == "LinSpace"
    with pytest.raises(ValueError, match="^Requires num > 0: 0"):
        tf.linspace(0.0, 1.0, 0)
    with pytest.raises(ValueError, match="axis must be 0, not 1"):
        tf.linspace(0.0, 1.0, 3, axis=1)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_release_2_takes_tensors_along_any_axis(count, axis, run, second_release):
    start, stop = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, -4.0])
    result = tf.linspace(start, stop, count, axis=axis)
    np.testing.assert_allclose(run(result), np.linspace(start, stop, count, axis=axis))


def test_release_2_refuses_a_negative_number(second_release):
    with pytest.raises(ValueError, match="^Requires start <= limit when delta > 0: 1/-1"):
        tf.linspace(0.0, 1.0, -3)
