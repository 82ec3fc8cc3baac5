"""Convolution with fewer multiplications: the matrices of Winograd's method, after Toom and Cook.

A tile of m results of a filter with r taps needs m + r - 1 multiplications instead of m * r: the pixels under the tile and the filter are
read as polynomials, both are evaluated at m + r - 2 points and at infinity, the values are multiplied, and the product is put together
again. In two dimensions this happens along both axes, and each product becomes a sum over channels: a product of matrices.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

__all__ = ["POINTS", "Transforms", "transforms"]

# Points at which values stay small: with -2 and 1/2 the rounding error is a third of what it is with -2 and 2.
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0)


class Transforms(NamedTuple):
    """The matrices for `tile` results and `taps` weights along one axis, with `places` = tile + taps - 1.

    y = results @ ((weights @ w) * (pixels @ x))
    """

    tile: int
    taps: int
    pixels: np.ndarray  # [places, places]
    weights: np.ndarray  # [places, taps]
    results: np.ndarray  # [tile, places]

    @property
    def places(self) -> int:
        """The number of multiplications."""
        return self.tile + self.taps - 1


@functools.lru_cache
def transforms(tile: int, taps: int) -> Transforms:
    """Return the matrices, in double precision; tile + taps must be 7.

    The gradient for the filter is such a convolution too, with the results' gradient in the place of the filter: `transforms(taps, tile)`
    has the same matrix for the pixels.

    >>> kit = transforms(4, 3)
    >>> x, w = np.arange(6.0), np.array([1.0, 2.0, 3.0])
    >>> kit.results @ ((kit.weights @ w) * (kit.pixels @ x))
    array([ 8., 14., 20., 26.])
    """
    places = tile + taps - 1
    if places != len(POINTS) + 1:
        raise ValueError(f"There are points for {len(POINTS) + 1} multiplications, not for {places}.")
    pixels, weights, results = np.zeros((places, places)), np.zeros((places, taps)), np.zeros((tile, places))
    for row, point in enumerate(POINTS):
        others = [other for other in POINTS if other != point]
        weights[row] = point ** np.arange(taps) / np.prod([point - other for other in others])
        pixels[row, : places - 1] = np.poly(others)[::-1]
        results[:, row] = point ** np.arange(tile)
    weights[-1, -1] = results[-1, -1] = 1
    pixels[-1] = np.poly(POINTS)[::-1]
    return Transforms(tile, taps, pixels, weights, results)
