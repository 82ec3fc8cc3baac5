"""The pair of seeds of a dataset's random order, as tensors."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.release import release
from autograd_lite.graph import seed as seeds
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def dataset_seeds(seed: Any) -> tuple[Tensor, Tensor]:
    """The two seeds: of the graph and of the op; (0, 0), which would mean none, becomes (0, 2^31 - 1).

    Args:
      seed: the op's own seed (a number or a tensor), or None.
    """
    if isinstance(seed, Tensor):
        first: Any = seeds.DEFAULT_GRAPH_SEED
        second: Any = seed
    else:
        first, second = seeds.get_seed(seed)
    graph_seed = convert_to_tensor(0 if first is None else first, dtypes.int64, "seed")
    if second is None:
        return graph_seed, convert_to_tensor(0, dtypes.int64, "seed2")
    with building("seed2") as scope:
        own = convert_to_tensor(second, dtypes.int64)
        both = raw.LogicalAnd(raw.Equal(graph_seed, 0), raw.Equal(own, 0))
        choose = getattr(raw, release().select_type)
        return graph_seed, choose(both, convert_to_tensor(2**31 - 1, dtypes.int64), own, name=scope)
