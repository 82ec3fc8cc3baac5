"""Files of TensorFlow's formats: checkpoints, a SavedModel, record files and event files, read and written again."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.golden.comparing import difference, first_line
from tests.golden.recorded import DATA, Case, array, read_json

Report = dict[str, "str | None"]
Check = Callable[[Any], "str | None"]


def checks() -> dict[str, Check]:
    """Every check on files: its name -> a function of the module under test that gives None, or what is wrong."""
    found: dict[str, Check] = {"saved_model": _saved_model, "events": _events, "histograms": _histograms}
    for case in read_json("checkpoints/index.json"):
        if "tensors" in case:
            found[f"checkpoint/{case['id']}/read"] = _bind(_read_checkpoint, case)
            if case["id"] != "object_based":
                found[f"checkpoint/{case['id']}/restore"] = _bind(_restore_checkpoint, case)
                found[f"checkpoint/{case['id']}/write"] = _bind(_write_checkpoint, case)
    for case in read_json("records/index.json"):
        if "records_latin1" in case:
            found[f"records/{case['id']}/read"] = _bind(_read_records, case)
            found[f"records/{case['id']}/write"] = _bind(_write_records, case)
        elif "examples" in case:
            found[f"records/{case['id']}/examples"] = _bind(_read_examples, case)
    return dict(sorted(found.items()))


def run(check: Check, tf: Any) -> str | None:
    """None if the check holds, else what is wrong."""
    try:
        with tf.Graph().as_default():
            return check(tf)
    except Exception as error:
        return first_line(error)


def _bind(check: Callable[[Case, Any], str | None], case: Case) -> Check:
    return lambda tf: check(case, tf)


def _wanted(case: Case, name: str) -> np.ndarray:
    entry = case["tensors"][name]
    if "str" in entry:
        return array("", entry)
    if "float" in entry:
        return np.array(entry["float"]).reshape(entry["shape"])
    return array(f"checkpoints/{case['id']}.expect.npz", name.replace("/", "|"))


def _read_checkpoint(case: Case, tf: Any) -> str | None:
    reader = tf.train.NewCheckpointReader(str(DATA / "checkpoints" / case["prefix"]))
    shapes = {name: entry["shape"] for name, entry in case["tensors"].items()}
    if reader.get_variable_to_shape_map() != shapes:
        return f"shapes {reader.get_variable_to_shape_map()}, recorded {shapes}"
    for name, entry in case["tensors"].items():
        if not reader.has_tensor(name):
            return f"has_tensor({name!r}) is False"
        value = reader.get_tensor(name)
        value = np.asarray(value).astype(np.float64) if entry["dtype"] == "bfloat16" else value
        wrong = None if "_CHECKPOINTABLE" in name else difference(value, _wanted(case, name))
        if wrong:
            return f"{name}: {wrong}"
    return None


def _build(case: Case, tf: Any) -> dict[str, Any]:
    names: dict[str, Any] = {"tf": tf, "np": np}
    exec(case["code"], names)  # the code of this data set only
    return names


def _session(tf: Any) -> Any:
    return tf.Session(config=tf.ConfigProto(device_count={"CPU": 2}))  # one case places variables on a second CPU device


def _restore_checkpoint(case: Case, tf: Any) -> str | None:
    saver = _build(case, tf).get("sv") or tf.train.Saver()
    variables = tf.global_variables()
    with _session(tf) as session:
        session.run(tf.global_variables_initializer())
        wanted = session.run(variables)  # the file was saved right after its program had initialised
    with _session(tf) as session:
        saver.restore(session, str(DATA / "checkpoints" / case["prefix"]))
        restored = session.run(variables)
    for variable, recorded, value in zip(variables, wanted, restored):
        wrong = difference(value, np.asarray(recorded))
        if wrong:
            return f"{variable.name}: {wrong}"
    return None


def _write_checkpoint(case: Case, tf: Any) -> str | None:
    names = _build(case, tf)
    version = {"write_version": tf.train.SaverDef.V1} if case["id"] == "v1_format" else {}
    saver = names.get("sv") or tf.train.Saver(**version)
    with tempfile.TemporaryDirectory() as folder, _session(tf) as session:
        session.run(tf.global_variables_initializer())
        saver.save(session, f"{folder}/model.ckpt", global_step=names.get("step_no"))
        for file, recorded in case["files"].items():
            if file.endswith(".meta"):
                continue  # holds the graph, whose gradients may differ
            content = (Path(folder) / file).read_bytes()
            if hashlib.sha256(content).hexdigest() != recorded["sha256"]:
                return f"{file} has {len(content)} bytes, recorded {recorded['size']}; not the same bytes"
    return None


def _saved_model(tf: Any) -> str | None:
    with tf.Session() as session:
        meta_graph = tf.saved_model.load(session, ["serve"], str(DATA / "checkpoints" / "saved_model"))
        signature = meta_graph.signature_def["serving_default"]
        got = session.run(signature.outputs["y"].name, {signature.inputs["x"].name: [[1.0, 1.0], [0.0, 3.0]]})
    return difference(got, np.array([[3.0], [6.0]], np.float32))


def _options(case: Case, tf: Any) -> Any:
    kinds = tf.python_io.TFRecordCompressionType
    return {"gzip": tf.python_io.TFRecordOptions(kinds.GZIP), "zlib": tf.python_io.TFRecordOptions(kinds.ZLIB)}.get(case["compression"])


def _read_records(case: Case, tf: Any) -> str | None:
    got = list(tf.python_io.tf_record_iterator(str(DATA / "records" / case["file"]), _options(case, tf)))
    wanted = [text.encode("latin-1") for text in case["records_latin1"]]
    return None if got == wanted else f"{len(got)} records, recorded {len(wanted)}, or other bytes"


def _write_records(case: Case, tf: Any) -> str | None:
    wanted = [text.encode("latin-1") for text in case["records_latin1"]]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / case["file"]
        with tf.python_io.TFRecordWriter(str(file), _options(case, tf)) as writer:
            for record in wanted:
                writer.write(record)
        if list(tf.python_io.tf_record_iterator(str(file), _options(case, tf))) != wanted:
            return "the file does not read back"
        same = case["compression"] or file.read_bytes() == (DATA / "records" / case["file"]).read_bytes()
    return None if same else "not the same bytes"


def _read_examples(case: Case, tf: Any) -> str | None:
    records = list(tf.python_io.tf_record_iterator(str(DATA / "records" / case["file"])))
    for record, wanted in zip(records, case["examples"]):
        feature = tf.train.Example.FromString(record).features.feature
        got = {
            "label": list(feature["label"].int64_list.value),
            "x": list(feature["x"].float_list.value),
            "name": [text.decode() for text in feature["name"].bytes_list.value],
        }
        if got != {key: wanted[key] for key in got}:
            return f"{got}, recorded {wanted}"
    return None if len(records) == len(case["examples"]) else f"{len(records)} examples, recorded {len(case['examples'])}"


def _events(tf: Any) -> str | None:
    recorded = read_json("records/events.json")["events"]
    (file,) = (DATA / "records" / "events").iterdir()
    events = list(tf.train.summary_iterator(str(file)))
    got = [(e.step, e.WhichOneof("what"), [v.tag for v in e.summary.value]) for e in events]
    wanted = [(e["step"], e["what"], [v["tag"] for v in e.get("values", [])]) for e in recorded]
    return None if got == wanted else f"events {got}, recorded {wanted}"


def _histograms(tf: Any) -> str | None:
    for case in read_json("records/histograms.json"):
        with tf.Session() as session:
            data = session.run(tf.summary.histogram("h", tf.constant(case["data"], tf.float64)))
        histogram = tf.Summary.FromString(data).value[0].histo
        statistics = ("min", "max", "num", "sum", "sum_squares")
        same = np.allclose(list(histogram.bucket_limit), case["limit"]) and list(histogram.bucket) == case["bucket"]
        if not (same and np.allclose([getattr(histogram, s) for s in statistics], [case[s] for s in statistics])):
            return f"the histogram of {str(case['data'])[:60]} differs"
    return None
