"""A handle on an object that can be a key of dictionaries whatever `==` means for the object."""

from __future__ import annotations

from typing import Any


class Reference:
    """Stands for one object: equal to a reference to the same object, whatever the object thinks of `==`."""

    def __init__(self, referenced: Any) -> None:
        self._referenced = referenced

    def deref(self) -> Any:
        """The object."""
        return self._referenced

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other._referenced is self._referenced

    def __hash__(self) -> int:
        return id(self._referenced)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._referenced!r}>"
