"""Reads op signatures such as `MatMul(a: T, b: T, *, transpose_a: bool = False) -> product: T`.

The grammar is described in docs/design/interfaces.md. A mistake in a signature is found when the op is declared, at import.
"""

from __future__ import annotations

import ast
import functools
import re
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core import attrs as attributes, dtypes


class Argument(NamedTuple):
    """An input or output: one tensor, or a list of tensors (`number` or `type_list` set)."""

    name: str
    dtype: dtypes.DType | None  # fixed type
    type_attr: Any  # str, or None: else the attribute that holds the type
    number: Any = None  # attribute that holds the length of a list of one type
    type_list: Any = None  # attribute that holds the types of a list
    is_ref: bool = False

    @property
    def is_list(self) -> bool:
        """Whether this stands for several tensors."""
        return self.number is not None or self.type_list is not None


class Attribute(NamedTuple):
    """An attribute: its kind, default and what it may be."""

    name: str
    kind: str
    default: Any = None
    has_default: bool = False
    allowed: tuple[Any, ...] = ()  # strings, or DTypes in TensorFlow's order
    minimum: int | None = None
    inferred: bool = False  # found from the inputs
    written: bool = False  # stands in the signature after `*`, so that callers may give it


class Signature(NamedTuple):
    """What an op takes and makes."""

    name: str
    inputs: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    attrs: dict[str, Attribute]


_TOP = re.compile(r"^\s*(\w+)\s*\(")
_NUMBERED = re.compile(r"^(\w+)\s*\*\s*(.+)$")
_NESTED = re.compile(r"[\[({'\"]")
_BRACKET = re.compile(r"[()]")
_WRAPPED = re.compile(r"^(\w+)\((.*)\)$")


def split(text: str) -> list[str]:
    """Split at the commas that are not inside brackets or quotes."""
    if not _NESTED.search(text):
        return [part.strip() for part in text.split(",") if part.strip()]
    parts, depth, quote, start = [], 0, "", 0
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def parse(signature: str, types: dict[str, str], type_defaults: dict[str, str]) -> Signature:
    """Read a signature; `types` lists what type variables admit.

    Raises:
      ValueError: when the signature cannot be read, saying what is wrong.
    """
    name, inside, after = _take_apart(signature)
    inputs: list[Argument] = []
    attrs: dict[str, Attribute] = {}
    written: list[Attribute] = []
    target = "inputs"
    for part in split(inside):
        if part == "*":
            target = "attrs"
            continue
        key, _, spec = (piece.strip() for piece in part.partition(":"))
        if not key.isidentifier() or not spec:
            raise ValueError(f"{signature}: cannot read {part!r}; wanted `name: type`")
        if target == "inputs":
            inputs.append(_argument(key, spec, signature))
        else:
            written.append(_attribute(key, spec, signature))
    outputs = [_argument(*_pair(part), signature) for part in split(after)]
    for argument in inputs:
        _imply(argument, attrs, True)
    for attribute in written:  # one that an input implies is written for the sake of its minimum only
        attrs[attribute.name] = attribute._replace(inferred=True, written=False) if attribute.name in attrs else attribute
    for argument in outputs:
        _imply(argument, attrs, False)
    for key, listed in types.items():
        if key not in attrs:
            raise ValueError(f"{signature}: types= names {key}, which the signature does not have")
        attrs[key] = attrs[key]._replace(allowed=_listed_types(listed))
    for key, default in type_defaults.items():
        attrs[key] = attrs[key]._replace(default=dtypes.as_dtype(default) if default else [], has_default=True)
    return Signature(name, tuple(inputs), tuple(outputs), attrs)


@functools.lru_cache(maxsize=256)
def _listed_types(text: str) -> tuple[dtypes.DType, ...]:
    return tuple(dtypes.as_dtype(item) for item in text.split())


