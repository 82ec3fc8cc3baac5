"""Batch normalization: inputs shifted and scaled to mean 0 and variance 1 over the batch (Ioffe and Szegedy 2015)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.arrays import concat, identity, ones_like, shape, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.cond import smart_cond, smart_constant_value
from autograd_lite.api.constants import constant
from autograd_lite.api.normalization import batch_normalization, fused_batch_norm, moments
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_mean
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import control_dependencies, name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.initializers import Ones
from autograd_lite.lib.layers.arguments import static_dims
from autograd_lite.lib.layers.core import ZEROS
from autograd_lite.lib.layers.input_spec import InputSpec
from autograd_lite.lib.layers.with_config import LayerWithConfig
from autograd_lite.lib.moving_averages import assign_moving_average
from autograd_lite.lib.variable import VariableAggregation, VariableSynchronization
from autograd_lite.lib.variable_updates import assign

ONES = Ones()
_HALVES = (dtypes.float16, dtypes.bfloat16)
_CLIPPING_KEYS = ("rmax", "rmin", "dmax")


@export("layers.BatchNormalization")
class BatchNormalization(LayerWithConfig):
    """Normalize by the mean and variance of the batch while training, by their moving averages otherwise.

    The operations that update the averages go into `tf.GraphKeys.UPDATE_OPS`; make the training step wait for them:
    `with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)): step = optimizer.minimize(loss)`.

    Args:
      axis: the axis (or axes) of the features, which keep means and variances of their own; 1 for `channels_first`.
      momentum: how much of the moving averages stays at each step.
      epsilon: added to the variance.
      center, scale: whether `beta` is added and whether `gamma` multiplies.
      beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: how the variables start.
      beta_regularizer, gamma_regularizer: functions that return a loss.
      beta_constraint, gamma_constraint: functions that an optimizer applies after each step.
      renorm: Batch Renormalization (Ioffe 2017): training is corrected towards what the moving averages would give.
      renorm_clipping: bounds of that correction: a dict with some of `rmax`, `rmin`, `dmax`.
      renorm_momentum: how much of the averages of this correction stays at each step.
      fused: whether one op does it all; None or True: where it can (rank 4, features first or last, nothing unusual).
      trainable: whether optimizers change the variables.
      virtual_batch_size: normalize over groups of this many examples.
      adjustment: a function from the shape of the inputs to a scale and an offset that are applied while training.
      name: the name of the layer and of its variable scope.

    Raises:
      ValueError: the rank or the size of the feature axis is unknown, or arguments that contradict each other.

    >>> import autograd_lite as tf
    >>> y = tf.layers.BatchNormalization()(tf.constant([[1.0], [3.0]]), training=True)
    >>> with tf.Session() as session:
    ...     session.run(tf.global_variables_initializer())
    ...     session.run(y).round(2).tolist()
    [[-1.0], [1.0]]
    """

    def __init__(
        self,
        axis: Any = -1,
        momentum: Any = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = ZEROS,
        gamma_initializer: Any = ONES,
        moving_mean_initializer: Any = ZEROS,
        moving_variance_initializer: Any = ONES,
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: dict[str, Any] | None = None,
        renorm_momentum: Any = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: int | None = None,
        adjustment: Callable[[Any], Any] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, **kwargs)
        self._keep(locals())
        if not isinstance(axis, int | list | tuple):
            raise TypeError(f"Expected an int or a list/tuple of ints for the argument 'axis', but received: {axis!r}")
        self.axis: Any = axis if isinstance(axis, int) else list(axis)
        self.renorm_clipping = renorm_clipping or {}
        unknown = [key for key in self.renorm_clipping if key not in _CLIPPING_KEYS]
        if renorm and unknown:
            raise ValueError(
                f"Received invalid keys for `renorm_clipping` argument: {renorm_clipping}. Supported values: {list(_CLIPPING_KEYS)}."
            )
        self.fused = True if fused is None else fused
        self.supports_masking = True

    # ---------------------------------------------------------------- variables

    def build(self, input_shape: Any) -> None:
        """Make `gamma`, `beta`, `moving_mean` and `moving_variance`, one number per feature."""
        sizes = static_dims(input_shape)
        if sizes is None:
            raise ValueError(f"Input has undefined rank. Received: input_shape={input_shape}")
        axes = self.axis = self._checked_axes(len(sizes))
        self._check_virtual_batches(axes)
        self.fused = bool(self.fused) and len(sizes) == 4 and self._can_be_fused(axes)
        if None in [sizes[axis] for axis in axes]:
            raise ValueError(f"Input has undefined `axis` dimension. Received input with shape {input_shape} and axis={tuple(axes)}")
        self.input_spec = InputSpec(ndim=len(sizes), axes={axis: sizes[axis] for axis in axes})
        self._add_variables(self._parameter_shape(sizes, axes))
        self.built = True

    def _checked_axes(self, rank: int) -> list[int]:
        given = [self.axis] if isinstance(self.axis, int) else list(self.axis)
        axes = [axis + rank if axis < 0 else axis for axis in given]
        if any(not 0 <= axis < rank for axis in axes):
            raise ValueError(
                "Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank "
                f"(with inputs.rank={rank}). Received: axis={tuple(axes)}"
            )
        if len(axes) != len(set(axes)):
            raise ValueError(f"Duplicate axis: {tuple(axes)}")
        return axes

    def _check_virtual_batches(self, axes: list[int]) -> None:
        if self.virtual_batch_size is None:
            return
        if self.virtual_batch_size <= 0:
            raise ValueError(
                "`virtual_batch_size` must be a positive integer that divides the true batch size of the input tensor. "
                f"Received: virtual_batch_size={self.virtual_batch_size}"
            )
        if 0 in axes:
            raise ValueError(
                "When using `virtual_batch_size`, the batch dimension must be 0 and thus axis cannot include 0. "
                f"Received axis={tuple(axes)}"
            )
        if self.adjustment is not None:
            raise ValueError("When using `virtual_batch_size`, adjustment cannot be specified")

    def _can_be_fused(self, axes: list[int]) -> bool:
        if self._dtype == "float64":
            return False
        return not self.renorm and axes in ([1], [3]) and self.virtual_batch_size is None and self.adjustment is None

    def _parameter_shape(self, sizes: Any, axes: list[int]) -> tuple[int, ...]:
        if len(axes) == 1 and self.virtual_batch_size is None:
            return (sizes[axes[0]],)
        kept = [sizes[axis] if axis in axes else 1 for axis in range(len(sizes))]
        if self.virtual_batch_size is not None:  # inputs get an axis more: [virtual_batch_size, groups, ...]
            kept.insert(1, 1)
            self.axis = [axis + 1 for axis in axes]
        return tuple(kept)

    def _add_variables(self, size: tuple[int, ...]) -> None:
        scope = self._scope
        partitioner = None if scope is None else scope.partitioner
        if scope is not None:
            scope.set_partitioner(None)  # means and variances are kept whole
        try:
            kind = self._parameter_dtype()
            self.gamma = self._parameter("gamma", size, kind) if self.scale else None
            self._gamma_const = constant(1.0, dtype=kind, shape=size) if self.fused and not self.scale else None
            self.beta = self._parameter("beta", size, kind) if self.center else None
            self._beta_const = constant(0.0, dtype=kind, shape=size) if self.fused and not self.center else None
            self.moving_mean = self._statistic("moving_mean", size, kind, self.moving_mean_initializer)
            self.moving_variance = self._statistic("moving_variance", size, kind, self.moving_variance_initializer)
            if self.renorm:
                self._add_renorm_variables(size, kind)
        finally:
            if scope is not None:
                scope.set_partitioner(partitioner)

    def _add_renorm_variables(self, size: tuple[int, ...], dtype: dtypes.DType) -> None:
        near = get_default_graph().colocate_with
        with near(self.moving_variance.op):
            self.moving_stddev = self._statistic("moving_stddev", size, dtype, self._first_stddev)
        with near(self.moving_mean.op):
            self.renorm_mean = self._statistic("renorm_mean", size, dtype, self.moving_mean_initializer)
        with near(self.moving_stddev.op):
            self.renorm_stddev = self._statistic("renorm_stddev", size, dtype, self._first_stddev)

    def _parameter_dtype(self) -> dtypes.DType:
        dtype = dtypes.as_dtype(self.dtype or dtypes.float32)
        return dtypes.float32 if dtype in _HALVES else dtype

    def _parameter(self, name: str, size: tuple[int, ...], dtype: dtypes.DType) -> Any:
        return self.add_weight(
            name, shape=size, dtype=dtype, initializer=getattr(self, f"{name}_initializer"), trainable=True,
            regularizer=getattr(self, f"{name}_regularizer"), constraint=getattr(self, f"{name}_constraint"),
        )  # fmt: skip

    def _statistic(self, name: str, size: tuple[int, ...], dtype: dtypes.DType, initializer: Any) -> Any:
        return self.add_weight(
            name, shape=size, dtype=dtype, initializer=initializer, trainable=False,
            synchronization=VariableSynchronization.ON_READ, aggregation=VariableAggregation.MEAN,
        )  # fmt: skip

    def _first_stddev(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        return raw.Sqrt(self.moving_variance_initializer(shape, dtype=dtype))

    # ---------------------------------------------------------------- nodes

    def call(self, inputs: Any, training: Any = False) -> Tensor:
        """The normalized inputs; `training` (a bool or a boolean tensor) chooses between batch and moving averages."""
        if self.fused:
            return self._fused(inputs, training)
        dtype = inputs.dtype.base_dtype
        outer_shape = None
        if self.virtual_batch_size is not None:
            inputs, outer_shape = self._in_virtual_batches(inputs)
        if dtype in _HALVES:
            inputs = cast(inputs, dtypes.float32)
        outputs = self._normalized(inputs, training)
        outputs.set_shape(inputs.static_shape)
        if outer_shape is not None:
            outputs = raw.Reshape(outputs, outer_shape)
        return cast(outputs, dtype) if dtype in _HALVES else outputs

    def _in_virtual_batches(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """The inputs as [virtual_batch_size, groups, ...], and the shape to go back to."""
        sizes = shape(inputs)
        outer = concat([constant([-1]), sizes[1:]], axis=0)
        inner = concat([constant([self.virtual_batch_size, -1]), outer[1:]], axis=0)
        return raw.Reshape(inputs, inner), outer

    def _normalized(self, inputs: Tensor, training: Any) -> Tensor:
        rank = len(inputs.static_shape or ())
        reduced = [axis for axis in range(rank) if axis not in self.axis]
        if self.virtual_batch_size is not None:
            del reduced[1]
        across = self._spreading(inputs, reduced)
        scale, offset = across(self.gamma), across(self.beta)
        if smart_constant_value(training) is False:
            mean, variance = self.moving_mean, self.moving_variance
        else:
            if self.adjustment is not None:
                scale, offset = _then(*self._adjusted(inputs, training), scale, offset)
            mean, variance = self._batch_moments(inputs, reduced, training)
            new_mean, new_variance = mean, variance
            if self.virtual_batch_size is not None:
                new_mean, new_variance = (reduce_mean(value, axis=1, keepdims=True) for value in (mean, variance))
            if self.renorm:
                r, d, new_mean, new_variance = self._renormalized(new_mean, new_variance, training)
                r, d = across(raw.StopGradient(r, name="renorm_r")), across(raw.StopGradient(d, name="renorm_d"))
                scale, offset = _then(r, d, scale, offset)
            self._update_averages(new_mean, new_variance, training)
        mean, variance = cast(mean, inputs.dtype), cast(variance, inputs.dtype)
        offset, scale = (None if value is None else cast(value, inputs.dtype) for value in (offset, scale))
        return batch_normalization(inputs, across(mean), across(variance), offset, scale, self.epsilon)

    def _spreading(self, inputs: Tensor, reduced: list[int]) -> Callable[[Any], Any]:
        """A function that gives a variable per feature the shape [1, features, 1, 1] or the like, when the features are not last."""
        sizes: Any = inputs.static_shape
        wide = [1] * len(sizes)
        wide[self.axis[0]] = sizes[self.axis[0]]

        def spread(value: Any) -> Any:
            if value is None or len(value.shape) == len(sizes) or reduced == list(range(len(sizes) - 1)):
                return value
            return raw.Reshape(value, wide)

        return spread

    def _adjusted(self, inputs: Tensor, training: Any) -> tuple[Any, Any]:
        """The scale and the offset of `adjustment`; 1 and 0 when not training."""
        scale, offset = self.adjustment(shape(inputs))
        scale = smart_cond(training, lambda: scale, lambda: ones_like(scale))
        return scale, smart_cond(training, lambda: offset, lambda: zeros_like(offset))

    def _batch_moments(self, inputs: Tensor, reduced: list[int], training: Any) -> tuple[Any, Any]:
        keep = self.virtual_batch_size is not None or len(self.axis) > 1
        mean, variance = moments(cast(inputs, self._parameter_dtype()), reduced, keepdims=keep)
        return (
            smart_cond(training, lambda: mean, lambda: convert_to_tensor(self.moving_mean)),
            smart_cond(training, lambda: variance, lambda: convert_to_tensor(self.moving_variance)),
        )

    def _update_averages(self, mean: Any, variance: Any, training: Any) -> None:
        def move_stddev() -> Any:
            stddev = _moved(self.moving_stddev, raw.Sqrt(variance + self.epsilon), self.momentum)
            return _replaced(self.moving_variance, raw.Relu(stddev * stddev - self.epsilon))

        def move_variance() -> Any:
            return _moved(self.moving_variance, variance, self.momentum)

        self.add_update(smart_cond(training, lambda: _moved(self.moving_mean, mean, self.momentum), lambda: self.moving_mean))
        self.add_update(smart_cond(training, move_stddev if self.renorm else move_variance, lambda: self.moving_variance))

    # ---------------------------------------------------------------- batch renormalization

    def _renormalized(self, mean: Any, variance: Any, training: Any) -> tuple[Any, Any, Any, Any]:
        """The scale r and offset d that lead from batch to moving statistics, and the moments after these were updated."""
        stddev = raw.Sqrt(variance + self.epsilon)
        kept_stddev = raw.Maximum(self.renorm_stddev, raw.Sqrt(self.epsilon))  # no division by 0 early in training
        r = stddev / kept_stddev
        d = (mean - self.renorm_mean) / kept_stddev
        with control_dependencies([r, d]):  # the correction is of the averages before this step
            mean, stddev = identity(mean), identity(stddev)
        r, d = self._clipped(r, d)
        r = smart_cond(training, lambda: r, lambda: ones_like(r))
        d = smart_cond(training, lambda: d, lambda: zeros_like(d))
        updates = []
        for average, value in ((self.renorm_mean, mean), (self.renorm_stddev, stddev)):
            now = identity(value)
            updates.append(self._moved_while_training(average, now, training))
        with control_dependencies(updates):
            return r, d, identity(mean), identity(variance)

    def _moved_while_training(self, average: Any, value: Any, training: Any) -> Any:
        return smart_cond(training, lambda: _moved(average, value, self.renorm_momentum), lambda: identity(average))

    def _clipped(self, r: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
        lowest, highest, furthest = (self.renorm_clipping.get(key) for key in ("rmin", "rmax", "dmax"))
        if lowest is not None:
            r = raw.Maximum(r, lowest)
        if highest is not None:
            r = raw.Minimum(r, highest)
        if furthest is not None:
            d = raw.Minimum(raw.Maximum(d, -furthest), furthest)
        return r, d

    # ---------------------------------------------------------------- in one op

    def _fused(self, inputs: Tensor, training: Any) -> Tensor:
        scale = self.gamma if self.scale else self._gamma_const
        offset = self.beta if self.center else self._beta_const
        data_format = "NCHW" if self.axis == [1] else "NHWC"

        def by_batch() -> Any:
            mean, variance = (self.moving_mean, self.moving_variance) if release().fuses_with_averages else (None, None)
            return fused_batch_norm(inputs, scale, offset, mean, variance, epsilon=self.epsilon, data_format=data_format)

        def by_averages() -> Any:
            return fused_batch_norm(
                inputs, scale, offset, self.moving_mean, self.moving_variance, epsilon=self.epsilon, is_training=False,
                data_format=data_format,
            )  # fmt: skip

        outputs, mean, variance = smart_cond(training, by_batch, by_averages)
        known = smart_constant_value(training)
        if known is None:
            momentum = smart_cond(training, lambda: self.momentum, lambda: 1.0)
        elif known:
            momentum = convert_to_tensor(self.momentum)
        else:
            return outputs
        self.add_update(_moved(self.moving_mean, mean, momentum))
        self.add_update(_moved(self.moving_variance, variance, momentum))
        return outputs


def _then(scale: Any, offset: Any, next_scale: Any, next_offset: Any) -> tuple[Any, Any]:
    """One scale and offset for two that are applied one after the other."""
    if next_scale is not None:
        scale, offset = scale * next_scale, offset * next_scale
    return scale, offset if next_offset is None else offset + next_offset


def _moved(average: Any, value: Any, momentum: Any) -> Any:
    with get_default_graph().colocate_with(average.op):
        return assign_moving_average(average, value, momentum, zero_debias=False)


def _replaced(variable: Any, value: Any) -> Any:
    with name_scope("AssignNewValue") as scope, get_default_graph().colocate_with(variable.op):
        return assign(variable, value, name=scope)
