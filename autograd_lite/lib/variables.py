"""Making variables, finding them again, and initializing them: `tf.Variable`, `tf.global_variables` and their family."""

from __future__ import annotations

import contextlib
import functools
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from autograd_lite.api.control import group
from autograd_lite.api.raw import raw
from autograd_lite.api.slicing import boolean_mask
from autograd_lite.core import dtypes
from autograd_lite.core.export import export, record_public_names
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import variable as _variable
from autograd_lite.lib.graph_state import state_of
from autograd_lite.lib.ref_variable import RefVariable
from autograd_lite.lib.resource_variable import ResourceVariable
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable import Variable, VariableAggregation, VariableSynchronization

record_public_names(Variable, __name__, "Variable", ["Variable"])

_resource_by_default = [False]


@export("enable_resource_variables")
def enable_resource_variables() -> None:
    """Make resource variables from now on where a program does not say which kind it wants."""
    _resource_by_default[0] = True


@export("disable_resource_variables")
def disable_resource_variables() -> None:
    """Make reference variables from now on where a program does not say which kind it wants; this is how a program starts."""
    _resource_by_default[0] = False


@export("resource_variables_enabled")
def resource_variables_enabled() -> bool:
    """Whether variables are resource variables where a program does not say which kind it wants."""
    return _resource_by_default[0]


def make_variable(
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
    use_resource: bool | None = None,
    synchronization: VariableSynchronization = VariableSynchronization.AUTO,
    aggregation: VariableAggregation = VariableAggregation.NONE,
    shape: Any = None,
) -> Any:
    """A variable of the kind asked for, through the functions of `tf.variable_creator_scope`, if any; arguments as of `tf.Variable`."""
    graph = get_default_graph()
    create: Callable[..., Any] = default_creator
    for creator in state_of(graph).thread.creators:
        create = functools.partial(creator, create)
    with all_or_nothing(graph):
        return create(
            initial_value=initial_value, trainable=trainable, collections=collections, validate_shape=validate_shape,
            caching_device=caching_device, name=name, variable_def=variable_def, dtype=dtype, expected_shape=expected_shape,
            import_scope=import_scope, constraint=constraint, use_resource=use_resource, synchronization=synchronization,
            aggregation=aggregation, shape=shape,
        )  # fmt: skip


def default_creator(next_creator: Any = None, *, use_resource: bool | None = None, **arguments: Any) -> Variable:
    """A variable as it is made without `tf.variable_creator_scope`."""
    if use_resource is None:
        scope = state_of(get_default_graph()).thread.scope
        use_resource = None if scope is None else scope.use_resource
    if use_resource is None:
        use_resource = _resource_by_default[0]
    if not use_resource:
        return RefVariable(**arguments)
    arguments.pop("expected_shape", None)
    return ResourceVariable(**arguments)


_variable._make[:] = [make_variable]
Variable.__signature__ = inspect.signature(make_variable)  # type: ignore[attr-defined]  # what help() and editors show


@export("variable_creator_scope")
@contextlib.contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Variables made in this context go through `variable_creator(next_creator, **arguments)`.

    Args:
      variable_creator: returns a variable, usually `next_creator(**arguments)` with some arguments changed.

    >>> import autograd_lite as tf
    >>> def always_trainable(next_creator, **arguments):
    ...     arguments["trainable"] = True
    ...     return next_creator(**arguments)
    >>> with tf.variable_creator_scope(always_trainable):
    ...     v = tf.Variable(1.0, trainable=False)
    >>> v.trainable
    True
    """
    creators = state_of(get_default_graph()).thread.creators
    creators.append(variable_creator)
    try:
        yield
    finally:
        creators.remove(variable_creator)


# ---------------------------------------------------------------- finding them


def _collection(key: str, scope: str | None) -> list[Any]:
    return get_default_graph().get_collection(key, scope)


@export("global_variables")
def global_variables(scope: str | None = None) -> list[Any]:
    """The variables shared by everything that uses this graph; a new variable is among them unless it says otherwise.

    Args:
      scope: only those whose name begins with this regular expression.
    """
    return _collection(GraphKeys.GLOBAL_VARIABLES, scope)


@export("all_variables")
def all_variables() -> list[Any]:
    """The old name of `tf.global_variables()`."""
    _deprecated("all_variables", "global_variables")
    return global_variables()


@export("local_variables")
def local_variables(scope: str | None = None) -> list[Any]:
    """The variables that belong to one process and are not saved, such as counters of metrics; `scope` as in `tf.global_variables`."""
    return _collection(GraphKeys.LOCAL_VARIABLES, scope)


@export("trainable_variables")
def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables that optimizers change by default; `scope` as in `tf.global_variables`."""
    return _collection(GraphKeys.TRAINABLE_VARIABLES, scope)


@export("model_variables")
def model_variables(scope: str | None = None) -> list[Any]:
    """The variables that layers put into `tf.GraphKeys.MODEL_VARIABLES`; `scope` as in `tf.global_variables`."""
    return _collection(GraphKeys.MODEL_VARIABLES, scope)


