"""Drawing numbers of the gamma and the Poisson distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import broadcast_dynamic_shape, shape as shape_of
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.seed import get_seed
from autograd_lite.graph.tensor import Tensor


@export("random_gamma", "random.gamma")
def random_gamma(
    shape: Any, alpha: Any, beta: Any = None, dtype: Any = dtypes.float32, seed: int | None = None, name: str | None = None
) -> Tensor:
    """Draw numbers of the gamma distribution: `shape` of them for each pair of `alpha` and `beta`.

    Args:
      shape: how many for each pair; the result has shape `shape` + the shape of `alpha + beta`.
      alpha: the shape parameter, positive.
      beta: the inverse scale; 1 if None.
      dtype: float16, float32 or float64.
      seed: with a seed, every run of the program draws the same numbers; see `tf.set_random_seed`.
      name: a name for the nodes.

    >>> import autograd_lite as tf
    >>> tf.random_gamma([5], [0.5, 2.0], seed=1).shape.as_list()
    [5, 2]
    """
    with building(name, "random_gamma", [shape, alpha, beta]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        alpha = convert_to_tensor(alpha, name="alpha", dtype=dtype)
        beta = convert_to_tensor(1 if beta is None else beta, name="beta", dtype=dtype)
        sizes = broadcast_dynamic_shape(shape_of(alpha), shape_of(beta))
        spread = raw.BroadcastTo(alpha, sizes)
        first, second = get_seed(seed)
        drawn = raw.RandomGamma(shape, spread, seed=first or 0, seed2=second or 0)
        tiny = np.finfo(alpha.dtype.as_numpy_dtype).tiny
        return raw.Maximum(tiny, drawn / beta)


@export("random_poisson", "random.poisson")
def random_poisson(lam: Any, shape: Any, dtype: Any = dtypes.float32, seed: int | None = None, name: str | None = None) -> Tensor:
    """Draw numbers of the Poisson distribution: `shape` of them for each rate `lam`.

    Args:
      lam: the rate, which is also the mean.
      shape: how many for each rate; the result has shape `shape` + the shape of `lam`.
      dtype: float16, float32, float64, int32 or int64.
      seed: with a seed, every run of the program draws the same numbers; see `tf.set_random_seed`.
      name: a name for the nodes.

    >>> import autograd_lite as tf
    >>> tf.random_poisson([0.5, 20.0], [5], seed=1).shape.as_list()
    [5, 2]
    """
    with building(name, "random_poisson", [lam, shape]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        first, second = get_seed(seed)
        return raw.RandomPoissonV2(shape, lam, dtype=dtype, seed=first or 0, seed2=second or 0)
