"""Nested structures: lists, tuples, namedtuples, dicts and attrs classes with values at the leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def _is_attrs(value: Any) -> bool:
    return hasattr(type(value), "__attrs_attrs__")


def is_nested(value: Any) -> bool:
    """Whether `value` is a structure rather than a leaf (strings are leaves)."""
    kind = type(value)
    if kind in (list, tuple, dict):
        return True
    if isinstance(value, str | bytes | bytearray):
        return False
    if is_namedtuple(value):  # also one that has a dtype, like the state of an LSTM
        return True
    return isinstance(value, Mapping) or _is_attrs(value) or isinstance(value, Sequence) and not hasattr(value, "dtype")


def is_namedtuple(value: Any) -> bool:
    """Whether `value` is an instance of a namedtuple."""
    return isinstance(value, tuple) and hasattr(value, "_fields")


def children(structure: Any) -> list[tuple[Any, Any]]:
    """The (key, value) pairs one level down; dicts by sorted key."""
    if isinstance(structure, Mapping):
        try:
            keys = sorted(structure)
        except TypeError:
            raise TypeError("nest only supports dicts with sortable keys.") from None
        return [(key, structure[key]) for key in keys]
    if _is_attrs(structure):
        return [(field.name, getattr(structure, field.name)) for field in type(structure).__attrs_attrs__]
    if is_namedtuple(structure):
        return list(zip(structure._fields, structure))
    return list(enumerate(structure))


def rebuild(structure: Any, values: Sequence[Any]) -> Any:
    """A structure like `structure` with `values` one level down, in the order of `children`."""
    kind = type(structure)
    if isinstance(structure, Mapping):
        new = dict(zip((key for key, _ in children(structure)), values))
        ordered = [(key, new[key]) for key in structure]
        if hasattr(structure, "default_factory"):
            return kind(structure.default_factory, ordered)
        return kind(ordered)
    if _is_attrs(structure):
        return kind(*values)
    if is_namedtuple(structure):
        return kind(*values)
    return kind(values)


def _walk(structure: Any) -> Iterator[Any]:
    stack = [structure]
    while stack:
        item = stack.pop()
        if is_nested(item):
            stack.extend(value for _, value in reversed(children(item)))
        else:
            yield item


def flatten(structure: Any) -> list[Any]:
    """All leaves of a structure, in order; dicts by sorted key.

    >>> flatten({"b": [1, 2], "a": (3,)})
    [3, 1, 2]
    """
    return list(_walk(structure))


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """A structure like `structure` whose leaves are `flat_sequence`.

    Raises:
      ValueError: when the number of leaves differs.
    """
    flat = list(flat_sequence)
    wanted = len(flatten(structure))
    if wanted != len(flat):
        raise ValueError(
            f"Could not pack sequence. Structure had {wanted} elements, but flat_sequence had {len(flat)} elements. "
            f"Structure: {structure}, flat_sequence: {flat}."
        )
    leaves = iter(flat)

    def pack(item: Any) -> Any:
        if not is_nested(item):
            return next(leaves)
        return rebuild(item, [pack(value) for _, value in children(item)])

    return pack(structure)


def map_structure(function: Callable[..., Any], *structures: Any, check_types: bool = True) -> Any:
    """Apply `function` to corresponding leaves of structures of the same form."""
    for other in structures[1:]:
        assert_same_structure(structures[0], other, check_types=check_types)
    leaves = zip(*(flatten(structure) for structure in structures))
    return pack_sequence_as(structures[0], [function(*items) for items in leaves])


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True) -> None:
    """Raise unless both structures have the same form.

    Raises:
      ValueError: when the number of leaves or the nesting differs.
      TypeError: when sequence types differ and `check_types` is true.
    """
    stack = [(nest1, nest2)]
    while stack:
        first, second = stack.pop()
        if is_nested(first) != is_nested(second):
            raise ValueError(
                f"The two structures don't have the same nested structure.\n\nFirst structure: {nest1}\n\nSecond structure: {nest2}"
            )
        if not is_nested(first):
            continue
        if check_types and type(first) is not type(second) and not (isinstance(first, Mapping) and isinstance(second, Mapping)):
            raise TypeError(
                f"The two structures don't have the same sequence type. First structure has type {type(first)}, "
                f"while second structure has type {type(second)}."
            )
        one, two = children(first), children(second)
        if len(one) != len(two):
            raise ValueError(
                f"The two structures don't have the same number of elements.\n\nFirst structure: {nest1}\n\nSecond structure: {nest2}"
            )
        if isinstance(first, Mapping) and [key for key, _ in one] != [key for key, _ in two]:
            raise ValueError(f"The two dictionaries don't have the same set of keys. First structure has keys {[k for k, _ in one]}, "
                             f"while second structure has keys {[k for k, _ in two]}.")  # fmt: skip
        stack.extend((a, b) for (_, a), (_, b) in zip(one, two))
