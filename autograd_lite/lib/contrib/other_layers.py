"""`tf.contrib.layers` without weights, or with few: pooling, dropout, flatten, repeat, stack, embeddings, and small functions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import shape, transpose
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import one_hot
from autograd_lite.api.embedding import embedding_lookup
from autograd_lite.api.embedding_sparse import safe_embedding_lookup_sparse as lookup_sparse
from autograd_lite.api.linspace import linspace
from autograd_lite.api.logits import softmax as softmax_of
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_max, reduce_sum
from autograd_lite.core import dtypes
from autograd_lite.core.export import export, record_public_names
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.contrib.arg_scope import add_arg_scope
from autograd_lite.lib.contrib.around_layers import keras_format
from autograd_lite.lib.contrib.model_variables import model_variable, renaming_getter
from autograd_lite.lib.contrib.outputs import collect_named_outputs
from autograd_lite.lib.initializers import Ones
from autograd_lite.lib.layers import pooling
from autograd_lite.lib.layers.core import Dropout
from autograd_lite.lib.layers.functions import flatten as flatten_layer
from autograd_lite.lib.variable_scope import variable_scope


def _pooling(kind: type[pooling.Pooling], scope_name: str, default_format: str, *names: str) -> Callable[..., Tensor]:
    """A pooling function under its public names."""

    def pool(
        inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = default_format,
        outputs_collections: Any = None, scope: Any = None,
    ) -> Tensor:  # fmt: skip
        form = keras_format(data_format)
        with name_scope(scope, scope_name, [inputs]) as opened:
            inputs = convert_to_tensor(inputs)
            layer = kind(kernel_size, stride, padding=padding, data_format=form, _scope=opened)
            return collect_named_outputs(outputs_collections, opened, layer.apply(inputs))

    pool.__name__ = pool.__qualname__ = names[0]
    pool.__doc__ = f"{(kind.__doc__ or '').split(chr(10))[0]} See `tf.layers.{kind.__name__}`."
    scoped = add_arg_scope(pool)
    record_public_names(scoped, __name__, names[0], [f"contrib.{module}.{name}" for module in ("layers", "slim") for name in names])
    return scoped


max_pool2d = _pooling(pooling.MaxPooling2D, "MaxPool2D", "NHWC", "max_pool2d")
avg_pool2d = _pooling(pooling.AveragePooling2D, "AvgPool2D", "NHWC", "avg_pool2d")
max_pool3d = _pooling(pooling.MaxPooling3D, "MaxPool3D", "NDHWC", "max_pool3d")
avg_pool3d = _pooling(pooling.AveragePooling3D, "AvgPool3D", "NDHWC", "avg_pool3d")


@export("contrib.layers.dropout", "contrib.slim.dropout")
@add_arg_scope
def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: Any = None,
    seed: int | None = None,
) -> Tensor:
    """While training, set a random part of the inputs to 0 and scale the others up.

    Args:
      keep_prob: the probability of keeping an input.
      noise_shape: the shape of the random choice.
      is_training: a bool or a boolean tensor.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.dropout(tf.ones([3]), is_training=False).name
    'Dropout/Identity:0'
    """
    with variable_scope(scope, "Dropout", [inputs], custom_getter=renaming_getter({})) as opened:
        inputs = convert_to_tensor(inputs)
        layer = Dropout(rate=1 - keep_prob, noise_shape=noise_shape, seed=seed, name=opened.name, _scope=opened)
        return collect_named_outputs(outputs_collections, opened.name, layer.apply(inputs, training=is_training))


@export("contrib.layers.flatten", "contrib.slim.flatten")
@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Tensor:
    """Make one axis of all axes but the batch.

    >>> import autograd_lite as tf
    >>> y = tf.contrib.layers.flatten(tf.zeros([2, 3, 4]))
    >>> y.name, y.shape.as_list()
    ('Flatten/flatten/Reshape:0', [2, 12])
    """
    with name_scope(scope, "Flatten", [inputs]) as opened:
        inputs = convert_to_tensor(inputs)
        return collect_named_outputs(outputs_collections, opened, flatten_layer(inputs))


def _scope_of(layer: Any, scope: Any, otherwise: str) -> str:
    if scope is not None:
        return scope
    function = layer.func if isinstance(layer, functools.partial) else layer
    return getattr(function, "__name__", otherwise)


@export("contrib.layers.repeat", "contrib.slim.repeat")
@add_arg_scope
def repeat(inputs: Any, repetitions: int, layer: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Use a layer several times, each on the result of the last, each with variables of its own.

    >>> import autograd_lite as tf
    >>> layers = tf.contrib.layers
    >>> y = layers.repeat(tf.zeros([2, 3]), 2, layers.fully_connected, 3, scope="fc")
    >>> [v.op.name for v in tf.trainable_variables()][::2]
    ['fc/fc_1/weights', 'fc/fc_2/weights']
    """
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        outputs = convert_to_tensor(inputs)
        name = _scope_of(layer, scope, "repeat")
        for number in range(repetitions):
            outputs = layer(outputs, *args, **{**kwargs, "scope": f"{name}_{number + 1}"})
        return outputs


