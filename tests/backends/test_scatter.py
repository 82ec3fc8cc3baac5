"""The substitute for `ufunc.at` does what NumPy's does."""
import numpy as np
import pytest

from autograd_lite.backends.registry import backend_named
from autograd_lite.backends.scatter import update_at

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("name", ["multiply", "divide", "maximum", "minimum", "add", "floor_divide"])
@pytest.mark.parametrize(("shape", "indices", "values"), [
    ((5,), RANDOM.integers(-5, 5, 40), RANDOM.integers(1, 4, 40)),
    ((4, 3), RANDOM.integers(0, 4, (2, 6)), RANDOM.integers(1, 4, (2, 6, 3))),
    ((4, 3), (RANDOM.integers(0, 4, 9), RANDOM.integers(-3, 3, 9)), 2), ((4, 3), np.array([1, 1]), RANDOM.integers(1, 4, 3)),
    ((4,), np.zeros(0, int), np.zeros(0)), ((0, 3), np.zeros(0, int), np.zeros((0, 3))),
])
def test_repeated_indices_count_each_time(name, shape, indices, values):
    wanted = RANDOM.integers(10, 99, shape).astype(np.float64)
    got = wanted.copy()
    getattr(np, name).at(wanted, indices, values)
    update_at(np, getattr(np, name), got, indices, values)
    np.testing.assert_allclose(got, wanted, rtol=1e-14)


def test_it_works_on_a_part_of_an_array():
    whole = np.ones((3, 4))
    update_at(np, np.multiply, whole[:, 1:3], np.array([2, 2]), 3.0)
    assert whole[2].tolist() == [1, 9, 9, 1]
    assert whole[:2].tolist() == np.ones((2, 4)).tolist()


def test_it_stays_on_the_device():
    xp = backend_named("strict").xp
    array = xp.asarray([1.0, 2.0])
    update_at(xp, xp.multiply, array, xp.asarray([1, 1]), xp.asarray([3.0, 5.0]))
    assert array.tolist() == [1, 30]
