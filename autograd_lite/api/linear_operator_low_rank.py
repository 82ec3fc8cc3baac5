"""Linear operators that few numbers describe: a mirror, zeros, and a change of low rank."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import zeros_like
from autograd_lite.api.constants import zeros
from autograd_lite.api.linear_operator import LinearOperator, identity_for, one_batch
from autograd_lite.api.linear_operator_diagonal import LinearOperatorDiag, LinearOperatorIdentity
from autograd_lite.api.matmul import matmul
from autograd_lite.api.matrices import adjoint, matrix_diag_part
from autograd_lite.api.nn import l2_normalize
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor

Known = bool | None


def _conjugate(x: Any) -> Any:
    return raw.Conj(x) if x.dtype.is_complex else x


@export("linalg.LinearOperatorHouseholder")
class LinearOperatorHouseholder(LinearOperator):
    """The mirror image in the plane that is perpendicular to a vector: I - 2 v v^H with v of length 1.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.LinearOperatorHouseholder([2., 0.]).matvec([3., 4.]))
    array([-3.,  4.], dtype=float32)
    """

    def __init__(
        self,
        reflection_axis: Any,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = None,
        name: str = "LinearOperatorHouseholder",
    ) -> None:
        with building(name, None, [reflection_axis]):
            self.reflection_axis: Any = convert_to_tensor(reflection_axis, name="reflection_axis")
        if is_positive_definite:
            raise ValueError("A Householder operator is never positive definite.")
        if is_self_adjoint is False:
            raise ValueError("A Householder operator is always self adjoint.")
        if is_non_singular is False:
            raise ValueError("A Householder operator is always non-singular.")
        if is_square is False:
            raise ValueError("A Householder operator is always square.")
        super().__init__(self.reflection_axis.dtype.base_dtype, [self.reflection_axis], True, True, False, True, name)

    def _shape(self) -> Any:
        known = self.reflection_axis.static_shape
        return None if known is None else (*known, known[-1])

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        right = adjoint(x) if adjoint_arg else x
        axis = raw.ExpandDims(l2_normalize(self.reflection_axis, axis=-1), -1)
        return right - 2 * axis * matmul(axis, right, adjoint_a=True)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        return self._matmul(rhs, adjoint_op, adjoint_arg)

    def _to_dense(self) -> Any:
        return self._matmul(identity_for(self), False, False)

    def _diag_part(self) -> Any:
        axis = l2_normalize(self.reflection_axis, axis=-1)
        return 1.0 - 2 * axis * _conjugate(axis)

    def _batch_of(self, value: float) -> Any:
        return zeros_like(self.reflection_axis[..., 0]) + value

    def _determinant(self) -> Any:
        return self._batch_of(-1.0)

    def _log_abs_determinant(self) -> Any:
        return self._batch_of(0.0)


@export("linalg.LinearOperatorZeros")
class LinearOperatorZeros(LinearOperator):
    """A matrix of zeros.

    Args:
      num_rows, num_columns: numbers; as many columns as rows when None. batch_shape: the shape of the batch, by default none.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.LinearOperatorZeros(2).matvec([1., 2.]))
    array([0., 0.], dtype=float32)
    """

    def __init__(
        self,
        num_rows: Any,
        num_columns: Any = None,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: Known = False,
        is_self_adjoint: Known = True,
        is_positive_definite: Known = False,
        is_square: Known = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorZeros",
    ) -> None:
        if is_self_adjoint is False and is_square:
            raise ValueError("A zero operator is always self adjoint.")
        if is_non_singular:
            raise ValueError("A zero operator is always singular.")
        if is_positive_definite:
            raise ValueError("A zero operator is never positive-definite.")
        self._rows = int(num_rows)
        self._columns = self._rows if num_columns is None else int(num_columns)
        self._batch = tuple(int(size) for size in (() if batch_shape is None else batch_shape))
        if self._rows < 0 or self._columns < 0 or any(size < 0 for size in self._batch):
            raise ValueError(f"Sizes must not be negative: {(*self._batch, self._rows, self._columns)}")
        square = self._rows == self._columns
        if is_square and not square and num_columns is not None:
            raise ValueError("A zero operator that is square has as many columns as rows.")
        kind = dtypes.float32 if dtype is None else dtype
        super().__init__(kind, None, False, square or None, False, square, name)

    def _shape(self) -> Any:
        return (*self._batch, self._rows, self._columns)

    def _to_dense(self) -> Any:
        return zeros(self._shape(), self.dtype)

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        right = adjoint(x) if adjoint_arg else x
        return matmul(self._to_dense(), right, adjoint_a=adjoint_op)

    def _determinant(self) -> Any:
        return zeros(self._batch, self.dtype)

    def _diag_part(self) -> Any:
        return zeros((*self._batch, min(self._rows, self._columns)), self.dtype)

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Any:
        """The sum of the matrix and mat."""
        return super().add_to_tensor(mat, name)

    def _add_to_tensor(self, x: Any) -> Any:
        return raw.Identity(x)


@export("linalg.LinearOperatorLowRankUpdate")
class LinearOperatorLowRankUpdate(LinearOperator):
    """A simple operator plus a product of tall matrices, L + U D V^H: solutions cost little more than those of L (Woodbury, 1950).

    Args:
      base_operator: L, [..., m, n]. u: [..., m, k]. diag_update: the diagonal D, [..., k]; ones when None. v: [..., n, k]; u when None.
      is_diag_update_positive: what the caller knows of D.

    >>> import autograd_lite as tf
    >>> operator = tf.linalg.LinearOperatorLowRankUpdate(tf.linalg.LinearOperatorDiag([1., 2.]), [[1.], [1.]])
    >>> tf.Session().run(operator.to_dense())
    array([[2., 1.],
           [1., 3.]], dtype=float32)
    """

    def __init__(
        self,
        base_operator: LinearOperator,
        u: Any,
        diag_update: Any = None,
        v: Any = None,
        is_diag_update_positive: Known = None,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = None,
        name: str = "LinearOperatorLowRankUpdate",
    ) -> None:
        dtype = base_operator.dtype
        if diag_update is None:
            if is_diag_update_positive is False:
                raise ValueError(
                    "Default diagonal is the identity, which is positive.  However, user set 'is_diag_update_positive' to False."
                )
            is_diag_update_positive = True
        if v is None and is_diag_update_positive and base_operator.is_positive_definite and base_operator.is_self_adjoint:
            if is_positive_definite is False or is_self_adjoint is False:
                raise ValueError("A positive definite operator plus U D U^H with positive D is positive definite and self-adjoint.")
            is_positive_definite = is_self_adjoint = True
        elif v is None and base_operator.is_self_adjoint and is_self_adjoint is None and not dtype.is_complex:
            is_self_adjoint = True
        with building(name, None, [u, v, diag_update]):
            self.base_operator = base_operator
            self.u: Any = convert_to_tensor(u, dtype=dtype, name="u")
            self.v: Any = self.u if v is None else convert_to_tensor(v, dtype=dtype, name="v")
            self.diag_update: Any = None if diag_update is None else convert_to_tensor(diag_update, dtype=dtype, name="diag_update")
            self.is_diag_update_positive = is_diag_update_positive
            self.diag_operator = self._middle(dtype, is_diag_update_positive)
        parents = [*base_operator.graph_parents, self.u, self.v, *([] if diag_update is None else [self.diag_update])]
        square = base_operator.is_square if is_square is None else is_square
        super().__init__(dtype, parents, is_non_singular, is_self_adjoint, is_positive_definite, square, name)

    def _middle(self, dtype: Any, positive: Known) -> LinearOperator:
        """D as an operator."""
        if self.diag_update is not None:
            return LinearOperatorDiag(self.diag_update, is_positive_definite=positive)
        known = self.u.static_shape
        if known is None or known[-1] is None:
            return LinearOperatorDiag(zeros_like(self.u[..., 0, :]) + 1)
        return LinearOperatorIdentity(known[-1], dtype=dtype)

    def _shape(self) -> Any:
        return self.base_operator._shape()

    def _to_dense(self) -> Any:
        return self.base_operator.to_dense() + matmul(self.u, self.diag_operator.matmul(self.v, adjoint_arg=True))

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        left, right = (self.v, self.u) if adjoint_op else (self.u, self.v)
        inner = matmul(right, x, adjoint_a=True, adjoint_b=adjoint_arg)
        change = matmul(left, self.diag_operator.matmul(inner, adjoint=adjoint_op))
        return self.base_operator.matmul(x, adjoint=adjoint_op, adjoint_arg=adjoint_arg) + change

    def _capacitance(self) -> Any:
        """D^-1 + V^H L^-1 U."""
        inverse = self.diag_operator.inverse().to_dense()
        return inverse + matmul(self.v, self.base_operator.solve(self.u), adjoint_a=True)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        left, right = (self.v, self.u) if adjoint_op else (self.u, self.v)
        first = self.base_operator.solve(rhs, adjoint=adjoint_op, adjoint_arg=adjoint_arg)
        small, reduced = one_batch(self._capacitance(), matmul(right, first, adjoint_a=True))
        inner = raw.MatrixSolve(small, reduced, adjoint=adjoint_op)
        return first - self.base_operator.solve(matmul(left, inner), adjoint=adjoint_op)

    def _determinant(self) -> Any:
        inner = raw.MatrixDeterminant(self._capacitance())
        return inner * self.diag_operator.determinant() * self.base_operator.determinant()

    def _log_abs_determinant(self) -> Any:
        inner = raw.LogMatrixDeterminant(self._capacitance())[1]
        return inner + self.diag_operator.log_abs_determinant() + self.base_operator.log_abs_determinant()

    def _diag_part(self) -> Any:
        change = self.diag_operator.matmul(self.v, adjoint_arg=True)  # [..., k, n]
        return self.base_operator.diag_part() + matrix_diag_part(matmul(self.u, change))
