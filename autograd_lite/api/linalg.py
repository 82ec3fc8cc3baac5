"""Linear algebra that TensorFlow builds out of several ops, or of one op with arguments of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import matrix_transpose, shape
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import ones
from autograd_lite.api.matmul import matmul
from autograd_lite.api.matrices import adjoint, eye, matrix_diag_part, matrix_set_diag
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max, reduce_sum
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.api.slicing import gather
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("svd", "linalg.svd")
def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """Factor matrices as u @ diag(s) @ adjoint(v); s is not negative and falls.

    Args:
      full_matrices: make u and v square. compute_uv: False gives s alone.

    Returns:
      (s, u, v), or s.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.svd([[0., 3.], [2., 0.]], compute_uv=False))
    array([3., 2.], dtype=float32)
    """
    s, u, v = raw.Svd(tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    return (s, u, v) if compute_uv else s


@export("self_adjoint_eig", "linalg.eigh")
def self_adjoint_eig(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Find the eigenvalues of self-adjoint matrices, rising, and their eigenvectors as columns.

    Only the lower triangles are read.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.self_adjoint_eig([[2., 0.], [0., 1.]])[0])
    array([1., 2.], dtype=float32)
    """
    e, v = raw.SelfAdjointEigV2(tensor, compute_v=True, name=name)
    return e, v


@export("self_adjoint_eigvals", "linalg.eigvalsh")
def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """Find the eigenvalues of self-adjoint matrices, rising.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.self_adjoint_eigvals([[2., 0.], [0., 1.]]))
    array([1., 2.], dtype=float32)
    """
    return raw.SelfAdjointEigV2(tensor, compute_v=False, name=name)[0]


@export("matrix_triangular_solve", "linalg.triangular_solve")
def matrix_triangular_solve(matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None) -> Tensor:
    """Solve matrix @ x = rhs for triangular matrices; the other triangle is not read.

    Args:
      lower: which triangle is read. adjoint: the conjugate transpose of the matrix stands on the left.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.matrix_triangular_solve([[2., 9.], [1., 1.]], [[2.], [3.]]))
    array([[1.],
           [2.]], dtype=float32)
    """
    if not release().scopes_triangular_solve:
        return raw.MatrixTriangularSolve(matrix, rhs, lower=lower, adjoint=adjoint, name=name)
    with building(name, "triangular_solve", [matrix, rhs]):
        return raw.MatrixTriangularSolve(matrix, rhs, lower=lower, adjoint=adjoint)


@export("cholesky_solve", "linalg.cholesky_solve")
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """Solve A @ x = rhs, given the Cholesky factor of A.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.cholesky_solve(tf.cholesky([[4., 0.], [0., 1.]]), [[8.], [3.]]))
    array([[2.],
           [3.]], dtype=float32)
    """
    with building(name, "cholesky_solve", [chol, rhs]):
        middle = raw.MatrixTriangularSolve(chol, rhs, adjoint=False, lower=True)
        return raw.MatrixTriangularSolve(chol, middle, adjoint=True, lower=True)


@export("matrix_solve_ls", "linalg.lstsq")
def matrix_solve_ls(matrix: Any, rhs: Any, l2_regularizer: float = 0.0, fast: bool = True, name: str | None = None) -> Tensor:
    """Find the x that makes |matrix @ x - rhs|^2 + l2_regularizer |x|^2 least; the shortest when there are several.

    Args:
      fast: solve the normal equations, which is quick and has a gradient; otherwise by an orthogonal decomposition, which is safer.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.matrix_solve_ls([[1., 0.], [0., 2.], [0., 0.]], [[1.], [2.], [5.]]))
    array([[1.],
           [1.]], dtype=float32)
    """
    if not fast and l2_regularizer != 0:
        raise NotImplementedError("matrix_solve_ls: an l2_regularizer needs fast=True")
    if not fast:
        return raw.MatrixSolveLs(matrix, rhs, l2_regularizer, fast=False, name=name)
    with building(name, "matrix_solve_ls", [matrix, rhs]):
        known: Any = matrix.static_shape if isinstance(matrix, Tensor) else np.shape(matrix)
        if known is None or None in known[-2:]:
            return raw.MatrixSolveLs(matrix, rhs, l2_regularizer, fast=True)
        if known[-2] >= known[-1]:
            factor = _gram_factor(matrix, l2_regularizer, True)
            return cholesky_solve(factor, matmul(matrix, rhs, adjoint_a=True))
        factor = _gram_factor(matrix, l2_regularizer, False)
        return matmul(matrix, cholesky_solve(factor, rhs), adjoint_a=True)


