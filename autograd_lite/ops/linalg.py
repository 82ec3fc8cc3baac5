"""Linear systems: inverse, determinant, Cholesky factor, and solutions. The last two axes are the matrices, the others count them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.release import release
from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.shapes import sum_to

TYPES = {"T": "double float half complex64 complex128"}
_SOLVED = {"T": "double float complex64 complex128"}
_BLOCK = 64  # triangular systems up to this size are solved at once; those with a 0 on the diagonal element by element

# Matrices far from singular for the samples, and a symmetric positive definite one.
WELL = np.array([[3.0, 0.5, -1.0], [0.25, 2.5, 0.75], [1.0, -0.5, 4.0]])
WELL_COMPLEX = WELL[:2, :2] + 1j * np.array([[0.5, -0.25], [1.0, 0.125]])
POSITIVE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.75], [0.5, -0.75, 2.0]])


def square(c: Any, index: int = 0) -> Any:
    """The shape of an input, whose last two sizes must be equal; None when its rank is not known."""
    shape = rules.with_rank_at_least(c, c.shape(index), 2)
    if shape is None:
        return None
    size = rules.merge_size(c, *shape[-2:])
    return (*shape[:-2], size, size)


def scalars(c: Any) -> Any:
    """One number for each matrix."""
    shape = square(c)
    return None if shape is None else shape[:-2]


def check_matrix(matrix: Any, is_square: bool = True) -> None:
    """The kernel's own check of what was not known while the graph was built."""
    if matrix.ndim < 2:
        raise invalid(f"Input tensor 0 must have rank >= 2, got {matrix.ndim}")
    if is_square and matrix.shape[-1] != matrix.shape[-2]:
        raise invalid(f"Input matrix must be square.\nIt has shape {rules.shape_text(matrix.shape)}")


def widened(matrix: Any) -> Any:
    """Half precision as single precision: NumPy's linear algebra has none of its own."""
    return matrix.astype("float32") if matrix.dtype == "float16" else matrix


def adjoint(xp: Any, matrix: Any) -> Any:
    """Transposed and conjugated."""
    turned = xp.swapaxes(matrix, -1, -2)
    return xp.conjugate(turned) if matrix.dtype.kind == "c" else turned


@op(
    "MatrixInverse(input: T, *, adjoint: bool = False) -> output: T",
    types=TYPES,
    shape=square,
    names=["matrix_inverse", "linalg.inv"],
    cost=costs.cubic(2),
    samples=[sample(WELL), sample(WELL, adjoint=True), sample(WELL_COMPLEX, adjoint=True)],
    formula="-y^H dy y^H",
)
def matrix_inverse(xp, input, adjoint):
    """Invert every matrix; with `adjoint`, invert its conjugate transpose.

    >>> tf.Session().run(tf.matrix_inverse([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)
    """
    check_matrix(input)
    try:
        inverse = xp.linalg.inv(widened(input)).astype(input.dtype)
    except xp.linalg.LinAlgError:
        raise invalid("Input is not invertible.") from None
    return _adjoint(xp, inverse) if adjoint else inverse


_adjoint = adjoint  # kernels have a parameter of this name


@matrix_inverse.gradient
def matrix_inverse_gradient(g, op, dy):
    inverse = op.outputs[0]
    if op.attrs["adjoint"]:
        return g.neg(product(g, inverse, product(g, dy, inverse, adjoint_a=True)))
    return g.neg(product(g, inverse, product(g, dy, inverse, adjoint_b=True), adjoint_a=True))


@op(
    "MatrixDeterminant(input: T) -> output: T",
    types={"T": "half float double complex64 complex128"},
    shape=scalars,
    names=["matrix_determinant", "linalg.det"],
    cost=costs.cubic(2 / 3),
    samples=[sample(WELL), sample(WELL_COMPLEX)],
    formula="dy conj(y) x^-H",
)
def matrix_determinant(xp, input):
    """Find the determinant of every matrix.

    >>> print(tf.Session().run(tf.matrix_determinant([[2.0, 1.0], [0.0, 4.0]])))
    8.0
    """
    check_matrix(input)
    return xp.asarray(xp.linalg.det(widened(input))).astype(input.dtype)


