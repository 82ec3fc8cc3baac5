import numpy as np
import pytest

from autograd_lite.core.errors import OutOfRangeError, UnimplementedError
from tests.ops.kernels import complaint, fed, run

IMAGE = np.arange(16).reshape(1, 4, 4, 1).astype(np.float32)
ONES = [1, 1, 1, 1]


def test_a_patch_becomes_the_channels_of_a_pixel():
    patches = run("ExtractImagePatches", IMAGE, ksizes=[1, 2, 2, 1], strides=[1, 2, 2, 1], rates=ONES, padding="VALID")
    assert patches.shape == (1, 2, 2, 4)
    assert patches[0, 1, 0].tolist() == [8, 9, 12, 13]


def test_gaps_and_padding_are_as_in_convolutions():
    patches = run("ExtractImagePatches", IMAGE, ksizes=[1, 2, 2, 1], strides=ONES, rates=[1, 2, 2, 1], padding="SAME")
    assert patches[0, 0, 0].tolist() == [0, 0, 0, 5]
    assert patches[0, 1, 1].tolist() == [0, 2, 8, 10]


def test_patches_may_have_any_type_and_volumes_too():
    flags = run("ExtractImagePatches", IMAGE > 3, ksizes=[1, 2, 2, 1], strides=ONES, rates=ONES, padding="VALID")
    assert flags[0, 0, 0].tolist() == [False, False, True, True]
    volume = np.arange(8).reshape(1, 2, 2, 2, 1)
    patches = run("ExtractVolumePatches", volume, ksizes=[1, 2, 2, 2, 1], strides=[1] * 5, padding="VALID")
    assert patches.ravel().tolist() == list(range(8))


def test_patches_across_a_batch_or_channels_are_refused():
    attrs = {"strides": ONES, "rates": ONES, "padding": "VALID"}
    with pytest.raises(UnimplementedError, match="Only support ksizes across space"):
        fed("ExtractImagePatches", IMAGE, ksizes=[2, 2, 2, 1], **attrs)
    with pytest.raises(OutOfRangeError, match="ksizes is out of range"):
        fed("ExtractImagePatches", IMAGE, ksizes=[1, 0, 2, 1], **attrs)
    assert complaint(fed, "ExtractImagePatches", IMAGE[0], ksizes=ONES, **attrs) == "input must be 4-dimensional[4,4,1]"