@export("contrib.layers.stack", "contrib.slim.stack")
@add_arg_scope
def stack(inputs: Any, layer: Callable[..., Any], stack_args: Any, **kwargs: Any) -> Any:
    """Use a layer several times, each on the result of the last, with other arguments each time.

    >>> import autograd_lite as tf
    >>> layers = tf.contrib.layers
    >>> layers.stack(tf.zeros([2, 3]), layers.fully_connected, [8, 4], scope="fc").name
    'fc/fc_2/Relu:0'
    """
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Stack", [inputs]):
        outputs = convert_to_tensor(inputs)
        name = _scope_of(layer, scope, "stack")
        for number, arguments in enumerate(stack_args):
            own = arguments if isinstance(arguments, list | tuple) else [arguments]
            outputs = layer(outputs, *own, **{**kwargs, "scope": f"{name}_{number + 1}"})
        return outputs


@export("contrib.layers.one_hot_encoding", "contrib.slim.one_hot_encoding")
@add_arg_scope
def one_hot_encoding(
    labels: Any, num_classes: int, on_value: Any = 1.0, off_value: Any = 0.0, outputs_collections: Any = None, scope: Any = None
) -> Tensor:
    """A row of zeros with one 1 for each label.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.contrib.layers.one_hot_encoding([1], 3)))
    [[0. 1. 0.]]
    """
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]) as opened:
        labels = convert_to_tensor(labels)
        if labels.dtype == dtypes.int32:
            labels = cast(labels, dtypes.int64)
        return collect_named_outputs(outputs_collections, opened, one_hot(labels, num_classes, on_value=on_value, off_value=off_value))


@export("contrib.layers.embed_sequence")
@add_arg_scope
def embed_sequence(
    ids: Any,
    vocab_size: int | None = None,
    embed_dim: int | None = None,
    unique: bool = False,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Rows of a variable `embeddings` [vocab_size, embed_dim] for ids of any shape.

    Args:
      unique: look each different id up once; the result is the same.

    Raises:
      ValueError: a new variable without sizes.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.embed_sequence([[1, 2]], 5, 4).shape.as_list()
    [1, 2, 4]
    """
    if not (reuse or vocab_size and embed_dim):
        raise ValueError(f"Must specify vocab size and embedding dimension when not reusing. Got vocab_size={vocab_size} and "
                         f"embed_dim={embed_dim}")  # fmt: skip
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        size = [vocab_size, embed_dim] if vocab_size and embed_dim else None
        embeddings = model_variable("embeddings", shape=size, initializer=initializer, regularizer=regularizer, trainable=trainable)
        if not unique:
            return embedding_lookup(embeddings, ids)
        ids = convert_to_tensor(ids)
        different, places = raw.Unique(raw.Reshape(ids, [-1]))[:2]
        rows = raw.GatherV2(embedding_lookup(embeddings, different), places, 0)
        found = raw.Reshape(rows, raw.ConcatV2([shape(ids), [embed_dim or embeddings.shape.as_list()[1]]], 0))
        found.set_shape([*ids.static_shape, embeddings.shape.as_list()[1]] if ids.static_shape is not None else None)
        return found


@export("contrib.layers.unit_norm", "contrib.slim.unit_norm")
@add_arg_scope
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Tensor:
    """Divide the inputs by their length along axis `dim`.

    Raises:
      ValueError: the rank is unknown, or there is no such axis.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.contrib.layers.unit_norm([[3.0, 4.0]], 1)).round(3).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    with variable_scope(scope, "UnitNorm", [inputs]):
        inputs = convert_to_tensor(inputs)
        if inputs.static_shape is None:
            raise ValueError("The input rank must be known.")
        if not 0 <= dim < len(inputs.static_shape):
            raise ValueError(f"dim must be positive but smaller than the input rank.\n  dim is {dim}, the rank {len(inputs.static_shape)}.")
        return inputs / raw.Sqrt(epsilon + reduce_sum(raw.Square(inputs), dim, keepdims=True))


