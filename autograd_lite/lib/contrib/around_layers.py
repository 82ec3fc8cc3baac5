"""What the weighted layers of `tf.contrib.layers` do around a layer of `tf.layers`.

They have a rectifier by default, Xavier's initializer, "SAME" padding, a normalizer instead of the bias if wanted, and variables called
`weights` and `biases`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

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

P = ParamSpec("P")

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


def around_layer(default_scope: str, rename: dict[str, str] = PLAIN) -> Callable[[Callable[P, Any]], Callable[P, Tensor]]:
    """Turn a function that says how to make a layer of `tf.layers` into one of `tf.contrib.layers`, which makes and uses it.

    The function has all arguments of the public one, and looks at those that are about its kind of layer. What they all share is done
    here: `activation_fn`, `normalizer_fn`, `normalizer_params`, `biases_initializer`, `biases_regularizer`, `reuse`,
    `variables_collections`, `outputs_collections`, `trainable` and `scope`. One that returns a tensor has done everything itself.

    Args:
      default_scope: the variable scope where the call names none.
      rename: the variables of the layer, and what they are called here.
    """

    def decorate(describe: Callable[P, Any]) -> Callable[P, Tensor]:
        signature = inspect.signature(describe)

        @functools.wraps(describe)
        def layer_of(*args: P.args, **kwargs: P.kwargs) -> Tensor:
            make = describe(*args, **kwargs)
            if isinstance(make, Tensor):
                return make
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            return _use(make, given.arguments, default_scope, rename)

        return layer_of

    return decorate


def _use(make: Callable[..., Layer], given: Mapping[str, Any], default_scope: str, rename: dict[str, str]) -> Tensor:
    """Make a layer in a variable scope, use it, and do what all these functions do with its variables and its result."""
    inputs, reuse, biases, normalizer = (given[key] for key in ("inputs", "reuse", "biases_initializer", "normalizer_fn"))
    with (
        all_or_nothing(get_default_graph()),
        variable_scope(given["scope"], default_scope, [inputs], reuse=reuse, custom_getter=renaming_getter(rename)) as opened,
    ):
        inputs = convert_to_tensor(inputs)
        layer = make(
            activation=None, use_bias=not normalizer and bool(biases), bias_initializer=biases,
            bias_regularizer=given["biases_regularizer"], activity_regularizer=None, trainable=given["trainable"], name=opened.name,
            dtype=inputs.dtype.base_dtype, _scope=opened, _reuse=reuse,
        )  # fmt: skip
        outputs = layer.apply(inputs)
        for attribute, name in rename.items():
            kind = "weights" if name.endswith("weights") else name
            add_to_collections(getattr(layer, attribute), given["variables_collections"], kind)
        if normalizer is not None:
            outputs = normalizer(outputs, **(given["normalizer_params"] or {}))
        return named(outputs, given["activation_fn"], given["outputs_collections"], opened.name)
