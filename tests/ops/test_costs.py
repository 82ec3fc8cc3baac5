"""Costs: the families where they matter have them, and they are what one would count."""

import math

import numpy as np
import pytest

from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.graph.static_value import TensorInference
from autograd_lite.ops.samples import arrays

FAMILIES = {
    "products": "MatMul BatchMatMul BatchMatMulV2 Einsum",
    "convolutions": "Conv2D Conv3D Conv2DBackpropInput Conv2DBackpropFilter Conv3DBackpropInputV2 Conv3DBackpropFilterV2 "
    "DepthwiseConv2dNative DepthwiseConv2dNativeBackpropInput DepthwiseConv2dNativeBackpropFilter",
    "pooling": "MaxPool AvgPool MaxPool3D AvgPool3D MaxPoolWithArgmax MaxPoolGrad MaxPoolGradGrad MaxPool3DGrad MaxPool3DGradGrad "
    "AvgPoolGrad AvgPool3DGrad MaxPoolGradWithArgmax MaxPoolGradGradWithArgmax FractionalMaxPool FractionalMaxPoolGrad FractionalAvgPool "
    "FractionalAvgPoolGrad",
    "reductions": "Sum Mean Prod Max Min All Any ArgMax ArgMin EuclideanNorm Cumsum Cumprod",
    "elementwise": "Add AddV2 Sub Mul RealDiv Exp Log Tanh Sigmoid Relu Sqrt Maximum Pow Neg Square",
    "transforms": "FFT FFT2D FFT3D IFFT IFFT2D IFFT3D RFFT RFFT2D RFFT3D IRFFT IRFFT2D IRFFT3D",
    "linear algebra": "Cholesky MatrixInverse MatrixDeterminant LogMatrixDeterminant MatrixSolve MatrixTriangularSolve Qr Svd "
    "SelfAdjointEigV2 Lu MatrixExponential MatrixLogarithm MatrixSquareRoot",
    "segments": "SegmentSum SegmentMean SegmentProd SegmentMax SegmentMin UnsortedSegmentSum UnsortedSegmentMax UnsortedSegmentMin "
    "UnsortedSegmentProd SparseSegmentSum SparseSegmentMean SparseSegmentSqrtN",
    "rows": "Softmax LogSoftmax SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits FusedBatchNormV3 LRN LRNGrad",
}
ALL = [name for names in FAMILIES.values() for name in names.split()]


def inference(name, inputs, **attrs):
    """What a cost is asked with: a node on constants."""
    opdef = TABLE[name]
    with Graph().as_default():
        make = lambda array: TABLE["Const"](value=array, dtype=array.dtype.name)
        tensors = [[make(item) for item in value] if isinstance(value, list) else make(value) for value in inputs]
        made = opdef(*tensors, **attrs)
        while isinstance(made, (list, tuple)):
            made = made[0]
        return TensorInference(opdef, made.op.name, made.op.attrs, made.op.inputs)


@pytest.mark.parametrize("name", ALL)
def test_op_where_cost_matters_has_one_on_every_sample(name):
    opdef = TABLE[name]
    assert opdef.cost is not None
    for sample in opdef.samples:
        operations, moved = opdef.cost(inference(name, arrays(sample), **sample["attrs"]))
        assert operations >= 0 and moved >= 0
        assert math.isfinite(operations + moved)


def cost(name, *inputs, **attrs):
    return TABLE[name].cost(inference(name, list(inputs), **attrs))


def test_costs_are_what_one_counts():
    x = np.ones((4, 8), np.float32)
    assert cost("MatMul", x, np.ones((8, 2), np.float32)) == (2 * 4 * 8 * 2, 4 * (32 + 16 + 8))
    assert cost("Einsum", [x, np.ones((8, 2), np.float32)], equation="ij,jk->ik")[0] == 2 * 4 * 8 * 2
    window = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
    assert cost("AvgPoolGrad", np.array([1, 4, 4, 1], np.int32), np.ones((1, 2, 2, 1), np.float32), **window)[0] == 16
    assert cost("Mul", x, x) == (32, 4 * 96)
    assert cost("Sum", x, np.array([1], np.int32))[0] == 32
    assert cost("FFT", np.ones((2, 8), np.complex64))[0] == 5 * 16 * 3
    assert cost("Cholesky", np.ones((5, 6, 6)))[0] == pytest.approx(5 * 6**3 / 3)


def test_unknown_shapes_have_no_cost():
    opdef = TABLE["Exp"]
    with Graph().as_default():
        op = opdef(TABLE["Placeholder"](dtype="float32", shape=(None, 2))).op
    assert opdef.cost(TensorInference(opdef, op.name, op.attrs, op.inputs)) is None
