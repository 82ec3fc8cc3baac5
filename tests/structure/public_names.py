"""All public names, found by walking the public modules as a user would see them."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import autograd_lite as tf

_FORWARDING = ("compat.v1",)  # the same names once more


@lru_cache(maxsize=1)
def public_things() -> dict[str, Any]:
    """Dotted name below `tf` -> the function, class or value; modules themselves are left out."""
    return dict(_walk(tf, ""))


def _walk(module: types.ModuleType, prefix: str) -> Iterator[tuple[str, Any]]:
    for leaf in module.__all__:
        name, thing = prefix + leaf, getattr(module, leaf)
        if not isinstance(thing, types.ModuleType):
            yield name, thing
        elif name not in _FORWARDING:
            yield from _walk(thing, f"{name}.")
