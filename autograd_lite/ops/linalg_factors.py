"""Factors of matrices: Q R, singular values, eigenvalues of self-adjoint matrices, L U."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.linalg import POSITIVE, TYPES, WELL, adjoint, check_matrix, product, square, turned, widened
from autograd_lite.ops.samples import sample, values

_TALL = np.array([[3.0, 0.5], [0.25, 2.5], [1.0, -0.5], [0.5, 0.25]])


def _least(*sizes: int | None) -> int | None:
    """The smallest of sizes, as far as known."""
    return 0 if 0 in sizes else None if None in sizes else min(size for size in sizes if size is not None)


def _qr_shape(c):
    shape = rules.with_rank_at_least(c, c.shape(0), 2)
    if shape is None:
        return [None, None]
    *batch, rows, columns = shape
    inner = rows if c.attrs["full_matrices"] else _least(rows, columns)
    return [(*batch, rows, inner), (*batch, inner, columns)]


@op(
    "Qr(input: T, *, full_matrices: bool = False) -> q: T, r: T",
    types=TYPES,
    shape=_qr_shape,
    names=["qr", "linalg.qr"],
    cost=costs.cubic(2),
    samples=[sample(WELL), sample(_TALL), sample(_TALL.T.copy())],
    formula="q (dr + tril(q^H dq - dq^H q + r dr^H - dr r^H) r^-H) + (dq - q q^H dq) r^-H",
)
def qr(xp, input, full_matrices):
    """Factor every matrix as q r: the columns of q are orthonormal, r is upper triangular.

    With `full_matrices`, q is square; otherwise it has as many columns as are needed.

    >>> q, r = tf.Session().run(tf.qr([[3.0, 0.0], [4.0, 5.0]]))
    >>> bool(abs(q @ r - [[3.0, 0.0], [4.0, 5.0]]).max() < 1e-5)
    True
    """
    check_matrix(input, is_square=False)
    rows, columns = input.shape[-2:]
    if 0 in input.shape:
        inner = rows if full_matrices else min(rows, columns)
        q = xp.broadcast_to(xp.eye(rows, inner, dtype=input.dtype), (*input.shape[:-2], rows, inner))
        return xp.array(q), xp.zeros((*input.shape[:-2], inner, columns), dtype=input.dtype)
    q, r = xp.linalg.qr(widened(input), mode="complete" if full_matrices else "reduced")
    return q.astype(input.dtype), r.astype(input.dtype)


@qr.gradient
def qr_gradient(g, op, dq, dr):
    q, r = op.outputs
    rows: Any = None if q.static_shape is None else q.static_shape[-2]
    columns: Any = None if r.static_shape is None else r.static_shape[-1]
    known = rows is not None and columns is not None
    if op.attrs["full_matrices"] and not known:
        raise NotImplementedError(f"QrGrad not implemented with dynamic shapes when full_matrices is true. Received r.shape: {r.shape}")
    if op.attrs["full_matrices"] and rows > columns:
        raise NotImplementedError(
            f"QrGrad not implemented when nrows > ncols and full_matrices is true. Received r.shape={r.shape} with nrows={rows}"
            f"and ncols={columns}."
        )
    dq = g.zeros_like(q) if dq is None else dq
    dr = g.zeros_like(r) if dr is None else dr
    if known and rows >= columns:
        return _tall_qr_gradient(g, q, r, dq, dr)
    # A = (X, Y), X = q u with as many columns as q: then Y = q v, and only q and u depend on X alone. Without a Y this holds too.
    count = rows if known else g.shape(q)[-1]
    x_columns, y_columns = slice(None, count), slice(count, None)
    u, du, dv = r[..., x_columns], dr[..., x_columns], dr[..., y_columns]
    y = product(g, q, r[..., y_columns])
    dx = _tall_qr_gradient(g, q, u, g.add(dq, product(g, y, dv, adjoint_b=True)), du)
    return g.concat([dx, product(g, q, dv)], -1)


def _tall_qr_gradient(g, q, r, dq, dr):
    """For at least as many rows as columns (S. Walter, L. Lehmann, R. Lamour, "On evaluating higher-order derivatives of the QR
    decomposition of tall matrices", 2012).
    """
    projected = product(g, q, dq, adjoint_a=True)
    turning = g.sub(projected, turned(g, projected))
    scaling = product(g, r, dr, adjoint_b=True)
    scaling = g.sub(scaling, turned(g, scaling))
    lower = g.matrix_band_part(g.add(turning, scaling), -1, 0)
    if r.dtype.is_complex:  # the diagonal counts half: it is imaginary, and r has a real one
        lower = g.sub(lower, g.mul(g.constant(0.5, r.dtype.base_dtype), g.matrix_diag(g.matrix_diag_part(lower))))
    inside = product(g, q, g.add(dr, _right_solution(g, lower, r)))
    outside = _right_solution(g, g.sub(dq, product(g, q, projected)), r)
    return g.add(inside, outside)


def _right_solution(g, x, r):
    """The product x r^-H."""
    return turned(g, g.matrix_triangular_solve(r, turned(g, x), lower=False))


def _svd_shape(c):
    shape = rules.with_rank_at_least(c, c.shape(0), 2)
    if shape is None:
        return [None, None, None]
    *batch, rows, columns = shape
    least = _least(rows, columns)
    if not c.attrs["compute_uv"]:
        return [(*batch, least), (0,), (0,)]
    if c.attrs["full_matrices"]:
        return [(*batch, least), (*batch, rows, rows), (*batch, columns, columns)]
    return [(*batch, least), (*batch, rows, least), (*batch, columns, least)]


@op(
    "Svd(input: T, *, compute_uv: bool = True, full_matrices: bool = False) -> s: T, u: T, v: T",
    types=TYPES,
    shape=_svd_shape,
    cost=costs.cubic(12),
    samples=[
        sample(WELL),
        sample(_TALL),
        sample(_TALL.T.copy()),
        sample(_TALL, compute_uv=False),
    ],
    formula="u (ds + (f o (u^H du)) s + s (f o (v^H dv))) v^H and what leaves the spans of u and v",
)
def svd(xp, input, compute_uv, full_matrices):
    """Factor every matrix as u diag(s) v^H: the columns of u and of v are orthonormal, s is not negative and falls."""
    check_matrix(input, is_square=False)
    matrix = widened(input)
    broken = ~xp.all(xp.isfinite(matrix), axis=(-2, -1))
    if bool(xp.any(broken)):
        matrix = xp.where(broken[..., None, None], xp.zeros((), dtype=matrix.dtype), matrix)
    empty = xp.zeros((0,), dtype=input.dtype)
    try:
        if not compute_uv:
            s = xp.linalg.svd(matrix, compute_uv=False)
            return _spoiled(xp, s, broken).astype(input.dtype), empty, xp.copy(empty)
        u, s, v = _svd(xp, matrix, full_matrices)
    except xp.linalg.LinAlgError:
        raise invalid("SVD did not converge. The input might not be valid.") from None
    return tuple([_spoiled(xp, part, broken).astype(input.dtype) for part in (s, u, v)])


def _svd(xp: Any, matrix: Any, full_matrices: bool) -> tuple[Any, Any, Any]:
    """u, s and v; the identity where there is nothing to factor."""
    *batch, rows, columns = matrix.shape
    if 0 not in matrix.shape:
        u, s, turned_v = xp.linalg.svd(matrix, full_matrices=full_matrices)
        return u, s, adjoint(xp, turned_v)
    least = min(rows, columns)
    u, v = (
        xp.array(xp.broadcast_to(xp.eye(size, size if full_matrices else least, dtype=matrix.dtype),
                                 (*batch, size, size if full_matrices else least)))
        for size in (rows, columns)
    )  # fmt: skip
    return u, xp.zeros((*batch, least), dtype=matrix.dtype), v


def _spoiled(xp: Any, part: Any, broken: Any) -> Any:
    """NaN for the matrices that were not finite."""
    if not bool(xp.any(broken)):
        return part
    return xp.where(broken.reshape(broken.shape + (1,) * (part.ndim - broken.ndim)), xp.asarray(xp.nan, dtype=part.dtype), part)


@svd.gradient
def svd_gradient(g, op, ds, du, dv):
    """M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008."""
    a = op.inputs[0]
    if not op.attrs["compute_uv"]:
        # With u and v from a second decomposition, of which this gradient may be taken again.
        _, u, v = g.svd(a)
        return product(g, g.mul(u, g.expand_dims(_real_as(g, ds, u), -2)), v, adjoint_b=True)
    s, u, v = op.outputs
    m, n = (None, None) if a.static_shape is None else a.static_shape[-2:]
    if op.attrs["full_matrices"]:
        if m is None or n is None:
            raise NotImplementedError(f"SVD gradient has not been implemented for input with unknown inner matrix shape: {a.shape}.")
        least = min(m, n)
        columns = slice(None, least)
        if abs(m - n) > 1:
            raise NotImplementedError(
                "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True. "
                f"Received: m={m} and n={n} from op input={a} with shape={a.shape}."
            )
        du = du if du is None or m <= n else _without_completion(g, u, du, least)
        dv = dv if dv is None or n <= m else _without_completion(g, v, dv, least)
        u, v = u[..., columns], v[..., columns]
        du = None if du is None else du[..., columns]
        dv = None if dv is None else dv[..., columns]
    return _thin_svd_gradient(g, (s, u, v), (ds, du, dv), m, n)


def _without_completion(g, u, du, least):
    """The one column that completes a basis follows the others: du as a gradient of those alone."""
    kept, last = u[..., :least], u[..., least:]
    return g.concat([g.sub(du[..., :least], product(g, last, product(g, du[..., least:], kept, adjoint_a=True))), du[..., least:]], -1)


def _real_as(g, x, like):
    return g.cast(x, like.dtype.base_dtype) if like.dtype.is_complex else x


def _thin_svd_gradient(g, parts, changes, m, n):
    """The gradient for a = u diag(s) v^H with u [m, k] and v [n, k], k the smaller side.

    What a side adds outside of the span of its vectors is 0 when there is no outside: unknown sizes are no hindrance.
    """
    (s, u, v), (ds, du, dv) = parts, changes
    middle = g.matrix_diag(g.zeros_like(s) if ds is None else ds)
    rows, columns = g.expand_dims(s, -2), g.expand_dims(s, -1)
    difference = g.sub(g.square(rows), g.square(columns))
    apart = g.matrix_set_diag(_safe_reciprocal(g, difference), g.zeros_like(s))  # 1 / (s_j^2 - s_i^2), 0 on the diagonal
    inverse = _safe_reciprocal(g, s)
    outside = []
    if du is not None:
        turning = product(g, u, du, adjoint_a=True)
        middle = g.add(middle, g.mul(g.mul(apart, g.sub(turning, turned(g, turning))), rows))
        if m is None or n is None or m > n:
            rest = g.sub(du, product(g, u, turning))
            outside.append(product(g, g.mul(rest, g.expand_dims(inverse, -2)), v, adjoint_b=True))
    if dv is not None:
        turning = product(g, v, dv, adjoint_a=True)
        middle = g.add(middle, g.mul(columns, g.mul(apart, g.sub(turning, turned(g, turning)))))
        if m is None or n is None or n > m:
            rest = g.sub(dv, product(g, v, turning))
            outside.append(product(g, u, g.mul(rest, g.expand_dims(inverse, -2)), adjoint_b=True))
    total = product(g, u, product(g, middle, v, adjoint_b=True))
    for each in outside:
        total = g.add(total, each)
    return total


def _safe_reciprocal(g, x):
    """1 / x, and 0 where x is 0: equal singular values have no vectors of their own."""
    return g.div_no_nan(g.ones_like(x), x)


def _eig_shape(c):
    shape = square(c)
    if shape is None:
        return [None, None]
    return [shape[:-1], shape if c.attrs["compute_v"] else (0,)]


@op(
    "SelfAdjointEigV2(input: T, *, compute_v: bool = True) -> e: T, v: T",
    types=TYPES,
    shape=_eig_shape,
    cost=costs.cubic(9),
    samples=[sample(POSITIVE), sample(np.stack([POSITIVE, WELL])), sample(POSITIVE, compute_v=False)],
    formula="v (diag(de) + f o (v^H dv)) v^H, folded into the lower triangle",
)
def self_adjoint_eig_v2(xp, input, compute_v):
    """Find the eigenvalues of every self-adjoint matrix, rising, and its eigenvectors as columns; only the lower triangle is read."""
    check_matrix(input)
    matrix = widened(input)
    if not bool(xp.all(xp.isfinite(xp.tril(matrix)))):
        raise invalid("Self-adjoint eigen decomposition was not successful. The input might not be valid.")
    try:
        if compute_v:
            e, v = xp.linalg.eigh(matrix)
        else:
            e, v = xp.linalg.eigvalsh(matrix), xp.zeros((0,), dtype=input.dtype)
    except xp.linalg.LinAlgError:
        raise invalid("Self-adjoint eigen decomposition was not successful. The input might not be valid.") from None
    return e.astype(input.dtype), v.astype(input.dtype)


@self_adjoint_eig_v2.gradient
def self_adjoint_eig_gradient(g, op, de, dv):
    e, v = op.outputs if op.attrs["compute_v"] else g.self_adjoint_eig_v2(op.inputs[0])
    if de is None and dv is None:
        return None
    middle = g.matrix_diag(g.zeros_like(e) if de is None else de)
    if dv is not None and op.attrs["compute_v"]:
        difference = g.sub(g.expand_dims(e, -2), g.expand_dims(e, -1))
        apart = g.matrix_set_diag(_safe_reciprocal(g, difference), g.zeros_like(e))  # 1 / (e_j - e_i)
        middle = g.add(middle, g.mul(apart, product(g, v, dv, adjoint_a=True)))
    whole = product(g, v, product(g, middle, v, adjoint_b=True))
    folded = g.matrix_band_part(g.add(whole, turned(g, whole)), -1, 0)
    half = g.constant(0.5, whole.dtype.base_dtype)
    return g.matrix_set_diag(folded, g.mul(half, g.matrix_diag_part(folded)))


def _lu_shape(c):
    shape = square(c)
    return [shape, None if shape is None else shape[:-1]]


@op(
    "Lu(input: T, *, output_idx_type: type = int32) -> lu: T, p: output_idx_type",
    types={"T": "double float half complex64 complex128", "output_idx_type": "int32 int64"},
    shape=_lu_shape,
    names=["linalg.lu"],
    cost=costs.cubic(2 / 3),
    samples=[sample(WELL), sample(values((2, 4, 4))), sample(values((2, 2)), output_idx_type="int64")],
    no_gradient="TensorFlow defines none for Lu; matrix_solve and matrix_inverse have theirs.",
)
def lu(xp, input, output_idx_type):
    """Factor every matrix, its rows permuted by p, as L U: L below the diagonal (its own is 1), U on and above it, in one matrix.

    >>> factors, order = tf.Session().run(tf.linalg.lu([[1.0, 2.0], [2.0, 2.0]]))
    >>> factors
    array([[2. , 2. ],
           [0.5, 1. ]], dtype=float32)
    >>> order
    array([1, 0], dtype=int32)
    """
    check_matrix(input)
    size = input.shape[-1]
    factors = xp.array(widened(input)).reshape(-1, size, size)
    batch = xp.arange(factors.shape[0])
    order = xp.array(xp.broadcast_to(xp.arange(size), factors.shape[:-1]))
    for column in range(size if factors.shape[0] else 0):
        pivot = column + xp.argmax(xp.absolute(factors[:, column:, column]), axis=1)
        for rows in (factors, order):
            upper, chosen = xp.array(rows[:, column]), rows[batch, pivot]
            rows[batch, pivot] = upper
            rows[:, column] = chosen
        diagonal = factors[:, column, column]
        if bool(xp.any(diagonal == 0)):
            raise invalid("Input is not invertible.")
        factors[:, column + 1 :, column] /= diagonal[:, None]
        factors[:, column + 1 :, column + 1 :] -= factors[:, column + 1 :, column, None] * factors[:, column, None, column + 1 :]
    return factors.reshape(input.shape).astype(input.dtype), order.reshape(input.shape[:-1]).astype(output_idx_type.numpy)
