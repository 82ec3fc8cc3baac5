"""`tf.custom_gradient`: a function that brings its own derivative."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import in_current_scope
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.autodiff.registry import register_for_graph
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor

_ONLY_RESOURCES = (
    "All variables used by `f` wrapped with @custom_gradient must be `ResourceVariable`s. "
    "Ensure that no `variable_scope` is created with `use_resource=False`."
)


@export("custom_gradient")
def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: `f(*args)` returns its result and a function that computes the gradients of the args.

    That function gets one gradient per result and returns one per argument. When `f` uses trainable resource variables, it must also
    take `variables=` and return a pair: the gradients of the args and those of the variables.

    Raises (when the decorated function is called):
      ValueError: keyword arguments are given.
      TypeError: `f` makes reference variables, or uses variables and its gradient function does not take them.

    >>> import autograd_lite as tf
    >>> @tf.custom_gradient
    ... def log1pexp(x):
    ...     e = tf.exp(x)
    ...     return tf.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e))
    >>> x = tf.constant(100.0)
    >>> print(*tf.Session().run(tf.gradients(log1pexp(x), x)))
    1.0
    """

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when eager execution is enabled.\n"
                f"  Give {', '.join(kwargs)} by position, or bind them with functools.partial."
            )
        with in_current_scope(args):
            return _build(f, [convert_to_tensor(arg) for arg in args])

    return decorated


def _build(f: Callable[..., Any], args: list[Tensor]) -> Any:
    graph = get_default_graph()
    before = list(graph.get_collection(GraphKeys.GLOBAL_VARIABLES))
    result, gradient_function = f(*args)
    if any(not _is_resource(v) for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES)[len(before) :]):
        raise TypeError(_ONLY_RESOURCES)
    flat = [convert_to_tensor(item) for item in nest.flatten(result)]
    variables = _variables_between(args, flat)
    _check_takes_variables(gradient_function, variables)

    def gradients_of_inputs(op: Any, *grads: Any) -> list[Any]:
        wanted = grads[: len(flat)]
        if not variables:
            return [None] * len(flat) + nest.flatten(gradient_function(*wanted))
        input_grads, variable_grads = gradient_function(*wanted, variables=variables)
        if len(variable_grads) != len(variables):
            raise ValueError("Must return gradient for each variable from @custom_gradient grad_fn.")
        return [None] * len(flat) + nest.flatten(input_grads) + list(variable_grads)

    if release().custom_gradient_copies_results:
        for item in flat:
            raw.Identity(item)
    with graph.gradient_override_map({"IdentityN": register_for_graph(graph, gradients_of_inputs)}):
        gates = raw.IdentityN([*flat, *args, *variables])
    return nest.pack_sequence_as(result, gates[: len(flat)])


def _is_resource(variable: Any) -> bool:
    handle = getattr(variable, "handle", None)
    return isinstance(handle, Tensor) and handle.dtype.base_dtype.name == "resource"


def _variables_between(args: list[Tensor], results: list[Tensor]) -> list[Any]:
    """The trainable resource variables that the results depend on, not through the args; in the order of their making."""
    closed = {arg.op for arg in args}
    seen: set[Any] = set()
    stack = [item.op for item in results]
    while stack:
        op = stack.pop()
        if op not in seen and op not in closed:
            seen.add(op)
            stack.extend(tensor.op for tensor in op.inputs)
    known = get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES)
    return [variable for variable in known if _is_resource(variable) and variable.handle.op in seen]


def _check_takes_variables(gradient_function: Callable[..., Any], variables: list[Any]) -> None:
    if not variables:
        return
    specification = inspect.getfullargspec(gradient_function)
    if "variables" not in specification.args and "variables" not in specification.kwonlyargs and not specification.varkw:
        names = ", ".join(variable.name for variable in variables)
        raise TypeError(
            "If using @custom_gradient with a function that uses variables, then grad_fn must accept a 'variables' keyword argument.\n"
            f"  The function uses {names}."
        )


@export("grad_pass_through")
def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: f in the forward direction, the identity in the backward one (a "straight-through" gradient, Bengio et al. 2013).

    >>> import autograd_lite as tf
    >>> x = tf.constant(0.3)
    >>> print(*tf.Session().run(tf.gradients(tf.grad_pass_through(tf.round)(x), x)))
    1.0
    """

    @custom_gradient
    def passed_through(*args: Any) -> Any:
        def gradient_function(*grads: Any, variables: Any = None) -> Any:
            if variables is None:
                return grads
            return grads, [None] * len(variables)

        return f(*args), gradient_function

    return passed_through


@export("recompute_grad")
def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: what f computes on the way is not kept for the backward pass but computed again there, which saves memory.

    >>> import autograd_lite as tf
    >>> x = tf.constant(3.0)
    >>> print(*tf.Session().run(tf.gradients(tf.recompute_grad(tf.square)(x), x)))
    6.0
    """

    @custom_gradient
    def recomputed(*args: Any) -> Any:
        def gradient_function(*grads: Any, variables: Any = None) -> Any:
            with get_default_graph().control_dependencies([grad for grad in grads if grad is not None]):
                again = [raw.Identity(arg) for arg in args]
                results = nest.flatten(f(*again))
            found = gradients(results, [*again, *(variables or [])], list(grads))
            if variables is None:
                return found
            return found[: len(again)], found[len(again) :]

        return f(*args), gradient_function

    return recomputed
