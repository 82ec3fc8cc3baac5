"""What a shape function sees: the shapes, types and known values of a node's inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.where import capture
from autograd_lite.graph.operation import shapes_text, summary

if TYPE_CHECKING:
    from autograd_lite.graph.opdef import OpDef


class Inference:
    """One question to a shape function: given these inputs, which shapes do the outputs have?

    This base knows no values; `static_value.TensorInference` looks at the graph, and the compiler has its own.
    """

    __slots__ = ("attrs", "dtypes", "name", "opdef", "shapes")

    def __init__(
        self, opdef: OpDef, name: str, attrs: dict[str, Any], input_shapes: list[shapes.Shape], input_dtypes: list[dtypes.DType]
    ) -> None:
        self.opdef = opdef
        self.name = name
        self.attrs = attrs
        self.shapes = input_shapes
        self.dtypes = input_dtypes

    @property
    def count(self) -> int:
        """The number of inputs, lists counted element by element."""
        return len(self.shapes)

    def shape(self, index: int) -> shapes.Shape:
        """The static shape of an input."""
        return self.shapes[index]

    def dtype(self, index: int) -> dtypes.DType:
        """The element type of an input."""
        return self.dtypes[index].base_dtype

    def value(self, index: int) -> np.ndarray | None:
        """The value of an input when it is constant, else None."""
        return None

    def partial(self, index: int) -> tuple[int | None, ...] | None:
        """The elements of an integer input (a vector, or a scalar as one element) as far as they are known; None: not even how many."""
        return None

    def handle(self, index: int) -> tuple[dtypes.DType, shapes.Shape] | None:
        """Element type and shape of the variable behind a resource input, when they are known."""
        return None

    def contents(self, index: int) -> shapes.Shape:
        """The shape of every element in the TensorArray or stack behind a resource input, when it is known."""
        return None

    def partial_contents(self, index: int) -> tuple[int | None, ...] | None:
        """The same of what is known of the elements' own values, if they are shape-like vectors that never change."""
        return None

    def input_names(self) -> list[str]:
        """The names of the inputs, for error messages."""
        return ["?"] * len(self.shapes)

    def fail(self, text: str) -> ValueError:
        """The error to raise when the inputs do not fit together: `raise c.fail("Shape must be rank 2 but is rank 1")`."""
        node = summary(self.name, self.opdef.name, self.attrs, self.input_names())
        known = [f"input[{i}] = {_value_text(value)}" for i in range(self.count) if (value := self._small_value(i)) is not None]
        computed = f" and with computed input tensors: {', '.join(known)}" if known else ""
        return ValueError(
            f"{text} for '{node}' with input shapes: {shapes_text(self.shapes)}{computed}.\n"
            f"  Node {self.name} (op {self.opdef.name}) was about to be made at {capture()}."
        )

    def _small_value(self, index: int) -> np.ndarray | None:
        if self.dtypes[index].base_dtype not in (dtypes.int32, dtypes.int64):
            return None
        value = self.value(index)
        return value if value is not None and value.size <= 16 and value.ndim <= 1 else None


def _value_text(value: np.ndarray) -> str:
    return f"<{' '.join(map(str, value.ravel()))}>"
