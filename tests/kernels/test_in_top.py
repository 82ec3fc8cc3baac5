"""Compiled answers to whether classes are among those with the highest scores are those of the ops' own kernels."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.kernels.tiers import check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(8)


def scores(rows, classes):
    """Few different numbers, so that many are equal."""
    return RANDOM.integers(0, 30, (rows, classes)).astype(np.float32)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("classes", [1, 7, 100])
def test_classes_that_are_there_and_that_are_not(dtype, classes):
    targets = RANDOM.integers(-2, classes + 2, 300).astype(dtype)
    for k in (0, 1, 5, 1000):
        check("InTopK", scores(300, classes), targets, k=k)
        check("InTopKV2", scores(300, classes), targets, np.array(k, dtype))


def test_rows_with_numbers_that_are_not_finite_have_no_highest_scores():
    x = strange(scores(300, 20))
    x[::3] = scores(100, 20)
    check("InTopK", x, RANDOM.integers(0, 20, 300).astype(np.int32), k=8)


def test_any_number_of_threads_gives_the_same():
    same_bits_for_any_threads("InTopK", scores(5000, 30), RANDOM.integers(0, 30, 5000).astype(np.int32), k=3)
