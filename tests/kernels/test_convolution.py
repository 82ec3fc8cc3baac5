"""Compiled convolutions give what the op's own kernels give, near enough to what double precision gives."""

from __future__ import annotations

import ctypes
import weakref

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.graph.opdef import TABLE
from autograd_lite.kernels import direct, memory, native, pool, winograd
from autograd_lite.kernels.calls import caller
from autograd_lite.kernels.processor import vectors
from autograd_lite.ops import windows
from tests.conformance import walk
from tests.kernels.tiers import both, same_bits_for_any_threads

LARGEST_ERROR = 1.5e-5  # of the standard deviation of the results
WITH_FIVE_PRODUCTS = 2e-5  # the same where a tile of four results takes five products along an axis
OPS = ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter")
OPS_3D = ("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2")
DEPTHWISE = ("DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter")

# images, filters, strides, dilations, padding
WINOGRAD = {
    "whole tiles": ((2, 8, 12, 16), (3, 3, 16, 32), (1, 1), (1, 1), "SAME"),
    "tiles over the edge": ((3, 9, 7, 32), (3, 3, 32, 16), (1, 1), (1, 1), "SAME"),
    "no padding": ((2, 13, 11, 48), (3, 3, 48, 48), (1, 1), (1, 1), "VALID"),
    "few lanes": ((1, 8, 10, 20), (3, 3, 20, 28), (1, 1), (1, 1), "SAME"),
    "uneven padding": ((1, 9, 10, 16), (3, 3, 16, 16), (1, 1), (1, 1), [(0, 2), (2, 1)]),
    "five taps": ((2, 9, 7, 16), (5, 5, 16, 64), (1, 1), (1, 1), "SAME"),
    "five taps, no padding": ((2, 9, 12, 80), (5, 5, 80, 16), (1, 1), (1, 1), "VALID"),
    "many channels": ((1, 7, 7, 128), (3, 3, 128, 96), (1, 1), (1, 1), "SAME"),
    "dilated, whole tiles": ((2, 16, 8, 16), (3, 3, 16, 16), (1, 1), (2, 2), "SAME"),
    "dilated, tiles over the edge": ((1, 19, 23, 32), (3, 3, 32, 16), (1, 1), (3, 2), "SAME"),
    "dilated, no padding": ((2, 15, 14, 16), (3, 3, 16, 32), (1, 1), (1, 4), "VALID"),
    "dilated, uneven padding": ((1, 13, 12, 16), (3, 3, 16, 20), (1, 1), (2, 2), [(0, 3), (4, 1)]),
    "dilated, five taps": ((1, 14, 13, 16), (5, 5, 16, 48), (1, 1), (2, 3), "SAME"),
    "by twos, three": ((2, 16, 15, 16), (3, 3, 16, 32), (2, 2), (1, 1), "SAME"),
    "by twos, three, no padding": ((1, 17, 33, 20), (3, 3, 20, 28), (2, 2), (1, 1), "VALID"),
    "by twos, four": ((2, 16, 13, 16), (4, 4, 16, 32), (2, 2), (1, 1), "SAME"),
    "by twos, four, no padding": ((1, 18, 17, 32), (4, 4, 32, 48), (2, 2), (1, 1), "VALID"),
    "by twos, five": ((2, 14, 15, 16), (5, 5, 16, 32), (2, 2), (1, 1), "SAME"),
    "by twos, five, few lanes": ((1, 15, 16, 20), (5, 5, 20, 28), (2, 2), (1, 1), "SAME"),
    "by twos, five, uneven padding": ((1, 16, 16, 16), (5, 5, 16, 16), (2, 2), (1, 1), [(0, 3), (4, 1)]),
}
DIRECT = {
    "one channel": ((3, 11, 9, 1), (5, 5, 1, 32), (1, 1), (1, 1), "SAME"),
    "colours": ((2, 8, 8, 3), (3, 3, 3, 16), (1, 1), (1, 1), "SAME"),
    "halves": ((2, 9, 8, 16), (3, 3, 16, 24), (2, 2), (1, 1), "SAME"),
    "halves of even images": ((2, 8, 6, 4), (3, 3, 4, 8), (2, 2), (1, 1), "SAME"),
    "single pixels apart": ((2, 7, 9, 6), (1, 1, 6, 10), (2, 3), (1, 1), "VALID"),
    "strides beyond the window": ((1, 11, 10, 5), (2, 2, 5, 3), (3, 4), (1, 1), "VALID"),
    "a large first window": ((1, 15, 17, 3), (7, 7, 3, 40), (2, 2), (1, 1), "SAME"),
    "dilated": ((1, 9, 10, 7), (3, 3, 7, 9), (1, 1), (2, 3), "SAME"),
    "dilated with strides": ((2, 9, 11, 5), (3, 2, 5, 12), (2, 3), (2, 2), "SAME"),
    "one row": ((2, 1, 13, 8), (1, 4, 8, 17), (1, 2), (1, 1), "SAME"),
    "images of one pixel": ((2, 1, 1, 3), (3, 3, 3, 2), (1, 1), (1, 1), "SAME"),
    "a window like the image": ((2, 5, 6, 13), (5, 6, 13, 65), (1, 1), (1, 1), "VALID"),
    "to one channel": ((2, 9, 7, 32), (5, 5, 32, 1), (1, 1), (1, 1), "SAME"),
    "to colours": ((2, 9, 10, 20), (3, 3, 20, 3), (1, 1), (1, 1), "SAME"),
    "enlarged from": ((2, 14, 13, 1), (5, 5, 1, 24), (2, 2), (1, 1), "SAME"),
    "to two, dilated": ((1, 9, 9, 17), (3, 3, 17, 2), (1, 1), (2, 2), "SAME"),
    "far beyond the edge": ((1, 4, 5, 3), (3, 3, 3, 4), (2, 1), (1, 1), [(4, 3), (0, 5)]),
}
GROUPS = {
    "two groups": ((2, 8, 9, 8), (3, 3, 4, 6), (1, 1), (1, 1), "SAME"),
    "whole vectors in groups": ((1, 7, 6, 48), (3, 3, 16, 96), (2, 1), (1, 1), "SAME"),
    "groups of one channel": ((2, 6, 7, 5), (3, 2, 1, 15), (1, 2), (2, 1), "VALID"),
    "groups to one channel": ((1, 6, 5, 24), (5, 5, 12, 2), (1, 1), (1, 1), "SAME"),
    "one pixel in groups": ((2, 5, 6, 6), (1, 1, 2, 9), (1, 1), (1, 1), "SAME"),
}
VOLUMES = {
    "volumes": ((2, 5, 6, 7, 8), (3, 3, 3, 8, 16), (1, 1, 1), (1, 1, 1), "SAME"),
    "halved volumes": ((1, 7, 6, 8, 3), (3, 2, 3, 3, 10), (2, 3, 2), (1, 1, 1), "SAME"),
    "films": ((1, 4, 9, 8, 1), (1, 3, 5, 1, 20), (1, 1, 1), (1, 1, 1), "VALID"),
    "dilated volumes": ((1, 7, 8, 9, 4), (2, 3, 2, 4, 5), (1, 1, 1), (2, 2, 3), "SAME"),
    "planes apart": ((2, 8, 3, 4, 5), (2, 1, 1, 5, 7), (3, 1, 2), (1, 1, 1), "VALID"),
    "volumes to one channel": ((1, 4, 5, 6, 16), (3, 3, 3, 16, 1), (1, 1, 1), (1, 1, 1), "SAME"),
    "volumes in groups": ((1, 4, 5, 4, 6), (2, 3, 3, 3, 8), (1, 1, 1), (1, 1, 1), "SAME"),
}
WINOGRAD_VOLUMES = {
    "volumes of tiles": ((2, 4, 8, 12, 16), (3, 3, 3, 16, 32), (1, 1, 1), (1, 1, 1), "SAME"),
    "volumes of five taps": ((1, 3, 9, 7, 32), (2, 5, 5, 32, 16), (1, 1, 1), (1, 1, 1), "SAME"),
    "volumes of tiles, dilated": ((1, 6, 13, 15, 20), (3, 3, 3, 20, 28), (1, 1, 1), (2, 3, 2), "SAME"),
    "volumes of tiles, no padding": ((2, 6, 9, 11, 16), (4, 3, 3, 16, 16), (1, 1, 1), (1, 1, 1), "VALID"),
    "planes that meet one": ((1, 3, 8, 9, 16), (1, 3, 3, 16, 16), (1, 1, 1), (1, 1, 1), "SAME"),
}
CODE_OF_OTHERS = ("volumes of tiles", "volumes of five taps", "planes that meet one")  # without Winograd's sums, that of cases above
POINTS = {
    "one pixel": ((3, 20, 21, 32), (1, 1, 32, 64), (1, 1), (1, 1), "SAME"),
    "one pixel, odd": ((2, 31, 17, 30), (1, 1, 30, 61), (1, 1), (1, 1), "VALID"),
}
ALL_VOLUMES = {**VOLUMES, **WINOGRAD_VOLUMES}
CASES = {**WINOGRAD, **DIRECT, **GROUPS, **POINTS}


