"""How features of Examples are described: FixedLenFeature and the others, and what the parsing ops need to know of them."""

from __future__ import annotations

import re
from collections import namedtuple
from typing import Any, NamedTuple

from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw as ops
from autograd_lite.api.sparse import sparse_merge
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.\-/]")


@export("VarLenFeature", "io.VarLenFeature")
class VarLenFeature(namedtuple("VarLenFeature", ["dtype"])):
    """A feature of any number of values; it becomes a SparseTensor."""


@export("SparseFeature", "io.SparseFeature")
class SparseFeature(namedtuple("SparseFeature", ["index_key", "value_key", "dtype", "size", "already_sorted"])):
    """A sparse tensor that is stored in several features: positions in one (or several), values in another.

    Args:
      index_key: the feature (or list of features) with the positions, int64. value_key: the feature with the values.
      dtype: the type of the values. size: how many positions there are (a list for several). already_sorted: they ascend.
    """

    def __new__(cls, index_key: Any, value_key: Any, dtype: Any, size: Any, already_sorted: bool = False) -> SparseFeature:
        """Fill in the default."""
        return super().__new__(cls, index_key, value_key, dtype, size, already_sorted)


@export("FixedLenFeature", "io.FixedLenFeature")
class FixedLenFeature(namedtuple("FixedLenFeature", ["shape", "dtype", "default_value"])):
    """A feature of one shape in every Example; it becomes a Tensor.

    Args:
      shape: of the feature. dtype: of its values. default_value: for Examples without it; None: it must be there.
    """

    def __new__(cls, shape: Any, dtype: Any, default_value: Any = None) -> FixedLenFeature:
        """Fill in the default."""
        return super().__new__(cls, shape, dtype, default_value)


@export("FixedLenSequenceFeature", "io.FixedLenSequenceFeature")
class FixedLenSequenceFeature(namedtuple("FixedLenSequenceFeature", ["shape", "dtype", "allow_missing", "default_value"])):
    """A feature of any number of elements of one shape; it becomes a Tensor that is filled up to the longest.

    Args:
      shape: of one element. dtype: of its values. allow_missing: Examples may do without it.
      default_value: what it is filled up with; zeros when None.
    """

    def __new__(cls, shape: Any, dtype: Any, allow_missing: bool = False, default_value: Any = None) -> FixedLenSequenceFeature:
        """Fill in the defaults."""
        return super().__new__(cls, shape, dtype, allow_missing, default_value)


class RawFeatures(NamedTuple):
    """Features as the ops want them, each kind in alphabetical order of the keys."""

    sparse_keys: list[str]
    sparse_types: list[dtypes.DType]
    dense_keys: list[str]
    dense_types: list[dtypes.DType]
    dense_defaults: dict[str, Any]
    dense_shapes: list[TensorShape]
    may_miss: list[bool]  # of the dense features of sequences


KINDS = (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature)


def raw_features(features: dict[str, Any] | None, kinds: tuple[type, ...] = KINDS, in_sequence: bool = False) -> RawFeatures:
    """What the ops need to know of features.

    Raises:
      ValueError: a description is incomplete, or of a kind that is not among `kinds`.
    """
    raw = RawFeatures([], [], [], [], {}, [], [])
    for key in sorted(features or {}):
        feature = features[key]  # type: ignore[index]
        if not isinstance(feature, kinds):
            raise ValueError(_unsupported(feature, key))
        if isinstance(feature, VarLenFeature):
            _require(feature.dtype, "type", key, feature)
            _add_sparse(raw, key, feature.dtype)
        elif isinstance(feature, SparseFeature):
            _add_sparse_feature(raw, key, feature)
        else:
            _add_dense(raw, key, feature, in_sequence)
    return raw


def _unsupported(feature: Any, key: str) -> str:
    name = type(feature).__name__
    return f"Invalid feature {key}:{feature}." if release().older_error_texts else f"Unsupported {name} {feature} for key '{key}'"


def _told(feature: Any) -> str:
    return "" if release().older_error_texts else f" Received feature={feature}."


