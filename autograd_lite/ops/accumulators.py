"""Conditional accumulators: they gather gradients, drop those that are too old, and give the mean (or sum) when enough have come."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.core.deadline import wait_for
from autograd_lite.core.errors import CancelledError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid

_NUMBERS = "float double half bfloat16"
_ATTRS = "dtype: type, shape: shape, container: string = '', shared_name: string = '', reduction_type: {'MEAN', 'SUM'} = 'MEAN'"
_OP: dict[str, Any] = {
    "samples": "its gradients live in a session; tests/lib/test_accumulators.py shows it",
    "no_gradient": "an accumulator is no number",
    "stateful": True,
}
_TYPED: dict[str, Any] = {**_OP, "types": {"dtype": _NUMBERS}}


class Accumulator:
    """Gradients of one session that wait to be taken together. A gradient whose step is below `global_step` is dropped."""

    def __init__(self, attrs: dict[str, Any]) -> None:
        self.shape = attrs["shape"]
        self.dtype = attrs["dtype"].numpy
        self.takes_mean = attrs["reduction_type"] == "MEAN"
        self.global_step = 0
        self.count = 0
        self._sum: Any = None
        self._cancelled = False
        self._releases = 0  # how often waiting was broken off
        self._changed = threading.Condition()

    def cancel(self) -> None:
        """Wake whoever waits, with an error: the session is closed."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def release_waiting(self) -> None:
        """Wake whoever waits now, with an error: the training loop has ended."""
        with self._changed:
            self._releases += 1
            self._changed.notify_all()

    def set_global_step(self, step: int) -> None:
        """From now on gradients of steps before `step` are dropped."""
        with self._changed:
            self.global_step = step

    def apply(self, step: int, gradient: Any) -> None:
        """Add a gradient that was computed at `step`."""
        self.check(gradient)
        with self._changed:
            if step < self.global_step:
                return
            self._sum = self.first(gradient) if self.count == 0 else self.added(self._sum, gradient)
            self.count += 1
            self._changed.notify_all()

    def take(self, required: int) -> Any:
        """Wait until `required` gradients have come; return their mean or sum, and begin the next step."""
        if required <= 0:
            raise invalid(f"Argument num_required must be positive, but was {required}")
        with self._changed:
            releases = self._releases
            wait_for(self._changed, lambda: self.count >= required or self._cancelled or self._releases != releases)
            if self._cancelled or self.count < required:
                raise CancelledError(None, None, "TakeGrad operation was cancelled: its session was closed while it waited for gradients")
            taken, count = self._sum, self.count
            self._sum, self.count = None, 0
            self.global_step += 1
        return self.taken(taken, count)

    def check(self, gradient: Any) -> None:
        """Refuse a gradient whose shape does not fit."""
        wanted = self.shape
        if wanted is not None and not shapes.compatible(wanted, gradient.shape):
            raise invalid(f"Shape mismatch: expected {shapes.text(wanted)}, got {shapes.text(gradient.shape)}")
        if self.count and self._sum.shape != gradient.shape:
            raise invalid(f"Shape mismatch: expected {shapes.text(self._sum.shape)}, got {shapes.text(gradient.shape)}")

    def first(self, gradient: Any) -> Any:
        """What is kept after the first gradient."""
        return gradient

    def added(self, kept: Any, gradient: Any) -> Any:
        """What is kept after one more gradient."""
        return kept + gradient

    def taken(self, kept: Any, count: int) -> Any:
        """What is given out after `count` gradients."""
        return kept / kept.dtype.type(count) if self.takes_mean else kept


class SparseAccumulator(Accumulator):
    """Gathers gradients of some rows, `(indices, values, shape or None)`. The mean of a row counts the gradients that have this row."""

    def __init__(self, attrs: dict[str, Any]) -> None:
        super().__init__(attrs)
        self._known: Any = None  # the dense shape, once a gradient has said it

    def check(self, gradient: Any) -> None:
        """Refuse a gradient whose parts do not fit each other or the shape."""
        indices, values, shape = gradient
        if indices.ndim != 1:
            raise invalid(f"Input indices should be vector but received shape: {shapes.text(indices.shape)}")
        if values.ndim == 0 or len(values) != len(indices):
            raise invalid(f"Expected {len(indices)} non-empty input values, got {len(values) if values.ndim else 0}")
        wanted = self.shape or self._known  # () stands for a shape that is not known, too
        if shape is not None and wanted is not None:
            if len(shape) != len(wanted):
                raise invalid(f"Shape mismatch: expected shape rank at least {len(wanted)}, got {len(shape)}")
            _compare("shape", wanted, shape, 0)
        wanted = shape if wanted is None else wanted
        if wanted is None:
            return
        _compare("values", wanted, values.shape, 1)
        if wanted[0] is not None and len(indices):
            beyond = np.flatnonzero((indices >= wanted[0]) | (indices < 0))
            if beyond.size:
                raise invalid(
                    f"Shape mismatch: index of slice {beyond[0]} exceeded limits of shape; "
                    f"index is {indices[beyond[0]]} exceeded {wanted[0]}"
                )

    def first(self, gradient: Any) -> Any:
        """Rows in order, each with the number of gradients that have it."""
        indices, values, shape = gradient
        self._known = shape if shape is not None else self._known
        rows, places = np.unique(indices, return_inverse=True)
        return rows, _sums(values, places, len(rows)), np.ones(len(rows), np.int64)

    def added(self, kept: Any, gradient: Any) -> Any:
        """The union of the rows."""
        rows, sums, counts = kept
        more_rows, more_sums, more_counts = self.first(gradient)
        union, places = np.unique(np.concatenate([rows, more_rows]), return_inverse=True)
        xp_sums = _sums(np.concatenate([sums, more_sums]), places, len(union))
        return union, xp_sums, np.bincount(places, np.concatenate([counts, more_counts]), len(union)).astype(np.int64)

    def taken(self, kept: Any, count: int) -> Any:
        """Indices, values and dense shape."""
        rows, sums, counts = kept
        if self.takes_mean:
            sums = sums / counts.astype(sums.dtype).reshape(-1, *[1] * (sums.ndim - 1))
        shape = self._known or self.shape
        if not shape or None in shape:
            shape = (int(rows[-1]) + 1 if len(rows) else 0, *sums.shape[1:])
        return rows, sums, np.array(shape, np.int64)