def normal(*shape, seed=0):
    """Numbers that depend on nothing else: an error near its limit must not come and go with what ran before."""
    return np.random.default_rng((seed, *shape)).standard_normal(shape).astype(np.float32)


def node(name, images, filters, strides, dilations, padding, data_format="NHWC"):
    """The inputs of one of the ops, and its attributes."""
    is_told = not isinstance(padding, str)
    attrs = {"strides": [1, *strides, 1], "dilations": [1, *dilations, 1], "padding": "EXPLICIT" if is_told else padding}
    if is_told:
        attrs["explicit_paddings"] = [0, 0, *padding[0], *padding[1], 0, 0]
    where = windows.layout(images[1:-1], filters[:-2], strides, dilations, attrs["padding"], padding if is_told else ())
    depth = filters[2] if name in DEPTHWISE else filters[-1]
    x, w, dy = normal(*images), normal(*filters), normal(images[0], *where.results, depth, seed=1)
    if data_format.startswith("NC"):
        x, dy = (np.ascontiguousarray(np.moveaxis(array, -1, 1)) for array in (x, dy))
        attrs = {key: [value[0], value[-1], *value[1:-1]] if isinstance(value, list) else value for key, value in attrs.items()}
        attrs["data_format"] = data_format
    if "Input" in name:
        return [np.array(x.shape, np.int32), w, dy], attrs
    return [x, np.array(filters, np.int32), dy] if "Filter" in name else [x, w], attrs


