"""Every public function takes TensorFlow 1.15's arguments: names, order and defaults."""

from __future__ import annotations

import ast
import enum
import inspect
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.wire import messages
from autograd_lite.wire.text_format import from_text
from tests.structure.public_names import public_things
from tests.structure.source_files import ROOT

RECORDED: dict[str, dict[str, Any]] = json.loads((ROOT / "tests/structure/data/tf1_signatures.json").read_text(encoding="utf-8"))

# Names of ours that TensorFlow 1.15 does not have, or has with another signature, and why.
OTHER_ON_PURPOSE = {
    "sparse.split": "the guard against arguments by position was recorded by how it prints",
    "sparse_split": "the guard against arguments by position was recorded by how it prints",
    "OpError": "its code may be left out: each class of error knows its own",
    "errors.OpError": "its code may be left out: each class of error knows its own",
    "errors.UnknownError": "its code may be left out: each class of error knows its own",
    "train.Coordinator.stop_on_exception": "the context was recorded by what contextlib makes of it",
    "train.Supervisor.managed_session": "the context was recorded by what contextlib makes of it",
    **dict.fromkeys(
        [f"{module}.{name}Wrapper" for module in ("nn.rnn_cell", "contrib.rnn") for name in ("Dropout", "Residual", "Device")],
        "its arguments were recorded as *args, **kwargs",
    ),
    **dict.fromkeys(
        [f"nn.rnn_cell.{name}Cell.build" for name in ("BasicRNN", "GRU", "BasicLSTM", "LSTM")],
        "its arguments were recorded by the names that a decorator gives them; as of contrib.rnn here",
    ),
    "Tensor": "tensors are made by ops, not by programs",
    "Operation": "operations are made by graphs, not by programs",
    "DType": "dtypes are constants here; tf.as_dtype finds one, by number too",
    "dtypes.DType": "dtypes are constants here; tf.as_dtype finds one, by number too",
}
OPS_OTHER_ON_PURPOSE = {
    "Equal": "incompatible_shape_error is written by release 2.21 only",
    "NotEqual": "incompatible_shape_error is written by release 2.21 only",
    "ResourceGather": "batch_dims is always 0; tf.gather gathers with batch_dims by other ops",
}
# Defaults that were recorded by the name of a constant.
_NAMED_CONSTANTS = {
    "inf": float("inf"),
    "UnconnectedGradients.NONE": "none",
    "DATA_FORMAT_NHWC": "NHWC",
    "DEFAULT_SOURCE_URL": "https://storage.googleapis.com/cvdf-datasets/mnist/",
}

# Methods that are not there yet; one that arrives must be taken out.
METHODS_NOT_YET: set[str] = set()

_NO_DEFAULT = inspect.Parameter.empty


def _find(name: str) -> Any:
    found: Any = tf
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _callables() -> list[str]:
    """Public functions and classes, and the methods of those classes, that 1.15 has as well."""
    names = [name for name in public_things() if RECORDED.get(name, {}).get("kind") in ("function", "class")]
    classes = [name for name in names if RECORDED[name]["kind"] == "class"]
    methods = [name for name, entry in RECORDED.items() if entry["kind"] == "method" and name.rpartition(".")[0] in classes]
    return [name for name in [*names, *methods] if "args" in RECORDED[name] and not RECORDED[name].get("proto")]


def _parameters(thing: Any) -> list[inspect.Parameter] | None:
    """The parameters of a function, or of a class's constructor without self; None when Python cannot tell."""
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):
        return None
    return parameters


def _mismatch(name: str) -> str | None:
    entry = RECORDED[name]
    thing = _find(name)
    wanted = entry["args"]
    if wanted is None or hasattr(thing, "_fields"):  # of a named tuple TensorFlow's constructor was not recorded
        return None
    parameters = _parameters(thing)
    if parameters is None:
        return "has no signature that Python can read"
    if entry["kind"] == "method" and wanted[:1] == ["cls"]:
        wanted = wanted[1:]
    got = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if all(p.kind == p.KEYWORD_ONLY for p in parameters):  # the order is free then
        got = [n for n in wanted if n in got] + [n for n in got if n not in wanted]
    if got[: len(wanted)] != wanted:
        return f"takes ({', '.join(got)}); TensorFlow 1.15 takes ({', '.join(wanted)})"
    extra = [p.name for p in parameters if p.name in got[len(wanted) :] and p.default is _NO_DEFAULT]
    if extra:
        return f"needs {extra}, which TensorFlow 1.15 does not have"
    return _wrong_defaults(parameters, wanted, entry.get("defaults", {}))


