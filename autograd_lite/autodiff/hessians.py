"""`tf.hessians`: all second derivatives of a number."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import stack
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.core import shapes
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
    One gradient is built for each element of x, so the size of each x must be known.

    Raises:
      ValueError: the shape of an x is not fully known, or no y depends on it.

    >>> import autograd_lite as tf
    >>> x = tf.constant([1.0, 2.0])
    >>> tf.Session().run(tf.hessians(tf.reduce_sum(x ** 3), x)[0])
    array([[ 6.,  0.],
           [ 0., 12.]], dtype=float32)
    """
    xs = list(xs) if isinstance(xs, list | tuple) else [xs]
    options = (colocate_gradients_with_ops, gate_gradients, aggregation_method)
    results = []
    with building(name, "hessians", xs):
        for x in xs:
            (first,) = gradients(ys, x, None, "gradients", *options)
            if first is None:
                raise ValueError(f"There is no Hessian: the ys do not depend on {x!r}.")
            results.append(_second(convert_to_tensor(first), x, options))
    return results


def _second(first: Tensor, x: Any, options: tuple[Any, ...]) -> Tensor:
    """The derivatives of each element of a gradient, stacked."""
    sizes = first.static_shape
    if not shapes.is_defined(sizes):
        raise ValueError(
            f"The Hessian with respect to {x!r} needs its full shape, which is {shapes.python_text(sizes)} while the graph is built.\n"
            "  One gradient is built per element: give the placeholder a shape without None, or use set_shape."
        )
    count = shapes.num_elements(sizes)
    flat = raw.Reshape(first, [-1])
    rows = []
    for index in range(count or 0):
        (row,) = gradients(flat[index], x, None, "gradients", *options)
        rows.append(raw.ZerosLike(first) if row is None else convert_to_tensor(row))
    if not rows:
        return raw.Reshape(first, [*sizes, *sizes])  # type: ignore[misc]
    return raw.Reshape(stack(rows), [*sizes, *sizes])  # type: ignore[misc]
