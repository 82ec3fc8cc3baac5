"""`tf.variable_scope` and `tf.get_variable`: variables found again by name, and defaults for those made inside a scope."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.graph_state import state_of
from autograd_lite.lib.reuse import AUTO_REUSE, ReuseMode
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable import VariableAggregation, VariableSynchronization
from autograd_lite.lib.variable_store import VariableStore, default_store


@export("VariableScope")
class VariableScope:
    """A name before the names of variables, and what `tf.get_variable` takes inside the scope unless told otherwise.

    Args:
      reuse: True: variables must exist; False or None: they must not; `tf.AUTO_REUSE`: either.
      name: the name of the scope, without a final slash.
      initializer, regularizer, caching_device, partitioner, custom_getter, dtype, use_resource, constraint: defaults for variables.
      name_scope: the name scope that was entered with it.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        name_scope: str = "",
        dtype: Any = dtypes.float32,
        use_resource: bool | None = None,
        constraint: Any = None,
    ) -> None:
        self._name = name
        self._reuse = reuse
        self._initializer = initializer
        self._regularizer = regularizer
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint

    name = property(lambda self: self._name, doc="The name of the scope, without a final slash.")
    original_name_scope = property(lambda self: self._name_scope, doc="The name scope that was entered with it, with a final slash.")
    reuse = property(lambda self: self._reuse, doc="True, False, None or `tf.AUTO_REUSE`.")
    initializer = property(lambda self: self._initializer, doc="The default initializer.")
    regularizer = property(lambda self: self._regularizer, doc="The default regularizer.")
    caching_device = property(lambda self: self._caching_device, doc="The default caching device.")
    partitioner = property(lambda self: self._partitioner, doc="The default partitioner.")
    custom_getter = property(lambda self: self._custom_getter, doc="The function through which variables are made, or None.")
    dtype = property(lambda self: self._dtype, doc="The default element type.")
    use_resource = property(lambda self: self._use_resource, doc="Whether variables are resource variables; None: not decided here.")
    constraint = property(lambda self: self._constraint, doc="The default constraint.")

    def reuse_variables(self) -> None:
        """From now on variables of this scope must exist already."""
        self._reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Set the default initializer."""
        self._initializer = initializer

    def set_regularizer(self, regularizer: Any) -> None:
        """Set the default regularizer."""
        self._regularizer = regularizer

    def set_caching_device(self, caching_device: Any) -> None:
        """Set the default caching device."""
        self._caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        """Set the default partitioner."""
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter: Any) -> None:
        """Set the function through which variables are made."""
        self._custom_getter = custom_getter

    def set_dtype(self, dtype: Any) -> None:
        """Set the default element type."""
        self._dtype = dtype

    def set_use_resource(self, use_resource: bool | None) -> None:
        """Set whether variables are resource variables."""
        self._use_resource = use_resource

    def get_collection(self, name: str) -> list[Any]:
        """The items of a collection that lie in this scope."""
        return get_default_graph().get_collection(name, f"{self._name}/" if self._name else "")

    def trainable_variables(self) -> list[Any]:
        """The trainable variables of this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The global variables of this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables of this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store: VariableStore,
        name: str,
        shape: Any = None,
        dtype: Any = None,
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
        """The variable called `name` in this scope, from `var_store`; see `tf.get_variable`."""
        full_name = f"{self._name}/{name}" if self._name else name
        graph = get_default_graph()
        with all_or_nothing(graph), graph.name_scope(None):  # variables are named after variable scopes alone
            if dtype is not None and initializer is not None and not callable(initializer):
                given = convert_to_tensor(initializer).dtype.base_dtype  # TF adds this constant too
                if given != dtypes.as_dtype(dtype).base_dtype:
                    raise ValueError(f"Initializer type '{given}' and explicit dtype '{dtypes.as_dtype(dtype)}' don't match.")
            return var_store.get_variable(
                full_name, shape=shape, dtype=self._dtype if dtype is None else dtype,
                initializer=self._initializer if initializer is None else initializer,
                regularizer=self._regularizer if regularizer is None else regularizer,
                reuse=self._reuse if reuse is None else reuse, trainable=trainable, collections=collections,
                caching_device=self._caching_device if caching_device is None else caching_device,
                partitioner=self._partitioner if partitioner is None else partitioner, validate_shape=validate_shape,
                use_resource=self._use_resource if use_resource is None else use_resource,
                custom_getter=self._custom_getter if custom_getter is None else custom_getter,
                constraint=self._constraint if constraint is None else constraint,
                synchronization=synchronization, aggregation=aggregation,
            )  # fmt: skip


