"""Functions of matrices (square root, logarithm, exponential) and tridiagonal systems.

All three functions are differentiated in the same way: f of the block matrix [[A, E], [0, A]] holds, at the upper right, the derivative
of f at A in the direction E (R. Mathias, "A chain rule for matrix functions and applications", 1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.linalg import POSITIVE, TYPES, WELL_COMPLEX, check_matrix, square, turned
from autograd_lite.ops.samples import sample, values

_ITERATIONS = 60


def _wide(x: Any) -> np.ndarray:
    """Matrices on the host, in double precision, as a batch [b, n, n]."""
    array = to_host(x)
    array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return array.reshape(-1, *array.shape[-2:])


def _principal_roots(a: np.ndarray) -> np.ndarray:
    """Square roots of a batch: from the eigenvectors where these are a good basis, by iteration elsewhere; NaN where there is none."""
    if not a.size:
        return a
    finite = np.isfinite(a).all(axis=(1, 2))
    safe = np.where(finite[:, None, None], a, np.eye(a.shape[-1]))
    numbers, vectors = np.linalg.eig(safe)
    try:
        roots = np.matmul(vectors * np.sqrt(numbers.astype(np.complex128))[:, None, :], np.linalg.inv(vectors))
    except np.linalg.LinAlgError:
        roots = np.full(a.shape, np.nan, np.complex128)
    bad = ~(_distance(roots, safe) <= 1e-13)
    if bad.any():
        found = _iterated_roots(safe[bad])
        better = _distance(found, safe[bad]) <= np.nan_to_num(_distance(roots[bad], safe[bad]), nan=np.inf)
        roots[bad] = np.where(better[:, None, None], found, roots[bad])
    lost = ~finite | ~(_distance(roots, safe) <= 1e-6)
    if a.dtype.kind != "c":
        scale = np.abs(roots).max(axis=(1, 2)) + 1e-300
        lost |= np.abs(roots.imag).max(axis=(1, 2)) > 1e-7 * scale
        roots = roots.real
    return np.where(lost[:, None, None], np.nan, roots)


def _distance(roots: np.ndarray, a: np.ndarray) -> np.ndarray:
    """How far the squares of the roots are from the matrices, relative to these."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(np.matmul(roots, roots) - a).max(axis=(1, 2)) / (np.abs(a).max(axis=(1, 2)) + 1e-300)


def _iterated_roots(a: np.ndarray) -> np.ndarray:
    """The product form of the iteration of Denman and Beavers, scaled by determinants (N. Higham, "Functions of Matrices", 6.29)."""
    size = a.shape[-1]
    identity = np.eye(size)
    x, m = a.copy(), a.copy()
    with np.errstate(all="ignore"):
        for _ in range(_ITERATIONS):
            far = np.abs(m - identity).max(axis=(1, 2))
            if not (far > size * 1e-15).any():
                break
            _, logarithm = np.linalg.slogdet(m)
            scale = np.where(far > 1e-2, np.exp(-logarithm.real / (2 * size)), 1.0)[:, None, None]
            try:
                inverse = np.linalg.inv(m) / scale**2
            except np.linalg.LinAlgError:
                return np.full(a.shape, np.nan, a.dtype)
            x = 0.5 * scale * np.matmul(x, identity + inverse)
            m = 0.5 * (identity + 0.5 * (scale**2 * m + inverse))
    return x


def _logarithms(a: np.ndarray) -> np.ndarray:
    """Take square roots until a matrix is near 1; there, the integral of (A - I) (I + t (A - I))^-1 over t in [0, 1]."""
    if not a.size:
        return a
    identity = np.eye(a.shape[-1])
    factor = 1.0
    for _ in range(_ITERATIONS):
        if not (np.abs(a - identity).sum(axis=-1).max() > 0.2):
            break
        a, factor = _principal_roots(a), 2 * factor
    excess = np.nan_to_num(a - identity)
    total = np.zeros_like(a)
    nodes, weights = np.polynomial.legendre.leggauss(10)
    for node, weight in zip((nodes + 1) / 2, weights / 2):
        total += weight * np.linalg.solve(identity + node * excess, excess)
    return np.where(np.isnan(a).any(axis=(1, 2))[:, None, None], np.nan, factor * total)


