"""Ops that take protobuf messages apart and put them together, field by field. They run on the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.core.dtypes import DType
from autograd_lite.core.errors import DataLossError, OpError
from autograd_lite.core.shapes import text
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.wire.descriptors import class_of, message_class
from autograd_lite.wire.text_format import from_text

# C++ type of a field (a number in protobuf's descriptors) -> the element types that can hold it, and its name
_INT32, _INT64, _UINT32, _UINT64, _DOUBLE, _FLOAT, _BOOL, _ENUM, _STRING, _MESSAGE = range(1, 11)
_HOLDS = {
    _INT32: "int32 int64",
    _INT64: "int64",
    _UINT32: "uint32 int64 uint64 int32",
    _UINT64: "uint64 int64",
    _DOUBLE: "float64",
    _FLOAT: "float32 float64",
    _BOOL: "bool",
    _ENUM: "int32 int64",
    _STRING: "string",
    _MESSAGE: "string",
}
_NAMES = ("int32", "int64", "uint32", "uint64", "double", "float", "bool", "enum", "string", "message")
_LISTS = "it takes lists of tensors of different types; tests/ops/test_proto.py shows it"


def _class_of(message_type: str, source: str | bytes) -> Any:
    try:
        return message_class(message_type, source)
    except KeyError:
        raise invalid(f"No descriptor found for message type {message_type}") from None
    except ValueError as error:
        raise invalid(str(error)) from None
    except OpError as error:
        raise invalid(f"Source does not represent serialized file descriptor set proto: {error.message}") from None


def _fields(cls: Any, names: Sequence[str], types: Sequence[DType], message_type: str) -> list[Any]:
    """The descriptors of fields, whose values tensors of these types can hold."""
    found = []
    for name, dtype in zip(names, types):
        field = cls.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            raise invalid(f"Unknown field: {name} in message type {message_type}")
        if dtype.name not in _HOLDS[field.cpp_type].split():
            raise invalid(f"Incompatible type for field value.  Saw dtype: {dtype.name} but field type is: {_NAMES[field.cpp_type - 1]}")
        found.append(field)
    return found


# ------------------------------------------------------------------ taking apart


def _decoded_shapes(c):
    outer, names = c.shape(0), c.attrs["field_names"]
    values = None if outer is None else (*outer, None)
    return [None if outer is None else (*outer, len(names)), *[values] * len(c.attrs["output_types"])]


@op(
    "DecodeProtoV2(bytes: string, *, message_type: string, field_names: list(string), output_types: list(type) >= 0, "
    "descriptor_source: string = 'local://', message_format: string = 'binary', sanitize: bool = False) -> "
    "sizes: int32, values: list(output_types)",
    shape=_decoded_shapes,
    stateful=True,
    samples=_LISTS,
    no_gradient="a message has no slope",
)
def decode_proto_v2(xp, bytes, message_type, field_names, output_types, descriptor_source, message_format, sanitize):
    """Take fields out of serialized messages: how many values each message has, and the values, filled up to the longest.

    With `sanitize` fields that are not asked for are ignored, which they are in any case.
    """
    if len(field_names) != len(output_types):
        raise invalid(f"field_names and output_types attributes must have the same length: {len(field_names)} != {len(output_types)}")
    if message_format not in ("binary", "text"):
        raise invalid(f"message_format must be one of: 'binary', 'text'. Got: {message_format}")
    cls = _class_of(message_type, descriptor_source)
    fields = _fields(cls, field_names, output_types, message_type)
    messages = [_parsed(word, cls, message_format) for word in np.ravel(bytes).tolist()]
    outer = np.shape(bytes)
    rows = [[_values_of(message, field) for message in messages] for field in fields]
    sizes = np.array([[len(row) for row in column] for column in rows], np.int32).reshape(len(fields), -1)
    values = [_filled(column, field, dtype).reshape((*outer, -1)) for column, field, dtype in zip(rows, fields, output_types)]
    return [sizes.T.reshape((*outer, len(fields))), values]


def _parsed(word: bytes, cls: Any, message_format: str) -> Any:
    message = cls()
    try:
        if message_format == "text":
            return from_text(word, message)
        message.ParseFromString(word)
    except Exception as error:  # its class depends on the implementation of protobuf
        what = "Unable to parse text message" if message_format == "text" else "Failed to consume entire buffer"
        raise DataLossError(None, None, f"{what}\n  A message of type {cls.DESCRIPTOR.full_name} was expected: {error}") from None
    return message


def _values_of(message: Any, field: Any) -> list[Any]:
    """The values of a field: none, one or many; texts and messages as bytes."""
    value = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return [part.SerializeToString(deterministic=True) for part in _entries(message, field)]
    if _is_repeated(field):
        found = list(value)
    elif message.HasField(field.name) if field.has_presence else value != field.default_value:
        found = [value]
    else:
        return []
    if field.cpp_type == _MESSAGE:
        return [part.SerializeToString(deterministic=True) for part in found]
    return [part.encode() if isinstance(part, str) else part for part in found]


def _is_repeated(field: Any) -> bool:
    return field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED


def _entries(message: Any, field: Any) -> list[Any]:
    """The entries of a map, as messages, in the order of their keys."""
    make = class_of(field.message_type)
    inside = getattr(message, field.name)
    found = []
    for key in sorted(inside):
        entry = make(key=key)
        if field.message_type.fields_by_name["value"].cpp_type == _MESSAGE:
            entry.value.CopyFrom(inside[key])
        else:
            entry.value = inside[key]
        found.append(entry)
    return found


def _filled(rows: list[list[Any]], field: Any, dtype: DType) -> np.ndarray:
    """The values of all messages, each row filled up with the field's default to the longest, at least one."""
    width = max([1, *map(len, rows)])
    check_room((len(rows), width), 8)
    default = b"" if dtype.name == "string" else 0 if _is_repeated(field) else field.default_value
    if dtype.name == "string" and not _is_repeated(field) and field.cpp_type == _STRING:
        default = field.default_value.encode() if isinstance(field.default_value, str) else field.default_value
    values = np.full((len(rows), width), default, dtype.numpy)
    wide = np.uint64 if field.cpp_type in (_UINT32, _UINT64) else None
    for row, found in zip(values, rows):
        if found:
            row[: len(found)] = found if wide is None else np.array(found, wide).astype(dtype.numpy)
    return values


