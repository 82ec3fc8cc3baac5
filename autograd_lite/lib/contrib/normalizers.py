"""`tf.contrib.layers.batch_norm`, `layer_norm`, `group_norm` and `instance_norm`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import identity, shape
from autograd_lite.api.cond import smart_cond, smart_constant_value
from autograd_lite.api.constants import constant
from autograd_lite.api.normalization import batch_normalization, fused_batch_norm, moments, weighted_moments
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import add_to_collections, control_dependencies
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.contrib.arg_scope import add_arg_scope
from autograd_lite.lib.contrib.model_variables import add_to_collections as add_variable, collections_for, model_variable, renaming_getter
from autograd_lite.lib.contrib.outputs import named
from autograd_lite.lib.initializers import Ones, Zeros
from autograd_lite.lib.layers.normalization import BatchNormalization
from autograd_lite.lib.moving_averages import assign_moving_average
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_scope import variable_scope

_STARTS = {"beta": Zeros(), "gamma": Ones(), "moving_mean": Zeros(), "moving_variance": Ones()}


@export("contrib.layers.batch_norm", "contrib.slim.batch_norm", "contrib.layers.python.layers.batch_norm")
@add_arg_scope
def batch_norm(
    inputs: Any,
    decay: Any = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Any = None,
    param_initializers: Any = None,
    param_regularizers: Any = None,
    updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: bool | None = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: Any = None,
    renorm: bool = False,
    renorm_clipping: Any = None,
    renorm_decay: Any = 0.99,
    adjustment: Callable[[Any], Any] | None = None,
) -> Tensor:
    """Shift and scale inputs to mean 0 and variance 1 over the batch (Ioffe and Szegedy 2015).

    Args:
      inputs: [batch, ..., features], or features second for "NCHW".
      decay: how much of the moving averages stays at each step.
      center, scale: whether `beta` is added and whether `gamma` multiplies.
      param_initializers, param_regularizers: dicts by the names of the variables.
      updates_collections: where the updates of the averages go; None: they happen in place, whenever the result is computed.
      is_training: a bool or boolean tensor: normalize by the batch, or by the moving averages.
      batch_weights: one per example, for the mean and the variance.
      fused: whether one op does it all; None or True: where it can.
      zero_debias_moving_mean: correct the moving mean for its start at 0.
      renorm, renorm_clipping, renorm_decay, adjustment: see `tf.layers.BatchNormalization`.

    Raises:
      ValueError: arguments that do not go together, or an unknown number of features.

    >>> import autograd_lite as tf
    >>> y = tf.contrib.layers.batch_norm(tf.zeros([4, 3]))
    >>> [v.op.name for v in tf.model_variables()]
    ['BatchNorm/beta', 'BatchNorm/moving_mean', 'BatchNorm/moving_variance']
    """
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    fused = True if fused is None else fused
    getter = renaming_getter({})
    with all_or_nothing(get_default_graph()), variable_scope(scope, "BatchNorm", [inputs], reuse=reuse, custom_getter=getter) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.get_shape().ndims
        by_layer = batch_weights is None and updates_collections == GraphKeys.UPDATE_OPS and not zero_debias_moving_mean
        can_fuse = bool(fused) and batch_weights is None and not renorm and rank in (2, 4) and adjustment is None
        if by_layer and not (can_fuse and rank == 2):
            layer = _core_layer(
                decay, epsilon, center, scale, param_initializers, param_regularizers, trainable, renorm, renorm_clipping, renorm_decay,
                adjustment, fused, data_format, opened, reuse,
            )  # fmt: skip
            outputs = layer.apply(inputs, training=is_training)
            for name in ("moving_mean", "moving_variance", "gamma", "beta"):
                add_variable(getattr(layer, name), variables_collections, name)
            return named(outputs, activation_fn, outputs_collections, opened.name)
        if renorm:
            raise ValueError("renorm is not supported with batch_weights, updates_collections or zero_debias_moving_mean")
        parts = _Parts(
            inputs, data_format, center, scale, param_initializers, param_regularizers, variables_collections, trainable, can_fuse
        )
        moved = _Averages(parts, decay, zero_debias_moving_mean, updates_collections, is_training)
        outputs = parts.fused(epsilon, moved) if can_fuse else parts.unfused(epsilon, moved, batch_weights)
        return named(outputs, activation_fn, outputs_collections, opened.name)


def _core_layer(
    decay: Any, epsilon: float, center: bool, scale: bool, initializers: Any, regularizers: Any, trainable: bool, renorm: bool,
    renorm_clipping: Any, renorm_decay: Any, adjustment: Any, fused: bool, data_format: str, opened: Any, reuse: Any,
) -> BatchNormalization:  # fmt: skip
    starts = {f"{name}_initializer": (initializers or {}).get(name, start) for name, start in _STARTS.items()}
    return BatchNormalization(
        axis=1 if data_format == "NCHW" else -1, momentum=decay, epsilon=epsilon, center=center, scale=scale,
        beta_regularizer=(regularizers or {}).get("beta"), gamma_regularizer=(regularizers or {}).get("gamma"), trainable=trainable,
        renorm=renorm, renorm_clipping=renorm_clipping, renorm_momentum=renorm_decay, adjustment=adjustment, name=opened.name,
        fused=fused, _scope=opened, _reuse=reuse, **starts,
    )  # fmt: skip


class _Averages:
    """The moving averages of a batch normalization, and when they move."""

    def __init__(self, parts: _Parts, decay: Any, zero_debias: bool, collections: Any, is_training: Any) -> None:
        self.parts = parts
        self.decay = decay
        self.zero_debias = zero_debias
        self.collections = collections
        self.is_training = is_training
        self.never_train = smart_constant_value(is_training) is False

    def move(self, mean: Any, variance: Any) -> tuple[Any, Any]:
        """Both averages after they moved towards the moments of a batch."""
        parts = self.parts
        return (
            assign_moving_average(parts.moving_mean, mean, self.decay, zero_debias=self.zero_debias),
            assign_moving_average(parts.moving_variance, variance, self.decay, zero_debias=False),
        )

    def moving(self) -> tuple[Any, Any]:
        """Both averages as they are."""
        return self.parts.moving_mean, self.parts.moving_variance

    def move_first(self, mean: Any, variance: Any, results: Callable[[], Any]) -> Any:
        """`results`, computed after the averages moved."""
        with control_dependencies(list(self.move(mean, variance))):
            return results()

    def collect(self, mean: Any, variance: Any) -> None:
        """Put the updates into the collections that the user named."""
        updates = smart_cond(self.is_training, lambda: self.move(mean, variance), self.moving)
        for update in updates:
            add_to_collections(self.collections, update)


class _Parts:
    """The variables of a batch normalization, and the two ways to compute it with updates of one's own."""

    def __init__(
        self, inputs: Tensor, data_format: str, center: bool, scale: bool, initializers: Any, regularizers: Any, collections: Any,
        trainable: bool, fused: bool,
    ) -> None:  # fmt: skip
        self.inputs = inputs
        self.data_format = data_format
        self.rank = len(inputs.shape.as_list())
        self.axis = 1 if data_format == "NCHW" else self.rank - 1
        self.features = inputs.shape.as_list()[self.axis]
        if self.features is None:
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension ({self.features},).")
        dtype = dtypes.float32 if fused or inputs.dtype.base_dtype == dtypes.float16 else inputs.dtype.base_dtype

        def variable(name: str, trains: bool) -> Any:
            return model_variable(
                name, shape=[self.features], dtype=dtype, initializer=(initializers or {}).get(name, _STARTS[name]),
                regularizer=(regularizers or {}).get(name), collections=collections_for(collections, name), trainable=trains,
            )  # fmt: skip

        self.beta = variable("beta", trainable) if center else None
        self.gamma = variable("gamma", trainable) if scale else None
        self.moving_mean = variable("moving_mean", False)
        self.moving_variance = variable("moving_variance", False)

    def fused(self, epsilon: float, averages: _Averages) -> Tensor:
        """All in one op, of rank 4."""
        features, flat = self.features, self.rank == 2
        images = self.inputs
        if flat:
            images = raw.Reshape(images, [-1, features, 1, 1] if self.data_format == "NCHW" else [-1, 1, 1, features])
        scale = constant(1.0, shape=[features]) if self.gamma is None else self.gamma
        offset = constant(0.0, shape=[features]) if self.beta is None else self.beta

        def by_batch() -> Any:
            return fused_batch_norm(images, scale, offset, epsilon=epsilon, data_format=self.data_format)

        def by_averages() -> Any:
            return fused_batch_norm(
                images, scale, offset, self.moving_mean, self.moving_variance, epsilon=epsilon, data_format=self.data_format,
                is_training=False,
            )  # fmt: skip

        outputs, mean, variance = smart_cond(averages.is_training, by_batch, by_averages)
        if not averages.never_train and averages.collections is None:
            before = outputs
            outputs = smart_cond(
                averages.is_training, lambda: averages.move_first(mean, variance, lambda: identity(before)), lambda: before
            )
        elif not averages.never_train:
            averages.collect(mean, variance)
        outputs.set_shape(images.static_shape)
        return raw.Reshape(outputs, shape(self.inputs)) if flat else outputs

    def unfused(self, epsilon: float, averages: _Averages, weights: Any) -> Tensor:
        """Moments, then the normalization by them."""
        mean, variance = averages.moving()
        if not averages.never_train:
            of_batch = self._moments(weights)
            if averages.collections is None:
                mean, variance = smart_cond(
                    averages.is_training,
                    lambda: averages.move_first(*of_batch, lambda: (identity(of_batch[0]), identity(of_batch[1]))),
                    averages.moving,
                )
            else:
                averages.collect(*of_batch)
                mean, variance = smart_cond(averages.is_training, lambda: of_batch, averages.moving)
        wide = [1, self.features, *[1] * (self.rank - 2)]

        def spread(value: Any) -> Any:
            return value if value is None or self.data_format == "NHWC" else raw.Reshape(value, wide)

        outputs = batch_normalization(self.inputs, spread(mean), spread(variance), spread(self.beta), spread(self.gamma), epsilon)
        outputs.set_shape(self.inputs.static_shape)
        return outputs

    def _moments(self, weights: Any) -> tuple[Tensor, Tensor]:
        axes = [axis for axis in range(self.rank) if axis != self.axis]
        if weights is None:
            return moments(self.inputs, axes)
        weights = convert_to_tensor(weights)
        self.inputs.shape[:1].assert_is_compatible_with(weights.shape)
        return weighted_moments(self.inputs, axes, raw.Reshape(weights, [-1, *[1] * (self.rank - 1)]))