@matrix_determinant.gradient
def matrix_determinant_gradient(g, op, dy):
    determinant = op.outputs[0]
    if determinant.dtype.is_complex:
        determinant = g.conj(determinant)
    return _for_each_matrix(g, g.mul(dy, determinant), op.inputs[0])


def _for_each_matrix(g, factors, x):
    """The inverse adjoint of every matrix times a factor."""
    return g.mul(g.expand_dims(g.expand_dims(factors, -1), -1), g.matrix_inverse(x, adjoint=True))


def turned(g: Any, x: Any) -> Any:
    """The conjugate transpose of every matrix, in the graph."""
    return g.matrix_transpose(x, conjugate=True)


def product(g: Any, a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False) -> Any:
    """The product of matrices or of batches of them, in the graph."""
    return getattr(g, "linalg.matmul")(a, b, adjoint_a=adjoint_a, adjoint_b=adjoint_b)


def _sign_shape(c):
    return [scalars(c)] * 2


@op(
    "LogMatrixDeterminant(input: T) -> sign: T, log_abs_determinant: T",
    types={"T": "half float double complex64 complex128"},
    shape=_sign_shape,
    names=["linalg.slogdet"],
    cost=costs.cubic(2 / 3),
    samples=[sample(WELL), sample(-WELL)],
    formula="dy x^-H of the second output; the sign is constant",
)
def log_matrix_determinant(xp, input):
    """Find the sign of the determinant of every matrix, and the logarithm of its absolute value.

    >>> sign, logarithm = tf.Session().run(tf.linalg.slogdet([[-1.0, 0.0], [0.0, 1.0]]))
    >>> print(sign, logarithm)
    -1.0 0.0
    """
    check_matrix(input)
    sign, logarithm = xp.linalg.slogdet(widened(input))
    return xp.asarray(sign).astype(input.dtype), xp.asarray(logarithm).astype(input.dtype)


@log_matrix_determinant.gradient
def log_matrix_determinant_gradient(g, op, dsign, dlogarithm):
    x = op.inputs[0]
    return g.zeros_like(x) if dlogarithm is None else _for_each_matrix(g, dlogarithm, x)


@op(
    "Cholesky(input: T) -> output: T",
    types=TYPES,
    shape=square,
    names=["cholesky", "linalg.cholesky"],
    cost=costs.cubic(1 / 3),
    samples=[sample(POSITIVE), sample(np.stack([POSITIVE, 2 * POSITIVE]))],
    formula="for a symmetric change of x (I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527)",
)
def cholesky(xp, input):
    """Find the lower triangular L with L L^H = input; only the lower triangle of the input is read.

    >>> tf.Session().run(tf.cholesky([[4.0, 0.0], [0.0, 9.0]]))
    array([[2., 0.],
           [0., 3.]], dtype=float32)
    """
    check_matrix(input)
    matrix = widened(input)
    try:
        return xp.linalg.cholesky(matrix).astype(input.dtype)
    except xp.linalg.LinAlgError:
        if not release().factors_fail_with_nan:
            raise invalid("Cholesky decomposition was not successful. The input might not be valid.") from None
    return _cholesky_or_nan(xp, matrix).astype(input.dtype)


def _cholesky_or_nan(xp: Any, matrices: Any) -> Any:
    """The factor of every matrix that has one; NaN in the lower triangle of the others."""
    batch = matrices.reshape(-1, *matrices.shape[-2:])
    factors = xp.tril(xp.full(batch.shape, xp.nan, dtype=batch.dtype))
    for index in range(batch.shape[0]):  # only after one of them has failed
        try:
            factors[index] = xp.linalg.cholesky(batch[index])
        except xp.linalg.LinAlgError:
            continue
    return factors.reshape(matrices.shape)


