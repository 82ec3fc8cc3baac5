"""Compiled pooling gives what the op's own kernel gives."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.kernels import native
from tests.conformance import walk
from tests.kernels.tiers import both, check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(3)
OPS = ("MaxPool", "AvgPool", "MaxPoolGrad", "AvgPoolGrad")
WINDOWS = {
    "halves": ((2, 8, 6, 32), (2, 2), (2, 2), "VALID"),
    "rest is cut off": ((2, 7, 9, 4), (2, 2), (2, 2), "VALID"),
    "rest is padded": ((3, 7, 9, 5), (2, 2), (2, 2), "SAME"),
    "overlapping": ((2, 9, 7, 21), (3, 3), (2, 2), "SAME"),
    "one pixel apart": ((1, 6, 6, 3), (3, 2), (1, 1), "VALID"),
    "gaps": ((2, 7, 7, 1), (2, 2), (3, 3), "VALID"),
    "many places": ((2, 9, 9, 16), (5, 5), (3, 2), "SAME"),
    "whole image": ((2, 5, 4, 17), (5, 4), (1, 1), "VALID"),
    "one pixel": ((2, 3, 4, 19), (1, 1), (1, 1), "SAME"),
    "larger than the image": ((1, 2, 2, 2), (3, 3), (1, 1), "SAME"),
}


def images(shape, dtype=np.float32):
    return RANDOM.standard_normal(shape).round(1).astype(dtype)  # round numbers: ties


def attributes(window, strides, padding):
    return {"ksize": [1, *window, 1], "strides": [1, *strides, 1], "padding": padding}


def inputs_of(name, x, attrs):
    """The inputs of one of the ops on these images."""
    with np.errstate(all="ignore"):
        best = both("MaxPool", x, **attrs).slow
    back = images(best.shape, x.dtype)
    if name.endswith("Grad"):
        return [x, best, back] if name == "MaxPoolGrad" else [np.array(x.shape, np.int32), back]
    return [x]


@pytest.mark.parametrize("is_strange", [False, True], ids=["plain", "strange"])
@pytest.mark.parametrize(("case", "dtype"), [*((case, "float32") for case in WINDOWS), ("overlapping", "float64"), ("halves", "float64")])
@pytest.mark.parametrize("name", OPS)
def test_it_gives_what_the_ops_kernel_gives(name, case, dtype, is_strange):
    shape, *window = WINDOWS[case]
    attrs = attributes(*window)
    x = images(shape, dtype)
    sums_in_other_order = name.endswith("Grad")
    check(name, *inputs_of(name, strange(x) if is_strange else x, attrs), **attrs, tolerance=2e-6 if sums_in_other_order else 0)


@pytest.mark.parametrize("is_strange", [False, True], ids=["plain", "strange"])
@pytest.mark.parametrize(("case", "dtype"), [*((case, "float32") for case in WINDOWS), ("overlapping", "float64"), ("halves", "float64")])
def test_the_largest_and_its_place_are_those_of_the_ops_kernel(case, dtype, is_strange):
    shape, *window = WINDOWS[case]
    x = images(shape, dtype)
    x = strange(x) if is_strange else x
    for more in ({}, {"include_batch_in_index": True}, {"Targmax": "int32"}):
        attrs = {**attributes(*window), **more}
        check("MaxPoolWithArgmax", x, **attrs)
        largest, places = both("MaxPoolWithArgmax", x, **attrs).slow
        attrs.pop("Targmax", None)
        check("MaxPoolGradWithArgmax", x, images(largest.shape, dtype), places, **attrs, tolerance=2e-6)


def test_a_place_outside_the_image_is_left_to_the_ops_kernel_to_complain_of():
    attrs = {**attributes((2, 2), (2, 2), "VALID"), "include_batch_in_index": True}
    x = images((2, 4, 4, 3))
    _, places = both("MaxPoolWithArgmax", x, **attrs).slow
    for wrong in (-1, x.size):
        given = places.copy()
        given[1, 0, 0, 0] = wrong
        with pytest.raises(InvalidArgumentError, match="Invalid input index"):
            both("MaxPoolGradWithArgmax", x, images(places.shape), places, given=[x, images(places.shape), given], **attrs)
    other_way = places[::-1].copy()  # legal, but not within each image
    result = both("MaxPoolGradWithArgmax", x, images(places.shape), other_way, **attrs)
    assert not result.is_compiled
    assert np.array_equal(result.fast, result.slow)


@pytest.mark.parametrize("name", [*OPS, "MaxPoolWithArgmax"])
@pytest.mark.parametrize("case", ["halves", "overlapping"])
def test_the_code_for_shorter_vectors_agrees(name, case, monkeypatch):
    if not {"+avx2", "+fma"} <= set(native.target().features.split(",")):
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(native, "target", lambda: native.Target("haswell", "+avx2,+fma"))
    shape, *window = WINDOWS[case]
    attrs = attributes(*window)
    check(name, *inputs_of(name, strange(images(shape)), attrs), **attrs, tolerance=2e-6)


@pytest.mark.parametrize("name", [*OPS, "MaxPoolWithArgmax"])
def test_it_agrees_on_the_samples_of_the_ops(name):
    compared = 0
    for case in walk.cases(lambda opdef: opdef.name == name):
        result = both(name, *case.inputs(), **case.attrs)
        if result.is_compiled:
            np.testing.assert_allclose(result.fast, result.slow, rtol=0, atol=1e-15)
            compared += 1
    assert compared


@pytest.mark.parametrize("name", [*OPS, "MaxPoolWithArgmax"])
def test_the_number_of_threads_does_not_change_a_bit(name):
    attrs = attributes((3, 3), (2, 2), "SAME")
    same_bits_for_any_threads(name, *inputs_of(name, images((5, 17, 16, 24)), attrs), **attrs)


def test_padding_may_be_told():
    attrs = {**attributes((2, 3), (2, 1), "EXPLICIT"), "explicit_paddings": [0, 0, 1, 0, 2, 1, 0, 0]}
    check("MaxPool", images((2, 5, 6, 18)), **attrs)


def test_arrays_that_do_not_lie_in_order_are_copied():
    attrs, x = attributes((2, 2), (2, 2), "VALID"), images((2, 4, 4, 8))
    result = both("MaxPool", x, given=[np.asfortranarray(x)], **attrs)
    assert result.is_compiled
    assert np.allclose(result.fast, result.slow)


def test_other_layouts_and_types_keep_the_ops_kernel():
    window = {"ksize": [1, 1, 2, 2], "strides": [1, 1, 2, 2], "padding": "VALID", "data_format": "NCHW"}
    assert both("MaxPool", images((1, 3, 4, 4)), **window).fast is None
    attrs = attributes((2, 2), (2, 2), "VALID")
    assert both("MaxPool", images((1, 4, 4, 3), np.float16), **attrs).fast is None
    assert both("MaxPool", images((0, 4, 4, 3)), **attributes((2, 2), (2, 2), "SAME")).fast is None