def _gram_factor(matrix: Any, l2_regularizer: float, first: bool) -> Tensor:
    """The Cholesky factor of A^H A + c I (`first`), or of A A^H + c I."""
    gram = matmul(matrix, matrix, adjoint_a=first, adjoint_b=not first)
    if l2_regularizer != 0:
        sizes: Any = shape(gram)
        batch = sizes[:-2]
        identity = eye(sizes[-1], batch_shape=batch, dtype=gram.dtype)
        gram = gram + l2_regularizer * identity
    return raw.Cholesky(gram)


@export("linalg.logdet")
def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """The logarithm of the determinant of Hermitian positive definite matrices.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.linalg.logdet([[1., 0.], [0., 1.]])))
    0.0
    """
    with building(name, "logdet", [matrix]):
        factor = raw.Cholesky(matrix)
        diagonal = matrix_diag_part(factor)
        if diagonal.dtype.is_complex:
            diagonal = raw.Real(diagonal, Tout=diagonal.dtype.real_dtype)
        return 2.0 * reduce_sum(raw.Log(diagonal), axis=[-1])


@export("linalg.expm")
def expm(input: Any, name: str | None = None) -> Tensor:
    """The exponential of matrices: the sum of A^k / k! over all k.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.expm([[0., 0.], [0., 0.]]))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    with building(name, "matrix_exponential", [input]):
        return raw.MatrixExponential(convert_to_tensor(input, name="input"))


@export("linalg.pinv")
def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The pseudo-inverse of Moore and Penrose: of real or complex matrices of any shape.

    Args:
      rcond: singular values below rcond times the greatest count as 0; by default 10 max(rows, columns) times the machine precision.
      validate_args: also check the rank of `a` while the graph is built.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.pinv([[2., 0.], [0., 0.]]))
    array([[0.5, 0. ],
           [0. , 0. ]], dtype=float32)
    """
    with building(name, "pinv", [a]):
        a = convert_to_tensor(a, name="a")
        _check_matrix(a)
        dtype = a.dtype.base_dtype
        real = dtype.real_dtype
        if rcond is None:
            rcond = _tolerance(a, 10.0)
        rcond = convert_to_tensor(rcond, dtype=real, name="rcond")
        s, u, v = svd(a, full_matrices=False, compute_uv=True)
        cutoff = rcond * reduce_max(s, axis=-1)
        chosen = raw.SelectV2(raw.Greater(s, raw.ExpandDims(cutoff, -1)), s, np.array(np.inf, s.dtype.as_numpy_dtype))
        return matmul(raw.RealDiv(v, raw.ExpandDims(chosen, -2), name="truediv"), u, adjoint_b=True)


def _check_matrix(a: Tensor) -> None:
    if not (a.dtype.is_floating or a.dtype.is_complex):
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
    if a.static_shape is not None and len(a.static_shape) < 2:
        raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {len(a.static_shape)}).")


def _tolerance(a: Tensor, factor: float) -> Any:
    """`factor` times the greater side of the matrices times the machine precision of their type."""
    real = a.dtype.base_dtype.real_dtype
    precision = np.finfo(real.as_numpy_dtype).eps
    sides: Any = None if a.static_shape is None else a.static_shape[-2:]
    if sides is not None and None not in sides:
        return np.array(factor * max(sides) * precision, real.as_numpy_dtype)
    return precision * factor * cast(reduce_max(shape(a)[-2:]), real)


