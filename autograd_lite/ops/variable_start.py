"""Reading a variable that may not be initialized yet: then its start value stands for it.

`Variable.initialized_value()` builds these nodes. TensorFlow builds a condition for it (`tf.cond` on IsVariableInitialized) that computes
the start value only when it is needed; here it is always computed, which costs time but gives the same value.
"""

from __future__ import annotations

from autograd_lite.graph.opdef import op


@op(
    "VariableOrStart(ref: Ref(T), start: T) -> value: T",
    shape=lambda c: c.shape(1),
    initializes=("ref",),
    stateful=True,
    samples="it needs a variable",
    no_gradient="start values are constants to the gradient",
)
def variable_or_start(xp, ref, start):
    """Give what a reference variable holds, or `start` when it holds nothing yet."""
    return start if ref is None else ref


@op(
    "ResourceOrStart(resource: resource, start: dtype) -> value: dtype",
    shape=lambda c: c.shape(1),
    initializes=("resource",),
    stateful=True,
    samples="it needs a variable",
    no_gradient="start values are constants to the gradient",
)
def resource_or_start(xp, resource, start):
    """Give what a resource variable holds, or `start` when it holds nothing yet."""
    return start if resource is None else resource
