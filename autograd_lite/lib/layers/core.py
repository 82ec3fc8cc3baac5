"""The layers Dense, Dropout and Flatten."""

from __future__ import annotations

from typing import Any

from autograd_lite.api import nn
from autograd_lite.api.arrays import expand_dims, identity, shape, transpose
from autograd_lite.api.cond import smart_cond
from autograd_lite.api.constants import constant
from autograd_lite.api.matmul import tensordot
from autograd_lite.api.raw import raw
from autograd_lite.api.sparse_math import sparse_tensor_dense_matmul
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.layers.arguments import channels_place, linear, static_dims
from autograd_lite.lib.layers.input_spec import InputSpec
from autograd_lite.lib.layers.layer import Layer
from autograd_lite.lib.layers.with_config import LayerWithConfig

# What stands for the signature's `bias_initializer=zeros_initializer()`: initializers hold no state.
ZEROS = Zeros()


@export("layers.Dense")
class Dense(LayerWithConfig):
    """Each result is a weighted sum of all inputs, plus a bias: `activation(inputs * kernel + bias)`.

    Args:
      units: the number of results.
      activation: a function, the name of one (`"relu"`), or None.
      use_bias: whether a bias is added.
      kernel_initializer, bias_initializer: how the variables start.
      kernel_regularizer, bias_regularizer, activity_regularizer: functions that return a loss.
      kernel_constraint, bias_constraint: functions that an optimizer applies to the variables after each step.
      trainable: whether optimizers change the variables.
      name: the name of the layer and of its variable scope.

    Raises:
      ValueError: the size of the last axis is unknown, or the inputs have no axis besides the batch.

    >>> import autograd_lite as tf
    >>> layer = tf.layers.Dense(3, activation="relu")
    >>> layer(tf.zeros([2, 4])).shape.as_list(), layer.kernel.name
    ([2, 3], 'dense/kernel:0')
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs)
        self._keep(locals())
        self.units = units if isinstance(units, int) else int(units)
        if self.units < 0:
            raise ValueError(f"Received an invalid value for `units`, expected a positive integer. Received: units={units}")
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the variables: `kernel` [size of the last axis, units] and `bias` [units]."""
        dtype = dtypes.as_dtype(self.dtype or dtypes.float32)
        if not (dtype.is_floating or dtype.is_complex):
            if release().older_error_texts:
                raise TypeError(f"Unable to build `Dense` layer with non-floating point dtype {dtype!r}")
            raise TypeError(f"A Dense layer can only be built with a floating-point dtype. Received: dtype={dtype!r}")
        known = static_dims(input_shape)
        last = None if known is None else known[-1]
        if last is None:
            text = "The last dimension of the inputs to `Dense` should be defined. Found `None`."
            if not release().older_error_texts:
                text = (
                    "The last dimension of the inputs to a Dense layer should be defined. Found None. "
                    f"Full input shape received: {input_shape}"
                )
            raise ValueError(f"{text}\n  Give the placeholder a shape whose last size is a number, or use tensor.set_shape.")
        self.input_spec = InputSpec(min_ndim=2, axes={-1: last})
        self.kernel = self.add_weight(
            "kernel", shape=[last, self.units], initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint, trainable=True,
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias", shape=[self.units], initializer=self.bias_initializer, regularizer=self.bias_regularizer,
                constraint=self.bias_constraint, trainable=True,
            )  # fmt: skip
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """The results, [..., units]."""
        rank = None if inputs.shape.dims_tuple is None else len(inputs.shape.dims_tuple)
        if isinstance(inputs, SparseTensor):
            outputs = sparse_tensor_dense_matmul(inputs, self.kernel)
        elif rank is not None and rank > 2:
            outputs = tensordot(inputs, self.kernel, [[rank - 1], [0]])
            outputs.set_shape([*inputs.static_shape[:-1], self.units])
        else:
            outputs = raw.MatMul(inputs, self.kernel)
        if self.use_bias:
            outputs = nn.bias_add(outputs, self.bias)
        return outputs if self.activation is linear else self.activation(outputs)


@export("layers.Dropout")
class Dropout(LayerWithConfig):
    """While training, set a random part of the inputs to 0 and scale the others up, so that a network relies on no single one.

    Args:
      rate: the probability of dropping an input.
      noise_shape: the shape of the random choice; None in it stands for the size of the input.
      seed: makes the choice the same in every program run.
      name: the name of the layer.

    Raises:
      ValueError: a rate that is not between 0 and 1.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.layers.Dropout(0.5)(tf.ones([3]))))
    [1. 1. 1.]
    """

    def __init__(self, rate: Any = 0.5, noise_shape: Any = None, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        if isinstance(rate, int | float) and not 0 <= rate <= 1:
            raise ValueError(f"Invalid value {rate} received for `rate`, expected a value between 0 and 1.")
        super().__init__(name=name, **kwargs)
        self._keep(locals())
        self.supports_masking = True

    def call(self, inputs: Any, training: Any = False) -> Tensor:
        """The inputs, with a part dropped when `training` (a bool or a boolean tensor) is true."""
        return smart_cond(
            training,
            lambda: nn.dropout(inputs, noise_shape=self._choice_shape(inputs), seed=self.seed, rate=self.rate),
            lambda: identity(inputs),
        )

    def _choice_shape(self, inputs: Any) -> Any:
        if self.noise_shape is None or isinstance(self.noise_shape, Tensor):
            return self.noise_shape
        sizes = shape(inputs)
        return convert_to_tensor([sizes[axis] if size is None else size for axis, size in enumerate(self.noise_shape)])


@export("layers.Flatten")
class Flatten(LayerWithConfig):
    """Make one axis of all axes but the batch.

    Args:
      data_format: with `channels_first` the channels are put last before that.

    >>> import autograd_lite as tf
    >>> tf.layers.Flatten()(tf.zeros([2, 3, 4])).shape.as_list()
    [2, 12]
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._keep(locals())
        self.data_format = channels_place(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Tensor:
        """The inputs as [batch, size]."""
        known = inputs.static_shape
        if known is not None and self.data_format == "channels_first" and len(known) > 1:
            inputs = transpose(inputs, [0, *range(2, len(known)), 1])
            known = inputs.static_shape
        if not release().flattens_by_constant:
            result = raw.Reshape(inputs, [known[0] if known and known[0] else shape(inputs)[0], -1])
        elif known is not None and len(known) == 1:
            return expand_dims(inputs, 1)
        else:
            result = raw.Reshape(inputs, _flat_shape(inputs, known))
        result.set_shape(_flat_static_shape(known))
        return result


def _flat_shape(inputs: Tensor, known: shapes.Shape) -> Any:
    """The shape to give: a constant when at most one of the two sizes is unknown."""
    batch, size = _flat_static_shape(known)
    if known is not None and (batch is not None or size is not None):
        return constant([-1, size] if size is not None else [batch, -1])
    return [shape(inputs)[0], -1]


def _flat_static_shape(known: shapes.Shape) -> tuple[int | None, int | None]:
    if known is None:
        return None, None
    return known[0], shapes.num_elements(known[1:])


__all__ = ["Dense", "Dropout", "Flatten", "Layer"]
