"""Variables: the nodes that stand for them, reading, assigning, counting, and changing single rows.

The content of a variable lives in the session. An op that changes it says so (`updates`); its kernel gets the array that is stored now and
returns the one to store next.
"""

from __future__ import annotations

import inspect
from typing import Any

from autograd_lite.core.errors import FailedPreconditionError, OutOfRangeError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_indices, invalid
from autograd_lite.ops.rows import combine_rows
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.type_lists import INDEX, NUMBERS

_NOT_DIFFERENTIABLE = "it changes a variable"
_NO_VALUE = "its content lives in a session"


def _no_content():
    return FailedPreconditionError(None, None, "Attempting to use uninitialized value")


_VARIABLE: dict[str, Any] = {
    "shape": lambda c: c.attrs["shape"],
    "stateful": True,
    "samples": _NO_VALUE,
    "no_gradient": "a variable has no inputs",
}
_VARIABLE_ATTRS = "shape: shape, dtype: type, container: string = '', shared_name: string = ''"


@op(f"VariableV2(*, {_VARIABLE_ATTRS}) -> ref: Ref(dtype)", **_VARIABLE)
def variable_v2(xp):
    """Stand for a value that the session keeps from one run to the next."""
    raise _no_content()


@op(f"Variable(*, {_VARIABLE_ATTRS}) -> ref: Ref(dtype)", **_VARIABLE)
def variable(xp):
    """Stand for a value that the session keeps from one run to the next (the first form of VariableV2)."""
    raise _no_content()


@op(
    "VarHandleOp(*, container: string = '', shared_name: string = '', dtype: type, shape: shape) -> resource: resource",
    shape=rules.scalar,
    stateful=True,
    samples=_NO_VALUE,
    no_gradient="a variable has no inputs",
    release_attrs={"2.21": {"debug_name": ("string", ""), "allowed_devices": ("list(string)", [])}},
)
def var_handle_op(xp):
    """Stand for a value that the session keeps from one run to the next; reading it is a node of its own."""
    raise _no_content()


def _content_shape(c):
    known = c.handle(0)
    return None if known is None else known[1]


@op(
    "ReadVariableOp(resource: resource, *, dtype: type) -> value: dtype",
    shape=_content_shape,
    elementwise="resource",
    stateful=True,
    view=("resource",),
    samples=_NO_VALUE,
)
def read_variable_op(xp, resource):
    """Give the value that a variable has now."""
    return resource


@read_variable_op.gradient
def read_variable_gradient(g, op, dy):
    return dy


@op(
    "VarIsInitializedOp(resource: resource) -> is_initialized: bool",
    shape=rules.scalar,
    initializes=("resource",),
    stateful=True,
    samples=_NO_VALUE,
    no_gradient="a truth value",
)
def var_is_initialized_op(xp, resource):
    """Tell whether a variable has a value."""
    return xp.asarray(resource is not None)


@op(
    "IsVariableInitialized(ref: Ref(dtype)) -> is_initialized: bool",
    shape=rules.scalar,
    initializes=("ref",),
    stateful=True,
    samples=[sample(values((2,)))],
    no_gradient="a truth value",
)
def is_variable_initialized(xp, ref):
    """Tell whether a variable has a value."""
    return xp.asarray(ref is not None)


@op(
    "VariableShape(input: resource, *, out_type: type = int32) -> output: out_type",
    types={"out_type": INDEX},
    stateful=True,
    shape=lambda c: (rules.rank_of(_content_shape(c)),),
    partial=_content_shape,
    samples=_NO_VALUE,
    no_gradient="a shape does not depend on the values",
)
def variable_shape(xp, input, out_type):
    """Give the shape of a variable."""
    return xp.asarray(input.shape, dtype=out_type.numpy)


def _assigned_shape(c):
    return rules.merge(c, c.shape(0), c.shape(1)) if c.attrs["validate_shape"] else c.shape(1)


@op(
    "Assign(ref: Ref(T), value: T, *, validate_shape: bool = True, use_locking: bool = True) -> output_ref: Ref(T)",
    shape=_assigned_shape,
    updates=("ref",),
    initializes=("ref",),
    view=("value",),
    samples=[sample(values((2, 3)), values((2, 3)))],
    no_gradient=_NOT_DIFFERENTIABLE,
)
def assign(xp, ref, value):
    """Give a variable a new value."""
    return value


