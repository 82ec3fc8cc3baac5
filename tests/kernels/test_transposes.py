"""Compiled copies of turned matrices hold what NumPy's copies hold."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.kernels import native, pool, tier, transposes
from tests.kernels.tiers import strange

RANDOM = np.random.default_rng(12)
FIRST, LAST = (0, 3, 1, 2), (0, 2, 3, 1)  # channels


def copied(x, perm):
    copier = transposes.copier(x.shape, perm, x.dtype)
    copier.prepare()
    assert copier.is_compiled
    return copier.now(x.transpose(perm))


def check(x, perm):
    result = copied(x, perm)
    assert result.flags.c_contiguous and result.dtype == x.dtype
    assert not np.shares_memory(result, x)
    np.testing.assert_array_equal(result.view(np.int32), x.transpose(perm).copy().view(np.int32))


def numbers(*shape):
    return strange(RANDOM.standard_normal(shape).astype(np.float32))


@pytest.mark.parametrize(("shape", "perm"), [((4, 25, 19, 23), FIRST), ((4, 32, 16, 16), LAST), ((301, 203), (1, 0)),
                                             ((1, 200, 1, 170), (3, 2, 1, 0)), ((2, 3, 90, 64, 1), (0, 1, 4, 3, 2))])  # fmt: skip
def test_matrices_are_turned(shape, perm):
    check(numbers(*shape), perm)
    check(RANDOM.integers(-(2**31), 2**31, shape).astype(np.int32), perm)


def test_matrices_are_turned_with_shorter_vectors(monkeypatch):
    if "+avx2" not in native.target().features.split(","):
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(native, "target", lambda: native.Target("haswell", ""))
    check(numbers(4, 25, 19, 23), FIRST)


def test_any_number_of_threads_copies_the_same():
    x, before = numbers(3, 500, 70), pool.threads()
    try:
        for count in (1, 2, 3):
            pool.set_threads(count)
            check(x, (0, 2, 1))
    finally:
        pool.set_threads(before)


def test_what_is_no_turned_matrix_is_left_to_numpy():
    float32 = np.dtype(np.float32)
    for perm in ((0, 1, 2), (1, 0, 2), (2, 1, 0)):
        assert transposes.copier((40, 50, 60), perm, float32) is None
    for shape, perm in (((9000, 3), (1, 0)), ((9, 9), (1, 0))):
        assert transposes.copier(shape, perm, float32) is None
    assert transposes.copier((400, 500), (1, 0), np.dtype(np.float64)) is None


def test_an_array_that_lies_otherwise_is_copied_by_numpy():
    x = numbers(200, 340)[:, ::2]
    copier = transposes.copier(x.shape, (1, 0), x.dtype)
    copier.prepare()
    np.testing.assert_array_equal(copier.now(x.T), x.T)


def test_a_fetched_transpose_of_images_is_copied_by_machine_code():
    images = numbers(2, 64, 16, 20)
    held = tf.Variable(images)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        channels_first = tf.transpose(held, [0, 3, 1, -2])
        before = session.run(channels_first)
        tier.finish(everything=True)
        after = session.run(channels_first)
        after[:] = 0
        np.testing.assert_array_equal(session.run(channels_first).view(np.int32), before.view(np.int32))
        assert "copy_" in compile_plan([channels_first], []).source
