"""Ops on bounding boxes of objects in images: drawing them, and choosing random crops that still show an object.

A box is (top, left, bottom, right) in parts of the image's height and width, from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.backends.philox import PhiloxStream, unit_floats, words_at
from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import ints, sample, values

_COLOURS = np.array(
    [
        [1, 1, 0, 1],  # yellow
        [0, 0, 1, 1],  # blue
        [1, 0, 0, 1],  # red
        [0, 1, 0, 1],  # lime
        [0.5, 0, 0.5, 1],  # purple
        [0.5, 0.5, 0, 1],  # olive
        [0.5, 0, 0, 1],  # maroon
        [0, 0, 0.5, 1],  # navy
        [0, 1, 1, 1],  # aqua
        [1, 0, 1, 1],  # fuchsia
    ],
    np.float32,
)
_NO_SLOPE = "TensorFlow defines none: which pixels are painted jumps with the boxes"
_DRAWN: dict[str, Any] = {
    "types": {"T": "float half"},
    "type_defaults": {"T": "float"},
    "no_gradient": _NO_SLOPE,
}


def _drawn_shape(c):
    shape = rules.with_rank_at_least(c, c.shape(0), 3)
    boxes = c.shape(1)
    if boxes is not None and len(boxes) == 3:
        rules.with_size(c, boxes[2], 4)
    return shape


def _checked_drawing(images: Any, boxes: Any, colors: Any) -> np.ndarray:
    """The colours as [number, channels], after all inputs are found to be sound."""
    if images.ndim != 4:
        raise invalid("The rank of the images should be 4")
    if boxes.ndim != 3:
        raise invalid("The rank of the boxes tensor should be 3")
    if images.shape[0] != boxes.shape[0]:
        raise invalid("The batch sizes should be the same")
    if boxes.shape[2] != 4:
        raise invalid(f"The size of the third dimension of the box must be 4. Received: {boxes.shape[2]}")
    depth = images.shape[3]
    if depth not in (1, 3, 4):
        raise invalid("Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)")
    if colors is None:
        return np.ones((1, 1), np.float32) if depth == 1 else _COLOURS[:, :depth]
    if colors.ndim != 2:
        raise invalid(f"colors must be a 2-D matrix{text(colors.shape)}")
    if colors.shape[1] < depth or not colors.shape[0]:
        raise invalid(f"colors must have equal or more channels than the image provided: {text(colors.shape)}")
    return np.asarray(colors)[:, :depth]


def _drawn(xp: Any, images: Any, boxes: Any, colors: Any) -> Any:
    palette = _checked_drawing(images, boxes, colors)
    painted = xp.array(images)
    height, width = images.shape[1:3]
    if not boxes.shape[1] or not painted.size:
        return painted
    palette = xp.asarray(palette.astype(images.dtype))
    scaled = np.asarray(boxes) * np.array([height - 1, width - 1, height - 1, width - 1], np.float32)
    edges = np.trunc(np.clip(np.nan_to_num(scaled.astype(np.float64), nan=0), -(2.0**40), 2.0**40)).astype(np.int64)
    sound = np.all(~np.isnan(scaled), axis=-1) & np.all(edges[..., :2] <= edges[..., 2:], axis=-1)
    on_image = np.all(edges[..., 2:] >= 0, axis=-1) & (edges[..., 0] < height) & (edges[..., 1] < width)
    for image, number in np.argwhere(sound & on_image).tolist():
        _paint(painted[image], edges[image, number].tolist(), palette[number % len(palette)])
    return painted


def _paint(image: Any, box: list[int], colour: Any) -> None:
    """Draw the edges of a box that lie on the image."""
    top, left, bottom, right = box
    height, width = image.shape[:2]
    rows, columns = slice(max(top, 0), min(bottom, height - 1) + 1), slice(max(left, 0), min(right, width - 1) + 1)
    if top >= 0:
        image[top, columns] = colour
    if bottom < height:
        image[bottom, columns] = colour
    if left >= 0:
        image[rows, left] = colour
    if right < width:
        image[rows, right] = colour


@op(
    "DrawBoundingBoxes(images: T, boxes: float) -> output: T",
    shape=_drawn_shape,
    host=("boxes",),
    samples=[sample(values((2, 4, 5, 3), dtype="float32"), values((2, 2, 4), 0, 1, "float32"))],
    **_DRAWN,
)
def draw_bounding_boxes(xp, images, boxes):
    """Draw boxes on images, in ten colours in turn (white on images of one channel). A box that is not a number is not drawn."""
    return _drawn(xp, images, boxes, None)


@op(
    "DrawBoundingBoxesV2(images: T, boxes: float, colors: float) -> output: T",
    shape=_drawn_shape,
    host=("boxes", "colors"),
    samples=[sample(values((2, 4, 5, 3), dtype="float32"), values((2, 2, 4), 0, 1, "float32"), values((2, 3), 0, 1, "float32"))],
    **_DRAWN,
)
def draw_bounding_boxes_v2(xp, images, boxes, colors):
    """Draw boxes on images, in the given colours in turn. A box that is not a number is not drawn."""
    return _drawn(xp, images, boxes, colors)


# ------------------------------------------------------------------ random crops


class _Box(NamedTuple):
    """A rectangle of whole pixels."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def area(self) -> int:
        return max(self.bottom - self.top, 0) * max(self.right - self.left, 0)

    def shared_with(self, other: _Box) -> int:
        """The area that both cover."""
        corner = (max(self.top, other.top), max(self.left, other.left))
        return _Box(*corner, min(self.bottom, other.bottom), min(self.right, other.right)).area


