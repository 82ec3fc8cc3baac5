"""Folding large arrays with one short side equals NumPy's own reductions."""

import numpy as np
import pytest

from autograd_lite.ops.folding import MANY, fold

FOUR = (64, 32, 16, 5)
SHAPES = [((MANY, 3), (0,)), ((MANY, 3), (1,)), (FOUR, (0, 1, 2)), (FOUR, (3,)), ((MANY + 1, 7), (0,)), ((7, MANY), (0,))]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
@pytest.mark.parametrize("name", ["sum", "max", "min"])
def test_every_way_to_fold_gives_what_numpy_gives(name, shape, axes, dtype, keepdims):
    x = (np.random.RandomState(0).randn(*shape) * 50).astype(dtype)
    plain = {"sum": lambda x, **how: np.sum(x, dtype=x.dtype, **how), "max": np.max, "min": np.min}[name]
    combine = {"sum": np.add, "max": np.maximum, "min": np.minimum}[name]
    folded, wanted = fold(np, combine, plain, x, axes, keepdims), plain(x, axis=axes, keepdims=keepdims)
    assert folded.shape == wanted.shape
    assert folded.dtype == wanted.dtype
    if name == "sum" and dtype.startswith("float"):
        exact = np.sum(x.astype(np.longdouble), axis=axes, keepdims=keepdims)
        assert np.abs(folded - exact).max() <= 4 * np.finfo(dtype).eps * np.abs(x).sum(axis=axes).max()  # rounding of sums in any order
    else:
        assert np.array_equal(folded, wanted)


def test_nan_and_infinity_are_kept():
    x = np.zeros((MANY, 4), np.float32)
    x[5, 1], x[7, 2], x[9, 2] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        for axes in [(0,), (1,)]:
            assert np.array_equal(fold(np, np.maximum, np.max, x, axes, False), x.max(axis=axes), equal_nan=True)
            assert np.array_equal(fold(np, np.add, np.sum, x, axes, False), x.sum(axis=axes), equal_nan=True)
