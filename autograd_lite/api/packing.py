"""Lists that contain tensors become one tensor: `[n, -1]` is a Pack node wherever a tensor is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core.dtypes import DType
from autograd_lite.graph.conversion import constant_node, convert_to_tensor, make_array, register_tensor_conversion_function
from autograd_lite.graph.tensor import Tensor

_PLAIN = frozenset([int, float, bool, complex, str, bytes, np.float32, np.float64, np.int32, np.int64, np.bool_, np.ndarray])


def _is_symbolic(item: Any) -> bool:
    """Whether `item` is a tensor or stands for one, like a variable."""
    return isinstance(item, Tensor) or hasattr(item, "_as_graph_element") or bool(getattr(type(item), "_is_tensor_like", False))


def _first_dtype(values: Any) -> DType | None:
    """The type of the first tensor in nested lists; None when there is no tensor."""
    stack = [values]
    while stack:
        item = stack.pop()
        if not isinstance(item, list | tuple):
            if _is_symbolic(item):
                return item.dtype.base_dtype
        elif not _PLAIN.issuperset(map(type, item)):
            stack.extend(reversed(item))
    return None


def _pack(values: Any, dtype: DType, name: str, convert: bool) -> Any:
    """One tensor from nested lists (its parts cast to `dtype` if `convert`); the lists themselves when they hold no tensor."""
    with building(name) as scope:
        items = [_pack(item, dtype, str(i), convert) if isinstance(item, list | tuple) else item for i, item in enumerate(values)]
        if not any(_is_symbolic(item) for item in items):
            return items
        tensors = [_element(item, dtype, str(i), convert) for i, item in enumerate(items)]
        return raw.Pack(tensors, name=scope)


def _element(item: Any, dtype: DType, name: str, convert: bool) -> Tensor:
    if not _is_symbolic(item):
        return constant_node(make_array(item, dtype), name, dtype)
    tensor = convert_to_tensor(item)
    if tensor.dtype.base_dtype != dtype:
        if convert:
            return raw.Cast(tensor, DstT=dtype)
        raise TypeError(
            f"Cannot convert a list containing a tensor of dtype {tensor.dtype!r} to {dtype!r} (Tensor is: {tensor!r})\n"
            f"  It was made at {tensor.op.where}; use tf.cast."
        )
    return tensor


def _list_to_tensor(value: Any, dtype: DType | None = None, name: str | None = None, as_ref: bool = False) -> Any:
    if as_ref:
        return NotImplemented
    found = _first_dtype(value)
    if found is None:
        return NotImplemented
    return _pack(value, dtype or found, name or "packed", convert=dtype not in (None, found))


register_tensor_conversion_function((list, tuple), _list_to_tensor, 99)
