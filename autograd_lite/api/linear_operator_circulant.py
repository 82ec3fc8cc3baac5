"""Linear operators whose rows are shifts of each other: products are convolutions, done by Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, shape as shape_of, zeros_like
from autograd_lite.api.asserts import assert_near
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import range as range_
from autograd_lite.api.linear_operator import LinearOperator, identity_for
from autograd_lite.api.matrices import adjoint, matrix_transpose
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_mean, reduce_prod, reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.shapes import TensorShape, broadcast
from autograd_lite.graph.conversion import convert_to_tensor

Known = bool | None

_FORWARD: dict[int, Any] = {1: raw.FFT, 2: raw.FFT2D, 3: raw.FFT3D}
_BACK: dict[int, Any] = {1: raw.IFFT, 2: raw.IFFT2D, 3: raw.IFFT3D}


def _complex_of(dtype: Any) -> Any:
    """The complex type with the precision of a type."""
    return dtypes.complex128 if dtype.base_dtype in (dtypes.float64, dtypes.complex128) else dtypes.complex64


class _Circulant(LinearOperator):
    """A circulant matrix of any depth: blocks of blocks of circulant matrices."""

    def __init__(
        self, spectrum: Any, depth: int, input_output_dtype: Any, knows: tuple[Known, Known, Known, Known], name: str
    ) -> None:
        is_non_singular, is_self_adjoint, is_positive_definite, is_square = knows
        if is_square is False:
            raise ValueError("A [[nested] block] circulant operator is always square.")
        with building(name, None, [spectrum]):
            self.spectrum: Any = convert_to_tensor(spectrum, name="spectrum")
        if self.spectrum.static_shape is not None and len(self.spectrum.static_shape) < depth:
            raise ValueError(f"Argument spectrum must have at least {depth} dimensions.  Found: {self.spectrum}")
        if not self.spectrum.dtype.is_complex:
            if is_self_adjoint is False:
                raise ValueError("A real spectrum always corresponds to a self-adjoint operator.")
            is_self_adjoint = True
        self.block_depth = depth
        kind = dtypes.as_dtype(input_output_dtype)
        super().__init__(kind, [self.spectrum], is_non_singular, is_self_adjoint, is_positive_definite, True, name)

    @property
    def block_shape(self) -> TensorShape:
        """The static shape of the blocks: the last axes of the spectrum."""
        return self.spectrum.shape[-self.block_depth :]

    def block_shape_tensor(self) -> Any:
        """The shape of the blocks as a tensor."""
        return shape_of(self.spectrum)[-self.block_depth :]

    def _axes(self) -> list[int]:
        return list(range(-self.block_depth, 0))

    def _shape(self) -> Any:
        known = self.spectrum.static_shape
        if known is None:
            return None
        sizes = known[-self.block_depth :]
        total = None if None in sizes else int(np.prod(sizes))
        return (*known[: -self.block_depth], total, total)

    def _to_dense(self) -> Any:
        return self._matmul(identity_for(self), False, False)

    def _complex_spectrum(self) -> Any:
        return cast(self.spectrum, _complex_of(self.spectrum.dtype))

    def _filtered(self, x: Any, factor: Any) -> Any:
        """Every column of x [..., n, k] transformed, multiplied by `factor`, and transformed back."""
        kind = _complex_of(x.dtype)
        rows = matrix_transpose(cast(x, kind))  # [..., k, n]
        outer: Any = shape_of(rows)
        blocks = raw.Reshape(rows, concat([outer[:-1], self.block_shape_tensor()], 0))
        spread = raw.ExpandDims(cast(factor, kind), -self.block_depth - 1)
        done = _BACK[self.block_depth](_FORWARD[self.block_depth](blocks) * spread)
        inner: Any = shape_of(done)
        flat = matrix_transpose(raw.Reshape(done, concat([inner[: -self.block_depth], outer[-1:]], 0)))
        result = cast(flat, self.dtype)
        known = self._shape()
        if known is not None and x.static_shape is not None and len(known) == 2:
            result.set_shape([*x.static_shape[:-2], known[-2], x.static_shape[-1]])
        return result

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        spectrum = self._complex_spectrum()
        return self._filtered(adjoint(x) if adjoint_arg else x, raw.Conj(spectrum) if adjoint_op else spectrum)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        spectrum = self._complex_spectrum()
        return self._filtered(adjoint(rhs) if adjoint_arg else rhs, 1.0 / (raw.Conj(spectrum) if adjoint_op else spectrum))

    def _determinant(self) -> Any:
        return cast(reduce_prod(self.spectrum, axis=self._axes()), self.dtype)

    def _log_abs_determinant(self) -> Any:
        return cast(reduce_sum(raw.Log(abs(self.spectrum)), axis=self._axes()), self.dtype)

    def _diag_part(self) -> Any:
        mean: Any = raw.ExpandDims(cast(reduce_mean(self._complex_spectrum(), axis=self._axes()), self.dtype), -1)
        size = self.shape[-1].value
        count = self.domain_dimension_tensor() if size is None else size
        return mean * raw.Fill([count], raw.Cast(1, DstT=self.dtype))

    def convolution_kernel(self, name: str = "convolution_kernel") -> Any:
        """The first column of the matrix: what the columns of x are convolved with."""
        with self._scope(name):
            return cast(_BACK[self.block_depth](self._complex_spectrum()), self.dtype)

    def assert_hermitian_spectrum(self, name: str = "assert_hermitian_spectrum") -> Any:
        """An operation that fails unless the spectrum is that of a real matrix."""
        with self._scope(name):
            kernel = _BACK[self.block_depth](self._complex_spectrum())
            imaginary = raw.Imag(kernel, Tout=kernel.dtype.real_dtype)
            precision = 1000 * np.finfo(imaginary.dtype.as_numpy_dtype).eps
            return assert_near(zeros_like(imaginary), imaginary, rtol=0.0, atol=precision, message="Spectrum was not Hermitian")


@export("linalg.LinearOperatorCirculant")
class LinearOperatorCirculant(_Circulant):
    """A circulant matrix: products with it are convolutions around a ring.

    The eigenvalues are the spectrum [..., n], and the columns are shifts of its inverse Fourier transform.

    Args:
      input_output_dtype: the type of the operator; a real one drops imaginary parts, which vanish for a Hermitian spectrum.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.LinearOperatorCirculant([2., 1.], tf.float32).to_dense())
    array([[1.5, 0.5],
           [0.5, 1.5]], dtype=float32)
    """

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = True,
        name: str = "LinearOperatorCirculant",
    ) -> None:
        knows = is_non_singular, is_self_adjoint, is_positive_definite, is_square
        super().__init__(spectrum, 1, input_output_dtype, knows, name)


@export("linalg.LinearOperatorCirculant2D")
class LinearOperatorCirculant2D(_Circulant):
    """A block circulant matrix: products with it are convolutions on a torus.

    The blocks are shifts of each other, and each block is circulant; the spectrum is [..., n, m].

    Args:
      input_output_dtype: the type of the operator; a real one drops imaginary parts, which vanish for a Hermitian spectrum.

    >>> import autograd_lite as tf
    >>> tf.linalg.LinearOperatorCirculant2D([[1., 1.], [1., 1.]], tf.float32).to_dense().shape.as_list()
    [4, 4]
    """

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = True,
        name: str = "LinearOperatorCirculant2D",
    ) -> None:
        knows = is_non_singular, is_self_adjoint, is_positive_definite, is_square
        super().__init__(spectrum, 2, input_output_dtype, knows, name)


@export("linalg.LinearOperatorCirculant3D")
class LinearOperatorCirculant3D(_Circulant):
    """A circulant matrix of blocks of blocks: products with it are convolutions in three circular dimensions.

    The blocks are shifts of each other, and each is circulant of depth 2; the spectrum is [..., n, m, l].

    Args:
      input_output_dtype: the type of the operator; a real one drops imaginary parts, which vanish for a Hermitian spectrum.

    >>> import autograd_lite as tf
    >>> tf.linalg.LinearOperatorCirculant3D([[[1., 1.]]], tf.float32).to_dense().shape.as_list()
    [2, 2]
    """

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = dtypes.complex64,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = True,
        name: str = "LinearOperatorCirculant3D",
    ) -> None:
        knows = is_non_singular, is_self_adjoint, is_positive_definite, is_square
        super().__init__(spectrum, 3, input_output_dtype, knows, name)


@export("linalg.LinearOperatorToeplitz")
class LinearOperatorToeplitz(LinearOperator):
    """A matrix that is constant along its diagonals.

    Args:
      col: the first column, [..., n]. row: the first row, [..., n]; its first element is not read.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.LinearOperatorToeplitz([1., 2.], [1., 3.]).to_dense())
    array([[1., 3.],
           [2., 1.]], dtype=float32)
    """

    def __init__(
        self,
        col: Any,
        row: Any,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = None,
        name: str = "LinearOperatorToeplitz",
    ) -> None:
        if is_square is False:
            raise ValueError("Only square Toeplitz operators currently supported.")
        with building(name, None, [row, col]):
            self.row: Any = convert_to_tensor(row, name="row")
            self.col: Any = convert_to_tensor(col, dtype=self.row.dtype.base_dtype, name="col")
        super().__init__(
            self.row.dtype.base_dtype, [self.row, self.col], is_non_singular, is_self_adjoint, is_positive_definite, True, name
        )

    def _shape(self) -> Any:
        row, col = self.row.static_shape, self.col.static_shape
        if row is None or col is None:
            return None
        size = row[-1] if col[-1] is None else col[-1]
        return (*(broadcast(row[:-1], col[:-1]) or ()), size, size)

    def _to_dense(self) -> Any:
        size: Any = shape_of(self.col)[-1]
        numbers = range_(size)
        places = raw.ExpandDims(numbers, -1) - raw.ExpandDims(numbers, 0) + (size - 1)  # [n, n], from 0 to 2 n - 2
        diagonals = concat([*self._stretched(self.row[..., 1:], reversed_=True), *self._stretched(self.col)], -1)
        return raw.GatherV2(diagonals, places, -1)

    def _stretched(self, part: Any, reversed_: bool = False) -> list[Any]:
        """A part of the diagonals, from the last one on, stretched to the batch of the other."""
        part = raw.ReverseV2(part, [-1]) if reversed_ else part
        known = self._shape()
        if known is None or None in known or None in part.static_shape or part.static_shape[:-1] == known[:-2]:
            return [part]
        return [raw.BroadcastTo(part, [*known[:-2], part.static_shape[-1]])]

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        """The matrix is a part of a circulant one that is twice as large."""
        right = adjoint(x) if adjoint_arg else x
        col, row = (self.col, self.row) if not adjoint_op else (self._conjugate(self.row), self._conjugate(self.col))
        kind = _complex_of(self.dtype)
        first = self._conjugate(self.col[..., :1]) if adjoint_op else self.col[..., :1]
        parts = [*self._stretched(first), *self._stretched(col[..., 1:]), *self._stretched(first), *self._stretched(row[..., 1:], True)]
        ring = concat(parts, -1)
        padded = matrix_transpose(cast(concat([right, zeros_like(right)], -2), kind))  # [..., k, 2 n]
        done = raw.IFFT(raw.FFT(padded) * raw.ExpandDims(raw.FFT(cast(ring, kind)), -2))
        size: Any = shape_of(right)[-2]
        return cast(matrix_transpose(done)[..., :size, :], self.dtype)

    def _conjugate(self, x: Any) -> Any:
        return raw.Conj(x) if x.dtype.is_complex else x

    def _diag_part(self) -> Any:
        return self.col[..., :1] + zeros_like(self.col)

    def trace(self, name: str = "trace") -> Any:
        """The sum of the diagonal."""
        with self._scope(name):
            return reduce_sum(self._diag_part(), axis=-1)
