"""Which ops have a compiled kernel, and the kernel for one step of a plan.

A module of this folder says `@compiled("MaxPool")` above a function that looks at shapes, types and attributes (an `Inference`) and gives a
`Tiered`, or None for what it does not do better than the op's own kernel. The module is loaded when a plan with such an op is made.
"""
from __future__ import annotations

from collections.abc import Callable

from autograd_lite.core import optional, shapes
from autograd_lite.graph.inference import Inference
from autograd_lite.graph.opdef import OpDef
from autograd_lite.kernels import native
from autograd_lite.kernels.epilogue import Producer
from autograd_lite.kernels.tier import Tiered

__all__ = ["MODULES", "PRODUCERS", "compiled", "kernel_for", "producer_for", "with_epilogue"]

Maker = Callable[[Inference], Tiered | None]
ProducerMaker = Callable[[Inference], Producer | None]

# Op type -> the module of this folder that declares its kernel.
MODULES: dict[str, str] = {
    **dict.fromkeys(["MaxPool", "AvgPool", "MaxPoolGrad", "AvgPoolGrad", "MaxPoolWithArgmax", "MaxPoolGradWithArgmax"], "pooling"),
    **dict.fromkeys(["LRN", "LRNGrad"], "lrn"),
    **dict.fromkeys(["Sum", "Mean", "Prod", "Max", "Min", "BiasAddGrad", "ArgMax", "ArgMin"], "reductions"),
    **dict.fromkeys([f"Segment{kind}" for kind in ("Sum", "Mean", "Prod", "Max", "Min")], "segments"),
    **dict.fromkeys([f"UnsortedSegment{kind}" for kind in ("Sum", "Prod", "Max", "Min")], "segments"),
    **dict.fromkeys([f"SparseSegment{kind}{more}" for kind in ("Sum", "Mean", "SqrtN") for more in ("", "WithNumSegments")], "segments"),
    **dict.fromkeys(["Gather", "GatherV2", "GatherNd", "ResourceGather", "OneHot", "ScatterNd"], "rows"),
    **dict.fromkeys([f"{held}Scatter{how}" for held in ("", "Resource") for how in ("Add", "Sub", "Mul", "Max", "Min", "Update")], "rows"),
    **dict.fromkeys([f"{held}ScatterNd{kind}" for held in ("", "Resource") for kind in ("Add", "Sub", "Update")], "rows"),
    **dict.fromkeys([f"TensorScatter{kind}" for kind in ("Add", "Sub", "Max", "Min", "Update")], "rows"),
    **dict.fromkeys(["SparseApplyAdagrad", "ResourceSparseApplyAdagrad"], "rows"),
    **dict.fromkeys([f"FusedBatchNorm{grad}{version}" for grad in ("", "Grad") for version in ("", "V2", "V3")], "batch_norm"),
    "LogUniformCandidateSampler": "candidate_sampling",
    **dict.fromkeys(["MatMul", "ArrangedMatrix", "ArrangedMatMul", "SumOfProducts", "SumOfTurnedProducts"], "products"),
    **dict.fromkeys(["Softmax", "LogSoftmax", "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"], "softmax"),
    **dict.fromkeys(["Unique", "UniqueWithCounts"], "unique"),
    **dict.fromkeys(["ReverseSequence", "DynamicPartition", "SparseToDense"], "moves"),
    **dict.fromkeys(["TopK", "TopKV2"], "ranking"),
    **dict.fromkeys(["StringToHashBucketFast", "StringToNumber", "StringSplit", "StringSplitV2", "StringJoin", "Substr"], "texts"),
    "AsString": "texts",
    "MatrixTriangularSolve": "triangular",
    **dict.fromkeys(["InTopK", "InTopKV2"], "in_top"),
    "AdjustContrastv2": "contrast",
    "MatrixBandPart": "diagonal_bands",
    "CropAndResize": "crops",
    **dict.fromkeys(["RandomShuffle", "Multinomial"], "drawing"),
    **dict.fromkeys(["Bincount", "HistogramFixedWidth"], "counting"),
    **dict.fromkeys(["RGBToHSV", "HSVToRGB", "AdjustHue", "AdjustSaturation"], "colors"),
    **dict.fromkeys([f"Resize{how}" for how in ("Bilinear", "Bicubic", "Area")], "resize"),
    **dict.fromkeys([f"Resize{how}Grad" for how in ("Bilinear", "Bicubic", "NearestNeighbor")], "resize"),
    **dict.fromkeys(["SparseTensorDenseMatMul", "SparseAdd", "SparseSoftmax"], "sparse"),
    **dict.fromkeys([f"Conv2D{part}" for part in ("", "BackpropInput", "BackpropFilter")], "convolution"),
    **dict.fromkeys([f"Conv3D{part}" for part in ("", "BackpropInputV2", "BackpropFilterV2")], "convolution"),
    **dict.fromkeys([f"DepthwiseConv2dNative{part}" for part in ("", "BackpropInput", "BackpropFilter")], "depthwise"),
}
# Inputs that no kernel looks at: their shapes need not be known.
UNSEEN: dict[str, tuple[int, ...]] = {"FusedBatchNormGradV3": (5,), "ArrangedMatMul": (2,)}
# Kernels that take any number of rows: their makers look at what is known of the shapes themselves.
ANY_ROWS = {
    "Gather", "GatherV2", "GatherNd", "ResourceGather", "Unique", "UniqueWithCounts", "SparseToDense", "SparseSoftmax", "CropAndResize",
    "StringToHashBucketFast", "StringToNumber", "StringSplit", "StringSplitV2", "StringJoin", "Substr", "AsString",
    *[f"SparseSegment{kind}{more}" for kind in ("Sum", "Mean", "SqrtN") for more in ("", "WithNumSegments")],
}  # fmt: skip
# Ops whose kernel an epilogue can follow.
PRODUCERS = frozenset([
    "Conv2D", "Conv3D", "Conv2DBackpropInput", "Conv3DBackpropInputV2", "MaxPoolGrad", "AvgPoolGrad",
    *[f"FusedBatchNorm{grad}{version}" for grad in ("", "Grad") for version in ("", "V2", "V3")],
])  # fmt: skip
_makers: dict[str, Maker] = {}
_producers: dict[str, ProducerMaker] = {}


