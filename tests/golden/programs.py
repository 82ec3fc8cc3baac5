"""Small training loops, random streams, initialisers and input pipelines: what they give, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.golden.calling import flatten
from tests.golden.comparing import difference, first_line
from tests.golden.recorded import Case, array

Report = dict[str, "str | None"]

_EDGE = 64  # of a large array the first and last 64 elements are recorded, and the sum


def aspects(case: Case) -> list[str]:
    """What is recorded of a program."""
    return ["results", "variables"] + ["seeds"] * bool(case.get("op_seeds"))


def run(case: Case, file: str, tf: Any) -> Report:
    """Build a program, run it step by step, and compare; `file` holds its arrays."""
    report: Report = dict.fromkeys(aspects(case))
    with tf.Graph().as_default() as graph:
        names: dict[str, Any] = {"tf": tf, "np": np}
        try:
            exec(case["code"], names)  # the code of this data set only
        except Exception as error:
            return dict.fromkeys(report, first_line(error))
        report["variables"] = _variables(case, tf)
        if "seeds" in report:
            report["seeds"] = _seeds(case, graph)
        try:
            report["results"] = _results(case, file, names, tf)
        except Exception as error:
            report["results"] = first_line(error)
    return report


def _variables(case: Case, tf: Any) -> str | None:
    made = tf.global_variables() + tf.local_variables()
    got = [[v.name, v.shape.as_list(), v.dtype.base_dtype.name] for v in made]
    wanted = [entry[:3] for entry in case["variables"]]
    return None if got == wanted else f"variables {got[:6]}, recorded {wanted[:6]}"


def _seeds(case: Case, graph: Any) -> str | None:
    wanted = case["op_seeds"]
    operations = [graph.get_operation_by_name(name) for name, *_ in wanted]
    got = [[op.name, op.type, op.get_attr("seed"), op.get_attr("seed2")] for op in operations]
    return None if got == wanted else f"seeds {got[:6]}, recorded {wanted[:6]}"


def _results(case: Case, file: str, names: dict[str, Any], tf: Any) -> str | None:
    fetch = names["fetch"]
    labels = list(fetch) if isinstance(fetch, dict) else [f"f{i}" for i in range(len(fetch))]
    if labels != case["fetch_names"]:
        return f"fetches {labels[:8]}, recorded {case['fetch_names'][:8]}"
    tensors = list(fetch.values()) if isinstance(fetch, dict) else list(fetch)
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer(), tf.tables_initializer()])
        if names.get("init_op") is not None:
            session.run(names["init_op"])
        return _steps(case, file, names, session, list(zip(labels, tensors)), tf)


def _steps(case: Case, file: str, names: dict[str, Any], session: Any, fetches: list[tuple[str, Any]], tf: Any) -> str | None:
    feeds, step, done = names.get("feeds"), names.get("step"), 0
    recorded = case["results"]
    while case["steps"] is None or done < case["steps"]:
        feed = feeds[done % len(feeds)] if feeds else None
        try:
            if step is not None:
                session.run(step, feed)
            values = session.run([tensor for _, tensor in fetches], feed)
        except tf.errors.OutOfRangeError:
            break
        if done >= len(recorded):
            return f"goes on after {done} results"
        wrong = _row(case, file, [(name, leaf) for (name, _), value in zip(fetches, values) for leaf in _leaves(value, tf)], recorded[done])
        if wrong:
            return f"step {done}: {wrong}"
        done += 1
    return None if done == len(recorded) else f"stops after {done} of {len(recorded)} results"


def _leaves(value: Any, tf: Any) -> list[Any]:
    return flatten(value, tf) if isinstance(value, (list, tuple, dict)) else [value]


def _row(case: Case, file: str, got: list[tuple[str, Any]], wanted: list[dict[str, Any]]) -> str | None:
    if len(got) != len(wanted):
        return f"{len(got)} arrays, recorded {len(wanted)}"
    for (name, value), entry in zip(got, wanted):
        wrong = _large(value, entry, file, case) if "big" in entry else _small(value, entry, file, case)
        if wrong:
            return f"{name}: {wrong}"
    return None


def _small(value: Any, entry: dict[str, Any], file: str, case: Case) -> str | None:
    return difference(value, array(file, entry if "str" in entry else entry["key"]), case.get("tol"))


def _large(value: Any, entry: dict[str, Any], file: str, case: Case) -> str | None:
    value = np.asarray(value)
    if list(value.shape) != entry["shape"]:
        return f"shape {value.shape}, recorded {entry['shape']}"
    edges = np.concatenate([value.ravel()[:_EDGE], value.ravel()[-_EDGE:]])
    wrong = difference(edges, array(file, entry["big"]), case.get("tol"))
    total = float(value.astype(np.float64).sum())
    if wrong or abs(total - entry["sum"]) <= 1e-6 * max(1.0, abs(entry["sum"])):
        return wrong
    return f"sum {total}, recorded {entry['sum']}"