# -------------------------------------------------------------------- over the features of one example


@export("contrib.layers.layer_norm", "contrib.slim.layer_norm", "contrib.layers.python.layers.layer_norm")
@add_arg_scope
def layer_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    activation_fn: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Any = None,
) -> Tensor:
    """Shift and scale each example to mean 0 and variance 1 over its features (Ba, Kiros and Hinton 2016).

    Args:
      inputs: [batch, ...].
      center, scale: whether `beta` is added and whether `gamma` multiplies.
      begin_norm_axis: the first axis over which mean and variance are taken.
      begin_params_axis: the first axis along which `beta` and `gamma` vary.

    Raises:
      ValueError: the rank is unknown or too low, or sizes of the parameters are unknown.

    >>> import autograd_lite as tf
    >>> y = tf.contrib.layers.layer_norm(tf.constant([[1.0, 3.0]]))
    >>> with tf.Session() as session:
    ...     session.run(tf.global_variables_initializer())
    ...     session.run(y).tolist()
    [[-1.0, 1.0]]
    """
    with all_or_nothing(get_default_graph()), variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        sizes = inputs.static_shape
        if sizes is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        rank = len(sizes)
        begin_norm_axis += rank if begin_norm_axis < 0 else 0
        if begin_params_axis >= rank or begin_norm_axis >= rank:
            raise ValueError(
                f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin_norm_axis}) must be < rank(inputs) ({rank})"
            )
        params = sizes[begin_params_axis:]
        if None in params:
            raise ValueError(f"Inputs {inputs.name}: shape(inputs)[{begin_params_axis}:] is not fully defined: {inputs.shape}")
        beta, gamma = _beta_and_gamma(center, scale, params, inputs.dtype.base_dtype, None, variables_collections, trainable)
        mean, variance = moments(inputs, list(range(begin_norm_axis, rank)), keep_dims=True)
        epsilon = 1e-3 if inputs.dtype.base_dtype == dtypes.float16 else 1e-12
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, epsilon)
        outputs.set_shape(sizes)
        return named(outputs, activation_fn, outputs_collections, opened.name)