def error(name, inputs, attrs):
    """The largest error of the compiled kernel against double precision, in standard deviations of the results."""
    result = both(name, *inputs, **attrs)
    assert result.is_compiled
    exact = both(name, *(array.astype(np.float64) if array.dtype == np.float32 else array for array in inputs), **attrs)
    assert exact.fast is None
    reference = slow(name, inputs, attrs)
    assert result.fast.dtype == np.float32
    assert result.fast.shape == reference.shape
    assert result.fast.flags.c_contiguous
    return np.abs(result.fast - reference).max() / reference.std()


def slow(name, inputs, attrs):
    """What the op's kernel gives in double precision."""
    opdef = TABLE[name]
    known = {"data_format": "NDHWC" if "3D" in name else "NHWC", "explicit_paddings": [], **attrs}
    wide = [array.astype(np.float64) if array.dtype == np.float32 else array for array in inputs]
    return opdef.kernel(walk.XP, *opdef.arguments(wide, known))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", OPS)
def test_it_gives_what_the_ops_kernel_gives_in_double_precision(name, case):
    assert error(name, *node(name, *CASES[case])) < (WITH_FIVE_PRODUCTS if "twos, four" in case else LARGEST_ERROR)


@pytest.mark.parametrize("case", ALL_VOLUMES)
@pytest.mark.parametrize("name", OPS_3D)
def test_convolution_of_volumes_too(name, case):
    assert error(name, *node(name, *ALL_VOLUMES[case])) < LARGEST_ERROR


@pytest.mark.parametrize("case", [case for case, (_, filters, *_) in DIRECT.items() if filters[0] * filters[1] <= 25])
@pytest.mark.parametrize("name", DEPTHWISE)
def test_depthwise_convolution_too(name, case):
    images, filters, *rest = DIRECT[case]
    assert error(name, *node(name, images, (*filters[:2], images[3], 1), *rest)) < LARGEST_ERROR


