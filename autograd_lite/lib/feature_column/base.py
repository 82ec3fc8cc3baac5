"""What all feature columns share: names, the cache of what they make of the features, and sparse forms of dense features."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_lite.api.arrays import concat, expand_dims, shape
from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.graph.composite import SparseTensor, convert_to_tensor_or_sparse_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.tensor import Tensor


class IdsAndWeights(NamedTuple):
    """The categories of each example, and their weights, if they have some."""

    ids: SparseTensor
    weights: SparseTensor | None


class Features:
    """The features of one call, and everything that columns have made of them: each is made once."""

    def __init__(self, features: dict[Any, Any]) -> None:
        self._given = dict(features)
        self._made: dict[Any, Any] = {}
        self.variables: dict[Any, list[Any]] = {}  # column -> the variables behind it

    def get(self, key: Any) -> Any:
        """A feature by its key, as a tensor of at least two axes; or what a column makes of the features.

        Raises:
          ValueError: there is no such feature, or it is a scalar.
        """
        if key in self._made:
            return self._made[key]
        if isinstance(key, str):
            made = self._raw(key)
        elif key in self._given:  # somebody has transformed it already
            made = convert_to_tensor_or_sparse_tensor(self._given[key])
        else:
            made = key.transformed(self)
        self._made[key] = made
        return made

    def _raw(self, key: str) -> Any:
        if key not in self._given:
            raise ValueError(f"Feature {key} is not in features dictionary.")
        tensor = convert_to_tensor_or_sparse_tensor(self._given[key])
        if isinstance(tensor, SparseTensor):
            return tensor
        rank = tensor.shape.rank
        if rank is None:
            return _with_two_axes(tensor)
        if rank == 0:
            raise ValueError(f"Feature (key: {key}) cannot have rank 0. Given: {tensor}")
        return expand_dims(tensor, -1) if rank == 1 else tensor


def _with_two_axes(tensor: Tensor) -> Tensor:
    """A tensor of unknown rank, with an axis of size 1 added if it has one axis only."""
    missing = raw.Maximum(2 - raw.Rank(tensor), 0)
    return raw.Reshape(tensor, concat([shape(tensor), raw.Fill(raw.Reshape(missing, [1]), 1)], 0))


class FeatureColumn:
    """A feature column: its name, which features it reads, and what it makes of them."""

    @property
    def name(self) -> str:
        """The name under which its variables and nodes stand."""
        raise NotImplementedError

    @property
    def parse_example_spec(self) -> dict[str, Any]:
        """How its features are read from Examples."""
        raise NotImplementedError

    def transformed(self, features: Features) -> Any:
        """What the column makes of the features."""
        raise NotImplementedError


class DenseColumn(FeatureColumn):
    """A column that gives every example a row of numbers."""

    @property
    def variable_shape(self) -> tuple[int, ...]:
        """The shape of the numbers of one example."""
        raise NotImplementedError

    def dense_tensor(self, features: Features, weight_collections: Any = None, trainable: bool = True) -> Tensor:
        """The numbers of all examples."""
        raise NotImplementedError


class CategoricalColumn(FeatureColumn):
    """A column that gives every example a set of categories; one of sequences, every step."""

    is_sequence = False

    @property
    def num_buckets(self) -> int:
        """How many categories there are."""
        raise NotImplementedError

    def sparse_tensors(self, features: Features) -> IdsAndWeights:
        """The categories of all examples."""
        return IdsAndWeights(features.get(self), None)


def as_sparse_input(tensor: Any) -> SparseTensor:
    """A dense feature as a sparse one, without what stands for nothing: empty strings, -1, and 0.0 of weights."""
    if isinstance(tensor, SparseTensor):
        return tensor
    with name_scope(None, "to_sparse_input", [tensor]):
        nothing = "" if tensor.dtype.base_dtype == dtypes.string else -1 if tensor.dtype.is_integer else 0.0
        ignored = cast(nothing, tensor.dtype, name="ignore_value")
        indices = raw.Where(raw.NotEqual(tensor, ignored), name="indices")
        values = raw.GatherNd(tensor, indices, name="values")
        return SparseTensor(indices, values, shape(tensor, out_type=dtypes.int64, name="dense_shape"))


def check_key(key: Any) -> None:
    """Raise ValueError unless a key of a feature is text."""
    if not isinstance(key, str):
        raise ValueError(f"key must be a string. Given: {key}")
