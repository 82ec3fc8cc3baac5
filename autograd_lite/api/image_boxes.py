"""Boxes on images: cutting them out, drawing them, choosing among them; patches and glimpses."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arguments import renamed
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

_LEAST = float("-inf")


@export("image.crop_and_resize")
def crop_and_resize(
    image: Any, boxes: Any, box_ind: Any = None, crop_size: Any = None, method: str = "bilinear", extrapolation_value: float = 0,
    name: str | None = None, box_indices: Any = None,
) -> Tensor:  # fmt: skip
    """Cut boxes out of a batch of images, and bring each to one size.

    Args:
      image: [batch, height, width, channels].
      boxes: [boxes, 4]: top, left, bottom, right; 0 and 1 are the centers of the first and last pixel. A box may be turned over.
      box_ind: which image each box is cut from (also called `box_indices`).
      crop_size: (height, width).
      method: "bilinear" or "nearest".
      extrapolation_value: for what lies beyond the image.

    Returns:
      float32 [boxes, height, width, channels], with a gradient for images and boxes.

    >>> import autograd_lite as tf
    >>> image = tf.constant([[[[1.0], [2.0], [3.0]]]])
    >>> tf.Session().run(tf.image.crop_and_resize(image, [[0.0, 0.0, 0.0, 1.0]], [0], [1, 2])).ravel()
    array([1., 3.], dtype=float32)
    """
    box_ind = renamed("box_indices", box_indices, "box_ind", box_ind)
    return raw.CropAndResize(image, boxes, box_ind, crop_size, method=method, extrapolation_value=extrapolation_value, name=name)


@export("image.extract_glimpse")
def extract_glimpse(
    input: Any, size: Any, offsets: Any, centered: bool = True, normalized: bool = True, uniform_noise: bool = True, name: str | None = None
) -> Tensor:
    """Look at a window of each image; what lies beyond the image is noise.

    Args:
      input: float32 [batch, height, width, channels].
      size: (height, width) of the window.
      offsets: [batch, 2]: row and column of the middle of each window.
      centered: (0, 0) is the center of the image, not its corner.
      normalized: offsets are parts of the size, with -1 and 1 at the edges if centered, not pixels.

    >>> import autograd_lite as tf
    >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
    >>> tf.Session().run(tf.image.extract_glimpse(image, [1, 1], [[0.0, 0.0]])).ravel()
    array([4.], dtype=float32)
    """
    return raw.ExtractGlimpse(input, size, offsets, centered=centered, normalized=normalized, uniform_noise=uniform_noise, name=name)


@export("extract_image_patches", "image.extract_image_patches")
def extract_image_patches(
    images: Any, ksizes: Any = None, strides: Any = None, rates: Any = None, padding: Any = None, name: str | None = None, sizes: Any = None
) -> Tensor:
    """Lay out every patch of images as the channels of one pixel.

    Args:
      images: [batch, height, width, channels].
      ksizes: [1, height, width, 1] of a patch (also called `sizes`).
      strides: [1, rows, columns, 1] from one patch to the next.
      rates: [1, rows, columns, 1] from one pixel of a patch to the next.
      padding: "SAME" or "VALID".

    >>> import autograd_lite as tf
    >>> tf.image.extract_image_patches(tf.zeros([1, 4, 4, 3]), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID").shape.as_list()
    [1, 2, 2, 12]
    """
    ksizes = renamed("sizes", sizes, "ksizes", ksizes)
    return raw.ExtractImagePatches(images, ksizes=ksizes, strides=strides, rates=rates, padding=padding, name=name)


@export("image.extract_patches")
def extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None) -> Tensor:
    """Lay out every patch of images as the channels of one pixel: `tf.image.extract_image_patches` under its later name.

    >>> import autograd_lite as tf
    >>> tf.image.extract_patches(tf.zeros([1, 4, 4, 3]), [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID").shape.as_list()
    [1, 3, 3, 12]
    """
    return raw.ExtractImagePatches(images, ksizes=sizes, strides=strides, rates=rates, padding=padding, name=name)


@export("image.draw_bounding_boxes")
def draw_bounding_boxes(images: Any, boxes: Any, name: str | None = None, colors: Any = None) -> Tensor:
    """Draw the edges of boxes on a batch of images.

    Args:
      images: float [batch, height, width, 1, 3 or 4 channels].
      boxes: [batch, boxes, 4]: top, left, bottom, right in parts of height and width.
      colors: [colours, channels], used in turn; ten plain ones by default.

    >>> import autograd_lite as tf
    >>> drawn = tf.image.draw_bounding_boxes(tf.zeros([1, 3, 3, 1]), [[[0.0, 0.0, 1.0, 1.0]]])
    >>> tf.Session().run(drawn)[0, :, :, 0]
    array([[1., 1., 1.],
           [1., 0., 1.],
           [1., 1., 1.]], dtype=float32)
    """
    if colors is None:
        return raw.DrawBoundingBoxes(images, boxes, name=name)
    return raw.DrawBoundingBoxesV2(images, boxes, colors, name=name)


@export("image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size: Any, bounding_boxes: Any, seed: int | None = None, seed2: int | None = None, min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None, area_range: Any = None, max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Draw a random crop of an image that still shows enough of one of its objects.

    Args:
      image_size: (height, width, channels).
      bounding_boxes: [batch, objects, 4]: top, left, bottom, right in parts of height and width.
      seed, seed2: the random stream; without them every run of the program gives other crops.
      min_object_covered: the part of an object that must be on the crop.
      aspect_ratio_range: of width to height, default (0.75, 1.33).
      area_range: of the crop to the image, default (0.05, 1).
      max_attempts: default 100; after so many the whole image is taken.
      use_image_if_no_bounding_boxes: what to do when there is no object: take the image as one, or (default) fail.

    Returns:
      (begin, size, bboxes): two arguments for `tf.slice`, and the crop as a box [1, 1, 4].

    >>> import autograd_lite as tf
    >>> begin, size, box = tf.image.sample_distorted_bounding_box([20, 30, 3], [[[0.1, 0.2, 0.6, 0.7]]], seed=3, seed2=5)
    >>> tf.Session().run([begin, size])
    [array([0, 7, 0], dtype=int32), array([19, 19, -1], dtype=int32)]
    """
    given = {
        "seed": seed, "seed2": seed2, "aspect_ratio_range": aspect_ratio_range, "area_range": area_range, "max_attempts": max_attempts,
        "use_image_if_no_bounding_boxes": use_image_if_no_bounding_boxes,
    }  # fmt: skip
    attrs = {key: value for key, value in given.items() if value is not None}
    with building(name, "sample_distorted_bounding_box", [image_size, bounding_boxes, min_object_covered]):
        return raw.SampleDistortedBoundingBoxV2(image_size, bounding_boxes, min_object_covered, **attrs)


def _thresholds(**values: Any) -> list[Tensor]:
    """Thresholds as tensors of their names, in this order."""
    return [convert_to_tensor(value, name=name) for name, value in values.items()]


@export("image.non_max_suppression")
def non_max_suppression(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any = 0.5, score_threshold: Any = _LEAST, name: str | None = None
) -> Tensor:
    """Of boxes that cover each other keep the one with the highest score.

    Args:
      boxes: [boxes, 4]: the coordinates of two opposite corners.
      scores: [boxes].
      max_output_size: keep no more than so many.
      iou_threshold: boxes cover each other when their intersection is a larger part of their union.
      score_threshold: only boxes with a higher score are kept.

    Returns:
      int32 [kept]: the numbers of the boxes, highest score first.

    >>> import autograd_lite as tf
    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0]]
    >>> tf.Session().run(tf.image.non_max_suppression(boxes, [0.9, 0.8, 0.7], 3))
    array([0, 2], dtype=int32)
    """
    with building(name, "non_max_suppression", [boxes, scores, max_output_size, iou_threshold, score_threshold]):
        limits = _thresholds(iou_threshold=iou_threshold, score_threshold=score_threshold)
        return raw.NonMaxSuppressionV3(boxes, scores, max_output_size, *limits)


@export("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any = 0.5, score_threshold: Any = _LEAST, soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Keep the boxes with the highest scores; instead of striking out what they cover, lower its score (Bodla et al. 2017).

    Args: as for `tf.image.non_max_suppression`, and
      soft_nms_sigma: the score of a box falls by exp(-overlap^2 / (2 sigma)) for each that is kept; 0 strikes out.

    Returns:
      The numbers of the boxes that are kept, and their scores.

    >>> import autograd_lite as tf
    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]
    >>> tf.Session().run(tf.image.non_max_suppression_with_scores(boxes, [0.9, 0.8], 2, soft_nms_sigma=0.5)[1]).round(3)
    array([0.9  , 0.294], dtype=float32)
    """
    with building(name, "non_max_suppression_with_scores", [boxes, scores, max_output_size, iou_threshold, score_threshold]):
        limits = _thresholds(iou_threshold=iou_threshold, score_threshold=score_threshold, soft_nms_sigma=soft_nms_sigma)
        kept = raw.NonMaxSuppressionV5(boxes, scores, max_output_size, *limits, pad_to_max_output_size=False)
        return kept.selected_indices, kept.selected_scores


@export("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes: Any, scores: Any, max_output_size: Any, iou_threshold: Any = 0.5, score_threshold: Any = _LEAST,
    pad_to_max_output_size: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """`tf.image.non_max_suppression` with a result of known length: padded with 0 up to `max_output_size`.

    Returns:
      (selected_indices, valid_outputs): the second says how many are no padding.

    >>> import autograd_lite as tf
    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 2.0, 1.0, 3.0]]
    >>> indices, count = tf.image.non_max_suppression_padded(boxes, [0.8, 0.9], 4, pad_to_max_output_size=True)
    >>> tf.Session().run(indices)
    array([1, 0, 0, 0], dtype=int32)
    """
    with building(name, "non_max_suppression_padded", [boxes, scores, max_output_size, iou_threshold, score_threshold]):
        limits = _thresholds(iou_threshold=iou_threshold, score_threshold=score_threshold)
        return raw.NonMaxSuppressionV4(boxes, scores, max_output_size, *limits, pad_to_max_output_size=pad_to_max_output_size)


@export("image.non_max_suppression_overlaps")
def non_max_suppression_overlaps(
    overlaps: Any, scores: Any, max_output_size: Any, overlap_threshold: Any = 0.5, score_threshold: Any = _LEAST, name: str | None = None
) -> Tensor:
    """`tf.image.non_max_suppression` for things of which only how much they overlap is known: [n, n].

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.image.non_max_suppression_overlaps([[1.0, 0.7], [0.7, 1.0]], [0.8, 0.9], 2))
    array([1], dtype=int32)
    """
    with building(name, "non_max_suppression_overlaps", [overlaps, scores, max_output_size, overlap_threshold, score_threshold]):
        (limit,) = _thresholds(overlap_threshold=overlap_threshold)
        return raw.NonMaxSuppressionWithOverlaps(overlaps, scores, max_output_size, limit, score_threshold)


@export("image.combined_non_max_suppression")
def combined_non_max_suppression(
    boxes: Any, scores: Any, max_output_size_per_class: Any, max_total_size: Any, iou_threshold: Any = 0.5, score_threshold: Any = _LEAST,
    pad_per_class: bool = False, clip_boxes: bool = True, name: str | None = None,
) -> Any:  # fmt: skip
    """`tf.image.non_max_suppression` class by class, for a batch of images; of all classes together the best are kept.

    Args:
      boxes: [batch, boxes, 1 or classes, 4].
      scores: [batch, boxes, classes].
      pad_per_class: make room for `max_output_size_per_class` times the number of classes, at most `max_total_size`.
      clip_boxes: bound coordinates to [0, 1].

    Returns:
      (nmsed_boxes, nmsed_scores, nmsed_classes, valid_detections), padded with 0.

    >>> import autograd_lite as tf
    >>> kept = tf.image.combined_non_max_suppression(tf.zeros([1, 2, 1, 4]), [[[0.9, 0.1], [0.2, 0.8]]], 1, 3)
    >>> tf.Session().run(kept.nmsed_classes)
    array([[0., 1., 0.]], dtype=float32)
    """
    with building(name, "combined_non_max_suppression", [boxes, scores]):
        limits = _thresholds(iou_threshold=iou_threshold, score_threshold=score_threshold)
        total = convert_to_tensor(max_total_size) if release().converts_total_size else max_total_size
        return raw.CombinedNonMaxSuppression(
            boxes, scores, max_output_size_per_class, total, *limits, pad_per_class=pad_per_class, clip_boxes=clip_boxes
        )
