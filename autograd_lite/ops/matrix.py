"""Products of matrices, and ops on their diagonals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.graph.row_parts import Outer, Product
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.complex_numbers import conjugate
from autograd_lite.ops.samples import sample, several, values
from autograd_lite.ops.shapes import sum_to
from autograd_lite.ops.type_lists import INDEX, REALS

_FAST = ("float32", "float64", "complex64", "complex128")  # types for which there are fast routines
_MULTIPLIED = "bfloat16 half float double int32 int64 complex64 complex128"


def _product_cost(c):
    """Multiplications and additions; bytes read and written."""
    product, a, b = rules.matrix_product(c), c.shape(0), c.shape(1)
    if a is None or b is None or None in a + b:
        return None
    inner = a[0] if c.attrs["transpose_a"] else a[1]
    return 2 * math.prod(product) * inner, c.dtype(0).size * (math.prod(a) + math.prod(b) + math.prod(product))


def _product(xp, left, right):
    """The product of matrices in their own type, by the fast routine."""
    product = xp.matmul(_strided(xp, left), _strided(xp, right))
    return product if product.dtype == left.dtype else product.astype(left.dtype)  # bfloat16 is multiplied in single precision


def _strided(xp, a):
    """An array that was stretched (stride 0) as a real one, for which the fast product is used."""
    return xp.ascontiguousarray(a) if 0 in a.strides else a


def _prepared_product(c):
    """One call of the fast routine, which needs no look at the matrices when their shapes are known to fit."""
    a, b = c.shape(0), c.shape(1)
    if a is None or b is None or len(a) != 2 or len(b) != 2 or c.dtype(0).name not in _FAST:
        return None
    turned_a, turned_b = c.attrs["transpose_a"], c.attrs["transpose_b"]
    inner = a[0 if turned_a else 1]
    if inner is None or inner != b[1 if turned_b else 0]:
        return None
    return f"xp.dot({{a}}{'.T' * turned_a}, {{b}}{'.T' * turned_b})", {}


def _product_by_rows(c):
    """Rows times small weights, or a sum over rows."""
    a, b = c.shape(0), c.shape(1)
    if a is None or b is None or len(a) != 2 or len(b) != 2:
        return None
    if not c.attrs["transpose_a"]:
        return Product(0, 1, c.attrs["transpose_b"])
    return None if c.attrs["transpose_b"] else Outer(0, 1)


@op(
    "MatMul(a: T, b: T, *, transpose_a: bool = False, transpose_b: bool = False) -> product: T",
    types={"T": _MULTIPLIED},
    shape=rules.matrix_product,
    prepare=_prepared_product,
    by_rows=_product_by_rows,
    turned={"b": "transpose_b"},
    cost=_product_cost,
    release_attrs={"2.21": {"grad_a": ("bool", False), "grad_b": ("bool", False)}},
    samples=[
        sample(values((2, 3)), values((3, 4))),
        sample(values((3, 2)), values((4, 3)), transpose_a=True, transpose_b=True),
        sample(values((2, 3)), values((2, 3)), transpose_a=True),
        sample(values((2, 3)), values((4, 3)), transpose_b=True),
    ],
    formula="da = dy b^T, db = a^T dy",
)
def matmul(xp, a, b, transpose_a, transpose_b):
    """Multiply matrix `a` by matrix `b`; either may be transposed first."""
    for index, matrix in enumerate((a, b)):
        if matrix.ndim != 2:
            raise invalid(
                f"In[{index}] ndims must be >= 2: {matrix.ndim}"
                if matrix.ndim < 2
                else f"In[{index}] is not a matrix. Instead it has shape {rules.shape_text(matrix.shape)}"
            )
    left, right = a.T if transpose_a else a, b.T if transpose_b else b
    if left.shape[1] != right.shape[0]:
        raise invalid(f"Matrix size-incompatible: In[0]: {rules.shape_text(a.shape)}, In[1]: {rules.shape_text(b.shape)}")
    return _product(xp, left, right)


@matmul.gradient
def matmul_gradient(g, op, dy):
    a, b = (conjugate(g, x) for x in op.inputs)
    turned_a, turned_b = op.attrs["transpose_a"], op.attrs["transpose_b"]
    da = db = None
    if g.needs(0):
        da = g.matmul(b, dy, transpose_a=turned_b, transpose_b=True) if turned_a else g.matmul(dy, b, transpose_b=not turned_b)
    if g.needs(1):
        db = g.matmul(dy, a, transpose_a=True, transpose_b=turned_a) if turned_b else g.matmul(a, dy, transpose_a=not turned_a)
    return da, db


@op(
    "TransposedCopy(x: T) -> y: T",
    shape=lambda c: None if c.shape(0) is None else c.shape(0)[::-1],
    prepare=lambda c: ("{x}.T.copy()", {}) if c.shape(0) is not None and len(c.shape(0)) == 2 else None,
    samples=[sample(values((2, 3))), sample(values((1, 4)))],
    formula="dx = dy^T",
)
def transposed_copy(xp, x):
    """Turn a matrix, and lay it out anew. The compiler uses this op; graphs have Transpose, which need not copy."""
    return xp.array(x.T, order="C")


@transposed_copy.gradient
def transposed_copy_gradient(g, op, dy):
    return g.transposed_copy(dy)


@op(
    "ArrangedMatrix(b: T, *, transpose_b: bool = False) -> arranged: T",
    types={"T": _MULTIPLIED},
    shape=lambda c: (None,),
    samples=[sample(values((3, 4)))],
    no_gradient="only the compiler makes it, when gradients are there already",
)
def arranged_matrix(xp, b, transpose_b):
    """Lay the right matrix of several products out as their kernels use it. NumPy needs nothing of the kind, so this has no elements."""
    return xp.zeros((0,), b.dtype)


@op(
    "ArrangedMatMul(a: T, b: T, arranged: T, *, transpose_a: bool = False, transpose_b: bool = False) -> product: T",
    types={"T": _MULTIPLIED},
    shape=rules.matrix_product,
    cost=_product_cost,
    samples=[sample(values((2, 3)), values((3, 4)), values((0,)))],
    no_gradient="only the compiler makes it, when gradients are there already",
)
def arranged_mat_mul(xp, a, b, arranged, transpose_a, transpose_b):
    """Multiply matrices, of which the right one is given as ArrangedMatrix makes it, too."""
    return matmul.kernel(xp, a, b, transpose_a, transpose_b)


def _sum_of_products_shape(c):
    first, second = c.shape(0), c.shape(c.count // 2)
    if first is None or second is None:
        return None
    return first[1 if c.attrs["transpose_a"] else 0], second[0 if c.attrs["transpose_b"] else 1]


@op(
    "SumOfProducts(a: N * T, b: N * T, *, transpose_a: bool = False, transpose_b: bool = False) -> total: T",
    types={"T": _MULTIPLIED},
    shape=_sum_of_products_shape,
    samples=[
        sample(several(values((2, 3)), values((2, 5))), several(values((3, 4)), values((5, 4)))),
        sample(several(values((3, 2))), several(values((4, 3))), transpose_a=True, transpose_b=True),
    ],
    no_gradient="only the compiler makes it, when gradients are there already",
)
def sum_of_products(xp, a, b, transpose_a, transpose_b):
    """Add up the products of pairs of matrices. The compiler uses this op, in place of MatMul and AddN."""
    total = None
    for left, right in zip(a, b):
        term = matmul.kernel(xp, left, right, transpose_a, transpose_b)
        total = term if total is None else total + term
    return total


def _sum_of_turned_products_shape(c):
    first, second = c.shape(0), c.shape(c.count // 2)
    return None if first is None or second is None else [(first[1], second[1]), (second[1],)]


@op(
    "SumOfTurnedProducts(a: N * T, b: N * T) -> total: T, rows: T",
    types={"T": _MULTIPLIED},
    shape=_sum_of_turned_products_shape,
    samples=[sample(several(values((3, 2)), values((5, 2))), several(values((3, 4)), values((5, 4))))],
    no_gradient="only the compiler makes it, when gradients are there already",
)
def sum_of_turned_products(xp, a, b):
    """Add up the products of pairs of matrices, the first of each transposed, and all rows of the second ones: a layer's gradients."""
    rows = xp.sum(b[0], axis=0, dtype=b[0].dtype)
    for right in b[1:]:
        rows = rows + xp.sum(right, axis=0, dtype=right.dtype)
    return sum_of_products.kernel(xp, a, b, True, False), rows


