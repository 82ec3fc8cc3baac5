"""Assert the shapes of several tensors together: sizes as numbers, or as names that stand for one size wherever they appear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import autograd_lite.api.operators  # noqa: F401  (shapes are sliced)
from autograd_lite.api.arrays import rank as rank_of, shape as shape_of
from autograd_lite.api.asserts import Assert, assert_rank, assert_rank_at_least, assert_rank_in
from autograd_lite.api.cond import cond
from autograd_lite.api.constants import constant
from autograd_lite.api.control import group
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, in_current_scope
from autograd_lite.core import shapes as static_shapes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor


@export("debugging.assert_shapes")
def assert_shapes(
    shapes: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> Operation:
    """Assert that tensors have these shapes, and that sizes of one name are one size.

    Args:
      shapes: pairs of a tensor and its shape (a list, or a dict). A shape holds sizes: a number; a name, such as "N", for a size that is
        the same wherever the name appears; None for any. "*" or `...` in front stands for any number of axes. A scalar counts as a vector
        of one.
      data: what the error shows; summarize: how many elements of each; message: how it begins.

    Raises:
      ValueError: a shape that is known does not fit, or is no list of sizes. At run time InvalidArgumentError.

    >>> import autograd_lite as tf
    >>> images, labels = tf.zeros([5, 28, 28]), tf.zeros([5])
    >>> tf.debugging.assert_shapes([(images, ("N", "side", "side")), (labels, ("N",))]).type
    'NoOp'
    """
    pairs = list(shapes.items() if isinstance(shapes, Mapping) else shapes)
    tensors = [x.values if isinstance(x, SparseTensor) else x for x, _ in pairs]
    with in_current_scope([*tensors, data]):
        with building(name, "assert_shapes", [*tensors, data]):
            wanted = [_Wanted.of(x, sizes) for x, sizes in pairs if sizes is not None]
            words = f"{message}.  " if message else ""
            checks = [check for each in wanted for check in each.rank_checks(data, summarize, message)]
            seen: dict[Any, _Seen] = {}
            for each in wanted:
                actual = each.actual()
                for axis, size in each.sizes:
                    checks.extend(_check_size(each, axis, size, actual[axis], seen, words, data, summarize))
        return group(*checks)


class _Seen(NamedTuple):
    """Where the size of a name was first seen."""

    size: Any  # a number, or a scalar tensor
    source: str


class _Wanted(NamedTuple):
    """The shape that a tensor should have."""

    tensor: Tensor
    rank: int  # of axes, without those that "*" stands for
    open_front: bool
    sizes: list[tuple[int, Any]]  # (axis, number or name), axes counted from the end after "*"
    vector: Any  # the shape of the tensor as a tensor; that of a scalar is [1]

    @classmethod
    def of(cls, x: Any, sizes: Any) -> _Wanted:
        """Read what the user says.

        Raises:
          ValueError: `sizes` is no list of sizes.
        """
        if isinstance(x, SparseTensor):
            tensor, vector = x.values, x.dense_shape
            known: Any = static_shapes.as_shape(x.shape)
        else:
            tensor = convert_to_tensor(x)
            vector, known = shape_of(tensor), tensor.static_shape
        if not isinstance(sizes, Iterable) and not hasattr(sizes, "__getitem__"):
            raise ValueError(
                f"Tensor {tensor.name}.  Specified shape must be an iterable.  An iterable has the attribute `__iter__` or `__getitem__`.  "
                f"Received specified shape: {sizes}"
            )
        listed = list(sizes) or [1]
        front = listed[0] is Ellipsis or (isinstance(listed[0], str) and listed[0] == "*")
        listed = listed[1:] if front else listed
        first = -len(listed) if front else 0
        named = [(first + place, _size(size)) for place, size in enumerate(listed) if size is not None]
        if known is None and not front and len(listed) == 1:
            vector = cond(raw.Equal(rank_of(tensor), 0), lambda: constant([1]), lambda: vector)
        return cls(tensor, len(listed), front, named, vector)

    def rank_checks(self, data: Any, summarize: int | None, message: str | None) -> list[Operation]:
        """Check the number of axes."""
        if self.open_front:
            return [assert_rank_at_least(self.tensor, self.rank, data, summarize, message)] if self.rank > 1 else []
        if self.rank == 1:  # a scalar is as good as a vector of one
            return [assert_rank_in(self.tensor, [0, 1], data, summarize, message)]
        return [assert_rank(self.tensor, self.rank, data, summarize, message)]

    def actual(self) -> dict[int, Any]:
        """The size of each axis that is asked for: a number if known, otherwise a scalar tensor."""
        known = self.tensor.static_shape
        known = (1,) if known == () else known
        found = {}
        for axis, _ in self.sizes:
            size = None if known is None or axis >= len(known) or axis < -len(known) else known[axis]
            found[axis] = self.vector[axis] if size is None else size
        return found


def _size(size: Any) -> Any:
    """A size as the user may write it: a number (also in quotes), or a name."""
    if isinstance(size, str) and not size.strip().isdigit():
        return size
    return int(size)


def _check_size(
    wanted: _Wanted, axis: int, size: Any, actual: Any, seen: dict[Any, _Seen], words: str, data: Any, summarize: int | None
) -> list[Operation]:
    """Compare one size with what was said, or with the first of its name.

    Raises:
      ValueError: both are known and differ.
    """
    if isinstance(size, str):
        if size not in seen:
            seen[size] = _Seen(actual, f"Specified by tensor {wanted.tensor.name} dimension {axis}")
            return []
        size, source = seen[size]
    else:
        source = "Specified explicitly"
    if isinstance(size, int) and isinstance(actual, int):
        if size == actual:
            return []
        raise ValueError(
            f"{words}{source}.  Tensor {wanted.tensor.name} dimension {axis} must have size {size}.  "
            f"Received size {actual}, shape {static_shapes.python_text(wanted.tensor.static_shape)}"
        )
    condition = raw.Equal(convert_to_tensor(actual), convert_to_tensor(size))
    shown = data
    if shown is None:
        place = f"Tensor {wanted.tensor.name} dimension"
        shown = [words, source, place, axis, "must have size", size, "Received shape: ", shape_of(wanted.tensor)]
    return [Assert(condition, shown, summarize=summarize)]