class _Wanted(NamedTuple):
    """What a crop must be like."""

    aspect_ratio_range: list[float]
    area_range: list[float]
    min_object_covered: np.float32


def _pair(numbers: Any, name: str) -> list[float]:
    if len(numbers) != 2:
        raise invalid(f"{name} field must specify 2 dimensions")
    return [float(number) for number in numbers]


def _checked_wishes(covered: Any, aspect_ratio_range: Any, area_range: Any, max_attempts: int) -> _Wanted:
    if np.ndim(covered):
        raise invalid(f"min_object_covered must be 0-D, got shape {text(np.shape(covered))}")
    if covered < 0:
        raise invalid(f"Min object covered must be non-negative: {covered:g}")
    ratios, areas = _pair(aspect_ratio_range, "Aspect ratio range"), _pair(area_range, "Area range")
    shown = [f"[{low:g}, {high:g}]" for low, high in (ratios, areas)]
    if not min(ratios) > 0:
        raise invalid(f"Aspect ratio range must be non-negative: {shown[0]}")
    if not min(areas) > 0:
        raise invalid(f"Area range must be non-negative: {shown[1]}")
    if max(areas) > 1:
        raise invalid(f"Area range must be less then or equal to 1.0: {shown[1]}")
    if max_attempts <= 0:
        raise invalid(f"Max attempts must be non-negative: {max_attempts}")
    return _Wanted(ratios, areas, np.float32(covered))


def _checked_objects(image_size: Any, boxes: Any, use_image: bool) -> tuple[int, int, list[_Box]]:
    """Height and width of the image, and the boxes of its objects in pixels."""
    if image_size.ndim != 1:
        raise invalid(f"image_size must be 1-dimensional{text(image_size.shape)}")
    if image_size.shape[0] != 3:
        raise invalid(f"image_size must contain 3 elements{text(image_size.shape)}")
    height, width = image_size.tolist()[:2]
    for name, size in (("height", height), ("width", width)):
        if not 0 <= size < 2**31 - 1:
            raise invalid(f"image {name} cannot be >= int32 max")
    if boxes.ndim != 3:
        raise invalid(f"input boxes must be 3-dimensional [batch, num_boxes, coords]: {text(boxes.shape)}")
    if boxes.shape[2] != 4:
        raise invalid(f"bounding boxes must have shape [4] or [*, 4], got {text(boxes.shape)}")
    outside = ~((boxes >= 0) & (boxes <= 1))
    if outside.any():
        raise invalid(f"All bounding box coordinates must be in [0.0, 1.0]: {boxes[outside][0]:g}")
    scaled = boxes.reshape(-1, 4) * np.array([height, width, height, width], np.float32)
    objects = [_Box(*edges) for edges in scaled.astype(np.int64).tolist()]
    if not objects and not use_image:
        raise invalid(
            "No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes if you wish to not provide any bounding "
            "boxes."
        )
    return height, width, objects or [_Box(0, 0, height, width)]


