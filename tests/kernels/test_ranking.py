"""Compiled search for the largest elements gives what the op's own kernel gives, in every bit."""
import itertools

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.kernels.ranking_assembly import MOST_SORTED, network
from tests.kernels.tiers import check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(6)


@pytest.mark.parametrize("size", range(1, 13))
def test_a_network_sorts_whatever_comes(size):
    for bits in itertools.product((0, 1), repeat=size):  # a network that sorts all of these sorts everything
        row = list(bits)
        for low, high in network(size):
            assert low < high < size
            row[low], row[high] = sorted((row[low], row[high]))
        assert row == sorted(bits)


def rows(dtype, *shape):
    if dtype == "float32":
        return strange(RANDOM.integers(-9, 9, shape).astype(dtype))
    array = RANDOM.integers(-9, 9, shape).astype(dtype)
    array.reshape(-1)[::7], array.reshape(-1)[::5] = -(2**31), 2**31 - 1
    return array


@pytest.mark.parametrize("dtype", ["float32", "int32"])
@pytest.mark.parametrize(("size", "wanted"), [(1, 1), (2, 1), (3, 3), (8, 3), (MOST_SORTED, 16), (17, 1), (17, 17), (33, 5), (100, 32),
                                              (100, 33), (300, 300)])  # fmt: skip
@pytest.mark.parametrize("count", [1, 8, 13])
def test_the_largest_of_rows(dtype, size, wanted, count):
    check("TopKV2", rows(dtype, count, size), np.int32(wanted))
    check("TopK", rows(dtype, count, size), k=wanted)


@pytest.mark.parametrize("wanted", [1, 10, 5000])
def test_the_largest_of_a_long_vector(wanted):
    check("TopKV2", RANDOM.standard_normal(5000).astype(np.float32), np.int32(wanted))
    check("TopKV2", np.sort(RANDOM.standard_normal(5000).astype(np.float32)), np.int32(wanted))


@pytest.mark.parametrize(("shape", "wanted"), [((5000, 8), 3), ((3000, 40), 4), ((200, 400), 100)])
def test_threads_change_nothing(shape, wanted):
    same_bits_for_any_threads("TopKV2", rows("float32", *shape), np.int32(wanted))
