"""Layers as functions: `tf.layers.dense(x, 10)` makes a layer, uses it once and returns the result."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autograd_lite.core.export import export_constant
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    SeparableConv1D,
    SeparableConv2D,
)  # fmt: skip
from autograd_lite.lib.layers.core import Dense, Dropout, Flatten
from autograd_lite.lib.layers.layer import Layer, as_before_on_error, graph_of_inputs
from autograd_lite.lib.layers.normalization import BatchNormalization
from autograd_lite.lib.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)  # fmt: skip

_AT_CALL = {"training": False}  # arguments of `call`, not of the constructor, and their defaults
_ABOUT = """{first_line}

    Args:
      inputs: the tensor on which the layer is used.
      name: of the layer and of its variable scope; made of the layer's kind, and unique, if None.
      reuse: True to use the variables that an earlier call of this name made; `tf.AUTO_REUSE` for either.

    The other arguments are those of `tf.layers.{kind}`.
    """


def _function_of(kind: type[Layer], name: str, arguments: str = "", **defaults: Any) -> Callable[..., Tensor]:
    """The function form of a layer.

    Args:
      kind: the class of the layer.
      name: of the function.
      arguments: the names of its arguments in TensorFlow's order, when that is not `inputs`, those of the class, `reuse`.
      **defaults: those that differ from the class's.
    """
    of_class = {key: value for key, value in inspect.signature(kind).parameters.items() if key != "kwargs"}
    has_variables = "trainable" in of_class
    names = arguments.split() or ["inputs", *of_class, *(["reuse"] if has_variables else [])]
    parameters = [_parameter(argument, of_class) for argument in names]
    parameters = [one.replace(default=defaults[one.name]) if one.name in defaults else one for one in parameters]
    signature = inspect.Signature(parameters, return_annotation="Tensor")

    def function(*args: Any, **kwargs: Any) -> Tensor:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = dict(bound.arguments)
        inputs = given.pop("inputs")
        at_call = {key: given.pop(key) for key in _AT_CALL if key in given}
        if has_variables:
            given["_scope"] = given["name"]
            given["_reuse"] = given.pop("reuse")
        graph = graph_of_inputs(inputs)
        with graph.as_default(), as_before_on_error(graph):
            return kind(**given).apply(inputs, **at_call)

    first_line = (inspect.getdoc(kind) or "").split("\n")[0]
    function.__name__ = function.__qualname__ = name
    function.__doc__ = _ABOUT.format(first_line=first_line, kind=kind.__name__)
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def _parameter(name: str, of_class: dict[str, inspect.Parameter]) -> inspect.Parameter:
    usual = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if name in of_class:
        return of_class[name]
    if name == "inputs":
        return inspect.Parameter(name, usual)
    return inspect.Parameter(name, usual, default=_AT_CALL.get(name))


dense = _function_of(Dense, "dense")
conv1d = _function_of(Conv1D, "conv1d")
conv2d = _function_of(Conv2D, "conv2d")
conv3d = _function_of(Conv3D, "conv3d")
conv2d_transpose = _function_of(Conv2DTranspose, "conv2d_transpose")
conv3d_transpose = _function_of(Conv3DTranspose, "conv3d_transpose")
separable_conv1d = _function_of(SeparableConv1D, "separable_conv1d")
separable_conv2d = _function_of(SeparableConv2D, "separable_conv2d")
average_pooling1d = _function_of(AveragePooling1D, "average_pooling1d")
average_pooling2d = _function_of(AveragePooling2D, "average_pooling2d")
average_pooling3d = _function_of(AveragePooling3D, "average_pooling3d")
max_pooling1d = _function_of(MaxPooling1D, "max_pooling1d")
max_pooling2d = _function_of(MaxPooling2D, "max_pooling2d")
max_pooling3d = _function_of(MaxPooling3D, "max_pooling3d")
dropout = _function_of(Dropout, "dropout", "inputs rate noise_shape seed training name")
flatten = _function_of(Flatten, "flatten", "inputs name data_format", data_format="channels_last")
batch_normalization = _function_of(
    BatchNormalization, "batch_normalization",
    "inputs axis momentum epsilon center scale beta_initializer gamma_initializer moving_mean_initializer moving_variance_initializer "
    "beta_regularizer gamma_regularizer beta_constraint gamma_constraint training trainable name reuse renorm renorm_clipping "
    "renorm_momentum fused virtual_batch_size adjustment",
)  # fmt: skip

for _name in (
    "dense", "conv1d", "conv2d", "conv3d", "conv2d_transpose", "conv3d_transpose", "separable_conv1d", "separable_conv2d",
    "average_pooling1d", "average_pooling2d", "average_pooling3d", "max_pooling1d", "max_pooling2d", "max_pooling3d", "dropout",
    "flatten", "batch_normalization",
):  # fmt: skip
    export_constant(__name__, _name, f"layers.{_name}")