@export("moving_average_variables")
def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables whose moving averages are kept; `scope` as in `tf.global_variables`."""
    return _collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def saveable_objects(scope: str | None = None) -> list[Any]:
    """The variables and other objects that a saver saves by default; `scope` as in `tf.global_variables`."""
    return _collection(GraphKeys.GLOBAL_VARIABLES, scope) + _collection(GraphKeys.SAVEABLE_OBJECTS, scope)


# ---------------------------------------------------------------- initializing them


@export("variables_initializer", "initializers.variables")
def variables_initializer(var_list: Any, name: str = "init") -> Operation:
    """An operation that gives every variable of a list its initial value.

    >>> import autograd_lite as tf
    >>> a = tf.Variable(2.0)
    >>> with tf.Session() as session:
    ...     session.run(tf.variables_initializer([a]))
    ...     print(session.run(a))
    2.0
    """
    if not var_list:
        return raw.NoOp(name=name)
    return group(*[variable.initializer for variable in var_list], name=name)


@export("global_variables_initializer", "initializers.global_variables")
def global_variables_initializer() -> Operation:
    """An operation, named `init`, that gives all global variables made so far their initial values. Run it before anything else."""
    return variables_initializer(global_variables())


@export("local_variables_initializer", "initializers.local_variables")
def local_variables_initializer() -> Operation:
    """An operation that gives all local variables made so far their initial values."""
    return variables_initializer(local_variables())


@export("initialize_variables")
def initialize_variables(var_list: Any, name: str = "init") -> Operation:
    """The old name of `tf.variables_initializer`."""
    _deprecated("initialize_variables", "variables_initializer")
    return variables_initializer(var_list, name)


@export("initialize_all_variables")
def initialize_all_variables() -> Operation:
    """The old name of `tf.global_variables_initializer`."""
    _deprecated("initialize_all_variables", "global_variables_initializer")
    return global_variables_initializer()


@export("initialize_local_variables")
def initialize_local_variables() -> Operation:
    """The old name of `tf.local_variables_initializer`."""
    _deprecated("initialize_local_variables", "local_variables_initializer")
    return local_variables_initializer()


def _deprecated(old: str, new: str) -> None:
    warnings.warn(f"tf.{old} is deprecated: use tf.{new}", DeprecationWarning, stacklevel=3)


# ---------------------------------------------------------------- asking whether they are initialized


@export("is_variable_initialized")
def is_variable_initialized(variable: Any) -> Tensor:
    """A tensor that tells whether a variable holds a value."""
    return _is_initialized(variable)


def _is_initialized(variable: Any, name: str | None = None) -> Tensor:
    if isinstance(variable, ResourceVariable):
        return variable.is_initialized(name)
    return raw.IsVariableInitialized(variable._ref() if isinstance(variable, RefVariable) else variable, name=name)


def _variables_to_check(var_list: Any) -> list[Any]:
    if var_list is None:
        var_list = global_variables() + local_variables()
        if not var_list:  # of a graph that was imported
            kinds = ("Variable", "VariableV2", "AutoReloadVariable")
            var_list = [op.outputs[0] for op in get_default_graph().get_operations() if op.type in kinds]
    return list(var_list)


@export("report_uninitialized_variables")
def report_uninitialized_variables(var_list: Any = None, name: str = "report_uninitialized_variables") -> Tensor:
    """A vector of strings with the names of the variables that hold no value yet; empty once all are initialized.

    Args:
      var_list: variables to ask; all global and local ones if None.
      name: a name for the operation.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(1.0, name="docs_not_yet")
    >>> with tf.Session() as session:
    ...     print(session.run(tf.report_uninitialized_variables([w])))
    [b'docs_not_yet']
    """
    variables = _variables_to_check(var_list)
    graph = get_default_graph()
    with graph.name_scope(name), graph.device("/cpu:0"):
        if not variables:
            return convert_to_tensor([], dtype=dtypes.string)
        empty = raw.LogicalNot(raw.Pack([_is_initialized(variable) for variable in variables], name="stack"))
        names = convert_to_tensor([variable.op.name for variable in variables])
        return boolean_mask(names, empty)


@export("assert_variables_initialized")
def assert_variables_initialized(var_list: Any = None) -> Any:
    """A tensor whose computation fails with FailedPreconditionError when a variable holds no value; None when there are no variables."""
    variables = _variables_to_check(var_list)
    if not variables:
        return None
    graph = get_default_graph()
    ranks = []
    for variable in variables:
        with graph.colocate_with(variable.op):
            ranks.append(raw.Rank(variable))
        ranks[-1].op._add_control_input(ranks[-1].op.inputs[0].op)  # the rank is known without it: the reading must happen all the same
    return ranks[0] if len(ranks) == 1 else raw.Pack(ranks, name="stack")
