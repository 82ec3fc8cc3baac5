"""TensorFlow's protobuf messages by their own names: `messages.GraphDef`, `messages.AttrValue.ListValue`, ...

Each is made when it is first asked for; importing this module does not import protobuf.

>>> from autograd_lite.wire import messages
>>> messages.NodeDef(name="x", op="NoOp")
name: "x"
op: "NoOp"
<BLANKLINE>
"""

from __future__ import annotations

import typing

from autograd_lite.wire import schema


def __getattr__(name: str) -> typing.Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        found = schema.lookup(name)
    except KeyError:
        raise AttributeError(f"There is no protobuf message or enum named {name!r} in wire/messages.txt") from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return schema.names()