@pytest.mark.parametrize("name", [*OPS, *DEPTHWISE])
def test_channels_may_come_first(name):
    filters = (3, 3, 16, 24) if name in OPS else (3, 3, 16, 1)
    assert error(name, *node(name, (2, 7, 9, 16), filters, (1, 1), (1, 1), "SAME", "NCHW")) < LARGEST_ERROR


@pytest.mark.parametrize("name", OPS_3D)
def test_channels_of_volumes_may_come_first(name):
    assert error(name, *node(name, *VOLUMES["volumes"], "NCDHW")) < LARGEST_ERROR


@pytest.mark.parametrize("case", [*WINOGRAD, *WINOGRAD_VOLUMES])
def test_winograd_can_be_switched_off(case, monkeypatch):
    sizes = {**WINOGRAD, **WINOGRAD_VOLUMES}[case]
    where = layout_of(sizes)
    channels, filters = sizes[1][-2:]
    assert winograd.pays(where, channels, filters)
    assert winograd.pays(where, channels, filters, of_filters=True) == ("twos, three" not in case)
    monkeypatch.setenv("AUTOGRAD_LITE_WINOGRAD", "off")
    assert not winograd.pays(where, channels, filters)
    for name in () if case in CODE_OF_OTHERS else OPS if case in WINOGRAD else OPS_3D:
        assert error(name, *node(name, *sizes)) < 6e-6


def layout_of(case):
    images, filters, strides, dilations, padding = case
    told = (padding,) if isinstance(padding, str) else ("EXPLICIT", padding)
    return windows.layout(images[1:-1], filters[:-2], strides, dilations, *told)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("case", ["whole tiles", "halves", "one channel", "two groups"])
@pytest.mark.parametrize("name", OPS)
def test_what_is_not_finite_is_never_lost(name, case, value):
    inputs, attrs = node(name, *CASES[case])
    image = inputs[0] if inputs[0].dtype == np.float32 else inputs[2]
    image[0, 0, 1, 0] = value
    with np.errstate(invalid="ignore"):
        result = both(name, *inputs, **attrs)
    assert result.is_compiled
    lost = ~np.isfinite(result.slow) & np.isfinite(result.fast)
    assert not lost.any()
    if case != "whole tiles":  # without Winograd's sums, the others are as they were
        assert np.array_equal(np.isfinite(result.slow), np.isfinite(result.fast))


@pytest.mark.parametrize("case", ["whole tiles", "tiles over the edge", "by twos, five", "halves", "one channel", "many channels",
                                  "two groups", "dilated, tiles over the edge"])  # fmt: skip
@pytest.mark.parametrize("name", OPS)
def test_the_number_of_threads_does_not_change_a_bit(name, case):
    inputs, attrs = node(name, *CASES[case])
    same_bits_for_any_threads(name, *inputs, **attrs)


@pytest.mark.parametrize("case", ["volumes", "volumes of tiles"])
@pytest.mark.parametrize("name", OPS_3D)
def test_nor_does_it_in_convolution_of_volumes(name, case):
    inputs, attrs = node(name, *ALL_VOLUMES[case])
    same_bits_for_any_threads(name, *inputs, **attrs)


@pytest.mark.parametrize("name", DEPTHWISE)
def test_nor_does_it_in_depthwise_convolution(name):
    inputs, attrs = node(name, (5, 17, 16, 24), (3, 3, 24, 1), (1, 1), (1, 1), "SAME")
    same_bits_for_any_threads(name, *inputs, **attrs)


@pytest.mark.parametrize("name", [*OPS, *OPS_3D, DEPTHWISE[0]])
def test_it_agrees_on_the_samples_of_the_ops(name):
    compared = 0
    for case in walk.cases(lambda opdef: opdef.name == name):
        inputs = [array.astype(np.float32) if array.dtype == np.float64 else array for array in map(np.asarray, case.inputs())]
        result = both(name, *inputs, **case.attrs)
        if result.is_compiled:
            np.testing.assert_allclose(result.fast, result.slow, rtol=1e-5, atol=1e-5)
            compared += 1
    assert compared


def test_arrays_that_do_not_lie_in_order_are_put_in_order():
    inputs, attrs = node("Conv2D", *CASES["halves"])
    result = both("Conv2D", *inputs, given=[np.asfortranarray(inputs[0]), inputs[1][:, ::-1].copy()[:, ::-1]], **attrs)
    assert result.is_compiled
    np.testing.assert_allclose(result.fast, result.slow, rtol=1e-5, atol=1e-5)


