"""Compiled counting, shuffling and drawing give what the ops' own kernels give."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.core.errors import InvalidArgumentError
from tests.conformance import walk
from tests.kernels.tiers import check, kernels, same_bits_for_any_threads

RANDOM = np.random.default_rng(14)
NONE = np.zeros(0, np.float32)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_numbers_are_counted(dtype):
    check("Bincount", RANDOM.integers(0, 20, (50, 3)).astype(np.int32), np.int32(15), np.zeros(0, dtype))


def test_numbers_of_any_size_fall_into_bins():
    values = np.concatenate([RANDOM.standard_normal(1000), [-np.inf, np.inf, 0.0, -0.0, 1.5, -1.5, 1e-45]]).astype(np.float32)
    for bins in (1, 7, 100):
        check("HistogramFixedWidth", values, np.float32([-1.5, 1.5]), np.int32(bins))
        check("HistogramFixedWidth", values, np.float32([0.1, 0.4]), np.int32(bins), dtype="int64")


@pytest.mark.parametrize(("name", "inputs"), [
    ("Bincount", [np.array([1, -1, 2], np.int32), np.int32(3), NONE]),
    ("HistogramFixedWidth", [np.float32([1, np.nan]), np.float32([0, 1]), np.int32(3)]),
    ("HistogramFixedWidth", [np.float32([1] * 20 + [np.nan] + [1] * 20), np.float32([0, 1]), np.int32(3)]),
])  # fmt: skip
def test_what_cannot_be_counted_gets_the_ops_own_message(name, inputs):
    watched, known, tiered = kernels(name, inputs, {})
    messages = []
    for kernel in (watched.opdef.kernel, tiered.now):
        with pytest.raises(InvalidArgumentError) as caught:
            kernel(walk.XP, *watched.opdef.arguments(inputs, known))
        messages.append(str(caught.value))
    assert tiered.is_compiled
    assert messages[0] == messages[1]


@pytest.mark.parametrize("shape", [(2,), (50, 3), (3000,), (4, 0)])
def test_rows_are_shuffled_as_by_the_ops_kernel(shape):
    check("RandomShuffle", RANDOM.standard_normal(shape).astype(np.float32), seed=3, seed2=5)


@pytest.mark.parametrize(("rows", "classes", "count"), [(1, 1, 1), (3, 7, 5), (40, 33, 2), (9, 1000, 300)])
def test_classes_are_drawn_as_by_the_ops_kernel(rows, classes, count):
    logits = RANDOM.standard_normal((rows, classes)).astype(np.float32) * 3
    logits[0, -1] = -np.inf
    check("Multinomial", logits, np.int32(count), seed=3, seed2=5)
    same_bits_for_any_threads("Multinomial", logits, np.int32(count), seed=3, seed2=5)
