"""Spectra, cosine transforms, frames, windows and mel bands."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_lite as tf

RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(2, 10))


def test_real_transforms_are_cut_or_filled_to_the_length(run):
    for length in (None, [8], [10], [13]):
        size = 10 if length is None else length[0]
        np.testing.assert_allclose(run(tf.signal.rfft(X, length)), np.fft.rfft(X, size), atol=1e-12)
        half = np.fft.rfft(X)
        np.testing.assert_allclose(run(tf.signal.irfft(tf.constant(half), length)), np.fft.irfft(half, size), atol=1e-12)


def test_lengths_and_shapes_that_come_when_running(run):
    x, length = tf.placeholder(tf.float64), tf.placeholder(tf.int32, [1])
    for size in (7, 10, 12):
        half = tf.signal.rfft(x, length)
        np.testing.assert_allclose(run(half, {x: X, length: [size]}), np.fft.rfft(X, size), atol=1e-12)
        np.testing.assert_allclose(run(tf.signal.irfft(half, length), {x: X, length: [size]})[:, :7], X[:, :7], atol=1e-12)
    y = tf.placeholder(tf.float64, [None, None])
    np.testing.assert_allclose(run(tf.signal.irfft(tf.signal.rfft(y)), {y: X}), X, atol=1e-12)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("norm", [None, "ortho"])
def test_cosine_transforms_agree_with_their_sums(run, kind, norm):
    if kind == 1 and norm:
        with pytest.raises(ValueError, match="Normalization is not supported for the Type-I DCT."):
            tf.signal.dct(X, type=1, norm="ortho")
        return
    n = X.shape[1]
    j, k = np.arange(n), np.arange(n)[:, None]
    weights = {
        1: np.cos(math.pi * j * k / (n - 1)) * np.where((j == 0) | (j == n - 1), 1, 2),
        2: 2 * np.cos(math.pi * k * (2 * j + 1) / (2 * n)),
        3: 2 * np.cos(math.pi * j * (2 * k + 1) / (2 * n)) * np.where(j == 0, 0.5, 1.0),
        4: 2 * np.cos(math.pi * (2 * j + 1) * (2 * k + 1) / (4 * n)),
    }[kind]
    if norm:
        weights = weights * math.sqrt(1 / (2 * n))
        if kind == 2:
            weights[0] *= math.sqrt(0.5)
        if kind == 3:
            weights[:, 0] *= math.sqrt(2)
    np.testing.assert_allclose(run(tf.signal.dct(X, type=kind, norm=norm)), X @ weights.T, atol=1e-10)
    if norm:
        back = tf.signal.idct(tf.signal.dct(X, type=kind, norm=norm), type=kind, norm=norm)
        np.testing.assert_allclose(run(back), X, atol=1e-12)


def test_shifts_of_the_spectrum(run):
    np.testing.assert_array_equal(run(tf.signal.fftshift(X)), np.fft.fftshift(X))
    np.testing.assert_array_equal(run(tf.signal.ifftshift(X, axes=[1])), np.fft.ifftshift(X, axes=[1]))


@pytest.mark.parametrize(("length", "step"), [(4, 2), (3, 3), (5, 2), (4, 7)])
@pytest.mark.parametrize("pad_end", [False, True])
def test_frames_hold_what_they_should(run, length, step, pad_end):
    filled = np.concatenate([X, np.full((2, 20), 9.0)], 1)
    starts = range(0, 10 if pad_end else 10 - length + 1, step)
    wanted = np.stack([filled[:, start : start + length] for start in starts], 1)
    framed = tf.signal.frame(X, length, step, pad_end=pad_end, pad_value=9.0)
    assert framed.shape.as_list() == list(wanted.shape)
    np.testing.assert_array_equal(run(framed), wanted)
    x = tf.placeholder(tf.float64, [None, None])
    np.testing.assert_array_equal(run(tf.signal.frame(x, length, step, pad_end=pad_end, pad_value=9.0), {x: X}), wanted)


def test_signals_of_unknown_rank_are_framed_and_added(run):
    x = tf.placeholder(tf.float64)
    framed = tf.signal.frame(x, 4, 2, pad_end=True)
    np.testing.assert_array_equal(run(framed, {x: X}), run(tf.signal.frame(X, 4, 2, pad_end=True)))
    np.testing.assert_allclose(run(tf.signal.overlap_and_add(x, 2), {x: X}), run(tf.signal.overlap_and_add(X, 2)))


def test_frames_of_another_axis(run):
    np.testing.assert_array_equal(run(tf.signal.frame(X.T.copy(), 4, 2, axis=0)), np.stack([X.T[i : i + 4] for i in (0, 2, 4, 6)]))
    with pytest.raises(ValueError, match="frame_step must be at least 1"):
        tf.signal.frame(X, 4, 0)


def test_frames_that_overlap_are_added(run):
    frames = RANDOM.normal(size=(2, 3, 5))
    wanted = np.zeros((2, 9))
    for i in range(3):
        wanted[:, 2 * i : 2 * i + 5] += frames[:, i]
    np.testing.assert_allclose(run(tf.signal.overlap_and_add(frames, 2)), wanted)
    x = tf.placeholder(tf.float64, [None, None, None])
    np.testing.assert_allclose(run(tf.signal.overlap_and_add(x, 2), {x: frames}), wanted)


def test_short_time_spectra_can_be_undone(run):
    signal = RANDOM.normal(size=32)
    spectra = tf.signal.stft(tf.constant(signal), 8, 4)
    back = tf.signal.inverse_stft(spectra, 8, 4, window_fn=tf.signal.inverse_stft_window_fn(4))
    np.testing.assert_allclose(run(back)[4:-4], signal[4:-4], atol=1e-10)
    undone = tf.signal.inverse_mdct(tf.signal.mdct(tf.constant(signal), 8, norm="ortho"), norm="ortho")
    np.testing.assert_allclose(run(undone)[4:-4], signal[4:-4], atol=1e-6)


def test_windows_agree_with_numpy(run):
    np.testing.assert_allclose(run(tf.signal.hann_window(9, periodic=False, dtype=tf.float64)), np.hanning(9), atol=1e-12)
    np.testing.assert_allclose(run(tf.signal.hamming_window(8, dtype=tf.float64)), np.hamming(9)[:-1], atol=1e-12)
    np.testing.assert_allclose(run(tf.signal.kaiser_window(9, 5.0, tf.float64)), np.kaiser(9, 5.0), atol=1e-10)
    np.testing.assert_array_equal(run(tf.signal.hann_window(1)), [1.0])
    with pytest.raises(ValueError, match="dtype must be a floating point type"):
        tf.signal.hann_window(4, dtype=tf.int32)


def test_mel_bands_are_triangles_and_bad_edges_are_told(run):
    weights = run(tf.signal.linear_to_mel_weight_matrix(5, 65, 8000, dtype=tf.float64))
    assert weights.shape == (65, 5) and (weights[0] == 0).all() and weights.max() <= 1
    assert (np.diff(np.sign(np.diff(weights[:, 2][weights[:, 2] > 0]))) <= 0).all()  # up, then down
    for keywords in ({"lower_edge_hertz": -1.0}, {"upper_edge_hertz": 5000.0}, {"num_mel_bins": 0}, {"lower_edge_hertz": 3900.0}):
        with pytest.raises(ValueError):
            tf.signal.linear_to_mel_weight_matrix(**keywords)
