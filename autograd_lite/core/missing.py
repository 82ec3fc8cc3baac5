"""What to tell someone who asks for a TensorFlow name that is not there: the nearest names, or that it has not been built yet."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

# Written by `python tools/tf1_names.py`: "nn: relu relu6 ..." a line per public module of TF 1.15, and "removed: sub=subtract ...".
_NAMES_FILE = Path(__file__).with_name("tf1_names.txt")
_REMOVED = "removed"
_ROOT = "tf"


@lru_cache(maxsize=1)
def tf1_names() -> dict[str, tuple[str, ...]]:
    """Public module of TF 1.15 (`tf`, `tf.nn`, ...) -> the names in it."""
    lines = (line.split(": ", 1) for line in _NAMES_FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {module: tuple(names.split()) for module, names in lines}


def replacement(name: str) -> str | None:
    """The name that took over from one that TensorFlow dropped before 1.15: "sub" -> "subtract"."""
    return dict(entry.split("=") for entry in tf1_names()[_REMOVED]).get(name)


def _rank(module: str) -> tuple[bool, int, str]:
    """Modules that people mean first come first: `tf.nn` before `tf.keras.backend`."""
    return module.startswith(("tf.keras", "tf.contrib", "tf.raw_ops", _REMOVED)), module.count("."), module


@lru_cache(maxsize=64)  # a program that asks `hasattr` in a loop should not search each time
def _nearest(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(difflib.get_close_matches(name, names, n=3, cutoff=0.7)))


def explain(public_module: str, name: str, available: Iterable[str]) -> list[str]:
    """Lines of help for `tf.<public_module>.<name>`, given the names that are `available` in that module."""
    dotted = f"{public_module}.{name}" if public_module else name
    module = f"{_ROOT}.{public_module}" if public_module else _ROOT
    now = replacement(dotted)
    if now is not None:
        return [f"TensorFlow removed tf.{dotted} before 1.15; it is tf.{now} now."]
    if name in tf1_names().get(module, ()):
        return [f"TensorFlow 1.15 has tf.{dotted}; autograd_lite does not have it yet."]
    lines = []
    here = list(available)
    near = _nearest(name, (*here, *tf1_names().get(module, ())))
    if near:
        shown = (f"{module}.{other}" + " (not there yet)" * (other not in here) for other in near)
        lines.append(f"The nearest: {', '.join(shown)}")
    elsewhere = [f"{other}.{name}" for other in sorted(tf1_names(), key=_rank) if name in tf1_names()[other]]
    if elsewhere:
        lines.append("The same name elsewhere in TensorFlow 1.15: " + ", ".join(elsewhere[:3]))
    if dotted.startswith("contrib."):  # whose names the list of TF 1.15's does not hold
        lines.append("Only a part of tf.contrib is here.")
    return lines or [f"TensorFlow 1.15 has no tf.{dotted} either."]
