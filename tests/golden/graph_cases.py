"""Whole graphs: the nodes that a program builds, their inputs, attributes, shapes and collections; and graph files read back."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from google.protobuf import text_format

from tests.golden.comparing import difference, first_difference, first_line
from tests.golden.gradient_names import gradient_scope, in_gradients
from tests.golden.recorded import DATA, Case, array

Report = dict[str, "str | None"]

_BUILT = ("nodes", "attributes", "shapes", "collections")
_IMPORTED = ("import",)


def aspects(case: Case) -> list[str]:
    """What is recorded of a graph."""
    return [*_BUILT, *_IMPORTED]


def run(case: Case, tf: Any) -> Report:
    """Build the graph from its program and from its file, and compare both with the record."""
    report: Report = dict.fromkeys(aspects(case))
    report["import"] = _guard(lambda: _imported(case, tf))
    graph = tf.Graph()
    with graph.as_default():
        try:
            exec(case["code"], {"tf": tf, "np": np})  # the code of this data set only
        except Exception as error:
            return dict.fromkeys(_BUILT, first_line(error)) | {"import": report["import"]}
    definition = graph.as_graph_def()
    wanted = [node for node in case["nodes"] if not in_gradients(node["name"])]
    got = [node for node in definition.node if not in_gradients(node.name)]
    report["nodes"] = _nodes(got, wanted)
    report["attributes"] = _guard(lambda: _attributes(got, wanted))
    report["shapes"] = _guard(lambda: _shapes(graph, case["shapes"]))
    report["collections"] = _guard(lambda: _collections(graph, case["collections"]))
    return report


def _guard(check: Any) -> str | None:
    try:
        return check()
    except Exception as error:
        return first_line(error)


def _nodes(got: list[Any], wanted: list[Any]) -> str | None:
    ours = [(n.name, n.op, n.device, [gradient_scope(i) for i in n.input]) for n in got]
    theirs = [(n["name"], n["op"], n["device"], [gradient_scope(i) for i in n["input"]]) for n in wanted]
    return first_difference(ours, theirs, "nodes")


def _attributes(got: list[Any], wanted: list[Any]) -> str | None:
    recorded = {node["name"]: node["attr"] for node in wanted}
    for node in got:
        ours = {name: _attribute(value) for name, value in node.attr.items()}
        theirs = {k: _comparable(v) for k, v in recorded.get(node.name, {}).items()}
        if _text(ours) != _text(theirs):
            different = sorted(k for k in {*ours, *theirs} if _text(ours.get(k)) != _text(theirs.get(k)))
            return f"{node.name}: {[(k, ours.get(k), theirs.get(k)) for k in different]} (attribute, ours, recorded)"
    return None


def _comparable(recorded: dict[str, Any]) -> dict[str, Any]:
    """A recorded attribute without what is free: names of functions, and of nodes that `tf.gradients` made."""
    if "func" in recorded:
        return {"func": "a function"}
    if "s" in recorded.get("list", {}):
        return {"list": {"s": [gradient_scope(text) for text in recorded["list"]["s"]]}}
    return recorded


def _text(value: Any) -> str:
    return repr(sorted(value.items()) if isinstance(value, dict) else value)


def _attribute(message: Any) -> dict[str, Any]:
    """An AttrValue message in the form of the record."""
    kind = message.WhichOneof("value")
    if kind == "list":
        lists = {field.name: [_plain(field.name, v) for v in values] for field, values in message.list.ListFields()}
        return {"list": lists}
    return {kind: _plain(kind, getattr(message, kind))}


def _plain(kind: str, value: Any) -> Any:
    if kind == "type":
        return _dtype_name(value)
    if kind == "shape":
        return _shape(value)
    if kind == "tensor":
        return _tensor(value)
    if kind == "s":
        return gradient_scope(value.decode("latin-1"))
    return "a function" if kind == "func" else value  # its name counts what the process has made


def _dtype_name(number: int) -> str:
    names = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64", 10: "bool"}
    names |= {14: "bfloat16", 17: "uint16", 18: "complex128", 19: "float16", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64"}
    return names[number] if number < 100 else names[number - 100] + "_ref"


def _shape(message: Any) -> list[int] | None:
    return None if message.unknown_rank else [dim.size for dim in message.dim]


# dtype number -> the field of TensorProto that holds its values
_LISTED_VALUES = 64  # of a longer constant the record keeps a digest
_FIELDS = {1: "float_val", 2: "double_val", 7: "string_val", 9: "int64_val", 10: "bool_val", 19: "half_val"}


def _tensor(message: Any) -> dict[str, Any]:
    """A TensorProto in the form of the record: all of its values, however they are packed."""
    shape = [dim.size for dim in message.tensor_shape.dim]
    dtype = _dtype_name(message.dtype)
    if message.tensor_content:
        values = np.frombuffer(message.tensor_content, dtype).tolist()
    else:
        values = list(getattr(message, _FIELDS.get(message.dtype, "int_val")))
        values += values[-1:] * (int(np.prod(shape)) - len(values))  # the last value is repeated
    if len(values) > _LISTED_VALUES:
        digest = hashlib.sha256(np.asarray(values, dtype).tobytes()).hexdigest()
        return {"dtype": dtype, "shape": shape, "value": {"sha256": digest}}
    if dtype == "string":
        values = [value.decode("latin-1") for value in values]
    if dtype == "float32":
        values = np.asarray(values, np.float32).tolist()
    return {"dtype": dtype, "shape": shape, "value": values}


def _shapes(graph: Any, recorded: dict[str, Any]) -> str | None:
    for name, wanted in recorded.items():
        if in_gradients(name):
            continue
        shape = graph.get_tensor_by_name(name).shape
        got = None if shape.ndims is None else shape.as_list()
        if got != wanted:
            return f"{name} has shape {got}, recorded {wanted}"
    return None


def _collections(graph: Any, recorded: dict[str, list[str]]) -> str | None:
    got = {str(key): [getattr(item, "name", str(item)) for item in graph.get_collection(key)] for key in graph.get_all_collection_keys()}
    contexts = ("while_context", "cond_context")  # Python objects without a name
    got = {key: items for key, items in got.items() if items and not key.startswith("_") and key not in contexts}
    wanted = {key: items for key, items in recorded.items() if items and key not in contexts}
    return None if got == wanted else f"collections {got}, recorded {wanted}"


def _imported(case: Case, tf: Any) -> str | None:
    definition = tf.GraphDef()
    definition.ParseFromString((DATA / "graphs" / f"{case['id']}.pb").read_bytes())
    recorded = sorted((n["name"], n["op"], n["input"]) for n in case["nodes"])
    parsed = sorted((n.name, n.op, list(n.input)) for n in definition.node)
    if parsed != recorded:
        return "the parsed file has other nodes"
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(definition, name="")
    back = sorted((n.name, n.op, list(n.input)) for n in graph.as_graph_def().node)
    if _sorted_controls(back) == _sorted_controls(recorded):
        return None
    missing = [node for node in recorded if node not in back]
    return f"{len(back)} nodes after import, recorded {len(recorded)}; first that is missing or different: {missing[:1]}"


def _sorted_controls(nodes: list[Any]) -> list[Any]:
    return [(name, op, [i for i in inputs if i[0] != "^"], sorted(i for i in inputs if i[0] == "^")) for name, op, inputs in nodes]


def frozen_aspects(case: Case) -> list[str]:
    """What is recorded of a frozen graph."""
    return ["output", "text_output"] + ["gradient"] * (f"{case['id']}_dx" in array_names())


def array_names() -> list[str]:
    """The names of the arrays that belong to the frozen graphs."""
    with np.load(DATA / "graphs" / "frozen.npz", allow_pickle=False) as file:
        return list(file.files)


def run_frozen(case: Case, tf: Any) -> Report:
    """Read a frozen graph in its binary and its text form, run it, and differentiate it."""
    report: Report = dict.fromkeys(frozen_aspects(case))
    report["output"] = _guard(lambda: _frozen(case, "pb", tf, gradient=False))
    report["text_output"] = _guard(lambda: _frozen(case, "pbtxt", tf, gradient=False))
    if "gradient" in report:
        report["gradient"] = _guard(lambda: _frozen(case, "pb", tf, gradient=True))
    return report


def _frozen(case: Case, form: str, tf: Any, gradient: bool) -> str | None:
    graph_file, arrays = DATA / "graphs" / f"{case['id']}.{form}", "graphs/frozen.npz"
    with tf.Graph().as_default(), tf.Session() as session:
        definition = tf.GraphDef()
        if form == "pb":
            definition.ParseFromString(graph_file.read_bytes())
        else:
            text_format.Parse(graph_file.read_text(encoding="utf-8"), definition)
        x, y = tf.import_graph_def(definition, return_elements=[case["input"], case["output"]], name="imported")
        fetched = tf.gradients(y, x)[0] if gradient else y
        got = session.run(fetched, {x: array(arrays, f"{case['id']}_x")})
    return difference(got, array(arrays, f"{case['id']}_dx" if gradient else f"{case['id']}_y"), {"rtol": 1e-4, "atol": 1e-5})