@cholesky.gradient
def cholesky_gradient(g, op, dy):
    """With P = lower triangle of L^H dy, its diagonal halved: the symmetric part of L^-H P L^-1."""
    factor = op.outputs[0]
    middle = product(g, factor, dy, adjoint_a=True)
    middle = g.matrix_set_diag(middle, g.mul(g.constant(0.5, dy.dtype), g.matrix_diag_part(middle)))
    middle = g.matrix_band_part(middle, -1, 0)
    left = g.matrix_triangular_solve(factor, middle, adjoint=True)  # L^-H P
    whole = turned(g, g.matrix_triangular_solve(factor, turned(g, left), adjoint=True))  # (L^-H (L^-H P)^H)^H
    return g.mul(g.constant(0.5, dy.dtype), g.add(whole, turned(g, whole)))


def _system_shape(c):
    """Matrix [..., m, m] and rhs [..., m, k] -> [..., m, k]."""
    matrix, rhs = square(c), rules.with_rank_at_least(c, c.shape(1), 2)
    if matrix is None or rhs is None:
        return None
    if c.opdef.name == "MatrixSolve":
        batch = rules.merge(c, matrix[:-2], rhs[:-2])
    else:
        batch = rules.broadcast_shapes(c, matrix[:-2], rhs[:-2])
    size = rules.merge_size(c, matrix[-1], rhs[-2])
    return None if batch is None else (*batch, size, rhs[-1])


def _check_system(matrix: Any, rhs: Any) -> None:
    check_matrix(matrix)
    if rhs.ndim < 2:
        raise invalid(f"Input tensor 1 must have rank >= 2, got {rhs.ndim}")
    if matrix.shape[-2] != rhs.shape[-2]:
        raise invalid(
            f"Input matrix and rhs are incompatible.\nTheir shapes are {rules.shape_text(matrix.shape)} and {rules.shape_text(rhs.shape)}"
        )


@op(
    "MatrixSolve(matrix: T, rhs: T, *, adjoint: bool = False) -> output: T",
    types={"T": "double float half complex64 complex128"},
    shape=_system_shape,
    names=["matrix_solve", "linalg.solve"],
    cost=costs.cubic(2 / 3),
    samples=[
        sample(WELL, values((3, 2))),
        sample(np.stack([WELL, 2 * WELL]), values((2, 3, 1)), adjoint=True),
        sample(WELL_COMPLEX, values((2, 1), dtype="complex128"), adjoint=True),
    ],
    formula="d rhs = x^-H dy, d matrix = -(d rhs) y^H",
)
def matrix_solve(xp, matrix, rhs, adjoint):
    """Solve matrix @ output = rhs for every matrix; with `adjoint`, its conjugate transpose stands on the left.

    >>> tf.Session().run(tf.matrix_solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [2.0]]))
    array([[1. ],
           [0.5]], dtype=float32)
    """
    _check_system(matrix, rhs)
    if matrix.shape[:-2] != rhs.shape[:-2]:
        raise invalid(f"All input tensors must have the same outer dimensions: {rules.shape_text(matrix.shape)} against "
                      f"{rules.shape_text(rhs.shape)}")  # fmt: skip
    left = widened(_adjoint(xp, matrix) if adjoint else matrix)
    try:
        return xp.linalg.solve(left, widened(rhs)).astype(rhs.dtype)
    except xp.linalg.LinAlgError:
        raise invalid("Input matrix is not invertible.") from None


@matrix_solve.gradient
def matrix_solve_gradient(g, op, dy):
    adjoint = op.attrs["adjoint"]
    drhs = g.matrix_solve(op.inputs[0], dy, adjoint=not adjoint)
    return _matrix_part(g, drhs, op.outputs[0], adjoint), drhs


def _matrix_part(g, drhs, solution, adjoint):
    """The gradient of the matrix of a system, from that of its right side."""
    first, second = (solution, drhs) if adjoint else (drhs, solution)
    return g.neg(product(g, first, second, adjoint_b=True))


