import colorsys

import numpy as np

from tests.ops.kernels import complaint, fed, run

PIXELS = np.random.default_rng(2).uniform(size=(50, 3))


def test_colours_are_those_of_the_standard_library():
    there = run("RGBToHSV", PIXELS)
    np.testing.assert_allclose(there, [colorsys.rgb_to_hsv(*pixel) for pixel in PIXELS], atol=1e-12)
    np.testing.assert_allclose(run("HSVToRGB", there), PIXELS, atol=1e-12)


def test_grey_has_no_hue_and_black_no_saturation():
    np.testing.assert_array_equal(run("RGBToHSV", [[0.5, 0.5, 0.5], [0.0, 0.0, 0.0]]), [[0, 0, 0.5], [0, 0, 0]])


def test_a_turn_by_nothing_changes_nothing():
    image = PIXELS.astype(np.float32).reshape(5, 10, 3)
    np.testing.assert_allclose(run("AdjustHue", image, np.float32(0)), image, atol=1e-6)
    np.testing.assert_allclose(run("AdjustSaturation", image, np.float32(1)), image, atol=1e-6)
    np.testing.assert_allclose(run("AdjustContrastv2", image, np.float32(1)), image, atol=1e-6)


def test_other_than_three_channels_are_refused():
    assert complaint(fed, "RGBToHSV", np.ones((2, 4), np.float32)) == "input must have 3 channels but instead has 4 channels."