def _wrong_defaults(parameters: list[inspect.Parameter], wanted: list[str], defaults: dict[str, Any]) -> str | None:
    for parameter in parameters:
        if parameter.name not in wanted:
            continue
        if parameter.name not in defaults:
            # None may stand for "given under its other name": filter and filters, block_size and block_shape.
            if parameter.default not in (_NO_DEFAULT, None) and parameter.name not in ("name", "self"):
                return f"{parameter.name} has the default {parameter.default!r}; in TensorFlow 1.15 it must be given"
        elif parameter.default is _NO_DEFAULT:
            return f"{parameter.name} must be given; in TensorFlow 1.15 its default is {defaults[parameter.name]!r}"
        elif not _same_default(parameter.default, defaults[parameter.name]):
            return f"{parameter.name}={parameter.default!r}; in TensorFlow 1.15 {defaults[parameter.name]!r}"
    return None


def _same_default(ours: Any, recorded: Any) -> bool:
    """Whether a default equals the recorded one: JSON as it is, other values as their text."""
    if isinstance(recorded, str) and (recorded.startswith("<") or recorded.endswith("initializer()")):
        return True  # an object: an initializer, a sentinel
    if recorded in ("inf", "-inf"):  # JSON has no infinity
        return bool(ours == float(recorded))
    if recorded == "FLAGS":
        return ours is tf.flags.FLAGS
    if isinstance(recorded, str) and recorded.startswith("tf."):
        return repr(ours) == repr(_find(recorded[3:]))
    if isinstance(recorded, str) and recorded[:1] in "[(" and not isinstance(ours, (str, bytes)):
        return list(ours) == list(ast.literal_eval(recorded))
    if isinstance(ours, np.ndarray):
        wanted = tf.make_ndarray(from_text(recorded, messages.TensorProto()))
        return ours.dtype == wanted.dtype and np.array_equal(ours, wanted)
    if isinstance(ours, enum.Enum):
        return recorded in (str(ours), _NAMED_CONSTANTS.get(str(ours))) or _NAMED_CONSTANTS.get(str(recorded)) == ours.value
    recorded = _NAMED_CONSTANTS.get(recorded, recorded) if isinstance(recorded, str) else recorded
    if isinstance(recorded, str) and isinstance(ours, bytes):
        return ours.decode() == recorded
    return type(ours) in (type(recorded), int, float) and ours == recorded


def _mismatches(names: Iterable[str]) -> list[str]:
    return [f"tf.{name} {wrong}" for name in names if (wrong := _mismatch(name)) is not None]


def test_arguments_are_those_of_tensorflow() -> None:
    names = _callables()
    assert len(names) > 3000
    wrong = _mismatches(name for name in names if name not in OTHER_ON_PURPOSE and name not in METHODS_NOT_YET)
    assert not wrong, "\n".join(wrong)


def test_methods_that_are_not_there_yet_are_not_there() -> None:
    for name in METHODS_NOT_YET:
        with pytest.raises(AttributeError):
            _find(name)


def test_ops_take_the_arguments_of_tensorflow() -> None:
    names = [name for name in dir(tf.raw_ops) if f"raw_ops.{name}" in RECORDED]
    assert len(names) > 700
    wrong = _mismatches(f"raw_ops.{name}" for name in names if name not in OPS_OTHER_ON_PURPOSE)
    assert not wrong, "\n".join(wrong)


def test_exceptions_to_the_rule_are_still_public() -> None:
    assert set(OTHER_ON_PURPOSE) <= set(public_things()) | {n for n in RECORDED if RECORDED[n]["kind"] == "method"}


@pytest.mark.parametrize(
    ("ours", "recorded", "same"), [(None, None, True), (0, False, True), ((1, 1), "(1, 1)", True), ("SAME", "VALID", False)]
)
def test_defaults_are_compared_by_value(ours: Any, recorded: Any, same: bool) -> None:
    assert _same_default(ours, recorded) is same
