import numpy as np
import pytest

import autograd_lite as tf
from tests.ops.kernels import complaint, fed, run

CROPS = [([0, 7, 0], [39, 38, -1]), ([10, 16, 0], [17, 20, -1]), ([2, 5, 0], [35, 45, -1])]  # of TensorFlow 2.21, three runs
WHITE = np.zeros((1, 4, 4, 1), np.float32)


def test_edges_on_the_image_are_drawn_and_others_are_not():
    boxes = np.array([[[0.1, 0.1, 0.5, 0.5], [-0.5, -0.2, 0.8, 1.4], [0.9, 0.9, 0.1, 0.1]]], np.float32)
    drawn = run("DrawBoundingBoxes", WHITE, boxes)
    assert drawn[0, :, :, 0].tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]]


def test_boxes_take_the_colours_in_turn():
    boxes = np.array([[[0, 0, 1, 1], [0, 0, 0, 1], [1, 0, 1, 1]]], np.float32)
    image = np.zeros((1, 3, 3, 3), np.float32)
    plain = run("DrawBoundingBoxes", image, boxes)
    assert plain[0, :, 1].tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]] and plain[0, 1, 0].tolist() == [1, 1, 0]
    given = run("DrawBoundingBoxesV2", image, boxes, np.array([[0.1, 0.2, 0.3, 9], [0.4, 0.5, 0.6, 9]], np.float32))
    np.testing.assert_allclose(given[0, 2, 1], [0.1, 0.2, 0.3])
    np.testing.assert_allclose(given[0, 0, 1], [0.4, 0.5, 0.6])


def test_a_box_that_is_no_number_is_not_drawn():
    for place in range(4):
        box = np.array([[[0, 0, 1, 1]]], np.float32)
        box[0, 0, place] = np.nan
        assert not run("DrawBoundingBoxes", WHITE, box).any()


def test_unsound_drawings_are_refused():
    box = np.zeros((1, 1, 4), np.float32)
    assert complaint(fed, "DrawBoundingBoxes", WHITE[0], box) == "The rank of the images should be 4"
    two = np.zeros((1, 4, 4, 2), np.float32)
    assert complaint(fed, "DrawBoundingBoxes", two, box) == "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)"
    none = np.zeros((0, 3), np.float32)
    assert complaint(fed, "DrawBoundingBoxesV2", WHITE, box, none).startswith("colors must have equal or more channels")


def test_random_crops_are_those_of_tensorflow_run_after_run():
    with tf.Session() as session:
        made = tf.image.sample_distorted_bounding_box(
            [40, 60, 3], [[[0.1, 0.2, 0.6, 0.7]]], seed=3, seed2=5, min_object_covered=0.3, area_range=[0.1, 0.8]
        )
        for begin, size in CROPS:
            got = session.run(made)
            assert got.begin.tolist() == begin and got.size.tolist() == size
            top, left, bottom, right = got.bboxes.ravel() * [40, 60, 40, 60]
            np.testing.assert_allclose([top, left, bottom - top, right - left], [*begin[:2], *size[:2]], rtol=1e-5)


def test_a_crop_that_cannot_be_found_is_the_whole_image():
    object_ = np.array([[[0.6, 0.2, 0.2, 0.7]]], np.float32)  # upside down: it has no pixels
    begin, size, box = run("SampleDistortedBoundingBoxV2", [20, 30, 3], object_, np.float32(0.1), seed=3, seed2=5)
    assert begin.tolist() == [0, 0, 0] and size.tolist() == [20, 30, -1] and box.ravel().tolist() == [0, 0, 1, 1]


def test_the_older_op_takes_the_share_as_an_attribute():
    object_ = np.array([[[0.1, 0.2, 0.6, 0.7]]], np.float32)
    old = run("SampleDistortedBoundingBox", [20, 30, 3], object_, seed=3, seed2=5, min_object_covered=0.5)
    new = run("SampleDistortedBoundingBoxV2", [20, 30, 3], object_, np.float32(0.5), seed=3, seed2=5)
    for first, second in zip(old, new):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("changed", "attrs", "words"),
    [
        ({0: [20, 30]}, {}, "image_size must contain 3 elements[2]"),
        ({1: np.zeros((1, 0, 4), np.float32)}, {}, "No bounding boxes provided as input. One must enable"),
        ({1: np.array([[[0.1, 0.2, 1.5, 0.7]]], np.float32)}, {}, "All bounding box coordinates must be in [0.0, 1.0]: 1.5"),
        ({2: np.float32(-1)}, {}, "Min object covered must be non-negative: -1"),
        ({}, {"aspect_ratio_range": [1.0]}, "Aspect ratio range field must specify 2 dimensions"),
        ({}, {"area_range": [0.5, 1.5]}, "Area range must be less then or equal to 1.0: [0.5, 1.5]"),
        ({}, {"max_attempts": 0}, "Max attempts must be non-negative: 0"),
    ],
)
def test_unsound_wishes_are_refused(changed, attrs, words):
    inputs = [[20, 30, 3], np.array([[[0.1, 0.2, 0.6, 0.7]]], np.float32), np.float32(0.1)]
    for at, value in changed.items():
        inputs[at] = value
    assert complaint(fed, "SampleDistortedBoundingBoxV2", *inputs, **attrs).startswith(words)


def test_an_image_without_objects_may_stand_for_one():
    nothing = np.zeros((1, 0, 4), np.float32)
    _, size, _ = run(
        "SampleDistortedBoundingBoxV2", [20, 30, 3], nothing, np.float32(0.1), seed=3, seed2=5, use_image_if_no_bounding_boxes=True
    )
    assert 0 < size[0] <= 20 and 0 < size[1] <= 30
