"""What is known of a tensor's value while the graph is built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.inference import Inference
from autograd_lite.graph.tensor import Tensor

if TYPE_CHECKING:
    from autograd_lite.graph.opdef import OpDef

MAX_ELEMENTS = 4096  # larger values are not computed while building, and no larger constant is taken for a shape or a list of axes
MAX_INPUT_ELEMENTS = 2**20  # nor are values computed from larger ones: a constant may claim any size by repeating one value
MAX_DEPTH = 64

_MISSING: Any = object()


def constant_value(tensor: Tensor) -> np.ndarray | None:
    """The value of `tensor` when it follows from constants (and static shapes) alone, else None.

    The array must not be changed.
    """
    op = tensor.op
    if op.type == "Const":
        return op.attrs["value"]
    return _constant(tensor, {}, 0)


@export("get_static_value", "contrib.util.constant_value")
def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The value of a tensor as an array when it follows from constants and known shapes alone, else None.

    Args:
      partial: also give a vector of which only some elements are known; the others are None.

    >>> import autograd_lite as tf
    >>> tf.get_static_value(tf.constant([1, 2])).tolist()
    [1, 2]
    >>> x = tf.placeholder(tf.float32, [None, 3])
    >>> tf.get_static_value(tf.shape(x), partial=True).tolist()
    [None, 3]
    """
    if not isinstance(tensor, Tensor):
        return None
    value = constant_value(tensor)
    if value is not None or not partial:
        return None if value is None else value.copy()
    elements = partial_value(tensor)
    return None if elements is None else np.array(elements, dtype=object)


def _constant(tensor: Tensor, memo: dict[Tensor, Any], depth: int) -> np.ndarray | None:
    op = tensor.op
    if op.type == "Const":
        return op.attrs["value"]
    found = memo.get(tensor, _MISSING)
    if found is not _MISSING:
        return found
    memo[tensor] = None
    value = None
    if op.opdef.partial is not None and len(op.outputs) == 1:
        known = _partial(tensor, memo, depth)
        if known is not None and None not in known:
            value = np.array(known, dtype=tensor.dtype.numpy)
            if tensor.static_shape == () and value.size == 1:
                value = value.reshape(())
    if value is None:
        value = _evaluated(tensor, memo, depth)
    memo[tensor] = value
    return value


def _evaluated(tensor: Tensor, memo: dict[Tensor, Any], depth: int) -> np.ndarray | None:
    """Run the kernel of a small pure node whose inputs are all known."""
    op = tensor.op
    opdef = op.opdef
    if depth >= MAX_DEPTH or opdef.kernel is None or opdef.has_effects or not op.inputs or tensor.dtype.is_ref:
        return None
    if op.type == "PlaceholderWithDefault":  # another value may be fed
        return None
    size = shapes.num_elements(tensor.static_shape)
    if size is None or size > MAX_ELEMENTS:
        return None
    values = []
    for source in op.inputs:
        value = _constant(source, memo, depth + 1)
        if value is None or value.size > MAX_INPUT_ELEMENTS:
            return None
        values.append(value)
    try:
        with np.errstate(all="ignore"):
            outputs = opdef.compute(np, values, op.attrs)
    except Exception:  # an impossible value fails when the graph runs, with the node's name
        return None
    result = np.asarray(outputs[tensor.value_index])
    result.flags.writeable = False
    return result


def partial_value(tensor: Tensor) -> tuple[int | None, ...] | None:
    """The elements of an integer vector (or scalar) as far as they are known; None when not even their number is."""
    return _partial(tensor, {}, 0)


def _partial(tensor: Tensor, memo: dict[Any, Any], depth: int) -> tuple[int | None, ...] | None:
    op = tensor.op
    if op.type == "Const":
        value = op.attrs["value"]
        return tuple(value.ravel().tolist()) if value.ndim <= 1 and value.size <= MAX_ELEMENTS and value.dtype.kind in "iu" else None
    key = (tensor, "partial")
    if key in memo:
        return memo[key]
    memo[key] = None
    known = None
    if op.opdef.partial is not None and depth < MAX_DEPTH:
        known = op.opdef.partial(TensorInference(op.opdef, op.name, op.attrs, op.inputs, memo, depth + 1))
    elif tensor.dtype.is_integer and depth < MAX_DEPTH:
        value = _evaluated(tensor, memo, depth)
        if value is not None and value.ndim <= 1:
            known = tuple(value.ravel().tolist())
    if known is None and tensor.static_shape is not None and len(tensor.static_shape) <= 1 and shapes.is_defined(tensor.static_shape):
        count = 1 if tensor.static_shape == () else tensor.static_shape[0]
        known = (None,) * count if count <= MAX_ELEMENTS else None  # type: ignore[operator]
    memo[key] = known
    return known


class TensorInference(Inference):
    """The inference of a node whose inputs are tensors of the graph."""

    __slots__ = ("depth", "memo", "tensors")

    def __init__(self, opdef: OpDef, name: str, attrs: dict[str, Any], tensors: Sequence[Tensor], memo: dict[Any, Any] | None = None,
                 depth: int = 0) -> None:  # fmt: skip
        super().__init__(opdef, name, attrs, [tensor.static_shape for tensor in tensors], [tensor._dtype for tensor in tensors])
        self.tensors = tensors
        self.memo = memo
        self.depth = depth

    def value(self, index: int) -> np.ndarray | None:
        """The value of an input when it follows from constants and is not too large to be looked at element by element."""
        value = _constant(self.tensors[index], {} if self.memo is None else self.memo, self.depth)
        return None if value is not None and value.size > MAX_ELEMENTS else value

    def partial(self, index: int) -> tuple[int | None, ...] | None:
        """The elements of an integer input as far as they follow from constants and static shapes."""
        return _partial(self.tensors[index], {} if self.memo is None else self.memo, self.depth)

    def handle(self, index: int) -> tuple[dtypes.DType, shapes.Shape] | None:
        """Element type and shape of the variable behind a resource input."""
        return variable_behind(self.tensors[index])

    def input_names(self) -> list[str]:
        """The names of the inputs as node definitions write them."""
        return [tensor._as_node_def_input() for tensor in self.tensors]


_TABLES = ("HashTableV2", "MutableHashTableV2", "MutableHashTableOfTensorsV2", "MutableDenseHashTableV2")


def variable_behind(handle: Tensor) -> tuple[dtypes.DType, shapes.Shape] | None:
    """Element type and shape of the variable, or of one value of the lookup table, behind a resource tensor, when they are known."""
    op = handle.op
    for _ in range(MAX_DEPTH):
        if op.type in ("VarHandleOp", "VariableV2", "Variable"):
            return op.attrs["dtype"], op.attrs["shape"]
        if op.type in _TABLES:
            keys = op.inputs[0].static_shape if op.inputs else ()
            return op.attrs["value_dtype"], tuple(op.attrs.get("value_shape") or ()) if keys == () else None
        if not op.inputs or op.type not in ("Identity", "Enter", "RefEnter", "Switch", "RefSwitch", "RefIdentity"):
            return None
        op = op.inputs[0].op
    return None
