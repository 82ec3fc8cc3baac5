"""Linear operators made of others: products, tensor products, blocks, and changes of low rank; and two that need few numbers."""

from __future__ import annotations

import functools
import math
from typing import Any

from autograd_lite.api.arrays import concat, shape as shape_of, transpose
from autograd_lite.api.linear_operator import LinearOperator, identity_for
from autograd_lite.api.matrices import adjoint, matrix_diag_part
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.core.shapes import ShapeMismatch, broadcast

Known = bool | None


def _all(operators: Any, what: str) -> Known:
    """True when all operators are known to be so; otherwise nothing is known."""
    return True if all(getattr(operator, what) for operator in operators) else None


def _checked(operators: Any) -> list[LinearOperator]:
    """One operator at least, all of one type."""
    operators = list(operators)
    if not operators:
        raise ValueError("Expected a non-empty list of operators. Found: []")
    for operator in operators:
        if operator.dtype != operators[0].dtype:
            pairs = " ".join(f"{each.name}:{each.dtype.name}" for each in operators)
            raise TypeError(f"Expected all operators to have the same dtype. Found: {pairs}")
    return operators


def _parents(operators: Any) -> list[Any]:
    return [parent for operator in operators for parent in operator.graph_parents]


def _batch(operators: Any) -> tuple[int | None, ...] | None:
    """The common shape of the batches, as far as it is known."""
    found: Any = ()
    for operator in operators:
        known = operator._shape()
        if known is None:
            return None
        try:
            found = broadcast(found, known[:-2])
        except ShapeMismatch as error:
            raise ValueError(f"The batches of the operators do not go together: {error}") from None
        if found is None:
            return None
    return found


class _Made(LinearOperator):
    """An operator of which only products are known: its dense form is the product with the identity."""

    def _to_dense(self) -> Any:
        return self._matmul(identity_for(self), False, False)

    def _diag_part(self) -> Any:
        return matrix_diag_part(self._to_dense())

    def _add_to_tensor(self, x: Any) -> Any:
        return self._to_dense() + x


@export("linalg.LinearOperatorComposition")
class LinearOperatorComposition(_Made):
    """The product of operators: the last of them is applied first.

    >>> import autograd_lite as tf
    >>> twice, swap = tf.linalg.LinearOperatorDiag([2., 2.]), tf.linalg.LinearOperatorFullMatrix([[0., 1.], [1., 0.]])
    >>> tf.Session().run(tf.linalg.LinearOperatorComposition([twice, swap]).matvec([1., 5.]))
    array([10.,  2.], dtype=float32)
    """

    def __init__(
        self,
        operators: Any,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = None,
        name: str | None = None,
    ) -> None:
        self.operators = _checked(operators)
        for left, right in zip(self.operators, self.operators[1:]):
            columns, rows = (each._shape() for each in (left, right))
            if columns and rows and None not in (columns[-1], rows[-2]) and columns[-1] != rows[-2]:
                raise ValueError(f"The columns of {left.name} ({columns[-1]}) are not as many as the rows of {right.name} ({rows[-2]})")
        if is_non_singular is False and _all(self.operators, "is_non_singular"):
            raise ValueError("The composition of non-singular operators is always non-singular.")
        super().__init__(
            self.operators[0].dtype,
            _parents(self.operators),
            _all(self.operators, "is_non_singular") if is_non_singular is None else is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            is_square,
            name or "_o_".join(operator.name for operator in self.operators),
        )

    def _shape(self) -> Any:
        first, last, batch = self.operators[0]._shape(), self.operators[-1]._shape(), _batch(self.operators)
        return None if batch is None or first is None or last is None else (*batch, first[-2], last[-1])

    def _to_dense(self) -> Any:
        result = self.operators[-1].to_dense()
        for operator in self.operators[-2::-1]:
            result = operator.matmul(result)
        return result

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        for operator in self.operators if adjoint_op else self.operators[::-1]:
            x, adjoint_arg = operator.matmul(x, adjoint=adjoint_op, adjoint_arg=adjoint_arg), False
        return x

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        for operator in self.operators[::-1] if adjoint_op else self.operators:
            rhs, adjoint_arg = operator.solve(rhs, adjoint=adjoint_op, adjoint_arg=adjoint_arg), False
        return rhs

    def _determinant(self) -> Any:
        return functools.reduce(raw.Mul, [operator.determinant() for operator in self.operators])

    def _log_abs_determinant(self) -> Any:
        return functools.reduce(raw.AddV2, [operator.log_abs_determinant() for operator in self.operators])