@op(
    "MatrixTriangularSolve(matrix: T, rhs: T, *, lower: bool = True, adjoint: bool = False) -> output: T",
    types={"T": "bfloat16 double float half complex64 complex128"},
    shape=_system_shape,
    cost=costs.cubic(1),
    samples=[
        sample(WELL, values((3, 2))),
        sample(WELL, values((3, 2)), lower=False),
        sample(WELL, values((2, 3, 1)), adjoint=True),
        sample(np.stack([WELL_COMPLEX]), values((2, 1), dtype="complex128"), lower=False, adjoint=True),
    ],
    formula="as MatrixSolve, kept in the triangle",
)
def matrix_triangular_solve(xp, matrix, rhs, lower, adjoint):
    """Solve matrix @ output = rhs for matrices of which only the lower (or upper) triangle is read."""
    _check_system(matrix, rhs)
    try:
        batch = np.broadcast_shapes(matrix.shape[:-2], rhs.shape[:-2])
    except ValueError:
        raise invalid(
            f"In[0] and In[1] must have compatible batch dimensions: {rules.shape_text(matrix.shape)} vs. {rules.shape_text(rhs.shape)}"
        ) from None
    left, right = widened(matrix), xp.broadcast_to(widened(rhs), (*batch, *rhs.shape[-2:]))
    if adjoint:
        left, lower = _adjoint(xp, left), not lower
    left = xp.tril(left) if lower else xp.triu(left)
    singular = bool(xp.any(xp.diagonal(left, 0, -2, -1) == 0))
    if singular and not release().factors_fail_with_nan:
        raise invalid("Input matrix is not invertible.")
    with np.errstate(divide="ignore", invalid="ignore"):
        return xp.asarray(triangular_solution(xp, left, right, lower, 1 if singular else _BLOCK)).astype(rhs.dtype)


def triangular_solution(xp: Any, left: Any, right: Any, lower: bool, block: int = _BLOCK) -> Any:
    """Halve the system until its blocks are small: solve one half, take what it explains out of the other, solve that.

    left: [..., n, n], zero outside its triangle. right: [..., n, k].
    """
    size = left.shape[-1]
    if size <= 1:
        return right / left if size else right
    if size <= block:  # CuPy stretches neither of the two
        return xp.linalg.solve(xp.broadcast_to(left, (*right.shape[:-2], size, size)), right)
    half = size // 2
    first, second = slice(None, half), slice(half, None)
    if not lower:
        first, second = second, first
    top = triangular_solution(xp, left[..., first, first], right[..., first, :], lower, block)
    rest = right[..., second, :] - xp.matmul(left[..., second, first], top)
    bottom = triangular_solution(xp, left[..., second, second], rest, lower, block)
    return xp.concatenate((top, bottom) if lower else (bottom, top), axis=-2)


@matrix_triangular_solve.gradient
def matrix_triangular_solve_gradient(g, op, dy):
    matrix, rhs = op.inputs
    lower, adjoint = op.attrs["lower"], op.attrs["adjoint"]
    drhs = g.matrix_triangular_solve(matrix, dy, lower=lower, adjoint=not adjoint)
    dmatrix = _matrix_part(g, drhs, op.outputs[0], adjoint)
    dmatrix = g.matrix_band_part(dmatrix, *((-1, 0) if lower else (0, -1)))
    return sum_to(g, dmatrix, matrix), sum_to(g, drhs, rhs)


def _least_squares_shape(c):
    """Matrix [..., m, n] and rhs [..., m, k] -> [..., n, k]."""
    matrix, rhs = rules.with_rank_at_least(c, c.shape(0), 2), rules.with_rank_at_least(c, c.shape(1), 2)
    rules.with_rank(c, c.shape(2), 0)
    if matrix is None or rhs is None:
        return None
    rules.merge_size(c, matrix[-2], rhs[-2])
    batch = rules.merge(c, matrix[:-2], rhs[:-2])
    return None if batch is None else (*batch, matrix[-1], rhs[-1])


_TALL = np.array([[3.0, 0.5], [0.25, 2.5], [1.0, -0.5], [0.5, 0.25]])


