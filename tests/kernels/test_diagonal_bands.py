"""Compiled copies of bands along the diagonal hold what the op's own kernel keeps."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.kernels.tiers import check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(13)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "complex64", "bool"])
def test_some_diagonals_on_each_side_are_kept(dtype):
    for shape in ((2, 3, 37, 41), (50, 9), (1, 40), (40, 1)):
        x = RANDOM.integers(0, 9, shape).astype(dtype)
        x = strange(x) if dtype == "float32" else x
        for lower, upper in ((-1, 0), (0, -1), (0, 0), (1, 1), (-1, -1), (min(shape[-2:]), 0)):
            check("MatrixBandPart", x, np.int64(lower), np.int64(upper))


def test_any_number_of_threads_gives_the_same():
    same_bits_for_any_threads("MatrixBandPart", RANDOM.random((40, 60, 70)).astype(np.float32), np.int32(3), np.int32(-1))
