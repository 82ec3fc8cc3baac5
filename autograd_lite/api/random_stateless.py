"""Random numbers that depend on nothing but two seeds: the same in every run and in every program."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.math import add
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def _shape_tensor(shape: Any) -> Tensor:
    return convert_to_tensor(shape, preferred_dtype=dtypes.int32, name="shape")


@export("random.stateless_uniform")
def stateless_random_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """Draw numbers spread evenly over [minval, maxval).

    Args:
      shape: the shape of the result.
      seed: two integers; the same ones give the same numbers.
      minval: the lower end.
      maxval: the upper end, 1 for floats if None; integers need one.
      dtype: float16, float32, float64, int32 or int64.
      name: a name for the nodes.

    Raises:
      ValueError: the type is no such type, or integers come without `maxval`.

    >>> import autograd_lite as tf
    >>> draw = tf.random.stateless_uniform([2], seed=[1, 2])
    >>> session = tf.Session()
    >>> bool((session.run(draw) == session.run(draw)).all())
    True
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype.name not in ("float16", "bfloat16", "float32", "float64", "int32", "int64"):
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with building(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as scope:
        shape = _shape_tensor(shape)
        low = convert_to_tensor(minval, dtype=dtype, name="min")
        high = convert_to_tensor(maxval, dtype=dtype, name="max")
        if dtype.is_integer:
            return raw.StatelessRandomUniformInt(shape, seed, low, high, name=scope)
        drawn = raw.StatelessRandomUniform(shape, seed, dtype=dtype)
        return add(drawn * (high - low), low, name=scope)


@export("random.stateless_normal")
def stateless_random_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """Draw numbers from a normal distribution.

    Args:
      shape: the shape of the result.
      seed: two integers; the same ones give the same numbers.
      mean: the mean.
      stddev: the standard deviation.
      dtype: float16, float32 or float64.
      name: a name for the nodes.

    >>> import autograd_lite as tf
    >>> tf.random.stateless_normal([2, 3], seed=[1, 2]).shape.as_list()
    [2, 3]
    """
    return _scaled(raw.StatelessRandomNormal, "stateless_random_normal", shape, seed, mean, stddev, dtype, name)


@export("random.stateless_truncated_normal")
def stateless_truncated_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """Draw numbers from a normal distribution, none further than two standard deviations from the mean.

    Args:
      shape: the shape of the result.
      seed: two integers; the same ones give the same numbers.
      mean: the mean.
      stddev: the standard deviation, before the cut.
      dtype: float16, float32 or float64.
      name: a name for the nodes.

    >>> import autograd_lite as tf
    >>> bool(abs(tf.Session().run(tf.random.stateless_truncated_normal([100], seed=[1, 2]))).max() < 2)
    True
    """
    return _scaled(raw.StatelessTruncatedNormal, "stateless_truncated_normal", shape, seed, mean, stddev, dtype, name)


def _scaled(op: Any, default_name: str, shape: Any, seed: Any, mean: Any, stddev: Any, dtype: Any, name: str | None) -> Tensor:
    with building(name, default_name, [shape, seed, mean, stddev]) as scope:
        shape = _shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        return add(op(shape, seed, dtype=dtype) * stddev, mean, name=scope)


@export("random.stateless_multinomial")
def stateless_multinomial(logits: Any, num_samples: Any, seed: Any, output_dtype: Any = dtypes.int64, name: str | None = None) -> Tensor:
    """Draw classes with the probabilities softmax(logits), `num_samples` for each row.

    Args:
      logits: [rows, classes].
      num_samples: how many to draw for each row.
      seed: two integers; the same ones give the same classes.
      output_dtype: int32 or int64.
      name: a name for the nodes.

    >>> import autograd_lite as tf
    >>> tf.random.stateless_multinomial([[0.0, 0.0]], 5, seed=[1, 2]).shape.as_list()
    [1, 5]
    """
    with building(name, "stateless_multinomial", [logits, seed]):
        return _draw_classes(logits, num_samples, seed, output_dtype)


@export("random.stateless_categorical")
def stateless_categorical(logits: Any, num_samples: Any, seed: Any, dtype: Any = dtypes.int64, name: str | None = None) -> Tensor:
    """The newer name of `tf.random.stateless_multinomial`.

    >>> import autograd_lite as tf
    >>> tf.random.stateless_categorical([[0.0, 0.0]], 5, seed=[1, 2]).shape.as_list()
    [1, 5]
    """
    with building(name, "stateless_categorical", [logits, seed]):
        return _draw_classes(logits, num_samples, seed, dtype)


def _draw_classes(logits: Any, num_samples: Any, seed: Any, dtype: Any) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    return raw.StatelessMultinomial(logits, num_samples, seed, output_dtype=dtypes.int64 if dtype is None else dtype)
