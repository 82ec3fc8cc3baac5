"""Damaged GraphDefs: bytes changed at random, and well-formed messages whose fields lie."""

from __future__ import annotations

import random
from pathlib import Path

from autograd_lite.graph.table import TABLE
from autograd_lite.wire import messages

GRAPHS = Path(__file__).parents[1] / "golden" / "data" / "graphs"
INTEGERS = [0, 1, -1, 2, 3, 5, 31, 32, 63, 64, 100, 2**31 - 1, 2**31, -(2**31), 2**32, 2**40, 2**62, 2**63 - 1, -(2**63)]
TYPES = [*range(26), 101, 103, 999]
NAMES = ["T", "N", "dtype", "shape", "_class", "_output_shapes", "axis", "keep_dims"]
DEVICES = ["/gpu:0", "/job:", "/device:CPU:x", "//", "\x00", "/task:9999999999999999"]


def seeds() -> list[bytes]:
    """The golden graphs all of whose ops are declared."""
    found = [path.read_bytes() for path in sorted(GRAPHS.glob("*.pb"))]
    return [content for content in found if all(node.op in TABLE for node in messages.GraphDef.FromString(content).node)]


def mutant(contents: list[bytes], seed: int) -> bytes:
    """Mutant number `seed`: always the same one."""
    rng = random.Random(seed)
    content = rng.choice(contents)
    return mutated_bytes(content, rng) if rng.random() < 0.25 else mutated_message(content, rng)


def mutated_bytes(content: bytes, rng: random.Random) -> bytes:
    data = bytearray(content)
    kind = rng.randrange(6)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(data))
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.randrange(256)
        elif kind == 2:
            del data[at : at + rng.randrange(1, 20)]
            data = data or bytearray(b"x")
        elif kind == 3:
            data[at:at] = rng.randbytes(rng.randrange(1, 10))
        elif kind == 4:
            data[at : at + 8] = rng.choice([b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f", b"\x80" * 7 + b"\x01"])
        else:
            other, size = rng.randrange(len(data)), rng.randrange(1, 64)
            data[at : at + size] = data[other : other + size]
    return bytes(data)


def mutated_message(content: bytes, rng: random.Random) -> bytes:
    graph = messages.GraphDef.FromString(content)
    changes = [_change_input, _drop_input, _change_op, _change_attr, _change_attr, _drop_attr, _copy_node, _set_attr, _rename, _move]
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        rng.choice(changes)(graph, rng.choice(graph.node), rng)
    return graph.SerializeToString()


def _change_input(graph, node, rng):
    other = rng.choice(graph.node).name
    if node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice([other, f"{other}:{rng.choice([0, 1, 2, 9])}", f"^{other}", "", "^", ":0"])


def _drop_input(graph, node, rng):
    if node.input:
        del node.input[rng.randrange(len(node.input))]


def _change_op(graph, node, rng):
    node.op = rng.choice(sorted(TABLE))


def _drop_attr(graph, node, rng):
    if node.attr:
        del node.attr[rng.choice(sorted(node.attr))]


def _copy_node(graph, node, rng):
    copied = messages.NodeDef.FromString(node.SerializeToString())
    copied.name = f"zz{rng.randrange(5)}"
    graph.node.append(copied)


def _set_attr(graph, node, rng):
    value = rng.choice(
        [
            {"i": rng.choice(INTEGERS)},
            {"s": b"loc:@x"},
            {"type": rng.choice(TYPES)},
            {"list": {"i": [1, 2]}},
            {"list": {"s": [b"\xff", b"loc:@" + node.name.encode()]}},
            {"list": {"shape": [{"dim": [{"size": 3}]}]}},
            {},
        ]
    )
    node.attr[rng.choice(NAMES)].CopyFrom(messages.AttrValue(**value))


def _rename(graph, node, rng):
    node.name = rng.choice(["", "a b", rng.choice(graph.node).name, "x/"])


def _move(graph, node, rng):
    node.device = rng.choice(DEVICES)


def _change_attr(graph, node, rng):
    if not node.attr:
        return
    value = node.attr[rng.choice(sorted(node.attr))]
    kind = value.WhichOneof("value")
    if kind == "i":
        value.i = rng.choice(INTEGERS)
    elif kind == "type":
        value.type = rng.choice(TYPES)
    elif kind == "s":
        value.s = rng.choice([b"", b"SAME", b"\xff\xfe", b"x" * 1000])
    elif kind == "b":
        value.b = not value.b
    elif kind == "f":
        value.f = rng.choice([0.0, float("nan"), float("inf"), -1.0])
    elif kind == "shape":
        value.shape.unknown_rank = rng.random() < 0.3
        value.shape.dim.add().size = rng.choice(INTEGERS)
    elif kind == "tensor":
        _change_tensor(value.tensor, rng)
    elif kind == "list":
        value.list.i.extend([rng.choice(INTEGERS) for _ in range(rng.randrange(4))])


def _change_tensor(tensor, rng):
    kind = rng.randrange(5)
    if kind == 0:
        tensor.tensor_shape.dim.add().size = rng.choice(INTEGERS)
    elif kind == 1 and tensor.tensor_shape.dim:
        tensor.tensor_shape.dim[0].size = rng.choice(INTEGERS)
    elif kind == 2:
        tensor.tensor_content = rng.randbytes(rng.randrange(30))
    elif kind == 3:
        tensor.dtype = rng.choice(TYPES)
    else:
        tensor.ClearField("tensor_content")
        tensor.int_val.append(rng.choice([0, 1, -1, 2**31 - 1, -(2**31)]))
