"""Pooling as TensorFlow 1 calls it."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import expand_dims, squeeze
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def _sizes(value: Any, rank: int, data_format: str, name: str) -> list[int]:
    """One number per axis, from one number, one per spatial axis, or all of them."""
    numbers = [int(number) for number in value] if hasattr(value, "__iter__") else [int(value)]
    spatial = rank - 2
    if len(numbers) == 1:
        numbers *= spatial
    if len(numbers) == spatial:
        numbers = [1, 1, *numbers] if data_format.startswith("NC") else [1, *numbers, 1]
    if len(numbers) != rank:
        raise ValueError(f"{name} should be of length 1, {spatial} or {rank}. Received: {name}={value} of length {len(numbers)}")
    if name == "ksize" and 0 in numbers:
        raise ValueError(f"`ksize` cannot be zero. Received: ksize={list(numbers)}")
    return numbers


@export("nn.max_pool")
def max_pool(
    value: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC", name: str | None = None, input: Any = None
) -> Tensor:
    """The largest element of every window, channel by channel.

    Args:
      value: images, [batch, height, width, channels] (or [batch, channels, height, width] for "NCHW").
      ksize: the size of the window, per axis.
      strides: how far the window moves, per axis.
      padding: "SAME", "VALID", or a pair of numbers per axis.
      data_format: "NHWC" or "NCHW".
      name: the name of the node.
      input: the newer name of `value`.

    Raises:
      ValueError: when the window is larger than the image and nothing is padded.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> image = np.arange(4, dtype="float32").reshape(1, 2, 2, 1)
    >>> tf.Session().run(tf.nn.max_pool(image, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")).ravel()
    array([3.], dtype=float32)
    """
    value = renamed("input", input, "value", value)
    with building(name, "MaxPool", [value]) as scope:
        explicit: list[int] = []
        if not isinstance(padding, str):
            explicit, padding = [int(number) for pair in padding for number in pair], "EXPLICIT"
        return raw.MaxPool(
            convert_to_tensor(value, name="input"),
            ksize=_sizes(ksize, 4, data_format, "ksize"),
            strides=_sizes(strides, 4, data_format, "strides"),
            padding=padding,
            explicit_paddings=explicit,
            data_format=data_format,
            name=scope,
        )


@export("nn.max_pool2d")
def max_pool2d(input: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC", name: str | None = None) -> Tensor:
    """The largest element of every window of images; `tf.nn.max_pool` under its newer name.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.max_pool2d(np.ones((1, 4, 4, 1), "float32"), 2, 2, "VALID").shape.as_list()
    [1, 2, 2, 1]
    """
    with building(name, "MaxPool2d", [input]) as scope:
        return max_pool(input, ksize, strides, padding, data_format=data_format or "NHWC", name=scope)


@export("nn.avg_pool", "nn.avg_pool2d")
def avg_pool(
    value: Any, ksize: Any, strides: Any, padding: Any, data_format: str = "NHWC", name: str | None = None, input: Any = None
) -> Tensor:
    """The mean of every window, channel by channel; padding does not count.

    Args:
      value: images, [batch, height, width, channels] (or [batch, channels, height, width] for "NCHW").
      ksize: the size of the window, per axis.
      strides: how far the window moves, per axis.
      padding: "SAME" or "VALID".
      data_format: "NHWC" or "NCHW".
      name: the name of the node.
      input: the newer name of `value`.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> image = np.arange(4, dtype="float32").reshape(1, 2, 2, 1)
    >>> tf.Session().run(tf.nn.avg_pool(image, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")).ravel()
    array([1.5], dtype=float32)
    """
    value = renamed("input", input, "value", value)
    with building(name, "AvgPool", [value]) as scope:
        return raw.AvgPool(
            convert_to_tensor(value, name="value"),
            ksize=_sizes(ksize, 4, data_format, "ksize"),
            strides=_sizes(strides, 4, data_format, "strides"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )


def _along(function: Any, input: Any, ksize: Any, strides: Any, padding: str, data_format: str, name: str | None, default: str) -> Tensor:
    """Pooling along sequences: that of images of height 1."""
    with building(name, default, [input]) as scope:
        if data_format not in ("NWC", "NCW"):
            raise ValueError(f'`data_format` must be "NWC" or "NCW". Received: data_format={data_format}')
        axis = 1 if data_format == "NWC" else 2
        window, steps = (_flat(_sizes(value, 3, data_format, what), axis) for value, what in ((ksize, "ksize"), (strides, "strides")))
        image_format = "NHWC" if data_format == "NWC" else "NCHW"
        flat = function(expand_dims(input, axis), ksize=window, strides=steps, padding=padding, data_format=image_format, name=scope)
        return squeeze(flat, [axis])


def _flat(numbers: list[int], axis: int) -> list[int]:
    return [*numbers[:axis], 1, *numbers[axis:]]


@export("nn.max_pool1d")
def max_pool1d(input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NWC", name: str | None = None) -> Tensor:
    """The largest element of every stretch of a sequence, [batch, steps, channels].

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.max_pool1d(np.ones((1, 6, 2), "float32"), 2, 2, "VALID").shape.as_list()
    [1, 3, 2]
    """
    return _along(raw.MaxPool, input, ksize, strides, padding, data_format, name, "MaxPool1d")


@export("nn.avg_pool1d")
def avg_pool1d(input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NWC", name: str | None = None) -> Tensor:
    """The mean of every stretch of a sequence, [batch, steps, channels].

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.avg_pool1d(np.ones((1, 6, 2), "float32"), 2, 2, "VALID").shape.as_list()
    [1, 3, 2]
    """
    return _along(raw.AvgPool, input, ksize, strides, padding, data_format, name, "AvgPool1D")


@export("nn.max_pool3d")
def max_pool3d(input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NDHWC", name: str | None = None) -> Tensor:
    """The largest element of every window of volumes, [batch, depth, height, width, channels].

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.max_pool3d(np.ones((1, 4, 4, 4, 1), "float32"), 2, 2, "VALID").shape.as_list()
    [1, 2, 2, 2, 1]
    """
    with building(name, "MaxPool3D", [input]) as scope:
        window, steps = _sizes(ksize, 5, data_format, "ksize"), _sizes(strides, 5, data_format, "strides")
        return raw.MaxPool3D(input, ksize=window, strides=steps, padding=padding, data_format=data_format, name=scope)


@export("nn.avg_pool3d")
def avg_pool3d(input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NDHWC", name: str | None = None) -> Tensor:
    """The mean of every window of volumes, [batch, depth, height, width, channels].

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> tf.nn.avg_pool3d(np.ones((1, 4, 4, 4, 1), "float32"), 2, 2, "VALID").shape.as_list()
    [1, 2, 2, 2, 1]
    """
    with building(name, "AvgPool3D", [input]) as scope:
        window, steps = _sizes(ksize, 5, data_format, "ksize"), _sizes(strides, 5, data_format, "strides")
        return raw.AvgPool3D(input, ksize=window, strides=steps, padding=padding, data_format=data_format, name=scope)


@export("nn.max_pool_v2")
def max_pool_v2(input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None, name: str | None = None) -> Tensor:
    """The largest element of every window of sequences, images or volumes: as many axes as `input` has between batch and channels.

    Args:
      input: [batch, sizes..., channels], or [batch, channels, sizes...] when `data_format` begins with "NC".
      ksize, strides: the size of the window and how far it moves: a number, or one per axis.

    Raises:
      ValueError: the rank is not 3, 4 or 5.

    >>> import autograd_lite as tf
    >>> tf.nn.max_pool_v2(tf.zeros([1, 6, 2]), 2, 2, "VALID").shape.as_list()
    [1, 3, 2]
    """
    function: Any = _by_rank(input, data_format, max_pool1d, max_pool2d, max_pool3d)
    return function(input, ksize, strides, padding, **_given_format(data_format), name=name)


@export("nn.avg_pool_v2")
def avg_pool_v2(input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None = None, name: str | None = None) -> Tensor:
    """The mean of every window of sequences, images or volumes; see `tf.nn.max_pool_v2`.

    Raises:
      ValueError: the rank is not 3, 4 or 5.

    >>> import autograd_lite as tf
    >>> tf.nn.avg_pool_v2(tf.zeros([1, 4, 4, 4, 1]), 2, 2, "VALID").shape.as_list()
    [1, 2, 2, 2, 1]
    """
    function: Any = _by_rank(input, data_format, avg_pool1d, avg_pool, avg_pool3d)
    return function(input, ksize, strides, padding, **_given_format(data_format), name=name)


def _by_rank(value: Any, data_format: str | None, *functions: Any) -> Any:
    """The function for as many axes as lie between batch and channels."""
    known = convert_to_tensor(value).static_shape if not isinstance(value, Tensor) else value.static_shape
    rank = len(known) if known is not None else len(data_format or "")
    if known is None and data_format is None:
        raise ValueError("The input must have a rank or a data format must be given")
    if not 3 <= rank <= 5:
        raise ValueError(f"Input tensor must be of rank 3, 4 or 5 but was {rank}.")
    return functions[rank - 3]


def _given_format(data_format: str | None) -> dict[str, str]:
    return {} if data_format is None else {"data_format": data_format}


# -------------------------------------------------------------------- with indices, and by fractions


@export("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC", Targmax: Any = None, name: str | None = None,
    output_dtype: Any = None, include_batch_in_index: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The largest element of every window, and its index in the flattened image.

    Args:
      input: images, [batch, height, width, channels].
      ksize, strides: the size of the window and how far it moves, per axis.
      padding: "SAME" or "VALID".
      Targmax: the type of the indices: int64 (default) or int32; `output_dtype` is its newer name.
      include_batch_in_index: count through the whole batch instead of through one image.

    >>> import numpy as np
    >>> import autograd_lite as tf
    >>> image = np.array([[1, 9], [2, 3]], "float32").reshape(1, 2, 2, 1)
    >>> tf.Session().run(tf.nn.max_pool_with_argmax(image, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")[1]).ravel()
    array([1])
    """
    if data_format != "NHWC":
        raise ValueError(f"`data_format` values other  than 'NHWC' are not supported. Received: data_format={data_format}")
    index_type = renamed("output_dtype", output_dtype, "Targmax", Targmax)
    return raw.MaxPoolWithArgmax(
        input,
        ksize=_sizes(ksize, 4, data_format, "ksize"),
        strides=_sizes(strides, 4, data_format, "strides"),
        padding=padding,
        Targmax=dtypes.int64 if index_type is None else index_type,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )


@export("nn.fractional_max_pool")
def fractional_max_pool(
    value: Any, pooling_ratio: Any, pseudo_random: bool = False, overlapping: bool = False, deterministic: bool = False, seed: int = 0,
    seed2: int = 0, name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Max pooling that shrinks images by a fraction, with windows of two sizes in random order (Graham 2014).

    Args:
      value: images, [batch, height, width, channels].
      pooling_ratio: by what each axis shrinks: 1 for batch and channels, at least 1 for height and width.
      pseudo_random: space the windows evenly from a random start, instead of in random order.
      overlapping: let neighbouring windows share a pixel.
      deterministic: draw from `seed` and `seed2`, the same in every run.

    Returns:
      The pooled images, and where windows begin along height and along width.

    >>> import autograd_lite as tf
    >>> tf.nn.fractional_max_pool(tf.zeros([1, 9, 9, 1]), [1.0, 1.5, 1.5, 1.0])[0].shape.as_list()
    [1, 6, 6, 1]
    """
    return raw.FractionalMaxPool(
        value,
        pooling_ratio=[float(number) for number in pooling_ratio],
        pseudo_random=pseudo_random,
        overlapping=overlapping,
        deterministic=deterministic,
        seed=seed,
        seed2=seed2,
        name=name,
    )


@export("nn.fractional_avg_pool")
def fractional_avg_pool(
    value: Any, pooling_ratio: Any, pseudo_random: bool = False, overlapping: bool = False, deterministic: bool = False, seed: int = 0,
    seed2: int = 0, name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Average pooling that shrinks images by a fraction; the arguments are those of `tf.nn.fractional_max_pool`.

    >>> import autograd_lite as tf
    >>> tf.nn.fractional_avg_pool(tf.zeros([1, 9, 9, 1]), [1.0, 1.5, 1.5, 1.0])[0].shape.as_list()
    [1, 6, 6, 1]
    """
    return raw.FractionalAvgPool(
        value,
        pooling_ratio=[float(number) for number in pooling_ratio],
        pseudo_random=pseudo_random,
        overlapping=overlapping,
        deterministic=deterministic,
        seed=seed,
        seed2=seed2,
        name=name,
    )
