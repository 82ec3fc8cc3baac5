"""Compiled changes of contrast give what the op's own kernel gives."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.kernels.tiers import both, check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(9)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_channel_has_a_mean_of_its_own(channels):
    for shape in ((2, 3, 9, 11), (1, 1), (40, 30)):
        images = RANDOM.random((*shape, channels), np.float32) + np.arange(channels, dtype=np.float32)
        check("AdjustContrastv2", images, np.float32(1.5), tolerance=1e-5)


def test_numbers_that_are_not_finite_reach_only_their_own_channel():
    images = RANDOM.random((3, 20, 9, 3), np.float32)
    images[1, :, :, 2] = strange(images[1, :, :, 2])
    check("AdjustContrastv2", images, np.float32(-0.5), tolerance=1e-5)


def test_many_channels_are_left_to_numpy():
    assert not both("AdjustContrastv2", RANDOM.random((4, 4, 9), np.float32), np.float32(2)).is_compiled


def test_any_number_of_threads_gives_the_same():
    same_bits_for_any_threads("AdjustContrastv2", RANDOM.random((9, 40, 40, 3), np.float32), np.float32(2))