def _compare(what: str, wanted: Any, got: Any, begin: int) -> None:
    for place in range(begin, min(len(wanted), len(got))):
        if wanted[place] is not None and wanted[place] != got[place]:
            raise invalid(f"Shape mismatch: expected {what} dim {place} to be {wanted[place]}, got {got[place]}")


def _sums(values: Any, places: Any, count: int) -> Any:
    """Row k of the result is the sum of the rows of `values` whose place is k."""
    sums = np.zeros((count, *values.shape[1:]), values.dtype)
    np.add.at(sums, places, values)
    return sums


def _accumulator(name: str, kind: type[Accumulator], handle: str) -> Any:
    return op(f"{name}(*, {_ATTRS}) -> handle: {handle}", state=kind, shape=lambda c: (2,), **_TYPED)


@_accumulator("ResourceConditionalAccumulator", Accumulator, "resource")
def resource_conditional_accumulator(xp, state):
    """Make an accumulator of gradients."""
    return state


@_accumulator("ConditionalAccumulator", Accumulator, "Ref(string)")
def conditional_accumulator(xp, state):
    """Make an accumulator of gradients, known by a reference: the older form."""
    return state


@_accumulator("SparseConditionalAccumulator", SparseAccumulator, "Ref(string)")
def sparse_conditional_accumulator(xp, state):
    """Make an accumulator of gradients of some rows."""
    return state


@op("ResourceAccumulatorNumAccumulated(handle: resource) -> num_accumulated: int32", shape=rules.scalar, **_OP)
def resource_accumulator_num_accumulated(xp, handle):
    """How many gradients wait."""
    return np.int32(handle.count)


@op("AccumulatorNumAccumulated(handle: Ref(string)) -> num_accumulated: int32", shape=rules.scalar, **_OP)
def accumulator_num_accumulated(xp, handle):
    """How many gradients wait."""
    return np.int32(handle.count)


@op("ResourceAccumulatorSetGlobalStep(handle: resource, new_global_step: int64)", host=("new_global_step",), **_OP)
def resource_accumulator_set_global_step(xp, handle, new_global_step):
    """Say which step it is: older gradients will be dropped."""
    handle.set_global_step(int(new_global_step))


@op("AccumulatorSetGlobalStep(handle: Ref(string), new_global_step: int64)", host=("new_global_step",), **_OP)
def accumulator_set_global_step(xp, handle, new_global_step):
    """Say which step it is: older gradients will be dropped."""
    handle.set_global_step(int(new_global_step))


@op("ResourceAccumulatorApplyGradient(handle: resource, local_step: int64, gradient: dtype)", host=("local_step",), **_TYPED)
def resource_accumulator_apply_gradient(xp, handle, local_step, gradient):
    """Add a gradient, unless its step has passed."""
    handle.apply(int(local_step), xp.array(gradient))


@op("AccumulatorApplyGradient(handle: Ref(string), local_step: int64, gradient: dtype)", host=("local_step",), **_TYPED)
def accumulator_apply_gradient(xp, handle, local_step, gradient):
    """Add a gradient, unless its step has passed."""
    handle.apply(int(local_step), xp.array(gradient))


@op(
    "ResourceAccumulatorTakeGradient(handle: resource, num_required: int32, *, dtype: type) -> average: dtype",
    host=("num_required",),
    shape=rules.unknown,
    **_TYPED,
)
def resource_accumulator_take_gradient(xp, handle, num_required):
    """Wait until enough gradients have come, and take their mean or sum."""
    return handle.take(int(num_required))


@op(
    "AccumulatorTakeGradient(handle: Ref(string), num_required: int32, *, dtype: type) -> average: dtype",
    host=("num_required",),
    shape=rules.unknown,
    **_TYPED,
)
def accumulator_take_gradient(xp, handle, num_required):
    """Wait until enough gradients have come, and take their mean or sum."""
    return handle.take(int(num_required))


@op(
    "SparseAccumulatorApplyGradient(handle: Ref(string), local_step: int64, gradient_indices: int64, gradient_values: dtype, "
    "gradient_shape: int64, *, has_known_shape: bool)",
    host=("local_step", "gradient_indices", "gradient_values", "gradient_shape"),
    **_TYPED,
)
def sparse_accumulator_apply_gradient(
    xp, handle, local_step, gradient_indices, gradient_values, gradient_shape, has_known_shape
):
    """Add a gradient of some rows, unless its step has passed."""
    shape = tuple(int(size) for size in gradient_shape) if has_known_shape else None
    handle.apply(int(local_step), (gradient_indices, gradient_values, shape))


@op(
    "SparseAccumulatorTakeGradient(handle: Ref(string), num_required: int32, *, dtype: type) "
    "-> indices: int64, values: dtype, shape: int64",
    host=("num_required",),
    shape=lambda c: [None, None, None],
    **_TYPED,
)
def sparse_accumulator_take_gradient(xp, handle, num_required):
    """Wait until enough gradients have come, and take the mean or sum of each row."""
    return tuple(xp.asarray(part) for part in handle.take(int(num_required)))
