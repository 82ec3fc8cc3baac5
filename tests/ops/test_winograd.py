"""Winograd's method gives what sums over windows give."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_lite.ops import convolution, windows, winograd

RANDOM = np.random.default_rng(11)
LARGEST_ERROR = 1.5e-5  # of the standard deviation of the results
CASES = {
    "whole tiles": ((2, 8, 12, 32), (3, 3, 32, 48), "SAME", ()),
    "tiles over the edge": ((3, 9, 7, 40), (3, 3, 40, 32), "SAME", ()),
    "no padding": ((2, 13, 11, 33), (3, 3, 33, 32), "VALID", ()),
    "uneven padding": ((1, 9, 10, 32), (3, 3, 32, 32), "EXPLICIT", [(0, 2), (2, 1)]),
    "five taps": ((2, 9, 8, 32), (5, 5, 32, 32), "SAME", ()),
    "more images than one part": ((40, 12, 12, 64), (3, 3, 64, 32), "SAME", ()),
}


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def error(computed, exact):
    assert computed.dtype == np.float32
    assert computed.shape == exact.shape
    return np.abs(computed - exact).max() / exact.std()


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_sums_over_windows_give(case):
    images, filters, padding, explicit = CASES[case]
    where = windows.layout(images[1:3], filters[:2], (1, 1), (1, 1), padding, explicit)
    x, w, dy = normal(*images), normal(*filters), normal(images[0], *where.results, filters[3])
    assert winograd.is_faster(x, *filters[2:], where)
    products = {"convolve": (x, w), "spread": (dy, w)}
    if winograd.is_faster(x, *filters[2:], where, of_filters=True):
        products["correlate"] = (x, dy)
    for name, arrays in products.items():
        exact = getattr(windows, name)(np, *(array.astype(np.float64) for array in arrays), where)
        assert error(getattr(winograd, name)(np, *arrays, where), exact) < LARGEST_ERROR


@pytest.mark.parametrize("tile, taps", [(4, 3), (3, 4), (2, 5), (5, 2), (4, 2), (2, 4)])
def test_the_matrices_give_a_convolution(tile, taps):
    kit = winograd.transforms(tile, taps)
    x, w = RANDOM.standard_normal(tile + taps - 1), RANDOM.standard_normal(taps)
    np.testing.assert_allclose(kit.results @ ((kit.weights @ w) * (kit.pixels @ x)), np.correlate(x, w), atol=1e-13)


def test_there_are_matrices_for_five_or_six_places_only():
    with pytest.raises(ValueError, match="6 or 5 multiplications, not for 4"):
        winograd.transforms(2, 3)


@pytest.mark.parametrize("change", [
    {"strides": (2, 2)}, {"dilations": (2, 2)}, {"window": (1, 1)}, {"before": (3, 0)}, {"results": (1, 1)},
])  # fmt: skip
def test_it_is_for_plain_windows_on_images_of_some_size(change):
    where = windows.layout((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    assert winograd.fits(where)
    assert not winograd.fits(where._replace(**change))


def test_double_precision_and_few_channels_do_without(monkeypatch):
    where = windows.layout((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    images = normal(1, 16, 16, 32)
    assert winograd.is_faster(images, 32, 32, where)
    assert not winograd.is_faster(images.astype(np.float64), 32, 32, where)
    assert not winograd.is_faster(images, 32, 16, where)
    monkeypatch.setenv("AUTOGRAD_LITE_WINOGRAD", "off")
    assert not winograd.is_faster(images, 32, 32, where)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_never_lost(value):
    x, w = normal(1, 8, 8, 32), normal(3, 3, 32, 32)
    x[0, 3, 3, 5] = value
    attrs = {"strides": [1, 1, 1, 1], "padding": "SAME", "explicit_paddings": [], "data_format": "NHWC", "dilations": [1, 1, 1, 1]}
    with np.errstate(invalid="ignore"):
        y = convolution.conv2d.kernel(np, x, w, **attrs)
    assert not np.isfinite(y[0, 2:5, 2:5]).any()


def test_the_gradient_for_images_is_a_convolution_with_the_filter_turned_around():
    where = windows.layout((7, 9), (3, 2), (1, 1), (2, 3), "VALID")
    dy, w = RANDOM.standard_normal((2, *where.results, 4)), RANDOM.standard_normal((3, 2, 5, 4))
    scattered = np.zeros((2, 7, 9, 5))
    for place in windows.offsets(where):
        scattered[windows.covered(where, place)] += dy @ w[place].T
    np.testing.assert_allclose(windows.spread(np, dy, w, where), scattered, atol=1e-13)
