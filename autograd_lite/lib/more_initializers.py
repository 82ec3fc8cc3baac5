"""Initializers under the names and with the defaults of `tf.keras` and `tf.contrib.layers`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_lite.api.random import random_uniform, truncated_normal
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import by_name, initializers
from autograd_lite.lib.initializers import Initializer, compute_fans
from autograd_lite.lib.partitioning import full_shape


@export("keras.initializers.RandomNormal", "keras.initializers.random_normal", "keras.initializers.normal")
class KerasRandomNormal(initializers.RandomNormal):
    """Start with normally distributed numbers; arguments as of `tf.random_normal_initializer`, `stddev` being 0.05."""

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(mean, stddev, seed, dtype)


@export("keras.initializers.TruncatedNormal", "keras.initializers.truncated_normal")
class KerasTruncatedNormal(initializers.TruncatedNormal):
    """Start with normally distributed numbers without tails; arguments as of `tf.truncated_normal_initializer`, `stddev` being 0.05."""

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(mean, stddev, seed, dtype)


@export("keras.initializers.RandomUniform", "keras.initializers.random_uniform", "keras.initializers.uniform")
class KerasRandomUniform(initializers.RandomUniform):
    """Start with numbers spread evenly; arguments as of `tf.random_uniform_initializer`, the bounds being -0.05 and 0.05."""

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: int | None = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(minval, maxval, seed, dtype)


_BY_NAME: dict[str, Callable[..., Any]] = {
    "Zeros": initializers.Zeros,
    "zeros": initializers.Zeros,
    "Ones": initializers.Ones,
    "ones": initializers.Ones,
    "Constant": initializers.Constant,
    "constant": initializers.Constant,
    "Identity": initializers.Identity,
    "identity": initializers.Identity,
    "Orthogonal": initializers.Orthogonal,
    "orthogonal": initializers.Orthogonal,
    "VarianceScaling": initializers.VarianceScaling,
    "GlorotUniform": initializers.GlorotUniform,
    "glorot_uniform": initializers.GlorotUniform,
    "GlorotNormal": initializers.GlorotNormal,
    "glorot_normal": initializers.GlorotNormal,
    "he_normal": initializers.he_normal,
    "he_uniform": initializers.he_uniform,
    "lecun_normal": initializers.lecun_normal,
    "lecun_uniform": initializers.lecun_uniform,
    "RandomNormal": KerasRandomNormal,
    "random_normal": KerasRandomNormal,
    "normal": KerasRandomNormal,
    "TruncatedNormal": KerasTruncatedNormal,
    "truncated_normal": KerasTruncatedNormal,
    "RandomUniform": KerasRandomUniform,
    "random_uniform": KerasRandomUniform,
    "uniform": KerasRandomUniform,
}


@export("keras.initializers.serialize")
def serialize(initializer: Initializer) -> dict[str, Any]:
    """An initializer as a plain dict of its class name and arguments.

    >>> import autograd_lite as tf
    >>> tf.keras.initializers.serialize(tf.zeros_initializer())
    {'class_name': 'Zeros', 'config': {'dtype': 'float32'}}
    """
    return {"class_name": type(initializer).__name__.removeprefix("Keras"), "config": initializer.get_config()}


@export("keras.initializers.deserialize")
def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer that `serialize` described; `custom_objects` adds classes by name.

    Raises:
      ValueError: for a name that is not known.
    """
    return by_name.found(config, _BY_NAME, "initializer", custom_objects)


@export("keras.initializers.get")
def get(identifier: Any) -> Any:
    """An initializer from its name, its configuration, its class, or itself.

    Raises:
      ValueError: for anything else.

    >>> import autograd_lite as tf
    >>> type(tf.keras.initializers.get("zeros")).__name__
    'Zeros'
    """
    return by_name.found(identifier, _BY_NAME, "initializer")


class ScaledToFans(Initializer):
    """What the initializers of `tf.contrib.layers` return: random numbers of variance `factor` / n."""

    def __init__(self, factor: float, mode: str, uniform: bool, seed: int | None, dtype: Any) -> None:
        self._factor = factor
        self._mode = mode
        self._uniform = uniform
        self._seed = seed
        self._dtype = dtype

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """Random numbers of this shape."""
        dtype = dtypes.as_dtype(self._dtype if dtype is None else dtype)
        if not dtype.is_floating:
            raise TypeError("Cannot create initializer for non-floating point type.")
        fan_in, fan_out = compute_fans(list(full_shape(shape)))
        units = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[self._mode]
        if self._uniform:
            bound = math.sqrt(3.0 * self._factor / units)
            return random_uniform(shape, -bound, bound, dtype, seed=self._seed)
        # cutting the tails off makes the standard deviation smaller; 1.3 makes up for it
        return truncated_normal(shape, 0.0, math.sqrt(1.3 * self._factor / units), dtype, seed=self._seed)


@export("contrib.layers.variance_scaling_initializer", "contrib.slim.variance_scaling_initializer")
def contrib_variance_scaling_initializer(
    factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: int | None = None, dtype: Any = dtypes.float32
) -> ScaledToFans:
    """An initializer that draws numbers of variance `factor` / n, n being the inputs or outputs of a unit, or their mean.

    Args:
      factor: 2.0 suits ReLU (He and others, 2015), 1.0 with "FAN_AVG" is Glorot's.
      mode: "FAN_IN", "FAN_OUT" or "FAN_AVG".
      uniform: whether to draw from a uniform instead of a truncated normal distribution.
      seed: the op-level seed, see `tf.set_random_seed`.
      dtype: the element type when the variable does not say.

    Raises:
      TypeError: for a type that is not floating, or another mode.
    """
    if not dtypes.as_dtype(dtype).is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]", mode)
    return ScaledToFans(factor, mode, uniform, seed, dtype)


@export("contrib.layers.xavier_initializer", "contrib.layers.xavier_initializer_conv2d", "contrib.slim.xavier_initializer",
        "contrib.slim.xavier_initializer_conv2d")  # fmt: skip
def xavier_initializer(uniform: bool = True, seed: int | None = None, dtype: Any = dtypes.float32) -> ScaledToFans:
    """Glorot's initializer: numbers of variance 2 / (inputs + outputs), uniform unless `uniform` is False.

    Source: Glorot and Bengio, 2010, "Understanding the difficulty of training deep feedforward neural networks".

    >>> import autograd_lite as tf
    >>> w = tf.get_variable("docs_xavier", [3, 4], initializer=tf.contrib.layers.xavier_initializer())
    """
    return contrib_variance_scaling_initializer(factor=1.0, mode="FAN_AVG", uniform=uniform, seed=seed, dtype=dtype)