def _beta_and_gamma(
    center: bool, scale: bool, size: Any, dtype: Any, initializers: Any, collections: Any, trainable: bool
) -> tuple[Any, Any]:
    """The variables that are wanted, as model variables."""
    found = []
    for name, wanted in (("beta", center), ("gamma", scale)):
        found.append(
            model_variable(
                name, shape=list(size), dtype=dtype, initializer=(initializers or {}).get(name, _STARTS[name]),
                collections=collections_for(collections, name), trainable=trainable,
            ) if wanted else None
        )  # fmt: skip
    return found[0], found[1]


@export("contrib.layers.instance_norm", "contrib.slim.instance_norm")
@add_arg_scope
def instance_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Any = None,
    param_initializers: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Tensor:
    """Shift and scale each channel of each example to mean 0 and variance 1 (Ulyanov, Vedaldi and Lempitsky 2016).

    Raises:
      ValueError: an unknown rank, number of channels, or format.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.instance_norm(tf.zeros([2, 4, 4, 3])).name
    'InstanceNorm/instancenorm/add_1:0'
    """
    inputs = convert_to_tensor(inputs)
    if inputs.static_shape is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    rank = len(inputs.static_shape)
    axis = 1 if data_format == "NCHW" else rank - 1
    channels = inputs.static_shape[axis]
    if channels is None:
        raise ValueError(f"Inputs {inputs.name} has undefined channels dimension ({channels},).")
    with all_or_nothing(get_default_graph()), variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as opened:
        beta, gamma = _beta_and_gamma(
            center, scale, [channels], inputs.dtype.base_dtype, param_initializers, variables_collections, trainable
        )
        if data_format == "NCHW":
            wide = [1, channels, *[1] * (rank - 2)]
            beta, gamma = (None if value is None else raw.Reshape(value, wide) for value in (beta, gamma))
        mean, variance = moments(inputs, [other for other in range(1, rank) if other != axis], keep_dims=True)
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, epsilon, name="instancenorm")
        outputs.set_shape(inputs.static_shape)
        return named(outputs, activation_fn, outputs_collections, opened.name)


