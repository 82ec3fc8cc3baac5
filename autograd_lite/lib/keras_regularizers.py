"""`tf.keras.regularizers`: penalties on the size of weights, as objects."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.constants import constant
from autograd_lite.api.math import abs as absolute
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import by_name


@export("keras.regularizers.Regularizer")
class Regularizer:
    """The base of regularizers: write `__call__(self, x)` that returns a scalar, and `get_config`."""

    def __call__(self, x: Any) -> Any:
        """The penalty on a weight; 0 here."""
        return 0.0

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A regularizer from what `get_config` gave."""
        return cls(**config)


@export("keras.regularizers.L1L2")
class L1L2(Regularizer):
    """`l1 * sum(abs(x)) + l2 * sum(x ** 2)`; note that there is no factor of one half.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.keras.regularizers.L1L2(l1=1.0, l2=0.5)(tf.constant([1.0, -2.0]))))
    5.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = float(l1)
        self.l2 = float(l2)

    def __call__(self, x: Any) -> Tensor:
        """The penalty on a weight."""
        x = convert_to_tensor(x)
        if not release().squares_by_l2_loss:
            return self._of_first_release(x)
        if self.l1 and not self.l2:
            return self.l1 * reduce_sum(absolute(x))
        if self.l2 and not self.l1:
            return 2.0 * self.l2 * raw.L2Loss(x)
        total = constant(0.0, dtype=x.dtype.base_dtype)
        if self.l1:
            total += self.l1 * reduce_sum(absolute(x))
            total += 2.0 * self.l2 * raw.L2Loss(x)
        return total

    def _of_first_release(self, x: Tensor) -> Tensor:
        total: Any = 0.0
        if self.l1:
            total += reduce_sum(self.l1 * absolute(x))
        if self.l2:
            total += reduce_sum(self.l2 * raw.Square(x))
        return total if self.l1 or self.l2 else constant(0.0)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this regularizer."""
        return {"l1": self.l1, "l2": self.l2}


@export("keras.regularizers.l1")
def l1(l: float = 0.01) -> L1L2:
    """The regularizer `l * sum(abs(x))`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.keras.regularizers.l1(0.5)(tf.constant([1.0, -2.0]))))
    1.5
    """
    return L1L2(l1=l)


@export("keras.regularizers.l2")
def l2(l: float = 0.01) -> L1L2:
    """The regularizer `l * sum(x ** 2)`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.keras.regularizers.l2(0.5)(tf.constant([1.0, -2.0]))))
    2.5
    """
    return L1L2(l2=l)


@export("keras.regularizers.l1_l2")
def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """The regularizer `l1 * sum(abs(x)) + l2 * sum(x ** 2)`.

    >>> import autograd_lite as tf
    >>> tf.keras.regularizers.l1_l2().get_config()
    {'l1': 0.01, 'l2': 0.01}
    """
    return L1L2(l1=l1, l2=l2)


_BY_NAME = {"L1L2": L1L2, "Regularizer": Regularizer, "l1": l1, "l2": l2, "l1_l2": l1_l2}


@export("keras.regularizers.serialize")
def serialize(regularizer: Any) -> Any:
    """The class and arguments of a regularizer, as plain values."""
    return by_name.written(regularizer)


@export("keras.regularizers.deserialize")
def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A regularizer from what `serialize` gave."""
    return by_name.found(config, _BY_NAME, "regularizer", custom_objects)


@export("keras.regularizers.get")
def get(identifier: Any) -> Any:
    """A regularizer from its name, its configuration, or itself.

    >>> import autograd_lite as tf
    >>> tf.keras.regularizers.get("l2").get_config()
    {'l1': 0.0, 'l2': 0.01}
    """
    return by_name.found(identifier, _BY_NAME, "regularizer")
