"""Blocks of pixels moved into the batch or the channels, and what dilated windows need of that."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite.api.operators  # noqa: F401  (tensors are sliced and added)
from autograd_lite.api.arguments import renamed
from autograd_lite.api.arrays import stack
from autograd_lite.api.constants import zeros
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


def _square(block_size: int) -> np.ndarray:
    return np.array([block_size, block_size], dtype=np.int64)


@export("space_to_batch", "nn.space_to_batch")
def space_to_batch(input: Any, paddings: Any, block_size: int | None = None, name: str | None = None, block_shape: Any = None) -> Tensor:
    """Divide padded images into square blocks; the pixels at one place of all blocks become an image of their own in the batch.

    Args:
      input: [batch, height, width, channels].
      paddings: zeros before and after, for height and width: a 2 x 2 matrix.
      block_size: how many pixels high and wide a block is.
      block_shape: the newer form of `block_size`: the size of a block along each axis.

    >>> import autograd_lite as tf
    >>> tf.space_to_batch(tf.zeros([1, 4, 4, 3]), [[0, 0], [0, 0]], 2).shape.as_list()
    [4, 2, 2, 3]
    """
    result = raw.SpaceToBatchND(input, renamed("block_shape", block_shape, "block_size", _maybe_square(block_size)), paddings, name=name)
    if block_size is not None:
        result.set_shape([None] * 4)
    return result


def _maybe_square(block_size: int | None) -> np.ndarray | None:
    return None if block_size is None else _square(block_size)


@export("batch_to_space")
def batch_to_space(input: Any, crops: Any, block_size: int | None = None, name: str | None = None, block_shape: Any = None) -> Tensor:
    """Put the images of a batch together as the places of square blocks, then cut off the edges: the reverse of `tf.space_to_batch`.

    >>> import autograd_lite as tf
    >>> tf.batch_to_space(tf.zeros([4, 2, 2, 3]), [[0, 0], [0, 1]], 2).shape.as_list()
    [1, 4, 3, 3]
    """
    result = raw.BatchToSpaceND(input, renamed("block_shape", block_shape, "block_size", _maybe_square(block_size)), crops, name=name)
    if block_size is not None:
        result.set_shape([None] * 4)
    return result


@export("space_to_depth", "nn.space_to_depth")
def space_to_depth(input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC") -> Tensor:
    """Make each block of pixels one pixel with all their channels side by side.

    Raises:
      ValueError: height or width is no multiple of `block_size`.

    >>> import autograd_lite as tf
    >>> tf.space_to_depth(tf.zeros([1, 4, 4, 3]), 2).shape.as_list()
    [1, 2, 2, 12]
    """
    return raw.SpaceToDepth(input, block_size=block_size, data_format=data_format, name=name)


@export("depth_to_space", "nn.depth_to_space")
def depth_to_space(input: Any, block_size: int, name: str | None = None, data_format: str = "NHWC") -> Tensor:
    """Spread the channels of each pixel over a block of pixels: the reverse of `tf.space_to_depth`.

    >>> import autograd_lite as tf
    >>> tf.depth_to_space(tf.zeros([1, 2, 2, 12]), 2).shape.as_list()
    [1, 4, 4, 3]
    """
    return raw.DepthToSpace(input, block_size=block_size, data_format=data_format, name=name)


@export("required_space_to_batch_paddings")
def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The paddings with which `tf.space_to_batch_nd` can divide an input into whole blocks, and the crops that undo them.

    Args:
      input_shape: the sizes of the input along the axes to divide.
      block_shape: the sizes of a block along them.
      base_paddings: (before, after) per axis that is wanted anyway.

    Returns:
      Two integer matrices, [axes, 2].

    >>> import autograd_lite as tf
    >>> paddings, crops = tf.required_space_to_batch_paddings([5, 4], [2, 2])
    >>> tf.Session().run(crops).tolist()
    [[0, 1], [0, 0]]
    """
    with building(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        input_shape = convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block_shape = convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        axes = _length(block_shape)
        if axes == 0:
            nothing = zeros([0, 2], dtypes.int32)
            return nothing, nothing
        input_shape.shape.assert_is_compatible_with([axes])
        if base_paddings is None:
            base_paddings = zeros([axes, 2], dtypes.int32)
        else:
            base_paddings = convert_to_tensor(base_paddings, dtype=dtypes.int32, name="base_paddings")
            base_paddings.shape.assert_is_compatible_with([axes, 2])
        known: list[Any] = [constant_value(tensor) for tensor in (input_shape, block_shape, base_paddings)]
        sizes, block, base = known if all(value is not None for value in known) else (input_shape, block_shape, base_paddings)
        before, wanted_after = base[:, 0], base[:, 1]
        missing = (block - (sizes + before + wanted_after) % block) % block
        after = wanted_after + missing
        paddings = stack([[before[axis], after[axis]] for axis in range(axes)], name="paddings")
        crops = stack([[0, missing[axis]] for axis in range(axes)], name="crops")
        return paddings, crops


def _length(vector: Tensor) -> int:
    """The known length of a vector.

    Raises:
      ValueError: when it is no vector, or its length is not known.
    """
    vector.shape.assert_has_rank(1)
    length = vector.static_shape[0] if vector.static_shape else None
    if length is None:
        raise ValueError("Rank of block_shape must be known: its length says how many axes are divided")
    return length