@op(
    "SparseMatMul(a: Ta, b: Tb, *, transpose_a: bool = False, transpose_b: bool = False, a_is_sparse: bool = False, "
    "b_is_sparse: bool = False) -> product: float",
    types={"Ta": "float bfloat16", "Tb": "float bfloat16"},
    type_defaults={"Ta": "float", "Tb": "float"},
    shape=rules.matrix_product,
    cost=_product_cost,
    names=["sparse_matmul"],
    samples=[
        sample(values((2, 3), dtype="float32"), values((3, 4), dtype="float32")),
        sample(values((3, 2), dtype="float32"), values((4, 3), dtype="float32"), transpose_a=True, transpose_b=True, a_is_sparse=True),
    ],
    formula="da = dy b^T, db = a^T dy",
)
def sparse_mat_mul(xp, a, b, transpose_a, transpose_b):
    """Multiply matrix `a` by matrix `b`, of which one may hold mostly zeros; the result is that of `matmul`.

    >>> tf.Session().run(tf.sparse_matmul([[0.0, 2.0]], [[3.0], [4.0]]))
    array([[8.]], dtype=float32)
    """
    return matmul.kernel(xp, a.astype("float32"), b.astype("float32"), transpose_a, transpose_b)


@sparse_mat_mul.gradient
def sparse_mat_mul_gradient(g, op, dy):
    """As for MatMul; which factor is sparse is said on."""
    a, b = op.inputs
    turned_a, turned_b = op.attrs["transpose_a"], op.attrs["transpose_b"]
    sparse = {a: op.attrs["a_is_sparse"], b: op.attrs["b_is_sparse"]}

    def product(x, y, turn_x, turn_y, dtype):
        made = g.sparse_mat_mul(
            x, y, transpose_a=turn_x, transpose_b=turn_y, a_is_sparse=sparse.get(x, False), b_is_sparse=sparse.get(y, False)
        )
        return g.cast(made, dtype)

    da = product(b, dy, turned_b, True, a.dtype) if turned_a else product(dy, b, False, not turned_b, a.dtype)
    db = product(dy, a, True, turned_a, b.dtype) if turned_b else product(a, dy, not turned_a, False, b.dtype)
    return da, db


