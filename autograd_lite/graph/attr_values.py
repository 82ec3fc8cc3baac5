"""Attributes of nodes as AttrValue messages, and back to the forms in which the engine stores them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.core.dtypes import DType
from autograd_lite.graph.signature import Attribute
from autograd_lite.wire.tensor_proto import array_to_proto, proto_to_array, shape_from_proto, shape_to_proto

# kind of attribute -> the field of AttrValue that holds it
FIELD_OF_KIND = {"int": "i", "float": "f", "bool": "b", "string": "s", "type": "type", "shape": "shape", "tensor": "tensor", "func": "func"}
KIND_OF_FIELD = {field: kind for kind, field in FIELD_OF_KIND.items()}


class FunctionName(str):
    """The name of a function in a graph's library, with the attributes that it is to be called with."""

    message: Any = None  # the NameAttrList that was read


def _kind_of(value: Any) -> str:
    """The kind of an attribute that no declaration describes."""
    for kind, types in (("bool", bool), ("int", int), ("float", float), ("type", DType), ("tensor", np.ndarray), ("func", FunctionName)):
        if isinstance(value, types):
            return kind
    return "string" if isinstance(value, str | bytes) else "shape"


def _as_field(kind: str, value: Any, dtype: DType | None) -> Any:
    """One stored value as what the field of its kind takes."""
    if kind == "string":
        return value.encode("utf-8") if isinstance(value, str) else value
    if kind == "type":
        return value.as_datatype_enum
    if kind == "shape":
        return shape_to_proto(value)
    if kind == "tensor":
        return array_to_proto(value, dtype)
    if kind == "func":
        return {"name": str(value)} if getattr(value, "message", None) is None else value.message
    return value


def fill_attr_value(message: Any, kind: str | None, value: Any, dtype: DType | None = None) -> None:
    """Put a stored value into an empty AttrValue message.

    Args:
      kind: the declared kind; None when no declaration describes the attribute.
      dtype: the element type of a tensor whose NumPy type does not tell it.
    """
    if isinstance(value, list):
        item_kind = kind[5:-1] if kind is not None and kind.startswith("list(") else _kind_of(value[0]) if value else "int"
        message.list.SetInParent()
        getattr(message.list, FIELD_OF_KIND[item_kind]).extend([_as_field(item_kind, item, None) for item in value])
        return
    kind = kind or _kind_of(value)
    field = _as_field(kind, value, dtype)
    if kind in ("shape", "tensor", "func"):
        target = getattr(message, FIELD_OF_KIND[kind])
        target.SetInParent()
        target.MergeFrom(type(target)(**field) if isinstance(field, dict) else field)
    else:
        setattr(message, FIELD_OF_KIND[kind], field)


def _as_stored(kind: str, field: Any) -> Any:
    """One field of an AttrValue in stored form.

    Raises:
      ValueError: in TensorFlow's words, when the value is not allowed.
    """
    if kind == "string":
        try:
            return field.decode("utf-8")
        except UnicodeDecodeError:
            return field
    if kind == "type":
        return _stored_type(field)
    if kind == "shape":
        return shape_from_proto(field)
    if kind == "tensor":
        return proto_to_array(field)
    if kind == "func":
        name = FunctionName(field.name)
        if field.attr:
            name.message = field
        return name
    return field


def _stored_type(number: int) -> DType:
    if number == 0:
        raise ValueError("AttrValue has invalid DataType")
    try:
        dtype = dtypes.as_dtype(number)
    except TypeError:
        raise ValueError(f"AttrValue has invalid DataType enum: {number}") from None
    if dtype.is_ref:
        raise ValueError(f"AttrValue must not have reference type value of {dtype.cpp_name}")
    return dtype


def _list_field(message: Any) -> str | None:
    """The field of a ListValue that holds something, or None when it is empty."""
    filled = [descriptor.name for descriptor, _ in message.ListFields()]
    return filled[0] if filled else None


def kind_in(message: Any) -> str | None:
    """The kind of the value that an AttrValue holds, such as `list(int)`; None when it holds none."""
    field = message.WhichOneof("value")
    if field == "list":
        inner = _list_field(message.list)
        return "list(any)" if inner is None else f"list({KIND_OF_FIELD[inner]})"
    return KIND_OF_FIELD.get(field, field)


def stored_value(message: Any, attribute: Attribute | None) -> Any:
    """The value of an AttrValue in stored form.

    Args:
      attribute: its declaration; None when there is none, and a value of any kind is taken.

    Raises:
      ValueError: in TensorFlow's words, when it is not of the declared kind.
      InvalidArgumentError: when a tensor's values do not fit its shape.
    """
    found = kind_in(message)
    wanted = found if attribute is None else attribute.kind
    if found is None:
        raise ValueError(f"AttrValue missing value with expected type '{wanted}'")
    if found == "placeholder":
        raise ValueError("AttrValue had value with unexpected type 'placeholder'")
    if found != wanted and not (found == "list(any)" and wanted is not None and wanted.startswith("list(")):
        raise ValueError(f"AttrValue had value with type '{found}' when '{wanted}' expected")
    if found == "list(any)":
        return []
    if found.startswith("list("):
        kind = found[5:-1]
        return [_as_stored(kind, item) for item in getattr(message.list, FIELD_OF_KIND[kind])]
    return _as_stored(found, getattr(message, FIELD_OF_KIND[found]))


def check_allowed(attribute: Attribute, value: Any) -> None:
    """Raise ValueError, in TensorFlow's words, unless the declaration of an attribute allows `value`."""
    name = attribute.name
    if attribute.allowed:
        for item in value if isinstance(value, list) else [value]:
            if item in attribute.allowed:
                continue
            if isinstance(item, DType):
                listed = ", ".join(allowed.cpp_name for allowed in attribute.allowed)
                raise ValueError(f"Value for attr '{name}' of {item.cpp_name} is not in the list of allowed values: {listed}")
            listed = ", ".join(f'"{allowed}"' for allowed in attribute.allowed)
            raise ValueError(f"Value for attr '{name}' of \"{item}\" is not in the list of allowed values: {listed}")
    if attribute.minimum is not None:
        if isinstance(value, list) and len(value) < attribute.minimum:
            raise ValueError(f"Length for attr '{name}' of {len(value)} must be at least minimum {attribute.minimum}")
        if isinstance(value, int) and value < attribute.minimum:
            raise ValueError(f"Value for attr '{name}' of {value} must be at least minimum {attribute.minimum}")
