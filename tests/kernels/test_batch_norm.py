"""Compiled batch normalisation gives what the op's own kernel gives."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.graph.static_value import TensorInference
from autograd_lite.kernels import compiled
from tests.conformance import walk
from tests.kernels.tiers import both, check, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(6)
VERSIONS = ["", "V2", "V3"]
SHAPES = [(2, 3, 3, 1), (4, 5, 6, 16), (3, 7, 2, 21), (1, 1, 1, 5), (64, 1, 1, 130), (2, 40, 50, 40)]
NONE = np.zeros(0, np.float32)


def numbers(*shape, low=None):
    drawn = RANDOM.standard_normal(shape) if low is None else RANDOM.uniform(low, 2, shape)
    return drawn.astype(np.float32)


def forward_inputs(shape, has_statistics):
    channels = shape[-1]
    statistics = [numbers(channels), numbers(channels, low=0.3)] if has_statistics else [NONE, NONE]
    return [numbers(*shape) * 2 + 1, numbers(channels), numbers(channels), *statistics]


def backward_inputs(shape, version):
    channels = shape[-1]
    return [numbers(*shape), numbers(*shape), numbers(channels), numbers(channels), numbers(channels, low=0.3), *[NONE] * (version == "V3")]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_it_normalises_when_training(shape, version):
    check(f"FusedBatchNorm{version}", *forward_inputs(shape, False), relative=3e-5, tolerance=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_it_mixes_running_statistics(shape):
    check("FusedBatchNormV3", *forward_inputs(shape, True), exponential_avg_factor=0.25, relative=3e-5, tolerance=1e-5)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_it_normalises_by_given_statistics(shape, version):
    check(f"FusedBatchNorm{version}", *forward_inputs(shape, True), is_training=False, relative=1e-5, tolerance=1e-6)


@pytest.mark.parametrize("is_training", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_it_gives_gradients(shape, version, is_training):
    check(f"FusedBatchNormGrad{version}", *backward_inputs(shape, version), is_training=is_training, relative=1e-4, tolerance=2e-4)


def test_volumes_are_normalised_too():
    check("FusedBatchNormV3", *forward_inputs((2, 3, 4, 2, 5), False), data_format="NDHWC", relative=3e-5, tolerance=1e-5)


def test_statistics_of_a_large_mean_are_at_least_as_accurate_as_numpys():
    x = (RANDOM.standard_normal((8, 20, 20, 3)) + 1000).astype(np.float32)
    result = both("FusedBatchNormV3", x, np.ones(3, np.float32), np.zeros(3, np.float32), NONE, NONE)
    exact = x.astype(np.float64).var(axis=(0, 1, 2))
    assert np.abs(result.fast[4] - exact).max() <= max(np.abs(result.slow[4] - exact).max(), 1e-7)


def test_nan_and_infinities_spoil_their_channels_only():
    x = strange(numbers(4, 5, 6, 16))
    x[..., 3:] = 1.5
    check("FusedBatchNormV3", x, *forward_inputs(x.shape, False)[1:], relative=1e-5, tolerance=1e-5)


@pytest.mark.parametrize("name", ["FusedBatchNormV3", "FusedBatchNormGradV3"])
def test_the_number_of_threads_does_not_change_a_bit(name):
    shape = (9, 40, 50, 21)
    same_bits_for_any_threads(name, *(backward_inputs(shape, "V3") if "Grad" in name else forward_inputs(shape, False)))


@pytest.mark.parametrize("name", [f"FusedBatchNorm{grad}{version}" for grad in ("", "Grad") for version in VERSIONS])
def test_it_agrees_on_the_samples_of_the_ops(name):
    for case in walk.cases(lambda opdef: opdef.name == name):
        result = both(name, *case.inputs(), **case.attrs)
        assert result.is_compiled == (case.attrs.get("data_format", "NHWC") in ("NHWC", "NDHWC") and case.inputs()[0].size > 0)
        if result.is_compiled:
            for left, right in zip(result.fast, result.slow):
                np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-5)


def test_the_gradient_is_compiled_whatever_the_reserved_output_holds(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")
    with tf.Graph().as_default(), tf.Session() as session:
        images = tf.placeholder(tf.float32, [2, 4, 4, 3])
        normal, _, _ = tf.nn.fused_batch_norm(images, tf.constant([1.0, 2.0, 3.0]), tf.zeros([3]))
        (gradient,) = tf.gradients(tf.square(normal), images)
        op = next(op for op in images.graph.get_operations() if op.type == "FusedBatchNormGradV3")
        assert op.inputs[5].shape.ndims is None
        c = TensorInference(op.opdef, op.name, op.attrs, op.inputs)
        assert compiled.kernel_for(op.opdef, c).is_compiled
        assert abs(session.run(gradient, {images: numbers(2, 4, 4, 3)})).max() < 0.1
