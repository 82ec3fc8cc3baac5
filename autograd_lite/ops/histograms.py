"""How numbers are distributed, counted in the buckets of TensorFlow's histograms."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

_LARGEST = np.finfo(np.float64).max


@functools.cache
def _bucket_limits() -> np.ndarray:
    """The upper ends of the buckets: each is 1.1 times as far from zero as the one before, from 1e-12 to 1e20 on both sides."""
    positive = []
    limit = 1e-12
    while limit < 1e20:
        positive.append(limit)
        limit *= 1.1
    return np.array([-_LARGEST, *(-limit for limit in reversed(positive)), 0.0, *positive, _LARGEST])


class Histogram:
    """Counts numbers; what it holds does not grow with them."""

    def __init__(self) -> None:
        self.count = 0
        self._counts = np.zeros(len(_bucket_limits()))
        self._smallest, self._largest = _LARGEST, -_LARGEST
        self._sum = self._sum_of_squares = 0.0

    def add(self, numbers: np.ndarray) -> None:
        """Count a vector of float64."""
        limits = _bucket_limits()
        places = np.minimum(np.searchsorted(limits, numbers, side="right"), len(limits) - 1)
        self._counts += np.bincount(places, minlength=len(limits))
        self.count += numbers.size
        self._smallest = numbers.min(initial=self._smallest)
        self._largest = numbers.max(initial=self._largest)
        with np.errstate(over="ignore"):
            self._sum += numbers.sum()
            self._sum_of_squares += np.square(numbers).sum()

    def write(self, message: Any) -> None:
        """Tell a HistogramProto message; of neighbouring empty buckets only the last is kept."""
        counts = self._counts
        kept = (counts > 0) | np.append(counts[1:] > 0, True)
        message.min, message.max, message.num = self._smallest, self._largest, self.count
        message.sum, message.sum_squares = self._sum, self._sum_of_squares
        message.bucket_limit.extend(_bucket_limits()[kept].tolist())
        message.bucket.extend(counts[kept].tolist())
