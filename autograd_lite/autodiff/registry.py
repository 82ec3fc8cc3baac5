"""Which function computes the gradient of which op type: those declared beside the ops, and those that users register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_lite.api.raw import TABLE
from autograd_lite.core.export import export
from autograd_lite.core.where import capture
from autograd_lite.graph.graph import Graph

# User's name -> (function(op, *grads) or None when not differentiable, the line that registered it).
_registered: dict[str, tuple[Callable[..., Any] | None, Any]] = {}


_OF_GRAPH = "CustomGradient"
_rules: dict[str, GradientRule] = {}  # rules found before, by name


class GradientRule(NamedTuple):
    """How one op's gradient is computed."""

    function: Callable[..., Any] | None  # None: not differentiable, on purpose
    takes_kit: bool  # function(kit, op, *grads) of the op table; otherwise function(op, *grads) of a user
    reason: str  # why there is no gradient, for readers


def _check_free(name: str) -> None:
    if name in _registered:
        raise KeyError(f"Registering two gradient with name '{name}'! (Previous registration was in {_registered[name][1]})")
    declared = TABLE.get(name)
    if declared is not None and (declared.gradient_function is not None or declared.no_gradient):
        raise KeyError(f"Registering two gradient with name '{name}'! (Previous registration was in the op table of autograd_lite)")


@export("RegisterGradient")
class RegisterGradient:
    """Decorator that registers the gradient function of an op type, or of a name used with `Graph.gradient_override_map`.

    The decorated function gets the `Operation` and one gradient tensor per output, and returns one gradient (or None) per input.

    Raises:
      TypeError: when `op_type` is no string or the decorated object is no function.
      KeyError: when that name has a gradient already.

    >>> import autograd_lite as tf
    >>> @tf.RegisterGradient("HalfAsSteep")
    ... def half_as_steep(op, grad):
    ...     return 0.5 * grad
    >>> x = tf.constant(3.0)
    >>> with tf.get_default_graph().gradient_override_map({"Identity": "HalfAsSteep"}):
    ...     y = tf.identity(x)
    >>> print(*tf.Session().run(tf.gradients(y, x)))
    0.5
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(f):
            raise TypeError(f"A gradient must be a function of (op, *grads), got {f!r}")
        _check_free(self._op_type)
        _registered[self._op_type] = (f, capture())
        return f


@export("NotDifferentiable", "NoGradient", "no_gradient")
def not_differentiable(op_type: str) -> None:
    """State that ops of this type have no gradient: `tf.gradients` treats their outputs as constants.

    Raises:
      TypeError: when `op_type` is no string.
      KeyError: when that type has a gradient already.

    >>> import autograd_lite as tf
    >>> tf.NotDifferentiable("MyRoundingOp")
    """
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    _check_free(op_type)
    _registered[op_type] = (None, capture())


def register_for_graph(graph: Graph, function: Callable[..., Any]) -> str:
    """Register a gradient that lives as long as its graph, and return the name made for it."""
    own = graph.properties.setdefault(_OF_GRAPH, {})
    name = f"{_OF_GRAPH}-{len(own)}"
    own[name] = GradientRule(function, False, "")
    return name


def find_rule(op: Any) -> GradientRule | None:
    """The gradient rule of an operation, its override included; None when nothing is registered."""
    name = op.attrs.get("_gradient_op_type") or op.type
    found = _rules.get(name)
    if found is None:
        found = op.graph.properties.get(_OF_GRAPH, {}).get(name)
        if found is not None:
            return found
        found = _rule(name)
        if found is not None:
            _rules[name] = found
    return found


def _rule(name: str) -> GradientRule | None:
    user = _registered.get(name)
    if user is not None:
        return GradientRule(user[0], False, f"{name} was marked not differentiable at {user[1]}")
    declared = TABLE.get(name)
    if declared is None:
        return None
    if declared.gradient_function is not None:
        return GradientRule(declared.gradient_function, True, "")
    if declared.no_gradient:
        return GradientRule(None, True, f"{name} has no gradient: {declared.no_gradient}")
    return None
