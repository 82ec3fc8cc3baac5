"""What is fed: the keys of a feed_dict, and the conversion of each value to an array of its tensor's type and shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_lite.api.ragged import RaggedTensor
from autograd_lite.api.ragged_value import RaggedTensorValue
from autograd_lite.core import nest, shapes
from autograd_lite.core.release import release
from autograd_lite.graph.composite import IndexedSlices, SparseTensor
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.lookup_errors import help_for_lookup
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.session_handles import TensorHandle, fed_value

Convert = Callable[[Any], Any]
_ARRAY = np.ndarray


class _UnfeedableError(KeyError):
    """TensorFlow answers a fed resource handle with the bare number of its type; we add what it means."""

    def __str__(self) -> str:
        return "\n  ".join(map(str, self.args))


def flat_feeds(graph: Graph, feed_dict: Any) -> tuple[list[Tensor], list[Any]]:
    """The fed tensors and their values; composite keys (SparseTensor, tuples of tensors) are taken apart.

    Raises:
      TypeError: when `feed_dict` is no mapping, or a key does not stand for a tensor of this graph.
    """
    if not isinstance(feed_dict, Mapping):
        raise TypeError(
            f"FlattenDictItems: 'dict' must be a dictionary or collection.Mapping type object, instead of '{type(feed_dict).__name__}'.\n"
            "  feed_dict maps placeholders to values: {x: [1.0, 2.0]}."
        )
    found: dict[Tensor, Any] = {}
    for key, value in feed_dict.items():
        for part, part_value in _parts(key, value):
            found[_key_tensor(graph, part)] = part_value
    return list(found), list(found.values())


def _parts(key: Any, value: Any) -> list[tuple[Any, Any]]:
    if isinstance(key, SparseTensor):
        return list(zip((key.indices, key.values, key.dense_shape), value))
    if isinstance(key, IndexedSlices):
        parts = (key.values, key.indices) if key.dense_shape is None else (key.values, key.indices, key.dense_shape)
        return list(zip(parts, value))
    if isinstance(key, RaggedTensor):
        if not isinstance(value, RaggedTensorValue) or value.ragged_rank != key.ragged_rank:
            wanted = f"a tf.RaggedTensorValue with {key.ragged_rank} ragged axes, as tf.ragged.constant_value makes it"
            raise TypeError(f"A RaggedTensor is fed {wanted}, not {value!r}")
        return list(zip((key.flat_values, *key.nested_row_splits), (value.flat_values, *value.nested_row_splits)))
    if isinstance(key, tuple):
        keys, values = nest.flatten(key), _flatten_like(key, value)
        return [pair for one, other in zip(keys, values) for pair in _parts(one, other)]
    return [(key, value)]


def _flatten_like(key: tuple[Any, ...], value: Any) -> list[Any]:
    """The leaves of `value` that stand where `key` has its leaves."""
    if not isinstance(value, list | tuple) or len(value) != len(key):
        count = len(value) if hasattr(value, "__len__") else 1
        raise ValueError(
            f"Could not flatten dictionary. Key had {len(key)} elements, but value had {count} elements. Key: {key}, value: {value}."
        )
    leaves: list[Any] = []
    for one, other in zip(key, value):
        leaves.extend(_flatten_like(one, other) if isinstance(one, tuple) else [other])
    return leaves


def _key_tensor(graph: Graph, key: Any) -> Tensor:
    try:
        tensor = graph.as_graph_element(key, allow_operation=False)
    except (TypeError, ValueError, KeyError) as error:
        first = (str(error.args[0]) if error.args else str(error)).partition("\n")[0]
        raise TypeError(
            f"Cannot interpret feed_dict key as Tensor: {first}\n  Keys of feed_dict are tensors of this session's graph, or their names."
            + help_for_lookup(error)[1]
        ) from None
    if not graph.is_feedable(tensor):
        raise ValueError(f"Tensor {tensor} may not be fed.")
    return tensor


def converter(tensor: Tensor) -> Convert:
    """The function that turns a fed value into an array for `tensor`, or says why it cannot.

    An array of the right type is passed on as it is: plans never write to what is fed, and hand out copies.
    """
    dtype = tensor.dtype.base_dtype
    if dtype.kind in "rv":
        number = dtype.as_datatype_enum
        raise _UnfeedableError(number, f"{tensor.name} is a {dtype.name}: handles cannot be fed, only the tensors read through them.")
    shape, want = tensor.static_shape, dtype.numpy
    is_string = dtype.kind == "s"
    if shape == () and not is_string:
        return _scalar_converter(tensor, want)

    def convert(value: Any) -> Any:
        if value.__class__ is not _ARRAY or value.dtype != want or is_string:
            value = _as_array(tensor, value, want)
        if value.shape != shape and not shapes.compatible(shape, value.shape):
            raise _wrong_shape(tensor, value)
        return value if value.ndim or is_string else value[()]

    return convert


def _scalar_converter(tensor: Tensor, want: np.dtype) -> Convert:
    kind = want.type
    quick = {"f": (float, kind), "b": (bool, kind)}.get(want.kind, (kind,))  # Python types of which no value is lost

    def convert(value: Any) -> Any:
        if value.__class__ in quick:
            return kind(value)
        value = _as_array(tensor, value, want)
        if value.shape:
            raise _wrong_shape(tensor, value)
        return value[()]

    return convert


def _as_array(tensor: Tensor, value: Any, want: np.dtype) -> np.ndarray:
    if isinstance(value, TensorHandle):
        value = fed_value(value, tensor.dtype.base_dtype)
    if isinstance(value, Tensor) or getattr(type(value), "_is_tensor_like", False):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, strings, lists, numpy "
            f"ndarrays, or TensorHandles. For reference, the tensor object was {value} which was passed to the argument `feed_dict` with "
            f"key {tensor}.\n"
            "  Run the tensor first and feed its value, or use it in the graph in place of the placeholder."
        )
    if isinstance(value, int) and not isinstance(value, bool) and not _holds(want, value):
        raise TypeError(
            f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type {want.type}. Try explicitly setting "
            "the type of the feed tensor to a larger type (e.g. int64)."
        )
    if want.kind == "O":
        return _strings(value)
    try:
        return np.asarray(np.asarray(value) if isinstance(value, str) else value, dtype=want)
    except (ValueError, TypeError, OverflowError) as error:
        if not error.args:
            raise
        raise type(error)(
            f"{error.args[0]}\n  This was fed to {tensor.name}, of type {tensor.dtype.name} and shape {tensor.shape}."
        ) from None


def _holds(want: np.dtype, value: int) -> bool:
    """Whether a Python integer keeps its value in this type."""
    if want.kind in "iu":
        limits = np.iinfo(want)
        return bool(limits.min <= value <= limits.max)
    return value in (0, 1) if want.kind == "b" else want.kind != "O"


def _strings(value: Any) -> np.ndarray:
    """An object array of bytes."""
    array = np.asarray(value, dtype=object) if not isinstance(value, np.ndarray) else value.astype(object)
    if set(map(type, array.ravel().tolist())) == {bytes}:
        return array if array is not value else array.copy()
    flat = [item.encode() if isinstance(item, str) else item for item in array.ravel().tolist()]
    for item in flat:
        if not isinstance(item, bytes):
            raise TypeError(f"Unsupported object type {type(item).__name__}\n  A string tensor takes str or bytes.")
    result = np.empty(len(flat), object)
    result[:] = flat
    return result.reshape(array.shape)


def _wrong_shape(tensor: Tensor, value: Any) -> ValueError:
    name, wanted = tensor.name, shapes.python_text(tensor.static_shape)
    if release().older_error_texts:
        name, wanted = repr(name), repr(wanted)
    return ValueError(
        f"Cannot feed value of shape {value.shape!r} for Tensor {name}, which has shape {wanted}\n"
        f"  {tensor.op.name} was made at {tensor.op.where}; reshape what you feed, or give the placeholder another shape (None = any size)."
    )
