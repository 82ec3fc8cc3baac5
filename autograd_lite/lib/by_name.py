"""Objects found by the name of their class or a configuration, as Keras writes them: `{"class_name": "Zeros", "config": {}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def written(thing: Any) -> Any:
    """The configuration of an object, or the name of a function; None for None."""
    if thing is None:
        return None
    if hasattr(thing, "get_config"):
        return {"class_name": type(thing).__name__, "config": thing.get_config()}
    if hasattr(thing, "__name__"):
        return thing.__name__
    raise ValueError(f"Cannot serialize {thing}: it has neither get_config() nor a name.")


def found(identifier: Any, table: Mapping[str, Any], kind: str, custom: Mapping[str, Any] | None = None) -> Any:
    """The object that a name, a configuration, a class or the object itself stands for; None for None.

    Args:
      identifier: what the user gave.
      table: classes and functions by name.
      kind: what they are, for messages: "regularizer".
      custom: more of them; these come first.

    Raises:
      ValueError: nothing has this name, or it is something else.
    """
    if identifier is None:
        return None
    if isinstance(identifier, str):
        identifier = {"class_name": identifier, "config": {}}
    if isinstance(identifier, dict):
        name = identifier.get("class_name")
        known = {**table, **(custom or {})}
        if name not in known:
            raise ValueError(f"Unknown {kind}: {name}\n  Known: {', '.join(sorted(known))}.")
        return known[name](**identifier.get("config", {}))
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret {kind} identifier: {identifier}")
