"""Python's operators on ragged tensors: `a + b` combines the values of rows that are equally long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.asserts import assert_equal
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.math import abs as absolute, add, floordiv, logical_xor, truediv
from autograd_lite.api.ragged import RaggedTensor
from autograd_lite.api.raw import raw
from autograd_lite.api.slicing import gather
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

Binary = Callable[[Any, Any], Tensor]
_BINARY: dict[str, Binary] = {
    "add": add,
    "sub": raw.Sub,
    "mul": raw.Mul,
    "div": truediv,
    "truediv": truediv,
    "floordiv": floordiv,
    "mod": raw.FloorMod,
    "pow": raw.Pow,
    "and": raw.LogicalAnd,
    "or": raw.LogicalOr,
    "xor": logical_xor,
}
_COMPARING: dict[str, Any] = {"lt": raw.Less, "le": raw.LessEqual, "gt": raw.Greater, "ge": raw.GreaterEqual}


def combined(function: Binary, x: Any, y: Any) -> RaggedTensor:
    """The function of the values of two ragged tensors with rows of the same lengths, or of one and of what fits all its rows.

    Args:
      x, y: ragged tensors, at least one of them. The other may be a number, [rows, 1] (one for each row), or what values broadcast with.

    Raises:
      ValueError: they do not go together. A run raises InvalidArgumentError when rows have different lengths.
    """
    if isinstance(x, RaggedTensor) and isinstance(y, RaggedTensor):
        if x.ragged_rank != y.ragged_rank:
            raise ValueError(f"Two ragged tensors with {x.ragged_rank} and {y.ragged_rank} ragged axes cannot be combined.")
        pairs = [pair for pair in zip(x.nested_row_splits, y.nested_row_splits) if pair[0] is not pair[1]]
        checks = [assert_equal(one, other, message="Ragged tensors have rows of different lengths") for one, other in pairs]
        return x.with_flat_values(with_dependencies(checks, function(x.flat_values, y.flat_values)))
    ragged = x if isinstance(x, RaggedTensor) else y
    other = convert_to_tensor(y if ragged is x else x, preferred_dtype=ragged.dtype)
    spread = _for_each_value(ragged, other)
    return ragged.with_flat_values(function(ragged.flat_values, spread) if ragged is x else function(spread, ragged.flat_values))


def _for_each_value(ragged: RaggedTensor, other: Tensor) -> Tensor:
    """What a tensor says about each value of a ragged one."""
    shape, inner = other.shape, len(ragged.flat_values.shape) - 1
    if shape.rank is not None and shape.rank <= inner:
        return other
    if ragged.ragged_rank == 1 and shape.rank == 2 and shape[1].value == 1 and not inner:
        rows = raw.Reshape(other, [-1])
        if shape[0].value == 1:
            return rows
        check = assert_equal(raw.Size(rows, out_type=ragged.row_splits.dtype), ragged.nrows(), message="There must be a row for each row")
        return gather(with_dependencies([check], rows), ragged.value_rowids())
    raise ValueError(
        f"A ragged tensor of shape {ragged.shape} cannot be combined with a tensor of shape {shape}."
        "\n  It goes with a number, with [rows, 1], and with a ragged tensor whose rows are as long; to_tensor() makes it dense."
    )


def _forward(function: Binary) -> Callable[[Any, Any], RaggedTensor]:
    return lambda x, y: combined(function, x, y)


def _reflected(function: Binary) -> Callable[[Any, Any], RaggedTensor]:
    return lambda y, x: combined(function, x, y)


def _of_values(function: Callable[[Any], Tensor]) -> Callable[[Any], RaggedTensor]:
    return lambda x: x.with_flat_values(function(x.flat_values))


def _taken(x: RaggedTensor, key: Any) -> Any:
    """`x[i]` is one row, `x[a:b]` some rows."""
    count: Any = x.row_splits
    if isinstance(key, slice):
        if key.step not in (None, 1):
            raise ValueError("Ragged tensors are sliced with a step of 1 only.")
        starts, limits = count[:-1][key], count[1:][key]
        begin: Any = raw.Sum(starts[:1], 0)  # 0 when there are no rows
        splits: Any = raw.ConcatV2([raw.Reshape(begin, [1]), limits], 0) - begin
        return RaggedTensor.from_row_splits(x.values[begin : begin + splits[-1]], splits)
    if isinstance(key, tuple):
        raise ValueError("Ragged tensors are taken apart row by row: x[i][j] or x.to_tensor()[i, j].")
    return x.values[count[:-1][key] : count[1:][key]]


def _overload() -> None:
    methods: dict[str, Any] = {
        "__neg__": _of_values(raw.Neg),
        "__abs__": _of_values(absolute),
        "__invert__": _of_values(raw.LogicalNot),
        "__getitem__": _taken,
    }
    for name, function in _BINARY.items():
        methods[f"__{name}__"], methods[f"__r{name}__"] = _forward(function), _reflected(function)
    for name, function in _COMPARING.items():
        methods[f"__{name}__"] = _forward(function)
    for name, method in methods.items():
        method.__name__ = method.__qualname__ = name
        setattr(RaggedTensor, name, method)


_overload()
