import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run

BOXES = np.array(
    [[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]], np.float32
)
SCORES = np.array([0.9, 0.75, 0.6, 0.95, 0.5, 0.3], np.float32)
LEAST = np.float32("-inf")
SOFT_INDICES = [3, 0, 1, 5, 4, 2]  # of TensorFlow 2.21
SOFT_SCORES = [0.95, 0.9, 0.38400355, 0.3, 0.2560026, 0.19697244]


def _kept(boxes=BOXES, scores=SCORES, count=6, iou=0.5, least=LEAST):
    return run("NonMaxSuppressionV3", boxes, scores, np.int32(count), np.float32(iou), np.float32(least)).tolist()


def test_of_boxes_that_cover_each_other_the_best_is_kept():
    assert _kept() == [3, 0, 5]
    assert _kept(count=2) == [3, 0]
    assert _kept(least=0.5) == [3, 0]
    assert _kept(iou=1.0) == [3, 0, 1, 2, 4, 5]


def test_corners_may_be_given_in_either_order():
    assert _kept(boxes=BOXES[:, [2, 3, 0, 1]]) == [3, 0, 5]


def test_of_equal_scores_the_earlier_box_is_kept():
    assert _kept(scores=np.full(6, 0.5, np.float32)) == [0, 3, 5]


def test_the_older_ops_agree():
    assert run("NonMaxSuppression", BOXES, SCORES, np.int32(6)).tolist() == [3, 0, 5]
    assert run("NonMaxSuppressionV2", BOXES, SCORES, np.int32(6), np.float32(0.5)).tolist() == [3, 0, 5]


def test_soft_suppression_lowers_scores_as_tensorflow_does():
    sigma = np.float32(0.5)
    indices, scores, count = run("NonMaxSuppressionV5", BOXES, SCORES, np.int32(6), np.float32(0.5), LEAST, sigma)
    assert indices.tolist() == SOFT_INDICES
    np.testing.assert_allclose(scores, SOFT_SCORES, rtol=1e-6)
    assert count == 6


def test_results_are_padded_when_asked():
    indices, count = run(
        "NonMaxSuppressionV4", BOXES, SCORES, np.int32(5), np.float32(0.5), np.float32(0.4), pad_to_max_output_size=True
    )
    assert indices.tolist() == [3, 0, 0, 0, 0] and count == 2


def test_given_overlaps_take_the_place_of_shapes():
    overlaps = np.array([[1, 0.7, 0], [0.7, 1, 0.2], [0, 0.2, 1]], np.float32)
    scores = np.array([0.5, 0.9, 0.7], np.float32)
    kept = run("NonMaxSuppressionWithOverlaps", overlaps, scores, np.int32(3), np.float32(0.5), LEAST)
    assert kept.tolist() == [1, 2]


def test_what_is_no_number_is_never_kept_and_never_strikes_out():
    nothing = np.full((1, 4), np.nan, np.float32)
    assert _kept(boxes=nothing, scores=np.array([np.nan], np.float32)) == []
    assert _kept(boxes=np.concatenate([nothing, BOXES[:2]]), scores=np.array([0.9, 0.8, 0.7], np.float32)) == [0, 1]


def test_every_class_keeps_its_own_boxes():
    boxes = np.stack([BOXES[:3], BOXES[3:]])[:, :, None]  # [2, 3, 1, 4]
    scores = np.array([[[0.9, 0.1], [0.8, 0.7], [0.1, 0.95]], [[0.3, 0.2], [0.6, 0.5], [0.4, 0.8]]], np.float32)
    places, best, labels, valid = run(
        "CombinedNonMaxSuppression", boxes, scores, np.int32(2), np.int32(3), np.float32(0.5), np.float32(0.15), clip_boxes=False
    )
    np.testing.assert_allclose(best, [[0.95, 0.9, 0], [0.8, 0.6, 0.5]])
    assert labels.tolist() == [[1, 0, 0], [1, 0, 1]] and valid.tolist() == [2, 3]
    np.testing.assert_array_equal(places[0], [BOXES[2], BOXES[0], np.zeros(4)])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({0: BOXES[:, :3]}, "boxes must have 4 columns (Dimension must be 4 but is 3)"),
        ({1: SCORES[:2]}, "scores has incompatible shape (Dimensions must be equal, but are 6 and 2)"),
        ({2: np.int32(-2)}, "output size must be non-negative"),
        ({3: np.float32(1.5)}, "iou_threshold must be in [0, 1]"),
        ({3: np.float32("nan")}, "iou_threshold must be in [0, 1]"),
        ({5: np.float32(-1)}, "soft_nms_sigma_val must be >= 0"),
        ({4: np.zeros(1, np.float32)}, "score_threshold must be 0-D, got shape [1]"),
    ],
)
def test_unsound_inputs_are_refused(changed, words):
    inputs = [BOXES, SCORES, np.int32(2), np.float32(0.5), LEAST, np.float32(0)]
    for at, value in changed.items():
        inputs[at] = value
    assert complaint(fed, "NonMaxSuppressionV5", *inputs) == words
