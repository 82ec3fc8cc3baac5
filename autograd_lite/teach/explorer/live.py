"""What the page can compute itself when a slider moves: the ops of its own table, on graphs of small arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_lite.core.dtypes import DType
from autograd_lite.graph.operation import Operation
from autograd_lite.teach.story.model import Kind, Node, Story

# The ops that page/ops.js computes; a test holds the two lists together and compares their numbers with the kernels'.
LIVE_OPS = frozenset(
    [
        "Abs", "Acos", "Acosh", "Add", "AddN", "AddV2", "ArgMax", "Asin", "Asinh", "Atan", "Atan2", "Atanh", "AvgPool",
        "BatchMatMul", "BatchMatMulV2", "BiasAdd", "Cast", "Ceil", "Concat", "ConcatV2", "Conv2D", "Cos", "Cosh", "DivNoNan",
        "Elu", "Equal", "Erf", "Erfc", "EuclideanNorm", "Exp", "ExpandDims", "Expm1", "Fill", "Floor", "FloorDiv", "FloorMod",
        "GatherV2", "Greater", "GreaterEqual", "Identity", "Inv", "IsFinite", "IsInf", "IsNan", "L2Loss", "LeakyRelu", "Less",
        "LessEqual", "Log", "Log1p", "LogSoftmax", "LogicalAnd", "LogicalNot", "LogicalOr", "MatMul", "Max", "MaxPool",
        "Maximum", "Mean", "Min", "Minimum", "Mul", "Neg", "NotEqual", "OneHot", "OnesLike", "Pack", "Pad", "Pow", "Prod", "RealDiv",
        "Reciprocal", "Relu", "Relu6", "Reshape", "Rint", "Round", "Rsqrt", "Select", "SelectV2", "Selu", "Sigmoid", "Sign",
        "Sin", "Sinh", "Slice", "Softmax", "SoftmaxCrossEntropyWithLogits", "Softplus", "Softsign",
        "SparseSoftmaxCrossEntropyWithLogits", "Split", "Sqrt", "Square", "SquaredDifference", "Squeeze", "StopGradient",
        "StridedSlice", "Sub", "Sum", "Tan", "Tanh", "Tile", "Transpose", "Unpack", "Xdivy", "Xlogy", "ZerosLike",
    ]
)  # fmt: skip
_MOST_LEAF_NUMBERS = 4_000  # all leaves travel in full
_MOST_NUMBERS = 40_000  # in all results: a slider should feel immediate


class Live(NamedTuple):
    """Whether the page can compute a graph."""

    problem: str  # why it cannot; empty when it can
    frozen: set[Node]  # nodes that keep their recorded values: leaves aside, those that depend on nothing that moves


def live(story: Story) -> Live:
    """Find out whether the page can compute this graph itself."""
    frozen: set[Node] = set()
    return Live(_problem_of(story, frozen), frozen)


def _problem_of(story: Story, frozen: set[Node]) -> str:
    movable: set[Node] = set()
    leaf_numbers = total = 0
    for node in story.nodes:
        sizes = [result.value.size for result in node.results if result.value is not None]
        total += sum(sizes)
        if node.kind in (Kind.VARIABLE, Kind.PLACEHOLDER):
            leaf_numbers += sum(sizes)
        if node.kind in (Kind.VARIABLE, Kind.PLACEHOLDER):
            movable.add(node)
        elif not any(argument.result.node in movable for argument in node.arguments) or node.op.opdef.has_effects:
            frozen.add(node)
            leaf_numbers += sum(sizes)
        else:
            if node.kind is not Kind.OPERATION:
                return f"{node.name} is a {node.kind.value}."
            problem = _problem(node)
            if problem:
                return problem
            movable.add(node)
        if any(result.value is None for result in node.results):
            return f"a run gives no value for {node.name}."
    if not movable:
        return "nothing in this graph can be moved."
    if leaf_numbers > _MOST_LEAF_NUMBERS or total > _MOST_NUMBERS:
        return f"its leaves hold {leaf_numbers:,} numbers and its nodes {total:,}, too many to compute while a slider moves."
    return ""


def _problem(node: Node) -> str:
    op = node.op
    if op.type not in LIVE_OPS:
        return f"{node.name} ({op.type}) is not among the ops that this page computes."
    if op.attrs.get("_gradient_op_type"):
        return f"the gradient of {node.name} is one that the program has registered."
    if any(tensor.dtype.is_complex for tensor in (*op.inputs, *op.outputs)):
        return f"{node.name} works on complex numbers."
    if _is_special(node):
        return f"{node.name} ({op.type}) is of a kind that this page does not compute."
    return ""


def _is_special(node: Node) -> bool:
    """Whether an op is used in a way that its entry in page/ops.js does not have."""
    attrs = node.op.attrs
    if attrs.get("data_format") not in (None, "NHWC") or attrs.get("padding") == "EXPLICIT" or attrs.get("batch_dims"):
        return True
    if attrs.get("ellipsis_mask"):
        return True
    if any(size != 1 for size in attrs.get("dilations", ())) or any(attrs.get("ksize", (1,))[place] != 1 for place in (0, -1)):
        return True
    if node.op.type == "Conv2D":  # with fewer channels in the filter it is a convolution in groups
        image, kernel = (argument.result.value for argument in node.arguments)
        return image.shape[-1] != kernel.shape[2]
    return False


def plain_attributes(op: Operation) -> dict[str, Any]:
    """The attributes of an operation that JSON can hold."""
    found = {}
    for name, value in op.attrs.items():
        if isinstance(value, DType):
            value = value.base_dtype.name
        integers = isinstance(value, list | tuple) and all(isinstance(item, int) for item in value)
        plain = integers or isinstance(value, bool | int | float | str)
        is_type_variable = isinstance(op.attrs[name], DType) and name not in ("SrcT", "DstT")
        if plain and not is_type_variable and not name.startswith("_"):
            found[name] = list(value) if isinstance(value, tuple) else value
    return found