# Numerator of the rational approximation of exp of order 13 (N. Higham, "The scaling and squaring method for the matrix exponential
# revisited", 2005); with the norm below 5.37 it is exact to double precision.
_PADE = (64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0, 10559470521600.0,
         670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0)  # fmt: skip
_PADE_LIMIT = 5.371920351148152


def _exponentials(a: np.ndarray) -> np.ndarray:
    if not a.size:
        return a
    identity = np.eye(a.shape[-1])
    norms = np.abs(a).sum(axis=-2).max(axis=-1)
    with np.errstate(all="ignore"):
        halvings = np.clip(np.nan_to_num(np.ceil(np.log2(norms / _PADE_LIMIT)), nan=0, posinf=0), 0, 1100).astype(int)
        a = a / np.exp2(halvings)[:, None, None]
        powers = [identity, np.matmul(a, a)]
        for _ in range(5):
            powers.append(np.matmul(powers[-1], powers[1]))
        odd = np.matmul(a, sum(_PADE[2 * i + 1] * power for i, power in enumerate(powers)))
        even = sum(_PADE[2 * i] * power for i, power in enumerate(powers))
        broken = ~np.isfinite(even - odd).all(axis=(1, 2))
        below = np.where(broken[:, None, None], identity, even - odd)
        result = np.linalg.solve(below, even + odd)
        for step in range(halvings.max()):
            result = np.where((halvings > step)[:, None, None], np.matmul(result, result), result)
    return np.where(broken[:, None, None], np.nan, result)


def _function(xp: Any, input: Any, function: Any) -> Any:
    check_matrix(input)
    with np.errstate(over="ignore"):
        return xp.asarray(function(_wide(input)).reshape(input.shape).astype(to_host(input).dtype))


def _derivative(g, op, dy, function):
    """The upper right block of f([[A^H, dy], [0, A^H]])."""
    a = turned(g, op.inputs[0])
    upper, lower = g.concat([a, dy], -1), g.concat([g.zeros_like(a), a], -1)
    size = a.static_shape[-1] if a.static_shape is not None and a.static_shape[-1] is not None else g.shape(a)[-1]
    block = function(g.concat([upper, lower], -2))[..., :size, size:]
    block.set_shape(a.static_shape)
    return block


_FUNCTION: dict[str, Any] = {"types": TYPES, "shape": square}


@op(
    "MatrixSquareRoot(input: T) -> output: T",
    names=["matrix_square_root", "linalg.sqrtm"],
    cost=costs.cubic(40),
    samples=[sample(POSITIVE), sample(np.stack([POSITIVE, 4 * POSITIVE])), sample(WELL_COMPLEX)],
    formula="X with y^H X + X y^H = dy",
    **_FUNCTION,
)
def matrix_square_root(xp, input):
    """Find the principal square root of every matrix: the one whose eigenvalues have no negative real part. NaN where there is none.

    >>> tf.Session().run(tf.matrix_square_root([[4.0, 0.0], [0.0, 9.0]]))
    array([[2., 0.],
           [0., 3.]], dtype=float32)
    """
    return _function(xp, input, _principal_roots)


@matrix_square_root.gradient
def matrix_square_root_gradient(g, op, dy):
    return _derivative(g, op, dy, g.matrix_square_root)


@op(
    "MatrixLogarithm(input: T) -> output: T",
    types={"T": "complex64 complex128"},
    shape=square,
    names=["linalg.logm"],
    cost=costs.cubic(40),
    samples=[sample(WELL_COMPLEX), sample(np.stack([POSITIVE + 0j, 4 * POSITIVE + 0.5j]))],
    formula="the derivative of the logarithm at x^H in the direction dy",
)
def matrix_logarithm(xp, input):
    """Find the principal logarithm of every matrix: the one whose eigenvalues have imaginary parts between -pi and pi.

    >>> tf.Session().run(tf.linalg.logm([[1 + 0j, 0], [0, 1]])).real
    array([[0., 0.],
           [0., 0.]])
    """
    return _function(xp, input, _logarithms)


@matrix_logarithm.gradient
def matrix_logarithm_gradient(g, op, dy):
    return _derivative(g, op, dy, g.matrix_logarithm)


