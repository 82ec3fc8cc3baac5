"""Changing parts of variables: slices taken with `v[1:3]`, and elements at positions given by full or partial indices."""

from __future__ import annotations

import inspect

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.positions import check_updates, combine_at
from autograd_lite.ops.samples import ints, sample, values
from autograd_lite.ops.slicing import MASKS, SliceSpec, cut, slice_bounds
from autograd_lite.ops.type_lists import INDEX, NUMBERS

_NOT_DIFFERENTIABLE = "it changes a variable"
_POLICY = {"2.21": {"bad_indices_policy": ("string", "")}}


# ---------------------------------------------------------------- slices


def _assign_slice(xp, whole, bounds, value, masks):
    """Put `value` where a strided slice of `whole` is."""
    spec = SliceSpec(*slice_bounds(*bounds), *masks)
    taken = cut(whole.shape, spec, invalid)
    if value.shape != taken.shape and value.ndim:
        raise invalid(f"shape of value was {rules.shape_text(value.shape)} instead of {rules.shape_text(taken.shape)}")
    whole[taken.where] = value
    return whole


@op(
    f"StridedSliceAssign(ref: Ref(T), begin: Index, end: Index, strides: Index, value: T, *, {MASKS}) -> output_ref: Ref(T)",
    types={"Index": INDEX},
    shape=rules.unchanged,
    updates=("ref",),
    in_place=True,
    host=("begin", "end", "strides"),
    no_gradient=_NOT_DIFFERENTIABLE,
    samples=[
        sample(values((4, 3)), ints(1), ints(3), ints(1), values((2, 3))),
        sample(values((4,)), ints(2), ints(3), ints(1), values(()), shrink_axis_mask=1),
    ],
)
def strided_slice_assign(xp, ref, begin, end, strides, value, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask):
    """Replace the slice `ref[begin:end:strides, ...]` of a variable by `value`."""
    return _assign_slice(xp, ref, (begin, end, strides), value, (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask))


@op(
    f"ResourceStridedSliceAssign(ref: resource, begin: Index, end: Index, strides: Index, value: T, *, {MASKS})",
    types={"Index": INDEX},
    updates=("ref",),
    in_place=True,
    stateful=True,
    host=("begin", "end", "strides"),
    no_gradient=_NOT_DIFFERENTIABLE,
    samples="its content lives in a session",
)
def resource_strided_slice_assign(
    xp, ref, begin, end, strides, value, begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
):
    """Replace the slice `ref[begin:end:strides, ...]` of a variable by `value`."""
    return _assign_slice(xp, ref, (begin, end, strides), value, (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask))


# ---------------------------------------------------------------- positions


def _declare(kind, combine, sentence, locking, limits):
    """Declare ScatterNd<kind> for reference variables and ResourceScatterNd<kind>."""

    def kernel(xp, ref, indices, updates):
        check_updates(xp, ref.shape, indices, updates)
        combine_at(xp, combine and getattr(xp, combine), ref, indices, updates)
        return ref

    def resource_kernel(xp, ref, indices, updates):
        return kernel(xp, ref, indices, updates)

    for function, name in ((kernel, f"scatter_nd_{kind.lower()}"), (resource_kernel, f"resource_scatter_nd_{kind.lower()}")):
        function.__name__ = function.__qualname__ = name
        function.__doc__ = inspect.cleandoc(sentence)
    common = {"in_place": True, "updates": ("ref",), "no_gradient": _NOT_DIFFERENTIABLE, "release_attrs": _POLICY}
    ref = op(
        f"ScatterNd{kind}(ref: Ref(T), indices: Tindices, updates: T, *, use_locking: bool = {locking}) -> output_ref: Ref(T)",
        types={"Tindices": INDEX, **({"T": limits} if limits else {})},
        shape=rules.unchanged,
        samples=[sample(values((4, 2)), [[1], [3]], values((2, 2))), sample(values((4, 2)), [[0, 1]], values((1,)))],
        **common,
    )(kernel)
    resource = op(
        f"ResourceScatterNd{kind}(ref: resource, indices: Tindices, updates: T, *, use_locking: bool = True)",
        types={"Tindices": INDEX},
        stateful=True,
        samples="its content lives in a session",
        **common,
    )(resource_kernel)
    return ref, resource


scatter_nd_update, resource_scatter_nd_update = _declare(
    "Update", None, "Replace elements or slices of a variable at given positions.", "True", None
)
scatter_nd_add, resource_scatter_nd_add = _declare(
    "Add", "add", "Add to elements or slices of a variable; a position named twice gets both.", "False", NUMBERS
)
scatter_nd_sub, resource_scatter_nd_sub = _declare(
    "Sub", "subtract", "Subtract from elements or slices of a variable at given positions.", "False", NUMBERS
)