@export("linalg.LinearOperatorKronecker")
class LinearOperatorKronecker(_Made):
    """The tensor product of operators: each element of the first is replaced by itself times the second, and so on.

    >>> import autograd_lite as tf
    >>> first, second = tf.linalg.LinearOperatorDiag([1., 10.]), tf.linalg.LinearOperatorFullMatrix([[0., 1.], [1., 0.]])
    >>> tf.Session().run(tf.linalg.LinearOperatorKronecker([first, second]).matvec([1., 2., 3., 4.]))
    array([ 2.,  1., 40., 30.], dtype=float32)
    """

    def __init__(
        self,
        operators: Any,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = None,
        name: str | None = None,
    ) -> None:
        self.operators = _checked(operators)
        known = [
            _all(self.operators, what) if own is None else own
            for what, own in (
                ("is_non_singular", is_non_singular),
                ("is_self_adjoint", is_self_adjoint),
                ("is_positive_definite", is_positive_definite),
                ("is_square", is_square),
            )
        ]
        name = name or "_x_".join(operator.name for operator in self.operators)
        regular, mirrored, positive, square = known
        super().__init__(self.operators[0].dtype, _parents(self.operators), regular, mirrored, positive, square, name)

    def _shape(self) -> Any:
        batch, shapes = _batch(self.operators), [operator._shape() for operator in self.operators]
        if batch is None:
            return None
        sizes = [[each[axis] for each in shapes] for axis in (-2, -1)]
        return (*batch, *[None if None in each else math.prod(each) for each in sizes])

    def _applied(self, x: Any, apply: Any, adjoint_op: bool) -> Any:
        """Apply every operator along its own axis.  x: [..., n1 * n2 * ..., k]."""
        rows = [self._sizes(operator, adjoint_op) for operator in self.operators]
        batch = _known_batch(x)
        columns = x.static_shape[-1]
        count = len(rows)
        x = raw.Reshape(x, _sizes_tensor([*batch, *[size for _, size in rows], columns], x))
        rank, first = len(batch) + count + 1, len(batch)
        for place, operator in enumerate(self.operators):
            axis = first + place
            order = [*range(axis), *range(axis + 1, rank), axis]
            moved = transpose(x, [*order[:first], order[-1], *order[first:-1]])  # [..., n, others, k]
            inner = shape_of(moved)
            flat = raw.Reshape(moved, concat([inner[: first + 1], [-1]], 0))
            flat.set_shape([*batch, rows[place][1], None])
            done = apply(operator, flat)
            size = rows[place][0]
            whole = raw.Reshape(done, concat([inner[:first], [size], inner[first + 1 :]], 0))
            back = [*range(first), *range(first + 1, axis + 1), first, *range(axis + 1, rank)]
            x = transpose(whole, back)
        total = math.prod(size for size, _ in rows)
        result = raw.Reshape(x, concat([shape_of(x)[:first], [total], shape_of(x)[-1:]], 0))
        result.set_shape([*[None] * first, total, columns])
        return result

    @staticmethod
    def _sizes(operator: LinearOperator, adjoint_op: bool) -> tuple[int, int]:
        """Rows and columns of an operator, or of its adjoint."""
        known = operator._shape()
        if known is None or None in known[-2:]:
            raise ValueError(f"LinearOperatorKronecker needs the size of {operator.name} to be known while the graph is built")
        return (known[-1], known[-2]) if adjoint_op else (known[-2], known[-1])

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        right = _stretched(self, adjoint(x) if adjoint_arg else x)
        return self._applied(right, lambda operator, y: operator.matmul(y, adjoint=adjoint_op), adjoint_op)

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        right = _stretched(self, adjoint(rhs) if adjoint_arg else rhs)
        return self._applied(right, lambda operator, y: operator.solve(y, adjoint=adjoint_op), not adjoint_op)

    def _to_dense(self) -> Any:
        result = self.operators[0].to_dense()
        for operator in self.operators[1:]:
            result = _tensor_product(result, operator.to_dense())
        return result

    def _determinant(self) -> Any:
        total = self.shape[-1].value
        parts = [operator.determinant() ** (total // operator.shape[-1].value) for operator in self.operators]
        return functools.reduce(raw.Mul, parts)

    def _log_abs_determinant(self) -> Any:
        total = self.shape[-1].value
        parts = [operator.log_abs_determinant() * (total // operator.shape[-1].value) for operator in self.operators]
        return functools.reduce(raw.AddV2, parts)


def _known_batch(x: Any) -> list[int | None]:
    if x.static_shape is None:
        raise ValueError(f"{x.name} must have a known rank")
    return list(x.static_shape[:-2])


def _sizes_tensor(sizes: list[Any], x: Any) -> Any:
    """Sizes as a tensor; of those that are not known, the last may be -1, and those of the batch are read from x."""
    if sum(size is None for size in sizes) <= 1:
        return [-1 if size is None else size for size in sizes]
    actual: Any = shape_of(x)
    batch = len(x.static_shape) - 2
    return [actual[place] if size is None and place < batch else (-1 if size is None else size) for place, size in enumerate(sizes)]


def _stretched(operator: LinearOperator, x: Any) -> Any:
    """X stretched to the batch of the operator, so that every part has all of it."""
    batch = operator._shape()
    if batch is None or not batch[:-2] or None in batch[:-2] or x.static_shape is None or None in x.static_shape:
        return x
    wanted: Any = broadcast(batch[:-2], x.static_shape[:-2])
    whole = (*wanted, *x.static_shape[-2:])
    return x if whole == x.static_shape else raw.BroadcastTo(x, list(whole))


def _tensor_product(first: Any, second: Any) -> Any:
    """[..., a, b] and [..., c, d] -> [..., a * c, b * d]."""
    rows, columns = (first.shape[axis].value * second.shape[axis].value for axis in (-2, -1))
    wide: Any = raw.ExpandDims(raw.ExpandDims(first, -1), -3)  # [..., a, 1, b, 1]
    outer = wide * raw.ExpandDims(raw.ExpandDims(second, -2), -4)  # [..., a, c, b, d]
    sizes: Any = shape_of(outer)
    return raw.Reshape(outer, concat([sizes[:-4], [rows, columns]], 0))


@export("linalg.LinearOperatorBlockDiag")
class LinearOperatorBlockDiag(_Made):
    """Operators along the diagonal, zeros elsewhere.

    >>> import autograd_lite as tf
    >>> blocks = [tf.linalg.LinearOperatorDiag([2.]), tf.linalg.LinearOperatorFullMatrix([[0., 1.], [1., 0.]])]
    >>> tf.Session().run(tf.linalg.LinearOperatorBlockDiag(blocks).to_dense())
    array([[2., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """

    def __init__(
        self,
        operators: Any,
        is_non_singular: Known = None,
        is_self_adjoint: Known = None,
        is_positive_definite: Known = None,
        is_square: Known = True,
        name: str | None = None,
    ) -> None:
        self.operators = _checked(operators)
        if any(operator.is_square is False for operator in self.operators):
            raise ValueError("Can only represent a block diagonal of square matrices.")
        known = [
            _all(self.operators, what) if own is None else own
            for what, own in (
                ("is_non_singular", is_non_singular),
                ("is_self_adjoint", is_self_adjoint),
                ("is_positive_definite", is_positive_definite),
            )
        ]
        name = name or "_ds_".join(operator.name for operator in self.operators)
        regular, mirrored, positive = known
        super().__init__(self.operators[0].dtype, _parents(self.operators), regular, mirrored, positive, True, name)

    def _shape(self) -> Any:
        batch, shapes = _batch(self.operators), [operator._shape() for operator in self.operators]
        if batch is None:
            return None
        sizes = [each[-1] for each in shapes]
        total = None if None in sizes else sum(sizes)
        return (*batch, total, total)

    def _applied(self, x: Any, apply: Any) -> Any:
        sizes: list[Any] = []
        for operator in self.operators:
            known = operator._shape()
            sizes.append(known[-1] if known is not None and known[-1] is not None else operator.domain_dimension_tensor())
        parts = raw.SplitV(x, sizes, -2, num_split=len(sizes))
        return concat([apply(operator, part) for operator, part in zip(self.operators, parts)], -2)

    def _matmul(self, x: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        right = _stretched(self, adjoint(x) if adjoint_arg else x)
        return self._applied(right, lambda operator, part: operator.matmul(part, adjoint=adjoint_op))

    def _solve(self, rhs: Any, adjoint_op: bool, adjoint_arg: bool) -> Any:
        right = _stretched(self, adjoint(rhs) if adjoint_arg else rhs)
        return self._applied(right, lambda operator, part: operator.solve(part, adjoint=adjoint_op))

    def _determinant(self) -> Any:
        return functools.reduce(raw.Mul, [operator.determinant() for operator in self.operators])

    def _log_abs_determinant(self) -> Any:
        return functools.reduce(raw.AddV2, [operator.log_abs_determinant() for operator in self.operators])
