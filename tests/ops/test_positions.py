import numpy as np
import pytest

from autograd_lite.ops.positions import combine_at


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_positions_of_any_depth_are_combined(order, depth):
    random = np.random.default_rng(2)
    whole = np.asarray(random.normal(size=(2, 3, 4)), order=order)
    indices = np.stack([random.integers(0, size, 5) for size in whole.shape[:depth]], axis=-1) if depth else np.zeros((5, 0), np.int32)
    updates = random.normal(size=(5, *whole.shape[depth:]))
    wanted = whole.copy()
    for position, update in zip(indices, updates):
        wanted[tuple(position)] += update
    combine_at(np, np.add, whole, indices, updates)
    np.testing.assert_allclose(whole, wanted, rtol=1e-14)