@export("linalg.matrix_rank")
def matrix_rank(a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The rank of matrices: how many singular values are above `tol`.

    Args:
      tol: by default the greatest singular value times the greater side times the machine precision.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.linalg.matrix_rank([[1., 1.], [1., 1.]])))
    1
    """
    with building(name, "matrix_rank", [a]):
        a = convert_to_tensor(a, name="a")
        _check_matrix(a)
        s = svd(a, compute_uv=False)
        if tol is None:
            sides: Any = None if a.static_shape is None else a.static_shape[-2:]
            known = sides is not None and None not in sides
            size: Any = max(sides) if known else reduce_max(shape(a)[-2:])
            precision = np.finfo(a.dtype.as_numpy_dtype).eps
            tol = precision * cast(size, a.dtype) * reduce_max(s, axis=-1, keepdims=True)
        return reduce_sum(cast(raw.Greater(s, tol), dtypes.int32), axis=-1)


@export("linalg.lu_solve")
def lu_solve(lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """Solve A @ x = rhs, given what `tf.linalg.lu` made of A.

    >>> import autograd_lite as tf
    >>> factors, order = tf.linalg.lu([[0., 2.], [4., 0.]])
    >>> tf.Session().run(tf.linalg.lu_solve(factors, order, [[2.], [4.]]))
    array([[1.],
           [1.]], dtype=float32)
    """
    with building(name, "lu_solve", [lower_upper, perm, rhs]):
        lower_upper = convert_to_tensor(lower_upper, dtype_of(rhs), name="lower_upper")
        perm = convert_to_tensor(perm, dtypes.int32, name="perm")
        rhs = convert_to_tensor(rhs, lower_upper.dtype, name="rhs")
        if rhs.static_shape is not None and len(rhs.static_shape) == 2 and perm.static_shape is not None and len(perm.static_shape) == 1:
            permuted = gather(rhs, perm, axis=-2)
        else:
            permuted = _permuted_rows(rhs, perm)
        lower = raw.MatrixBandPart(lower_upper, np.array(-1, np.int64), np.array(0, np.int64))
        lower = matrix_set_diag(lower, ones(shape(lower_upper)[:-1], dtype=lower_upper.dtype))
        return matrix_triangular_solve(lower_upper, matrix_triangular_solve(lower, permuted), lower=False)


def dtype_of(value: Any) -> Any:
    """The type of a tensor, or None for anything else."""
    return value.dtype.base_dtype if isinstance(value, Tensor) else None


def _permuted_rows(rhs: Tensor, perm: Tensor) -> Tensor:
    """The rows of each right-hand side in the order of its permutation."""
    if rhs.static_shape is not None:
        return gather(rhs, perm, axis=-2, batch_dims=len(rhs.static_shape) - 2)
    sizes: Any = shape(rhs)
    flat = gather(raw.Reshape(rhs, [-1, sizes[-2], sizes[-1]]), raw.Reshape(perm, raw.Pack([-1, sizes[-2]])), axis=1, batch_dims=1)
    return raw.Reshape(flat, sizes)


@export("linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    alpha: Any,
    beta: Any,
    eigvals_only: bool = True,
    select: str = "a",
    select_range: Any = None,
    tol: Any = None,
    name: str | None = None,
) -> Any:
    """The eigenvalues, rising, of self-adjoint matrices with three diagonals; with `eigvals_only=False` also the eigenvectors.

    Args:
      alpha: the main diagonal [..., n]. beta: the diagonal above it [..., n - 1].
      select: "a" for all; "i" for those with the numbers select_range = (first, last).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.eigh_tridiagonal([1., 3.], [0.]))
    array([1., 3.], dtype=float32)
    """
    if select not in ("a", "i"):
        raise ValueError(f"select must be 'a' or 'i', got {select!r}")
    with building(name, "eigh_tridiagonal", [alpha, beta]):
        alpha = convert_to_tensor(alpha, name="alpha")
        beta = convert_to_tensor(beta, dtype=alpha.dtype, name="beta")
        if alpha.static_shape is None or alpha.static_shape[-1] is None:
            raise ValueError("Cannot convert unknown Dimension ? to a Tensor.\n  The size of the last axis of `alpha` must be known.")
        below = raw.Conj(beta) if beta.dtype.is_complex else beta
        matrices = raw.MatrixSetDiagV3(raw.MatrixDiag(alpha), below, -1)
        e, v = raw.SelfAdjointEigV2(matrices, compute_v=not eigvals_only)
        if select == "i":
            first, last = select_range
            e, v = e[..., first : last + 1], v if eigvals_only else v[..., first : last + 1]
        return e if eigvals_only else (e, v)


@export("linalg.tridiagonal_solve")
@leaves_no_trace
def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
) -> Tensor:
    """Solve systems with three diagonals.

    Args:
      diagonals: "compact": [..., 3, n] with the diagonal above the main one first (its last element is not read, nor is the first of
        the lowest); "sequence": these three as a list; "matrix": [..., n, n].
      rhs: [..., n] or [..., n, k]. transpose_rhs: it comes as [..., k, n]. conjugate_rhs: it is conjugated first.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.tridiagonal_solve([[0., 0.], [2., 4.], [0., 0.]], [2., 2.]))
    array([1. , 0.5], dtype=float32)
    """
    if diagonals_format == "compact":
        return _compact_solve(diagonals, rhs, transpose_rhs, conjugate_rhs, partial_pivoting, name)
    if diagonals_format == "sequence":
        above, main, below = (convert_to_tensor(each) for each in diagonals)
        size = main.static_shape[-1] if main.static_shape is not None else None
        packed = raw.Pack([_whole(above, size, False), main, _whole(below, size, True)], axis=-2)
        return _compact_solve(packed, rhs, transpose_rhs, conjugate_rhs, partial_pivoting, name)
    if diagonals_format != "matrix":
        raise ValueError(f"Unrecognized diagonals_format: {diagonals_format}")
    return _compact_solve(_diagonals(diagonals, rhs), rhs, transpose_rhs, conjugate_rhs, partial_pivoting, name)


def _diagonals(matrix: Any, rhs: Any) -> Tensor:
    """The three diagonals of a matrix, each filled up to the length of the middle one."""
    matrix = convert_to_tensor(matrix, name="diagonals")
    known, right = matrix.static_shape, convert_to_tensor(rhs).static_shape if isinstance(rhs, Tensor) else np.shape(rhs)
    if known is not None and None not in known[-2:] and known[-1] != known[-2]:
        raise ValueError(f"Expected last two dimensions of diagonals to be equal, got {known[-2]} and {known[-1]}")
    if known is not None and right is not None and known[-1] is not None:
        size = right[-1] if len(right) == len(known) - 1 else right[-2]
        if size is not None and size != known[-1]:
            raise ValueError(f"Expected number of left-hand sided and right-hand sides to be equal, got {known[-1]} and {size}")
    zero = np.zeros((), matrix.dtype.as_numpy_dtype)
    return raw.MatrixDiagPartV3(matrix, (-1, 1), zero, align="LEFT_RIGHT", name="diag_part")


def _whole(diagonal: Tensor, size: int | None, at_front: bool) -> Tensor:
    """A diagonal beside the main one as long as that: one element more, which is not read."""
    if diagonal.static_shape is None or size is None:
        raise ValueError("Diagonals must have a known last size.")
    if diagonal.static_shape[-1] == size:
        return diagonal
    edge = [[0, 0]] * (len(diagonal.static_shape) - 1) + [[1, 0] if at_front else [0, 1]]
    return raw.Pad(diagonal, np.array(edge, np.int32))


def _compact_solve(diagonals: Any, rhs: Any, transpose_rhs: bool, conjugate_rhs: bool, partial_pivoting: bool, name: str | None) -> Tensor:
    diagonals = convert_to_tensor(diagonals, name="diagonals")
    rhs = convert_to_tensor(rhs, dtype=diagonals.dtype, name="rhs")
    if diagonals.static_shape is None or rhs.static_shape is None:
        raise ValueError("Shapes of diagonals and rhs must be known")
    rank, right_rank = len(diagonals.static_shape), len(rhs.static_shape)
    if rank < 2:
        raise ValueError(f"Expected diagonals to have rank at least 2, got {rank}")
    if right_rank not in (rank, rank - 1):
        raise ValueError(f"Expected the rank of rhs to be {rank - 1} or {rank}, got {right_rank}")
    if diagonals.static_shape[-2] not in (3, None):
        raise ValueError(f"Expected 3 diagonals got {diagonals.static_shape[-2]}")
    is_vector = right_rank == rank - 1
    size = rhs.static_shape[-1] if is_vector or transpose_rhs else rhs.static_shape[-2]
    if None not in (size, diagonals.static_shape[-1]) and size != diagonals.static_shape[-1]:
        raise ValueError(
            f"Expected number of left-hand sided and right-hand sides to be equal, got {diagonals.static_shape[-1]} and {size}"
        )
    if is_vector:
        right = raw.Conj(rhs) if conjugate_rhs and rhs.dtype.is_complex else rhs
        solved = raw.TridiagonalSolve(diagonals, raw.ExpandDims(right, -1), partial_pivoting=partial_pivoting, name=name)
        return raw.Squeeze(solved, squeeze_dims=[-1])
    if transpose_rhs:
        rhs = adjoint(rhs) if conjugate_rhs else matrix_transpose(rhs)
    elif conjugate_rhs and rhs.dtype.is_complex:
        rhs = raw.Conj(rhs)
    return raw.TridiagonalSolve(diagonals, rhs, partial_pivoting=partial_pivoting, name=name)


@export("linalg.tridiagonal_matmul")
@leaves_no_trace
def tridiagonal_matmul(diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None) -> Tensor:
    """Multiply matrices of three diagonals by `rhs` [..., n, k].

    Args:
      diagonals: as for `tridiagonal_solve`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.tridiagonal_matmul([[1., 0.], [2., 2.], [0., 1.]], [[1.], [10.]]))
    array([[12.],
           [21.]], dtype=float32)
    """
    if diagonals_format == "sequence":
        above, main, below = (convert_to_tensor(each) for each in diagonals)
        size = main.static_shape[-1] if main.static_shape is not None else None
        parts = [_whole(above, size, False), main, _whole(below, size, True)]
    elif diagonals_format in ("compact", "matrix"):
        compact = _diagonals(diagonals, rhs) if diagonals_format == "matrix" else convert_to_tensor(diagonals, name="diagonals")
        parts = [compact[..., row, :] for row in range(3)]
    else:
        raise ValueError(f"Unrecognized diagonals_format: {diagonals_format}")
    rows = [raw.ExpandDims(part, -2) for part in parts]
    return raw.TridiagonalMatMul(*rows, convert_to_tensor(rhs, dtype=rows[0].dtype), name=name)
