"""What a layer wants of its inputs, and the check of inputs against it."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import dtypes, nest, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor


@export("layers.InputSpec", "keras.layers.InputSpec")
class InputSpec:
    """The type, rank and sizes that an input of a layer must have; whatever is None is left open.

    Args:
      dtype: the element type.
      shape: the shape, None where a size is left open.
      ndim: the rank.
      max_ndim, min_ndim: bounds of the rank.
      axes: size by axis, for example `{-1: 3}`.

    >>> import autograd_lite as tf
    >>> tf.layers.InputSpec(min_ndim=2, axes={-1: 3})
    InputSpec(min_ndim=2, axes={-1: 3})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
    ) -> None:
        self.dtype = None if dtype is None else dtypes.as_dtype(dtype).name
        self.shape = shape
        self.ndim = ndim if shape is None else len(shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (ValueError, TypeError):
            raise TypeError("The keys in axes must be integers.") from None
        rank = self.ndim or self.max_ndim
        if self.axes and rank is not None and max(self.axes) > rank - 1:
            raise ValueError(f"Axis {max(self.axes)} is greater than the maximum allowed value: {rank - 1}")

    def __repr__(self) -> str:
        said = {
            "dtype": self.dtype, "shape": self.shape, "ndim": self.ndim, "max_ndim": self.max_ndim, "min_ndim": self.min_ndim,
            "axes": self.axes,
        }  # fmt: skip
        return f"InputSpec({', '.join(f'{name}={value}' for name, value in said.items() if value)})"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this specification."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A specification from what `get_config` gave."""
        return cls(**config)

    def problem_of(self, dtype: Any, shape: shapes.Shape) -> str | None:
        """Which of these wishes an input does not meet, in TensorFlow's words; None when it meets them all."""
        return self._problem_of_rank(shape) or self._problem_of_dtype(dtype) or self._problem_of_sizes(shape)

    def _problem_of_rank(self, shape: shapes.Shape) -> str | None:
        if shape is None:
            ranks = (self.ndim, self.min_ndim, self.max_ndim)
            if release().older_error_texts and any(rank is not None for rank in ranks):
                return "its rank is undefined, but the layer requires a defined rank."
            return None
        found = len(shape)
        full = (
            f"found ndim={found}. Full shape received: {list(shape) if release().older_error_texts else tuple(shapes.TensorShape(shape))}"
        )
        if self.ndim is not None and found != self.ndim:
            return f"expected ndim={self.ndim}, {full}"
        if self.max_ndim is not None and found > self.max_ndim:
            return f"expected max_ndim={self.max_ndim}, found ndim={found}"
        if self.min_ndim is not None and found < self.min_ndim:
            return f"{': ' if release().older_error_texts else ''}expected min_ndim={self.min_ndim}, {full}"
        return None

    def _problem_of_dtype(self, dtype: Any) -> str | None:
        if self.dtype is not None and dtype.name != self.dtype:
            return f"expected dtype={self.dtype}, found dtype={dtype.name}"
        return None

    def _problem_of_sizes(self, shape: shapes.Shape) -> str | None:
        if shape is None:
            return None
        for axis, size in self.axes.items():
            if size is not None and shape[axis] not in (size, None):
                but = " but" if release().older_error_texts else ", but"
                return f"expected axis {axis} of input shape to have value {size}{but} received input with shape {_shape_text(shape)}"
        for wanted, found in zip(self.shape or (), shape):
            if wanted is not None and found is not None and wanted != found:
                return f"expected shape={self.shape}, found shape={_shape_text(shape)}"
        return None


def _shape_text(shape: Any) -> str:
    return str(list(shape)) if release().older_error_texts else str(tuple(shape))


def check_inputs(spec: Any, inputs: Any, layer_name: str) -> None:
    """Raise ValueError unless `inputs` are as `spec` (an InputSpec, or a list of one per input) wants them."""
    if not spec:
        return
    specs = nest.flatten(spec)
    found = nest.flatten(inputs)
    quoted = layer_name if release().older_error_texts else f'"{layer_name}"'
    if len(found) != len(specs):
        count = f"{len(specs)} inputs" if release().older_error_texts else f"{len(specs)} input(s)"
        raise ValueError(f"Layer {quoted} expects {count}, but it received {len(found)} input tensors. Inputs received: {found}")
    for number, (given, wanted) in enumerate(zip(found, specs)):
        tensor = given if hasattr(given, "dtype") else convert_to_tensor(given)
        problem = wanted.problem_of(tensor.dtype.base_dtype, shapes.as_shape(tensor.get_shape()))
        if problem is not None:
            raise ValueError(
                f"Input {number} of layer {quoted} is incompatible with the layer: {problem}\n  The layer wants {wanted}; it got {given!r}."
            )
