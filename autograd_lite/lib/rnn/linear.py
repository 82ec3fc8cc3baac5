"""A weighted sum of several tensors, with variables in the open variable scope: what the cells of `tf.contrib.rnn` are made of."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_lite.api import nn
from autograd_lite.api.arrays import concat
from autograd_lite.api.raw import raw
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.variable_scope import get_variable, get_variable_scope, variable_scope


def linear(tensors: Sequence[Tensor], size: int, use_bias: bool = True) -> Tensor:
    """[tensors side by side] * kernel + bias: [batch, size].

    Raises:
      ValueError: a tensor is no matrix, or its second size is unknown.
    """
    total = 0
    for tensor in tensors:
        shape = tensor.static_shape
        if shape is None or len(shape) != 2:
            raise ValueError(f"linear is expecting 2D arguments: {[one.get_shape() for one in tensors]}")
        if shape[1] is None:
            raise ValueError(f"linear expects shape[1] to be provided for shape {tensor.get_shape()}, but saw {shape[1]}")
        total += shape[1]
    dtype = tensors[0].dtype
    kernel = get_variable("kernel", [total, size], dtype=dtype)
    result = raw.MatMul(tensors[0] if len(tensors) == 1 else concat(list(tensors), 1), kernel)
    if not use_bias:
        return result
    with variable_scope(get_variable_scope()) as scope:
        scope.set_partitioner(None)
        bias = get_variable("bias", [size], dtype=dtype, initializer=Zeros(dtype=dtype))
    return nn.bias_add(result, bias)
