"""`tf.hessians`: all second derivatives of a number."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, shape, size
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import in_current_scope
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.autodiff.rows import looped_rows
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("hessians")
def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
) -> list[Tensor]:
    """Build the matrices of second derivatives of the sum of `ys` with respect to each of `xs`.

    Entry k has the shape of x twice over: `H[i..., j...]` is the derivative of the sum of ys by x[i...] and x[j...].
    A loop over the elements of the first derivative differentiates each of them.

    Raises:
      ValueError: no y depends on an x.

    >>> import autograd_lite as tf
    >>> x = tf.constant([1.0, 2.0])
    >>> tf.Session().run(tf.hessians(tf.reduce_sum(x ** 3), x)[0])
    array([[ 6.,  0.],
           [ 0., 12.]], dtype=float32)
    """
    xs = list(xs) if isinstance(xs, list | tuple) else [xs]
    options = (colocate_gradients_with_ops, gate_gradients, aggregation_method)
    results = []
    del name  # TensorFlow does not use it either
    with in_current_scope(xs):
        firsts = gradients(ys, xs, None, "gradients", *options)
        for first, x in zip(firsts, xs):
            if first is None:
                raise ValueError(f"There is no Hessian: the ys do not depend on {x!r}.")
            results.append(_second(convert_to_tensor(first), x, options))
    return results


def _second(first: Tensor, x: Any, options: tuple[Any, ...]) -> Tensor:
    """The derivatives of each element of a gradient, stacked."""
    flat = raw.Reshape(first, [-1])

    def one_row(index: Any) -> Tensor:
        (row,) = gradients(flat[index], x, None, "gradients", *options)
        return raw.ZerosLike(first) if row is None else convert_to_tensor(row)

    rows = looped_rows(size(x), one_row, x.dtype.base_dtype)
    sizes = shape(x)
    result = raw.Reshape(rows.stack(), concat([sizes, sizes], 0))
    known = first.static_shape
    if known is not None:
        result.set_shape([*known, *known])
    return result