def test_arrays_of_another_shape_than_the_plan_knew_go_to_the_ops_kernel():
    inputs, attrs = node("Conv2D", *CASES["halves"])
    more = np.concatenate([inputs[0]] * 2)
    result = both("Conv2D", *inputs, given=[more, inputs[1]], **attrs)
    assert not result.is_compiled
    assert result.fast.shape[0] == 4


@pytest.mark.parametrize("images, filters, attrs", [
    ((0, 4, 4, 3), (3, 3, 3, 2), {}),
    ((1, 4, 4, 3), (1, 1, 3, 2), {}),  # a product of matrices
    ((1, 2, 2, 3), (3, 3, 3, 2), {"padding": "VALID"}),  # a result of no rows: an error for the op's kernel to raise
])  # fmt: skip
def test_what_it_does_not_know_stays_with_the_ops_kernel(images, filters, attrs):
    known = {"strides": [1, 1, 1, 1], "padding": "SAME", **attrs}
    if "padding" in attrs:
        with pytest.raises(ValueError, match="Negative dimension"):
            both("Conv2D", normal(*images), normal(*filters), **known)
        return
    assert both("Conv2D", normal(*images), normal(*filters), **known).fast is None


@pytest.fixture
def shorter_vectors(monkeypatch):
    """Kernels are compiled for a processor whose vectors hold 8 floats (AVX2)."""
    if not {"+avx2", "+fma"} <= set(native.target().features.split(",")):
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(native, "target", lambda: native.Target("haswell", "+avx2,+fma"))
    assert vectors().lanes == 8


@pytest.mark.parametrize("case", ["tiles over the edge", "few lanes", "one pixel, odd", "five taps", "by twos, five",
                                  "by twos, three", "one channel", "colours", "halves", "dilated", "two groups", "groups to one channel",
                                  "dilated, tiles over the edge"])  # fmt: skip
def test_the_code_for_shorter_vectors_agrees(case, shorter_vectors):
    for name in OPS:
        assert error(name, *node(name, *CASES[case])) < LARGEST_ERROR


def test_so_does_that_of_depthwise_convolution_and_of_volumes(shorter_vectors):
    for name in DEPTHWISE:
        assert error(name, *node(name, (2, 9, 8, 21), (3, 3, 21, 1), (2, 1), (1, 1), "SAME")) < LARGEST_ERROR
    for name in OPS_3D:
        assert error(name, *node(name, *VOLUMES["halved volumes"])) < LARGEST_ERROR


@pytest.fixture
def no_memory(monkeypatch):
    """Kernels that are loaded now get no memory."""
    symbol, before = "autograd_lite_allocate", pool.threads()
    refuse = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_int64)(lambda size: None)
    monkeypatch.setattr(native, "_modules", weakref.WeakValueDictionary())
    native._provide("declare ptr @autograd_lite_allocate(i64)")
    pool.set_threads(1)  # other threads could not run Python while this one waits for them
    native._llvm().add_symbol(symbol, ctypes.cast(refuse, ctypes.c_void_p).value)
    yield
    native._llvm().add_symbol(symbol, memory.address(symbol))
    pool.set_threads(before)


@pytest.mark.parametrize("case", ["whole tiles", "halves", "to colours"])
@pytest.mark.parametrize("name", OPS)
def test_where_memory_is_refused_the_ops_kernel_computes(name, case, no_memory):
    inputs, attrs = node(name, *CASES[case])
    result = both(name, *inputs, **attrs)
    assert not result.is_compiled
    assert np.array_equal(result.fast, result.slow)


def test_a_smaller_batch_uses_the_same_machine_code(monkeypatch):
    texts = []

    def noted(text, *rest, **more):
        texts.append(text)
        return caller(text, *rest, **more)

    for module in (direct, winograd):
        monkeypatch.setattr(module, "caller", noted)
    for images in (4, 3):
        for case in ("whole tiles", "halves"):
            (_, *sizes), *rest = CASES[case]
            inputs, attrs = node("Conv2D", (images, *sizes), *rest)
            assert both("Conv2D", *inputs, **attrs).is_compiled
    assert texts[:2] == texts[2:]