@op(
    "MatrixSolveLs(matrix: T, rhs: T, l2_regularizer: double, *, fast: bool = True) -> output: T",
    types=_SOLVED,
    shape=_least_squares_shape,
    host=("l2_regularizer",),
    samples=[
        sample(_TALL, values((4, 1)), 0.0),
        sample(_TALL, values((4, 2)), 0.1),
        sample(_TALL.T.copy(), values((2, 1)), 0.0),
        sample(_TALL.T.copy(), values((2, 1)), 0.1),
    ],
    formula="by the normal equations, of which one Cholesky factor serves all",
)
def matrix_solve_ls(xp, matrix, rhs, l2_regularizer, fast):
    """Make |matrix @ output - rhs|^2 + l2_regularizer |output|^2 least; of several solutions, the shortest."""
    check_matrix(matrix, is_square=False)
    if rhs.ndim < 2 or matrix.shape[-2] != rhs.shape[-2] or matrix.shape[:-2] != rhs.shape[:-2]:
        raise invalid(
            f"Input matrix and rhs are incompatible.\nTheir shapes are {rules.shape_text(matrix.shape)} and {rules.shape_text(rhs.shape)}"
        )
    rows, columns = matrix.shape[-2:]
    turned = _adjoint(xp, matrix)
    if not fast:
        return xp.matmul(xp.linalg.pinv(matrix), rhs)
    gram = xp.matmul(turned, matrix) if rows >= columns else xp.matmul(matrix, turned)
    gram = gram + xp.asarray(float(l2_regularizer), dtype=gram.dtype) * xp.eye(gram.shape[-1], dtype=gram.dtype)
    try:
        factor = xp.linalg.cholesky(gram)
    except xp.linalg.LinAlgError:
        raise invalid(
            "Input matrix was rank deficient or ill-conditioned. Try setting fast=False or provide a larger l2_regularizer > 0."
        ) from None
    right = xp.matmul(turned, rhs) if rows >= columns else rhs
    inner = triangular_solution(xp, factor, right, True)
    solution = triangular_solution(xp, _adjoint(xp, factor), inner, False)
    return solution if rows >= columns else xp.matmul(turned, solution)


@matrix_solve_ls.gradient
def matrix_solve_ls_gradient(g, op, dy):
    """With A^+ = (A^H A + c I)^-1 A^H = A^H (A A^H + c I)^-1, whichever of the two exists, and x = A^+ b."""
    if not op.attrs["fast"]:
        raise ValueError("Gradient not defined for fast=False")
    a, b, regularizer = op.inputs
    db = g.matrix_solve_ls(turned(g, a), dy, regularizer)
    unexplained = g.neg(product(g, db, op.outputs[0], adjoint_b=True))
    known = a.static_shape is not None and None not in a.static_shape[-2:]
    rows, columns = a.static_shape[-2:] if known else (g.shape(a)[-2], g.shape(a)[-1])
    tall = rows >= columns
    if not known or tall:
        z = _normal_solution(g, op, dy, columns, None if known else g.logical_not(tall), True)
        unexplained = g.add(unexplained, product(g, g.sub(b, product(g, a, op.outputs[0])), z, adjoint_b=True))
    if not known or not tall:
        w = _normal_solution(g, op, b, rows, None if known else tall, False)
        unexplained = g.add(unexplained, product(g, w, g.sub(dy, product(g, a, db, adjoint_a=True)), adjoint_b=True))
    return unexplained, db, None


def _normal_solution(g, op, right, size, unused, tall):
    """(A^H A + c I)^-1 right, or (A A^H + c I)^-1 right; `unused` is a flag, known when the graph runs, that makes it 0."""
    a, dtype = op.inputs[0], op.inputs[0].dtype.base_dtype
    identity = g.matrix_diag(g.ones([size] if isinstance(size, int) else g.reshape(size, [1]), dtype))
    gram = g.add(product(g, a, a, adjoint_a=tall, adjoint_b=not tall), g.mul(g.cast(op.inputs[2], dtype), identity))
    if unused is None:
        return g.matrix_solve(gram, right)
    off = g.cast(unused, dtype)
    solution = g.matrix_solve(g.add(gram, g.mul(off, identity)), right)  # the matrix would be singular without it
    return g.mul(solution, g.sub(g.constant(1, dtype), off))
