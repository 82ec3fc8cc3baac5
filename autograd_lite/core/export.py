"""Public names are marked where the thing itself is written.

`@export("nn.relu", "math.relu")` notes that `tf.nn.relu` is this function. Nothing is imported or looked up at that moment: the record is
a dictionary of strings. `tools/facade.py` reads it and writes the files users import (`autograd_lite/nn.py` and the others).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

Exported = TypeVar("Exported")

_DOTTED_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")


class Place(NamedTuple):
    """Where a public name lives: `attribute` of `module`. If `computed`, it is a function whose result is the value, asked each time."""

    module: str
    attribute: str
    computed: bool = False


# "nn.relu" -> where it is. Without the leading `tf.`.
PUBLIC: dict[str, Place] = {}

# id(object) -> its public names, the preferred one first; the objects live as long as their modules.
_names_of_object: dict[int, tuple[str, ...]] = {}


def record_public_names(thing: Any, module: str, attribute: str, names: Iterable[str]) -> None:
    """Note that `thing`, found as `attribute` of `module`, is public under each of `names`.

    Raises:
        ValueError: a name is not a dotted Python name, is taken by something else, or `attribute` is not at the top of its module.
    """
    names = tuple(names)
    _record(Place(module, attribute), names)
    known = _names_of_object.get(id(thing), ())
    _names_of_object[id(thing)] = known + tuple(name for name in names if name not in known)


def export(*names: str) -> Callable[[Exported], Exported]:
    """Mark a function or class as public under `names` (without `tf.`); the first is the name that documentation uses.

    >>> @export("nn.docs_example")
    ... def docs_example(x):
    ...     return x
    >>> public_names(docs_example)
    ('nn.docs_example',)
    >>> PUBLIC.pop("nn.docs_example").attribute
    'docs_example'
    """

    def mark(thing: Exported) -> Exported:
        record_public_names(thing, thing.__module__, thing.__qualname__, names)  # type: ignore[attr-defined]
        return thing

    return mark


def export_constant(module: str, attribute: str, *names: str) -> None:
    """Mark a module-level value (a dtype, a number, a table) as public: `export_constant(__name__, "float32", "float32")`."""
    _record(Place(module, attribute), names)


def export_computed(*names: str) -> Callable[[Exported], Exported]:
    """Mark a function without arguments whose *result* is public and may change, such as `tf.VERSION`, which follows the release."""

    def mark(function: Exported) -> Exported:
        _record(Place(function.__module__, function.__qualname__, computed=True), names)  # type: ignore[attr-defined]
        return function

    return mark


def public_names(thing: Any) -> tuple[str, ...]:
    """The public names of a function, class or op, the preferred one first; empty if it is not public."""
    return _names_of_object.get(id(thing), ())


def _record(place: Place, names: tuple[str, ...]) -> None:
    if not place.attribute.isidentifier():
        raise ValueError(f"{place.module}.{place.attribute} is not at the top of its module, so it cannot be public as {list(names)}")
    for name in names:
        if not _DOTTED_NAME.match(name):
            raise ValueError(f"{name!r} is not a public name; wanted something like 'nn.relu' (for {place.module}.{place.attribute})")
        other = PUBLIC.get(name, place)
        if other != place:
            raise ValueError(f"tf.{name} is {other.module}.{other.attribute} already; {place.module}.{place.attribute} cannot be it too")
    for name in names:
        PUBLIC[name] = place
