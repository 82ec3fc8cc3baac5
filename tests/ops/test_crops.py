import numpy as np
import pytest

from autograd_lite.core.errors import OutOfRangeError
from tests.ops.kernels import complaint, fed, run

RANDOM = np.random.default_rng(3)
IMAGES = RANDOM.uniform(size=(2, 5, 6, 2)).astype(np.float32)
BOXES = np.array([[0.11, 0.23, 0.83, 0.91], [0.87, 0.73, 0.21, 0.11], [-0.3, 0.4, 0.6, 1.4]], np.float32)
OWNERS = np.array([0, 1, 1], np.int32)


def test_a_box_of_the_whole_image_is_the_image():
    whole = run("CropAndResize", IMAGES, np.array([[0, 0, 1, 1]] * 2, np.float32), np.array([0, 1], np.int32), [5, 6])
    np.testing.assert_allclose(whole, IMAGES, rtol=1e-6)


def test_a_box_upside_down_turns_the_image_over():
    turned = run("CropAndResize", IMAGES[:1], np.array([[1, 1, 0, 0]], np.float32), np.array([0], np.int32), [5, 6])
    np.testing.assert_allclose(turned, IMAGES[:1, ::-1, ::-1], rtol=1e-5)


def test_what_lies_beyond_the_image_is_extrapolated():
    beyond = run(
        "CropAndResize", IMAGES, np.array([[2, 2, 3, 3]], np.float32), np.array([0], np.int32), [2, 2], extrapolation_value=7.0
    )
    assert np.all(beyond == 7)


@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_gradients_of_crops_go_back_to_their_pixels(method):
    grads = RANDOM.normal(size=(3, 4, 3, 2)).astype(np.float32)
    forward = run("CropAndResize", IMAGES, BOXES, OWNERS, [4, 3], method=method)
    back = run("CropAndResizeGradImage", grads, BOXES, OWNERS, list(IMAGES.shape), T="float32", method=method)
    np.testing.assert_allclose(np.sum(forward * grads), np.sum(back * IMAGES), rtol=1e-4)


def test_gradients_of_boxes_are_slopes():
    grads = RANDOM.normal(size=(3, 4, 3, 2)).astype(np.float32)
    slopes = run("CropAndResizeGradBoxes", grads, IMAGES, BOXES, OWNERS)
    step = 1e-3
    for box in range(2):  # the third box has places that cross the edge of the image
        for edge in range(4):
            values = []
            for sign in (1, -1):
                moved = BOXES.copy()
                moved[box, edge] += sign * step
                values.append(np.sum(run("CropAndResize", IMAGES, moved, OWNERS, [4, 3]).astype(np.float64) * grads))
            np.testing.assert_allclose(slopes[box, edge], (values[0] - values[1]) / (2 * step), rtol=2e-2, atol=2e-2)


def test_unsound_boxes_are_refused():
    box, first = np.zeros((1, 4), np.float32), np.array([0], np.int32)
    assert complaint(fed, "CropAndResize", IMAGES, box, first, [0, 0]) == "crop dimensions must be positive"
    assert complaint(fed, "CropAndResize", IMAGES[:, :0], box, first, [1, 1]) == "image dimensions must be positive"
    assert complaint(fed, "CropAndResize", IMAGES, box[:, :3], first, [1, 1]) == "boxes must have 4 columns"
    nowhere = np.full((1, 4), np.nan, np.float32)
    assert complaint(fed, "CropAndResize", IMAGES, nowhere, first, [1, 1]) == "Boxes contains at least one element that is not finite"
    with pytest.raises(OutOfRangeError, match="box_index has values outside"):
        fed("CropAndResize", IMAGES, box, np.array([2], np.int32), [1, 1])


PLAIN = np.arange(1, 36, dtype=np.float32).reshape(1, 5, 7, 1)


@pytest.mark.parametrize(
    ("version", "offset", "flags", "corner"),
    [
        ("", [0.9, 0.0], {}, 24),
        ("", [4.0, 2.0], {"centered": False, "normalized": False}, 22),
        ("", [2.0, 5.0], {"centered": False, "normalized": False}, 11),
        ("V2", [2.0, 3.0], {"centered": False, "normalized": False}, 18),
        ("V2", [0.0, 0.0], {"normalized": False}, 18),
        ("V2", [0.0, 0.0], {}, 10),
    ],
)
def test_glimpses_begin_where_tensorflows_do(version, offset, flags, corner):
    glimpse = run(
        f"ExtractGlimpse{version}", PLAIN, [2, 3], np.array([offset], np.float32), uniform_noise=False, noise="zero", **flags
    )
    assert glimpse[0, 0, 0, 0] == corner


def test_what_a_glimpse_sees_beyond_the_image_is_noise_in_its_range():
    far = np.array([[50.0, 50.0]], np.float32)
    noise = run("ExtractGlimpse", PLAIN, [40, 40], far)
    assert 1 <= noise.min() < 3 and 33 < noise.max() <= 35
    bell = run("ExtractGlimpse", PLAIN, [40, 40], far, uniform_noise=False, noise="gaussian")
    assert abs(bell.mean() - 18) < 2 and abs(bell.std() - PLAIN.std()) < 2
    assert not run("ExtractGlimpse", PLAIN, [2, 2], np.array([[np.nan, 0]], np.float32), uniform_noise=False, noise="zero").any()
