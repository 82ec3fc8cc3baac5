"""Special functions built out of others."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as tf

special = pytest.importorskip("scipy.special")
X = np.array([0.1, 0.5, 1.0, 2.5])


@pytest.mark.parametrize(
    ("ours", "scipys"),
    [
        (tf.math.bessel_i0, special.i0), (tf.math.bessel_i1, special.i1), (tf.math.bessel_i0e, special.i0e),
        (tf.math.bessel_i1e, special.i1e),
    ],
)  # fmt: skip
def test_bessel_functions(ours, scipys, run):
    np.testing.assert_allclose(run(ours(X)), scipys(X), rtol=1e-7)


def test_quantiles_and_inverse_error_functions(run):
    share = np.array([0.01, 0.5, 0.9])
    np.testing.assert_allclose(run(tf.math.ndtri(share)), special.ndtri(share), atol=1e-12)
    np.testing.assert_allclose(run(tf.math.erfinv(share)), special.erfinv(share), rtol=1e-9)
    np.testing.assert_allclose(run(tf.math.erfcinv(share)), special.erfcinv(share), rtol=1e-9)


def test_the_beta_function_of_several_arguments(run):
    np.testing.assert_allclose(run(tf.lbeta([X[:2]])), [special.betaln(0.1, 0.5)])
    assert run(tf.lbeta(np.zeros(0))) == 0.0


def test_products_and_quotients_with_zero(run):
    assert run(tf.math.xdivy([0.0, 3.0], [0.0, 2.0])).tolist() == [0.0, 1.5]
    assert run(tf.math.xlog1py([0.0], [-1.0])).tolist() == [0.0]


def test_polynomials_want_a_list():
    with pytest.raises(ValueError, match="^Argument coeffs must be list type"):
        tf.math.polyval(3.0, 2.0)


def test_the_second_release_gives_a_scope_of_its_own(nodes, second_release):
    tf.math.xdivy(tf.placeholder(tf.float32, name="x"), 2.0)
    assert nodes(1)[-1] == ("xdivy/Xdivy", "Xdivy")