def _check_same_size(variable, value):
    if variable.shape != value.shape:
        raise invalid(
            f"Parameters and update must be the same size, got {rules.shape_text(variable.shape)} and {rules.shape_text(value.shape)}"
        )


_CHANGED: dict[str, Any] = {
    "types": {"T": NUMBERS},
    "shape": lambda c: rules.merge(c, c.shape(0), c.shape(1)),
    "updates": ("ref",),
    "samples": [sample(values((2, 3)), values((2, 3)))],
    "no_gradient": _NOT_DIFFERENTIABLE,
}


@op("AssignAdd(ref: Ref(T), value: T, *, use_locking: bool = False) -> output_ref: Ref(T)", elementwise="ref + value", **_CHANGED)
def assign_add(xp, ref, value):
    """Add `value` to a variable."""
    _check_same_size(ref, value)
    return ref + value


@op("AssignSub(ref: Ref(T), value: T, *, use_locking: bool = False) -> output_ref: Ref(T)", elementwise="ref - value", **_CHANGED)
def assign_sub(xp, ref, value):
    """Subtract `value` from a variable."""
    _check_same_size(ref, value)
    return ref - value


_RESOURCE_CHANGED: dict[str, Any] = {"updates": ("resource",), "stateful": True, "samples": _NO_VALUE, "no_gradient": _NOT_DIFFERENTIABLE}


def _check_content(c):
    """What is known of a value must fit what is known of the variable that takes it."""
    rules.merge(c, _content_shape(c), c.shape(1))


@op(
    "AssignVariableOp(resource: resource, value: dtype)",
    shape=_check_content,
    initializes=("resource",),
    view=("value",),
    release_attrs={"2.21": {"validate_shape": ("bool", False)}},
    **_RESOURCE_CHANGED,
)
def assign_variable_op(xp, resource, value):
    """Give a variable a new value."""
    return value


@op("AssignAddVariableOp(resource: resource, value: dtype)", pointwise=True, shape=_check_content, **_RESOURCE_CHANGED)
def assign_add_variable_op(xp, resource, value):
    """Add `value` to a variable."""
    _check_same_size(resource, value)
    return resource + value


@op("AssignSubVariableOp(resource: resource, value: dtype)", pointwise=True, shape=_check_content, **_RESOURCE_CHANGED)
def assign_sub_variable_op(xp, resource, value):
    """Subtract `value` from a variable."""
    _check_same_size(resource, value)
    return resource - value


def _counted(xp, count, limit):
    """The next count, then the present one: what is stored, then what is given."""
    if int(count) >= limit:
        raise OutOfRangeError(None, None, f"Reached limit of {limit}")
    return count + count.dtype.type(1), count


@op(
    "CountUpTo(ref: Ref(T), *, limit: int) -> output: T",
    types={"T": INDEX},
    shape=lambda c: rules.with_rank(c, c.shape(0), 0),
    updates=("ref",),
    samples=[sample(3, limit=5)],
    no_gradient=_NOT_DIFFERENTIABLE,
)
def count_up_to(xp, ref, limit):
    """Give the value of a variable and add 1 to it, until it reaches `limit`."""
    return _counted(xp, ref, limit)


@op(
    "ResourceCountUpTo(resource: resource, *, limit: int, T: type) -> output: T",
    types={"T": INDEX},
    shape=rules.scalar,
    **_RESOURCE_CHANGED,
)
def resource_count_up_to(xp, resource, limit):
    """Give the value of a variable and add 1 to it, until it reaches `limit`."""
    return _counted(xp, resource, limit)


def _resource_gather_shape(c):
    params, indices = _content_shape(c), c.shape(1)
    return None if params is None or indices is None else indices + params[1:]


@op(
    "ResourceGather(resource: resource, indices: Tindices, *, validate_indices: bool = True, dtype: type) -> output: dtype",
    types={"Tindices": INDEX},
    shape=_resource_gather_shape,
    stateful=True,
    samples=_NO_VALUE,
    release_attrs={"2.21": {"batch_dims": ("int", 0)}},
)
def resource_gather(xp, resource, indices):
    """Look up rows of a variable by their indices."""
    check_indices(xp, indices, resource.shape[0])
    return xp.take(resource, indices, axis=0)


