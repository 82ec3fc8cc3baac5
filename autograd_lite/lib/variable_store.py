"""The variables that `tf.get_variable` made in a graph, by name, so that the same name gives the same variable again."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.release import release
from autograd_lite.core.where import Where
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import partitioning
from autograd_lite.lib.graph_state import state_of
from autograd_lite.lib.initializers import GlorotUniform, Initializer, Zeros
from autograd_lite.lib.partitioning import PartitionedVariable, PartitionInfo
from autograd_lite.lib.reuse import AUTO_REUSE
from autograd_lite.lib.variable import Variable, VariableAggregation, VariableSynchronization
from autograd_lite.lib.variables import make_variable


class VariableStore:
    """Makes and remembers the variables of `tf.get_variable`."""

    def __init__(self) -> None:
        self._vars: dict[str, Any] = {}
        self._partitioned_vars: dict[str, PartitionedVariable] = {}

    def get_variable(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        custom_getter: Any = None,
        constraint: Any = None,
        synchronization: VariableSynchronization = VariableSynchronization.AUTO,
        aggregation: VariableAggregation = VariableAggregation.NONE,
    ) -> Any:
        """The variable called `name`: an existing one or a new one, as `reuse` (True, False, None, AUTO_REUSE) says.

        Raises:
          ValueError: the variable exists and must not, or the other way round; or its shape or type is another one.
        """
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        dtype = dtypes.as_dtype(dtype).base_dtype if dtype is not None else None
        wish = {
            "shape": shape, "dtype": dtype, "initializer": initializer, "regularizer": regularizer, "reuse": reuse, "trainable": trainable,
            "collections": collections, "caching_device": caching_device, "partitioner": partitioner, "validate_shape": validate_shape,
            "use_resource": use_resource, "constraint": constraint, "synchronization": synchronization, "aggregation": aggregation,
        }  # fmt: skip
        if custom_getter is not None:
            return custom_getter(self._get, name, **wish)
        return self._get(name, **wish)

    def _get(self, name: str, shape: Any = None, dtype: Any = dtypes.float32, initializer: Any = None, partitioner: Any = None,
             reuse: Any = None, synchronization: Any = VariableSynchronization.AUTO, trainable: bool | None = None,
             aggregation: Any = VariableAggregation.NONE, **wish: Any) -> Any:  # fmt: skip
        """What custom getters receive as `getter`."""
        from_value = initializer is not None and not callable(initializer)
        if from_value and shape is not None:
            raise ValueError(
                "If initializer is a constant, do not specify shape.\n"
                f"  Variable {name}: leave out shape={shape}, or use tf.constant_initializer({type(initializer).__name__} value)."
            )
        if shape is not None:
            shape = shapes.as_shape(shape)
        wish.update(
            dtype=dtype, initializer=initializer, reuse=reuse, synchronization=synchronization, trainable=trainable, aggregation=aggregation
        )
        if partitioner is not None:
            if not callable(partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
            return self._get_partitioned(name, partitioner, shape, **wish)
        if reuse is True and name in self._partitioned_vars:
            return self._reused_partitions(name, shape, dtype)
        if f"{name}/part_0" in self._vars:
            raise ValueError(
                f"No partitioner was provided, but a partitioned version of the variable was found: {name}/part_0. Perhaps a variable of "
                "the same name was already created with partitioning?"
            )
        return self._get_single(name, shape, **wish)

    # ---------------------------------------------------------------- one variable

    def _get_single(self, name: str, shape: shapes.Shape, dtype: Any, initializer: Any, reuse: Any, regularizer: Any = None,
                    partition_info: PartitionInfo | None = None, **wish: Any) -> Any:  # fmt: skip
        if name in self._vars:
            if reuse is False:
                raise ValueError(self._exists_already(name))
            return self._reused(name, shape, dtype)
        if reuse is True:
            raise ValueError(self._does_not_exist(name))
        if initializer is None:
            initializer = _default_initializer(name, shape, dtype)
        start, start_dtype = _start(name, shape, dtype, initializer, partition_info)
        variable = make_variable(initial_value=start, name=name, dtype=start_dtype, **wish)
        self._vars[name] = variable
        if regularizer is not None:
            _regularize(variable, name, regularizer)
        return variable

    def _exists_already(self, name: str) -> str:
        found = self._vars[name]
        message = f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
        where: Where | None = getattr(found, "_where", None)
        if where is None:
            return message
        return (
            f'{message} Originally defined at:\n\n  File "{where.filename}", line {where.line}, in {where.function}\n\n'
            f"  To use {found!r} a second time: with tf.variable_scope(..., reuse=True), or reuse=tf.AUTO_REUSE from the start.\n"
            "  To start afresh (in a notebook, say): tf.reset_default_graph()."
        )

    def _does_not_exist(self, name: str) -> str:
        made = [other for other in self._vars if other.split("/")[-1] == name.split("/")[-1]]
        hint = f" Of that last name there is: {', '.join(made[:5])}." if made else ""
        return (
            f"Variable {name} does not exist, or was not created with tf.get_variable(). "
            "Did you mean to set reuse=tf.AUTO_REUSE in VarScope?\n"
            f"  reuse=True only finds variables that tf.get_variable made before.{hint}"
        )

    def _reused(self, name: str, shape: shapes.Shape, dtype: Any) -> Any:
        found = self._vars[name]
        held = found.shape.dims_tuple
        if not shapes.compatible(shape, held):
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {shapes.python_text(shape)} "
                f"and found shape {shapes.python_text(held)}.\n"
                f"  {found!r} was made at {getattr(found, '_where', 'an unknown place')}."
            )
        if dtype is not None and not dtype.is_compatible_with(found.dtype):
            raise ValueError(
                f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype {found.dtype.name}.\n"
                f"  {found!r} was made at {getattr(found, '_where', 'an unknown place')}."
            )
        return found

    # ---------------------------------------------------------------- a variable in parts

    def _get_partitioned(
        self, name: str, partitioner: Any, shape: shapes.Shape, dtype: Any, initializer: Any, reuse: Any, **wish: Any
    ) -> Any:
        if initializer is not None and not callable(initializer):
            shape = convert_to_tensor(initializer).static_shape
        if name in self._partitioned_vars:
            if reuse is False:
                raise ValueError(
                    f"Partitioned variable with name {name} already exists. "
                    "Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
                )
            return self._reused_partitions(name, shape, dtype)
        if reuse is True:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set reuse=False or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
        if not shapes.is_defined(shape):
            raise ValueError(
                f"Shape of a new partitioned variable ({name}) must be fully defined, but instead was {shapes.python_text(shape)}."
            )
        if not shape:
            raise ValueError(f"A partitioned Variable must have rank at least 1: {shapes.python_text(shape)}")
        whole_shape = partitioning.full_shape(shape)
        partitions = partitioning.partition_counts(partitioner, whole_shape, dtype)
        parts = partitioning.parts_of(whole_shape, partitions)
        if f"{name}/part_0" in self._vars:
            partitioning.check_number_of_parts(self._vars, name, len(parts))
        variables = []
        for number, (offset, part_shape) in enumerate(parts):
            info = PartitionInfo(full_shape=list(whole_shape), var_offset=list(offset))
            start, start_shape = partitioning.start_of_part(initializer, offset, part_shape, dtype)
            variable = self._get_single(f"{name}/part_{number}", start_shape, dtype, start, reuse, partition_info=info, **wish)
            variable._set_save_slice_info(Variable.SaveSliceInfo(name, whole_shape, offset, part_shape))
            variables.append(variable)
        whole = PartitionedVariable(name=name, shape=shape, dtype=dtype, variable_list=variables, partitions=partitions)
        self._partitioned_vars[name] = whole
        return whole

    def _reused_partitions(self, name: str, shape: shapes.Shape, dtype: Any) -> PartitionedVariable:
        found = self._partitioned_vars[name]
        if not shapes.compatible(shape, found.get_shape().dims_tuple):
            raise ValueError(
                f"Trying to reuse partitioned variable {name}, but specified shape {shapes.python_text(shape)} "
                f"and found shape {found.get_shape()}."
            )
        if dtype is not None and not dtype.is_compatible_with(found.dtype):
            raise ValueError(
                f"Trying to reuse partitioned variable {name}, but specified dtype {dtype.name} and found dtype {found.dtype.name}."
            )
        return found


def default_store(graph: Graph | None = None) -> VariableStore:
    """The store of a graph (the default one unless given)."""
    state = state_of(graph or get_default_graph())
    if state.store is None:
        state.store = VariableStore()
    return state.store


# ---------------------------------------------------------------- start values


def _default_initializer(name: str, shape: shapes.Shape, dtype: Any) -> Any:
    if shape is None:
        raise ValueError(
            f"Variable {name} did not get an initializer, so its `shape` argument must be specified.\n"
            f"  For example tf.get_variable({name!r}, [3, 2]), or tf.get_variable({name!r}, initializer=tf.zeros([3, 2]))."
        )
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_bool or dtype == dtypes.string:
        return Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype} is required")


def _start(name: str, shape: shapes.Shape, dtype: Any, initializer: Any, partition_info: PartitionInfo | None) -> tuple[Any, Any]:
    """The start value, or a function that makes it, and the type that the variable is told to have (None: that of the value)."""
    if not callable(initializer):
        return initializer, None
    if inspect.isclass(initializer):
        initializer = initializer()
    takes = _parameters(initializer)
    if shape is not None and shapes.is_defined(shape):
        keywords: dict[str, Any] = {"dtype": dtype}
        if "partition_info" in takes:
            keywords["partition_info"] = partition_info
        return lambda: initializer(list(shape), **keywords), dtype
    if all(parameter.default is not parameter.empty for parameter in takes.values()):
        return initializer, None
    raise ValueError(
        "The initializer passed is not valid. It should be a callable with no arguments and the shape should not be provided or an "
        "instance of `tf.keras.initializers.*' and `shape` should be fully defined.\n"
        f"  Variable {name}: shape={shapes.python_text(shape)}, initializer={initializer!r}."
    )


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters that a caller must or may name, without `*args` and `**kwargs`."""
    if isinstance(function, Initializer):
        return _parameters_of_class(type(function))
    try:
        return _named(inspect.signature(function))
    except (TypeError, ValueError):
        return {}


