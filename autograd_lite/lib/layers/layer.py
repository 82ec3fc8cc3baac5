"""`tf.layers.Layer`: an object that makes its variables when it is first called and uses the same ones ever after."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_lite.api.arrays import shape as shape_of
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import placeholder
from autograd_lite.api.math import truediv
from autograd_lite.core import dtypes, nest, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import graph_of, name_scope
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.lib.graph_state import state_of
from autograd_lite.lib.initializers import GlorotUniform, Zeros
from autograd_lite.lib.layers.connections import Connections
from autograd_lite.lib.layers.input_spec import check_inputs
from autograd_lite.lib.layers.variables_of_layer import VariablesOfLayer
from autograd_lite.lib.partitioning import PartitionedVariable
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable import VariableAggregation, VariableSynchronization
from autograd_lite.lib.variable_scope import VariableScope, get_variable, variable_scope
from autograd_lite.lib.variables import global_variables

_COUNTS = "layer names"  # the property of a graph that counts layers by name
_KEYWORDS = ("_scope", "_reuse", "input_shape", "batch_input_shape", "batch_size", "weights", "activity_regularizer", "autocast", "dynamic")


@export("layers.Layer")
class Layer(Connections, VariablesOfLayer):
    """The base of all layers. Write your own: variables in `build` with `self.add_weight`, nodes in `call`.

    Args:
      trainable: whether its variables are added to `tf.trainable_variables()`.
      name: the name of the layer and of its variable scope; made of the name of the class, and unique, if None.
      dtype: the type of its variables; that of the first input if None.
      **kwargs: `activity_regularizer`, a function from the result to a loss.

    >>> import autograd_lite as tf
    >>> class Scale(tf.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight("factor", [], initializer=tf.ones_initializer())
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> y = Scale()(tf.constant([1.0, 2.0]))
    >>> y.name, tf.trainable_variables()[0].name
    ('scale/mul:0', 'scale/factor:0')
    """

    def __init__(self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any) -> None:
        for keyword in kwargs:
            if keyword not in _KEYWORDS:
                raise TypeError("Keyword argument not understood:", keyword)
        super().__init__()
        self.trainable = trainable
        self.built = False
        self.stateful = False
        self.supports_masking = False
        self.input_spec: Any = None
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype).name
        self._activity_regularizer = kwargs.get("activity_regularizer")
        self._reuse = kwargs.get("_reuse")
        self._scope: VariableScope | None = None
        self._current_scope: VariableScope | None = None
        self._graph: Graph | None = None
        self._name, self._base_name = self._names_for(name)
        if kwargs.get("_scope"):
            with variable_scope(kwargs["_scope"]) as scope:
                self._scope = scope

    # ---------------------------------------------------------------- names

    def _names_for(self, name: Any) -> tuple[str, str]:
        """The name of the layer, and the default name of its scope."""
        if name and not isinstance(name, VariableScope):
            return name, name
        base = _snake_case(type(self).__name__)
        counts = get_default_graph().properties.setdefault(_COUNTS, {})
        counts[base] = counts.get(base, 0) + 1
        return f"{base}_{counts[base]}", name.name if name else base

    @property
    def name(self) -> str:
        """The name of the layer. That of its variables begins with `scope_name`."""
        return self._name

    @property
    def scope_name(self) -> str:
        """The name of the variable scope in which its variables are.

        Raises:
          ValueError: before the first call, which decides about it.
        """
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been used yet. The scope name  is determined '
                "the first time the layer instance is called. You must therefore call the layer before querying `scope_name`."
            )
        return self._scope.name

    def _name_scope(self) -> str:
        scope = self._current_scope
        return "" if scope is None else scope.original_name_scope

    @property
    def name_scope(self) -> str:
        """The name scope in which its nodes are built."""
        return self._name_scope()

    def _set_scope(self, scope: Any = None) -> None:
        """Open the variable scope of the layer, once."""
        if self._scope is not None:
            return
        if self._reuse:
            opened = variable_scope(scope if scope is not None else self._base_name)
        else:
            opened = variable_scope(scope, default_name=self._base_name)
        with opened as captured:
            self._scope = captured

    # ---------------------------------------------------------------- what it is

    @property
    def dtype(self) -> Any:
        """The name of the type of its variables; None before the first call."""
        return self._dtype

    @property
    def dynamic(self) -> bool:
        """Always False: what a layer does is written down in a graph."""
        return False

    @property
    def graph(self) -> Graph | None:
        """The graph of its first call."""
        return self._graph

    @property
    def activity_regularizer(self) -> Any:
        """The function from the result to a loss, or None."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer: Any) -> None:
        self._activity_regularizer = regularizer

    # ---------------------------------------------------------------- to be written by layers

    def build(self, input_shape: Any) -> None:
        """Make the variables; called once, with the shape of the first inputs."""
        self.built = True

    def _pass_on(self, inputs: Any, **kwargs: Any) -> Any:
        """Build the nodes of one use of the layer, and return its result."""
        return inputs

    call: Callable[..., Any] = _pass_on  # each layer takes arguments of its own

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result for inputs of this shape."""
        with Graph().as_default():
            given = nest.map_structure(lambda one: placeholder(self.dtype or dtypes.float32, one), _as_shapes(input_shape))
            return nest.map_structure(lambda tensor: tensor.shape, self._copy_of_same_kind()(given))

    def compute_output_signature(self, input_signature: Any) -> Any:
        """The shape and type of the result for inputs of this shape and type, as a `tf.TensorSpec`-like object."""
        shape = self.compute_output_shape(nest.map_structure(lambda spec: spec.shape, input_signature))
        first = nest.flatten(input_signature)[0]
        return type(first)(shape, self.dtype or first.dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the result.

        Raises:
          TypeError: there is a mask and the layer does not support masks.
        """
        if not self.supports_masking and any(one is not None for one in nest.flatten(mask)):
            raise TypeError(f"Layer {self.name} does not support masking, but was passed an input_mask: {mask}")
        return mask if self.supports_masking else None

    # ---------------------------------------------------------------- calling

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Use the layer on `inputs` (a tensor, or a structure of them): the first call makes its variables.

        Args:
          *args, **kwargs: further arguments of `call`; `scope=` names the variable scope of the first call.

        Raises:
          ValueError: the inputs do not fit.
        """
        scope = kwargs.pop("scope", None)
        graph = graph_of_inputs(inputs)
        with graph.as_default(), as_before_on_error(graph, self):
            return self._use(graph, inputs, scope, args, kwargs)

    def _use(self, graph: Graph, inputs: Any, scope: Any, args: Any, kwargs: Any) -> Any:
        self._set_scope(scope)
        takes = inspect.signature(self.call).parameters
        if "scope" in takes:
            kwargs["scope"] = self._scope
        with variable_scope(self._scope, reuse=True if self.built else self._reuse, auxiliary_name_scope=False) as current:
            self._current_scope = current
            inputs = nest.map_structure(_as_tensor, inputs)
            with name_scope(self._name_scope()):
                self._build_once(inputs)
                check_inputs(self.input_spec, inputs, self.name)
                outputs = self.call(inputs, *args, **kwargs)
                if outputs is None:
                    raise ValueError(f"A layer's `call` method should return a Tensor or a list of Tensors, not None (layer: {self.name}).")
                self._regularize_activity(outputs, inputs)
        self._graph = graph
        self._connect(inputs, outputs)
        add_once(self.updates, GraphKeys.UPDATE_OPS)
        return outputs

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The same as calling the layer."""
        return self(inputs, *args, **kwargs)

    def _build_once(self, inputs: Any) -> None:
        if self.built:
            return
        check_inputs(self.input_spec, inputs, self.name)
        leaves = nest.flatten(inputs)
        if self._dtype is None and leaves and hasattr(leaves[0], "dtype"):
            self._dtype = leaves[0].dtype.base_dtype.name
        known = all(hasattr(leaf, "get_shape") for leaf in leaves)
        self.build(nest.map_structure(lambda leaf: leaf.get_shape(), inputs) if known else None)
        self.built = True

    def _regularize_activity(self, outputs: Any, inputs: Any) -> None:
        if self._activity_regularizer is None:
            return
        with name_scope("ActivityRegularizer"):
            for output in nest.flatten(outputs):
                loss = self._activity_regularizer(output)
                batch = cast(shape_of(output)[0], loss.dtype)
                self.add_loss(truediv(loss, batch), inputs=inputs)

    # ---------------------------------------------------------------- variables

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: VariableSynchronization = VariableSynchronization.AUTO,
        aggregation: VariableAggregation = VariableAggregation.NONE,
        partitioner: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Make a variable of this layer, or find it when the layer shares its scope with another.

        Args:
          name: its name inside the scope of the layer.
          shape: its shape.
          dtype: its type; that of the layer if None, float32 if that is open.
          initializer: how it starts; the scope's if None, else Glorot's for floating types and zeros for others.
          regularizer: a function from the variable to a loss.
          trainable: whether optimizers change it; True if None, unless `synchronization` is `ON_READ`.
          constraint, use_resource, synchronization, aggregation, partitioner: see `tf.get_variable`.

        Raises:
          ValueError: trainable and synchronized on read, or no start value for its type.
        """
        for keyword in kwargs:
            if keyword not in ("getter", "collections", "experimental_autocast", "caching_device"):
                raise TypeError("Unknown keyword argument:", keyword)
        if synchronization is VariableSynchronization.ON_READ:
            if trainable:
                raise ValueError(
                    "Synchronization value can be set to VariableSynchronization.ON_READ only for non-trainable variables. "
                    "You have specified trainable=True and synchronization=VariableSynchronization.ON_READ."
                )
            trainable = False
        known = {id(variable) for variable in global_variables()}
        kind = dtypes.as_dtype(dtype or self._dtype or dtypes.float32).base_dtype
        self._set_scope(None)
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                variable = get_variable(
                    name, shape=shape, dtype=kind, initializer=initializer or scope.initializer or _usual_start(name, kind),
                    trainable=(trainable is None or bool(trainable)) and self.trainable, constraint=constraint, partitioner=partitioner,
                    use_resource=use_resource or scope.use_resource, synchronization=synchronization, aggregation=aggregation,
                    collections=kwargs.get("collections"), caching_device=kwargs.get("caching_device"),
                )  # fmt: skip
                self._keep_weight(variable, trainable is None or bool(trainable))
                if regularizer is not None and not all(id(part) in known for part in parts_of(variable)):
                    self._regularize_weight(name, variable, regularizer)
        return variable

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """The same as `add_weight`."""
        return self.add_weight(*args, **kwargs)

    def _regularize_weight(self, name: str, variable: Any, regularizer: Callable[[Any], Any]) -> None:
        for part in parts_of(variable):
            with name_scope(f"{name}/Regularizer"):
                loss = regularizer(part)
            if loss is not None:
                self.add_loss(loss)

    # ---------------------------------------------------------------- losses and updates

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Note losses (tensors, or functions without arguments that build them) of this layer, in `REGULARIZATION_LOSSES` too.

        Args:
          losses: one or a list; None among them is left out.
          inputs: the inputs on which they depend; None when they depend on none.
        """
        made = [loss() if callable(loss) else loss for loss in nest.flatten(losses)]
        made = [convert_to_tensor(loss) for loss in made if loss is not None]
        self._losses += made
        self._conditional |= {id(loss) for loss in made if inputs is not None}
        add_once(made, GraphKeys.REGULARIZATION_LOSSES)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Note operations (or functions that build them) that are to run with each training step: they go into `UPDATE_OPS`."""
        for update in nest.flatten(updates):
            update = update() if callable(update) and not isinstance(update, Operation) else update
            if update is not None:
                self._updates.append(update if isinstance(update, Operation) else convert_to_tensor(update).op)

    def add_metric(self, value: Any, aggregation: str | None = None, name: str | None = None) -> None:
        """Note a tensor as a metric of this layer.

        Raises:
          ValueError: for another aggregation than `mean` or None.
        """
        if aggregation not in (None, "mean"):
            raise ValueError(f"We currently support only `mean` sample-wise metric aggregation. You provided aggregation=`{aggregation}`")
        self._metrics.append(value)

    # ---------------------------------------------------------------- configuration

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a layer like this one, as plain values."""
        return {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer from what `get_config` gave; it has variables of its own."""
        return cls(**config)

    def _copy_of_same_kind(self) -> Layer:
        return type(self).from_config(self.get_config())

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a method so that its nodes are built in the name scope of the layer."""

        def inside(self: Layer, *args: Any, **kwargs: Any) -> Any:
            with name_scope(self._name_scope()):
                return method(self, *args, **kwargs)

        return inside


class as_before_on_error:
    """When this context ends with an error, the graph, its counts of scopes and layers, and the layer are as they were."""

    def __init__(self, graph: Graph, layer: Layer | None = None) -> None:
        self._graph = graph
        self._layer = layer
        self._transaction = all_or_nothing(graph)

    def __enter__(self) -> None:
        self._scope_counts = state_of(self._graph).thread.scope_counts.copy()
        self._layer_counts = dict(self._graph.properties.get(_COUNTS, {}))
        self._before = {} if self._layer is None else {key: _copied(value) for key, value in vars(self._layer).items()}
        self._transaction.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._transaction.__exit__(kind, error, trace)
        if kind is None:
            return
        state_of(self._graph).thread.scope_counts = self._scope_counts
        self._graph.properties[_COUNTS] = self._layer_counts
        if self._layer is not None:
            vars(self._layer).clear()
            vars(self._layer).update(self._before)


def graph_of_inputs(inputs: Any) -> Graph:
    """The graph of the tensors among the inputs of a layer; the default one when there are none."""
    tensors = [leaf for leaf in nest.flatten(inputs) if hasattr(leaf, "graph") and hasattr(leaf, "dtype")]
    return graph_of(tensors) if tensors else get_default_graph()


def _copied(value: Any) -> Any:
    return type(value)(value) if type(value) in (list, set, dict) else value


def add_once(items: Iterable[Any], collection: str) -> None:
    """Add to a collection of the default graph what is not in it yet."""
    known = get_default_graph().get_collection_ref(collection)
    seen = {id(item) for item in known}
    for item in items:
        if id(item) not in seen:
            known.append(item)
            seen.add(id(item))


def parts_of(variable: Any) -> list[Any]:
    """A variable, or the variables of which a partitioned one consists."""
    return list(variable) if isinstance(variable, PartitionedVariable) else [variable]


def _usual_start(name: str, dtype: dtypes.DType) -> Any:
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_bool:
        return Zeros()
    raise ValueError(f"An initializer for variable {name} of type {dtype} is required")


def _as_tensor(value: Any) -> Any:
    return convert_to_tensor(value) if isinstance(value, np.ndarray | float | int) else value


def _as_shapes(shape: Any) -> Any:
    """One shape or a list of shapes, as TensorShapes."""
    if isinstance(shape, list) and shape and all(isinstance(one, list | tuple | shapes.TensorShape) for one in shape):
        return [shapes.TensorShape(one) for one in shape]
    return shapes.TensorShape(shape)


def _snake_case(name: str) -> str:
    """`BatchNormalization` -> `batch_normalization`."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()
    return f"private{spaced}" if spaced.startswith("_") else spaced