@resource_gather.gradient
def resource_gather_gradient(g, op, dy):
    handle, indices = op.inputs
    shape = g.variable_shape(handle)
    flat = g.reshape(indices, [-1])
    rows = g.concat([g.shape(flat), g.slice(shape, [1], [-1])], 0)
    return g.indexed_slices(g.reshape(dy, rows), flat, shape), None


_COMBINE = {"Add": "add", "Sub": "subtract", "Mul": "multiply", "Min": "minimum", "Max": "maximum"}  # names of array functions


def _scatter(xp, kind, rows, indices, updates):
    """Change rows in place; everything is checked before the first is."""
    check_indices(xp, indices, rows.shape[0] if rows.ndim else 0)
    wanted = indices.shape + rows.shape[1:]
    if updates.ndim and updates.shape != wanted:
        raise invalid(
            f"Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape "
            f"{rules.shape_text(updates.shape)}, indices.shape {rules.shape_text(indices.shape)}, params.shape "
            f"{rules.shape_text(rows.shape)}"
        )
    updates = xp.broadcast_to(updates, wanted)
    if kind == "Update":
        rows[indices] = updates
    elif kind == "Div":
        is_integer = rows.dtype.kind in "iu"
        if is_integer and bool(xp.any(updates == 0)):
            raise invalid("Integer division by zero")
        combine_rows(xp, xp.floor_divide if is_integer else xp.divide, rows, indices, updates)
    else:
        combine_rows(xp, getattr(xp, _COMBINE[kind]), rows, indices, updates)
    return rows


def _scattered_shape(c):
    rules.sparse_rows(c, c.shape(0), c.shape(1), c.shape(2))
    return c.shape(0)


def _check_scattered(c):
    rules.sparse_rows(c, _content_shape(c), c.shape(1), c.shape(2))


def _declare_scatter(kind, sentence, types, resource_types, locking="False"):
    """Declare Scatter<kind>, which changes rows of a reference variable, and ResourceScatter<kind>."""

    def kernel(xp, ref, indices, updates):
        return _scatter(xp, kind, ref, indices, updates)

    def resource_kernel(xp, resource, indices, updates):
        return _scatter(xp, kind, resource, indices, updates)

    for function, name in ((kernel, f"scatter_{kind.lower()}"), (resource_kernel, f"resource_scatter_{kind.lower()}")):
        function.__name__ = function.__qualname__ = name
        function.__doc__ = inspect.cleandoc(sentence)
    limits, resource_limits = {"Tindices": INDEX}, {"Tindices": INDEX}
    if types is not None:
        limits["T"] = types
    if resource_types is not None:
        resource_limits["dtype"] = resource_types
    ref = op(
        f"Scatter{kind}(ref: Ref(T), indices: Tindices, updates: T, *, use_locking: bool = {locking}) -> output_ref: Ref(T)",
        types=limits,
        shape=_scattered_shape,
        updates=("ref",),
        in_place=True,
        no_gradient=_NOT_DIFFERENTIABLE,
        samples=[sample(values((3, 2)), ints(0, 2), values((2, 2), 0.5, 2.0)), sample(values((3,)), ints(1), 2.0)],
    )(kernel)
    resource = op(
        f"ResourceScatter{kind}(resource: resource, indices: Tindices, updates: dtype)",
        types=resource_limits,
        shape=_check_scattered,
        in_place=True,
        **_RESOURCE_CHANGED,
    )(resource_kernel)
    return ref, resource


_COMPARED = "half bfloat16 float double int32 int64"
scatter_update, resource_scatter_update = _declare_scatter("Update", "Replace rows of a variable.", None, None, "True")
scatter_add, resource_scatter_add = _declare_scatter("Add", "Add to rows of a variable; a row named twice gets both.", NUMBERS, NUMBERS)
scatter_sub, resource_scatter_sub = _declare_scatter("Sub", "Subtract from rows of a variable.", NUMBERS, NUMBERS)
scatter_mul, resource_scatter_mul = _declare_scatter("Mul", "Multiply rows of a variable.", NUMBERS, NUMBERS)
scatter_div, resource_scatter_div = _declare_scatter("Div", "Divide rows of a variable.", NUMBERS, NUMBERS)
scatter_min, resource_scatter_min = _declare_scatter("Min", "Keep the smaller of rows of a variable and updates.", _COMPARED, NUMBERS)
scatter_max, resource_scatter_max = _declare_scatter("Max", "Keep the larger of rows of a variable and updates.", _COMPARED, NUMBERS)