def _require(value: Any, what: str, key: str, feature: Any) -> None:
    if value is None or value == "":
        raise ValueError(f"Missing {what} for feature {key}.{_told(feature)}")


def _add_sparse(raw: RawFeatures, key: str, dtype: Any) -> None:
    """Note a sparse feature; the same one may be part of several sparse tensors."""
    dtype = dtypes.as_dtype(dtype)
    if key in raw.sparse_keys:
        known = raw.sparse_types[raw.sparse_keys.index(key)]
        if known != dtype:
            raise ValueError(f"Conflicting type {known} vs {dtype} for feature {key}.")
        return
    raw.sparse_keys.append(key)
    raw.sparse_types.append(dtype)


def _add_sparse_feature(raw: RawFeatures, key: str, feature: SparseFeature) -> None:
    for part in ("index_key", "value_key"):
        if not getattr(feature, part):
            raise ValueError(f"Missing {part} for SparseFeature {feature}.")
    _require(feature.dtype, "type", key, feature)
    keys = [feature.index_key] if isinstance(feature.index_key, str) else feature.index_key
    for index_key in sorted(keys):
        _add_sparse(raw, index_key, dtypes.int64)
    _add_sparse(raw, feature.value_key, feature.dtype)


def _add_dense(raw: RawFeatures, key: str, feature: Any, in_sequence: bool) -> None:
    _require(feature.dtype, "type", key, feature)
    _require(feature.shape, "shape", key, feature)
    shape = TensorShape(feature.shape)
    if isinstance(feature, FixedLenFeature):
        sizes = shape.as_list()
        if sizes and sizes[0] is None:
            raise ValueError(f"First dimension of shape for feature {key} unknown. Consider using FixedLenSequenceFeature.{_told(feature)}")
        if not shape.is_fully_defined():
            raise ValueError(f"All dimensions of shape for feature {key} need to be known but received {feature.shape!s}.")
    elif not in_sequence:
        if not feature.allow_missing:
            raise ValueError("Unsupported: FixedLenSequenceFeature requires allow_missing to be True.")
        shape = TensorShape([None]).concatenate(shape)
    elif feature.default_value is not None:
        raise ValueError(f"Unsupported: default_value of a FixedLenSequenceFeature in a sequence, for feature {key}.")
    raw.dense_keys.append(key)
    raw.dense_types.append(dtypes.as_dtype(feature.dtype))
    raw.dense_shapes.append(shape)
    raw.may_miss.append(bool(getattr(feature, "allow_missing", False)))
    if feature.default_value is not None:
        raw.dense_defaults[key] = feature.default_value


def default_tensors(raw: RawFeatures) -> list[Tensor]:
    """The default of each dense feature as a tensor; empty where a value must be there."""
    made = []
    for key, dtype, shape in zip(raw.dense_keys, raw.dense_types, raw.dense_shapes):
        default = raw.dense_defaults.get(key)
        stretched = bool(shape.rank) and shape.as_list()[0] is None
        named = "key_" + _NOT_IN_A_NAME.sub("_", key)
        if default is None:
            made.append(constant("" if dtype == dtypes.string else 0, dtype) if stretched else constant([], dtype=dtype))
        elif stretched:
            made.append(ops.Reshape(convert_to_tensor(default, dtype, named), []))
        elif isinstance(default, Tensor):
            made.append(default)
        else:
            made.append(ops.Reshape(convert_to_tensor(default, dtype, named), shape))
    return made


def with_sparse_features(features: dict[str, Any] | None, parsed: dict[str, Any]) -> dict[str, Any]:
    """The parsed features under their keys, those of each SparseFeature put together to one SparseTensor."""
    result = dict(parsed)
    for key in sorted(features or {}):
        feature = features[key]  # type: ignore[index]
        if isinstance(feature, SparseFeature):
            several = not isinstance(feature.index_key, str)
            positions = [parsed[index] for index in feature.index_key] if several else parsed[feature.index_key]
            values = parsed[feature.value_key]
            result[key] = sparse_merge(positions, values, feature.size, already_sorted=feature.already_sorted)
    return {key: value for key, value in result.items() if key in (features or {})}
