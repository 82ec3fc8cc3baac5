"""Random tensors: uniform, normal, shuffled, and drawn by weights."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import shape
from autograd_lite.api.asserts import Assert
from autograd_lite.api.control import with_dependencies
from autograd_lite.api.math import add
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.seed import get_seed
from autograd_lite.graph.tensor import Tensor


def _seeds(seed: int | None) -> dict[str, int]:
    """The two seed attributes of a random op made now."""
    first, second = get_seed(seed)
    return {"seed": first or 0, "seed2": second or 0}


def _shape_tensor(shape: Any) -> Tensor:
    """A shape as a tensor; plain numbers become int32."""
    if isinstance(shape, list | tuple) and (not shape or all(isinstance(size, int) for size in shape)):
        return convert_to_tensor(shape, dtype=dtypes.int32, name="shape")
    return convert_to_tensor(shape, preferred_dtype=dtypes.int32, name="shape")


@export("random_normal", "random.normal")
def random_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, seed: int | None = None, name: str | None = None
) -> Tensor:
    """Draw numbers from a normal distribution.

    Args:
      shape: the shape of the result (a list or an integer vector).
      seed: with a seed, every run of the program draws the same numbers; see `tf.set_random_seed`.

    >>> import autograd_lite as tf
    >>> tf.random_normal([2, 3], seed=1).shape.as_list()
    [2, 3]
    """
    return _scaled(raw.RandomStandardNormal, "random_normal", shape, mean, stddev, dtype, seed, name)


@export("truncated_normal", "random.truncated_normal")
def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, seed: int | None = None, name: str | None = None
) -> Tensor:
    """Draw numbers from a normal distribution; those more than two standard deviations from the mean are drawn again.

    >>> import autograd_lite as tf
    >>> tf.truncated_normal([2, 3], stddev=0.1, seed=1).shape.as_list()
    [2, 3]
    """
    return _scaled(raw.TruncatedNormal, "truncated_normal", shape, mean, stddev, dtype, seed, name)


def _scaled(op: Any, default_name: str, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: int | None, name: str | None) -> Tensor:
    """Stddev * op + mean."""
    with building(name, default_name, [shape, mean, stddev]) as scope:
        sizes = _shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = op(sizes, dtype=dtype, **_seeds(seed))
        return add(raw.Mul(drawn, stddev, name="mul"), mean, name=scope)


@export("random_uniform", "random.uniform")
def random_uniform(
    shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32, seed: int | None = None, name: str | None = None
) -> Tensor:
    """Draw numbers from [minval, maxval): real numbers (default [0, 1)) or integers.

    Raises:
      ValueError: the type is none of the floats, int32 and int64, or integers are asked for without `maxval`.

    >>> import autograd_lite as tf
    >>> tf.random_uniform([2], maxval=10, dtype=tf.int32, seed=1).dtype.name
    'int32'
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype.name not in ("float16", "bfloat16", "float32", "float64", "int32", "int64"):
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are float16, bfloat16, float32, float64, int32, int64."
        )
    from_zero = not dtype.is_integer and _is_written(minval, 0) and not release().uniform_always_scales
    to_one = maxval is None or _is_written(maxval, 1)
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with building(name, "random_uniform", [shape, minval, maxval]) as scope:
        sizes = _shape_tensor(shape)
        if from_zero and to_one:
            return raw.RandomUniform(sizes, dtype=dtype, **_seeds(seed))
        low = convert_to_tensor(minval, dtype=dtype, name="min")
        high = convert_to_tensor(maxval, dtype=dtype, name="max")
        if dtype.is_integer:
            return raw.RandomUniformInt(sizes, low, high, **_seeds(seed), name=scope)
        drawn = raw.RandomUniform(sizes, dtype=dtype, **_seeds(seed))
        if from_zero:
            return raw.Mul(drawn, high)
        return add(raw.Mul(drawn, raw.Sub(high, low, name="sub"), name="mul"), low, name=scope)


def _is_written(value: Any, number: int) -> bool:
    """Whether `value` is this Python int; release 2.21 takes 0.0 and 1.0 as any other numbers."""
    return isinstance(value, int) and value == number


@export("random_shuffle", "random.shuffle")
def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """Put the rows (elements along axis 0) of a tensor in random order.

    >>> import autograd_lite as tf
    >>> tf.random_shuffle([1, 2, 3], seed=1).shape.as_list()
    [3]
    """
    return raw.RandomShuffle(value, **_seeds(seed), name=name)


@export("multinomial", "random.multinomial")
def multinomial(logits: Any, num_samples: Any, seed: int | None = None, name: str | None = None, output_dtype: Any = None) -> Tensor:
    """Draw class numbers: for each row of `logits` (unnormalised log probabilities), `num_samples` of them.

    >>> import autograd_lite as tf
    >>> tf.multinomial([[0.0, 0.0]], 5).shape.as_list()
    [1, 5]
    """
    with building(name, "multinomial", [logits]):
        return _draw_classes(logits, num_samples, output_dtype, seed)


@export("random.categorical")
def categorical(logits: Any, num_samples: Any, dtype: Any = None, seed: int | None = None, name: str | None = None) -> Tensor:
    """Draw class numbers: for each row of `logits` (unnormalised log probabilities), `num_samples` of them.

    >>> import autograd_lite as tf
    >>> tf.random.categorical([[0.0, 0.0]], 5).shape.as_list()
    [1, 5]
    """
    with building(name, "categorical", [logits]):
        return _draw_classes(logits, num_samples, dtype, seed)


def _draw_classes(logits: Any, num_samples: Any, dtype: Any, seed: int | None) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    return raw.Multinomial(logits, num_samples, **_seeds(seed), output_dtype=dtypes.int64 if dtype is None else dtype)


@export("random_crop", "image.random_crop")
def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """Cut a part of a given size out of a tensor, at a random place.

    Raises:
      At run time InvalidArgumentError when the part is larger than the tensor.

    >>> import autograd_lite as tf
    >>> tf.random_crop(tf.zeros([5, 5]), [2, 2], seed=1).shape.as_list()
    [2, 2]
    """
    with building(name, "random_crop", [value, size]) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtype=dtypes.int32, name="size")
        sizes = shape(value)
        fits = Assert(reduce_all(raw.GreaterEqual(sizes, size)), ["Need value.shape >= size, got ", sizes, size], summarize=1000)
        sizes = with_dependencies([fits], sizes)
        limit = sizes - size + 1
        offset = random_uniform(shape(sizes), dtype=dtypes.int32, maxval=dtypes.int32.max, seed=seed) % limit
        return raw.Slice(value, offset, size, name=scope)
