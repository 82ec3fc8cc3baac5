"""What the weighted layers of `tf.contrib.layers` do around a layer of `tf.layers`.

They have a rectifier by default, Xavier's initializer, "SAME" padding, a normalizer instead of the bias if wanted, and variables called
`weights` and `biases`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.contrib.model_variables import add_to_collections, renaming_getter
from autograd_lite.lib.contrib.outputs import named
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.layers.layer import Layer
from autograd_lite.lib.more_initializers import xavier_initializer
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import variable_scope

XAVIER = xavier_initializer()
ZEROS = Zeros()
PLAIN = {"bias": "biases", "kernel": "weights"}
SEPARABLE = {"bias": "biases", "depthwise_kernel": "depthwise_weights", "pointwise_kernel": "pointwise_weights"}
_FORMATS = (None, "NWC", "NCW", "NHWC", "NCHW", "NDHWC", "NCDHW")


def keras_format(data_format: str | None) -> str:
    """`channels_first` for NCHW and its kin.

    Raises:
      ValueError: no such format.
    """
    if data_format not in _FORMATS:
        raise ValueError(f"Invalid data_format: {data_format!r}")
    return "channels_first" if data_format and data_format.startswith("NC") else "channels_last"


def use_layer(
    inputs: Any, default_scope: str, make: Callable[..., Layer], *, rename: dict[str, str], activation_fn: Any, normalizer_fn: Any,
    normalizer_params: Any, biases_initializer: Any, biases_regularizer: Any, reuse: Any, variables_collections: Any,
    outputs_collections: Any, trainable: bool, scope: Any,
) -> Tensor:  # fmt: skip
    """Make a layer in a variable scope, use it, and do what all these functions do with its variables and its result."""
    with all_or_nothing(get_default_graph()), variable_scope(scope, default_scope, [inputs], reuse=reuse,
                                                             custom_getter=renaming_getter(rename)) as opened:  # fmt: skip
        inputs = convert_to_tensor(inputs)
        layer = make(
            activation=None, use_bias=not normalizer_fn and bool(biases_initializer), bias_initializer=biases_initializer,
            bias_regularizer=biases_regularizer, activity_regularizer=None, trainable=trainable, name=opened.name,
            dtype=inputs.dtype.base_dtype, _scope=opened, _reuse=reuse,
        )  # fmt: skip
        outputs = layer.apply(inputs)
        for attribute, name in rename.items():
            kind = "weights" if name.endswith("weights") else name
            add_to_collections(getattr(layer, attribute), variables_collections, kind)
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        return named(outputs, activation_fn, outputs_collections, opened.name)
