"""Linear operators with a diagonal and zeros around it: any diagonal, a multiple of the identity, the identity."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.constants import ones
from autograd_lite.api.linear_operator import LinearOperator, log_abs
from autograd_lite.api.matrices import adjoint, eye, matrix_diag, matrix_diag_part, matrix_set_diag
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_prod
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("linalg.LinearOperatorDiag")
class LinearOperatorDiag(LinearOperator):
    """A square matrix with zeros outside of its diagonal.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.LinearOperatorDiag([2., 4.]).solvevec([2., 2.]))
    array([1. , 0.5], dtype=float32)
    """

    def __init__(
        self,
        diag: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorDiag",
    ) -> None:
        if is_square is False:
            raise ValueError("Only square diagonal operators currently supported.")
        with building(name, None, [diag]):
            self.diag: Any = convert_to_tensor(diag, name="diag")
        real = not self.diag.dtype.is_complex
        super().__init__(
            self.diag.dtype.base_dtype, [self.diag], is_non_singular, True if real else is_self_adjoint, is_positive_definite, True, name
        )

    def _shape(self) -> Any:
        known = self.diag.static_shape
        return None if known is None else (*known, known[-1])

    def _to_dense(self) -> Any:
        return matrix_diag(self.diag)

    def _term(self, adjoint_op: bool) -> Any:
        return raw.Conj(self.diag) if adjoint_op and self.diag.dtype.is_complex else self.diag

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        right = adjoint(x) if adjoint_arg else x
        return raw.ExpandDims(self._term(adjoint_op), -1) * right

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        right = adjoint(rhs) if adjoint_arg else rhs
        return right * raw.ExpandDims(1.0 / self._term(adjoint_op), -1)

    def _determinant(self) -> Any:
        return reduce_prod(self.diag, axis=[-1])

    def _log_abs_determinant(self) -> Any:
        return log_abs(self.diag)

    def _diag_part(self) -> Any:
        return self.diag

    def _add_to_tensor(self, x: Any) -> Any:
        return matrix_set_diag(x, self.diag + matrix_diag_part(x))


@export("linalg.LinearOperatorScaledIdentity")
class LinearOperatorScaledIdentity(LinearOperator):
    """A multiple of the identity.

    Args:
      num_rows: a number. multiplier: [...], one for each matrix of the batch.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.LinearOperatorScaledIdentity(2, 3.).matvec([1., 2.]))
    array([3., 6.], dtype=float32)
    """

    def __init__(
        self,
        num_rows: Any,
        multiplier: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorScaledIdentity",
    ) -> None:
        if not is_square:
            raise ValueError("A ScaledIdentity operator is always square.")
        self._rows = int(num_rows)
        if self._rows < 0:
            raise ValueError(f"num_rows must be a 0 or a positive number, got {self._rows}")
        with building(name, None, [multiplier]):
            self.multiplier: Any = convert_to_tensor(multiplier, name="multiplier")
        real = not self.multiplier.dtype.is_complex
        super().__init__(
            self.multiplier.dtype.base_dtype,
            [self.multiplier],
            is_non_singular,
            True if real else is_self_adjoint,
            is_positive_definite,
            True,
            name,
        )

    def _shape(self) -> Any:
        known = self.multiplier.static_shape
        return None if known is None else (*known, self._rows, self._rows)

    def add_to_tensor(self, mat: Any, name: str = "add_to_tensor") -> Tensor:
        """The sum of the matrix and mat."""
        return super().add_to_tensor(mat, name)

    def _spread(self, adjoint_op: bool) -> Any:
        factor = raw.Conj(self.multiplier) if adjoint_op and self.multiplier.dtype.is_complex else self.multiplier
        return raw.ExpandDims(raw.ExpandDims(factor, -1), -1)

    def _to_dense(self) -> Any:
        return self._spread(False) * eye(self._rows, dtype=self.dtype)

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        return (adjoint(x) if adjoint_arg else x) * self._spread(adjoint_op)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        return (adjoint(rhs) if adjoint_arg else rhs) / self._spread(adjoint_op)

    def _determinant(self) -> Any:
        return self.multiplier**self._rows

    def _log_abs_determinant(self) -> Any:
        return log_abs(raw.ExpandDims(self.multiplier, -1)) * self._rows

    def _diag_part(self) -> Any:
        return raw.ExpandDims(self.multiplier, -1) * ones([self._rows], self.dtype)


@export("linalg.LinearOperatorIdentity")
class LinearOperatorIdentity(LinearOperatorScaledIdentity):
    """The identity.

    Args:
      num_rows: a number. batch_shape: the shape of the batch, by default none. dtype: float32 by default.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.LinearOperatorIdentity(2).to_dense())
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(
        self,
        num_rows: Any,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = True,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = True,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorIdentity",
    ) -> None:
        if not (is_self_adjoint and is_non_singular and is_positive_definite and is_square):
            raise ValueError("An identity operator is always square, self-adjoint, non-singular and positive definite.")
        with building(name):
            one = ones([] if batch_shape is None else batch_shape, dtypes.float32 if dtype is None else dtype)
        super().__init__(num_rows, one, True, True, True, True, assert_proper_shapes, name)