def _batch_shape(c):
    a, b = rules.with_rank_at_least(c, c.shape(0), 2), rules.with_rank_at_least(c, c.shape(1), 2)
    if a is None or b is None:
        return None
    rows, inner = a[:-3:-1] if c.attrs["adj_x"] else a[-2:]
    inner_b, columns = b[:-3:-1] if c.attrs["adj_y"] else b[-2:]
    if c.opdef.name == "BatchMatMul":
        batch = rules.merge(c, a[:-2], b[:-2])
    else:
        batch = rules.broadcast_shapes(c, a[:-2], b[:-2])
    rules.merge_size(c, inner, inner_b)
    return None if batch is None else (*batch, rows, columns)


def _adjoint(xp, a):
    a = xp.swapaxes(a, -1, -2)
    return a.conj() if a.dtype.kind == "c" else a


def _batch_product(xp, x, y, adj_x, adj_y):
    for index, matrix in enumerate((x, y)):
        if matrix.ndim < 2:
            raise invalid(f"In[{index}] ndims must be >= 2: {matrix.ndim}")
    left, right = _adjoint(xp, x) if adj_x else x, _adjoint(xp, y) if adj_y else y
    if left.shape[-1] != right.shape[-2]:
        raise invalid(f"Matrix size-incompatible: In[0]: {rules.shape_text(x.shape)}, In[1]: {rules.shape_text(y.shape)}")
    try:
        return _product(xp, left, right)
    except ValueError:
        raise invalid(
            f"In[0] and In[1] must have compatible batch dimensions: {rules.shape_text(x.shape)} vs. {rules.shape_text(y.shape)}"
        ) from None


