"""Grey-scale dilation and erosion as TensorFlow 1 calls them."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arguments import renamed
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("nn.dilation2d")
def dilation2d(
    input: Any, filter: Any = None, strides: Any = None, rates: Any = None, padding: Any = None, name: str | None = None,
    filters: Any = None, dilations: Any = None,
) -> Tensor:  # fmt: skip
    """For every window, the largest sum of pixel and filter, channel by channel (Serra 1982).

    Args:
      input: [batch, height, width, channels].
      filter: [height, width, channels].
      strides: four numbers: how far the window moves.
      rates: four numbers: from one place of the window to the next.
      padding: "SAME" or "VALID".

    >>> import autograd_lite as tf
    >>> image = tf.reshape([1.0, 2.0, 3.0, 4.0], [1, 2, 2, 1])
    >>> tf.Session().run(tf.nn.dilation2d(image, tf.zeros([2, 2, 1]), [1, 1, 1, 1], [1, 1, 1, 1], "VALID")).ravel()
    array([4.], dtype=float32)
    """
    filter = renamed("filters", filters, "filter", filter)
    rates = renamed("dilations", dilations, "rates", rates)
    return raw.Dilation2D(input, filter, strides=strides, rates=rates, padding=padding, name=name)


@export("nn.erosion2d")
def erosion2d(value: Any, kernel: Any, strides: Any, rates: Any, padding: str, name: str | None = None) -> Tensor:
    """For every window, the least difference of pixel and kernel: a dilation of the negative image by the reflected kernel.

    >>> import autograd_lite as tf
    >>> image = tf.reshape([1.0, 2.0, 3.0, 4.0], [1, 2, 2, 1])
    >>> tf.Session().run(tf.nn.erosion2d(image, tf.zeros([2, 2, 1]), [1, 1, 1, 1], [1, 1, 1, 1], "VALID")).ravel()
    array([1.], dtype=float32)
    """
    with building(name, "erosion2d", [value, kernel]) as scope:
        negative = raw.Neg(convert_to_tensor(value, name="value"))
        reflected = raw.ReverseV2(convert_to_tensor(kernel, name="kernel"), [0, 1])
        return raw.Neg(raw.Dilation2D(negative, reflected, strides=strides, rates=rates, padding=padding, name=scope))
