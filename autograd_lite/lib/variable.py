"""`tf.Variable`: a node that keeps a value from one `Session.run` to the next.

This module has what both kinds of variables share: reference variables (`ref_variable.py`, the TF1 default) and resource
variables (`resource_variable.py`). `variables.py` makes them.
"""

from __future__ import annotations

import enum
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from autograd_lite.api import operators as _operators  # noqa: F401  (gives tensors the operators that variables lend)
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.core.facade import method_from
from autograd_lite.core.names import strip_scope
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.session import get_default_session
from autograd_lite.wire import messages

if TYPE_CHECKING:
    from autograd_lite.core.where import Where


@export("VariableSynchronization")
class VariableSynchronization(enum.Enum):
    """When the copies of a distributed variable are brought together; on one machine every choice means the same."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


@export("VariableAggregation")
class VariableAggregation(enum.Enum):
    """How updates of the copies of a distributed variable are combined; on one machine every choice means the same."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3
    ONLY_FIRST_TOWER = 3  # noqa: PIE796  (the old name of the one above)


# variables.py puts the function here that makes a variable of the kind asked for
_make: list[Callable[..., Any]] = []


class _VariableKind(type):
    """Calling `Variable` itself makes a variable of the kind that the program asks for."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Variable:
            return _make[0](*args, **kwargs)
        return super().__call__(*args, **kwargs)


class SaveSliceInfo:
    """Which part of a larger variable a variable holds; savers write the parts as one tensor.

    Args:
      full_name: name of the whole variable.
      full_shape: its shape.
      var_offset: where this part begins, one number per axis.
      var_shape: the shape of this part.
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Iterable[int] | None = None,
        var_offset: Iterable[int] | None = None,
        var_shape: Iterable[int] | None = None,
        save_slice_info_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if save_slice_info_def is not None:
            self.full_name = f"{import_scope}/{save_slice_info_def.full_name}" if import_scope else save_slice_info_def.full_name
            self.full_shape = list(save_slice_info_def.full_shape)
            self.var_offset = list(save_slice_info_def.var_offset)
            self.var_shape = list(save_slice_info_def.var_shape)
            return
        self.full_name = full_name
        self.full_shape = list(full_shape or ())
        self.var_offset = list(var_offset or ())
        self.var_shape = list(var_shape or ())

    @property
    def spec(self) -> str:
        """The part in the words of checkpoints: `5 2 0,3:0,2` is rows 0 to 2 of a [5, 2] matrix."""
        sizes = " ".join(str(size) for size in self.full_shape) + " "
        return sizes + ":".join(f"{offset},{size}" for offset, size in zip(self.var_offset, self.var_shape))

    def to_proto(self, export_scope: str | None = None) -> Any:
        """This as a SaveSliceInfoDef message; None when the variable does not lie in `export_scope`."""
        if export_scope and not (self.full_name or "").startswith(export_scope):
            return None
        return messages.SaveSliceInfoDef(
            full_name=strip_scope(self.full_name or "", export_scope or ""),
            full_shape=self.full_shape, var_offset=self.var_offset, var_shape=self.var_shape,
        )  # fmt: skip


