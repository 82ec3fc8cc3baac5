"""The same kernels for a processor whose vectors hold 8 floats (AVX2): the generators change nothing but lengths."""
import platform

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.kernels import native
from autograd_lite.kernels.processor import vectors
from tests.kernels.tiers import check

pytestmark = pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="this processor has no AVX2")
RANDOM = np.random.default_rng(10)
NONE = np.zeros(0, np.float32)


@pytest.fixture(autouse=True)
def haswell(monkeypatch):
    if not {"+avx2", "+fma"} <= set(native.target().features.split(",")):
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(native, "target", lambda: native.Target("haswell", "+avx2,+fma"))
    assert vectors().lanes == 8


def numbers(*shape, low=None):
    return (RANDOM.standard_normal(shape) if low is None else RANDOM.uniform(low, 2, shape)).astype(np.float32)


def ids(limit, count):
    return RANDOM.integers(0, limit, count).astype(np.int32)


def test_pooling():
    attrs = {"ksize": [1, 3, 3, 1], "strides": [1, 2, 2, 1], "padding": "SAME"}
    x = numbers(2, 9, 8, 21)
    check("MaxPool", x, **attrs)
    check("AvgPool", x, **attrs)
    check("AvgPoolGrad", np.array(x.shape, np.int32), numbers(2, 5, 4, 21), **attrs, tolerance=1e-6)


def test_reductions():
    for name in ("Sum", "Mean", "Prod", "Max", "Min"):
        for shape, axis in (((70_000,), 0), ((20, 13), 1), ((20, 13), 0)):
            check(name, numbers(*shape, low=0.99), np.array([axis], np.int32), relative=1e-5)
    check("ArgMax", numbers(20, 13), np.int32(1))
    check("ArgMin", numbers(20, 13), np.int32(0))


def test_rows():
    check("SegmentSum", numbers(50, 21), np.sort(ids(9, 50)), relative=1e-5, tolerance=1e-5)
    check("UnsortedSegmentMax", numbers(50, 21), ids(9, 50), np.int32(9))
    check("GatherV2", numbers(50, 21), ids(50, 30), np.int32(0))
    check("ScatterAdd", numbers(9, 21), ids(9, 50), numbers(50, 21), relative=1e-5, tolerance=1e-5)
    check("SparseApplyAdagrad", numbers(9, 21), numbers(9, 21, low=0.1), np.float32(0.1), numbers(5, 21), ids(9, 5))


def test_rows_that_move():
    check("OneHot", ids(9, 50), np.int32(8), np.float32(1), np.float32(0))
    check("SparseSegmentMean", numbers(50, 21), ids(50, 30), np.sort(ids(9, 30)), relative=1e-5, tolerance=1e-5)
    check("ReverseSequence", numbers(5, 7, 3), ids(8, 5), seq_dim=1)
    check("DynamicPartition", numbers(50, 3), ids(4, 50), num_partitions=4)
    check("SparseToDense", np.arange(0, 40_000, 800, dtype=np.int32), np.int32([40_000]), numbers(50), np.float32(1))
    check("UniqueWithCounts", ids(20, 100))


@pytest.mark.parametrize(("size", "wanted"), [(8, 3), (40, 5), (300, 200)])
def test_the_largest(size, wanted):
    check("TopKV2", numbers(13, size), np.int32(wanted))


def test_images():
    check("ResizeBilinear", numbers(2, 9, 8, 21), np.int32([13, 5]))
    check("ResizeBicubicGrad", numbers(2, 13, 5, 3), numbers(2, 9, 8, 3), relative=2e-5, tolerance=2e-5)
    check("AdjustHue", numbers(4, 5, 3, low=0), np.float32(0.3), relative=1e-6, tolerance=1e-6)
    check("LRN", numbers(2, 3, 4, 21), depth_radius=4, alpha=0.1, beta=0.75, relative=2e-6, tolerance=1e-7)


def test_counts():
    check("Bincount", ids(20, 100), np.int32(15), NONE)
    check("HistogramFixedWidth", numbers(100), np.float32([-1, 1]), np.int32(7))


def test_sparse_products():
    places = np.stack([np.sort(ids(9, 30)), ids(7, 30)], axis=1).astype(np.int64)
    check("SparseTensorDenseMatMul", places, numbers(30), np.array([9, 7], np.int64), numbers(7, 21), relative=1e-5, tolerance=1e-5)


@pytest.mark.parametrize("width", [3, 8, 21])
def test_softmax_and_losses(width):
    x = numbers(20, width)
    for name in ("Softmax", "LogSoftmax"):
        check(name, x, relative=2e-6, tolerance=1e-6)
    check("SparseSoftmaxCrossEntropyWithLogits", x, ids(width, 20), relative=2e-6, tolerance=1e-6)


def test_batch_normalisation():
    vectors = [numbers(21), numbers(21)]
    check("FusedBatchNormV3", numbers(4, 5, 6, 21), *vectors, NONE, NONE, relative=3e-5, tolerance=1e-5)
    statistics = [numbers(21), numbers(21, low=0.3)]
    check("FusedBatchNormGradV3", *[numbers(4, 5, 6, 21)] * 2, vectors[0], *statistics, NONE, relative=1e-4, tolerance=1e-4)