@export("contrib.layers.group_norm", "contrib.slim.group_norm")
@add_arg_scope
def group_norm(
    inputs: Any,
    groups: int = 32,
    channels_axis: int = -1,
    reduction_axes: Any = (-3, -2),
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Any = None,
    param_initializers: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
    mean_close_to_zero: bool = False,
) -> Tensor:
    """Shift and scale each group of channels of each example to mean 0 and variance 1 (Wu and He 2018).

    Args:
      groups: the number of groups, which divides that of the channels.
      channels_axis: the axis of the channels.
      reduction_axes: the other axes over which mean and variance are taken.
      mean_close_to_zero: take the variance as that of squares around 0, which is faster and less exact.

    Raises:
      ValueError: the groups do not divide the channels, or the axes overlap.

    >>> import autograd_lite as tf
    >>> tf.contrib.layers.group_norm(tf.zeros([2, 4, 4, 6]), groups=3).shape.as_list()
    [2, 4, 4, 6]
    """
    inputs = convert_to_tensor(inputs)
    sizes = inputs.static_shape
    if sizes is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    axis = channels_axis + len(sizes) if channels_axis < 0 else channels_axis
    reduced = [other + len(sizes) if other < 0 else other for other in reduction_axes]
    channels = sizes[axis]
    if channels is None:
        raise ValueError(f"Inputs {inputs.name} has undefined channel dimension: {inputs.shape}")
    if axis in reduced:
        raise ValueError(f"channels_axis is {channels_axis}, but it is in reduction_axes {reduction_axes}.")
    if groups > channels:
        raise ValueError(f"Invalid groups {groups} for {channels} channels for {inputs.name}.")
    if channels % groups:
        raise ValueError(f"{channels} channels is not commensurate with {groups} groups for {inputs.name}.")
    with all_or_nothing(get_default_graph()), variable_scope(scope, "GroupNorm", [inputs], reuse=reuse) as opened:
        found = shape(inputs)
        known = [found[i] if size is None else size for i, size in enumerate(sizes)]
        grouped = raw.Reshape(inputs, [*known[:axis], groups, channels // groups, *known[axis + 1 :]])
        wide = [1] * (len(sizes) + 1)
        wide[axis], wide[axis + 1] = groups, channels // groups
        beta, gamma = _beta_and_gamma(
            center, scale, [channels], inputs.dtype.base_dtype, param_initializers, variables_collections, trainable
        )
        beta, gamma = (None if value is None else raw.Reshape(value, wide) for value in (beta, gamma))
        over = sorted([axis + 1, *(other + 1 if other > axis else other for other in reduced)])
        if mean_close_to_zero:
            mean, squares = moments(grouped, over, keep_dims=True)[0], moments(raw.Square(grouped), over, keep_dims=True)[0]
            variance = squares - raw.Square(mean)
        else:
            mean, variance = moments(grouped, over, keep_dims=True)
        outputs = raw.Reshape(batch_normalization(grouped, mean, variance, beta, gamma, epsilon), found)
        outputs.set_shape(sizes)
        return named(outputs, activation_fn, outputs_collections, opened.name)
