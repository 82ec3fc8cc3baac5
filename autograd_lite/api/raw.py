"""Every op under TensorFlow's own type name: `raw.MatMul(a, b)` adds one MatMul node."""

from __future__ import annotations

from typing import Any

import autograd_lite.ops  # noqa: F401  (fills TABLE)
from autograd_lite.graph.opdef import TABLE


class _RawOps:
    """Attributes are the entries of the op table, by type name; each is looked up once."""

    def __getattr__(self, type_name: str) -> Any:
        opdef = TABLE.get(type_name)
        if opdef is None:
            raise AttributeError(f"there is no op of type {type_name!r} in the op table")
        setattr(self, type_name, opdef)
        return opdef


raw: Any = _RawOps()
