"""The compiled sampler draws the classes that the op's own kernel draws, run after run, and expects them as often."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.backends import philox
from autograd_lite.backends.philox import PhiloxStream
from autograd_lite.core import errors
from autograd_lite.kernels import candidate_sampling, native
from tests.kernels.tiers import check, kernels

NAME = "LogUniformCandidateSampler"
MOST_UNITS = 4  # in the last place: both tiers round e^x - 1 within 2


def classes(limit, count=20):
    return np.random.default_rng(1).integers(0, limit, (count, 1))


def tiers(limit, count, unique, true=None):
    attrs = {"num_true": 1, "num_sampled": count, "unique": unique, "range_max": limit, "seed": 3, "seed2": 4}
    watched, known, tiered = kernels(NAME, [classes(limit) if true is None else true], attrs)
    return watched, [known[name] for name in ("num_true", "num_sampled", "unique", "range_max")], tiered


def same_runs(limit, count, unique, streams, runs):
    watched, attrs, tiered = tiers(limit, count, unique)
    one, other = streams
    for _ in range(runs):
        slow, fast = (kernel(np, classes(limit), *attrs, stream) for kernel, stream in ((watched.opdef.kernel, one), (tiered.now, other)))
        np.testing.assert_array_equal(fast[0], slow[0])
        for left, right in zip(fast[1:], slow[1:]):
            assert left.shape == right.shape
            np.testing.assert_array_max_ulp(left, right, MOST_UNITS)
    assert one.counter == other.counter


@pytest.mark.parametrize(("limit", "count", "unique"), [
    (50_000, 64, True), (50_000, 64, False), (9, 5, True), (9, 9, True), (1000, 512, True), (1 << 18, 300, True), (3, 3, False),
])  # fmt: skip
def test_the_classes_are_the_same_run_after_run(limit, count, unique):
    same_runs(limit, count, unique, [PhiloxStream(3, 4), PhiloxStream(3, 4)], runs=100)


def test_a_batch_that_hangs_on_the_last_bits_of_a_number_goes_to_numpy(monkeypatch):
    monkeypatch.setattr(candidate_sampling, "NEAR", 2.0**-4)  # so that most batches are such
    declined = []
    original = candidate_sampling.sampled_at
    monkeypatch.setattr(candidate_sampling, "sampled_at", lambda *given: declined.append(1) or original(*given))
    same_runs(50_000, 7, True, [PhiloxStream(3, 4), PhiloxStream(3, 4)], runs=50)
    assert 10 < len(declined) < 50


def test_a_stream_at_the_end_of_its_lower_half_goes_on_in_the_upper():
    streams = [PhiloxStream.at(5, (9 << 64) | philox.MASK64 - 40_000) for _ in range(2)]
    same_runs(100, 10, True, streams, runs=20)
    assert streams[0].counter >> 64 == 10


def test_a_class_out_of_range_is_reported():
    for wrong in (-1, 9):
        watched, attrs, tiered = tiers(9, 3, True, np.array([[2], [wrong]], np.int64))
        with pytest.raises(errors.InvalidArgumentError, match=rf"out of range \[0, 9\), received {wrong}"):
            tiered.now(np, np.array([[2], [wrong]], np.int64), *attrs, PhiloxStream(3, 4))


def test_what_does_not_fit_is_left_to_numpy():
    assert tiers(1 << 19, 5, True)[2] is None
    assert tiers(50_000, 513, True)[2] is None
    assert tiers(4, 5, True)[2] is None


def test_narrow_vectors_draw_the_same(monkeypatch):
    if not {"+avx2", "+fma"} <= set(native.target().features.split(",")):
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(native, "target", lambda: native.Target("haswell", "+avx2,+fma"))
    check(NAME, classes(50_000), num_true=1, num_sampled=64, unique=True, range_max=50_000, seed=1, seed2=2, relative=1e-6)
