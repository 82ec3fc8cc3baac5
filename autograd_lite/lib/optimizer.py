"""`tf.train.Optimizer`: gradients of a loss, and the update of every variable by its own. The rules themselves are in `optimizers.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograd_lite.api.control import group, tuple as gate_together
from autograd_lite.api.raw import raw
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.composite import IndexedSlices, convert_to_tensor_or_indexed_slices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import slots
from autograd_lite.lib.missing_gradients import help_for_missing_gradients
from autograd_lite.lib.ref_variable import RefVariable
from autograd_lite.lib.resource_variable import ResourceVariable
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable import Variable
from autograd_lite.lib.variables import make_variable, trainable_variables


class _Processor:
    """How one kind of variable is asked for its gradient, and updated."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    def target(self) -> Any:
        """The tensor with respect to which the loss is differentiated."""
        raise NotImplementedError

    def update_op(self, optimizer: Optimizer, gradient: Any) -> Any:
        """The operation that updates the variable."""
        raise NotImplementedError

    def _constrained(self, update: Any) -> Any:
        """`update`, and after it the constraint of the variable, if there is one."""
        variable = self.variable
        if variable.constraint is None:
            return update
        with get_default_graph().control_dependencies([update]):
            return variable.assign(variable.constraint(variable))

    def _refuse_constraint(self) -> None:
        if self.variable.constraint is not None:
            raise RuntimeError(
                "Cannot use a constraint function on a sparse variable.\n"
                f"  {self.variable!r} gets the gradient of some rows only. Make it without constraint=, or look it up densely."
            )


class _RefProcessor(_Processor):
    def target(self) -> Any:
        return self.variable._ref()

    def update_op(self, optimizer: Optimizer, gradient: Any) -> Any:
        if isinstance(gradient, Tensor):
            return self._constrained(optimizer._apply_dense(gradient, self.variable))
        self._refuse_constraint()
        return optimizer._apply_sparse_duplicate_indices(gradient, self.variable)


class _ResourceProcessor(_Processor):
    def target(self) -> Any:
        return self.variable.handle

    def update_op(self, optimizer: Optimizer, gradient: Any) -> Any:
        if isinstance(gradient, IndexedSlices):
            self._refuse_constraint()
            return optimizer._resource_apply_sparse_duplicate_indices(gradient.values, self.variable, gradient.indices)
        return self._constrained(optimizer._resource_apply_dense(gradient, self.variable))


class _TensorProcessor(_Processor):
    def target(self) -> Any:
        return self.variable

    def update_op(self, optimizer: Optimizer, gradient: Any) -> Any:
        raise NotImplementedError(
            f"('Trying to update a Tensor ', {self.variable!r})\n"
            f"  made at {self.variable.op.where}. Only variables can be updated: pair the gradient with the tf.Variable behind it."
        )


def _processor_for(variable: Any) -> _Processor:
    if isinstance(variable, ResourceVariable):
        return _ResourceProcessor(variable)
    if isinstance(variable, RefVariable):
        return _RefProcessor(variable)
    if variable.op.type == "VarHandleOp":
        return _ResourceProcessor(variable)
    if isinstance(variable, Tensor):
        return _TensorProcessor(variable)
    raise NotImplementedError("Trying to optimize unsupported type ", variable)