class Variable(metaclass=_VariableKind):
    """A value that lives in the session: it keeps what it holds between calls of `run` until something is assigned to it.

    A new variable is empty. `tf.global_variables_initializer()` makes the op that gives every variable its initial value; run it first.
    In arithmetic a variable stands for the value it holds at that moment.

    Args:
      initial_value: the value it starts with: a number, list, array or tensor, or a function without arguments that returns one.
      trainable: whether optimizers change it by default (then it is in `tf.trainable_variables()`); None means yes.
      collections: names of the graph collections that shall list it; `[tf.GraphKeys.GLOBAL_VARIABLES]` if None.
      validate_shape: whether the shape of the initial value must be known and is kept for ever.
      caching_device: accepted for old programs.
      name: a name for the node; `Variable` if None, made unique.
      variable_def: a VariableDef message to take everything from, instead of `initial_value`.
      dtype: the element type; that of `initial_value` if None.
      expected_shape: accepted for old programs, without effect.
      import_scope: name scope before the names of `variable_def`.
      constraint: a function that an optimizer applies to the new value after each step.
      use_resource: True for a resource variable, False for a reference variable, None for the scope's choice.
      synchronization, aggregation: accepted; they matter only between machines.
      shape: the static shape of the variable, if it may differ from that of the initial value.

    Raises:
      ValueError: no initial value, one of unknown shape, or one made inside a loop or condition.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(0, dtype=tf.float32, name="docs_w")
    >>> step = w.assign_add(2.0)
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     print(session.run(step))
    2.0
    """

    _is_tensor_like = True
    __array_priority__ = 100  # so that `ndarray * variable` asks the variable
    SaveSliceInfo = SaveSliceInfo

    # filled by the two kinds
    _initial_value: Any
    _trainable: bool
    _constraint: Any
    _synchronization: VariableSynchronization
    _aggregation: VariableAggregation
    _save_slice_info: Any  # a SaveSliceInfo or None
    _where: Where

    # what it is

    @property
    def name(self) -> str:
        """The name, as `w:0`."""
        raise NotImplementedError

    @property
    def op(self) -> Operation:
        """The node that is the variable."""
        raise NotImplementedError

    @property
    def dtype(self) -> dtypes.DType:
        """The element type; a reference type (`float32_ref`) for reference variables."""
        raise NotImplementedError

    @property
    def shape(self) -> shapes.TensorShape:
        """The static shape."""
        raise NotImplementedError

    @property
    def initializer(self) -> Operation:
        """The operation that gives the variable its initial value."""
        raise NotImplementedError

    @property
    def _shared_name(self) -> str:
        return self.name[: self.name.index(":")]

    @property
    def graph(self) -> Graph:
        """The graph to which the variable belongs."""
        return self.op.graph

    @property
    def device(self) -> str:
        """The device on which it is kept, or an empty string."""
        return self.op.device

    @property
    def initial_value(self) -> Tensor:
        """The tensor that the initializer assigns. To use it in the start value of another variable: `initialized_value()`."""
        return self._initial_value

    @property
    def trainable(self) -> bool:
        """Whether optimizers change it by default."""
        return self._trainable

    @property
    def constraint(self) -> Any:
        """The function that an optimizer applies to the new value after each step, or None."""
        return self._constraint

    @property
    def synchronization(self) -> VariableSynchronization:
        """The choice made when the variable was created."""
        return self._synchronization

    @property
    def aggregation(self) -> VariableAggregation:
        """The choice made when the variable was created."""
        return self._aggregation

    def get_shape(self) -> shapes.TensorShape:
        """The static shape."""
        return self.shape

    def _set_save_slice_info(self, info: Any) -> None:
        self._save_slice_info = info

    def _get_save_slice_info(self) -> Any:
        return self._save_slice_info

    def to_proto(self, export_scope: str | None = None) -> Any:
        """A VariableDef message that names the nodes of this variable; None when it does not lie in `export_scope`."""
        if export_scope and not self.name.startswith(export_scope):
            return None
        initializer, snapshot = self._saved_nodes()
        definition = messages.VariableDef(
            variable_name=strip_scope(self.name, export_scope or ""),
            initializer_name=strip_scope(initializer.name, export_scope or ""),
            snapshot_name=strip_scope(snapshot.name, export_scope or ""),
            trainable=self.trainable,
            synchronization=self.synchronization.value,
            aggregation=self.aggregation.value,
            is_resource=hasattr(self, "_handle"),
        )
        if self._initial_value is not None:
            definition.initial_value_name = strip_scope(self._initial_value.name, export_scope or "")
        part = None if self._save_slice_info is None else self._save_slice_info.to_proto(export_scope)
        if part is not None:
            definition.save_slice_info_def.CopyFrom(part)
        return definition

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
        """The variable whose nodes, in the default graph, a VariableDef message names.

        Raises:
          KeyError: when the graph has no such node.

        >>> import autograd_lite as tf
        >>> v = tf.Variable(1.0, name="docs_named")
        >>> tf.Variable.from_proto(v.to_proto()).op is v.op
        True
        """
        return _make[0](variable_def=variable_def, import_scope=import_scope, use_resource=variable_def.is_resource)

    def _saved_nodes(self) -> tuple[Operation, Tensor]:
        """The initializer, and the tensor that reads the variable."""
        raise NotImplementedError

    def experimental_ref(self) -> Any:
        """A hashable object that stands for this variable; `deref()` gives the variable back."""
        return VariableReference(self)

    _repr_html_ = method_from("teach.notebook:variable_html")

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.get_shape()} dtype={self.dtype.name}>"

    def __iter__(self) -> Any:
        return iter(self._as_tensor())

    def __copy__(self) -> Variable:
        return self

    def __deepcopy__(self, memo: Any) -> Variable:
        raise NotImplementedError(
            f"A variable cannot be copied: {self!r} is a node of a graph. For a second variable with the same start: "
            "tf.Variable(v.initialized_value())."
        )

    # its value

    def value(self) -> Tensor:
        """The tensor that holds what the variable holds when the graph runs."""
        raise NotImplementedError

    def read_value(self) -> Tensor:
        """A new node that reads the variable, ordered by the control dependencies in force here."""
        raise NotImplementedError

    def _as_tensor(self) -> Tensor:
        return self.value()

    def _as_graph_element(self) -> Tensor:
        """The tensor that stands for this variable in fetches and feeds."""
        raise NotImplementedError

    def __getitem__(self, slice_spec: Any) -> Tensor:
        part = self._as_tensor()[slice_spec]
        if part.op.type == "StridedSlice":
            part.__class__ = VariableSlice
            _SLICED[part] = self
        return part

    def initialized_value(self) -> Tensor:
        """The value that the variable has, or will have once it is initialized: use it to start another variable from it.

        >>> import autograd_lite as tf
        >>> a = tf.Variable(3.0)
        >>> b = tf.Variable(a.initialized_value() * 2.0)
        """
        raise NotImplementedError

    def eval(self, session: Any = None) -> Any:
        """What the variable holds in `session` (the default one unless given), as a NumPy array.

        Raises:
          ValueError: when there is no session.
          tf.errors.FailedPreconditionError: when it has not been initialized.
        """
        return self._as_graph_element().eval(session=session)

    def load(self, value: Any, session: Any = None) -> None:
        """Put `value` into the variable at once, without adding a node to the graph.

        Raises:
          ValueError: when there is no session, or the shapes differ.
        """
        session = session or get_default_session()
        if session is None:
            raise ValueError(
                "Either session argument should be provided or default session should be established\n"
                f"  variable.load({value!r}, session), or inside `with tf.Session() as session:`."
            )
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """Rows `indices` of the variable."""
        raise NotImplementedError

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """The slices of the variable at the positions `indices`."""
        raise NotImplementedError

    def set_shape(self, shape: Any) -> None:
        """Add what you know about the shape.

        Raises:
          ValueError: when it contradicts what is known already.
        """
        raise NotImplementedError

    # how it changes

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Replace what the variable holds by `value`; returns the variable after that (or, without `read_value`, the operation).

        Raises:
          ValueError: when the static shapes differ.
          TypeError: when the types differ.
        """
        raise NotImplementedError

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Add `delta` to what the variable holds; returns the variable after that (or, without `read_value`, the operation)."""
        raise NotImplementedError

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Subtract `delta` from what the variable holds; returns the variable after that (or, without `read_value`, the operation)."""
        raise NotImplementedError

    def count_up_to(self, limit: int) -> Tensor:
        """Count up by one and return the number before; at `limit` running it raises OutOfRangeError instead."""
        raise NotImplementedError

    def batch_scatter_update(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Replace, in each batch entry, the rows `sparse_delta.indices` by `sparse_delta.values`; returns the updated variable."""
        raise NotImplementedError

    def _scatter(self, kind: str, sparse_delta: IndexedSlices, use_locking: bool, name: str | None) -> Any:
        raise NotImplementedError

    def _scatter_nd(self, kind: str, indices: Any, updates: Any, name: str | None) -> Any:
        raise NotImplementedError

    def _assign_slice(self, part: Operation, value: Any, masks: dict[str, int], name: str) -> Any:
        raise NotImplementedError

    def _scatter_slices(self, kind: str, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(
                f"sparse_delta is not IndexedSlices: {sparse_delta}\n"
                f"  variable.scatter_{kind} takes tf.IndexedSlices(values, indices); "
                f"tf.scatter_{kind}(variable, indices, updates) takes them apart."
            )
        return self._scatter(kind, sparse_delta, use_locking, name)

    def scatter_add(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Add `sparse_delta.values` to the rows `sparse_delta.indices`; returns the updated variable.

        Raises:
          TypeError: when `sparse_delta` is not an IndexedSlices.
        """
        return self._scatter_slices("add", sparse_delta, use_locking, name)

    def scatter_sub(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Subtract `sparse_delta.values` from the rows `sparse_delta.indices`; returns the updated variable."""
        return self._scatter_slices("sub", sparse_delta, use_locking, name)

    def scatter_max(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Keep the larger of the rows `sparse_delta.indices` and `sparse_delta.values`; returns the updated variable."""
        return self._scatter_slices("max", sparse_delta, use_locking, name)

    def scatter_min(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Keep the smaller of the rows `sparse_delta.indices` and `sparse_delta.values`; returns the updated variable."""
        return self._scatter_slices("min", sparse_delta, use_locking, name)

    def scatter_mul(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Multiply the rows `sparse_delta.indices` by `sparse_delta.values`; returns the updated variable."""
        return self._scatter_slices("mul", sparse_delta, use_locking, name)

    def scatter_div(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Divide the rows `sparse_delta.indices` by `sparse_delta.values`; returns the updated variable."""
        return self._scatter_slices("div", sparse_delta, use_locking, name)

    def scatter_update(self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None) -> Any:
        """Replace the rows `sparse_delta.indices` by `sparse_delta.values`; returns the updated variable."""
        return self._scatter_slices("update", sparse_delta, use_locking, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Add `updates` at the positions `indices`, each a full or partial index; returns the updated variable."""
        return self._scatter_nd("add", indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtract `updates` at the positions `indices`; returns the updated variable."""
        return self._scatter_nd("sub", indices, updates, name)

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Replace what stands at the positions `indices` by `updates`; returns the updated variable."""
        return self._scatter_nd("update", indices, updates, name)


_SLICED: weakref.WeakKeyDictionary[Tensor, Variable] = weakref.WeakKeyDictionary()  # part -> the variable of which it is a part


class VariableSlice(Tensor):
    """Part of a variable, as `v[1:3]`: a tensor to which something can be assigned."""

    __slots__ = ()

    def assign(self, value: Any, name: str | None = None) -> Any:
        """Replace this part of the variable by `value`; returns the whole variable after that.

        >>> import autograd_lite as tf
        >>> v = tf.Variable([1.0, 2.0, 3.0])
        >>> change = v[1:].assign([20.0, 30.0])
        >>> with tf.Session() as session:
        ...     session.run(v.initializer)
        ...     print(session.run(change))
        [ 1. 20. 30.]
        """
        op = self.op
        masks = {key: mask for key, mask in op.attrs.items() if key.endswith("_mask")}
        return _SLICED[self]._assign_slice(op, value, masks, name or "_assign")


class VariableReference:
    """A hashable stand-in for a variable: two are equal when they stand for the same variable."""

    __slots__ = ("_variable",)

    def __init__(self, variable: Variable) -> None:
        self._variable = variable

    def deref(self) -> Variable:
        """The variable itself."""
        return self._variable

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VariableReference) and other._variable is self._variable

    def __hash__(self) -> int:
        return id(self._variable)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._variable!r}>"


# Python operators: a variable lends those of its value
OPERATORS = (
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__div__", "__rdiv__", "__truediv__", "__rtruediv__",
    "__floordiv__", "__rfloordiv__", "__mod__", "__rmod__", "__lt__", "__le__", "__gt__", "__ge__", "__and__", "__rand__", "__or__",
    "__ror__", "__xor__", "__rxor__", "__pow__", "__rpow__", "__invert__", "__neg__", "__abs__", "__matmul__", "__rmatmul__",
)  # fmt: skip


def _lend(operator: str) -> Callable[..., Any]:
    def lent(self: Variable, *others: Any) -> Any:
        return getattr(Tensor, operator)(self._as_tensor(), *others)

    lent.__name__ = operator
    lent.__qualname__ = f"Variable.{operator}"
    return lent


for _operator in OPERATORS:
    setattr(Variable, _operator, _lend(_operator))
