"""Looking up rows of embedding matrices."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import concat, rank, shape, size, stack
from autograd_lite.api.casting import cast
from autograd_lite.api.clip import clip_by_norm
from autograd_lite.api.constants import constant, range as range_
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import colocate_with
from autograd_lite.graph.tensor import Tensor


@export("nn.embedding_lookup")
def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: float | None = None,
) -> Tensor:
    """Take the rows of an embedding matrix that `ids` number; the matrix may be cut into several parts.

    Args:
      params: a matrix, or a list of its parts.
      partition_strategy: how rows are dealt to parts: "mod" (row i is in part i mod n) or "div" (in one piece after the other).
      max_norm: scale rows down to this length at most.

    Raises:
      ValueError: no params, or another strategy.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.embedding_lookup(tf.constant([[1., 2.], [3., 4.]]), [1]))
    array([[3., 4.]], dtype=float32)
    """
    if params is None or isinstance(params, list | tuple) and not params:
        raise ValueError(f"params must be specified: {params}")
    parts = list(params) if isinstance(params, list | tuple) or hasattr(params, "_get_variable_list") else [params]
    if partition_strategy not in ("mod", "div"):
        raise ValueError(f"Unrecognized partition strategy: {partition_strategy}")
    with building(name, "embedding_lookup", [ids]) as scope:
        parts = [part if hasattr(part, "op") else convert_to_tensor(part, name=f"params_{number}") for number, part in enumerate(parts)]
        if len(parts) == 1:
            ids = convert_to_tensor(ids, name="ids")
            with colocate_with(parts[0]):
                rows = _gathered(parts[0], ids, scope)
                rows = rows if max_norm is None else _clipped_rows(rows, ids, max_norm)
            return raw.Identity(rows)
        return _lookup_in_parts(parts, convert_to_tensor(ids, name="ids"), partition_strategy, max_norm, scope)


def _gathered(part: Any, ids: Tensor, name: str | None) -> Tensor:
    if hasattr(part, "sparse_read"):
        return part.sparse_read(ids, name=name)
    if name is None:
        return raw.GatherV2(part, ids, 0)
    return raw.GatherV2(part, ids, convert_to_tensor(0, name="axis"), name=name)


def _clipped_rows(rows: Tensor, ids: Tensor, max_norm: float) -> Tensor:
    """Scale rows down to a length of `max_norm`; the axes of a row are those that the ids do not have."""
    if ids.static_shape is not None and rows.static_shape is not None:
        axes: Any = list(range(len(ids.static_shape), len(rows.static_shape)))
    else:
        axes = range_(rank(ids), rank(rows))
    return clip_by_norm(rows, max_norm, axes=axes)


def _lookup_in_parts(parts: list[Any], ids: Tensor, strategy: str, max_norm: float | None, scope: str) -> Tensor:
    """Deal the ids to the parts, look up each share, and stitch the rows together in the order of the ids."""
    flat = raw.Reshape(ids, [-1])
    positions = range_(size(flat))
    owner, row = _places(parts, flat, strategy)
    owner = cast(owner, dtypes.int32)
    shares = raw.DynamicPartition(row, owner, num_partitions=len(parts))
    places = raw.DynamicPartition(positions, owner, num_partitions=len(parts))
    found = []
    for part, share in zip(parts, shares):
        with colocate_with(part):
            found.append(_gathered(part, share, None))
    stitched = raw.ParallelDynamicStitch(places, found, name=scope)
    known = shapes.as_shape(parts[0].shape)
    element = None if known is None else known[1:]
    tail = list(element) if shapes.is_defined(element) else shape(parts[0])[1:]  # type: ignore[arg-type]
    rows = raw.Reshape(stitched, concat([shape(ids), tail], 0))
    if element is not None and ids.static_shape is not None:
        rows.set_shape(ids.static_shape + element)
    return rows if max_norm is None else _clipped_rows(rows, ids, max_norm)


def _places(parts: list[Any], ids: Any, strategy: str) -> tuple[Any, Any]:
    """For each id, the part that has its row and the number of the row in that part."""
    count = len(parts)
    if strategy == "mod":
        return ids % count, ids // count
    known = [shapes.as_shape(part.shape) for part in parts]
    sizes = [sizes[0] for sizes in known if sizes and sizes[0] is not None]
    if len(sizes) == count:
        total: Any = constant(sum(sizes), dtype=ids.dtype.base_dtype)
    else:
        total = reduce_sum(cast(stack([shape(part)[0] for part in parts]), ids.dtype.base_dtype))
    small, extra = total // count, total % count
    owner = raw.Maximum(ids // (small + 1), (ids - extra) // small)
    return owner, raw.Select(owner < extra, ids % (small + 1), (ids - extra) % small)
