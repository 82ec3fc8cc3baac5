"""`tf.keras.constraints`: functions that put weights back into a permitted region after each step of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.casting import cast
from autograd_lite.api.clip import clip_by_value
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.slicing import gather_nd
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import by_name

_SMALL = 1e-7  # keeps a division by a norm finite


@export("keras.constraints.Constraint")
class Constraint:
    """The base of constraints: write `__call__(self, w)` that returns the permitted weight."""

    def __call__(self, w: Any) -> Any:
        """The permitted weight nearest to `w`; here any weight is."""
        return w

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this constraint."""
        return {}


def _norms(w: Tensor, axis: Any) -> Tensor:
    squares = reduce_sum(raw.Square(w), axis=axis, keepdims=True)
    return raw.Sqrt(raw.Maximum(squares, constant(0.0, dtype=w.dtype.base_dtype)))


@export("keras.constraints.MaxNorm", "keras.constraints.max_norm")
class MaxNorm(Constraint):
    """Shorten weights whose norm along `axis` is more than `max_value`.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.keras.constraints.MaxNorm(1.0)([[3.0], [4.0]])).round(3)
    array([[0.6],
           [0.8]], dtype=float32)
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The weights, with norms of at most `max_value`."""
        w = convert_to_tensor(w)
        norms = _norms(w, self.axis)
        wanted = clip_by_value(norms, 0.0, float(self.max_value))
        return w * (wanted / (_SMALL + norms))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this constraint."""
        return {"max_value": self.max_value, "axis": self.axis}


@export("keras.constraints.NonNeg", "keras.constraints.non_neg")
class NonNeg(Constraint):
    """Set negative weights to 0.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.keras.constraints.NonNeg()([-1.0, 2.0])) + 0.0
    array([0., 2.], dtype=float32)
    """

    def __call__(self, w: Any) -> Tensor:
        """The weights, without the negative ones."""
        w = convert_to_tensor(w)
        return w * cast(raw.GreaterEqual(w, 0.0), w.dtype.base_dtype)


@export("keras.constraints.UnitNorm", "keras.constraints.unit_norm")
class UnitNorm(Constraint):
    """Scale weights so that their norm along `axis` is 1.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.keras.constraints.UnitNorm()([[3.0], [4.0]])).round(3)
    array([[0.6],
           [0.8]], dtype=float32)
    """

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The weights, with norms of 1."""
        w = convert_to_tensor(w)
        return w / (_SMALL + _norms(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this constraint."""
        return {"axis": self.axis}


@export("keras.constraints.MinMaxNorm", "keras.constraints.min_max_norm")
class MinMaxNorm(Constraint):
    """Move the norm of weights along `axis` towards the interval from `min_value` to `max_value`, by the share `rate` of the way.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.keras.constraints.MinMaxNorm(10.0, 20.0)([[3.0], [4.0]])).round(3)
    array([[6.],
           [8.]], dtype=float32)
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Tensor:
        """The weights, with norms nearer to the interval."""
        w = convert_to_tensor(w)
        norms = _norms(w, self.axis)
        clipped = clip_by_value(norms, float(self.min_value), float(self.max_value))
        wanted = self.rate * clipped + (1 - self.rate) * norms
        return w * (wanted / (_SMALL + norms))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this constraint."""
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


@export("keras.constraints.RadialConstraint", "keras.constraints.radial_constraint")
class RadialConstraint(Constraint):
    """Make filters equal along each square ring around their centre.

    As in TensorFlow, the values come from the diagonal, and are one place off: the centre takes what stands one place up and left of it,
    the first ring takes the centre's, and so on.

    Raises:
      ValueError: the weight is not [height, width, channels, filters] with height and width equal and more than 1.

    >>> import autograd_lite as tf
    >>> kernel = tf.reshape(tf.range(9.0), [3, 3, 1, 1])
    >>> tf.Session().run(tf.keras.constraints.RadialConstraint()(kernel))[:, :, 0, 0]
    array([[4., 4., 4.],
           [4., 0., 4.],
           [4., 4., 4.]], dtype=float32)
    """

    def __call__(self, w: Any) -> Tensor:
        """The weights, each place with the value of its ring."""
        w = convert_to_tensor(w)
        if w.shape.ndims != 4:
            raise ValueError(f"The weight tensor must be of rank 4, but is of shape: {w.shape}")
        height, width = w.shape.as_list()[:2]
        if height is None or height != width or height == 1:
            raise ValueError(f"A radial constraint needs square filters of at least 2 by 2.\n  These are {height} by {width}.")
        away = np.abs(np.arange(height) - (height - 1) / 2).astype(np.int32)
        ring = np.maximum(away[:, None], away) + height // 2 - 1
        return gather_nd(w, np.stack([ring, ring], axis=-1))


_BY_NAME = {
    "Constraint": Constraint, "MaxNorm": MaxNorm, "NonNeg": NonNeg, "UnitNorm": UnitNorm, "MinMaxNorm": MinMaxNorm,
    "RadialConstraint": RadialConstraint, "radial_constraint": RadialConstraint,
    "max_norm": MaxNorm, "non_neg": NonNeg, "unit_norm": UnitNorm, "min_max_norm": MinMaxNorm,
}  # fmt: skip


@export("keras.constraints.serialize")
def serialize(constraint: Any) -> Any:
    """The class and arguments of a constraint, as plain values."""
    return by_name.written(constraint)


@export("keras.constraints.deserialize")
def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A constraint from what `serialize` gave."""
    return by_name.found(config, _BY_NAME, "constraint", custom_objects)


@export("keras.constraints.get")
def get(identifier: Any) -> Any:
    """A constraint from its name, its configuration, or itself.

    >>> import autograd_lite as tf
    >>> tf.keras.constraints.get("max_norm").get_config()
    {'max_value': 2, 'axis': 0}
    """
    return by_name.found(identifier, _BY_NAME, "constraint")
