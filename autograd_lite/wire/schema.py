"""Protobuf message classes, built on first use from the table in `messages.txt`.

They live in a descriptor pool of their own, so that a real TensorFlow in the same process, whose messages bear the same
names, does not clash with them. Importing this module does not import protobuf.
"""

from __future__ import annotations

import pkgutil
import threading
from functools import cache
from typing import Any, NamedTuple

from autograd_lite.core import optional

_PACKAGE = "tensorflow"
_SCALARS = {
    "double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "fixed64": 6, "fixed32": 7, "bool": 8, "string": 9,
    "bytes": 12, "uint32": 13, "sfixed32": 15, "sfixed64": 16, "sint32": 17, "sint64": 18,
}  # fmt: skip
_MESSAGE, _ENUM = 11, 14  # the other type numbers of FieldDescriptorProto
_OPTIONAL, _REPEATED = 1, 3  # its labels
_WELL_KNOWN = {"google.protobuf.Any": "any", "google.protobuf.BoolValue": "wrappers"}  # type -> file of protobuf itself
_lock = threading.RLock()


class Field(NamedTuple):
    """One field of a message as the table gives it."""

    name: str
    number: int
    type: str  # a scalar's name, or the full name of a message or enum; of a map: the type of its values
    repeated: bool
    key: str | None  # type of the keys of a map
    group: str | None  # the oneof that it belongs to


class Message(NamedTuple):
    """One message of the table; `name` is dotted when it is nested in another."""

    name: str
    fields: tuple[Field, ...]


class Enum(NamedTuple):
    """One enum of the table; `name` is dotted when it is nested in a message."""

    name: str
    values: tuple[tuple[str, int], ...]


class File(NamedTuple):
    """One .proto file of the table."""

    path: str
    package: str
    syntax: str
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]


def _full_name(type_name: str) -> str:
    if type_name in _SCALARS or type_name.startswith("google."):
        return type_name
    return f"{_PACKAGE}.{type_name}"


def _read_field(text: str) -> Field:
    name, number, rest = text.split(" ", 2)
    kind, _, group = rest.partition(" @")
    key = None
    if kind.startswith("{"):
        key, kind = kind.strip("{}").split(": ")
    return Field(name, int(number), _full_name(kind.rstrip("*")), kind.endswith("*") or key is not None, key, group or None)


def _read_value(text: str) -> tuple[str, int]:
    name, number = text.split(" ")
    return name, int(number)


def _read_header(line: str) -> tuple[str, str, str]:
    """Path, package and syntax out of a line that begins with `file`."""
    words = line.split(" ")
    package = words[words.index("package") + 1] if "package" in words else _PACKAGE
    return f"tensorflow/{words[1]}.proto", package, "proto2" if "proto2" in words else "proto3"


@cache
def table() -> tuple[File, ...]:
    """The whole table, in an order in which every file comes after those that it needs."""
    text = (pkgutil.get_data(__package__, "messages.txt") or b"").decode()
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    files: list[tuple[tuple[str, str, str], list[Message], list[Enum]]] = []
    index = 0
    while index < len(lines):
        entry = lines[index]
        index += 1
        while index < len(lines) and lines[index].startswith(" "):
            entry += " " + lines[index].strip()
            index += 1
        if entry.startswith("file "):
            files.append((_read_header(entry), [], []))
            continue
        head, _, body = entry.partition(":")
        parts = [part.strip() for part in body.split(";") if part.strip()]
        if head.startswith("enum "):
            files[-1][2].append(Enum(head[len("enum ") :], tuple(map(_read_value, parts))))
        else:
            files[-1][1].append(Message(head, tuple(map(_read_field, parts))))
    return tuple(File(*header, tuple(messages), tuple(enums)) for header, messages, enums in files)


def _home_of_types() -> dict[str, tuple[str, bool]]:
    """Full type name -> (file in which it is defined, whether it is an enum)."""
    homes = {name: (f"google/protobuf/{file}.proto", False) for name, file in _WELL_KNOWN.items()}
    for file in table():
        homes.update({f"{file.package}.{message.name}": (file.path, False) for message in file.messages})
        homes.update({f"{file.package}.{enum.name}": (file.path, True) for enum in file.enums})
    return homes


def _set_type(proto: Any, type_name: str, homes: dict[str, tuple[str, bool]]) -> None:
    if type_name in _SCALARS:
        proto.type = _SCALARS[type_name]
    else:
        proto.type = _ENUM if homes[type_name][1] else _MESSAGE
        proto.type_name = f".{type_name}"


def _add_map_entry(message_proto: Any, full_name: str, field: Field, homes: dict[str, tuple[str, bool]]) -> str:
    """Add the hidden message that holds one pair of a map field; returns its full name."""
    entry = message_proto.nested_type.add(name="".join(word[:1].upper() + word[1:] for word in field.name.split("_")) + "Entry")
    entry.options.map_entry = True
    for number, (name, kind) in enumerate((("key", field.key), ("value", field.type)), 1):
        _set_type(entry.field.add(name=name, number=number, label=_OPTIONAL), str(kind), homes)
    return f"{full_name}.{entry.name}"


