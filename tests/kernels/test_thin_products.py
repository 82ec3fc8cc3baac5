"""Products with a thin matrix are those of NumPy, whatever the sizes and the processor."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.kernels import pool
from autograd_lite.kernels.calls import Given, caller
from autograd_lite.kernels.thin_products import rows_text, turned_text
from autograd_lite.kernels.tier import Tiered


def product(a, b, monkeypatch, **how):
    """A @ b by a session whose kernels are compiled, and whether one was."""
    made = []
    prepare = Tiered.prepare
    monkeypatch.setattr(Tiered, "prepare", lambda self: (made.append(self.name), prepare(self)))
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")
    x, y = tf.placeholder(tf.float32, [None, None]), tf.placeholder(tf.float32, [None, None])
    with tf.Session() as session:
        return session.run(tf.matmul(x, y, **how), {x: a, y: b}), "MatMul" in made


@pytest.mark.parametrize("columns", [1, 10, 16, 17, 32])
@pytest.mark.parametrize("rows, inner", [(333, 2501), (67, 1301)])
@pytest.mark.parametrize("turned_a, turned_b", [(False, False), (True, False), (False, True), (True, True)])
def test_products_are_those_of_double_precision(monkeypatch, columns, rows, inner, turned_a, turned_b):
    random = np.random.RandomState(columns)
    a, b = random.randn(rows, inner).astype(np.float32), random.randn(inner, columns).astype(np.float32)
    given = (np.ascontiguousarray(a.T) if turned_a else a), (np.ascontiguousarray(b.T) if turned_b else b)
    got, is_compiled = product(*given, monkeypatch, transpose_a=turned_a, transpose_b=turned_b)
    assert is_compiled == (rows * inner * columns >= 250_000)
    np.testing.assert_allclose(got, a.astype(np.float64) @ b, atol=1e-5 * inner**0.5)  # the standard deviation is inner**0.5


def test_the_number_of_threads_changes_no_bit(monkeypatch):
    random = np.random.RandomState(0)
    a, b = random.randn(1100, 1003).astype(np.float32), random.randn(1003, 10).astype(np.float32)
    before, results = pool.threads(), []
    try:
        for threads in (1, 2, 3):
            pool.set_threads(threads)
            results.append(product(a, b, monkeypatch)[0])
    finally:
        pool.set_threads(before)
    assert np.array_equal(results[0], results[1]) and np.array_equal(results[0], results[2])


def test_what_is_not_a_number_stays_in_its_row(monkeypatch):
    a, b = np.ones((200, 1000), np.float32), np.ones((1000, 8), np.float32)
    a[3, 5], a[199, 0] = np.nan, np.inf
    got, _ = product(a, b, monkeypatch)
    assert np.isnan(got[3]).all() and np.isinf(got[199]).all() and (np.delete(got, [3, 199], 0) == 1000).all()


def test_a_matrix_that_is_not_in_order_is_multiplied_all_the_same(monkeypatch):
    random = np.random.RandomState(0)
    a, b = random.randn(1000, 900).astype(np.float32).T, random.randn(1000, 12).astype(np.float32)[:, ::-1]
    got, _ = product(a, b, monkeypatch)
    np.testing.assert_allclose(got, a.astype(np.float64) @ b, atol=3e-4)


@pytest.mark.parametrize("columns", [3, 8, 20])
@pytest.mark.parametrize("lanes", [4, 8])
def test_shorter_vectors_give_the_same(columns, lanes):
    random = np.random.RandomState(columns)
    a, b, c = (random.randn(*shape).astype(np.float32) for shape in ((301, 203), (203, columns), (301, columns)))
    straight, turned = np.empty((301, columns), np.float32), np.empty((203, columns), np.float32)
    arrays = [Given(a.shape), Given(b.shape), Given(straight.shape, is_output=True)]
    assert caller(rows_text(columns, lanes), "product", arrays, [301, 203])(a, b, straight)
    arrays = [Given(a.shape), Given(c.shape), Given(turned.shape, is_output=True)]
    assert caller(turned_text(columns, lanes), "product", arrays, [203, 301])(a, c, turned)
    np.testing.assert_allclose(straight, a.astype(np.float64) @ b, atol=2e-4)
    np.testing.assert_allclose(turned, a.T.astype(np.float64) @ c, atol=2e-4)
