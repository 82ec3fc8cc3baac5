"""A choice that is made while the graph is built when the condition is known, and when it runs otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.variable import Variable


def known_choice(condition: Any) -> bool | None:
    """A condition (a bool, 0 or 1, a tensor or a variable) as a bool; None when only a run can tell.

    Raises:
      TypeError: for anything else.
    """
    if isinstance(condition, Variable):
        return None
    if isinstance(condition, Tensor):
        value = constant_value(condition)
        return None if value is None else bool(value)
    if condition in (0, 1):
        return bool(condition)
    raise TypeError(f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: {condition}")


def smart_cond(condition: Any, when_true: Callable[[], Any], when_false: Callable[[], Any]) -> Any:
    """The result of one of two functions; of both, chosen by each run, when the condition is a tensor that is not known."""
    known = known_choice(condition)
    if known is None:
        raise ValueError(f"the condition is not known while the graph is built: {condition!r}")
    return when_true() if known else when_false()