def _words(stream: PhiloxStream, blocks: int) -> Iterator[int]:
    """Random words from a stream, of which `blocks` blocks are set aside; one that needs more (which hardly happens) reads on."""
    first = stream.reserve(blocks)
    while True:
        yield from words_at(stream.key, first, 64).tolist()
        first += 16


def _below(words: Iterator[int], limit: int) -> int:
    """A whole number in [0, limit), each as likely as any other."""
    if not limit & (limit - 1):
        return next(words) & (limit - 1)
    top = 2**32 - 1
    unfair = top - (top % limit + 1)
    word = next(words)
    while word >= unfair:
        word = next(words)
    return word % limit


def _rounded(value: Any) -> int:
    """The nearest integer, computed in single precision."""
    return int(np.rint(np.float32(value)))


def _random_box(words: Iterator[int], height: int, width: int, ratio: np.float32, areas: list[float]) -> _Box | None:
    """A random rectangle whose width is `ratio` times its height, and whose share of the image lies within `areas`, if there is one.

    TensorFlow's order of draws and its roundings: the height, then the row, then the column.
    """
    least, most = (np.float32(area) * np.float32(width) * np.float32(height) for area in areas)
    if most <= 0 or ratio <= 0 or width <= 0 or height <= 0 or least > most:
        return None
    rows, most_rows = _rounded(np.sqrt(least / ratio)), _rounded(np.sqrt(most / ratio))
    if _rounded(np.float32(most_rows) * ratio) > width:
        most_rows = int((np.float32(width) + np.float32(0.5) - np.float32(1e-7)) / ratio)
        most_rows -= _rounded(np.float32(most_rows) * ratio) > width
    most_rows = min(most_rows, height)
    rows = min(rows, most_rows)
    if rows < most_rows:
        rows += _below(words, most_rows - rows + 1)
    columns = _rounded(np.float32(rows) * ratio)
    if np.float32(rows * columns) < least:  # rounding may have made it a little too small, or too large
        rows += 1
        columns = _rounded(np.float32(rows) * ratio)
    if np.float32(rows * columns) > most:
        rows -= 1
        columns = _rounded(np.float32(rows) * ratio)
    if not least <= np.float32(rows * columns) <= most or not 0 < columns <= width or not 0 < rows <= height:
        return None
    top = _below(words, height - rows) if rows < height else 0
    left = _below(words, width - columns) if columns < width else 0
    return _Box(top, left, top + rows, left + columns)


def _shows_an_object(crop: _Box, objects: list[_Box], least: np.float32) -> bool:
    """Whether enough of one of the objects lies on the crop."""
    return crop.area >= 1 and any(
        each.area >= 1 and np.float32(crop.shared_with(each)) / np.float32(each.area) >= least for each in objects
    )  # fmt: skip


