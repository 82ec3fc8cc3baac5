"""Non-maximum suppression: of boxes that cover each other, keep the one with the highest score. It runs on the host.

Boxes are taken in the order of their scores; every box that is kept strikes out those that cover too much of it (or, in the soft form of
Bodla et al. 2017, lowers their scores). The loop runs over the boxes that are kept; each meets all the others in one vectorised step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import sample, values

_NO_SLOPE = "which boxes are kept jumps with boxes and scores"
Overlaps = Callable[[int], np.ndarray]  # of one box with all boxes, itself included


class _Limits(NamedTuple):
    """What decides which boxes are kept."""

    most: int
    overlap: Any
    score: Any
    sigma: Any = 0.0  # above 0: scores fall with the overlap, by a bell curve of this width, instead of being struck out


def _of_shapes(boxes: np.ndarray) -> Overlaps:
    """Intersection over union of boxes [n, 4], whose corners may be given in either order."""
    low = np.minimum(boxes[:, :2], boxes[:, 2:])
    high = np.maximum(boxes[:, :2], boxes[:, 2:])
    areas = np.prod(high - low, axis=1)

    def overlaps(one: int) -> np.ndarray:
        sides = np.maximum(np.minimum(high, high[one]) - np.maximum(low, low[one]), 0)
        shared = sides[:, 0] * sides[:, 1]
        union = areas + areas[one] - shared
        plain = (areas > 0) & (areas[one] > 0)
        return np.where(plain, shared / np.where(plain, union, 1), 0)

    return overlaps


def _kept(overlaps: Overlaps, scores: np.ndarray, limits: _Limits) -> tuple[np.ndarray, np.ndarray]:
    """The boxes that are kept, best first, and their scores. Of equal scores the earlier box comes first."""
    with np.errstate(invalid="ignore"):
        return _softly_kept(overlaps, scores, limits) if limits.sigma > 0 else _strictly_kept(overlaps, scores, limits)


def _strictly_kept(overlaps: Overlaps, scores: np.ndarray, limits: _Limits) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-scores.astype(np.float32), kind="stable")
    order = order[scores[order] > limits.score]
    kept: list[int] = []
    while order.size and len(kept) < limits.most:
        best = int(order[0])
        kept.append(best)
        rest = order[1:]
        order = rest[~(overlaps(best)[rest] > limits.overlap)]
    indices = np.array(kept, np.int32)
    return indices, scores[indices]


def _softly_kept(overlaps: Overlaps, scores: np.ndarray, limits: _Limits) -> tuple[np.ndarray, np.ndarray]:
    left = np.where(scores > limits.score, scores, -np.inf).astype(scores.dtype)
    scale = scores.dtype.type(-0.5) / limits.sigma
    indices: list[int] = []
    final: list[Any] = []
    while len(indices) < limits.most and left.size:
        best = int(np.argmax(left))
        if not left[best] > limits.score:
            break
        indices.append(best)
        final.append(left[best])
        covered = overlaps(best).astype(scores.dtype)
        left = left * np.exp(scale * covered * covered)
        left[best] = -np.inf
    return np.array(indices, np.int32), np.array(final, scores.dtype)


# ------------------------------------------------------------------ checks


def _scalar(value: Any, name: str) -> Any:
    if np.ndim(value):
        raise invalid(f"{name} must be 0-D, got shape {text(np.shape(value))}")
    return np.asarray(value)[()]


def _limits(max_output_size: Any, overlap: Any, score: Any, sigma: Any = 0.0) -> _Limits:
    """The limits of an op on boxes, found sound."""
    count = int(_scalar(max_output_size, "max_output_size"))
    if count < 0:
        raise invalid("output size must be non-negative")
    overlap, score, sigma = (
        _scalar(value, name) for value, name in ((overlap, "iou_threshold"), (score, "score_threshold"), (sigma, "soft_nms_sigma"))
    )
    if not 0 <= overlap <= 1:
        raise invalid("iou_threshold must be in [0, 1]")
    if not sigma >= 0:
        raise invalid("soft_nms_sigma_val must be >= 0")
    return _Limits(count, overlap, score, sigma)


def _check_boxes(boxes: Any, scores: Any) -> None:
    if boxes.ndim != 2:
        raise invalid(f"boxes must be 2-D{text(boxes.shape)} (Shape must be rank 2 but is rank {boxes.ndim})")
    if boxes.shape[1] != 4:
        raise invalid(f"boxes must have 4 columns (Dimension must be 4 but is {boxes.shape[1]})")
    _check_scores(scores, boxes.shape[0])


def _check_scores(scores: Any, count: int) -> None:
    if scores.ndim != 1:
        raise invalid(f"scores must be 1-D{text(scores.shape)} (Shape must be rank 1 but is rank {scores.ndim})")
    if scores.shape[0] != count:
        raise invalid(f"scores has incompatible shape (Dimensions must be equal, but are {count} and {scores.shape[0]})")


def _selected(boxes: Any, scores: Any, limits: _Limits) -> tuple[np.ndarray, np.ndarray]:
    _check_boxes(boxes, scores)
    return _kept(_of_shapes(boxes), scores, limits)


def _padded(array: np.ndarray, count: int) -> np.ndarray:
    """`array` with zeros up to a length of `count`."""
    check_room((count,), array.itemsize)
    result = np.zeros(count, array.dtype)
    result[: len(array)] = array
    return result


def _check_shapes(c: Any) -> None:
    boxes, scores = rules.with_rank(c, c.shape(0), 2), rules.with_rank(c, c.shape(1), 1)
    rules.merge_size(c, boxes[0], scores[0])
    rules.with_size(c, boxes[1], 4)
    for index in range(2, c.count):
        rules.with_rank(c, c.shape(index), 0)


def _indices_shape(c):
    _check_shapes(c)
    return (None,)


def _length(c: Any) -> int | None:
    """How many boxes come out, where they are padded."""
    return rules.scalar_size(c, 2) if c.attrs["pad_to_max_output_size"] else None


_BOXES = values((6, 4), 0, 1, "float32")
_SCORES = values((6,), 0, 1, "float32")
_FLOATS: dict[str, Any] = {
    "types": {"T": "half float", "T_threshold": "half float"},
    "type_defaults": {"T": "float", "T_threshold": "float"},
    "no_gradient": _NO_SLOPE,
}
_LEAST = np.finfo(np.float32).min


@op(
    "NonMaxSuppression(boxes: float, scores: float, max_output_size: int32, *, iou_threshold: float = 0.5) -> selected_indices: int32",
    shape=_indices_shape,
    host=("boxes", "scores", "max_output_size"),
    samples=[sample(_BOXES, _SCORES, 3, iou_threshold=0.3)],
    no_gradient=_NO_SLOPE,
)
def non_max_suppression(xp, boxes, scores, max_output_size, iou_threshold):
    """Keep the boxes with the highest scores that do not cover each other: their numbers."""
    limits = _limits(max_output_size, np.float32(iou_threshold), _LEAST)
    return xp.asarray(_selected(boxes, scores, limits)[0])


@op(
    "NonMaxSuppressionV2(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold) -> selected_indices: int32",
    shape=_indices_shape,
    host=("boxes", "scores", "max_output_size", "iou_threshold"),
    samples=[sample(_BOXES, _SCORES, 3, np.float32(0.3))],
    **_FLOATS,
)
def non_max_suppression_v2(xp, boxes, scores, max_output_size, iou_threshold):
    """Keep the boxes with the highest scores that do not cover each other: their numbers."""
    return xp.asarray(_selected(boxes, scores, _limits(max_output_size, iou_threshold, _LEAST))[0])


@op(
    "NonMaxSuppressionV3(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, score_threshold: T_threshold) "
    "-> selected_indices: int32",
    shape=_indices_shape,
    host=("boxes", "scores", "max_output_size", "iou_threshold", "score_threshold"),
    samples=[sample(_BOXES, _SCORES, 3, np.float32(0.3), np.float32(0.2))],
    **_FLOATS,
)
def non_max_suppression_v3(xp, boxes, scores, max_output_size, iou_threshold, score_threshold):
    """Keep the boxes with the highest scores, all above a threshold, that do not cover each other: their numbers."""
    return xp.asarray(_selected(boxes, scores, _limits(max_output_size, iou_threshold, score_threshold))[0])


def _counted_shape(c):
    _check_shapes(c)
    return [(_length(c),), ()]


@op(
    "NonMaxSuppressionV4(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, score_threshold: T_threshold, *, "
    "pad_to_max_output_size: bool = False) -> selected_indices: int32, valid_outputs: int32",
    shape=_counted_shape,
    host=("boxes", "scores", "max_output_size", "iou_threshold", "score_threshold"),
    samples=[
        sample(_BOXES, _SCORES, 3, np.float32(0.3), np.float32(0.2)),
        sample(_BOXES, _SCORES, 8, np.float32(0.3), np.float32(0.2), pad_to_max_output_size=True),
    ],
    **_FLOATS,
)
def non_max_suppression_v4(xp, boxes, scores, max_output_size, iou_threshold, score_threshold, pad_to_max_output_size):
    """Keep the boxes with the highest scores that do not cover each other: their numbers, padded with 0 if wanted, and how many."""
    limits = _limits(max_output_size, iou_threshold, score_threshold)
    indices, _ = _selected(boxes, scores, limits)
    count = np.int32(len(indices))
    return xp.asarray(_padded(indices, limits.most) if pad_to_max_output_size else indices), xp.asarray(count)


def _scored_shape(c):
    _check_shapes(c)
    return [(_length(c),), (_length(c),), ()]


@op(
    "NonMaxSuppressionV5(boxes: T, scores: T, max_output_size: int32, iou_threshold: T, score_threshold: T, soft_nms_sigma: T, *, "
    "pad_to_max_output_size: bool = False) -> selected_indices: int32, selected_scores: T, valid_outputs: int32",
    types={"T": "half float"},
    type_defaults={"T": "float"},
    shape=_scored_shape,
    host=("boxes", "scores", "max_output_size", "iou_threshold", "score_threshold", "soft_nms_sigma"),
    samples=[
        sample(_BOXES, _SCORES, 3, np.float32(0.3), np.float32(0.2), np.float32(0.5)),
        sample(_BOXES, _SCORES, 8, np.float32(0.3), np.float32(0.2), np.float32(0), pad_to_max_output_size=True),
    ],
    no_gradient=_NO_SLOPE,
)
def non_max_suppression_v5(
    xp, boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma, pad_to_max_output_size
):  # fmt: skip
    """Keep the boxes with the highest scores, strictly or by lowering the scores of those covered: their numbers, scores, and how many."""
    limits = _limits(max_output_size, iou_threshold, score_threshold, soft_nms_sigma)
    indices, final = _selected(boxes, scores, limits)
    count = np.int32(len(indices))
    if pad_to_max_output_size:
        indices, final = _padded(indices, limits.most), _padded(final, limits.most)
    return xp.asarray(indices), xp.asarray(final), xp.asarray(count)


def _overlaps_shape(c):
    overlaps, scores = rules.with_rank(c, c.shape(0), 2), rules.with_rank(c, c.shape(1), 1)
    rules.merge_size(c, rules.merge_size(c, overlaps[0], overlaps[1]), scores[0])
    for index in range(2, c.count):
        rules.with_rank(c, c.shape(index), 0)
    return (None,)


@op(
    "NonMaxSuppressionWithOverlaps(overlaps: float, scores: float, max_output_size: int32, overlap_threshold: float, "
    "score_threshold: float) -> selected_indices: int32",
    shape=_overlaps_shape,
    host=("overlaps", "scores", "max_output_size", "overlap_threshold", "score_threshold"),
    samples=[sample(values((6, 6), 0, 1, "float32"), _SCORES, 3, np.float32(0.3), np.float32(0.2))],
    no_gradient=_NO_SLOPE,
)
def non_max_suppression_with_overlaps(xp, overlaps, scores, max_output_size, overlap_threshold, score_threshold):
    """Keep the items with the highest scores whose given overlaps are small: their numbers."""
    if overlaps.ndim != 2:
        raise invalid(f"overlaps must be 2-D{text(overlaps.shape)}")
    if overlaps.shape[0] != overlaps.shape[1]:
        raise invalid(f"overlaps must be square{text(overlaps.shape)}")
    _check_scores(scores, overlaps.shape[0])
    threshold = _scalar(overlap_threshold, "overlap_threshold")
    limits = _limits(max_output_size, np.float32(0), score_threshold)._replace(overlap=threshold)
    return xp.asarray(_kept(lambda one: overlaps[:, one], scores, limits)[0])


# ------------------------------------------------------------------ of many classes


def _combined_shape(c):
    boxes, scores = rules.with_rank(c, c.shape(0), 4), rules.with_rank(c, c.shape(1), 3)
    batch = rules.merge_size(c, boxes[0], scores[0])
    rules.merge_size(c, boxes[1], scores[1])
    rules.with_size(c, boxes[3], 4)
    if boxes[2] is not None and scores[2] is not None and boxes[2] not in (1, scores[2]):
        raise c.fail("third dimension of boxes must be either 1 or equal to the third dimension of scores")
    per_class, total = rules.scalar_value(c, 2), rules.scalar_value(c, 3)
    for index in (4, 5):
        rules.with_rank(c, c.shape(index), 0)
    count = total
    if c.attrs["pad_per_class"]:
        room = rules.size_product([per_class, scores[2]])
        count = None if total is None or room is None else min(total, room)
    return [(batch, count, 4), (batch, count), (batch, count), (batch,)]


def _check_combined(boxes: Any, scores: Any, per_class: int, total: int) -> None:
    if boxes.ndim != 4 or scores.ndim != 3 or boxes.shape[0] != scores.shape[0]:
        raise invalid("boxes and scores must have same batch size")
    if boxes.shape[1] != scores.shape[1]:
        raise invalid("scores has incompatible shape")
    if boxes.shape[2] not in (1, scores.shape[2]):
        raise invalid("third dimension of boxes must be either 1 or num classes")
    if boxes.shape[3] != 4:
        raise invalid("boxes must have 4 columns")
    if per_class <= 0:
        raise invalid("max_size_per_class must be positive")
    if total <= 0:
        raise invalid("max_total_size must be > 0")


@op(
    "CombinedNonMaxSuppression(boxes: float, scores: float, max_output_size_per_class: int32, max_total_size: int32, iou_threshold: float, "
    "score_threshold: float, *, pad_per_class: bool = False, clip_boxes: bool = True) "
    "-> nmsed_boxes: float, nmsed_scores: float, nmsed_classes: float, valid_detections: int32",
    shape=_combined_shape,
    host=("boxes", "scores", "max_output_size_per_class", "max_total_size", "iou_threshold", "score_threshold"),
    samples=[
        sample(values((2, 5, 1, 4), 0, 1, "float32"), values((2, 5, 3), 0, 1, "float32"), 2, 4, np.float32(0.3), np.float32(0.1)),
        sample(
            values((2, 5, 3, 4), -1, 2, "float32"), values((2, 5, 3), 0, 1, "float32"), 2, 40, np.float32(0.3), np.float32(0.1),
            pad_per_class=True, clip_boxes=False,
        ),
    ],
    no_gradient=_NO_SLOPE,
)  # fmt: skip
def combined_non_max_suppression(
    xp, boxes, scores, max_output_size_per_class, max_total_size, iou_threshold, score_threshold, pad_per_class, clip_boxes
):
    """Keep, class by class, the boxes with the highest scores that do not cover each other, and of all classes together the best."""
    per_class = int(_scalar(max_output_size_per_class, "max_size_per_class"))
    total = int(_scalar(max_total_size, "max_total_size"))
    _check_combined(boxes, scores, per_class, total)
    limits = _limits(per_class, iou_threshold, score_threshold)
    batch, classes = scores.shape[0], scores.shape[2]
    count = min(total, per_class * classes) if pad_per_class else total
    check_room((batch, count, 6), 4)
    kept_boxes, kept_scores = np.zeros((batch, count, 4), np.float32), np.zeros((batch, count), np.float32)
    kept_classes, valid = np.zeros((batch, count), np.float32), np.zeros(batch, np.int32)
    for image in range(batch):
        places, best, labels = _of_all_classes(boxes[image], scores[image], limits)
        order = np.argsort(-best, kind="stable")[:count]
        valid[image] = len(order)
        kept_boxes[image, : len(order)] = places[order]
        kept_scores[image, : len(order)] = best[order]
        kept_classes[image, : len(order)] = labels[order]
    if clip_boxes:
        kept_boxes = np.clip(kept_boxes, 0, 1)
    return tuple(xp.asarray(result) for result in (kept_boxes, kept_scores, kept_classes, valid))


def _of_all_classes(boxes: np.ndarray, scores: np.ndarray, limits: _Limits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The boxes that each class keeps, with their scores and classes; boxes [n, 1 or classes, 4], scores [n, classes]."""
    found = []
    for label in range(scores.shape[1]):
        own = boxes[:, label if boxes.shape[1] > 1 else 0]
        indices, best = _kept(_of_shapes(own), scores[:, label], limits)
        found.append((own[indices], best, np.full(len(indices), label, np.float32)))
    if not found:
        return np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32)
    places, best, labels = (np.concatenate(parts) for parts in zip(*found))
    return places, best, labels
