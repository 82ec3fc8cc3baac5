import numpy as np
import pytest

from tests.ops.kernels import run

X = np.array([-100.0, -1.0, 0.0, 1.0, 100.0])


@pytest.mark.parametrize(
    ("op", "wanted"),
    [
        ("Relu", [0, 0, 0, 1, 100]),
        ("Relu6", [0, 0, 0, 1, 6]),
        ("Elu", [-1, np.expm1(-1), 0, 1, 100]),
        ("Softplus", [np.exp(-100), np.log1p(np.exp(-1)), np.log(2), 1 + np.log1p(np.exp(-1)), 100]),
        ("Softsign", [-100 / 101, -0.5, 0, 0.5, 100 / 101]),
        ("LeakyRelu", [-20, -0.2, 0, 1, 100]),
    ],
)
def test_activations_follow_their_formula_without_overflow(op, wanted):
    np.testing.assert_allclose(run(op, X), wanted, rtol=1e-7)


def test_selu_keeps_mean_and_variance_of_normal_numbers():
    activated = run("Selu", np.random.default_rng(0).normal(size=1_000_000))
    assert abs(activated.mean()) < 0.005 and abs(activated.std() - 1) < 0.005


def test_gradients_of_gates_are_zero_at_the_edge():
    np.testing.assert_array_equal(run("ReluGrad", np.ones(3), [-1.0, 0.0, 1.0] * np.ones(3)), [0, 0, 1])
    np.testing.assert_array_equal(run("Relu6Grad", np.ones(3), np.array([0.0, 6.0, 3.0])), [0, 0, 1])