def _distorted(
    image_size: Any, bounding_boxes: Any, wanted: _Wanted, max_attempts: int, use_image_if_no_bounding_boxes: bool, stream: PhiloxStream
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    height, width, objects = _checked_objects(image_size, bounding_boxes, use_image_if_no_bounding_boxes)
    words = _words(stream, max_attempts)
    low, high = (np.float32(ratio) for ratio in wanted.aspect_ratio_range)
    crop = _Box(0, 0, height, width)
    for _ in range(max_attempts):
        ratio = unit_floats(np.array([next(words)], np.uint32))[0] * (high - low) + low
        drawn = _random_box(words, height, width, ratio, wanted.area_range)
        if drawn is not None and _shows_an_object(drawn, objects, wanted.min_object_covered):
            crop = drawn
            break
    begin = np.array([crop.top, crop.left, 0]).astype(image_size.dtype)
    size = np.array([crop.bottom - crop.top, crop.right - crop.left, -1]).astype(image_size.dtype)
    with np.errstate(invalid="ignore"):  # an image without pixels
        box = np.array(crop, np.float32) / np.array([height, width, height, width], np.float32)
    return begin, size, box.reshape(1, 1, 4)


def _distorted_shape(c):
    rules.merge_size(c, rules.with_rank(c, c.shape(0), 1)[0], 3)
    boxes = rules.with_rank(c, c.shape(1), 3)
    rules.with_size(c, boxes[2], 4)
    return [(3,), (3,), (1, 1, 4)]


_CROP_ATTRS = (
    "seed: int = 0, seed2: int = 0, {covered}aspect_ratio_range: list(float) = [0.75, 1.33], area_range: list(float) = [0.05, 1], "
    "max_attempts: int = 100, use_image_if_no_bounding_boxes: bool = False"
)
_COVERED = "min_object_covered: float = 0.1, "
_CROP_RESULTS = "begin: T, size: T, bboxes: float"
_CROP: dict[str, Any] = {
    "types": {"T": "uint8 int8 int16 int32 int64"},
    "shape": _distorted_shape,
    "stateful": True,
    "state": lambda attrs: PhiloxStream(attrs["seed"], attrs["seed2"]),
    "no_gradient": "the crop is drawn, not computed from the inputs",
}
_OBJECT = np.array([[[0.2, 0.1, 0.7, 0.9]]], np.float32)


@op(
    f"SampleDistortedBoundingBox(image_size: T, bounding_boxes: float, *, {_CROP_ATTRS.format(covered=_COVERED)}) -> {_CROP_RESULTS}",
    host=("image_size", "bounding_boxes"),
    samples=[sample(ints(20, 30, 3), _OBJECT, seed=1, seed2=2)],
    **_CROP,
)
def sample_distorted_bounding_box(
    xp, image_size, bounding_boxes, min_object_covered, aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes, state
):
    """Draw a random crop of an image that shows enough of one of its objects: where it begins, its size, and the same as a box."""
    wanted = _checked_wishes(np.float32(min_object_covered), aspect_ratio_range, area_range, max_attempts)
    results = _distorted(image_size, bounding_boxes, wanted, max_attempts, use_image_if_no_bounding_boxes, state)
    return tuple(xp.asarray(result) for result in results)


@op(
    f"SampleDistortedBoundingBoxV2(image_size: T, bounding_boxes: float, min_object_covered: float, *, {_CROP_ATTRS.format(covered='')}) "
    f"-> {_CROP_RESULTS}",
    host=("image_size", "bounding_boxes", "min_object_covered"),
    samples=[sample(ints(20, 30, 3), _OBJECT, np.float32(0.5), seed=1, seed2=2)],
    **_CROP,
)
def sample_distorted_bounding_box_v2(
    xp, image_size, bounding_boxes, min_object_covered, aspect_ratio_range, area_range, max_attempts, use_image_if_no_bounding_boxes, state
):
    """Draw a random crop of an image that shows enough of one of its objects: where it begins, its size, and the same as a box."""
    wanted = _checked_wishes(min_object_covered, aspect_ratio_range, area_range, max_attempts)
    results = _distorted(image_size, bounding_boxes, wanted, max_attempts, use_image_if_no_bounding_boxes, state)
    return tuple(xp.asarray(result) for result in results)