_PARAMETERS_OF: dict[type, dict[str, inspect.Parameter]] = {}  # of the classes of initializers


def _parameters_of_class(kind: type) -> dict[str, inspect.Parameter]:
    found = _PARAMETERS_OF.get(kind)
    if found is None:
        parameters = _named(inspect.signature(kind.__call__))
        found = _PARAMETERS_OF[kind] = dict(list(parameters.items())[1:])  # without self
    return found


def _named(signature: inspect.Signature) -> dict[str, inspect.Parameter]:
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: parameter for name, parameter in signature.parameters.items() if parameter.kind not in kinds}


# ---------------------------------------------------------------- regularization


class RegularizationLoss:
    """The loss of a regularizer, built again by each use (as release 2.21 does, for loops that outlive their graph)."""

    _is_tensor_like = True

    def __init__(self, build: Callable[[], Tensor]) -> None:
        self._build = build
        self._first = build()

    @property
    def name(self) -> str:
        """The name of the first of its tensors."""
        return self._first.name

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._first.dtype

    @property
    def graph(self) -> Graph:
        """The graph to which it belongs."""
        return self._first.graph

    def _as_graph_element(self) -> Tensor:
        return self._first


def _convert_loss(value: RegularizationLoss, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    return value._build()


register_tensor_conversion_function(RegularizationLoss, _convert_loss)


def _regularize(variable: Any, name: str, regularizer: Callable[[Any], Any]) -> None:
    """Put the loss that a regularizer makes for a variable into the collection of regularization losses."""
    graph = variable.graph

    def build() -> Any:
        with graph.colocate_with(variable.op), graph.name_scope(f"{name}/Regularizer/"), graph.control_dependencies(None):
            return regularizer(variable)

    if release().regularizes_lazily:
        loss = None if regularizer(variable) is None else RegularizationLoss(build)
    else:
        loss = build()
    if loss is not None:
        graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)


__all__ = ["AUTO_REUSE", "VariableStore", "default_store"]
