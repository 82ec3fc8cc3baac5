"""Compiled search for the different elements of a vector gives what the op's own kernel gives."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.kernels.tiers import check

RANDOM = np.random.default_rng(3)
LIMITS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
both_types = pytest.mark.parametrize("dtype", ["int32", "int64"])


@both_types
@pytest.mark.parametrize("name", ["Unique", "UniqueWithCounts"])
@pytest.mark.parametrize("out_idx", ["int32", "int64"])
def test_integers_of_a_small_range(name, dtype, out_idx):
    check(name, RANDOM.integers(-20, 30, 1000).astype(dtype), out_idx=out_idx)
    check(name, np.array([7], dtype), out_idx=out_idx)


@both_types
@pytest.mark.parametrize("name", ["Unique", "UniqueWithCounts"])
def test_integers_from_everywhere(name, dtype):
    low, high = LIMITS[dtype]
    check(name, np.repeat(RANDOM.integers(low, high, 700), 3)[RANDOM.permutation(2100)].astype(dtype))
    check(name, np.array([low, high, low, 0, high], dtype))


@both_types
def test_integers_that_fall_into_the_same_slot(dtype):
    check("UniqueWithCounts", (np.arange(3000) * 2**16 % 2**31).astype(dtype))


def test_elements_that_are_not_side_by_side():
    x = RANDOM.integers(0, 9, (50, 2))
    check("Unique", x[:, 0], given=[x[:, 0]])
