"""Matrices that are known by what they do: products and solutions without writing all elements down."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from autograd_lite.api.arrays import shape
from autograd_lite.api.asserts import assert_equal, assert_positive
from autograd_lite.api.casting import cast
from autograd_lite.api.linalg import cholesky_solve, matrix_triangular_solve
from autograd_lite.api.matmul import matmul
from autograd_lite.api.matrices import adjoint, eye, matrix_diag_part
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_prod, reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape, broadcast
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("linalg.LinearOperator")
class LinearOperator:
    """A matrix, or a batch of them, known by its products; subclasses say how these are made.

    A subclass gives `_shape()` (static), `_to_dense()`, and better ways for what it can do without the dense matrix.

    Args:
      is_non_singular, is_self_adjoint, is_positive_definite, is_square: what the caller knows; None where nothing is known.

    >>> import autograd_lite as tf
    >>> operator = tf.linalg.LinearOperatorDiag([1., 2.])
    >>> tf.Session().run(operator.matvec([10., 10.]))
    array([10., 20.], dtype=float32)
    """

    def __init__(
        self,
        dtype: Any,
        graph_parents: Any = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        if is_positive_definite and is_non_singular is False:
            raise ValueError("A positive definite matrix is always non-singular.")
        if is_positive_definite:
            is_non_singular = True
        if is_square is False and (is_non_singular or is_self_adjoint or is_positive_definite):
            raise ValueError("Matrices that are non-singular, self-adjoint or positive definite are always square.")
        self._dtype = dtypes.as_dtype(dtype)
        self.graph_parents = list(graph_parents or [])
        self._square = True if is_non_singular or is_self_adjoint or is_positive_definite else is_square
        self.is_non_singular = is_non_singular
        self.is_self_adjoint = is_self_adjoint
        self.is_positive_definite = is_positive_definite
        self.name = name or type(self).__name__

    def _scope(self, what: str, *values: Any) -> building:
        return building(f"{self.name}/{what}", None, list(values))

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape [..., rows, columns]."""
        return TensorShape(self._shape())

    @property
    def batch_shape(self) -> TensorShape:
        """The static shape of the batch."""
        return self.shape[:-2]

    @property
    def domain_dimension(self) -> Any:
        """The number of columns."""
        return self.shape[-1]

    @property
    def range_dimension(self) -> Any:
        """The number of rows."""
        return self.shape[-2]

    @property
    def tensor_rank(self) -> int | None:
        """The rank of the batch of matrices."""
        return self.shape.ndims

    @property
    def is_square(self) -> bool | None:
        """Whether there are as many rows as columns; None when that is not known."""
        known = self._shape()
        if known is not None and None not in known[-2:]:
            return known[-1] == known[-2]
        return self._square

    def shape_tensor(self, name: str = "shape_tensor") -> Tensor:
        """The shape as a tensor."""
        with self._scope(name):
            known = self._shape()
            if known is not None and None not in known:
                return convert_to_tensor(list(known), dtype=dtypes.int32)
            return shape(self._to_dense())

    def to_dense(self, name: str = "to_dense") -> Tensor:
        """The matrix itself."""
        with self._scope(name):
            return self._to_dense()

    def matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul") -> Tensor:
        """The product with x [..., columns, k]; `adjoint` and `adjoint_arg` take the conjugate transpose of the operator and of x."""
        with self._scope(name, x):
            return self._matmul(convert_to_tensor(x, dtype=self._type_of(x), name="x"), adjoint, adjoint_arg)

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Tensor:
        """The product with x [..., columns]."""
        with self._scope(name, x):
            column = raw.ExpandDims(convert_to_tensor(x, dtype=self._type_of(x), name="x"), -1)
            return raw.Squeeze(self.matmul(column, adjoint=adjoint), squeeze_dims=[-1])

    def solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve") -> Tensor:
        """The x with operator @ x = rhs.

        Raises:
          NotImplementedError: the operator is not square, or known to be singular.
        """
        self._check_solvable()
        with self._scope(name, rhs):
            return self._solve(convert_to_tensor(rhs, dtype=self._type_of(rhs), name="rhs"), adjoint, adjoint_arg)

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Tensor:
        """The x with operator @ x = rhs for vectors."""
        with self._scope(name, rhs):
            column = raw.ExpandDims(convert_to_tensor(rhs, dtype=self._type_of(rhs), name="rhs"), -1)
            return raw.Squeeze(self.solve(column, adjoint=adjoint), squeeze_dims=[-1])

    def determinant(self, name: str = "det") -> Tensor:
        """The determinant."""
        self._check_square("determinant")
        with self._scope(name):
            return self._determinant()

    def log_abs_determinant(self, name: str = "log_abs_det") -> Tensor:
        """The logarithm of the absolute value of the determinant."""
        self._check_square("log_abs_determinant")
        with self._scope(name):
            return self._log_abs_determinant()

    def diag_part(self, name: str = "diag_part") -> Tensor:
        """The diagonal."""
        with self._scope(name):
            return self._diag_part()

    def trace(self, name: str = "trace") -> Tensor:
        """The sum of the diagonal."""
        with self._scope(name):
            return reduce_sum(self.diag_part(), axis=-1)

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Tensor:
        """The sum of the matrix and x."""
        with self._scope(name, x):
            return self._add_to_tensor(convert_to_tensor(x, dtype=self._dtype, name="x"))

    def adjoint(self, name: str = "adjoint") -> LinearOperator:
        """The conjugate transpose, as an operator; the operator itself when it is self-adjoint."""
        if self.is_self_adjoint:
            return self
        with self._scope(name):
            return LinearOperatorAdjoint(self)

    H = property(adjoint, doc="The conjugate transpose, as an operator.")

    def inverse(self, name: str = "inverse") -> LinearOperator:
        """The inverse, as an operator.

        Raises:
          ValueError: the operator is not square, or known to be singular.
        """
        if self.is_square is False:
            raise ValueError("Cannot return the Inverse: This operator is not square.")
        if self.is_non_singular is False:
            raise ValueError("Cannot return the Inverse: This operator is singular.")
        with self._scope(name):
            return LinearOperatorInversion(self)

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Tensor:
        """The shape of the batch as a tensor."""
        return self.shape_tensor(name)[:-2]

    def domain_dimension_tensor(self, name: str = "domain_dimension_tensor") -> Tensor:
        """The number of columns as a tensor."""
        return self.shape_tensor(name)[-1]

    def range_dimension_tensor(self, name: str = "range_dimension_tensor") -> Tensor:
        """The number of rows as a tensor."""
        return self.shape_tensor(name)[-2]

    def tensor_rank_tensor(self, name: str = "tensor_rank_tensor") -> Tensor:
        """The rank of the batch of matrices as a tensor."""
        return raw.Size(self.shape_tensor(name))

    def assert_non_singular(self, name: str = "assert_non_singular") -> Any:
        """An operation that fails when the smallest singular value is lost in the precision of the greatest."""
        with self._scope(name):
            values = raw.Svd(self._to_dense(), compute_uv=False)[0]
            precision = np.array(np.finfo(self.dtype.as_numpy_dtype).eps, values.dtype.as_numpy_dtype)
            real = cast(values, self.dtype.real_dtype) if values.dtype.is_complex else values
            least = real[..., -1] - cast(precision, real.dtype) * real[..., 0]
            return assert_positive(least, message="Singular matrix up to precision epsilon.")

    def assert_positive_definite(self, name: str = "assert_positive_definite") -> Any:
        """An operation that fails when an eigenvalue of the self-adjoint matrix is not positive."""
        with self._scope(name):
            values = raw.SelfAdjointEigV2(self._to_dense(), compute_v=False)[0]
            real = cast(values, self.dtype.real_dtype) if values.dtype.is_complex else values
            return assert_positive(real, message="Operator was not positive definite.")

    def assert_self_adjoint(self, name: str = "assert_self_adjoint") -> Any:
        """An operation that fails when the matrix is not its own conjugate transpose."""
        with self._scope(name):
            dense = self._to_dense()
            return assert_equal(dense, adjoint(dense), message="Matrix was not equal to its adjoint.")

    @classmethod
    def with_name_scope(cls, method: Any) -> Any:
        """Decorator: the method builds its nodes in the scope of the operator's name."""

        @functools.wraps(method)
        def scoped(self: Any, *arguments: Any, **keywords: Any) -> Any:
            with building(self.name):
                return method(self, *arguments, **keywords)

        return scoped

    def cholesky(self, name: str = "cholesky") -> LinearOperator:
        """The Cholesky factor, as an operator."""
        if not (self.is_positive_definite and self.is_self_adjoint):
            raise ValueError("Cannot take the Cholesky decomposition: Not a positive definite self adjoint matrix.")
        with self._scope(name):
            return LinearOperatorLowerTriangular(raw.Cholesky(self._to_dense()), is_non_singular=True)

    def _type_of(self, x: Any) -> Any:
        if isinstance(x, Tensor) and x.dtype.base_dtype != self._dtype.base_dtype:
            raise TypeError(f"Input must have the type of the operator, {self._dtype.name}, got {x.dtype.name}")
        return self._dtype

    def _check_square(self, what: str) -> None:
        if self.is_square is False:
            raise NotImplementedError(f"{what} not implemented for an operator that is expected to not be square.")

    def _check_solvable(self) -> None:
        if self.is_non_singular is False:
            raise NotImplementedError("Exact solve not implemented for an operator that is expected to be singular.")
        self._check_square("Exact solve")

    def _shape(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say its shape: give it a method _shape.")

    def _to_dense(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say its elements: give it a method _to_dense.")

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        return matmul(self._to_dense(), x, adjoint_a=adjoint_op, adjoint_b=adjoint_arg)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        dense, right = one_batch(self._to_dense(), adjoint(rhs) if adjoint_arg else rhs)
        if self.is_positive_definite and self.is_self_adjoint:
            return cholesky_solve(raw.Cholesky(dense), right)
        return raw.MatrixSolve(dense, right, adjoint=adjoint_op)

    def _determinant(self) -> Any:
        return raw.MatrixDeterminant(self._to_dense())

    def _log_abs_determinant(self) -> Any:
        return raw.LogMatrixDeterminant(self._to_dense())[1]

    def _diag_part(self) -> Any:
        return matrix_diag_part(self._to_dense())

    def _add_to_tensor(self, x: Any) -> Any:
        return self._to_dense() + x


def one_batch(first: Any, second: Any) -> tuple[Any, Any]:
    """Two batches of matrices, each stretched to the batch of both as far as static shapes tell."""
    shapes = first.static_shape, second.static_shape
    if any(known is None or None in known for known in shapes) or shapes[0][:-2] == shapes[1][:-2]:
        return first, second
    batch = broadcast(shapes[0][:-2], shapes[1][:-2]) or ()
    wanted = [(*batch, *known[-2:]) for known in shapes]
    stretched = [x if x.static_shape == whole else raw.BroadcastTo(x, list(whole)) for x, whole in zip((first, second), wanted)]
    return stretched[0], stretched[1]


def log_abs(diagonal: Any) -> Any:
    """The sum of the logarithms of absolute values, in the type of the operator."""
    size = raw.ComplexAbs(diagonal, Tout=diagonal.dtype.real_dtype) if diagonal.dtype.is_complex else raw.Abs(diagonal)
    total = reduce_sum(raw.Log(size), axis=[-1])
    return cast(total, diagonal.dtype) if diagonal.dtype.is_complex else total


@export("linalg.LinearOperatorFullMatrix")
class LinearOperatorFullMatrix(LinearOperator):
    """A matrix all of whose elements are given.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.linalg.LinearOperatorFullMatrix([[1., 2.], [3., 4.]]).trace()))
    5.0
    """

    def __init__(
        self,
        matrix: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorFullMatrix",
    ) -> None:
        with building(name, None, [matrix]):
            self._matrix: Any = convert_to_tensor(matrix, name="matrix")
        if self._matrix.static_shape is not None and len(self._matrix.static_shape) < 2:
            raise ValueError(f"Argument matrix must have at least 2 dimensions. Found: {self._matrix}")
        super().__init__(
            self._matrix.dtype.base_dtype, [self._matrix], is_non_singular, is_self_adjoint, is_positive_definite, is_square, name
        )

    def _shape(self) -> Any:
        return self._matrix.static_shape

    def _to_dense(self) -> Any:
        return self._matrix


@export("linalg.LinearOperatorLowerTriangular")
class LinearOperatorLowerTriangular(LinearOperator):
    """A square matrix with zeros above its diagonal; what is given there is not read.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.linalg.LinearOperatorLowerTriangular([[2., 9.], [3., 4.]]).determinant()))
    8.0
    """

    def __init__(
        self,
        tril: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowerTriangular",
    ) -> None:
        if is_square is False:
            raise ValueError("Only square lower triangular operators supported at this time.")
        with building(name, None, [tril]):
            self._tril: Any = convert_to_tensor(tril, name="tril")
        super().__init__(self._tril.dtype.base_dtype, [self._tril], is_non_singular, is_self_adjoint, is_positive_definite, True, name)

    def _shape(self) -> Any:
        return self._tril.static_shape

    def _to_dense(self) -> Any:
        return raw.MatrixBandPart(self._tril, -1, 0)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        lower, right = one_batch(self._to_dense(), adjoint(rhs) if adjoint_arg else rhs)
        return matrix_triangular_solve(lower, right, lower=True, adjoint=adjoint_op)

    def _determinant(self) -> Any:
        return reduce_prod(matrix_diag_part(self._tril), axis=[-1])

    def _log_abs_determinant(self) -> Any:
        return log_abs(matrix_diag_part(self._tril))

    def _diag_part(self) -> Any:
        return matrix_diag_part(self._tril)


class _Derived(LinearOperator):
    """What Adjoint and Inversion share: one operator, about which everything is known that is known about them."""

    def __init__(self, operator: LinearOperator, what: str, knows: tuple[bool | None, ...], name: str | None) -> None:
        known = operator.is_non_singular, operator.is_self_adjoint, operator.is_positive_definite, operator.is_square
        words = "non-singular", "self-adjoint", "positive definite", "square"
        for own, other, word in zip(knows, known, words):
            if own is False and other or own and other is False:
                raise ValueError(f"The {what} of an operator is {word} exactly when the operator is.")
        merged: Any = [other if own is None else own for own, other in zip(knows, known)]
        regular, mirrored, positive, square = merged
        name = name or f"{operator.name}_{what}"
        super().__init__(operator.dtype, operator.graph_parents, regular, mirrored, positive, square, name)
        self.operator = operator

    def _conjugated(self, value: Any) -> Any:
        return raw.Conj(value) if self.dtype.is_complex else value


@export("linalg.LinearOperatorAdjoint")
class LinearOperatorAdjoint(_Derived):
    """The conjugate transpose of another operator; nothing is written down.

    >>> import autograd_lite as tf
    >>> operator = tf.linalg.LinearOperatorFullMatrix([[1., 2.], [3., 4.]])
    >>> tf.Session().run(tf.linalg.LinearOperatorAdjoint(operator).matvec([1., 0.]))
    array([1., 2.], dtype=float32)
    """

    def __init__(
        self,
        operator: LinearOperator,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(operator, "adjoint", (is_non_singular, is_self_adjoint, is_positive_definite, is_square), name)

    def _shape(self) -> Any:
        known = self.operator._shape()
        return None if known is None else (*known[:-2], known[-1], known[-2])

    def _to_dense(self) -> Any:
        return adjoint(self.operator.to_dense())

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        return self.operator.matmul(x, adjoint=not adjoint_op, adjoint_arg=adjoint_arg)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        return self.operator.solve(rhs, adjoint=not adjoint_op, adjoint_arg=adjoint_arg)

    def _determinant(self) -> Any:
        return self._conjugated(self.operator.determinant())

    def _log_abs_determinant(self) -> Any:
        return self.operator.log_abs_determinant()

    def _diag_part(self) -> Any:
        return self._conjugated(self.operator.diag_part())


@export("linalg.LinearOperatorInversion")
class LinearOperatorInversion(_Derived):
    """The inverse of another operator: products with it are solutions of the other, and the other way round.

    >>> import autograd_lite as tf
    >>> operator = tf.linalg.LinearOperatorDiag([2., 4.])
    >>> tf.Session().run(tf.linalg.LinearOperatorInversion(operator).matvec([1., 1.]))
    array([0.5 , 0.25], dtype=float32)
    """

    def __init__(
        self,
        operator: LinearOperator,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        if operator.is_square is False or is_square is False:
            raise ValueError("operator must be square to have an inverse")
        if operator.is_non_singular is False or is_non_singular is False:
            raise ValueError("operator and supplied hints must have `is_non_singular` equal to `True` or `None`.  Found False")
        super().__init__(operator, "inv", (is_non_singular, is_self_adjoint, is_positive_definite, is_square), name)
        self.is_non_singular = True

    def _shape(self) -> Any:
        return self.operator._shape()

    def _to_dense(self) -> Any:
        return self.operator.solve(identity_for(self.operator))

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        return self.operator.solve(x, adjoint=adjoint_op, adjoint_arg=adjoint_arg)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        return self.operator.matmul(rhs, adjoint=adjoint_op, adjoint_arg=adjoint_arg)

    def _determinant(self) -> Any:
        return 1.0 / self.operator.determinant()

    def _log_abs_determinant(self) -> Any:
        return -self.operator.log_abs_determinant()

    def _diag_part(self) -> Any:
        return matrix_diag_part(self._to_dense())


def identity_for(operator: LinearOperator) -> Any:
    """The identity that goes with an operator: its columns give the dense matrix."""
    known = operator._shape()
    if known is not None and None not in known:
        return eye(known[-1], batch_shape=known[:-2], dtype=operator.dtype)
    sizes: Any = operator.shape_tensor()
    return eye(sizes[-1], batch_shape=sizes[:-2], dtype=operator.dtype)