@export("get_variable_scope")
def get_variable_scope() -> VariableScope:
    """The variable scope that is open now."""
    thread = state_of(get_default_graph()).thread
    if thread.scope is None:
        thread.scope = VariableScope(False)
    return thread.scope


@export("get_variable")
def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
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
    """The variable of this name in the open variable scope: a new one, or with `reuse` one that exists.

    Args:
      name: its name; the scope's name and a slash are put before it.
      shape: its shape; not with a constant `initializer`.
      dtype: its element type; float32 unless the scope or a constant `initializer` says otherwise.
      initializer: a function `(shape, dtype, partition_info)` that returns the start value, or the value itself. None: the scope's, else
        Glorot's uniform one for floating types and zeros for others.
      regularizer: a function from the variable to a loss, which goes into `tf.GraphKeys.REGULARIZATION_LOSSES`.
      trainable, collections, caching_device, validate_shape, use_resource, constraint, synchronization, aggregation: as of `tf.Variable`.
      partitioner: a function `(shape, dtype)` that returns the number of parts per axis.
      custom_getter: a function `(getter, name, **arguments)` that returns the variable, usually `getter(name, **arguments)`.

    Raises:
      ValueError: the variable exists already (and reuse is off), does not exist (and reuse is True), or has another shape or type.

    >>> import autograd_lite as tf
    >>> with tf.variable_scope("docs_layer"):
    ...     w = tf.get_variable("w", [2, 3])
    >>> with tf.variable_scope("docs_layer", reuse=True):
    ...     again = tf.get_variable("w")
    >>> again is w, w.name
    (True, 'docs_layer/w:0')
    """
    return get_variable_scope().get_variable(
        default_store(), name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=trainable,
        collections=collections, caching_device=caching_device, partitioner=partitioner, validate_shape=validate_shape,
        use_resource=use_resource, custom_getter=custom_getter, constraint=constraint, synchronization=synchronization,
        aggregation=aggregation,
    )  # fmt: skip


@export("get_local_variable")
def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = False,
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
    """As `tf.get_variable`, for a local variable: not trainable, not saved, listed in `tf.local_variables()`."""
    collections = list(collections) if collections else []
    if GraphKeys.LOCAL_VARIABLES not in collections:
        collections.append(GraphKeys.LOCAL_VARIABLES)
    return get_variable(
        name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=False, collections=collections,
        caching_device=caching_device, partitioner=partitioner, validate_shape=validate_shape, use_resource=use_resource,
        custom_getter=custom_getter, constraint=constraint, synchronization=synchronization, aggregation=aggregation,
    )  # fmt: skip


@export("no_regularizer")
def no_regularizer(_: Any) -> None:
    """A regularizer that adds nothing: stops the scope's regularizer for one variable."""
    return


# ---------------------------------------------------------------- opening scopes


def unique_scope_name(prefix: str) -> str:
    """`prefix`, with `_1`, `_2` ... added when a variable scope of this name was opened here before."""
    counts = state_of(get_default_graph()).thread.scope_counts
    current = get_variable_scope().name
    full = f"{current}/{prefix}" if current else prefix
    if not counts.count(full):
        return prefix
    number = 1
    while counts.count(f"{full}_{number}"):
        number += 1
    return f"{prefix}_{number}"


