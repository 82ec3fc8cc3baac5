"""What has to be known of fed arrays before a plan is chosen: their shapes and, of those that are shapes themselves, the elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.compiler.program import Fed, flat_arguments
from autograd_lite.core import dtypes, shapes
from autograd_lite.graph.tensor import Tensor

MAX_RANK = 16  # elements of a fed vector that may be a shape


class Asked:
    """What has to be known of arrays that are fed for some tensors, before a plan is chosen."""

    __slots__ = ("is_needed", "shape_like")

    def __init__(self, feeds: Sequence[Tensor]) -> None:
        self.shape_like = [position for position, tensor in enumerate(feeds) if is_shape_like(tensor)]
        self.is_needed = bool(self.shape_like) or any(not shapes.is_defined(tensor.static_shape) for tensor in feeds)

    def of(self, arrays: Sequence[Any]) -> Fed:
        """What these arrays are."""
        sizes = tuple([array.shape for array in arrays])
        if not self.shape_like:
            return Fed(sizes)
        known = [position for position in self.shape_like if arrays[position].ndim == 1 and arrays[position].size <= MAX_RANK]
        return Fed(sizes, tuple([(position, tuple(arrays[position].tolist())) for position in known]))


def is_shape_like(tensor: Tensor) -> bool:
    """Whether what is fed for a tensor is a shape: the last part of a sparse placeholder, for example."""
    if tensor.dtype not in (dtypes.int32, dtypes.int64) or not shapes.compatible(tensor.static_shape, (None,)):
        return False
    for consumer in tensor.consumers():
        arguments = flat_arguments(consumer.opdef.inputs, consumer.attrs)
        names = [argument.name for argument, value in zip(arguments, consumer.inputs) if value is tensor]
        if any(name in consumer.opdef.host and name.endswith("shape") for name in names):
            return True
    return False
