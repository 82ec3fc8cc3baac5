"""Matrices with a given diagonal, and small functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, matrix_transpose
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import ones, zeros
from autograd_lite.api.matmul import norm
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def _plain() -> bool:
    """Whether this release builds the op's first version when only the main diagonal is meant."""
    return not release().diagonals_have_offsets


def _padding(value: Any, x: Any) -> Any:
    """What stands outside the diagonals, in the type of the diagonals."""
    return bool(value) if getattr(x, "dtype", None) == dtypes.bool_ else value


@export("matrix_diag", "linalg.diag")
def matrix_diag(
    diagonal: Any, name: str | None = "diag", k: Any = 0, num_rows: Any = -1, num_cols: Any = -1, padding_value: Any = 0
) -> Tensor:
    """Make a matrix (or a batch of them) with a given diagonal, zero elsewhere.

    Args:
      k: which diagonal: 0 the main one, above it positive; or a pair, for a band.
      num_rows, num_cols: the size of the matrix (-1: as small as possible).
      padding_value: what stands outside the diagonals.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.matrix_diag([1, 2]))
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    main_only = _is(k, 0) and _is(num_rows, -1) and _is(num_cols, -1) and _is(padding_value, 0)
    if main_only and _plain():
        return raw.MatrixDiag(diagonal, name=name)
    return raw.MatrixDiagV3(diagonal, k, num_rows, num_cols, _padding(padding_value, diagonal), name=name)


@export("matrix_diag_part", "linalg.diag_part")
def matrix_diag_part(input: Any, name: str | None = "diag_part", k: Any = 0, padding_value: Any = 0) -> Tensor:
    """Take a diagonal out of a matrix (or of each matrix of a batch).

    Args:
      k: which diagonal: 0 the main one, above it positive; or a pair, for a band.
      padding_value: what fills the ends of diagonals that are too short.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.matrix_diag_part([[1, 2], [3, 4]]))
    array([1, 4], dtype=int32)
    """
    if _is(k, 0) and _is(padding_value, 0) and _plain():
        return raw.MatrixDiagPart(input, name=name)
    return raw.MatrixDiagPartV3(input, k, _padding(padding_value, input), name=name)


@export("matrix_set_diag", "linalg.set_diag")
def matrix_set_diag(input: Any, diagonal: Any, name: str | None = "set_diag", k: Any = 0) -> Tensor:
    """Replace a diagonal of a matrix (or of each matrix of a batch).

    Args:
      k: which diagonal: 0 the main one, above it positive; or a pair, for a band.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.matrix_set_diag([[1, 2], [3, 4]], [9, 9]))
    array([[9, 2],
           [3, 9]], dtype=int32)
    """
    if _is(k, 0) and _plain():
        return raw.MatrixSetDiag(input, diagonal, name=name)
    return raw.MatrixSetDiagV3(input, diagonal, k, name=name)


def _is(value: Any, number: int) -> bool:
    return isinstance(value, int | float | np.integer) and value == number


@export("eye", "linalg.eye")
def eye(num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Make an identity matrix, or a batch of them.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.eye(2))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    with building(name, "eye", [num_rows, num_columns, batch_shape]):
        square = num_columns is None
        outer = [] if batch_shape is None else batch_shape
        columns = num_rows if square else num_columns
        if isinstance(num_rows, Tensor) or isinstance(columns, Tensor):
            count: Any = raw.Minimum(num_rows, columns)
        else:
            count = min(int(num_rows), int(columns))
        diagonal = ones(_joined(outer, [count]), dtype=dtype)
        if square:
            return matrix_diag(diagonal)
        return matrix_set_diag(zeros(_joined(outer, [num_rows, columns]), dtype=dtype), diagonal)


def _joined(outer: Any, sizes: list[Any]) -> Any:
    symbolic = isinstance(outer, Tensor) or any(isinstance(size, Tensor) for size in sizes)
    if not symbolic:
        return [*outer, *sizes]
    return concat((outer if isinstance(outer, Tensor) else np.array(outer, np.int32), sizes), 0)


@export("trace", "linalg.trace")
def trace(x: Any, name: str | None = None) -> Tensor:
    """Add up the main diagonal of a matrix (or of each matrix of a batch).

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.trace([[1, 2], [3, 4]])))
    5
    """
    with building(name, "Trace", [x]) as scope:
        return reduce_sum(matrix_diag_part(convert_to_tensor(x, name="x")), [-1], name=scope)


@export("linalg.adjoint")
def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """Swap the last two axes and take the complex conjugate.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.adjoint([[1j, 2]]))
    array([[0.-1.j],
           [2.-0.j]])
    """
    with building(name, "adjoint", [matrix]):
        return matrix_transpose(convert_to_tensor(matrix, name="matrix"), conjugate=True)


@export("linalg.normalize")
def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Divide by the norm along `axis`; give the result and the norm.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.linalg.normalize([3., 4.])[0])
    array([0.6, 0.8], dtype=float32)
    """
    with building(name, "normalize", [tensor]):
        tensor = convert_to_tensor(tensor)
        length = cast(norm(tensor, ord=ord, axis=axis, keepdims=True), tensor.dtype.base_dtype)
        return raw.RealDiv(tensor, length, name="truediv"), length
