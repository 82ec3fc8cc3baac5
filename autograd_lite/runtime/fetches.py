"""What `Session.run` is asked for: any nested structure of tensors, operations, names and composite tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

from autograd_lite.api.ragged import RaggedTensor
from autograd_lite.api.ragged_value import value_of_parts
from autograd_lite.core import nest
from autograd_lite.core.release import release
from autograd_lite.graph.composite import IndexedSlices, IndexedSlicesValue, SparseTensor, SparseTensorValue
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.lookup_errors import help_for_lookup
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.session_handles import handle_of

Pack = Callable[[list[Any]], Any]


class Fetches(NamedTuple):
    """The tensors and operations behind a structure of fetches, and the function that puts their values into such a structure."""

    elements: list[Tensor | Operation]
    pack: Pack
    is_flat: bool  # one element, or a plain list or tuple of them


# type -> (object -> (its tensors, values -> fetched value)); registered by floors above
_composites: dict[type, Callable[[Any], tuple[list[Any], Pack]]] = {}


def register_composite(kind: type, expand: Callable[[Any], tuple[list[Any], Pack]]) -> None:
    """Let objects of type `kind` be fetched: `expand(x)` gives tensors, and the function that makes one value of theirs."""
    _composites[kind] = expand


def _sparse(fetch: SparseTensor) -> tuple[list[Any], Pack]:
    return [fetch.indices, fetch.values, fetch.dense_shape], lambda values: SparseTensorValue(*values)


def _slices(fetch: IndexedSlices) -> tuple[list[Any], Pack]:
    if fetch.dense_shape is None:
        return [fetch.values, fetch.indices], lambda values: IndexedSlicesValue(values[0], values[1], None)
    return [fetch.values, fetch.indices, fetch.dense_shape], lambda values: IndexedSlicesValue(*values)


def _ragged(fetch: RaggedTensor) -> tuple[list[Any], Pack]:
    return [fetch.flat_values, *fetch.nested_row_splits], value_of_parts


register_composite(SparseTensor, _sparse)
register_composite(RaggedTensor, _ragged)
register_composite(IndexedSlices, _slices)


def read_fetches(graph: Graph, fetches: Any) -> Fetches:
    """The elements of a structure of fetches.

    Raises:
      TypeError: when a leaf can be neither tensor nor operation (None, a number).
      ValueError: when a leaf is not in this graph, or may not be fetched.
    """
    elements: list[Tensor | Operation] = []
    pack = _read(graph, fetches, elements)
    is_flat = type(fetches) in (list, tuple) and all(_is_leaf(item) for item in fetches) or _is_leaf(fetches)
    if any(isinstance(element, Tensor) and element.op.type == "GetSessionHandle" for element in elements):
        pack, is_flat = _with_handles(elements, pack), False
    elif is_flat and type(fetches) is tuple:
        pack = tuple
    elif is_flat and type(fetches) is not list:
        pack = itemgetter(0)
    return Fetches(elements, pack, is_flat)


def _with_handles(elements: list[Tensor | Operation], pack: Pack) -> Pack:
    """What is fetched of a node that keeps its input in the session is an object, not the bare name."""
    places = [place for place, each in enumerate(elements) if isinstance(each, Tensor) and each.op.type == "GetSessionHandle"]

    def packed(values: list[Any]) -> Any:
        values = list(values)
        for place in places:
            values[place] = handle_of(elements[place].op, values[place])  # type: ignore[union-attr]
        return pack(values)

    return packed


def _is_leaf(fetch: Any) -> bool:
    return isinstance(fetch, Tensor | Operation | str) or hasattr(fetch, "_as_graph_element")


def _read(graph: Graph, fetch: Any, elements: list[Any]) -> Pack:
    """Append the elements of `fetch`; the function returned picks its value out of the values of all elements."""
    if isinstance(fetch, Tensor | Operation | str):
        return _read_leaf(graph, fetch, elements)
    if fetch is None:
        raise TypeError(_complaint(None, "Cannot be None") + _what_to_fetch())
    if isinstance(fetch, Mapping):
        return _read_mapping(graph, fetch, elements)
    if isinstance(fetch, list | tuple):
        return _read_sequence(graph, fetch, elements)
    if hasattr(type(fetch), "__attrs_attrs__"):
        parts = [_read(graph, value, elements) for _, value in nest.children(fetch)]
        return lambda values: nest.rebuild(fetch, [part(values) for part in parts])
    for kind, expand in _composites.items():
        if isinstance(fetch, kind):
            tensors, make = expand(fetch)
            parts = [_read_leaf(graph, tensor, elements) for tensor in tensors]
            return lambda values: make([part(values) for part in parts])
    return _read_leaf(graph, fetch, elements)


def _read_sequence(graph: Graph, fetch: list[Any] | tuple[Any, ...], elements: list[Any]) -> Pack:
    parts = [_read(graph, item, elements) for item in fetch]
    kind = type(fetch)
    if kind is list:
        return lambda values: [part(values) for part in parts]
    if nest.is_namedtuple(fetch):
        return lambda values: kind(*[part(values) for part in parts])
    return lambda values: kind([part(values) for part in parts])


def _read_mapping(graph: Graph, fetch: Mapping[Any, Any], elements: list[Any]) -> Pack:
    keys = list(fetch)
    parts = [_read(graph, fetch[key], elements) for key in keys]
    kind: Any = type(fetch)
    if hasattr(fetch, "default_factory"):
        return lambda values: kind(fetch.default_factory, [(key, part(values)) for key, part in zip(keys, parts)])
    return lambda values: kind([(key, part(values)) for key, part in zip(keys, parts)])


def _read_leaf(graph: Graph, fetch: Any, elements: list[Any]) -> Pack:
    try:
        element = graph.as_graph_element(fetch)
    except TypeError as error:
        raise TypeError(_complaint(fetch, f"must be a string or Tensor. ({error})") + _what_to_fetch()) from None
    except (ValueError, KeyError) as error:
        raise ValueError(_uninterpretable(fetch, error)) from None
    if not graph.is_fetchable(element):
        op = element.op if isinstance(element, Tensor) else element
        raise InaccessibleTensorError(
            f"Operation {op.name} has been marked as not fetchable. Typically this happens when it is defined in another function or code "
            "block. Use return values, explicit Python locals or TensorFlow collections to access it.\n"
            f"  It was made at {op.where}, inside a loop or branch: only what the loop or branch returns can be fetched."
        )
    index = len(elements)
    elements.append(element)
    return lambda values: values[index]


class InaccessibleTensorError(ValueError):
    """A tensor that belongs to the inside of a loop or function was fetched."""


def _complaint(fetch: Any, rest: str) -> str:
    if release().older_error_texts:
        tail = "" if fetch is None else ", " + rest
        return f"Fetch argument {fetch!r} has invalid type {type(fetch)}{tail}"
    return f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}"{"." if fetch is None else ""} {rest}'


def _uninterpretable(fetch: Any, error: Exception) -> str:
    first, rest = help_for_lookup(error)
    start = f"Fetch argument {fetch!r}" if release().older_error_texts else f"Argument `fetch` = {fetch}"
    return f"{start} cannot be interpreted as a Tensor. ({first}){rest}"


def _what_to_fetch() -> str:
    return (
        "\n  Fetch tensors, operations, variables, their names, or lists, tuples and dicts of these. Functions that only print return None."
    )