# ------------------------------------------------------------------ putting together


def _encoded_shape(c):
    shape = c.shape(0)
    return None if shape is None else shape[:-1]


@op(
    "EncodeProto(sizes: int32, values: list(Tinput_types), *, field_names: list(string), message_type: string, "
    "descriptor_source: string = 'local://') -> bytes: string",
    shape=_encoded_shape,
    samples=_LISTS,
    no_gradient="a message has no slope",
)
def encode_proto(xp, sizes, values, field_names, message_type, descriptor_source, Tinput_types):
    """Make serialized messages of the values of their fields; `sizes` says how many values of each field each message has."""
    if len(field_names) != len(values):
        raise invalid(f"Field_names attribute must match number of values: {len(field_names)} != {len(values)}")
    cls = _class_of(message_type, descriptor_source)
    outer = np.shape(values[0])[:-1]
    if np.shape(sizes) != (*outer, len(field_names)):
        wanted = text((*outer, len(field_names)))
        raise invalid(f"sizes should be batch_size + [len(field_names)].  Saw: {text(np.shape(sizes))} but expected: {wanted}")
    if any(np.shape(value)[:-1] != outer for value in values):
        raise invalid("Values must match up to the last dimension")
    fields = _fields(cls, field_names, Tinput_types, message_type)
    counts = np.asarray(sizes).reshape(-1, len(fields))
    columns = [np.asarray(value).reshape(len(counts), -1) for value in values]
    order = sorted(range(len(fields)), key=lambda index: fields[index].number)
    made = [b"".join([_written(cls, fields[at], columns[at][row], counts[row, at], row, at) for at in order]) for row in range(len(counts))]
    return np.fromiter(made, object, len(made)).reshape(outer)


def _written(cls: Any, field: Any, values: np.ndarray, count: int, row: int, at: int) -> bytes:
    """One field of one message; messages may be put together by putting their bytes together."""
    if count > len(values):
        raise invalid(f"Size to write must not be larger than value tensor; but saw: {count} > {len(values)} at message {row} field {at}")
    found = [_as_field(cls, field, value) for value in values[: max(count, 0)].tolist()]
    if not found:
        return b""
    if field.cpp_type == _MESSAGE:
        return b"".join([_length_delimited(field.number, value) for value in found])
    if _is_repeated(field):
        return cls(**{field.name: found}).SerializeToString()
    return b"".join([cls(**{field.name: value}).SerializeToString() for value in found])


def _as_field(cls: Any, field: Any, value: Any) -> Any:
    if field.type == field.TYPE_STRING:
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise invalid(f"Field {field.name} of {cls.DESCRIPTOR.full_name} holds UTF-8 text, not {value[:40]!r}") from None
    return value % (1 << 64 if field.cpp_type == _UINT64 else 1 << 32) if field.cpp_type in (_UINT32, _UINT64) else value


def _length_delimited(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
