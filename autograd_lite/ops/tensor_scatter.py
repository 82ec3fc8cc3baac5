"""Ops that give a copy of a tensor in which elements or slices at given positions are changed."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.positions import check_updates, combine_at
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.type_lists import SMALL_INDEX


def _scattered_shape(c):
    rules.with_rank_at_least(c, c.shape(1), 1)
    return c.shape(0)


_SCATTERED: dict[str, Any] = {
    "types": {"Tindices": SMALL_INDEX},
    "shape": _scattered_shape,
    "samples": [sample(values((4, 2)), [[1], [3]], values((2, 2))), sample(values((2, 3)), [[0, 1], [1, 2]], values((2,)))],
}
_SIGNATURE = "(tensor: T, indices: Tindices, updates: T) -> output: T"
_POLICY = {"2.21": {"bad_indices_policy": ("string", "")}}


def _changed(xp, combine, tensor, indices, updates):
    check_updates(xp, tensor.shape, indices, updates)
    whole = xp.array(tensor, order="C")
    combine_at(xp, combine, whole, indices, updates)
    return whole


@op(
    "TensorScatterUpdate" + _SIGNATURE,
    names=["tensor_scatter_update", "tensor_scatter_nd_update"],
    release_attrs=_POLICY,
    **_SCATTERED,
)
def tensor_scatter_update(xp, tensor, indices, updates):
    """Replace elements or slices of a tensor at given positions.

    >>> tf.Session().run(tf.tensor_scatter_update([1, 2, 3], [[0], [2]], [7, 9]))
    array([7, 2, 9], dtype=int32)
    """
    return _changed(xp, None, tensor, indices, updates)


@tensor_scatter_update.gradient
def tensor_scatter_update_gradient(g, op, dy):
    _, indices, updates = op.inputs
    kept = g.tensor_scatter_update(dy, indices, g.zeros_like(updates)) if g.needs(0) else None
    return kept, None, g.gather_nd(dy, indices)


@op("TensorScatterAdd" + _SIGNATURE, names=["tensor_scatter_add", "tensor_scatter_nd_add"], release_attrs=_POLICY, **_SCATTERED)
def tensor_scatter_add(xp, tensor, indices, updates):
    """Add to elements or slices of a tensor at given positions; a position named twice gets both.

    >>> tf.Session().run(tf.tensor_scatter_add([1, 2, 3], [[0], [0]], [10, 20]))
    array([31,  2,  3], dtype=int32)
    """
    return _changed(xp, xp.add, tensor, indices, updates)


@tensor_scatter_add.gradient
def tensor_scatter_add_gradient(g, op, dy):
    return dy, None, g.gather_nd(dy, op.inputs[1])


@op("TensorScatterSub" + _SIGNATURE, names=["tensor_scatter_sub", "tensor_scatter_nd_sub"], release_attrs=_POLICY, **_SCATTERED)
def tensor_scatter_sub(xp, tensor, indices, updates):
    """Subtract from elements or slices of a tensor at given positions.

    >>> tf.Session().run(tf.tensor_scatter_sub([1, 2, 3], [[0], [2]], [10, 20]))
    array([ -9,   2, -17], dtype=int32)
    """
    return _changed(xp, xp.subtract, tensor, indices, updates)


@tensor_scatter_sub.gradient
def tensor_scatter_sub_gradient(g, op, dy):
    return dy, None, g.neg(g.gather_nd(dy, op.inputs[1]))


@op("TensorScatterMax" + _SIGNATURE, names=["tensor_scatter_nd_max"], release_attrs=_POLICY, **_SCATTERED)
def tensor_scatter_max(xp, tensor, indices, updates):
    """Keep the larger of elements or slices of a tensor and updates at given positions.

    >>> tf.Session().run(tf.tensor_scatter_nd_max([1, 5, 3], [[0], [1]], [4, 4]))
    array([4, 5, 3], dtype=int32)
    """
    return _changed(xp, xp.maximum, tensor, indices, updates)


@op("TensorScatterMin" + _SIGNATURE, names=["tensor_scatter_nd_min"], release_attrs=_POLICY, **_SCATTERED)
def tensor_scatter_min(xp, tensor, indices, updates):
    """Keep the smaller of elements or slices of a tensor and updates at given positions.

    >>> tf.Session().run(tf.tensor_scatter_nd_min([1, 5, 3], [[0], [1]], [4, 4]))
    array([1, 4, 3], dtype=int32)
    """
    return _changed(xp, xp.minimum, tensor, indices, updates)


@tensor_scatter_max.gradient
@tensor_scatter_min.gradient
def tensor_scatter_extreme_gradient(g, op, dy):
    """What the result was taken from gets the gradient; the tensor and updates that were equal share it."""
    tensor, indices, updates = op.inputs
    from_tensor = g.cast(g.equal(op.outputs[0], tensor), dy.dtype)
    from_updates = g.cast(g.equal(g.gather_nd(op.outputs[0], indices), updates), dy.dtype)
    sources = g.tensor_scatter_add(from_tensor, indices, from_updates)
    share = g.real_div(dy, g.maximum(sources, g.ones_like(sources)))
    return g.mul(from_tensor, share), None, g.mul(from_updates, g.gather_nd(share, indices))
