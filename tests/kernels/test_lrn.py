"""Compiled local response normalisation gives what the op's own kernel gives."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.kernels.tiers import both, check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(11)
CASES = [((2, 3, 4, 21), 4, 0.75), ((1, 2, 2, 5), 2, 0.5), ((2, 1, 3, 3), 5, 0.6), ((1, 1, 1, 1), 2, 0.5), ((1, 5, 5, 64), 0, 1.0),
         ((1, 2, 2, 40), 30, 2.0)]  # fmt: skip


def images(shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def attributes(radius, beta):
    return {"depth_radius": radius, "bias": 1.0, "alpha": 0.1, "beta": beta}


@pytest.mark.parametrize(("shape", "radius", "beta"), CASES)
def test_it_gives_what_the_ops_kernel_gives(shape, radius, beta):
    attrs = attributes(radius, beta)
    x = images(shape)
    check("LRN", x, **attrs, relative=2e-6, tolerance=1e-7)
    y = both("LRN", x, **attrs).slow
    check("LRNGrad", images(shape), x, y, **attrs, relative=2e-5, tolerance=1e-6)


def test_nan_and_infinities_reach_their_neighbours_only():
    attrs = attributes(2, 0.75)
    check("LRN", strange(images((2, 3, 4, 33))), **attrs, relative=2e-6, tolerance=1e-7)


@pytest.mark.parametrize("name", ["LRN", "LRNGrad"])
def test_the_number_of_threads_does_not_change_a_bit(name):
    shape = (4, 30, 30, 21)
    same_bits_for_any_threads(name, *[images(shape)] * (1 if name == "LRN" else 3), **attributes(4, 0.75))
