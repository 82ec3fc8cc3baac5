"""`tf.raw_ops`: every op under its type name, called with keyword arguments only."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import autograd_lite.ops  # noqa: F401  (fills TABLE)
from autograd_lite.core.export import export_constant
from autograd_lite.graph.opdef import TABLE, OpDef

_AXIS_OF_REDUCTION = {"axis": "reduction_indices"}

# Op type -> what `tf.raw_ops` calls an argument -> its name in the op's signature, which nodes are named after.
_RENAMED: dict[str, dict[str, str]] = {
    "All": _AXIS_OF_REDUCTION,
    "Any": _AXIS_OF_REDUCTION,
    "EuclideanNorm": _AXIS_OF_REDUCTION,
    "Max": _AXIS_OF_REDUCTION,
    "Mean": _AXIS_OF_REDUCTION,
    "Min": _AXIS_OF_REDUCTION,
    "Prod": _AXIS_OF_REDUCTION,
    "Sum": _AXIS_OF_REDUCTION,
    "ExpandDims": {"axis": "dim"},
    "Select": {"x": "t", "y": "e"},
    "Split": {"axis": "split_dim"},
    "SplitV": {"axis": "split_dim"},
    "Squeeze": {"axis": "squeeze_dims"},
    "Where": {"condition": "input"},
}


class _RawOps:
    """One function for each entry of the op table, made when it is first asked for."""

    def __getattr__(self, type_name: str) -> Callable[..., Any]:
        opdef = TABLE.get(type_name)
        if opdef is None:
            raise AttributeError(f"module 'tensorflow.raw_ops' has no attribute {type_name!r}")
        function = _keyword_only(opdef)
        setattr(self, type_name, function)
        return function

    def __dir__(self) -> list[str]:
        return sorted(TABLE)


def _keyword_only(opdef: OpDef) -> Callable[..., Any]:
    renamed = _RENAMED.get(opdef.name, {})
    shown = {inner: outer for outer, inner in renamed.items()}
    counted = {argument.number for argument in opdef.signature.inputs}  # the length of a list is seen, not given
    given = [p for p in inspect.signature(opdef).parameters.values() if p.name not in counted]
    parameters = [p.replace(name=shown.get(p.name, p.name), kind=p.KEYWORD_ONLY) for p in given]

    @functools.wraps(opdef.kernel)
    def function(*positional: Any, **keywords: Any) -> Any:
        if positional:
            names = [p.name for p in parameters]
            raise TypeError(f"{opdef.name} only takes keyword args (possible keys: {names}). Please pass these args as kwargs instead.")
        unknown = sorted(set(keywords) - {p.name for p in parameters})
        if unknown:
            raise TypeError(f"{opdef.name}() got an unexpected keyword argument {unknown[0]!r}")
        return opdef(**{renamed.get(name, name): value for name, value in keywords.items()})

    function.__name__ = function.__qualname__ = opdef.name
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return function


raw_ops: Any = _RawOps()
export_constant(__name__, "raw_ops", "raw_ops")
