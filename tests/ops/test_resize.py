import numpy as np
import pytest

from autograd_lite.core.errors import ResourceExhaustedError
from tests.ops.kernels import complaint, fed, run

RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize("method", ["Bilinear", "Bicubic", "NearestNeighbor", "Area"])
@pytest.mark.parametrize("align_corners", [False, True])
def test_an_image_of_its_own_size_stays_as_it_is(method, align_corners):
    image = RANDOM.uniform(size=(2, 3, 4, 2)).astype(np.float32)
    np.testing.assert_allclose(run(f"Resize{method}", image, [3, 4], align_corners=align_corners), image, rtol=1e-6)


@pytest.mark.parametrize("method", ["Bilinear", "Bicubic", "NearestNeighbor"])
@pytest.mark.parametrize("flags", [{}, {"align_corners": True}, {"half_pixel_centers": True}])
def test_gradients_go_back_along_the_same_weights(method, flags):
    image = RANDOM.uniform(size=(1, 5, 4, 2)).astype(np.float32)
    grads = RANDOM.uniform(size=(1, 7, 3, 2)).astype(np.float32)
    forward = run(f"Resize{method}", image, [7, 3], **flags)
    given = np.array([5, 4], np.int32) if method == "NearestNeighbor" else image
    back = run(f"Resize{method}Grad", grads, given, **flags)
    np.testing.assert_allclose(np.sum(forward * grads), np.sum(back * image), rtol=1e-5)


def test_the_area_method_averages_whole_blocks():
    image = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    np.testing.assert_allclose(run("ResizeArea", image, [2, 2])[0, :, :, 0], [[2.5, 4.5], [10.5, 12.5]])


def test_sizes_of_nothing_and_sizes_too_large_are_refused():
    image = np.ones((1, 1, 1, 1), np.float32)
    assert complaint(fed, "ResizeBilinear", image, [0, 2]) == "output dimensions must be positive"
    with pytest.raises(ResourceExhaustedError):
        fed("ResizeBilinear", image, [2147483647, 2147483647])
