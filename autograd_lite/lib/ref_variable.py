"""Reference variables, the kind that TF1 makes by default: a VariableV2 node whose output is a reference that Assign and others change.

A variable `w` is four nodes: its start value (`w/initial_value` when it was made from a Python value), `w` itself, `w/Assign`, which is its
initializer, and `w/read`, through which everything else sees the value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.where import capture
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import register_tensor_conversion_function
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import initial_values
from autograd_lite.lib.batch_rows import batch_positions
from autograd_lite.lib.variable import SaveSliceInfo, Variable, VariableAggregation, VariableSynchronization


class RefVariable(Variable):
    """A variable that is a VariableV2 node. Make one with `tf.Variable` or `tf.get_variable`, which take the same arguments."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: VariableSynchronization | None = None,
        aggregation: VariableAggregation | None = None,
        shape: Any = None,
    ) -> None:
        self._where = capture()
        self._save_slice_info: Any = None
        self._constraint = constraint
        self._synchronization = synchronization or VariableSynchronization.AUTO
        self._aggregation = aggregation or VariableAggregation.NONE
        self._trainable = initial_values.trainable_by_default(trainable, self._synchronization)
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._take_from_graph(variable_def, import_scope)
            return
        names = initial_values.check_arguments(initial_value, collections, constraint, self._trainable)
        graph = get_default_graph()
        self._build(graph, initial_value, validate_shape, caching_device, name, dtype, shape)
        graph.add_to_collections(names, self)

    def _build(
        self, graph: Graph, initial_value: Any, validate_shape: bool, caching_device: Any, name: str | None, dtype: Any, shape: Any
    ) -> None:
        owned = callable(initial_value)  # then its nodes belong to the variable
        with graph.control_dependencies(None), graph.name_scope("Variable" if name is None else name) as scope:
            start = initial_values.start_tensor(graph, initial_value, dtype, scope if owned else None)
            initial_values.check_start(start, scope, validate_shape)
            self._initial_value = start
            held: shapes.Shape = start.static_shape if validate_shape else None
            if shape is not None:
                held = shapes.as_shape(shape)
            with initial_values.class_of(graph, scope if owned else None):
                self._variable: Tensor = raw.VariableV2(shape=held, dtype=start.dtype.base_dtype, container=graph._container, name=scope)
            guarded = initial_values.guarded(scope, start)
            self._initializer_op: Operation = raw.Assign(self._variable, guarded, validate_shape=validate_shape, use_locking=True).op
            beside = graph.colocate_with(self._variable.op, ignore_existing=True)
            with beside if caching_device is None else graph.device(caching_device):
                self._snapshot: Tensor = raw.Identity(self._variable, name="read")
        self._caching_device = caching_device

    def _take_from_graph(self, variable_def: Any, import_scope: str | None) -> None:
        """Find the nodes that a VariableDef message names in the default graph."""
        graph = get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(f"{import_scope}/{name}" if import_scope else name)

        self._variable = element(variable_def.variable_name)
        self._initializer_op = element(variable_def.initializer_name)
        self._initial_value = element(variable_def.initial_value_name) if variable_def.initial_value_name else None
        self._snapshot = element(variable_def.snapshot_name)
        self._trainable = variable_def.trainable
        self._caching_device = None
        self._constraint = None
        if variable_def.HasField("save_slice_info_def"):
            self._save_slice_info = SaveSliceInfo(save_slice_info_def=variable_def.save_slice_info_def, import_scope=import_scope)

    # what it is

    @property
    def name(self) -> str:
        """The name, as `w:0`."""
        return self._variable.name

    @property
    def op(self) -> Operation:
        """The VariableV2 node."""
        return self._variable.op

    @property
    def dtype(self) -> dtypes.DType:
        """The element type, a reference type such as `float32_ref`."""
        return self._variable.dtype

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape."""
        return self._variable.shape

    @property
    def initializer(self) -> Operation:
        """The Assign operation that gives the variable its initial value."""
        return self._initializer_op

    def _saved_nodes(self) -> tuple[Operation, Tensor]:
        return self._initializer_op, self._snapshot

    def set_shape(self, shape: Any) -> None:
        """Add what you know about the shape.

        Raises:
          ValueError: when it contradicts what is known already.
        """
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    # its value

    def value(self) -> Tensor:
        """The tensor `read`: what the variable holds when the graph runs."""
        return self._snapshot

    def _ref(self) -> Tensor:
        return self._variable

    def _as_graph_element(self) -> Tensor:
        return self._variable

    def read_value(self) -> Tensor:
        """A new node that reads the variable, ordered by the control dependencies in force here."""
        return raw.Identity(self._variable, name="read")

    def initialized_value(self) -> Tensor:
        """The value that the variable has, or will have once it is initialized."""
        return initial_values.initialized_value(self)

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """Rows `indices` of the variable."""
        return raw.GatherV2(self._as_tensor(), indices, 0, name=name)

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """The slices of the variable at the positions `indices`."""
        return raw.GatherNd(self._as_tensor(), indices, name=name)

    # how it changes

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Replace what the variable holds by `value`; returns the reference after that (or, without `read_value`, the operation).

        Raises:
          ValueError: when the static shapes differ.
          TypeError: when the types differ.
        """
        result = raw.Assign(self._variable, value, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Add `delta` to what the variable holds; returns the reference after that (or, without `read_value`, the operation)."""
        result = raw.AssignAdd(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Subtract `delta` from what the variable holds; returns the reference after that (or, without `read_value`, the operation)."""
        result = raw.AssignSub(self._variable, delta, use_locking=use_locking, name=name)
        return result if read_value else result.op

    def count_up_to(self, limit: int) -> Tensor:
        """Count up by one and return the number before; at `limit` raise OutOfRangeError instead."""
        return raw.CountUpTo(self._variable, limit=limit)

    def _scatter(self, kind: str, sparse_delta: IndexedSlices, use_locking: bool, name: str | None) -> Any:
        scatter = getattr(raw, f"Scatter{kind.capitalize()}")
        return scatter(self._variable, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name)

    def _assign_slice(self, part: Operation, value: Any, masks: dict[str, int], name: str) -> Any:
        with part.graph.name_scope(f"{part.name}/"):
            return raw.StridedSliceAssign(self._variable, *part.inputs[1:], value, **masks, name=name)

    def _scatter_nd(self, kind: str, indices: Any, updates: Any, name: str | None) -> Any:
        return getattr(raw, f"ScatterNd{kind.capitalize()}")(self._variable, indices, updates, use_locking=True, name=name)

    def batch_scatter_update(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Replace, in each batch entry, the rows `sparse_delta.indices` by `sparse_delta.values`; returns the updated variable."""
        positions = batch_positions(sparse_delta.indices)
        return raw.ScatterNdUpdate(self._variable, positions, sparse_delta.values, use_locking=use_locking, name=name)


def _convert(value: RefVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    """A reference variable where a tensor is wanted: its `read` node, or the reference itself where an op changes it."""
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type '{value.dtype.name}'\n"
            f"  {value!r}, made at {value._where}; tf.cast(variable, dtype) converts its value."
        )
    return value._ref() if as_ref else value.value()


register_tensor_conversion_function(RefVariable, _convert)
