"""Compiled resizing gives what the ops' own kernels give."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.kernels.tiers import both, check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(12)
SIZES = [((2, 5, 7, 3), (10, 14)), ((1, 9, 8, 1), (4, 5)), ((3, 4, 4, 20), (4, 9)), ((1, 1, 6, 16), (3, 1)), ((1, 30, 30, 2), (3, 4))]
sizes = pytest.mark.parametrize(("shape", "wanted"), SIZES)
FLAGS = [{}, {"align_corners": True}, {"half_pixel_centers": True}]
flags = pytest.mark.parametrize("attrs", FLAGS, ids=str)


def images(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


@sizes
@flags
@pytest.mark.parametrize("name", ["ResizeBilinear", "ResizeBicubic"])
def test_resized_images_are_the_same_in_every_bit(name, shape, wanted, attrs):
    check(name, images(*shape), np.array(wanted, np.int32), **attrs)
    check(name, RANDOM.integers(0, 256, shape).astype(np.uint8), np.array(wanted, np.int32), **attrs)


@sizes
@pytest.mark.parametrize("align_corners", [False, True])
def test_areas_are_averaged(shape, wanted, align_corners):
    check("ResizeArea", images(*shape), np.array(wanted, np.int32), align_corners=align_corners)


def test_nan_and_infinities_reach_the_pixels_beside_them():
    check("ResizeBilinear", strange(images(2, 9, 9, 5)), np.array([12, 20], np.int32))


@sizes
@flags
@pytest.mark.parametrize("name", ["ResizeBilinearGrad", "ResizeBicubicGrad"])
def test_gradients_go_back(name, shape, wanted, attrs):
    check(name, images(shape[0], *wanted, shape[3]), images(*shape), **attrs, relative=2e-5, tolerance=2e-5)


@sizes
@flags
def test_gradients_go_back_to_the_nearest(shape, wanted, attrs):
    grads = images(shape[0], *wanted, shape[3])
    check("ResizeNearestNeighborGrad", grads, np.array(shape[1:3], np.int32), **attrs, relative=2e-5, tolerance=2e-5)


@pytest.mark.parametrize(("shape", "crop"), [((3, 9, 8, 5), (4, 6)), ((2, 20, 30, 32), (14, 14)), ((1, 5, 5, 1), (1, 3))])
def test_boxes_are_cut_out_of_images(shape, crop):
    boxes = RANDOM.uniform(-0.2, 1.2, (17, 4)).astype(np.float32)
    of_images = RANDOM.integers(0, shape[0], 17).astype(np.int32)
    for x in (images(*shape), strange(images(*shape))):
        check("CropAndResize", x, boxes, of_images, np.array(crop, np.int32), extrapolation_value=2.5)


def test_threads_change_nothing():
    same_bits_for_any_threads("ResizeBilinear", images(7, 20, 20, 3), np.array([33, 31], np.int32))
    same_bits_for_any_threads("ResizeBilinearGrad", images(7, 33, 31, 3), images(7, 20, 20, 3))


def test_many_taps_are_left_to_numpy():
    assert not both("ResizeArea", images(1, 80, 80, 1), np.array([2, 2], np.int32)).is_compiled