@op(
    "MatrixExponential(input: T) -> output: T",
    cost=costs.cubic(20),
    samples=[sample(values((3, 3))), sample(values((2, 2, 2), -9.0, 9.0)), sample(WELL_COMPLEX)],
    formula="the derivative of the exponential at x^H in the direction dy",
    **_FUNCTION,
)
def matrix_exponential(xp, input):
    """Sum the exponential series of every matrix."""
    return _function(xp, input, _exponentials)


@matrix_exponential.gradient
def matrix_exponential_gradient(g, op, dy):
    return _derivative(g, op, dy, g.matrix_exponential)


_SYSTEMS = {"T": "double float complex64 complex128"}


def _tridiagonal_shape(c):
    diagonals, rhs = rules.with_rank_at_least(c, c.shape(0), 2), rules.with_rank_at_least(c, c.shape(1), 2)
    if diagonals is not None:
        rules.with_size(c, diagonals[-2], 3)
    if diagonals is None or rhs is None:
        return rhs
    rules.merge_size(c, diagonals[-1], rhs[-2])
    rules.merge(c, diagonals[:-2], rhs[:-2])
    return rhs


_DIAGONALS = np.array([[1.0, -0.5, 0.25, 9.0], [3.0, -4.0, 2.5, 3.5], [9.0, 0.75, 1.0, -0.5]])


@op(
    "TridiagonalSolve(diagonals: T, rhs: T, *, partial_pivoting: bool = True) -> output: T",
    types=_SYSTEMS,
    shape=_tridiagonal_shape,
    release_attrs={"2.21": {"perturb_singular": ("bool", False)}},
    samples=[
        sample(_DIAGONALS, values((4, 2))),
        sample(np.stack([_DIAGONALS, _DIAGONALS * 2]), values((2, 4, 1)), partial_pivoting=False),
    ],
    formula="d rhs solves the transposed system; d diagonals are the three diagonals of -(d rhs) y^H",
)
def tridiagonal_solve(xp, diagonals, rhs, partial_pivoting):
    """Solve systems with three diagonals, the one above the main diagonal first."""
    if diagonals.ndim < 2 or diagonals.shape[-2] != 3:
        raise invalid(f"Expected diagonals to have a shape [..., 3, M], got {rules.shape_text(diagonals.shape)}")
    if rhs.ndim != diagonals.ndim or rhs.shape[:-2] != diagonals.shape[:-2] or rhs.shape[-2] != diagonals.shape[-1]:
        raise invalid(f"Expected the right-hand side to go with {rules.shape_text(diagonals.shape)}, got {rules.shape_text(rhs.shape)}")
    if not rhs.shape[-2]:
        return xp.copy(rhs)
    with np.errstate(all="ignore"):
        rows = _eliminated(xp, diagonals, rhs, partial_pivoting)
        solution: list[Any] = []  # from the last unknown to the first
        for main, above, second, right in reversed(rows):
            for factor, known in zip((above, second), solution[:-3:-1]):
                right = right - factor[..., None] * known
            solution.append(right / main[..., None])
    return xp.stack(solution[::-1], axis=-2)


def _eliminated(xp: Any, diagonals: Any, rhs: Any, pivoting: bool) -> list[tuple[Any, Any, Any, Any]]:
    """The rows of the triangular system: main diagonal, the two above it, right side. One step per row, for all systems together."""
    size = rhs.shape[-2]
    zero = xp.zeros_like(diagonals[..., 0, 0])
    above = [diagonals[..., 0, i] if i < size - 1 else zero for i in range(size)]
    main, right = diagonals[..., 1, 0], rhs[..., 0, :]
    up = above[0]
    rows = []
    for i in range(size - 1):
        below, next_main, next_up, next_right = diagonals[..., 2, i + 1], diagonals[..., 1, i + 1], above[i + 1], rhs[..., i + 1, :]
        factor = below / main
        kept: Any = (main, up, zero, right), (next_main - factor * up, next_up, next_right - factor[..., None] * right)
        if pivoting:
            swap = xp.absolute(main) < xp.absolute(below)
            turn = main / below
            other = (below, next_main, next_up, next_right), (
                up - turn * next_main, -turn * next_up, right - turn[..., None] * next_right)  # fmt: skip
            kept = tuple(tuple(_either(xp, swap, a, b) for a, b in zip(x, y)) for x, y in zip(other, kept))
        rows.append(kept[0])
        main, up, right = kept[1]
    return [*rows, (main, zero, zero, right)]


