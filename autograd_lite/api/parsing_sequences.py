"""Reading `SequenceExample` messages: one, or a batch of them, into dicts of tensors."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.example_features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RawFeatures,
    SparseFeature,
    VarLenFeature,
    default_tensors,
    raw_features,
    with_sparse_features,
)
from autograd_lite.api.parsing import sparse_tensors
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

_CONTEXT = (VarLenFeature, FixedLenFeature, SparseFeature)
_LISTS = (VarLenFeature, FixedLenSequenceFeature, SparseFeature)


def _described(context_features: Any, sequence_features: Any) -> tuple[RawFeatures, RawFeatures]:
    if not (context_features or sequence_features):
        if release().older_error_texts:
            raise ValueError("Missing features.")
        raise ValueError("Both context_features and sequence_features are None, but at least one should have values.")
    return raw_features(context_features, _CONTEXT), raw_features(sequence_features, _LISTS, in_sequence=True)


def _types(context: RawFeatures, lists: RawFeatures) -> dict[str, Any]:
    return {
        "context_sparse_types": context.sparse_types,
        "context_dense_shapes": context.dense_shapes,
        "feature_list_sparse_types": lists.sparse_types,
        "feature_list_dense_types": lists.dense_types,
        "feature_list_dense_shapes": lists.dense_shapes,
    }


def _keys(context: RawFeatures, lists: RawFeatures) -> dict[str, list[str]]:
    return {
        "context_sparse_keys": context.sparse_keys,
        "context_dense_keys": context.dense_keys,
        "feature_list_sparse_keys": lists.sparse_keys,
        "feature_list_dense_keys": lists.dense_keys,
    }


def _parse_v2(serialized: Tensor, name: Any, context: RawFeatures, lists: RawFeatures) -> Any:
    """The node of 2.21, which reads a vector or a scalar."""
    defaults = default_tensors(context)
    return raw.ParseSequenceExampleV2(
        serialized,
        [] if name is None else name,
        context.sparse_keys,
        context.dense_keys,
        [],
        lists.sparse_keys,
        lists.dense_keys,
        [],
        lists.may_miss,
        defaults,
        Ncontext_sparse=len(context.sparse_keys),
        Nfeature_list_sparse=len(lists.sparse_keys),
        Nfeature_list_dense=len(lists.dense_keys),
        **_types(context, lists),
    )


def _missing_keys(lists: RawFeatures) -> list[str]:
    return [key for key, may_miss in zip(lists.dense_keys, lists.may_miss) if may_miss]


def _by_key(outputs: Any, context: RawFeatures, lists: RawFeatures, context_features: Any, sequence_features: Any) -> tuple[Any, Any]:
    sparse = sparse_tensors(outputs.context_sparse_indices, outputs.context_sparse_values, outputs.context_sparse_shapes)
    parsed = dict(zip([*context.sparse_keys, *context.dense_keys], [*sparse, *outputs.context_dense_values]))
    sparse = sparse_tensors(outputs.feature_list_sparse_indices, outputs.feature_list_sparse_values, outputs.feature_list_sparse_shapes)
    parsed_lists = dict(zip([*lists.sparse_keys, *lists.dense_keys], [*sparse, *outputs.feature_list_dense_values]))
    return with_sparse_features(context_features, parsed), with_sparse_features(sequence_features, parsed_lists)


@export("io.parse_single_sequence_example", "parse_single_sequence_example")
def parse_single_sequence_example(
    serialized: Any, context_features: Any = None, sequence_features: Any = None, example_name: Any = None, name: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read one serialized `SequenceExample`: a dict of the features of its context, and one of its lists of features.

    Args:
      serialized: a scalar string.
      context_features: key -> FixedLenFeature, VarLenFeature or SparseFeature.
      sequence_features: key -> FixedLenSequenceFeature, VarLenFeature or SparseFeature; the results have an axis of steps first.
      example_name: what errors call it. name: the scope of the nodes.

    Raises:
      ValueError: no features, or an incomplete description.
      InvalidArgumentError: when run with what is no SequenceExample, or does not have these features.

    >>> import autograd_lite as tf
    >>> example = tf.train.SequenceExample()
    >>> for word in (3, 5):
    ...     example.feature_lists.feature_list["words"].feature.add().int64_list.value.append(word)
    >>> features = {"words": tf.FixedLenSequenceFeature([], tf.int64)}
    >>> context, lists = tf.parse_single_sequence_example(example.SerializeToString(), sequence_features=features)
    >>> tf.Session().run(lists["words"])
    array([3, 5])
    """
    context, lists = _described(context_features, sequence_features)
    with building(name, "ParseSingleSequenceExample", [serialized]):
        serialized = convert_to_tensor(serialized, dtypes.string, "serialized")
        if release().parses_examples_v2:
            with building("ParseSequenceExample"):
                outputs = _parse_v2(serialized, example_name, context, lists)
        else:
            outputs = raw.ParseSingleSequenceExample(
                serialized,
                _missing_keys(lists),
                context.sparse_keys,
                context.dense_keys,
                lists.sparse_keys,
                lists.dense_keys,
                default_tensors(context),
                "" if example_name is None else example_name,
                **_types(context, lists),
            )
    return _by_key(outputs, context, lists, context_features, sequence_features)


@export("io.parse_sequence_example")
def parse_sequence_example(
    serialized: Any, context_features: Any = None, sequence_features: Any = None, example_names: Any = None, name: str | None = None
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Tensor]]:
    """Read a batch of serialized `SequenceExample`s: the features of their contexts, their lists, and the lengths of the dense lists.

    Args:
      serialized: a vector of strings. context_features, sequence_features: as for `parse_single_sequence_example`.
      example_names: what errors call them. name: the scope of the nodes.

    Raises:
      ValueError: no features, or an incomplete description.
      InvalidArgumentError: when run with what is no SequenceExample, or does not have these features.
    """
    context, lists = _described(context_features, sequence_features)
    with building(name, "ParseSequenceExample", [serialized]):
        serialized = convert_to_tensor(serialized, dtypes.string, "serialized")
        if release().parses_examples_v2:
            outputs = _parse_v2(serialized, example_names, context, lists)
        else:
            outputs = raw.ParseSequenceExample(
                serialized,
                [] if example_names is None else example_names,
                default_tensors(context),
                feature_list_dense_missing_assumed_empty=_missing_keys(lists),
                Ncontext_sparse=len(context.sparse_keys),
                Ncontext_dense=len(context.dense_keys),
                Nfeature_list_sparse=len(lists.sparse_keys),
                Nfeature_list_dense=len(lists.dense_keys),
                **_keys(context, lists),
                **_types(context, lists),
            )
    parsed = _by_key(outputs, context, lists, context_features, sequence_features)
    return (*parsed, dict(zip(lists.dense_keys, outputs.feature_list_dense_lengths)))