def _chained(inner: Callable[..., Any], outer: Callable[..., Any]) -> Callable[..., Any]:
    """A custom getter that calls `inner`, whose getter calls `outer`."""

    def chained(getter: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return inner(functools.partial(outer, getter), *args, **kwargs)

    return chained


class PureVariableScope:
    """Opens a variable scope without opening a name scope."""

    def __init__(self, name_or_scope: Any, reuse: Any = None, old_name_scope: str | None = None, **overrides: Any) -> None:
        self._target = name_or_scope
        self._reuse = reuse
        self._old_name_scope = old_name_scope
        self._overrides = overrides

    def __enter__(self) -> VariableScope:
        thread = self._thread = state_of(get_default_graph()).thread
        self._outer = get_variable_scope()
        scope = self._scope = self._make(self._outer)
        counts = thread.scope_counts
        self._counts_before = counts.copy() if isinstance(self._target, VariableScope) else None
        counts.opened(scope.name)
        thread.scope = scope
        return scope

    def __exit__(self, *error: Any) -> None:
        thread = self._thread
        if thread.scope is not self._scope:
            raise RuntimeError("Improper nesting of variable_scope.")
        thread.scope_counts.closed(self._scope.name)
        if self._counts_before is not None:
            thread.scope_counts = self._counts_before
        thread.scope = self._outer

    def _make(self, outer: VariableScope) -> VariableScope:
        """The scope that is opened: it takes over what the scope around it (or the one given) says, but for what is overridden."""
        target = self._target
        if isinstance(target, VariableScope):
            base, name = target, target.name
            reuse = self._reuse or target.reuse
            name_scope = self._old_name_scope if self._old_name_scope is not None else target.original_name_scope
        else:
            base = outer
            name = f"{outer.name}/{target}" if outer.name else target
            reuse = self._reuse or outer.reuse
            name_scope = self._old_name_scope or name
        scope = VariableScope(
            reuse, name, base.initializer, base.regularizer, base.caching_device, base.partitioner, base.custom_getter, name_scope,
            base.dtype, base.use_resource, base.constraint,
        )  # fmt: skip
        for key, value in self._overrides.items():
            if value is None:
                continue
            if key == "custom_getter" and base.custom_getter is not None:
                value = _chained(value, base.custom_getter)
            setattr(scope, f"_{key}", value)
        return scope


@export("variable_scope")
class variable_scope:
    """A context in which variables are named `name/...`; a name scope of that name is opened too.

    Args:
      name_or_scope: a name, or a scope (as this context manager gave it) to open again.
      default_name: the name to use, made unique, when `name_or_scope` is None.
      values: tensors that say which graph is meant.
      initializer, regularizer, caching_device, partitioner, dtype, use_resource, constraint: defaults for variables made inside.
      custom_getter: a function through which variables are made; see `tf.get_variable`.
      reuse: True: variables must exist; None: as outside; `tf.AUTO_REUSE`: they are made when they do not exist.
      auxiliary_name_scope: whether a name scope is opened too.

    Raises:
      ValueError: reuse without a name.
      TypeError: neither a name nor a default name.

    >>> import autograd_lite as tf
    >>> with tf.variable_scope("docs_net"):
    ...     b = tf.get_variable("b", [3], initializer=tf.zeros_initializer())
    >>> b.name
    'docs_net/b:0'
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if reuse not in (None, True, False) and not isinstance(reuse, ReuseMode):
            raise ValueError(f"The reuse parameter must be True or False or None.\n  Received: reuse={reuse!r}")
        if name_or_scope is not None and not isinstance(name_or_scope, str | VariableScope):
            raise TypeError(f"VariableScope: name_or_scope must be a string or VariableScope.\n  Received: {name_or_scope!r}")
        if name_or_scope is None and reuse:
            raise ValueError("reuse cannot be True without a name_or_scope")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(f"The auxiliary_name_scope must be `True` or `False`, while get {auxiliary_name_scope}")
        self._name_or_scope = name_or_scope
        self._default_name = default_name
        self._graph = _graph_of(values)
        self._reuse = reuse or None  # False means: as outside
        self._auxiliary_name_scope = auxiliary_name_scope
        self._overrides = {
            "initializer": initializer, "regularizer": regularizer, "caching_device": caching_device, "partitioner": partitioner,
            "custom_getter": custom_getter, "dtype": dtype, "use_resource": use_resource, "constraint": constraint,
        }  # fmt: skip
        self._entered: list[list[Any]] = []

    def __enter__(self) -> VariableScope:
        contexts: list[Any] = []
        try:
            if self._graph is not None and self._graph is not get_default_graph():
                contexts.append(self._graph.as_default())
                contexts[-1].__enter__()
            scope = self._open(contexts)
        except BaseException:
            for context in reversed(contexts):
                context.__exit__(None, None, None)
            raise
        self._entered.append(contexts)
        return scope

    def __exit__(self, *error: Any) -> None:
        for context in reversed(self._entered.pop()):
            context.__exit__(*error)

    def _open(self, contexts: list[Any]) -> VariableScope:
        target = self._name_or_scope
        name = self._default_name if target is None else target if isinstance(target, str) else target.name.split("/")[-1]
        opened = None  # the name scope, with its final slash
        graph = get_default_graph()
        if not self._auxiliary_name_scope:
            here = graph.get_name_scope()
            name = f"{here}/" if here else ""
        if name or not self._auxiliary_name_scope:
            name_scope = graph.name_scope(name)
            opened = name_scope.__enter__()
            contexts.append(name_scope)
        if target is None:
            target = unique_scope_name(self._default_name or "")
        old_name_scope = target.original_name_scope if isinstance(target, VariableScope) else opened
        pure = PureVariableScope(target, self._reuse, old_name_scope, **self._overrides)
        scope = pure.__enter__()
        contexts.append(pure)
        return scope


def _graph_of(values: Any) -> Graph | None:
    """The graph to which tensors among `values` belong, or None."""
    for value in values or ():
        if isinstance(value, Tensor) or hasattr(value, "graph") and hasattr(value, "dtype"):
            return value.graph
    return None


@export("variable_op_scope")
def variable_op_scope(
    values: Any,
    name_or_scope: Any,
    default_name: str | None = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    reuse: Any = None,
    dtype: Any = None,
    use_resource: bool | None = None,
    constraint: Any = None,
) -> variable_scope:
    """The old form of `tf.variable_scope`, with `values` first."""
    return variable_scope(
        name_or_scope, default_name=default_name, values=values, initializer=initializer, regularizer=regularizer,
        caching_device=caching_device, partitioner=partitioner, custom_getter=custom_getter, reuse=reuse, dtype=dtype,
        use_resource=use_resource, constraint=constraint,
    )  # fmt: skip


__all__ = ["AUTO_REUSE", "VariableScope", "get_variable", "variable_scope"]


@export("create_partitioned_variables")
def create_partitioned_variables(
    shape: Any,
    slicing: Any,
    initializer: Any,
    dtype: Any = dtypes.float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Any = None,
) -> list[Any]:
    """The parts of one variable as a list; `tf.get_variable(..., partitioner=...)` is the newer way.

    Args:
      shape: the shape of the whole.
      slicing: the number of parts per axis; only one of them may be more than 1.
      initializer, dtype, trainable, collections: as of `tf.get_variable`.
      name: of the variable scope the parts go into; "PartitionedVariable" if None.
      reuse: as of `tf.variable_scope`.
    """
    if len(shape) != len(slicing):
        raise ValueError(f"The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: {shape}, slicing: {slicing}")
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    graph = get_default_graph()
    with variable_scope(name, "PartitionedVariable", reuse=reuse) as scope, all_or_nothing(graph), graph.name_scope(None):
        whole = default_store().get_variable(
            scope.name, shape=shape, dtype=dtype, initializer=initializer, regularizer=scope.regularizer, reuse=scope.reuse,
            trainable=trainable, collections=collections, caching_device=scope.caching_device, partitioner=lambda **_: slicing,
            use_resource=scope.use_resource, constraint=scope.constraint,
        )  # fmt: skip
    return list(whole)
