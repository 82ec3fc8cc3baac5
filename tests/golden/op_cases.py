"""One call of one op: its values, the shapes inferred, the nodes made, and its first and second gradients.

Each aspect is its own test, but the graph is built and run once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.golden.calling import call, shape_of, tensors_of
from tests.golden.comparing import difference, first_difference, first_line
from tests.golden.gradient_names import gradient_scope, in_gradients
from tests.golden.recorded import Case, array

Report = dict[str, "str | None"]  # aspect -> None when it holds, else what is wrong


def aspects(case: Case) -> list[str]:
    """What is recorded of a case."""
    has_gradients = "grads" in case and not case.get("ambiguous")
    wanted = {
        "values": True,
        "shapes": True,
        "unknown_rank": "unknown_rank" in case or _refused_while_building(case),
        "nodes": "nodes" in case or "node_count" in case,
        "gradients": has_gradients,
        "second_gradients": has_gradients and "grad2" in case,
    }
    return [aspect for aspect, recorded in wanted.items() if recorded]


def _refused_while_building(case: Case) -> bool:
    error = case.get("unknown_rank_error", "")
    return bool(error) and "Graph execution error" not in error  # that is one of the run, about the values fed


def run(case: Case, file: str, tf: Any) -> Report:
    """Build and run a case whose arrays are in `file`; every aspect is reported on its own."""
    report = dict.fromkeys(aspects(case))
    inputs = [array(file, entry["key"]) for entry in case["inputs"]]
    with tf.Graph().as_default() as graph:
        placeholders = [_placeholder(value, f"x{i}", tf) for i, value in enumerate(inputs)]
        try:
            outputs = tensors_of(call(case, placeholders, _literals(case, file), tf), tf)
        except Exception as error:
            return dict.fromkeys(report, first_line(error)) | _unknown_rank(case, file, inputs, tf)
        report["shapes"] = _static_shapes(case, outputs)
        if "nodes" in report:
            report["nodes"] = _nodes(case, graph.get_operations()[len(placeholders) :])
        with tf.Session() as session:
            running = _Running(case, file, tf, session, dict(zip(placeholders, inputs)))
            report["values"] = _attempt(lambda: running.values(outputs))
            if "gradients" in report:
                report["gradients"] = _attempt(lambda: running.gradients(placeholders, outputs))
            if "second_gradients" in report:
                report["second_gradients"] = _attempt(lambda: running.second_gradients(placeholders))
    return report | _unknown_rank(case, file, inputs, tf)


def _attempt(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except Exception as error:
        return first_line(error)


def _placeholder(value: np.ndarray, name: str, tf: Any, shape_known: bool = True) -> Any:
    dtype = tf.string if value.dtype == object else tf.as_dtype(value.dtype)
    return tf.placeholder(dtype, value.shape if shape_known else None, name=name)


def _literals(case: Case, file: str) -> list[np.ndarray]:
    return [array(file, key) for key in case.get("literals", [])]


def _static_shapes(case: Case, outputs: list[Any]) -> str | None:
    if len(outputs) != len(case["outputs"]):
        return f"{len(outputs)} outputs, recorded {len(case['outputs'])}"
    got = [(tensor.dtype.base_dtype.name, shape_of(tensor)) for tensor in outputs]
    wanted = [(entry["dtype"], entry["static"]) for entry in case["outputs"]]
    return None if got == wanted else f"dtypes and shapes {got}, recorded {wanted}"


def _nodes(case: Case, operations: list[Any]) -> str | None:
    if "nodes" not in case:
        count = case["node_count"]
        return None if len(operations) == count else f"{len(operations)} nodes, recorded {count}"
    got = [(op.name, op.type, [gradient_scope(tensor.name) for tensor in op.inputs]) for op in operations if not in_gradients(op.name)]
    # Control inputs (`^name`) stand in the record too; they are compared where whole graphs are, in graphs/.
    recorded = [(name, kind, inputs) for name, kind, inputs in case["nodes"] if not in_gradients(name)]
    wanted = [(name, kind, [gradient_scope(i) for i in inputs if not i.startswith("^")]) for name, kind, inputs in recorded]
    return first_difference(got, wanted, "nodes")


def _unknown_rank(case: Case, file: str, inputs: list[np.ndarray], tf: Any) -> Report:
    """The same call on placeholders without a shape: what is still inferred, or the class of the error."""
    if "unknown_rank" not in aspects(case):
        return {}
    with tf.Graph().as_default():
        placeholders = [_placeholder(value, f"x{i}", tf, shape_known=False) for i, value in enumerate(inputs)]
        try:
            got = [shape_of(tensor) for tensor in tensors_of(call(case, placeholders, _literals(case, file), tf), tf)]
        except Exception as error:
            wanted = case.get("unknown_rank_error", "no error")
            names = [kind.__name__ for kind in type(error).__mro__]
            return {"unknown_rank": None if wanted.split(":")[0] in names else f"{first_line(error)}; recorded {wanted}"}
    if "unknown_rank_error" in case:
        return {"unknown_rank": f"accepted; recorded {case['unknown_rank_error']}"}
    return {"unknown_rank": None if got == case["unknown_rank"] else f"shapes {got}, recorded {case['unknown_rank']}"}


class _Running:
    """A built case in a session; `first` keeps the gradients for the second ones."""

    def __init__(self, case: Case, file: str, tf: Any, session: Any, feeds: dict[Any, np.ndarray]) -> None:
        self.case, self.file, self.tf, self.session, self.feeds = case, file, tf, session, feeds
        self.tolerance = case.get("tol")
        self.first: dict[int, Any] = {}

    def values(self, outputs: list[Any]) -> str | None:
        """Compare what the outputs compute."""
        if len(outputs) != len(self.case["outputs"]):
            return f"{len(outputs)} outputs, recorded {len(self.case['outputs'])}"
        self.initialise()
        got = self.session.run(outputs, self.feeds) if outputs else []
        for index, (value, entry) in enumerate(zip(got, self.case["outputs"])):
            if self.case.get("ambiguous"):  # sign or order is free: only the shape is checked here
                wrong = None if list(np.shape(value)) == entry["shape"] else f"shape {np.shape(value)}, recorded {entry['shape']}"
            else:
                wrong = difference(value, array(self.file, entry["key"]), self.tolerance)
            if wrong:
                return f"output {index}: {wrong}"
        return None

    def initialise(self) -> None:
        """Run the initialisers of the variables that the call made."""
        variables = self.tf.global_variables() + self.tf.local_variables()
        if variables:
            self.session.run(self.tf.variables_initializer(variables), self.feeds)

    def gradients(self, placeholders: list[Any], outputs: list[Any]) -> str | None:
        """Compare the gradients of the outputs, with the recorded cotangents coming in."""
        tf = self.tf
        cotangents = [(entry["output"], array(self.file, entry["key"])) for entry in self.case["cotangents"]]
        incoming = [_placeholder(value, f"ct{index}", tf) for index, value in cotangents]
        self.feeds.update(zip(incoming, (value for _, value in cotangents)))
        self.sources = [placeholders[entry["input"]] for entry in self.case["grads"]]
        found = tf.gradients([outputs[index] for index, _ in cotangents], self.sources, grad_ys=incoming)
        for entry, gradient in zip(self.case["grads"], found):
            if gradient is not None:
                self.first[entry["input"]] = gradient
        return self.compare(self.case["grads"], found)

    def second_gradients(self, placeholders: list[Any]) -> str | None:
        """Compare the gradients of sum(first gradient * v) for the recorded v."""
        tf, recorded = self.tf, self.case["grad2"]
        if not self.first:
            return "there is no first gradient"
        weights = [array(self.file, entry["key"]) for entry in recorded["v"]]
        incoming = [_placeholder(value, f"v{i}", tf) for i, value in enumerate(weights)]
        self.feeds.update(zip(incoming, weights))
        firsts = [tf.convert_to_tensor(self.first[entry["input"]]) for entry in recorded["v"]]
        return self.compare(recorded["grads"], tf.gradients(firsts, self.sources, grad_ys=incoming), zero_is_none=True)

    def compare(self, entries: list[dict[str, Any]], found: list[Any], zero_is_none: bool = False) -> str | None:
        """Compare gradients with their records: dense, IndexedSlices, or none at all."""
        for entry, gradient in zip(entries, found):
            wrong = self.compare_one(entry, gradient, zero_is_none)
            if wrong:
                return f"input {entry['input']}: {wrong}"
        return None

    def compare_one(self, entry: dict[str, Any], gradient: Any, zero_is_none: bool) -> str | None:
        """Compare one gradient with its record."""
        tf = self.tf
        if entry["kind"] == "none":
            if gradient is None or (zero_is_none and not np.any(self.session.run(tf.convert_to_tensor(gradient), self.feeds))):
                return None
            return "there is a gradient; recorded None"
        if gradient is None:
            return "the gradient is None"
        if entry["kind"] == "dense":
            got = self.session.run(tf.convert_to_tensor(gradient), self.feeds)
            return difference(got, array(self.file, entry["key"]), self.tolerance)
        if not isinstance(gradient, tf.IndexedSlices):
            return "the gradient is dense; recorded IndexedSlices"
        values, indices = self.session.run([gradient.values, gradient.indices], self.feeds)
        wrong = difference(values, array(self.file, entry["values"]), self.tolerance)
        return wrong or difference(indices, array(self.file, entry["indices"]))
