"""Reading `Example` messages: one, or a batch of them, into a dict of tensors."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.example_features import RawFeatures, default_tensors, raw_features, with_sparse_features
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def sparse_tensors(indices: list[Tensor], values: list[Tensor], shapes: list[Tensor]) -> list[SparseTensor]:
    """SparseTensors out of three lists of their parts."""
    return [SparseTensor(*parts) for parts in zip(indices, values, shapes)]


def _check_features(features: Any) -> None:
    if not features:
        old = release().older_error_texts
        raise ValueError(f"Missing: features was {features}." if old else f"Argument `features` cannot be None or falsy. Got {features}")


def _by_key(found: RawFeatures, outputs: Any) -> dict[str, Any]:
    sparse = sparse_tensors(outputs.sparse_indices, outputs.sparse_values, outputs.sparse_shapes)
    return dict(zip([*found.sparse_keys, *found.dense_keys], [*sparse, *outputs.dense_values]))


def _parse_v2(serialized: Tensor, names: Any, found: RawFeatures) -> Any:
    """The node of 2.21, which reads a vector or a scalar."""
    defaults = default_tensors(found)
    return raw.ParseExampleV2(
        serialized,
        [] if names is None else names,
        found.sparse_keys,
        found.dense_keys,
        [],
        defaults,
        num_sparse=len(found.sparse_keys),
        sparse_types=found.sparse_types,
        ragged_value_types=[],
        ragged_split_types=[],
        dense_shapes=found.dense_shapes,
    )


@export("io.parse_example", "parse_example")
def parse_example(serialized: Any, features: Any, name: str | None = None, example_names: Any = None) -> dict[str, Any]:
    """Read a batch of serialized `Example`s: a dict with a tensor, or SparseTensor, for each feature.

    Args:
      serialized: a vector of strings. features: key -> FixedLenFeature, VarLenFeature, SparseFeature or FixedLenSequenceFeature.
      name: the scope of the nodes. example_names: what errors call the Examples.

    Raises:
      ValueError: no features, or an incomplete description.
      InvalidArgumentError: when run with what is no Example, or does not have these features.

    >>> import autograd_lite as tf
    >>> example = tf.train.Example()
    >>> example.features.feature["age"].int64_list.value.append(7)
    >>> parsed = tf.parse_example([example.SerializeToString()], {"age": tf.FixedLenFeature([], tf.int64)})
    >>> tf.Session().run(parsed)
    {'age': array([7])}
    """
    _check_features(features)
    found = raw_features(features)
    with building(name, "ParseExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, dtypes.string, "serialized")
        if release().parses_examples_v2:
            outputs = _parse_v2(serialized, example_names, found)
        else:
            names = [] if example_names is None else example_names
            outputs = raw.ParseExample(
                serialized,
                names,
                found.sparse_keys,
                found.dense_keys,
                default_tensors(found),
                sparse_types=found.sparse_types,
                dense_shapes=found.dense_shapes,
            )
        parsed = _by_key(found, outputs)
    return with_sparse_features(features, parsed)


@export("io.parse_single_example", "parse_single_example")
def parse_single_example(serialized: Any, features: Any, name: str | None = None, example_names: Any = None) -> dict[str, Any]:
    """Read one serialized `Example`: a dict with a tensor, or SparseTensor, for each feature.

    Args:
      serialized: a scalar string. features: key -> FixedLenFeature, VarLenFeature, SparseFeature or FixedLenSequenceFeature.
      name: the scope of the nodes. example_names: what errors call the Example.

    Raises:
      ValueError: no features, an incomplete description, or no scalar.
      InvalidArgumentError: when run with what is no Example, or does not have these features.

    >>> import autograd_lite as tf
    >>> example = tf.train.Example()
    >>> example.features.feature["size"].float_list.value.extend([1.5, 2.0])
    >>> parsed = tf.parse_single_example(example.SerializeToString(), {"size": tf.FixedLenFeature([2], tf.float32)})
    >>> tf.Session().run(parsed["size"])
    array([1.5, 2. ], dtype=float32)
    """
    _check_features(features)
    found = raw_features(features)
    with building(name, "ParseSingleExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, dtypes.string, "serialized")
        if serialized.static_shape not in (None, ()):
            raise ValueError("Input serialized must be a scalar")
        if release().parses_examples_v2:
            with building("ParseExample"):
                outputs = _parse_v2(serialized, example_names, found)
        else:
            outputs = raw.ParseSingleExample(
                serialized,
                default_tensors(found),
                num_sparse=len(found.sparse_keys),
                sparse_keys=found.sparse_keys,
                dense_keys=found.dense_keys,
                sparse_types=found.sparse_types,
                dense_shapes=found.dense_shapes,
            )
        parsed = _by_key(found, outputs)
    return with_sparse_features(features, parsed)
