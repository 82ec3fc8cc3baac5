"""Whether a sequence rises."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import shape, size
from autograd_lite.api.cond import cond
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import strided_slice
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("is_non_decreasing", "math.is_non_decreasing", "debugging.is_non_decreasing")
def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Whether no element is smaller than the one before it, in row-major order; fewer than two elements always rise.

    Raises:
      TypeError: the elements cannot be compared.

    >>> import autograd_lite as tf
    >>> print(*tf.Session().run([tf.is_non_decreasing([1, 1, 2]), tf.is_non_decreasing([2, 1])]))
    True False
    """
    return _rises(x, name, "is_non_decreasing", raw.LessEqual, raw.GreaterEqual)


@export("is_strictly_increasing", "math.is_strictly_increasing", "debugging.is_strictly_increasing")
def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Whether every element is greater than the one before it, in row-major order; fewer than two elements always rise.

    Raises:
      TypeError: the elements cannot be compared.

    >>> import autograd_lite as tf
    >>> print(*tf.Session().run([tf.is_strictly_increasing([1, 2]), tf.is_strictly_increasing([1, 1, 2])]))
    True False
    """
    return _rises(x, name, "is_strictly_increasing", raw.Less, raw.Greater)


def _rises(x: Any, name: str | None, default_name: str, from_zero: Any, from_before: Any) -> Tensor:
    """All steps are as `from_zero(0, step)` says, or all elements as `from_before(element, the one before)` does."""
    with building(name, default_name, [x]):
        x = raw.Reshape(convert_to_tensor(x, name="x"), [-1])
        is_short = raw.Less(size(x), 2)
        length: Any = shape(x) - 1

        def later() -> Any:
            return strided_slice(x, [1], [1] + length)

        def earlier() -> Any:
            return strided_slice(x, [0], length)

        if release().neighbours_are_subtracted:
            steps = cond(is_short, lambda: constant([], dtype=x.dtype.base_dtype), lambda: later() - earlier())
            return reduce_all(from_zero(convert_to_tensor(0, dtype=steps.dtype), steps))
        return reduce_all(cond(is_short, lambda: constant([], dtype=dtypes.bool_), lambda: from_before(later(), earlier())))
