"""Ops that read `Example` messages: a vector of them, or one. They run on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops import example_columns
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample
from autograd_lite.ops.strings import as_bytes, each
from autograd_lite.wire import messages
from autograd_lite.wire.text_format import from_json

VALUE_TYPES = "float int64 string"
_LISTS = "it takes lists of tensors of different types; tests/ops/test_parsing.py shows it"
_PARSING: dict[str, Any] = {"samples": _LISTS, "no_gradient": "text has no slope"}


def sparse_shapes(outer: Any, count: int) -> list[Any]:
    """The shapes of the indices, values and shapes of `count` sparse outputs; `outer` are the axes before the last."""
    rank = None if outer is None else len(outer) + 1
    return [(None, rank)] * count + [(None,)] * count + [(rank,)] * count


def dense_shapes(outer: Any, shapes: list[Any]) -> list[Any]:
    """The shapes of dense outputs."""
    return [None if outer is None or shape is None else (*outer, *shape) for shape in shapes]


def splits_shape(outer: Any) -> Any:
    """The shape of the splits of a ragged output; a single example has none."""
    if outer is None:
        return (None,)
    return tuple([None if size is None else size + 1 for size in outer]) or (0,)


def _outer(c: Any, ranks: tuple[int, ...]) -> Any:
    shape = c.shape(0)
    if shape is not None and len(shape) not in ranks:
        rules.with_rank(c, shape, ranks[-1])
    return (None,) if shape is None and ranks == (1,) else shape


def _keys(keys: Any) -> list[bytes]:
    return np.ravel(keys).tolist()


def _columns(batch, sparse, dense, defaults):
    """The outputs of sparse and of dense features: (key, type) and (key, type, shape) each."""
    found = [example_columns.sparse(batch, *each_one) for each_one in sparse]
    parts = [list(part) for part in zip(*found)] or [[], [], []]
    made = [example_columns.dense(batch, key, dtype, shape, default) for (key, dtype, shape), default in zip(dense, defaults)]
    return [*parts, made]


def _parse_shape(c):
    outer = _outer(c, (1,))
    return sparse_shapes(outer, c.attrs["Nsparse"]) + dense_shapes(outer, c.attrs["dense_shapes"])


@op(
    "ParseExample(serialized: string, names: string, sparse_keys: Nsparse * string, dense_keys: Ndense * string, "
    "dense_defaults: list(Tdense), *, Nsparse: int >= 0, Ndense: int >= 0, sparse_types: list(type), dense_shapes: list(shape)) -> "
    "sparse_indices: Nsparse * int64, sparse_values: list(sparse_types), sparse_shapes: Nsparse * int64, dense_values: list(Tdense)",
    types={"sparse_types": VALUE_TYPES, "Tdense": VALUE_TYPES},
    shape=_parse_shape,
    **_PARSING,
)
def parse_example(xp, serialized, names, sparse_keys, dense_keys, dense_defaults, sparse_types, dense_shapes, Tdense):
    """Read the features of every serialized Example of a vector, as sparse and dense tensors."""
    if serialized.ndim != 1:
        raise invalid(f"Expected serialized to be a vector, got shape: {text(serialized.shape)}")
    sparse, dense = [key.item() for key in sparse_keys], [key.item() for key in dense_keys]
    batch = example_columns.read_batch(serialized, names, [*sparse, *dense])
    return _columns(batch, zip(sparse, sparse_types), zip(dense, Tdense, dense_shapes), dense_defaults)


def _parse_v2_shape(c):
    outer, attrs = _outer(c, (0, 1)), c.attrs
    return [
        *sparse_shapes(outer, attrs["num_sparse"]),
        *dense_shapes(outer, attrs["dense_shapes"]),
        *[(None,)] * len(attrs["ragged_value_types"]),
        *[splits_shape(outer)] * len(attrs["ragged_split_types"]),
    ]


@op(
    "ParseExampleV2(serialized: string, names: string, sparse_keys: string, dense_keys: string, ragged_keys: string, "
    "dense_defaults: list(Tdense), *, num_sparse: int, sparse_types: list(type), ragged_value_types: list(type), "
    "ragged_split_types: list(type), dense_shapes: list(shape)) -> sparse_indices: num_sparse * int64, "
    "sparse_values: list(sparse_types), sparse_shapes: num_sparse * int64, dense_values: list(Tdense), "
    "ragged_values: list(ragged_value_types), ragged_row_splits: list(ragged_split_types)",
    types={"sparse_types": VALUE_TYPES, "Tdense": VALUE_TYPES, "ragged_value_types": VALUE_TYPES, "ragged_split_types": "int32 int64"},
    shape=_parse_v2_shape,
    **_PARSING,
)
def parse_example_v2(
    xp, serialized, names, sparse_keys, dense_keys, ragged_keys, dense_defaults,
    sparse_types, ragged_value_types, ragged_split_types, dense_shapes, Tdense,
):  # fmt: skip
    """Read the features of every serialized Example of a vector, or of one, as sparse, dense and ragged tensors."""
    sparse, dense, ragged = _keys(sparse_keys), _keys(dense_keys), _keys(ragged_keys)
    batch = example_columns.read_batch(serialized, names, [*sparse, *dense, *ragged])
    columns = _columns(batch, zip(sparse, sparse_types), zip(dense, Tdense, dense_shapes), dense_defaults)
    kinds = zip(ragged, ragged_value_types, ragged_split_types)
    found = [example_columns.ragged(batch, *each_one) for each_one in kinds]
    return [*columns, [values for values, _ in found], [splits for _, splits in found]]


def _parse_single_shape(c):
    rules.with_rank(c, c.shape(0), 0)
    return sparse_shapes((), c.attrs["num_sparse"]) + dense_shapes((), c.attrs["dense_shapes"])


@op(
    "ParseSingleExample(serialized: string, dense_defaults: list(Tdense), *, num_sparse: int, sparse_keys: list(string), "
    "dense_keys: list(string), sparse_types: list(type), dense_shapes: list(shape)) -> sparse_indices: num_sparse * int64, "
    "sparse_values: list(sparse_types), sparse_shapes: num_sparse * int64, dense_values: list(Tdense)",
    types={"sparse_types": VALUE_TYPES, "Tdense": VALUE_TYPES},
    shape=_parse_single_shape,
    **_PARSING,
)
def parse_single_example(xp, serialized, dense_defaults, sparse_keys, dense_keys, sparse_types, dense_shapes, Tdense):
    """Read the features of one serialized Example, as sparse and dense tensors."""
    if np.ndim(serialized):
        raise invalid(f"Expected serialized to be a scalar, got shape: {text(np.shape(serialized))}")
    batch = example_columns.read_batch(serialized, [])
    sparse, dense = map(as_bytes, sparse_keys), map(as_bytes, dense_keys)
    return _columns(batch, zip(sparse, sparse_types), zip(dense, Tdense, dense_shapes), dense_defaults)


def _from_json(word: bytes) -> bytes:
    try:
        return from_json(word, messages.Example()).SerializeToString(deterministic=True)
    except ValueError as error:
        raise invalid(f"Error while parsing JSON: {error}") from None


@op(
    "DecodeJSONExample(json_examples: string) -> binary_examples: string",
    names=["io.decode_json_example", "decode_json_example"],
    shape=rules.unchanged,
    samples=[sample(np.array([b"{}", b'{"features": {"feature": {"a": {"int64List": {"value": [1]}}}}}'], object))],
    no_gradient="text has no slope",
)
def decode_json_example(xp, json_examples):
    """Turn Examples that are written as JSON into serialized ones.

    >>> tf.Session().run(tf.io.decode_json_example(["{}"]))
    array([b''], dtype=object)
    """
    return each(_from_json, json_examples)