@export("train.Optimizer")
class Optimizer:
    """The base of all optimizers: computes gradients of a loss and applies an update rule to variables.

    To write your own, give the update of one variable: `_apply_dense(grad, var)` and, for gradients of some rows only,
    `_apply_sparse(grad, var)`; for resource variables `_resource_apply_dense(grad, handle)` and
    `_resource_apply_sparse(grad, handle, indices)`. If needed: `_create_slots(var_list)`, `_prepare()`, `_finish(update_ops, name)`.

    Args:
      use_locking: accepted for old programs.
      name: the name scope of the updates.

    Raises:
      ValueError: without a name.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Any, Variable]] = {}  # slot name -> variable key -> slot
        self._non_slot_dict: dict[tuple[str, Graph], Variable] = {}

    def get_name(self) -> str:
        """The name given when it was made."""
        return self._name

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Operation:
        """Add the nodes of one training step; running the operation it returns updates the variables once.

        Args:
          loss: the tensor to make smaller.
          global_step: a variable to count up by one at each step.
          var_list: the variables to change; all trainable ones if None.
          gate_gradients: `GATE_NONE`, `GATE_OP` or `GATE_GRAPH`: what must be finished before any update begins.
          aggregation_method: how gradients that arrive by several ways are added, of `tf.AggregationMethod`.
          colocate_gradients_with_ops: whether gradients go to the device of the op they belong to.
          name: a name for the operation, the optimizer's if None.
          grad_loss: the gradient of what is wanted with respect to `loss`; ones if None.

        Raises:
          ValueError: there is nothing to change, or no variable has a gradient; the message says where the way from the loss ends.

        >>> import autograd_lite as tf
        >>> w = tf.Variable(0.0)
        >>> step = tf.train.GradientDescentOptimizer(0.5).minimize((w - 3.0) ** 2, var_list=[w])
        >>> with tf.Session() as session:
        ...     session.run(w.initializer)
        ...     session.run(step)
        ...     print(session.run(w))
        3.0
        """
        with all_or_nothing(get_default_graph()):
            grads_and_vars = self.compute_gradients(
                loss, var_list=var_list, gate_gradients=gate_gradients, aggregation_method=aggregation_method,
                colocate_gradients_with_ops=colocate_gradients_with_ops, grad_loss=grad_loss,
            )  # fmt: skip
            if all(gradient is None for gradient, _ in grads_and_vars):
                wanted = [variable for _, variable in grads_and_vars]
                raise ValueError(
                    "No gradients provided for any variable, check your graph for ops that do not support gradients, between variables "
                    f"{[str(variable) for variable in wanted]} and loss {loss}.{help_for_missing_gradients(loss, wanted)}"
                )
            return self.apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """The first half of `minimize`: a list of (gradient, variable); a gradient is None where the loss does not depend on the variable.

        Raises:
          ValueError: there are no variables, or a type has no gradient.
        """
        if callable(loss):
            loss = loss()
        if gate_gradients not in (Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH):
            raise ValueError(
                f"gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        graph = get_default_graph()
        if var_list is None:
            var_list = trainable_variables() + graph.get_collection(GraphKeys.TRAINABLE_RESOURCE_VARIABLES)
        else:
            var_list = nest.flatten(var_list)
        targets = [_processor_for(variable).target() for variable in var_list]
        if not var_list:
            raise ValueError(
                "No variables to optimize.\n"
                "  tf.trainable_variables() of the default graph is empty: make a tf.Variable (with trainable=True) before this call, "
                "in the same graph."
            )
        grads = gradients(
            loss, targets, grad_ys=grad_loss, gate_gradients=gate_gradients == Optimizer.GATE_OP, aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )  # fmt: skip
        if gate_gradients == Optimizer.GATE_GRAPH:
            grads = gate_together(grads)
        pairs = list(zip(grads, var_list))
        self._assert_valid_dtypes([variable for gradient, variable in pairs if gradient is not None and variable.dtype != dtypes.resource])
        return pairs

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None, name: str | None = None) -> Operation:
        """The second half of `minimize`: an operation that updates each variable with its gradient.

        Args:
          grads_and_vars: (gradient, variable) pairs, as from `compute_gradients`, perhaps with the gradients changed.
          global_step: a variable to count up by one at each step.
          name: a name for the operation, the optimizer's if None.

        Raises:
          ValueError: no pairs, or no gradient is other than None.
          TypeError: a gradient is neither a tensor nor an IndexedSlices.
        """
        pairs = tuple(grads_and_vars)
        if not pairs:
            raise ValueError(
                "No variables provided.\n  apply_gradients takes the (gradient, variable) pairs of compute_gradients; the list is empty."
            )
        graph = get_default_graph()
        with all_or_nothing(graph):
            converted = [(_as_gradient(gradient), variable, _processor_for(variable)) for gradient, variable in pairs]
            var_list = [variable for gradient, variable, _ in converted if gradient is not None]
            if not var_list:
                raise ValueError(
                    f"No gradients provided for any variable: {[str(variable) for _, variable, _ in converted]}.\n"
                    "  Every gradient is None: the loss does not depend on these variables in a way that has a derivative."
                )
            before = {slot: dict(held) for slot, held in self._slots.items()}, dict(self._non_slot_dict)
            try:
                return self._add_updates(graph, converted, var_list, global_step, name)
            except BaseException:
                self._slots, self._non_slot_dict = before
                raise

    def _add_updates(self, graph: Graph, converted: list[Any], var_list: list[Any], global_step: Any, name: str | None) -> Operation:
        with graph.control_dependencies(None):
            self._create_slots(var_list)
        updates = []
        with graph.name_scope(name or self._name) as scope:
            self._prepare()
            for gradient, variable, processor in converted:
                if gradient is None:
                    continue
                with graph.name_scope(f"update_{variable.op.name}"), graph.colocate_with(variable):
                    updates.append(processor.update_op(self, gradient))
            if global_step is None:
                applied = self._finish(updates, scope)
            else:
                with graph.control_dependencies([self._finish(updates, "update")]), graph.colocate_with(global_step):
                    applied = _count_step(global_step, scope)
        op = getattr(applied, "op", applied)
        train_ops = graph.get_collection_ref(GraphKeys.TRAIN_OP)
        if op not in train_ops:
            train_ops.append(op)
        return op

    # ---------------------------------------------------------------- slots

    def get_slot(self, var: Any, name: str) -> Any:
        """The variable that this optimizer keeps for `var` under `name`, or None; the names: `get_slot_names()`."""
        held = self._slots.get(name)
        return None if held is None else held.get(_var_key(var))

    def get_slot_names(self) -> list[str]:
        """The names of the slots that this optimizer has made."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The variables that this optimizer keeps in the default graph, by name."""
        graph = get_default_graph()
        found = [variable for variable in self._non_slot_variables() if variable.graph is graph]
        found.extend(slot for held in self._slots.values() for slot in held.values() if slot.graph is graph)
        return sorted(found, key=lambda variable: variable.name)

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """A variable that belongs to the optimizer as a whole; made once per graph."""
        graph = colocate_with.graph
        key = (name, graph)
        found = self._non_slot_dict.get(key)
        if found is None:
            with graph.colocate_with(colocate_with):
                found = make_variable(initial_value, name=name, trainable=False, use_resource=isinstance(colocate_with, ResourceVariable))
            self._non_slot_dict[key] = found
        return found

    def _get_non_slot_variable(self, name: str, graph: Graph | None = None) -> Any:
        return self._non_slot_dict.get((name, graph or get_default_graph()))

    def _non_slot_variables(self) -> list[Any]:
        return list(self._non_slot_dict.values())

    def _assert_valid_dtypes(self, tensors: Iterable[Any]) -> None:
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                raise ValueError(
                    f"Invalid type {dtype!r} for {tensor.name}, expected: {list(valid)}.\n"
                    "  A gradient needs a loss and variables of a floating type: tf.cast the loss, or make the variable "
                    "with dtype=tf.float32."
                )

    def _valid_dtypes(self) -> Any:
        return [dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16]

    # ---------------------------------------------------------------- to be overridden

    def _create_slots(self, var_list: list[Any]) -> None:
        """Make the slots that the update of these variables needs; none unless overridden."""

    def _prepare(self) -> None:
        """Make the tensors that all updates share, such as the learning rate; none unless overridden."""

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how to update a variable: write _apply_dense(self, grad, var)")

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} does not say how to update a resource variable: write _resource_apply_dense(self, grad, handle)"
        )

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} does not say how to update some rows of a variable: write _apply_sparse(self, grad, var)"
        )

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} does not say how to update some rows of a resource variable: write "
            "_resource_apply_sparse(self, grad, handle, indices)"
        )

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        """Add up the gradients of equal rows first; override if equal rows do no harm."""
        summed, unique = deduplicate(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(summed, unique, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        """Add up the gradients of equal rows first; override if equal rows do no harm."""
        summed, unique = deduplicate(grad, indices)
        return self._resource_apply_sparse(summed, handle, unique)

    def _finish(self, update_ops: list[Any], name: str) -> Any:
        """The operation that ends a step, after all updates."""
        return group(*[op_of(update) for update in update_ops], name=name)

    # ---------------------------------------------------------------- for subclasses

    def _slot_dict(self, slot_name: str) -> dict[Any, Any]:
        return self._slots.setdefault(slot_name, {})

    def _get_or_create_slot(self, var: Any, val: Tensor, slot_name: str, op_name: str) -> Any:
        """The slot of `var`, made with the start value `val` if there is none."""
        return self._slot(var, slot_name, lambda: slots.create_slot(var, val, op_name))

    def _get_or_create_slot_with_initializer(self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str) -> Any:
        """The slot of `var`, made as `initializer` says if there is none."""
        return self._slot(var, slot_name, lambda: slots.create_slot_with_initializer(var, initializer, shape, dtype, op_name))

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """The slot of `var`, made with zeros if there is none."""
        return self._slot(var, slot_name, lambda: slots.create_zeros_slot(var, op_name))

    def _slot(self, var: Any, slot_name: str, make: Callable[[], Any]) -> Any:
        held = self._slot_dict(slot_name)
        key = _var_key(var)
        if key not in held:
            held[key] = make()
        return held[key]

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param


def op_of(update: Any) -> Any:
    """The operation that makes an update, of whatever an update rule returned."""
    return update if isinstance(update, Operation) else getattr(update, "op", update)


def _var_key(var: Any) -> tuple[Graph, str]:
    return var.op.graph, var.op.name


def _as_gradient(gradient: Any) -> Any:
    """A gradient as a tensor or IndexedSlices; None stays None."""
    if gradient is None:
        return None
    try:
        return convert_to_tensor_or_indexed_slices(gradient)
    except TypeError:
        raise TypeError(f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {gradient}") from None


def _count_step(global_step: Any, name: str) -> Any:
    """Add one to the step counter."""
    if isinstance(global_step, ResourceVariable):
        return raw.AssignAddVariableOp(global_step.handle, convert_to_tensor(1, dtype=global_step.dtype), name=name)
    return raw.AssignAdd(global_step._ref() if isinstance(global_step, RefVariable) else global_step, 1, name=name)


def deduplicate(values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Sums of the `values` that belong to equal `indices`, and each index once."""
    unique, positions = raw.Unique(indices)
    return raw.UnsortedSegmentSum(values, positions, raw.Shape(unique)[0]), unique
