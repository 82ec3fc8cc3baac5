import numpy as np
import pytest

from autograd_lite.ops import rows
from autograd_lite.ops.rows import combine_rows


@pytest.mark.parametrize("combine", [np.add, np.subtract, np.multiply, np.maximum])
@pytest.mark.parametrize("inner", [(), (3,), (2, 2), (0,)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_named_twice_are_combined_twice(combine, inner, order):
    random = np.random.default_rng(3)
    indices = np.array([[4, 1, 4], [0, 4, 1]], np.int32)
    updates = random.normal(size=(*indices.shape, *inner))
    start = np.asarray(random.normal(size=(6, *inner)), order=order)
    wanted = start.copy()
    combine.at(wanted, indices, updates)
    combine_rows(np, combine, start, indices, updates)
    np.testing.assert_array_equal(start, wanted)


def test_long_lists_are_worked_off_in_parts(monkeypatch):
    monkeypatch.setattr(rows, "PART", 8)
    indices, updates = np.arange(20) % 7, np.arange(60.0).reshape(20, 3)
    sums = np.zeros((7, 3))
    combine_rows(np, np.add, sums, indices, updates)
    np.testing.assert_array_equal(sums, [updates[indices == row].sum(axis=0) for row in range(7)])


@pytest.mark.parametrize("combine", [np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.divide])
@pytest.mark.parametrize("part", [7, 1 << 18])
def test_ascending_indices_give_the_same_as_any(monkeypatch, combine, part):
    monkeypatch.setattr(rows, "PART", part)
    monkeypatch.setattr(rows, "MANY", 4)
    random = np.random.default_rng(4)
    indices = np.sort(random.integers(0, 9, 40))
    updates, start = random.integers(1, 3, (40, 2)).astype(np.float64), random.normal(size=(10, 2))
    wanted = start.copy()
    combine.at(wanted, indices, updates)
    combine_rows(np, combine, start, indices, updates)
    np.testing.assert_allclose(start, wanted, rtol=1e-13)  # sums are taken in another order