def _batch_gradient(g, op, dy, product):
    x, y = op.inputs
    adj_x, adj_y = op.attrs["adj_x"], op.attrs["adj_y"]
    dx = d_y = None
    if g.needs(0):
        dx = product(y, dy, adj_x=adj_y, adj_y=True) if adj_x else product(dy, y, adj_y=not adj_y)
    if g.needs(1):
        d_y = product(dy, x, adj_x=True, adj_y=adj_x) if adj_y else product(x, dy, adj_x=not adj_x)
    return dx, d_y


def _batch_cost(c):
    """As for one product, for each matrix of the batch."""
    product, a, b = _batch_shape(c), c.shape(0), c.shape(1)
    if product is None or a is None or b is None or None in product + a + b:
        return None
    inner = a[-2] if c.attrs["adj_x"] else a[-1]
    return 2 * math.prod(product) * inner, c.dtype(0).size * (math.prod(a) + math.prod(b) + math.prod(product))


_BATCHED: dict[str, Any] = {
    "shape": _batch_shape,
    "cost": _batch_cost,
    "release_attrs": {"2.21": {"grad_x": ("bool", False), "grad_y": ("bool", False)}},
}
_BATCHES = [sample(values((2, 2, 3)), values((2, 3, 4))), sample(values((2, 3, 2)), values((2, 4, 3)), adj_x=True, adj_y=True)]


@op(
    "BatchMatMul(x: T, y: T, *, adj_x: bool = False, adj_y: bool = False) -> output: T",
    types={"T": _MULTIPLIED},
    samples=_BATCHES,
    **_BATCHED,
)
def batch_mat_mul(xp, x, y, adj_x, adj_y):
    """Multiply matrices one by one: the last two axes are the matrices, the others count them."""
    if x.shape[:-2] != y.shape[:-2]:
        raise invalid(f"In[0] and In[1] must have compatible batch dimensions: {rules.shape_text(x.shape)} vs. {rules.shape_text(y.shape)}")
    return _batch_product(xp, x, y, adj_x, adj_y)


@batch_mat_mul.gradient
def batch_mat_mul_gradient(g, op, dy):
    return _batch_gradient(g, op, dy, g.batch_mat_mul)


@op(
    "BatchMatMulV2(x: T, y: T, *, adj_x: bool = False, adj_y: bool = False) -> output: T",
    types={"T": "bfloat16 half float double int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128"},
    samples=[*_BATCHES, sample(values((2, 1, 2, 3)), values((3, 3, 2)))],
    **_BATCHED,
)
def batch_mat_mul_v2(xp, x, y, adj_x, adj_y):
    """Multiply matrices one by one; the axes that count them stretch to a common shape."""
    return _batch_product(xp, x, y, adj_x, adj_y)


@batch_mat_mul_v2.gradient
def batch_mat_mul_v2_gradient(g, op, dy):
    gradients = _batch_gradient(g, op, dy, g.batch_mat_mul_v2)
    return [None if each is None else sum_to(g, each, x) for each, x in zip(gradients, op.inputs)]


def _cross_shape(c):
    shape = rules.with_rank_at_least(c, rules.same_shape(c), 1)
    if shape is not None:
        rules.with_size(c, shape[-1], 3)
    return shape


