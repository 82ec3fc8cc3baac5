"""Old and new names of one argument, and other small checks that many functions of the API share."""

from __future__ import annotations

from typing import Any

from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def renamed(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """The value of an argument that may be given under its new or its old name.

    Raises:
      ValueError: when both are given.
    """
    if old_value is None:
        return new_value
    if new_value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'\n  They are two names of one argument; keep {new_name!r}.")
    return old_value


def static_integer(value: Any) -> int | None:
    """`value` as a Python int when it is one or a constant tensor; None when it is known only as the graph runs."""
    if isinstance(value, Tensor):
        value = constant_value(value)
    return None if value is None else int(value)


def check_axis(axis: int, rank: int) -> None:
    """Raise ValueError unless `axis` exists in a tensor of this rank."""
    if not -rank <= axis < rank:
        raise ValueError(f"axis = {axis} not in [{-rank}, {rank})")
