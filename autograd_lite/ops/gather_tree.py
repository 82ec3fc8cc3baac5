"""Following the beams of a search back to their beginnings."""

from __future__ import annotations

from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.samples import ints, sample


@op(
    "GatherTree(step_ids: T, parent_ids: T, max_sequence_lengths: int32, end_token: T) -> beams: T",
    types={"T": "int32"},
    shape=rules.unchanged,
    samples=[sample(ints(1, 2, 3, 4).reshape(2, 1, 2), ints(0, 0, 1, 0).reshape(2, 1, 2), ints(2), ints(0).reshape(()))],
    no_gradient="symbols and parents are whole numbers",
)
def gather_tree(xp, step_ids, parent_ids, max_sequence_lengths, end_token):
    """Follow each beam from the last symbol within the length of its sequence back to the first.

    `step_ids` and `parent_ids` are [time, batch, beams]; what comes after the first end token is the end token too.
    """
    steps, batch, beams = step_ids.shape
    if parent_ids.shape != step_ids.shape or max_sequence_lengths.shape != (batch,):
        raise InvalidArgumentError(None, None, f"parent_ids.shape must match step_ids.shape, {step_ids.shape}")
    if xp.any((parent_ids < 0) | (parent_ids >= beams)):
        raise InvalidArgumentError(None, None, f"Saw invalid parent id: parents must be in [0, {beams})")
    result = xp.full(step_ids.shape, end_token, dtype=step_ids.dtype)
    lengths = xp.minimum(max_sequence_lengths, steps)
    rows = xp.arange(batch)[:, None]
    parents = xp.broadcast_to(xp.arange(beams)[None, :], (batch, beams))
    for time in range(steps - 1, -1, -1):
        alive = (time < lengths)[:, None]
        result[time] = xp.where(alive, step_ids[time][rows, parents], end_token)
        parents = xp.where(alive, parent_ids[time][rows, parents], parents)
    over = xp.cumsum(result == end_token, axis=0) > 0
    return xp.where(over, end_token, result).astype(step_ids.dtype)
