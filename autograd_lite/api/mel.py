"""The mel scale of pitch: weights from a spectrum to mel bands, and cepstral coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant
from autograd_lite.api.fourier import dct
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor

_BREAK = 700.0  # hertz: where the scale turns from linear to logarithmic
_HIGH_Q = 1127.0


def _mel(hertz: Any) -> Any:
    """D. O'Shaughnessy, "Speech communication: human and machine", 1987."""
    return _HIGH_Q * np.log1p(np.asarray(hertz, np.float64) / _BREAK)


def _number(value: Any, name: str) -> Any:
    known = constant_value(value) if isinstance(value, Tensor) else value
    if known is None:
        raise ValueError(f"{name} must be known while the graph is built, got {value!r}")
    return np.asarray(known).item()


def _check(bands: int, bins: int, rate: float, lower: float, upper: float) -> None:
    if bands <= 0:
        raise ValueError("num_mel_bins must be positive. Got: %s" % bands)
    if bins <= 0:
        raise ValueError("num_spectrogram_bins must be positive. Got: %s" % bins)
    if rate <= 0:
        raise ValueError("sample_rate must be positive. Got: %s" % rate)
    if lower < 0.0:
        raise ValueError("lower_edge_hertz must be non-negative. Got: %s" % lower)
    if lower >= upper:
        raise ValueError("lower_edge_hertz %.1f >= upper_edge_hertz %.1f" % (lower, upper))
    if upper > rate / 2:
        raise ValueError("upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). Got %s for sample_rate: %s"
                         % (upper, rate))  # fmt: skip


@export("signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Weights [num_spectrogram_bins, num_mel_bins] that turn spectra S into mel spectra S @ weights.

    Each mel band is a triangle on the mel scale, from the middle of the band below to the middle of the one above.

    Raises:
      ValueError: sizes that are not positive, or edges that are not 0 <= lower < upper <= sample_rate / 2.

    >>> import autograd_lite as tf
    >>> tf.signal.linear_to_mel_weight_matrix(4, 9).shape
    TensorShape([Dimension(9), Dimension(4)])
    """
    with building(name, "linear_to_mel_weight_matrix") as scope:
        bands, bins, rate, lower, upper = (
            _number(value, what)
            for value, what in (
                (num_mel_bins, "num_mel_bins"),
                (num_spectrogram_bins, "num_spectrogram_bins"),
                (sample_rate, "sample_rate"),
                (lower_edge_hertz, "lower_edge_hertz"),
                (upper_edge_hertz, "upper_edge_hertz"),
            )
        )
        _check(bands, bins, rate, lower, upper)
        kind = dtypes.as_dtype(dtype)
        pitches = _mel(np.linspace(0.0, rate / 2.0, bins)[1:])[:, None]  # the constant part belongs to no band
        edges = np.linspace(_mel(lower), _mel(upper), bands + 2)
        low, middle, high = edges[:-2], edges[1:-1], edges[2:]
        weights = np.maximum(0.0, np.minimum((pitches - low) / (middle - low), (high - pitches) / (high - middle)))
        return constant(np.pad(weights, [[1, 0], [0, 0]]).astype(kind.as_numpy_dtype), name=scope)


@export("signal.mfccs_from_log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """The mel-frequency cepstral coefficients: a DCT of type 2 of logarithmic mel spectra, scaled as the HTK toolkit does.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.mfccs_from_log_mel_spectrograms([[1., 1.]])).round(5)
    array([[2., 0.]], dtype=float32)
    """
    with building(name, "mfccs_from_log_mel_spectrograms", [log_mel_spectrograms]):
        spectra = convert_to_tensor(log_mel_spectrograms)
        bands: Any = None if spectra.static_shape is None else spectra.static_shape[-1]
        if bands == 0:
            raise ValueError(f"num_mel_bins must be positive. Got: {bands}")
        transformed: Any = dct(spectra, type=2)
        if bands is None:
            bands = raw.Shape(spectra)[-1]
        return transformed * raw.Rsqrt(cast(bands, spectra.dtype) * 2.0)