def compiled(*op_types: str) -> Callable[[Maker], Maker]:
    """Decorator: declare the function that makes the compiled kernel of these ops.

    The kernel takes the same arguments as the op's own: `xp`, the inputs, then the attributes that the op's kernel names.
    """

    def declare(maker: Maker) -> Maker:
        for op_type in op_types:
            _makers[op_type] = maker
        return maker

    return declare


def with_epilogue(*op_types: str) -> Callable[[ProducerMaker], ProducerMaker]:
    """Decorator: declare the function that tells how the kernel of these ops goes on with its results while they are in the cache."""

    def declare(maker: ProducerMaker) -> ProducerMaker:
        for op_type in op_types:
            _producers[op_type] = maker
        return maker

    return declare


def producer_for(opdef: OpDef, c: Inference) -> Producer | None:
    """Return the kernel of a step as one that an epilogue can follow, or None if it is not of that kind."""
    unseen = UNSEEN.get(opdef.name, ())
    if opdef.name not in PRODUCERS or not all(shapes.is_defined(c.shape(index)) for index in range(c.count) if index not in unseen):
        return None
    if opdef.name not in _producers:
        optional.load(f"autograd_lite.kernels.{MODULES[opdef.name]}")
    return _producers[opdef.name](c)


def kernel_for(opdef: OpDef, c: Inference) -> Tiered | None:
    """Return the kernel in two tiers for a step of an op in `MODULES`, or None if it keeps the op's own: when a shape is not known."""
    name, unseen = MODULES[opdef.name], UNSEEN.get(opdef.name, ())
    if not native.installed():
        return None
    if opdef.name not in ANY_ROWS and not all(shapes.is_defined(c.shape(index)) for index in range(c.count) if index not in unseen):
        return None
    if opdef.name not in _makers:
        optional.load(f"autograd_lite.kernels.{name}")
    return _makers[opdef.name](c)
