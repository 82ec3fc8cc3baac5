"""The kit that gradient functions get as `g`: graph-building functions, and answers about which gradients are wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite.api.operators  # noqa: F401  (gradient functions may write a * b)
from autograd_lite.api.arrays import ones_like, shape, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant
from autograd_lite.api.raw import raw
from autograd_lite.autodiff.calls import call_gradients
from autograd_lite.core import dtypes
from autograd_lite.core.export import PUBLIC
from autograd_lite.core.shapes import Shape, is_defined
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.table import by_python_name

TensorOrMaker = Any  # a Tensor, or a function without arguments that builds it


class Kit:
    """Builds the nodes of one backward walk.

    `g.mul(a, b)`: any op, by its Python name; `g.reduce_mean(x)`: any function of the API, by TF's name.
    `g.needs(i)`: whether the gradient of input i of the op at hand leads to something that was asked for.
    """

    def __init__(self, is_wanted: Callable[[Any], bool], gradients: Callable[..., list[Any]] | None = None) -> None:
        self._is_wanted = is_wanted
        self._gradients = gradients
        self._op: Any = None
        self.flow: Any = None  # the gradients of the nodes of conditionals and loops

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        function = by_python_name.get(name) or _api_function(name)
        if function is None:
            raise AttributeError(f"no op and no function of the API is called {name!r}")
        setattr(Kit, name, staticmethod(function))  # the next use is an ordinary attribute
        return function

    def at(self, op: Any) -> Kit:
        """This kit, with `op` as the operation whose gradient is being built."""
        self._op = op
        return self

    def needs(self, index: int) -> bool:
        """Whether the gradient of input `index` of the op at hand is wanted."""
        return self._is_wanted(self._op.inputs[index])

    constant = staticmethod(constant)
    shape = staticmethod(shape)
    zeros_like = staticmethod(zeros_like)
    ones_like = staticmethod(ones_like)

    @staticmethod
    def cast(x: Any, dtype: Any) -> Any:
        """`x` as `dtype`; `x` itself when it has that type already."""
        return x if x.dtype.base_dtype == dtypes.as_dtype(dtype).base_dtype else cast(x, dtype)

    @staticmethod
    def indexed_slices(values: Any, indices: Any, dense_shape: Any = None) -> IndexedSlices:
        """A gradient that is zero but for some rows: `values[k]` belongs to row `indices[k]`."""
        return IndexedSlices(values, indices, dense_shape)

    def call_gradients(self, inputs: Any, dys: Any, functions: dict[str, Any], call: Any, first: list[Any]) -> list[Any]:
        """The gradients for the inputs of a node that calls functions of the graph (see autodiff.calls)."""
        return call_gradients(self._gradients, inputs, dys, functions, call, first)  # type: ignore[arg-type]

    def unbroadcast(self, op: Any, dz: Any, f_x: TensorOrMaker = None, f_y: TensorOrMaker = None) -> list[Any]:
        """Gradients of a broadcasting binary op: each is built if wanted, then summed over the axes along which its input was stretched.

        `f_x` and `f_y` are tensors of the output's shape or functions that build them (None: `dz` itself).
        Known shapes decide while the graph is built; otherwise BroadcastGradientArgs decides when it runs.
        """
        x, y = op.inputs[0], op.inputs[1]
        results: list[Any] = [None, None]
        dynamic: tuple[Any, Any, Any] | None = None  # made once, used by both sides: shapes of x and y, axes to sum
        for side, (mine, other, maker) in enumerate(((x, y, f_x), (y, x, f_y))):
            if not self._is_wanted(mine):
                continue
            grad = dz if maker is None else maker() if callable(maker) else maker
            axes = stretched_axes(mine.static_shape, other.static_shape)
            if axes is not None:
                results[side] = _sum_stretched(grad, mine, other, axes)
                continue
            if dynamic is None:
                shape_x, shape_y = shape(x), shape(y)
                dynamic = (shape_x, shape_y, raw.BroadcastGradientArgs(shape_x, shape_y))
            results[side] = raw.Reshape(raw.Sum(grad, dynamic[2][side]), dynamic[side])
        return results


def _api_function(name: str) -> Any:
    """The function of `api` that is public as `tf.<name>`."""
    place = PUBLIC.get(name)
    if place is None or not place.module.startswith("autograd_lite.api."):
        return None
    return getattr(sys.modules[place.module], place.attribute)


def stretched_axes(mine: Shape, other: Shape) -> list[int] | None:
    """The axes of the output along which broadcasting stretches `mine`, as far as static shapes tell; None when they do not.

    An axis of size 1 may be listed although the other size is unknown: summing over a single element changes nothing.
    """
    if mine is None or other is None:
        return None
    rank = max(len(mine), len(other))
    offset = rank - len(mine)
    padded = (1,) * (rank - len(other)) + other
    axes = list(range(offset))
    for axis, size in enumerate(mine, start=offset):
        if size == 1:
            if padded[axis] != 1:
                axes.append(axis)
        elif size is None and padded[axis] != 1:
            return None
    return axes


def _sum_stretched(grad: Any, target: Any, other: Any, axes: list[int]) -> Any:
    """Sum `grad` over `axes` so that it gets the shape of `target`."""
    if not axes:
        return grad
    added = max(len(other.static_shape) - len(target.static_shape), 0)  # leading axes that target does not have
    indices = np.array(axes, np.int32)
    if axes[-1] < added:
        return raw.Sum(grad, indices)
    if not added:
        return raw.Sum(grad, indices, keep_dims=True)
    wanted = target.static_shape
    return raw.Reshape(raw.Sum(grad, indices), np.array(wanted, np.int32) if is_defined(wanted) else shape(target))
