"""How images differ, and where they change: PSNR, structural similarity, total variation, edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite.api.operators  # noqa: F401  (tensors are combined)
from autograd_lite.api.arrays import concat, identity, pad, shape as shape_of, shape_n, size as size_of, stack, unstack
from autograd_lite.api.asserts import Assert
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import cond
from autograd_lite.api.constants import constant, range as range_of, zeros
from autograd_lite.api.convolution_blocks import depthwise_conv2d
from autograd_lite.api.image_colors import convert_image_dtype
from autograd_lite.api.pooling import avg_pool
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_all, reduce_any, reduce_mean, reduce_prod, reduce_sum
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies, name_scope
from autograd_lite.graph.tensor import Tensor

Blur = Callable[[Tensor], Tensor]


def _checked_pair(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, list[Any]]:
    """The shapes of two (batches of) images as tensors, and run-time checks that they fit.

    Raises:
      ValueError: it is known that they do not.
    """
    known = [image.shape.with_rank_at_least(3) for image in (first, second)]
    if all(shape.ndims is not None for shape in known):
        known[0][-3:].assert_is_compatible_with(known[1][-3:])
        for one, other in zip(known[0].as_list()[-4::-1], known[1].as_list()[-4::-1]):
            if None not in (one, other) and 1 not in (one, other) and one != other:
                raise ValueError(f"Two images are not compatible: {known[0]} and {known[1]}")
    shapes = shape_n([first, second])
    checks = [Assert(raw.GreaterEqual(size_of(shapes[0]), 3), shapes, summarize=10)]
    checks.append(Assert(reduce_all(raw.Equal(shapes[0][-3:], shapes[1][-3:])), shapes, summarize=10))
    return shapes[0], shapes[1], checks


def _floats(max_val: Any, *images: Tensor) -> list[Tensor]:
    """The largest value and the images as float32, scaled alike."""
    limit = cast(max_val, images[0].dtype.base_dtype)
    return [convert_image_dtype(each, dtypes.float32) for each in (limit, *images)]


@export("image.psnr")
def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """Peak signal-to-noise ratio between images, in decibels: 10 log10(max_val^2 / mean squared difference).

    Args:
      a, b: [..., height, width, channels]. max_val: the range of their values, as 1.0 or 255.

    Returns:
      float32 [...].

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.psnr(tf.zeros([1, 2, 2, 1]), tf.fill([1, 2, 2, 1], 0.1), 1.0)).round(3)
    array([20.], dtype=float32)
    """
    with building(name, "PSNR", [a, b]):
        a, b = (convert_to_tensor(image, name=label) for image, label in ((a, "a"), (b, "b")))
        limit, a, b = _floats(max_val, a, b)
        error = reduce_mean(raw.SquaredDifference(a, b), [-3, -2, -1])
        peak = 20 * raw.Log(limit) / raw.Log(10.0)
        result = raw.Sub(peak, np.float32(10 / math.log(10)) * raw.Log(error), name="psnr")
        _, _, checks = _checked_pair(a, b)
        with control_dependencies(checks):
            return identity(result)


# ------------------------------------------------------------------ structural similarity


def _bell(size: Tensor, sigma: Tensor) -> Tensor:
    """A filter [size, size, 1, 1] in the shape of a bell, whose sum is 1."""
    places = cast(range_of(size), sigma.dtype)
    places = places - cast(size - 1, sigma.dtype) / 2.0
    heights = raw.Square(places) * (-0.5 / raw.Square(sigma))
    both = raw.Reshape(heights, [1, -1]) + raw.Reshape(heights, [-1, 1])
    weights = raw.Softmax(raw.Reshape(both, [1, -1]))
    return raw.Reshape(weights, [size, size, 1, 1])


def _blur_with(kernel: Tensor) -> Blur:
    """A function that averages images [..., height, width, channels] under a kernel."""

    def blur(images: Tensor) -> Tensor:
        outer = shape_of(images)
        batch = raw.Reshape(images, concat([[-1], outer[-3:]], 0))
        blurred = depthwise_conv2d(batch, kernel, strides=[1, 1, 1, 1], padding="VALID")
        return raw.Reshape(blurred, concat([outer[:-3], shape_of(blurred)[1:]], 0))

    return blur


def _similarity(x: Tensor, y: Tensor, blur: Blur, limit: Tensor, k1: float, k2: float) -> tuple[Tensor, Tensor]:
    """How alike two images are at every place: in luminance, and in contrast and structure."""
    c1, c2 = (k1 * limit) ** 2, (k2 * limit) ** 2
    mean_x, mean_y = blur(x), blur(y)
    both = mean_x * mean_y * 2.0
    each = raw.Square(mean_x) + raw.Square(mean_y)
    luminance = (both + c1) / (each + c1)
    products = blur(x * y) * 2.0
    squares = blur(raw.Square(x) + raw.Square(y))
    c2 = c2 * 1.0
    return luminance, (products - both + c2) / (squares - each + c2)


def _of_channels(first: Tensor, second: Tensor, limit: Tensor, options: tuple[int, float, float, float]) -> tuple[Tensor, Tensor]:
    """Similarity, and that of contrast and structure alone, of every channel: [..., channels]."""
    filter_size, filter_sigma, k1, k2 = options
    size, sigma = constant(filter_size, dtypes.int32), constant(filter_sigma, first.dtype.base_dtype)
    shapes = shape_n([first, second])
    checks = [Assert(reduce_all(raw.GreaterEqual(shape[-3:-1], size)), [shape, size], summarize=8) for shape in shapes]
    with control_dependencies(checks):
        first = identity(first)
    kernel = _bell(size, sigma)
    kernel = raw.Tile(kernel, stack([1, 1, shapes[0][-1], 1], name="Tile/multiples"))
    luminance, structure = _similarity(first, second, _blur_with(kernel), limit, k1, k2)
    axes = constant([-3, -2], dtypes.int32)
    return reduce_mean(luminance * structure, axes), reduce_mean(structure, axes)


@export("image.ssim")
def ssim(
    img1: Any, img2: Any, max_val: Any, filter_size: int = 11, filter_sigma: float = 1.5, k1: float = 0.01, k2: float = 0.03
) -> Tensor:
    """Structural similarity of images, up to 1 for equal ones (Wang et al. 2004).

    Args:
      img1, img2: [..., height, width, channels], at least `filter_size` high and wide.
      max_val: the range of their values, as 1.0 or 255.

    Returns:
      float32 [...].

    >>> import autograd_lite as tf
    >>> image = tf.random_uniform([1, 16, 16, 3])
    >>> tf.Session().run(tf.image.ssim(image, image, 1.0))
    array([1.], dtype=float32)
    """
    with building(None, "SSIM", [img1, img2]):
        img1, img2 = convert_to_tensor(img1, name="img1"), convert_to_tensor(img2, name="img2")
        _, _, checks = _checked_pair(img1, img2)
        with control_dependencies(checks):
            img1 = identity(img1)
        limit, img1, img2 = _floats(max_val, img1, img2)
        similarity, _ = _of_channels(img1, img2, limit, (filter_size, filter_sigma, k1, k2))
        return reduce_mean(similarity, [-1])


_POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def _halved(images: list[Tensor], outers: list[Tensor], inners: list[Tensor], blocks: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Pairs of images [*outer, *inner] at half their height and width (an odd edge is repeated), and their new inner shapes."""
    flat = [raw.Reshape(image, concat([[-1], inner], 0)) for image, inner in zip(images, inners)]
    odd = raw.FloorMod(inners[0], blocks, name="mod")

    def padded() -> list[Tensor]:
        paddings = pad(raw.ExpandDims(odd, 1), [[1, 0], [1, 0]])
        return [pad(image, paddings, mode="SYMMETRIC") for image in flat]

    even = cond(reduce_any(raw.NotEqual(odd, 0)), padded, lambda: flat)
    halved = [avg_pool(image, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID") for image in even]
    inners = [shape[1:] for shape in shape_n(halved)]
    return [raw.Reshape(image, concat([outer, inner], 0)) for image, outer, inner in zip(halved, outers, inners)], inners


@export("image.ssim_multiscale")
def ssim_multiscale(
    img1: Any, img2: Any, max_val: Any, power_factors: Any = _POWERS, filter_size: int = 11, filter_sigma: float = 1.5, k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:  # fmt: skip
    """Structural similarity of images at several scales, each half as large as the one before (Wang, Simoncelli and Bovik 2003).

    Args:
      img1, img2: [..., height, width, channels]; the smallest scale must be at least `filter_size` high and wide.
      max_val: the range of their values, as 1.0 or 255.
      power_factors: the weight of each scale.

    Returns:
      float32 [...].

    >>> import autograd_lite as tf
    >>> image = tf.random_uniform([1, 32, 32, 1])
    >>> tf.Session().run(tf.image.ssim_multiscale(image, image, 1.0, power_factors=[0.5, 0.5]))
    array([1.], dtype=float32)
    """
    with building(None, "MS-SSIM", [img1, img2]):
        img1, img2 = convert_to_tensor(img1, name="img1"), convert_to_tensor(img2, name="img2")
        shape1, shape2, checks = _checked_pair(img1, img2)
        with control_dependencies(checks):
            img1 = identity(img1)
        limit, img1, img2 = _floats(max_val, img1, img2)
        images, outers, inners = [img1, img2], [shape[:-3] for shape in (shape1, shape2)], [shape[-3:] for shape in (shape1, shape2)]
        blocks = constant([2, 2, 1], dtypes.int32)
        factors: list[Tensor] = []
        similarity = None
        for scale in range(len(power_factors)):
            with name_scope(f"Scale{scale}"):
                if scale:
                    images, inners = _halved(images, outers, inners, blocks)
                similarity, structure = _of_channels(images[0], images[1], limit, (filter_size, filter_sigma, k1, k2))
                factors.append(raw.Relu(structure))
        last = raw.Relu(similarity)
        powers = raw.Pow(stack([*factors[:-1], last], axis=-1), list(power_factors))
        return reduce_mean(reduce_prod(powers, [-1]), [-1])


# ------------------------------------------------------------------ changes inside an image


@export("image.total_variation")
def total_variation(images: Any, name: str | None = None) -> Tensor:
    """The sum of the absolute differences of all neighbouring pixels: how noisy an image is.

    Args:
      images: [height, width, channels], or a batch of such images.

    Returns:
      A scalar, or [batch].

    Raises:
      ValueError: another number of axes, or an unknown one.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.image.total_variation([[[1.0], [3.0]], [[1.0], [0.0]]])))
    6.0
    """
    with building(name, "total_variation", [images]):
        images = convert_to_tensor(images, name="images")
        known = images.static_shape
        if known is None or len(known) not in (3, 4):
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        if len(known) == 3:
            down, across, axes = images[1:, :, :] - images[:-1, :, :], images[:, 1:, :] - images[:, :-1, :], None
        else:
            down, across, axes = images[:, 1:, :, :] - images[:, :-1, :, :], images[:, :, 1:, :] - images[:, :, :-1, :], [1, 2, 3]
        return reduce_sum(raw.Abs(down), axis=axes) + reduce_sum(raw.Abs(across), axis=axes)


@export("image.image_gradients")
@leaves_no_trace
def image_gradients(image: Any) -> tuple[Tensor, Tensor]:
    """The differences from each pixel to the one below, and to the one on its right; 0 in the last row, or column.

    Args:
      image: [batch, height, width, channels].

    Returns:
      (dy, dx), each of the shape of `image`.

    Raises:
      ValueError: not four axes, or an unknown number.

    >>> import autograd_lite as tf
    >>> dy, dx = tf.image.image_gradients([[[[1.0], [3.0]], [[2.0], [7.0]]]])
    >>> tf.Session().run(dx)[0, :, :, 0]
    array([[2., 0.],
           [5., 0.]], dtype=float32)
    """
    image = convert_to_tensor(image)
    if image.static_shape is None or len(image.static_shape) != 4:
        raise ValueError(f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.shape}.")
    shape = shape_of(image)
    batch, height, width, depth = unstack(shape)
    down = image[:, 1:, :, :] - image[:, :-1, :, :]
    across = image[:, :, 1:, :] - image[:, :, :-1, :]
    row = zeros(stack([batch, 1, width, depth]), image.dtype)
    dy = raw.Reshape(concat([down, row], 1), shape)
    column = zeros(stack([batch, height, 1, depth]), image.dtype)
    return dy, raw.Reshape(concat([across, column], 2), shape)


_SOBEL = [[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]


@export("image.sobel_edges")
@leaves_no_trace
def sobel_edges(image: Any) -> Tensor:
    """The slopes of an image down and across, by Sobel's filters of 3 x 3 pixels.

    Args:
      image: [batch, height, width, channels].

    Returns:
      [batch, height, width, channels, 2]: down, across.

    >>> import autograd_lite as tf
    >>> tf.image.sobel_edges(tf.zeros([1, 4, 4, 3])).shape.as_list()
    [1, 4, 4, 3, 2]
    """
    image = convert_to_tensor(image)
    known = image.shape
    shape = shape_of(image)
    filters = constant(np.transpose(np.array(_SOBEL, np.float32), (1, 2, 0))[:, :, None, :])
    kernels = raw.Tile(filters, stack([1, 1, shape[-1], 1], name="sobel_filters/multiples"), name="sobel_filters")
    padded = pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    slopes = depthwise_conv2d(padded, kernels, [1, 1, 1, 1], "VALID")
    result = raw.Reshape(slopes, concat([shape, [2]], 0))
    result.set_shape(known.concatenate([2]))
    return result
