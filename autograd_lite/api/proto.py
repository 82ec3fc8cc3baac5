"""`tf.io.decode_proto` and `tf.io.encode_proto`: messages as tensors of their fields."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor

DecodeProtoV2 = namedtuple("DecodeProtoV2", ["sizes", "values"])


@export("io.decode_proto")
def decode_proto(
    bytes: Any,
    message_type: str,
    field_names: Sequence[str],
    output_types: Sequence[Any],
    descriptor_source: str = "local://",
    message_format: str = "binary",
    sanitize: bool = False,
    name: str | None = None,
) -> Any:
    """Take fields out of serialized protobuf messages.

    Args:
      bytes: the messages, a string tensor of any shape.
      message_type: the full name of their type, such as "tensorflow.Example".
      field_names, output_types: the fields, and the types of tensors that hold them; texts and messages in messages are strings.
      descriptor_source: "local://" for TensorFlow's own messages; "bytes://" and a serialized FileDescriptorSet; or the name of a file of
        one, which `protoc --include_imports --descriptor_set_out=FILE` writes.
      message_format: "binary" or "text". sanitize: accepted; fields that are not asked for are ignored in any case.

    Returns:
      (sizes, values): sizes [..., fields] says how many values each message has; values holds a tensor [..., most values] for each field,
      filled up with its default.

    Raises:
      InvalidArgumentError: (in a run) unknown types and fields. DataLossError: (in a run) what is no such message.

    >>> import autograd_lite as tf
    >>> word = tf.train.FloatList(value=[1.0, 2.0]).SerializeToString()
    >>> decoded = tf.io.decode_proto([word, b""], "tensorflow.FloatList", ["value"], [tf.float32])
    >>> tf.Session().run([decoded.sizes, decoded.values[0]])
    [array([[2],
           [0]], dtype=int32), array([[1., 2.],
           [0., 0.]], dtype=float32)]
    """
    sizes, values = raw.DecodeProtoV2(
        bytes, message_type=message_type, field_names=list(field_names), output_types=list(output_types),
        descriptor_source=descriptor_source, message_format=message_format, sanitize=sanitize, name=name,
    )  # fmt: skip
    return DecodeProtoV2(sizes, values)


@export("io.encode_proto")
def encode_proto(
    sizes: Any,
    values: Sequence[Any],
    field_names: Sequence[str],
    message_type: str,
    descriptor_source: str = "local://",
    name: str | None = None,
) -> Tensor:
    """Make serialized protobuf messages out of the values of their fields.

    Args:
      sizes: [..., fields]: how many values of each field each message has. values: a tensor [..., most values] for each field.
      field_names: the fields. message_type, descriptor_source: see `decode_proto`.

    >>> import autograd_lite as tf
    >>> words = tf.io.encode_proto([[2], [1]], [tf.constant([[1.0, 2.0], [3.0, 0.0]])], ["value"], "tensorflow.FloatList")
    >>> [list(tf.train.FloatList.FromString(word).value) for word in tf.Session().run(words)]
    [[1.0, 2.0], [3.0]]
    """
    return raw.EncodeProto(
        sizes, list(values), field_names=list(field_names), message_type=message_type, descriptor_source=descriptor_source, name=name
    )