def _fill_message(message_proto: Any, full_name: str, message: Message, homes: dict[str, tuple[str, bool]]) -> None:
    groups: list[str] = []
    for field in message.fields:
        proto = message_proto.field.add(name=field.name, number=field.number, label=_REPEATED if field.repeated else _OPTIONAL)
        if field.key is None:
            _set_type(proto, field.type, homes)
        else:
            proto.type, proto.type_name = _MESSAGE, "." + _add_map_entry(message_proto, full_name, field, homes)
        if field.group is not None:
            if field.group not in groups:
                groups.append(field.group)
                message_proto.oneof_decl.add(name=field.group)
            proto.oneof_index = groups.index(field.group)


def _file_proto(file: File, homes: dict[str, tuple[str, bool]]) -> Any:
    """The FileDescriptorProto of one file of the table."""
    proto = optional.load("google.protobuf.descriptor_pb2").FileDescriptorProto(name=file.path, package=file.package, syntax=file.syntax)
    needed = {homes[field.type][0] for message in file.messages for field in message.fields if field.type in homes}
    proto.dependency.extend(sorted(needed - {file.path}))
    made: dict[str, Any] = {"": proto}
    for message in file.messages:
        outer, _, name = message.name.rpartition(".")
        made[message.name] = (made[outer].nested_type if outer else proto.message_type).add(name=name)
        _fill_message(made[message.name], f"{file.package}.{message.name}", message, homes)
    for enum in file.enums:
        outer, _, name = enum.name.rpartition(".")
        enum_proto = made[outer].enum_type.add(name=name)
        for value_name, number in enum.values:
            enum_proto.value.add(name=value_name, number=number)
    return proto


@cache
def _build_pool() -> Any:
    pool = optional.load("google.protobuf.descriptor_pool").DescriptorPool()
    for file in sorted(set(_WELL_KNOWN.values())):
        module = optional.load(f"google.protobuf.{file}_pb2")
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    homes = _home_of_types()
    for entry in table():
        pool.AddSerializedFile(_file_proto(entry, homes).SerializeToString())
    return pool


def pool() -> Any:
    """The descriptor pool that holds all messages of the table."""
    with _lock:  # two threads must not build two pools: their messages would be of different classes
        return _build_pool()


@cache
def _top_level() -> dict[str, tuple[str, bool]]:
    """Name inside its package -> (full name, whether it is an enum), for everything that is not nested."""
    found: dict[str, tuple[str, bool]] = {}
    for full_name, (_, is_enum) in _home_of_types().items():
        package, _, name = full_name.rpartition(".")
        if package in {file.package for file in table()} | {"google.protobuf"}:
            found[name] = full_name, is_enum
    return found


@cache
def _enum_constants() -> dict[str, int]:
    """The values of enums that are not nested: protobuf gives them beside the enum (`types_pb2.DT_FLOAT`)."""
    return {name: number for file in table() for enum in file.enums if "." not in enum.name for name, number in enum.values}


def names() -> list[str]:
    """The names of all messages and enums that are not nested in another."""
    return sorted(_top_level())


def _restore(path: str, content: bytes) -> Any:
    """Rebuild a message that was pickled or copied; `path` is its name inside its package."""
    found = lookup(path.partition(".")[0])
    for name in path.split(".")[1:]:
        found = getattr(found, name)
    return found.FromString(content)


def _reduce(message: Any) -> tuple[Any, ...]:
    """What pickle stores: protobuf's own way looks only in the pool that real TensorFlow would use."""
    return _restore, (type(message).__qualname__, message.SerializePartialToString())


def _message_class(full_name: str, path: str) -> Any:
    """The class of a message, with the classes of the messages nested in it as its attributes."""
    descriptor = pool().FindMessageTypeByName(full_name)
    cls = optional.load("google.protobuf.message_factory").GetMessageClass(descriptor)
    cls.__module__, cls.__qualname__, cls.__reduce__ = "autograd_lite.wire.messages", path, _reduce
    for nested in descriptor.nested_types:
        if not nested.GetOptions().map_entry:
            inner = _message_class(nested.full_name, f"{path}.{nested.name}")
            if not hasattr(cls, nested.name):  # protobuf without its C part leaves them out
                setattr(cls, nested.name, inner)
    return cls


@cache
def lookup(name: str) -> Any:
    """The class of a message, the wrapper of an enum, or the number of an enum's value, by its name in its package.

    Raises:
      KeyError: when the table has no such name.
    """
    if name not in _top_level():
        return _enum_constants()[name]
    full_name, is_enum = _top_level()[name]
    with _lock:
        if is_enum:
            return optional.load("google.protobuf.internal.enum_type_wrapper").EnumTypeWrapper(pool().FindEnumTypeByName(full_name))
        return _message_class(full_name, name)


@cache
def python_modules() -> dict[str, tuple[str, ...]]:
    """Python module in which TensorFlow puts a .proto file's contents -> the names that it holds.

    >>> python_modules()["tensorflow.core.framework.versions_pb2"]
    ('VersionDef',)
    """
    modules = {}
    for file in table():
        found = [message.name for message in file.messages if "." not in message.name]
        for enum in file.enums:
            if "." not in enum.name:
                found += [enum.name, *(name for name, _ in enum.values)]
        modules[file.path.removesuffix(".proto").replace("/", ".") + "_pb2"] = tuple(found)
    return modules