@op(
    "Cross(a: T, b: T) -> product: T",
    types={"T": REALS},
    shape=_cross_shape,
    names=["cross", "linalg.cross"],
    samples=[sample(values((2, 3)), values((2, 3)))],
    formula="da = b x dy, db = dy x a",
)
def cross(xp, a, b):
    """Take the cross product of vectors of 3 elements along the last axis.

    >>> tf.Session().run(tf.cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]))
    array([0., 0., 1.], dtype=float32)
    """
    if a.shape != b.shape:
        raise invalid(f"Both inputs must be of same shape: {rules.shape_text(a.shape)} vs. {rules.shape_text(b.shape)}")
    if not a.ndim or a.shape[-1] != 3:
        raise invalid(f"Cross-products are only defined for 3-element vectors, got shape {rules.shape_text(a.shape)}")
    return xp.cross(a, b)


@cross.gradient
def cross_gradient(g, op, dy):
    a, b = op.inputs
    return g.cross(b, dy), g.cross(dy, a)


def _matrix_diag_shape(c):
    shape = rules.with_rank_at_least(c, c.shape(0), 1)
    return None if shape is None else (*shape, shape[-1])


@op("MatrixDiag(diagonal: T) -> output: T", shape=_matrix_diag_shape, samples=[sample(values((2, 3)))])
def matrix_diag(xp, diagonal):
    """Make matrices with the given diagonals and zeros elsewhere."""
    size = diagonal.shape[-1]
    matrices = xp.zeros((*diagonal.shape, size), dtype=diagonal.dtype)
    places = xp.arange(size)
    matrices[..., places, places] = diagonal
    return matrices


@matrix_diag.gradient
def matrix_diag_gradient(g, op, dy):
    return g.matrix_diag_part(dy)


def _matrix_diag_part_shape(c):
    """Also says how long the diagonal is: as the shorter side."""
    shape = rules.with_rank_at_least(c, c.shape(0), 2)
    if shape is None:
        return None
    rows, columns = shape[-2:]
    return (*shape[:-2], None if rows is None or columns is None else min(rows, columns))


@op(
    "MatrixDiagPart(input: T) -> diagonal: T",
    shape=_matrix_diag_part_shape,
    view=("input",),
    samples=[sample(values((2, 3, 3))), sample(values((2, 4)))],
)
def matrix_diag_part(xp, input):
    """Take the diagonal of every matrix."""
    return xp.diagonal(input, axis1=-2, axis2=-1)


@matrix_diag_part.gradient
def matrix_diag_part_gradient(g, op, dy):
    x = op.inputs[0]
    if x.static_shape is not None and None not in x.static_shape[-2:] and x.static_shape[-1] == x.static_shape[-2]:
        return g.matrix_diag(dy)
    return g.matrix_set_diag(g.zeros_like(x), dy)


def _set_diag_shape(c):
    shape, diagonal = rules.with_rank_at_least(c, c.shape(0), 2), rules.with_rank_at_least(c, c.shape(1), 1)
    rules.merge(c, _matrix_diag_part_shape(c), diagonal)
    return shape


@op("MatrixSetDiag(input: T, diagonal: T) -> output: T", shape=_set_diag_shape, samples=[sample(values((2, 3, 3)), values((2, 3)))])
def matrix_set_diag(xp, input, diagonal):
    """Replace the diagonal of every matrix."""
    size = min(input.shape[-2:])
    if diagonal.shape != (*input.shape[:-2], size):
        raise invalid(
            f"must have diagonal.shape == input.shape[:-2] + min(input.shape[-2:]), but received input shape: "
            f"{rules.shape_text(input.shape)} and diagonal shape: {rules.shape_text(diagonal.shape)}"
        )
    places, matrices = xp.arange(size), xp.array(input)
    matrices[..., places, places] = diagonal
    return matrices


@matrix_set_diag.gradient
def matrix_set_diag_gradient(g, op, dy):
    return g.matrix_set_diag(dy, g.zeros_like(op.inputs[1])), g.matrix_diag_part(dy)


def _band_shape(c):
    rules.with_rank(c, c.shape(1), 0)
    rules.with_rank(c, c.shape(2), 0)
    return rules.with_rank_at_least(c, c.shape(0), 2)


