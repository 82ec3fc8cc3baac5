"""`tf.contrib.framework`: variables of a model, and variables found by their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.default_graph import device as on_device
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.lib.contrib.arg_scope import add_arg_scope
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.layers.layer import add_once, parts_of
from autograd_lite.lib.variable import Variable, VariableAggregation, VariableSynchronization
from autograd_lite.lib.variable_scope import VariableScope, get_variable
from autograd_lite.lib.variables import make_variable


@export("contrib.framework.variable", "contrib.slim.variable")
@add_arg_scope
def variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Callable[..., Any] | None = None,
    use_resource: bool | None = None,
    synchronization: VariableSynchronization = VariableSynchronization.AUTO,
    aggregation: VariableAggregation = VariableAggregation.NONE,
) -> Any:
    """A variable of the open scope, new or found again, on a device; other arguments as of `tf.get_variable`.

    >>> import autograd_lite as tf
    >>> tf.contrib.framework.variable("docs_v", [2], initializer=tf.zeros_initializer()).name
    'docs_v:0'
    """
    collections = list(dict.fromkeys(collections if collections is not None else [GraphKeys.GLOBAL_VARIABLES]))
    getter = custom_getter or get_variable
    with on_device(device or ""):
        return getter(
            name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=trainable,
            collections=collections, caching_device=caching_device, partitioner=partitioner, use_resource=use_resource,
            synchronization=synchronization, aggregation=aggregation,
        )  # fmt: skip


@export("contrib.framework.model_variable", "contrib.slim.model_variable")
@add_arg_scope
def model_variable(
    name: str,
    shape: Any = None,
    dtype: Any = dtypes.float32,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Callable[..., Any] | None = None,
    use_resource: bool | None = None,
    synchronization: VariableSynchronization = VariableSynchronization.AUTO,
    aggregation: VariableAggregation = VariableAggregation.NONE,
) -> Any:
    """As `variable`, for what belongs to the model: it is in `tf.GraphKeys.MODEL_VARIABLES` too.

    >>> import autograd_lite as tf
    >>> w = tf.contrib.framework.model_variable("docs_w", [2], initializer=tf.zeros_initializer())
    >>> tf.model_variables() == [w]
    True
    """
    collections = [*(collections or []), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(
        name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=trainable, collections=collections,
        caching_device=caching_device, device=device, partitioner=partitioner, custom_getter=custom_getter, use_resource=use_resource,
        synchronization=synchronization, aggregation=aggregation,
    )  # fmt: skip


@export("contrib.framework.local_variable", "contrib.slim.local_variable")
def local_variable(initial_value: Any, validate_shape: bool = True, name: str | None = None, use_resource: bool | None = None) -> Any:
    """A variable that is neither trained nor saved; `tf.local_variables_initializer()` starts it.

    >>> import autograd_lite as tf
    >>> tf.contrib.framework.local_variable(0.0) in tf.local_variables()
    True
    """
    return make_variable(
        initial_value, trainable=False, collections=[GraphKeys.LOCAL_VARIABLES], validate_shape=validate_shape, name=name,
        use_resource=use_resource,
    )  # fmt: skip


@export("contrib.framework.global_variable", "contrib.slim.global_variable")
def global_variable(initial_value: Any, validate_shape: bool = True, name: str | None = None, use_resource: bool | None = None) -> Any:
    """A variable that is saved but not trained.

    >>> import autograd_lite as tf
    >>> v = tf.contrib.framework.global_variable(0.0)
    >>> v in tf.global_variables(), v in tf.trainable_variables()
    (True, False)
    """
    return make_variable(
        initial_value, trainable=False, collections=[GraphKeys.GLOBAL_VARIABLES], validate_shape=validate_shape, name=name,
        use_resource=use_resource,
    )  # fmt: skip


@export("contrib.framework.add_model_variable", "contrib.slim.add_model_variable")
def add_model_variable(var: Any) -> None:
    """Add a variable to `tf.GraphKeys.MODEL_VARIABLES` unless it is there."""
    add_once([var], GraphKeys.MODEL_VARIABLES)


# -------------------------------------------------------------------- finding


@export("contrib.framework.get_variables", "contrib.slim.get_variables")
def get_variables(scope: Any = None, suffix: str | None = None, collection: str = GraphKeys.GLOBAL_VARIABLES) -> list[Any]:
    """The variables of a collection whose names begin with `scope` and end with `suffix`.

    >>> import autograd_lite as tf
    >>> with tf.variable_scope("docs_a"):
    ...     w = tf.get_variable("w", [2])
    >>> tf.contrib.framework.get_variables("docs_a") == tf.contrib.framework.get_variables(suffix="w") == [w]
    True
    """
    if isinstance(scope, VariableScope):
        scope = scope.name
    if suffix is not None:
        scope = f"{scope or ''}.*{suffix if ':' in suffix else suffix + ':'}"
    return get_default_graph().get_collection(collection, scope)


@export("contrib.framework.get_trainable_variables", "contrib.slim.get_trainable_variables")
def get_trainable_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The trainable variables whose names begin with `scope` and end with `suffix`."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


@export("contrib.framework.get_model_variables", "contrib.slim.get_model_variables")
def get_model_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The model's variables whose names begin with `scope` and end with `suffix`."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


@export("contrib.framework.get_local_variables", "contrib.slim.get_local_variables")
def get_local_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The local variables whose names begin with `scope` and end with `suffix`."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


@export("contrib.framework.get_variables_by_suffix", "contrib.slim.get_variables_by_suffix")
def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """The variables whose names end with `suffix`."""
    return get_variables(scope=scope, suffix=suffix)


@export("contrib.framework.get_variables_by_name", "contrib.slim.get_variables_by_name")
def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """The variables whose last name is `given_name`.

    >>> import autograd_lite as tf
    >>> a, b = tf.get_variable("b", [1]), tf.get_variable("docs/bb", [1])
    >>> tf.contrib.framework.get_variables_by_name("b") == [a]
    True
    """
    return get_variables(scope=scope, suffix=f"/{given_name}:|^{given_name}:")


@export("contrib.framework.get_unique_variable", "contrib.slim.get_unique_variable")
def get_unique_variable(var_op_name: str) -> Any:
    """The one variable of this full name.

    Raises:
      ValueError: there is none.
    """
    for candidate in get_variables(scope=var_op_name):
        if candidate.op.name == var_op_name:
            return candidate
    known = [candidate.op.name for candidate in get_variables()]
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable\n  There are: {', '.join(known[:20]) or 'none'}.")


@export("contrib.framework.get_variable_full_name", "contrib.slim.get_variable_full_name")
def get_variable_full_name(var: Variable) -> str:
    """The name under which a variable is saved: that of the whole, for a part."""
    info = var._get_save_slice_info()
    return info.full_name if info else var.op.name


@export("contrib.framework.get_variables_to_restore", "contrib.slim.get_variables_to_restore")
def get_variables_to_restore(include: Any = None, exclude: Any = None) -> list[Any]:
    """The variables in the scopes of `include` (all if None), without those in the scopes of `exclude`.

    Raises:
      TypeError: when one of them is not a list.

    >>> import autograd_lite as tf
    >>> a, b = tf.get_variable("docs_a/w", [1]), tf.get_variable("docs_b/w", [1])
    >>> tf.contrib.framework.get_variables_to_restore(exclude=["docs_b"]) == [a]
    True
    """
    for name, scopes in (("include", include), ("exclude", exclude)):
        if scopes is not None and not isinstance(scopes, list | tuple):
            raise TypeError(f"{name} is provided but is not a list or a tuple.")
    wanted = get_variables() if include is None else [found for scope in include for found in get_variables(scope)]
    unwanted = {id(found) for scope in exclude or () for found in get_variables(scope)}
    return [found for found in wanted if id(found) not in unwanted]


@export("contrib.framework.filter_variables", "contrib.slim.filter_variables")
def filter_variables(var_list: Any, include_patterns: Any = None, exclude_patterns: Any = None, reg_search: bool = True) -> list[Any]:
    """The variables whose names match one of `include_patterns` (all if None) and none of `exclude_patterns`.

    Args:
      reg_search: whether a pattern may be found anywhere in the name, rather than at its beginning.

    >>> import autograd_lite as tf
    >>> v = tf.get_variable("docs_w", [1])
    >>> tf.contrib.framework.filter_variables([v], include_patterns=["w$"])[0] is v
    True
    """
    matches = re.search if reg_search else re.match

    def is_wanted(name: str) -> bool:
        included = not include_patterns or any(matches(pattern, name) for pattern in include_patterns)
        return included and not any(matches(pattern, name) for pattern in exclude_patterns or ())

    return [one for one in var_list if is_wanted(one.op.name)]


@export("contrib.framework.zero_initializer")
def zero_initializer(ref: Any, use_locking: bool = True, name: str = "zero_initializer") -> Any:
    """An operation that fills a variable with zeros.

    >>> import autograd_lite as tf
    >>> v = tf.Variable([1.0, 2.0])
    >>> print(tf.Session().run(tf.contrib.framework.zero_initializer(v)))
    [0. 0.]
    """
    return ref.assign(Zeros()(ref.get_shape(), dtype=ref.dtype.base_dtype), use_locking=use_locking, name=name)


# -------------------------------------------------------------------- what the layers of tf.contrib share


def renaming_getter(rename: dict[str, str]) -> Callable[..., Any]:
    """A custom getter that makes model variables, under the names that `tf.contrib.layers` gives them: `kernel` is `weights`."""

    def get(getter: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
        scope, _, last = name.rpartition("/")
        renamed = f"{scope}/{rename.get(last, last)}" if scope else rename.get(last, last)
        kwargs["collections"] = [*(kwargs.get("collections") or []), GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
        return getter(renamed, *args, **kwargs)

    return get


def collections_for(variables_collections: Any, name: str) -> list[str]:
    """The collections for a variable: `variables_collections` is a list for all, or a dict by name."""
    if isinstance(variables_collections, dict):
        return variables_collections.get(name) or []
    return variables_collections or []


def add_to_collections(variable: Any, variables_collections: Any, name: str) -> None:
    """Add a variable of a layer to the collections that the user wants it in."""
    if variable is not None:
        for collection in collections_for(variables_collections, name):
            add_once(parts_of(variable), collection)
