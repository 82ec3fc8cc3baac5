"""Functions that change variables: `tf.assign`, `tf.scatter_update` and their family.

Each takes a variable of either kind (or the reference that an earlier update returned) and returns it as it is after the update.
"""

from __future__ import annotations

import contextlib
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.batch_rows import batch_positions
from autograd_lite.lib.ref_variable import RefVariable


def _reference(ref: Any) -> Any:
    """The reference behind a reference variable or an update of one; None for anything else, which must know how to change itself."""
    if isinstance(ref, RefVariable):
        return ref._ref()
    if isinstance(ref, Tensor) and ref.dtype._is_ref_dtype:
        return ref
    return None


@export("assign")
def assign(ref: Any, value: Any, validate_shape: bool | None = None, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Replace what a variable holds by `value`.

    Args:
      ref: the variable.
      value: a tensor or value of the same type and, unless `validate_shape` is False, the same shape.
      validate_shape: whether the shape must stay the same.
      use_locking: accepted for old programs.
      name: a name for the operation.

    Returns:
      The variable after the assignment.

    Raises:
      ValueError: when the static shapes differ.
      AttributeError: when `ref` is not a variable.

    >>> import autograd_lite as tf
    >>> v = tf.Variable(1.0)
    >>> set_to_five = tf.assign(v, 5.0)
    >>> with tf.Session() as session:
    ...     print(session.run(set_to_five))
    5.0
    """
    reference = _reference(ref)
    if reference is None:
        return ref.assign(value, name=name)
    return raw.Assign(
        reference, value,
        validate_shape=True if validate_shape is None else validate_shape,
        use_locking=True if use_locking is None else use_locking, name=name,
    )  # fmt: skip


@export("assign_add")
def assign_add(ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Add `value` to what a variable holds; returns the variable after that."""
    reference = _reference(ref)
    if reference is None:
        return ref.assign_add(value)
    return raw.AssignAdd(reference, value, use_locking=bool(use_locking), name=name)


@export("assign_sub")
def assign_sub(ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Subtract `value` from what a variable holds; returns the variable after that."""
    reference = _reference(ref)
    if reference is None:
        return ref.assign_sub(value)
    return raw.AssignSub(reference, value, use_locking=bool(use_locking), name=name)


@export("count_up_to")
def count_up_to(ref: Any, limit: int, name: str | None = None) -> Tensor:
    """Count a variable up by one and return the number before; at `limit` running it raises OutOfRangeError instead."""
    reference = _reference(ref)
    if reference is None:
        return raw.ResourceCountUpTo(ref.handle, limit=limit, T=ref.dtype, name=name)
    return raw.CountUpTo(reference, limit=limit, name=name)


def _scatter(kind: str, ref: Any, indices: Any, updates: Any, use_locking: bool, name: str | None) -> Any:
    reference = _reference(ref)
    if reference is not None:
        return getattr(raw, f"Scatter{kind}")(reference, indices, updates, use_locking=use_locking, name=name)
    updates = convert_to_tensor(updates, dtype=ref.dtype)
    return ref._after(getattr(raw, f"ResourceScatter{kind}")(ref.handle, indices, updates, name=name))


@export("scatter_update")
def scatter_update(ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None) -> Any:
    """Replace rows of a variable: `ref[indices[i]] = updates[i]`; of equal indices one wins.

    Args:
      ref: the variable.
      indices: int32 or int64 tensor of any shape.
      updates: tensor of shape `indices.shape + ref.shape[1:]`, or a scalar.
      use_locking: accepted for old programs.
      name: a name for the operation.

    Returns:
      The variable after the update.

    Raises:
      tf.errors.InvalidArgumentError: when run, for an index outside the variable.

    >>> import autograd_lite as tf
    >>> v = tf.Variable([1.0, 2.0, 3.0])
    >>> u = tf.scatter_update(v, [0, 2], [10.0, 30.0])
    >>> with tf.Session() as session:
    ...     session.run(v.initializer)
    ...     print(session.run(u))
    [10.  2. 30.]
    """
    return _scatter("Update", ref, indices, updates, use_locking, name)


@export("scatter_add")
def scatter_add(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
    """Add to rows of a variable: `ref[indices[i]] += updates[i]`; equal indices add up. Arguments as of `tf.scatter_update`."""
    return _scatter("Add", ref, indices, updates, use_locking, name)


@export("scatter_sub")
def scatter_sub(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
    """Subtract from rows of a variable: `ref[indices[i]] -= updates[i]`. Arguments as of `tf.scatter_update`."""
    return _scatter("Sub", ref, indices, updates, use_locking, name)


@export("scatter_mul")
def scatter_mul(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
    """Multiply rows of a variable: `ref[indices[i]] *= updates[i]`. Arguments as of `tf.scatter_update`."""
    return _scatter("Mul", ref, indices, updates, use_locking, name)


@export("scatter_div")
def scatter_div(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
    """Divide rows of a variable: `ref[indices[i]] /= updates[i]`. Arguments as of `tf.scatter_update`."""
    return _scatter("Div", ref, indices, updates, use_locking, name)


@export("scatter_min")
def scatter_min(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
    """Keep the smaller in rows of a variable: `ref[indices[i]] = min(ref[indices[i]], updates[i])`. Arguments as of `tf.scatter_update`."""
    return _scatter("Min", ref, indices, updates, use_locking, name)


@export("scatter_max")
def scatter_max(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
    """Keep the larger in rows of a variable: `ref[indices[i]] = max(ref[indices[i]], updates[i])`. Arguments as of `tf.scatter_update`."""
    return _scatter("Max", ref, indices, updates, use_locking, name)


def _scatter_nd(kind: str, ref: Any, indices: Any, updates: Any, use_locking: bool, name: str | None) -> Any:
    reference = _reference(ref)
    if reference is not None:
        return getattr(raw, f"ScatterNd{kind}")(reference, indices, updates, use_locking=use_locking, name=name)
    updates = convert_to_tensor(updates, dtype=ref.dtype)
    return ref._after(getattr(raw, f"ResourceScatterNd{kind}")(ref.handle, indices, updates, name=name))


@export("scatter_nd_update")
def scatter_nd_update(ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None) -> Any:
    """Replace elements or slices of a variable at positions given by full or partial indices.

    Args:
      ref: the variable.
      indices: int32 or int64 tensor whose last axis holds one position each.
      updates: tensor of shape `indices.shape[:-1] + ref.shape[indices.shape[-1]:]`.
      use_locking: accepted for old programs.
      name: a name for the operation.

    Returns:
      The variable after the update.
    """
    return _scatter_nd("Update", ref, indices, updates, use_locking, name)


@export("scatter_nd_add")
def scatter_nd_add(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
    """Add to elements or slices of a variable; equal positions add up. Arguments as of `tf.scatter_nd_update`."""
    return _scatter_nd("Add", ref, indices, updates, use_locking, name)


@export("scatter_nd_sub")
def scatter_nd_sub(ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None) -> Any:
    """Subtract from elements or slices of a variable. Arguments as of `tf.scatter_nd_update`."""
    return _scatter_nd("Sub", ref, indices, updates, use_locking, name)


@export("batch_scatter_update")
def batch_scatter_update(ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None) -> Any:
    """Replace rows in every entry of a batch: `ref[b, indices[b, i]] = updates[b, i]`.

    Args:
      ref: the variable, of shape [b1, ..., bn, rows, ...].
      indices: integer tensor of shape [b1, ..., bn, k].
      updates: tensor of shape [b1, ..., bn, k, ...].
      use_locking: accepted for old programs.
      name: a name scope for the operations.

    Returns:
      The variable after the update.

    Raises:
      ValueError: when the rank of `indices` is not known.
    """
    with get_default_graph().name_scope(name) if name else contextlib.nullcontext():
        return scatter_nd_update(ref, batch_positions(indices), updates, use_locking=use_locking)
