"""Ops that run along an axis and keep every intermediate result: cumulative sums and products."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid, number
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.type_lists import FLOATS, INDEX, NUMBERS


def _scan_shape(c):
    rules.with_rank(c, c.shape(1), 0)
    return rules.with_rank_at_least(c, c.shape(0), 1)


def _scan_samples(low):
    return [
        sample(values((2, 3), low, 2.0), 1),
        sample(values((4,), low, 2.0), 0, exclusive=True),
        sample(values((2, 3), low, 2.0), -2, reverse=True),
        sample(values((3,), low, 2.0), 0, exclusive=True, reverse=True),
    ]


_SIGNATURE = "(x: T, axis: Tidx, *, exclusive: bool = False, reverse: bool = False) -> out: T"
_SCANNED: dict[str, Any] = {
    "cost": costs.once_per_element,
    "types": {"T": NUMBERS, "Tidx": INDEX},
    "type_defaults": {"Tidx": "int32"},
    "shape": _scan_shape,
    "host": ("axis",),
}


def _scan(xp, function, x, axis, exclusive, reverse, start):
    """Run along an axis; `exclusive` leaves out the element itself, `reverse` runs from the end."""
    axis = number(axis, "ScanOp: axis must be a scalar, not ")
    if not -x.ndim <= axis < x.ndim:
        raise invalid(f"ScanOp: Expected scan axis in the range [{-x.ndim}, {x.ndim}), but got {axis}")
    axis %= x.ndim
    backwards = (slice(None),) * axis + (slice(None, None, -1),)
    if reverse:
        x = x[backwards]
    scanned = function(x)
    if exclusive and x.shape[axis]:
        first = xp.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), start, dtype=x.dtype)
        scanned = xp.concatenate([first, scanned[(slice(None),) * axis + (slice(None, -1),)]], axis=axis)
    return scanned[backwards] if reverse else scanned


@op("Cumsum" + _SIGNATURE, samples=_scan_samples(-2.0), **_SCANNED)
def cumsum(xp, x, axis, exclusive, reverse):
    """Add up the elements along an axis, keeping every partial sum."""
    return _scan(xp, lambda part: xp.cumsum(part, axis=int(axis), dtype=x.dtype), x, axis, exclusive, reverse, 0)


@cumsum.gradient
def cumsum_gradient(g, op, dy):
    return g.cumsum(dy, op.inputs[1], exclusive=op.attrs["exclusive"], reverse=not op.attrs["reverse"]), None


@op("Cumprod" + _SIGNATURE, samples=_scan_samples(0.5), **_SCANNED)
def cumprod(xp, x, axis, exclusive, reverse):
    """Multiply the elements along an axis, keeping every partial product."""
    return _scan(xp, lambda part: xp.cumprod(part, axis=int(axis), dtype=x.dtype), x, axis, exclusive, reverse, 1)


@cumprod.gradient
def cumprod_gradient(g, op, dy):
    """As TensorFlow has it: sums of products divided by the element; an element of 0 gets 0."""
    x, axis = op.inputs
    summed = g.cumsum(g.mul(op.outputs[0], dy), axis, exclusive=op.attrs["exclusive"], reverse=not op.attrs["reverse"])
    return g.div_no_nan(summed, x), None


@op(
    "CumulativeLogsumexp" + _SIGNATURE,
    types={"T": FLOATS, "Tidx": INDEX},
    type_defaults={"Tidx": "int32"},
    shape=_scan_shape,
    host=("axis",),
    cost=costs.once_per_element,
    samples=_scan_samples(-2.0)[::2],
)
def cumulative_logsumexp(xp, x, axis, exclusive, reverse):
    """Take the logarithm of the cumulative sum of exponentials along an axis, without overflow."""
    lowest = -xp.inf
    return _scan(xp, lambda part: _running_logsumexp(xp, part, int(axis)), x, axis, exclusive, reverse, lowest)


def _running_logsumexp(xp, x, axis):
    """Every element with the 1, 2, 4, ... before it in turn: log2(n) steps, each for the whole array at once."""
    sums = xp.moveaxis(x, axis, 0)
    step = 1
    while step < len(sums):
        sums = xp.concatenate([sums[:step], xp.logaddexp(sums[step:], sums[:-step])])
        step *= 2
    return xp.moveaxis(sums, 0, axis)


@cumulative_logsumexp.gradient
def cumulative_logsumexp_gradient(g, op, dy):
    """Positive and negative parts travel as logarithms, so that nothing overflows."""
    x, axis = op.inputs
    y, attrs = op.outputs[0], {"exclusive": op.attrs["exclusive"], "reverse": not op.attrs["reverse"]}
    lowest = g.constant(dy.dtype.min, dy.dtype)
    zeros = g.zeros_like(dy)
    parts = []
    for sign, part in ((g.greater(dy, zeros), dy), (g.less(dy, zeros), g.neg(dy))):
        logs = g.select_v2(sign, g.log(part), lowest)
        parts.append(g.exp(g.add_v2(g.cumulative_logsumexp(g.sub(logs, y), axis, **attrs), x)))
    return g.sub(*parts), None
