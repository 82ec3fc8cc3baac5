"""`tf.test.StubOutForTesting`: attributes replaced for the time of a test."""

from __future__ import annotations

import inspect
from typing import Any

from autograd_lite.core.export import export


@export("test.StubOutForTesting")
class StubOutForTesting:
    """Replaces attributes of modules and classes, and puts the old ones back at the end of its `with` block, or when asked.

    >>> import math
    >>> with StubOutForTesting() as stubs:
    ...     stubs.Set(math, "sqrt", lambda x: "replaced")
    ...     print(math.sqrt(4))
    replaced
    >>> math.sqrt(4)
    2.0
    """

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any]] = []
        self._smartly_replaced: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> StubOutForTesting:
        return self

    def __exit__(self, *error: Any) -> None:
        self.CleanUp()

    def CleanUp(self) -> None:
        """Put everything back."""
        self.SmartUnsetAll()
        self.UnsetAll()

    def Set(self, parent: Any, child_name: str, new_child: Any) -> None:
        """Replace `parent.child_name`, which must exist."""
        self._replace(self._replaced, parent, child_name, new_child)

    def UnsetAll(self) -> None:
        """Put back what `Set` replaced, the last first."""
        self._put_back(self._replaced)

    def SmartSet(self, obj: Any, attr_name: str, new_attr: Any) -> None:
        """Replace an attribute where it is defined: in the object itself, or in the class that its class has it from.

        Raises:
          AttributeError: there is no such attribute.
        """
        owner = obj
        if not inspect.ismodule(obj) and attr_name not in getattr(obj, "__dict__", {}):
            kind = obj if inspect.isclass(obj) else type(obj)
            owner = next((base for base in inspect.getmro(kind) if attr_name in vars(base)), None)
            if owner is None:
                raise AttributeError(f"Attribute not found.\n  {obj!r} has no attribute {attr_name!r}.")
        self._replace(self._smartly_replaced, owner, attr_name, new_attr)

    def SmartUnsetAll(self) -> None:
        """Put back what `SmartSet` replaced, the last first."""
        self._put_back(self._smartly_replaced)

    @staticmethod
    def _replace(record: list[tuple[Any, str, Any]], parent: Any, name: str, new: Any) -> None:
        old = getattr(parent, name)
        if inspect.isclass(parent) and name in vars(parent):
            old = vars(parent)[name]  # as it was written: a staticmethod stays one
        setattr(parent, name, new)
        record.append((parent, name, old))

    @staticmethod
    def _put_back(record: list[tuple[Any, str, Any]]) -> None:
        while record:
            parent, name, old = record.pop()
            setattr(parent, name, old)
