"""Slots: the variables that an optimizer keeps beside each variable it trains, such as a momentum."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import shape as shape_of
from autograd_lite.api.constants import zeros
from autograd_lite.core import dtypes, shapes
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.ref_variable import RefVariable
from autograd_lite.lib.resource_variable import ResourceVariable
from autograd_lite.lib.variable import SaveSliceInfo, Variable
from autograd_lite.lib.variable_scope import get_variable, get_variable_scope, variable_scope


def create_slot(primary: Any, val: Any, name: str, colocate_with_primary: bool = True) -> Variable:
    """A variable `<primary>/<name>` that starts with the tensor `val`."""
    return _create(primary, val, name, shapes.is_defined(val.static_shape), None, None, colocate_with_primary)


def create_slot_with_initializer(
    primary: Any, initializer: Any, shape: Any, dtype: Any, name: str, colocate_with_primary: bool = True
) -> Variable:
    """A variable `<primary>/<name>` of this shape and type that starts as the function `initializer` says."""
    return _create(primary, initializer, name, shapes.is_defined(shapes.as_shape(shape)), shape, dtype, colocate_with_primary)


def create_zeros_slot(primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True) -> Variable:
    """A variable `<primary>/<name>` like `primary` that starts with zeros."""
    dtype = primary.dtype if dtype is None else dtype
    known = primary.get_shape()
    if known.is_fully_defined():
        return create_slot_with_initializer(primary, Zeros(), known, dtype, name, colocate_with_primary)
    start = primary.initialized_value() if isinstance(primary, Variable) else primary
    return create_slot(primary, zeros(shape_of(start), dtypes.as_dtype(dtype).base_dtype), name, colocate_with_primary)


def _create(primary: Any, val: Any, name: str, validate_shape: bool, shape: Any, dtype: Any, colocate: bool) -> Variable:
    prefix = primary._shared_name if isinstance(primary, Variable) else primary.op.name
    with variable_scope(None, f"{prefix}/{name}"):
        if not colocate:
            return _slot(primary, val, validate_shape, shape, dtype)
        with get_default_graph().colocate_with(primary.op if isinstance(primary, ResourceVariable) else primary):
            return _slot(primary, val, validate_shape, shape, dtype)


def _slot(primary: Any, val: Any, validate_shape: bool, shape: Any, dtype: Any) -> Variable:
    """The variable itself; its whole name is that of the open variable scope."""
    use_resource = True if isinstance(primary, ResourceVariable) else False if isinstance(primary, RefVariable) else None
    scope = get_variable_scope()
    partitioner = scope.partitioner
    scope.set_partitioner(None)
    try:
        slot = get_variable(
            "", initializer=val, trainable=False, use_resource=use_resource, shape=shape if callable(val) else None, dtype=dtype,
            validate_shape=validate_shape,
        )  # fmt: skip
    finally:
        scope.set_partitioner(partitioner)
    part = primary._save_slice_info if isinstance(primary, Variable) else None
    if part is not None:
        own_name = slot.op.name[len(primary.op.name) + 1 :]
        slot._set_save_slice_info(SaveSliceInfo(f"{part.full_name}/{own_name}", part.full_shape, part.var_offset, part.var_shape))
    return slot