def _take_apart(signature: str) -> tuple[str, str, str]:
    match = _TOP.match(signature)
    if match is None:
        raise ValueError(f"{signature}: an op signature looks like `Name(x: T, *, attr: int = 1) -> y: T`")
    depth = 1
    index = match.end()
    for bracket in _BRACKET.finditer(signature, index):
        depth += 1 if bracket.group() == "(" else -1
        index = bracket.end()
        if not depth:
            break
    rest = signature[index:].strip()
    if depth or rest and not rest.startswith("->"):
        raise ValueError(f"{signature}: brackets do not match, or `->` is missing")
    return match.group(1), signature[match.end() : index - 1], rest[2:].strip()


def _argument(name: str, spec: str, signature: str) -> Argument:
    match = _WRAPPED.match(spec)
    if match is not None and match.group(1) == "Ref":
        return _argument(name, match.group(2).strip(), signature)._replace(is_ref=True)
    if match is not None and match.group(1) == "list":
        return Argument(name, None, None, type_list=match.group(2).strip())
    match = _NUMBERED.match(spec)
    if match is not None:
        return _argument(name, match.group(2).strip(), signature)._replace(number=match.group(1))
    if spec[0].isupper() or spec not in dtypes._BY_NAME:
        if not spec.isidentifier():
            raise ValueError(f"{signature}: {spec!r} is no type of a tensor")
        return Argument(name, None, spec)
    return Argument(name, dtypes.as_dtype(spec), None)


def _imply(argument: Argument, attrs: dict[str, Attribute], from_input: bool) -> None:
    """Add the attributes that an input's or output's type speaks of."""
    for key, kind in ((argument.type_attr, "type"), (argument.number, "int"), (argument.type_list, "list(type)")):
        if key is None:
            continue
        minimum = 1 if kind == "int" else None
        if key not in attrs:
            attrs[key] = Attribute(key, kind, minimum=minimum, inferred=from_input)
        elif from_input:
            attrs[key] = attrs[key]._replace(inferred=True)


def _attribute(name: str, spec: str, signature: str) -> Attribute:
    spec, equals, default_text = (piece.strip() for piece in spec.partition("=")) if ">=" not in spec else _split_minimum(spec)
    minimum: int | None = None
    allowed: tuple[Any, ...] = ()
    if ">=" in spec:
        spec, _, least = (piece.strip() for piece in spec.partition(">="))
        minimum = int(least)
    if spec.startswith("{"):
        allowed = tuple(ast.literal_eval("[" + spec[1:-1] + "]"))
        spec = "string"
    kind = spec
    if (kind[5:-1] if kind.startswith("list(") else kind) not in attributes.KINDS:
        raise ValueError(f"{signature}: {kind!r} is no kind of attribute; there are {', '.join(attributes.KINDS)} and list(...) of them")
    attribute = Attribute(name, kind, None, bool(equals), allowed, minimum, written=True)
    if equals:
        attribute = attribute._replace(default=_default(kind, default_text, name))
    return attribute


def _split_minimum(spec: str) -> tuple[str, str, str]:
    match = re.match(r"^(.*?>=\s*-?\d+)\s*(?:(=)\s*(.*))?$", spec)
    if match is None:
        raise ValueError(f"cannot read {spec!r}")
    return match.group(1), match.group(2) or "", match.group(3) or ""


_SIMPLE = {"False": False, "True": True, "''": "", '""': "", "None": None, **{str(number): number for number in range(-1, 3)}}


def _default(kind: str, text: str, name: str) -> Any:
    if kind == "type":
        return dtypes.as_dtype(text)
    if kind == "list(type)":
        return [dtypes.as_dtype(item.strip()) for item in text.strip("[]").split(",") if item.strip()]
    if kind == "tensor":  # such as uint8[255, 0]
        element, bracket, numbers = text.partition("[")
        return np.array(ast.literal_eval(bracket + numbers), dtypes.as_dtype(element).numpy)
    value = _SIMPLE[text] if text in _SIMPLE else ast.literal_eval(text)
    if kind == "shape" and value is None:
        return None
    return attributes.store(kind, value, name)


def _pair(part: str) -> tuple[str, str]:
    key, _, spec = part.partition(":")
    return key.strip(), spec.strip()
