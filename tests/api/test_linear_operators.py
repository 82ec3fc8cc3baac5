"""Every linear operator does what its dense matrix does."""

import numpy as np
import pytest

import autograd_lite as tf

RANDOM = np.random.RandomState(0)


def draw(*shape):
    return RANDOM.standard_normal(shape)


A, B, MANY = draw(3, 3) + 3 * np.eye(3), draw(2, 2) + 2 * np.eye(2), draw(4, 3, 3) + 3 * np.eye(3)
U, V, D = draw(3, 2), draw(3, 2), np.array([1.0, -2.0])
AXIS = draw(3)
MIRROR = np.eye(3) - 2 * np.outer(AXIS, AXIS) / (AXIS @ AXIS)
BLOCKS = np.zeros((5, 5))
BLOCKS[:3, :3], BLOCKS[3:, 3:] = A, B
KERNEL, TORUS, CUBE = draw(4), draw(3, 2), draw(2, 2, 2)
COMPLEX = draw(4) + 1j * draw(4)
COLUMN, ROW = draw(4), draw(4)
ROW[0] = COLUMN[0]


def adjoint(matrix):
    return np.conj(np.swapaxes(matrix, -1, -2))


def full(matrix):
    return tf.linalg.LinearOperatorFullMatrix(matrix)


def circulant(kernel):
    """The matrix whose columns are the shifts of a kernel of any number of axes."""
    places = list(np.ndindex(kernel.shape))
    return np.array([[kernel[tuple((i - j) % n for i, j, n in zip(one, other, kernel.shape))] for other in places] for one in places])


CASES = {
    "Adjoint": (lambda: tf.linalg.LinearOperatorAdjoint(full(A)), adjoint(A)),
    "Inversion": (lambda: tf.linalg.LinearOperatorInversion(full(A)), np.linalg.inv(A)),
    "Composition": (
        lambda: tf.linalg.LinearOperatorComposition([full(A), tf.linalg.LinearOperatorDiag(np.array([1.0, 2, 3])), full(MANY)]),
        A @ np.diag([1.0, 2, 3]) @ MANY,
    ),
    "Kronecker": (lambda: tf.linalg.LinearOperatorKronecker([full(B), full(A), full(B)]), np.kron(np.kron(B, A), B)),
    "Kronecker of a batch": (lambda: tf.linalg.LinearOperatorKronecker([full(MANY), full(B)]), np.stack([np.kron(a, B) for a in MANY])),
    "BlockDiag": (lambda: tf.linalg.LinearOperatorBlockDiag([full(A), full(B)]), BLOCKS),
    "Householder": (lambda: tf.linalg.LinearOperatorHouseholder(AXIS), MIRROR),
    "LowRankUpdate": (lambda: tf.linalg.LinearOperatorLowRankUpdate(full(A), U, D, V), A + U @ np.diag(D) @ V.T),
    "LowRankUpdate of one matrix": (lambda: tf.linalg.LinearOperatorLowRankUpdate(full(A), U), A + U @ U.T),
    "Toeplitz": (
        lambda: tf.linalg.LinearOperatorToeplitz(COLUMN, ROW),
        np.array([[COLUMN[i - j] if i >= j else ROW[j - i] for j in range(4)] for i in range(4)]),
    ),
    "Circulant": (lambda: tf.linalg.LinearOperatorCirculant(np.fft.fft(KERNEL), tf.float64), circulant(KERNEL)),
    "Circulant2D": (lambda: tf.linalg.LinearOperatorCirculant2D(np.fft.fft2(TORUS), tf.float64), circulant(TORUS)),
    "Circulant3D": (lambda: tf.linalg.LinearOperatorCirculant3D(np.fft.fftn(CUBE), tf.float64), circulant(CUBE)),
    "complex Circulant": (lambda: tf.linalg.LinearOperatorCirculant(COMPLEX, tf.complex128), circulant(np.fft.ifft(COMPLEX))),
}


@pytest.mark.parametrize("name", CASES)
def test_operator_agrees_with_its_matrix(name):
    make, matrix = CASES[name]
    operator, inverse = make(), np.linalg.inv(matrix)
    x = RANDOM.standard_normal((*matrix.shape[:-2], matrix.shape[-1], 2))
    x = x + 1j * x if np.iscomplexobj(matrix) else x
    expected = [
        (operator.to_dense(), matrix),
        (operator.matmul(x), matrix @ x),
        (operator.matmul(x, adjoint=True), adjoint(matrix) @ x),
        (operator.matmul(adjoint(x), adjoint_arg=True), matrix @ x),
        (operator.matvec(x[..., 0]), (matrix @ x)[..., 0]),
        (operator.solve(x), inverse @ x),
        (operator.solve(x, adjoint=True), adjoint(inverse) @ x),
        (operator.solve(adjoint(x), adjoint_arg=True), inverse @ x),
        (operator.determinant(), np.linalg.det(matrix)),
        (operator.log_abs_determinant(), np.log(np.abs(np.linalg.det(matrix)))),
        (operator.diag_part(), np.diagonal(matrix, axis1=-2, axis2=-1)),
        (operator.trace(), np.trace(matrix, axis1=-2, axis2=-1)),
        (operator.add_to_tensor(matrix), 2 * matrix),
        (operator.adjoint().to_dense(), adjoint(matrix)),
        (operator.inverse().to_dense(), inverse),
    ]
    with tf.Session() as session:
        got = session.run([tensor for tensor, _ in expected])
    assert operator.shape.as_list() == list(matrix.shape)
    for value, (_, wanted) in zip(got, expected):
        np.testing.assert_allclose(value, wanted, rtol=1e-9, atol=1e-9)


def test_zeros_of_any_shape():
    operator = tf.linalg.LinearOperatorZeros(2, 3, batch_shape=[4], is_square=False, is_self_adjoint=False)
    with tf.Session() as session:
        assert session.run(operator.to_dense()).shape == (4, 2, 3)
        assert not session.run(operator.matmul(np.ones((4, 3, 1), np.float32))).any()
        assert not session.run(tf.linalg.LinearOperatorZeros(2).determinant())
    with pytest.raises(NotImplementedError, match="singular"):
        tf.linalg.LinearOperatorZeros(2).solve([[1.0], [1.0]])


def test_kernel_of_a_circulant_matrix_and_its_spectrum():
    operator = tf.linalg.LinearOperatorCirculant(np.fft.fft(KERNEL), tf.float64)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(operator.convolution_kernel()), KERNEL)
        session.run(operator.assert_hermitian_spectrum())
        with pytest.raises(tf.errors.InvalidArgumentError, match="Spectrum was not Hermitian"):
            session.run(tf.linalg.LinearOperatorCirculant(COMPLEX).assert_hermitian_spectrum())


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tf.linalg.LinearOperatorComposition([]), "Expected a non-empty list of operators"),
        (lambda: tf.linalg.LinearOperatorComposition([full(A), full(B)]), "are not as many as the rows"),
        (lambda: tf.linalg.LinearOperatorHouseholder([1.0], is_positive_definite=True), "never positive definite"),
        (lambda: tf.linalg.LinearOperatorInversion(full(np.ones((2, 3)))), "must be square"),
        (lambda: tf.linalg.LinearOperatorZeros(2, is_non_singular=True), "always singular"),
        (lambda: tf.linalg.LinearOperatorBlockDiag([full(np.ones((2, 3)))]), "block diagonal of square matrices"),
    ],
)
def test_what_cannot_be_is_refused(call, text):
    with pytest.raises(ValueError, match=text):
        call()