def _either(xp: Any, flags: Any, a: Any, b: Any) -> Any:
    return xp.where(flags[..., None] if a.ndim > flags.ndim else flags, a, b)


def _along(x, axis, start, stop):
    """Part of an axis counted from the end."""
    where = (Ellipsis, slice(start, stop)) + (slice(None),) * (-axis - 1)
    return x[where]


def _next(g, x, axis):
    """Each element replaced by the one after it along an axis counted from the end; 0 at the end."""
    return g.concat([_along(x, axis, 1, None), g.zeros_like(_along(x, axis, None, 1))], axis)


def _previous(g, x, axis):
    """Each element replaced by the one before it; 0 at the start."""
    return g.concat([g.zeros_like(_along(x, axis, None, 1)), _along(x, axis, None, -1)], axis)


def _conjugate(g, x):
    return g.conj(x) if x.dtype.is_complex else x


@tridiagonal_solve.gradient
def tridiagonal_solve_gradient(g, op, dy):
    diagonals, solution = _conjugate(g, op.inputs[0]), _conjugate(g, op.outputs[0])
    above, main, below = diagonals[..., 0:1, :], diagonals[..., 1:2, :], diagonals[..., 2:3, :]
    transposed = g.concat([_next(g, below, -1), main, _previous(g, above, -1)], -2)
    drhs = g.tridiagonal_solve(transposed, dy, partial_pivoting=op.attrs["partial_pivoting"])
    columns = (_next(g, solution, -2), solution, _previous(g, solution, -2))
    parts = [g.expand_dims(g.reduce_sum(g.mul(drhs, column), -1), -2) for column in columns]
    return g.neg(g.concat(parts, -2)), drhs


def _tridiagonal_product_shape(c):
    rhs = rules.with_rank_at_least(c, c.shape(3), 2)
    for index in range(3):
        diagonal = rules.with_rank_at_least(c, c.shape(index), 2)
        if diagonal is not None:
            rules.with_size(c, diagonal[-2], 1)
            if rhs is not None:
                rules.merge(c, (*diagonal[:-2], diagonal[-1]), rhs[:-1])
    return rhs


@op(
    "TridiagonalMatMul(superdiag: T, maindiag: T, subdiag: T, rhs: T) -> output: T",
    types=_SYSTEMS,
    shape=_tridiagonal_product_shape,
    samples=[
        sample(values((1, 4)), values((1, 4)), values((1, 4)), values((4, 2))),
        sample(values((2, 1, 3)), values((2, 1, 3)), values((2, 1, 3)), values((2, 3, 1))),
    ],
)
def tridiagonal_mat_mul(xp, superdiag, maindiag, subdiag, rhs):
    """Multiply matrices of three diagonals by `rhs`."""
    for diagonal in (superdiag, maindiag, subdiag):
        if diagonal.ndim < 2 or diagonal.shape[-2] != 1 or (*diagonal.shape[:-2], diagonal.shape[-1]) != rhs.shape[:-1]:
            raise invalid(f"A diagonal of shape {rules.shape_text(diagonal.shape)} does not go with {rules.shape_text(rhs.shape)}")
    above, main, below = (xp.swapaxes(diagonal, -1, -2) for diagonal in (superdiag, maindiag, subdiag))
    product = main * rhs
    product[..., :-1, :] += above[..., :-1, :] * rhs[..., 1:, :]
    product[..., 1:, :] += below[..., 1:, :] * rhs[..., :-1, :]
    return product


@tridiagonal_mat_mul.gradient
def tridiagonal_mat_mul_gradient(g, op, dy):
    above, main, below, rhs = (_conjugate(g, x) for x in op.inputs)
    parts = [g.expand_dims(g.reduce_sum(g.mul(column, dy), -1), -2) for column in (_next(g, rhs, -2), rhs, _previous(g, rhs, -2))]
    above, main, below = (g.matrix_transpose(x) for x in (above, main, below))
    drhs = g.add(g.mul(main, dy), g.add(_previous(g, g.mul(above, dy), -2), _next(g, g.mul(below, dy), -2)))
    return (*parts, drhs)
