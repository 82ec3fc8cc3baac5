"""Message classes that a program describes itself, in a FileDescriptorSet; each set lives in a descriptor pool of its own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from autograd_lite.core import optional
from autograd_lite.wire import schema
from autograd_lite.wire.files import read_bytes

LOCAL, BYTES = "local://", "bytes://"


def message_class(message_type: str, source: str | bytes) -> Any:
    """The class of a message, by its full name.

    Args:
      source: "local://" or "" for TensorFlow's own messages; "bytes://" and a serialized FileDescriptorSet; or the name of a file of one.

    Raises:
      KeyError: there is no such message.
      ValueError: the source is no FileDescriptorSet.

    >>> message_class("tensorflow.FloatList", "local://")(value=[1.0]).value[0]
    1.0
    """
    if source in ("", LOCAL):
        pool = schema.pool()
    elif isinstance(source, bytes) or source.startswith(BYTES):
        content = source if isinstance(source, bytes) else source.encode("utf-8")
        pool = _pool_of(content.removeprefix(BYTES.encode()))
    else:
        pool = _pool_of(read_bytes(source))
    return class_of(pool.FindMessageTypeByName(message_type))


def class_of(descriptor: Any) -> Any:
    """The class of the messages that a descriptor describes."""
    return optional.load("google.protobuf.message_factory").GetMessageClass(descriptor)


@lru_cache(maxsize=16)
def _pool_of(content: bytes) -> Any:
    files = optional.load("google.protobuf.descriptor_pb2").FileDescriptorSet()
    try:
        files.ParseFromString(content)
        pool = optional.load("google.protobuf.descriptor_pool").DescriptorPool()
        for file in files.file:
            pool.AddSerializedFile(file.SerializeToString())
    except Exception as error:  # its class depends on the implementation of protobuf
        raise ValueError(f"Source does not represent serialized file descriptor set proto: {error}") from None
    return pool