@op(
    "MatrixBandPart(input: T, num_lower: Tindex, num_upper: Tindex) -> band: T",
    types={"Tindex": INDEX},
    type_defaults={"Tindex": "int64"},
    shape=_band_shape,
    host=("num_lower", "num_upper"),
    names=["matrix_band_part", "linalg.band_part"],
    samples=[sample(values((3, 4)), 1, 0), sample(values((2, 3, 3)), -1, 1)],
)
def matrix_band_part(xp, input, num_lower, num_upper):
    """Keep the diagonal, `num_lower` diagonals below it and `num_upper` above (-1: all), and put zeros elsewhere.

    >>> tf.Session().run(tf.matrix_band_part([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 0, 1))
    array([[1, 2, 0],
           [0, 5, 6],
           [0, 0, 9]], dtype=int32)
    """
    rows, columns = input.shape[-2:]
    lower, upper = int(num_lower), int(num_upper)
    for name, number, what, limit in (("lower", lower, "rows", rows), ("upper", upper, "columns", columns)):
        if number > limit:
            raise invalid(f"num_{name} must be negative or less or equal to number of {what} ({limit}) got: {number}")
    distance = xp.arange(columns) - xp.arange(rows)[:, None]  # of each element from the diagonal
    inside = xp.ones((rows, columns), dtype=bool)
    if lower >= 0:
        inside &= distance >= -lower
    if upper >= 0:
        inside &= distance <= upper
    return xp.where(inside, input, xp.zeros((), dtype=input.dtype))


@matrix_band_part.gradient
def matrix_band_part_gradient(g, op, dy):
    return g.matrix_band_part(dy, *op.inputs[1:]), None, None


_DIAGONAL: dict[str, Any] = {"types": {"T": "bfloat16 half float double int32 int64 complex64 complex128"}}


def _diag_shape(c):
    shape = rules.with_rank_at_least(c, c.shape(0), 1)
    return None if shape is None else shape * 2


@op(
    "Diag(diagonal: T) -> output: T",
    shape=_diag_shape,
    names=["diag", "linalg.tensor_diag"],
    samples=[sample(values((3,))), sample(values((2, 2)))],
    **_DIAGONAL,
)
def diag(xp, diagonal):
    """Make a tensor of twice the rank with the given diagonal and zeros elsewhere.

    >>> tf.Session().run(tf.diag([1, 2]))
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    if not diagonal.ndim:
        raise invalid("Input must be at least rank 1, got 0")
    return xp.diag(diagonal.reshape(-1)).reshape(diagonal.shape * 2)


@diag.gradient
def diag_gradient(g, op, dy):
    return g.diag_part(dy)


def _diag_part_shape(c):
    shape = c.shape(0)
    if shape is None:
        return None
    if len(shape) % 2 or not shape:
        raise c.fail(f"Input must have even and non-zero rank, input rank is {len(shape)}")
    return rules.merge(c, shape[: len(shape) // 2], shape[len(shape) // 2 :])


@op(
    "DiagPart(input: T) -> diagonal: T",
    shape=_diag_part_shape,
    names=["diag_part", "linalg.tensor_diag_part"],
    view=("input",),
    samples=[sample(values((3, 3))), sample(values((2, 2, 2, 2)))],
    **_DIAGONAL,
)
def diag_part(xp, input):
    """Take the diagonal of a tensor whose first half of axes has the same sizes as the second.

    >>> tf.Session().run(tf.diag_part([[1, 2], [3, 4]]))
    array([1, 4], dtype=int32)
    """
    half = input.shape[: input.ndim // 2]
    if input.ndim % 2 or input.shape != half * 2 or not half:
        raise invalid(f"Invalid shape {rules.shape_text(input.shape)}: dimensions {len(half)} pairs do not match.")
    size = int(np.prod(half))
    return xp.diagonal(input.reshape(size, size)).reshape(half)


@diag_part.gradient
def diag_part_gradient(g, op, dy):
    return g.diag(dy)
