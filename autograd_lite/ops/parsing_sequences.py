"""Ops that read `SequenceExample` messages: a vector of them, or one. They run on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops import sequence_columns
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.parsing import VALUE_TYPES, dense_shapes, sparse_shapes, splits_shape
from autograd_lite.ops.sequence_columns import Sequences, read_sequences
from autograd_lite.ops.strings import as_bytes

_SPLITS = "int32 int64"
_TYPES = dict.fromkeys(("context_sparse_types", "Tcontext_dense", "feature_list_dense_types", "feature_list_sparse_types"), VALUE_TYPES)
_NONE_BY_DEFAULT = {"Tcontext_dense": ""}
_PARSING: dict[str, Any] = {
    "samples": "it takes lists of tensors of different types; tests/ops/test_parsing_sequences.py shows it",
    "no_gradient": "text has no slope",
}
_COUNTS = ", ".join(
    f"{name}: int >= 0 = 0" for name in ("Ncontext_sparse", "Ncontext_dense", "Nfeature_list_sparse", "Nfeature_list_dense")
)
_SHAPES = (
    "context_sparse_types: list(type) = [], feature_list_dense_types: list(type) = [], context_dense_shapes: list(shape) = [], "
    "feature_list_sparse_types: list(type) = [], feature_list_dense_shapes: list(shape) = []"
)
_OUTPUTS = (
    "context_sparse_indices: Ncontext_sparse * int64, context_sparse_values: list(context_sparse_types), "
    "context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: list(Tcontext_dense), "
    "{ragged}feature_list_sparse_indices: Nfeature_list_sparse * int64, feature_list_sparse_values: list(feature_list_sparse_types), "
    "feature_list_sparse_shapes: Nfeature_list_sparse * int64, feature_list_dense_values: list(feature_list_dense_types)"
)
_LENGTHS = ", feature_list_dense_lengths: Nfeature_list_dense * int64"


def _longer(outer: Any) -> Any:
    return None if outer is None else (*outer, None)


def _shapes(c: Any, outer: Any, with_lengths: bool = True) -> tuple[list[Any], list[Any]]:
    """The static shapes of what comes from the context, and of what comes from the lists."""
    attrs = c.attrs
    context = sparse_shapes(outer, len(attrs["context_sparse_types"])) + dense_shapes(outer, attrs["context_dense_shapes"])
    inner = _longer(outer)
    lists = sparse_shapes(inner, len(attrs["feature_list_sparse_types"])) + dense_shapes(inner, attrs["feature_list_dense_shapes"])
    return context, lists + [outer] * len(attrs["feature_list_dense_types"]) * with_lengths


def _transposed(rows: list[Any], width: int) -> list[list[Any]]:
    """Results by feature turned into results by output."""
    return [list(column) for column in zip(*rows)] or [[] for _ in range(width)]


def _context(batch: Sequences, sparse: Any, dense: Any, defaults: list[Any]) -> list[Any]:
    found = [sequence_columns.context_sparse(batch, *each) for each in sparse]
    made = [sequence_columns.context_dense(batch, key, dtype, shape, default) for (key, dtype, shape), default in zip(dense, defaults)]
    return [*_transposed(found, 3), made]


def _lists(batch: Sequences, sparse: Any, dense: Any) -> list[Any]:
    found = [sequence_columns.list_sparse(batch, *each) for each in sparse]
    made = [sequence_columns.list_dense(batch, *each) for each in dense]
    return [*_transposed(found, 3), *_transposed(made, 2)]


def _words(keys: list[Any]) -> list[bytes]:
    """Keys given as scalar tensors or as attributes."""
    return [key.item() if isinstance(key, np.ndarray) else as_bytes(key) for key in keys]


def _single_shape(c):
    rules.with_rank(c, c.shape(0), 0)
    context, lists = _shapes(c, (), with_lengths=False)
    return context + lists


@op(
    "ParseSingleSequenceExample(serialized: string, feature_list_dense_missing_assumed_empty: string, "
    "context_sparse_keys: Ncontext_sparse * string, context_dense_keys: Ncontext_dense * string, "
    "feature_list_sparse_keys: Nfeature_list_sparse * string, feature_list_dense_keys: Nfeature_list_dense * string, "
    f"context_dense_defaults: list(Tcontext_dense), debug_name: string, *, {_COUNTS}, {_SHAPES}) -> {_OUTPUTS.format(ragged='')}",
    types=_TYPES,
    type_defaults=_NONE_BY_DEFAULT,
    shape=_single_shape,
    **_PARSING,
)
def parse_single_sequence_example(
    xp, serialized, feature_list_dense_missing_assumed_empty, context_sparse_keys, context_dense_keys, feature_list_sparse_keys,
    feature_list_dense_keys, context_dense_defaults, debug_name, context_sparse_types, Tcontext_dense, feature_list_dense_types,
    context_dense_shapes, feature_list_sparse_types, feature_list_dense_shapes,
):  # fmt: skip
    """Read the context and the lists of features of one serialized SequenceExample, as sparse and dense tensors."""
    if np.ndim(serialized):
        raise invalid(f"Expected serialized to be a scalar, got shape: {text(np.shape(serialized))}")
    batch = read_sequences(serialized, debug_name, newer=False)
    may_miss = set(np.ravel(feature_list_dense_missing_assumed_empty).tolist())
    context = zip(_words(context_dense_keys), Tcontext_dense, context_dense_shapes)
    dense_keys = _words(feature_list_dense_keys)
    dense = zip(dense_keys, feature_list_dense_types, feature_list_dense_shapes, [key in may_miss for key in dense_keys])
    lists = _lists(batch, zip(_words(feature_list_sparse_keys), feature_list_sparse_types), dense)
    return [*_context(batch, zip(_words(context_sparse_keys), context_sparse_types), context, context_dense_defaults), *lists[:-1]]


def _batch_shape(c):
    rules.with_rank(c, c.shape(0), 1)
    context, lists = _shapes(c, c.shape(0) or (None,))
    return context + lists


@op(
    "ParseSequenceExample(serialized: string, debug_name: string, context_dense_defaults: list(Tcontext_dense), *, "
    "feature_list_dense_missing_assumed_empty: list(string), context_sparse_keys: list(string), context_dense_keys: list(string), "
    "feature_list_sparse_keys: list(string), feature_list_dense_keys: list(string), Ncontext_sparse: int = 0, Ncontext_dense: int = 0, "
    f"Nfeature_list_sparse: int = 0, Nfeature_list_dense: int = 0, {_SHAPES}) -> {_OUTPUTS.format(ragged='')}{_LENGTHS}",
    types=_TYPES,
    type_defaults=_NONE_BY_DEFAULT,
    shape=_batch_shape,
    **_PARSING,
)
def parse_sequence_example(
    xp, serialized, debug_name, context_dense_defaults, feature_list_dense_missing_assumed_empty, context_sparse_keys, context_dense_keys,
    feature_list_sparse_keys, feature_list_dense_keys, context_sparse_types, Tcontext_dense, feature_list_dense_types,
    context_dense_shapes, feature_list_sparse_types, feature_list_dense_shapes,
):  # fmt: skip
    """Read the context and the lists of features of every serialized SequenceExample of a vector, as sparse and dense tensors."""
    if serialized.ndim != 1:
        raise invalid(f"Expected serialized to be a vector, got shape: {text(serialized.shape)}")
    batch = read_sequences(serialized, debug_name, newer=False)
    may_miss = set(feature_list_dense_missing_assumed_empty)
    context = zip(_words(context_dense_keys), Tcontext_dense, context_dense_shapes)
    missing = [key in may_miss for key in feature_list_dense_keys]
    dense = zip(_words(feature_list_dense_keys), feature_list_dense_types, feature_list_dense_shapes, missing)
    lists = _lists(batch, zip(_words(feature_list_sparse_keys), feature_list_sparse_types), dense)
    return [*_context(batch, zip(_words(context_sparse_keys), context_sparse_types), context, context_dense_defaults), *lists]


def _batch_v2_shape(c):
    outer, attrs = c.shape(0), c.attrs
    context, lists = _shapes(c, outer)
    splits = splits_shape(outer)
    context += [(None,)] * len(attrs["context_ragged_value_types"]) + [splits] * len(attrs["context_ragged_split_types"])
    inner = len(attrs["feature_list_ragged_split_types"])
    return context + lists + [(None,)] * len(attrs["feature_list_ragged_value_types"]) + [splits] * inner + [(None,)] * inner


@op(
    "ParseSequenceExampleV2(serialized: string, debug_name: string, context_sparse_keys: string, context_dense_keys: string, "
    "context_ragged_keys: string, feature_list_sparse_keys: string, feature_list_dense_keys: string, feature_list_ragged_keys: string, "
    "feature_list_dense_missing_assumed_empty: bool, context_dense_defaults: list(Tcontext_dense), *, Ncontext_sparse: int = 0, "
    "context_ragged_value_types: list(type) = [], context_ragged_split_types: list(type) = [], Nfeature_list_sparse: int = 0, "
    "Nfeature_list_dense: int = 0, feature_list_ragged_value_types: list(type) = [], feature_list_ragged_split_types: list(type) = [], "
    f"{_SHAPES}) -> "
    + _OUTPUTS.format(ragged="context_ragged_values: list(context_ragged_value_types), "
                             "context_ragged_row_splits: list(context_ragged_split_types), ")  # fmt: skip
    + _LENGTHS
    + ", feature_list_ragged_values: list(feature_list_ragged_value_types), "
    "feature_list_ragged_outer_splits: list(feature_list_ragged_split_types), "
    "feature_list_ragged_inner_splits: list(feature_list_ragged_split_types)",
    types={
        **_TYPES,
        "context_ragged_value_types": VALUE_TYPES,
        "context_ragged_split_types": _SPLITS,
        "feature_list_ragged_value_types": VALUE_TYPES,
        "feature_list_ragged_split_types": _SPLITS,
    },
    type_defaults=_NONE_BY_DEFAULT,
    shape=_batch_v2_shape,
    **_PARSING,
)
def parse_sequence_example_v2(
    xp, serialized, debug_name, context_sparse_keys, context_dense_keys, context_ragged_keys, feature_list_sparse_keys,
    feature_list_dense_keys, feature_list_ragged_keys, feature_list_dense_missing_assumed_empty, context_dense_defaults,
    context_ragged_value_types, context_ragged_split_types, feature_list_ragged_value_types, feature_list_ragged_split_types,
    context_sparse_types, Tcontext_dense, feature_list_dense_types, context_dense_shapes, feature_list_sparse_types,
    feature_list_dense_shapes,
):  # fmt: skip
    """Read the context and the lists of features of serialized SequenceExamples, as sparse, dense and ragged tensors."""
    batch = read_sequences(serialized, debug_name, newer=True)
    context = zip(np.ravel(context_dense_keys), Tcontext_dense, context_dense_shapes)
    missing = np.ravel(feature_list_dense_missing_assumed_empty).tolist()
    dense = zip(np.ravel(feature_list_dense_keys), feature_list_dense_types, feature_list_dense_shapes, missing)
    ragged = zip(np.ravel(context_ragged_keys), context_ragged_value_types, context_ragged_split_types)
    list_ragged = zip(np.ravel(feature_list_ragged_keys), feature_list_ragged_value_types, feature_list_ragged_split_types)
    return [
        *_context(batch, zip(np.ravel(context_sparse_keys), context_sparse_types), context, context_dense_defaults),
        *_transposed([sequence_columns.context_ragged(batch, *each) for each in ragged], 2),
        *_lists(batch, zip(np.ravel(feature_list_sparse_keys), feature_list_sparse_types), dense),
        *_transposed([sequence_columns.list_ragged(batch, *each) for each in list_ragged], 3),
    ]