@export("contrib.layers.softmax", "contrib.slim.softmax")
@add_arg_scope
def softmax(logits: Any, scope: Any = None) -> Tensor:
    """Softmax along the last axis, for inputs of any rank.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.contrib.layers.softmax([[[0.0, 0.0]]])))
    [[[0.5 0.5]]]
    """
    with variable_scope(scope, "softmax", [logits]):
        logits = convert_to_tensor(logits)
        classes = logits.shape.as_list()[-1]
        found = raw.Reshape(softmax_of(raw.Reshape(logits, [-1, classes])), shape(logits))
        found.set_shape(logits.static_shape)
        return found


@export("contrib.layers.maxout", "contrib.slim.maxout")
@add_arg_scope
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: Any = None) -> Tensor:
    """The largest of each group of inputs along an axis, which has `num_units` results (Goodfellow et al. 2013).

    Raises:
      ValueError: `num_units` does not divide the size of the axis.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.contrib.layers.maxout([[1.0, 2.0, 3.0, 4.0]], 2)))
    [[2. 4.]]
    """
    with variable_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        sizes = list(inputs.shape.as_list())
        axis += len(sizes) if axis < 0 else 0
        features = sizes[axis]
        if features % num_units:
            raise ValueError(f"number of features({features}) is not a multiple of num_units({num_units})")
        found = shape(inputs)
        known = [found[i] if size is None else size for i, size in enumerate(sizes)]
        groups = raw.Reshape(inputs, [*known[:axis], num_units, features // num_units, *known[axis + 1 :]])
        return reduce_max(groups, axis + 1)


@export("contrib.layers.spatial_softmax", "contrib.slim.spatial_softmax")
@add_arg_scope
def spatial_softmax(features: Any, temperature: Any = None, name: str | None = None, trainable: bool = True,
                    data_format: str = "NHWC") -> Tensor:  # fmt: skip
    """The expected position of each channel's activity in the image, x and y from -1 to 1 (Finn et al. 2016).

    Args:
      features: images of known height and width.
      temperature: of the softmax; a variable that starts at 1 if None.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.spatial_softmax(tf.zeros([2, 4, 4, 3]), temperature=1.0).shape.as_list()
    [2, 6]
    """
    with variable_scope(name, "spatial_softmax"):
        features = convert_to_tensor(features)
        if data_format == "NHWC":
            features = transpose(features, [0, 3, 1, 2])
        channels, height, width = features.shape.as_list()[1:]
        if temperature is None:
            temperature = model_variable("temperature", shape=(), dtype=dtypes.float32, initializer=Ones(), trainable=trainable)
        flat = raw.Reshape(features, [-1, height * width])
        attention = softmax_of(flat / temperature)
        along_x = raw.Reshape(linspace(-1.0, 1.0, num=width), [1, width]) + raw.Fill([height, 1], 0.0)
        along_y = raw.Reshape(linspace(-1.0, 1.0, num=height), [height, 1]) + raw.Fill([1, width], 0.0)
        expected = [reduce_sum(raw.Reshape(position, [height * width]) * attention, [1], keepdims=True) for position in (along_x, along_y)]
        return raw.Reshape(raw.ConcatV2(expected, 1), [-1, channels * 2])


@export("contrib.layers.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str | None = None,
    default_id: Any = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
) -> Tensor:
    """As `tf.nn.safe_embedding_lookup_sparse`; the combiner is the mean unless told otherwise."""
    return lookup_sparse(
        embedding_weights, sparse_ids, sparse_weights=sparse_weights, combiner=combiner or "mean", default_id=default_id, name=name,
        partition_strategy=partition_strategy, max_norm=max_norm,
    )  # fmt: skip
