"""Compiled changes of colours give what the ops' own kernels give."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.kernels.tiers import check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(15)
AMOUNTS = {"RGBToHSV": [], "HSVToRGB": [], "AdjustHue": [np.float32(0.3)], "AdjustSaturation": [np.float32(1.7)]}
CLOSE = {"relative": 1e-6, "tolerance": 1e-6}


def images(*shape):
    pixels = RANDOM.random(shape).astype(np.float32)
    pixels.reshape(-1, 3)[::5] = pixels.reshape(-1, 3)[::5, :1]  # grey ones
    pixels.reshape(-1, 3)[::7, 1] = pixels.reshape(-1, 3)[::7].max(axis=1)
    pixels.reshape(-1, 3)[::11] = 0
    return pixels


@pytest.mark.parametrize("shape", [(1, 1, 3), (4, 5, 3), (2, 7, 9, 3), (50, 100, 3)])
@pytest.mark.parametrize("name", AMOUNTS)
def test_colours_are_changed(name, shape):
    check(name, images(*shape), *AMOUNTS[name], **CLOSE)


@pytest.mark.parametrize("amount", [-0.7, -2.5, 0.0, 1.0, 3.25])
@pytest.mark.parametrize("name", ["AdjustHue", "AdjustSaturation"])
def test_any_amount(name, amount):
    check(name, images(5, 6, 3), np.float32(amount), **CLOSE)


@pytest.mark.parametrize("name", AMOUNTS)
def test_numbers_that_are_no_colours(name):
    pixels = strange(RANDOM.standard_normal((9, 10, 3)).astype(np.float32))
    check(name, pixels, *AMOUNTS[name], relative=1e-5, tolerance=1e-5)


def test_threads_change_nothing():
    same_bits_for_any_threads("AdjustHue", images(90, 200, 3), np.float32(0.2))
