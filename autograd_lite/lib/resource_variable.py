"""Resource variables: a VarHandleOp node names the variable, and every read is a node of its own.

Chosen with `use_resource=True`. A read sees exactly the writes that control dependencies put before it, which a reference variable does
not promise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.release import release
from autograd_lite.core.where import capture
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor, register_tensor_conversion_function
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import initial_values
from autograd_lite.lib.batch_rows import batch_positions
from autograd_lite.lib.variable import SaveSliceInfo, Variable, VariableAggregation, VariableSynchronization


class ResourceVariable(Variable):
    """A variable that is a VarHandleOp node. Make one with `use_resource=True`; the arguments are those of `tf.Variable`."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        variable_def: Any = None,
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
        self._build(graph, initial_value, validate_shape, name, dtype, shape)
        graph.add_to_collections(names, self)

    def _build(self, graph: Graph, initial_value: Any, validate_shape: bool, name: str | None, dtype: Any, shape: Any) -> None:
        with graph.control_dependencies(None), graph.name_scope("Variable" if name is None else name) as scope:
            plain = scope.rstrip("/")
            start = initial_values.start_tensor(graph, initial_value, dtype, scope)
            initial_values.check_start(start, scope, validate_shape)
            self._initial_value = start
            self._dtype = start.dtype.base_dtype
            self._shape: shapes.Shape = shapes.as_shape(shape) if shape is not None else start.static_shape
            with initial_values.class_of(graph, scope):
                self._handle: Tensor = raw.VarHandleOp(
                    dtype=self._dtype, shape=self._shape, shared_name=plain, container=graph._container, name=scope
                )
            _set_if_written(self._handle.op, "debug_name", scope)
            with graph.name_scope("IsInitialized"):
                raw.VarIsInitializedOp(self._handle)
            guarded = initial_values.guarded(scope, start)
            with (
                graph.name_scope("Assign") as assign_name,
                graph.colocate_with(None, ignore_existing=True),
                graph.device(self._handle.device or None),
            ):
                self._initializer_op: Operation = raw.AssignVariableOp(self._handle, guarded, name=assign_name)
            with graph.name_scope("Read"):
                self._graph_element: Tensor = self._read()

    def _take_from_graph(self, variable_def: Any, import_scope: str | None) -> None:
        """Find the nodes that a VariableDef message names in the default graph."""
        graph = get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(f"{import_scope}/{name}" if import_scope else name)

        self._handle = element(variable_def.variable_name)
        self._dtype = self._handle.op.attrs["dtype"]
        self._shape = self._handle.op.attrs["shape"]
        self._initializer_op = element(variable_def.initializer_name)
        self._initial_value = element(variable_def.initial_value_name) if variable_def.initial_value_name else None
        self._graph_element = element(variable_def.snapshot_name) if variable_def.snapshot_name else self._read()
        self._trainable = variable_def.trainable
        self._constraint = None
        if variable_def.HasField("save_slice_info_def"):
            self._save_slice_info = SaveSliceInfo(save_slice_info_def=variable_def.save_slice_info_def, import_scope=import_scope)

    # what it is

    @property
    def name(self) -> str:
        """The name, as `w:0`."""
        return self._handle.name

    @property
    def handle(self) -> Tensor:
        """The tensor that names the variable; ops that change the variable take it."""
        return self._handle

    @property
    def op(self) -> Operation:
        """The VarHandleOp node."""
        return self._handle.op

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._dtype

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape."""
        return shapes.TensorShape(self._shape)

    @property
    def initializer(self) -> Operation:
        """The AssignVariableOp operation that gives the variable its initial value."""
        return self._initializer_op

    @property
    def create(self) -> Operation:
        """The same as `initializer`."""
        return self._initializer_op

    def _saved_nodes(self) -> tuple[Operation, Tensor]:
        return self._initializer_op, self._graph_element

    def set_shape(self, shape: Any) -> None:
        """Add what you know about the shape.

        Raises:
          ValueError: when it contradicts what is known already.
        """
        self._shape = shapes.merge(self._shape, shapes.as_shape(shape))
        self._graph_element.set_shape(shape)

    def is_initialized(self, name: str | None = None) -> Tensor:
        """A tensor that tells whether the variable holds a value."""
        return raw.VarIsInitializedOp(self._handle, name=name)

    # its value

    def _read(self) -> Tensor:
        value = raw.ReadVariableOp(self._handle, dtype=self._dtype)
        if value.static_shape is None and self._shape is not None:
            value.set_shape(self._shape)
        return value

    def value(self) -> Tensor:
        """A new node that reads the variable."""
        graph = self._handle.graph
        with graph.colocate_with(None, ignore_existing=True), graph.device(self._handle.device or None):
            return self._read()

    def read_value(self) -> Tensor:
        """A new node that reads the variable, ordered by the control dependencies in force here."""
        with self._handle.graph.name_scope("Read"):
            value = self._read()
        return raw.Identity(value)

    def _as_graph_element(self) -> Tensor:
        return self._graph_element

    def initialized_value(self) -> Tensor:
        """The value that the variable has, or will have once it is initialized."""
        return initial_values.initialized_value(self)

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """Rows `indices` of the variable, read without reading the others."""
        with self._handle.graph.name_scope(name or "Gather") as scope:
            value = raw.ResourceGather(self._handle, indices, dtype=self._dtype, name=scope)
            return raw.Identity(value) if release().copies_sparse_reads else value

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """The slices of the variable at the positions `indices`."""
        return raw.GatherNd(self.value(), indices, name=name)

    # how it changes

    def _after(self, op: Operation) -> UpdatedVariable:
        """This variable, read after `op`."""
        return UpdatedVariable(self, op)

    def _new_value(self, value: Any, what: str) -> Tensor:
        tensor = convert_to_tensor(value, dtype=self._dtype)
        if not shapes.compatible(self._shape, tensor.static_shape):
            raise ValueError(
                f"Cannot {what} value to variable ' {self.name}': Shape mismatch."
                f"The variable shape {self.shape}, and the assigned value shape {tensor.shape} are incompatible.\n"
                f"  The variable was made at {self._where}."
            )
        return tensor

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Replace what the variable holds by `value`; returns the variable after that (or, without `read_value`, the operation).

        Raises:
          ValueError: when the static shapes differ.
          TypeError, ValueError: when the types differ.
        """
        op = raw.AssignVariableOp(self._handle, self._new_value(value, "assign"), name=name)
        _set_if_written(op, "validate_shape", True)
        return self._after(op) if read_value else op

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Add `delta` to what the variable holds; returns the variable after that (or, without `read_value`, the operation)."""
        op = raw.AssignAddVariableOp(self._handle, convert_to_tensor(delta, dtype=self._dtype), name=name)
        return self._after(op) if read_value else op

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Subtract `delta` from what the variable holds; returns the variable after that (or, without `read_value`, the operation)."""
        op = raw.AssignSubVariableOp(self._handle, convert_to_tensor(delta, dtype=self._dtype), name=name)
        return self._after(op) if read_value else op

    def count_up_to(self, limit: int) -> Tensor:
        """Count up by one and return the number before; at `limit` raise OutOfRangeError instead."""
        return raw.ResourceCountUpTo(self._handle, limit=limit, T=self._dtype)

    def _scatter(self, kind: str, sparse_delta: IndexedSlices, use_locking: bool, name: str | None) -> Any:
        scatter = getattr(raw, f"ResourceScatter{kind.capitalize()}")
        updates = convert_to_tensor(sparse_delta.values, dtype=self._dtype)
        return self._after(scatter(self._handle, sparse_delta.indices, updates, name=name))

    def _assign_slice(self, part: Operation, value: Any, masks: dict[str, int], name: str) -> Any:
        value = convert_to_tensor(value, dtype=self._dtype)
        with part.graph.name_scope(f"{part.name}/"):
            op = raw.ResourceStridedSliceAssign(self._handle, *part.inputs[1:], value, **masks, name=name)
        return self._after(op)

    def _scatter_nd(self, kind: str, indices: Any, updates: Any, name: str | None) -> Any:
        scatter = getattr(raw, f"ResourceScatterNd{kind.capitalize()}")
        return self._after(scatter(self._handle, indices, convert_to_tensor(updates, dtype=self._dtype), name=name))

    def batch_scatter_update(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Replace, in each batch entry, the rows `sparse_delta.indices` by `sparse_delta.values`; returns the updated variable."""
        return self._scatter_nd("update", batch_positions(sparse_delta.indices), sparse_delta.values, name)


def _set_if_written(op: Operation, attribute: str, value: Any) -> None:
    """Set an attribute that only some releases write."""
    if attribute in op.attrs:
        op.attrs[attribute] = value


class UpdatedVariable(ResourceVariable):
    """A resource variable as it is after one of its updates: fetching it runs the update first."""

    def __init__(self, variable: ResourceVariable, update: Operation) -> None:
        # the nodes of the variable itself; only what reads it differs
        self.__dict__.update(variable.__dict__)
        self._update = update
        graph = update.graph
        with graph.control_dependencies([update]):
            self._graph_element = self._read()

    @property
    def name(self) -> str:
        """The name of the update."""
        return self._update.name

    @property
    def op(self) -> Operation:
        """The operation that makes the update."""
        return self._update

    def value(self) -> Tensor:
        """A new node that reads the variable after the update."""
        with self._handle.graph.control_dependencies([self._update]):
            return super().value()

    def read_value(self) -> Tensor:
        """A new node that reads the variable after the update."""
        with self._handle.graph.control_dependencies([self._update]):
            return super().read_value()


def _convert(value: ResourceVariable, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    """A resource variable where a tensor is wanted: a new read, or the handle where an op takes it."""
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type '{value.dtype.name}'\n"
            f"  {value!r}, made at {value._where}; tf.cast(variable, dtype) converts its value."
        )
    return value.handle if as_ref else value.value()


register_tensor_conversion_function(ResourceVariable, _convert)
