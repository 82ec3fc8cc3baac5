"""Messages as text (`.pbtxt`) and back, and reading a message from a file of either form."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import optional
from autograd_lite.wire.files import read_bytes

_MAX_DEPTH = 100  # the same bound that protobuf keeps for binary messages


def to_text(message: Any) -> str:
    """A message in protobuf's text form."""
    return optional.load("google.protobuf.text_format").MessageToString(message)


def _check_depth(text: str, source: str) -> None:
    """Refuse text that nests deeper than `_MAX_DEPTH`: the parser calls itself once per level."""
    depth = deepest = 0
    quote = ""
    escaped = False
    for character in text:
        if quote:
            escaped, ended = character == "\\" and not escaped, character == quote and not escaped
            if ended:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in "{<[":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "}>]":
            depth -= 1
    if deepest > _MAX_DEPTH:
        raise ValueError(f"{source} nests messages {deepest} deep; at most {_MAX_DEPTH} are read")


def from_text(text: str | bytes, message: Any, source: str = "The text") -> Any:
    """Fill `message` from protobuf's text form and return it. `source` names the text in errors.

    Raises:
      ParseError (of protobuf): when the text is not such a message.
      ValueError: when it nests too deep, or is not UTF-8.

    >>> from autograd_lite.wire import messages
    >>> from_text('name: "x" op: "NoOp"', messages.NodeDef()).name
    'x'
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{source} is not UTF-8 text: {error}") from None
    _check_depth(text, source)
    return optional.load("google.protobuf.text_format").Parse(text, message)


def from_json(text: bytes, message: Any) -> Any:
    """Fill `message` from protobuf's JSON form and return it.

    Raises:
      ValueError: the text is not such a message; why is in the error.

    >>> from autograd_lite.wire import messages
    >>> from_json(b'{"name": "x"}', messages.NodeDef()).name
    'x'
    """
    json_format = optional.load("google.protobuf.json_format")
    try:
        return json_format.Parse(text, message, max_recursion_depth=_MAX_DEPTH)
    except (json_format.ParseError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _looks_like_text(path: str, content: bytes) -> bool:
    """Whether a file is in text form: by its ending, else by its first bytes (a binary message begins with a field's tag)."""
    if path.endswith((".pbtxt", ".textproto", ".prototxt", ".txt")):
        return True
    if path.endswith((".pb", ".meta", ".bin")):
        return False
    head = content[:200].lstrip()
    return bool(head) and (head[:1].isalpha() or head[:1] == b"#") and all(byte >= 32 or byte in b"\t\r\n" for byte in head)


def read_message(path: str, message: Any) -> Any:
    """Fill `message` from a file in binary or text form and return it.

    Raises:
      NotFoundError: when there is no such file.
      ValueError: when the file is not such a message; the text names the file.
    """
    content = read_bytes(path)
    name = message.DESCRIPTOR.name
    protobuf = optional.load("google.protobuf.message")
    parse_error = optional.load("google.protobuf.text_format").ParseError
    try:
        if _looks_like_text(path, content):
            return from_text(content, message, path)
        message.ParseFromString(content)
        return message
    except (protobuf.DecodeError, parse_error) as error:
        raise ValueError(f"{path} is not a {name}: {error}") from None
