"""Fourier transforms as ops."""

import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_transforms_agree_with_numpy_and_keep_single_precision(axes):
    suffix = "" if axes == 1 else f"{axes}D"
    x = (RANDOM.normal(size=(2, 4, 3, 5)) + 1j).astype(np.complex64)
    where = tuple(range(-axes, 0))
    found = run(f"FFT{suffix}", x)
    assert found.dtype == np.complex64
    np.testing.assert_allclose(found, np.fft.fftn(x, axes=where), atol=1e-4)
    np.testing.assert_allclose(run(f"IFFT{suffix}", found), x, atol=1e-5)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("last", [6, 5])
def test_real_transforms_there_and_back(axes, last):
    suffix = "" if axes == 1 else f"{axes}D"
    x = RANDOM.normal(size=(2, 4, 3, 7))
    lengths = np.array([4, 3, last][-axes:], np.int32)
    half = fed(f"RFFT{suffix}", x, lengths, Tcomplex="complex128")
    np.testing.assert_allclose(half, np.fft.rfftn(x[..., :last], axes=tuple(range(-axes, 0))), atol=1e-12)
    np.testing.assert_allclose(fed(f"IRFFT{suffix}", half, lengths, Treal="float64"), x[..., :last], atol=1e-12)


def test_lengths_that_make_no_sense_are_refused():
    x = np.ones((2, 3))
    assert complaint(fed, "RFFT", x, np.array([4], np.int32), Tcomplex="complex128") == (
        "Input dimension 1 must have length of at least 4 but got: 3"
    )
    assert complaint(fed, "IRFFT", x + 0j, np.array([-1], np.int32), Treal="float64") == "fft_length[0] must >= 0, but got: -1"
    assert complaint(fed, "IRFFT", x + 0j, np.array([1, 2], np.int32), Treal="float64") == "fft_length must have shape [1]"


def test_empty_signals_have_empty_transforms():
    assert run("FFT", np.zeros((0, 3), np.complex64)).shape == (0, 3)
    assert run("FFT", np.zeros((2, 0), np.complex64)).shape == (2, 0)
