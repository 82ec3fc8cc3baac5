"""What differs between two graphs, told in words; the same tensor may be encoded in different ways."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.wire.tensor_proto import proto_to_array


def _same_tensor(a: Any, b: Any) -> bool:
    if a == b:
        return True
    if a.dtype != b.dtype or a.tensor_shape != b.tensor_shape:
        return False
    first, second = proto_to_array(a), proto_to_array(b)
    if first.dtype == object:
        return first.shape == second.shape and first.tolist() == second.tolist()
    return first.shape == second.shape and np.ascontiguousarray(first).tobytes() == np.ascontiguousarray(second).tobytes()


def same_attr(a: Any, b: Any) -> bool:
    """Whether two AttrValue messages mean the same."""
    kind = a.WhichOneof("value")
    if kind != b.WhichOneof("value"):
        return False
    return _same_tensor(a.tensor, b.tensor) if kind == "tensor" else a == b


def _brief(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 200 else text[:197] + "..."


def node_differences(a: Any, b: Any, ignored_attrs: tuple[str, ...] = ()) -> list[str]:
    """How NodeDef `b` differs from NodeDef `a`; empty when it does not. Control inputs may come in any order."""
    pairs = [(field, getattr(a, field), getattr(b, field)) for field in ("name", "op", "device")]
    found = [f"{field}: {first!r} and {second!r}" for field, first, second in pairs if first != second]
    data = [[name for name in node.input if not name.startswith("^")] for node in (a, b)]
    control = [sorted(name for name in node.input if name.startswith("^")) for node in (a, b)]
    if data[0] != data[1] or control[0] != control[1]:
        found.append(f"inputs: {list(a.input)} and {list(b.input)}")
    for key in sorted(set(a.attr) | set(b.attr)):
        if key in ignored_attrs:
            continue
        if key not in a.attr or key not in b.attr:
            holder, which = (a, "first") if key in a.attr else (b, "second")
            found.append(f"attr {key}: only in the {which}: {_brief(holder.attr[key])}")
        elif not same_attr(a.attr[key], b.attr[key]):
            found.append(f"attr {key}: {_brief(a.attr[key])} and {_brief(b.attr[key])}")
    return found


def graph_differences(a: Any, b: Any, ignored_attrs: tuple[str, ...] = (), in_order: bool = False) -> list[str]:
    """How GraphDef `b` differs from GraphDef `a`, one line per difference; empty when it does not.

    Args:
      ignored_attrs: attributes that are not compared.
      in_order: whether the order of the nodes counts.
    """
    first, second = {node.name: node for node in a.node}, {node.name: node for node in b.node}
    found = [f"{name} ({first[name].op}) is only in the first" for name in first if name not in second]
    found += [f"{name} ({second[name].op}) is only in the second" for name in second if name not in first]
    for name, node in first.items():
        if name in second:
            found += [f"{name} ({node.op}): {text}" for text in node_differences(node, second[name], ignored_attrs)]
    if in_order and not found and list(first) != list(second):
        found.append(f"the order of the nodes: {list(first)} and {list(second)}")
    return found
