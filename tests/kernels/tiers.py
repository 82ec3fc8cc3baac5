"""One call of an op in both tiers: on NumPy and in machine code."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE, OpDef
from autograd_lite.graph.static_value import TensorInference
from autograd_lite.kernels import compiled, pool
from tests.conformance import walk


class Watched:
    """An op whose own kernel counts its calls."""

    def __init__(self, opdef: OpDef) -> None:
        self.opdef, self.calls = opdef, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.opdef, name)

    def kernel(self, *arguments: Any) -> Any:
        self.calls += 1
        return self.opdef.kernel(*arguments)


class Both(NamedTuple):
    """What both tiers gave, and whether machine code computed its part itself."""

    slow: Any
    fast: Any
    is_compiled: bool


def kernels(name: str, inputs: list[Any], attrs: dict[str, Any]) -> tuple[Watched, Any, Any]:
    """The op, its attributes with defaults, and its kernel in two tiers, prepared (or None)."""
    watched = Watched(TABLE[name])
    with Graph().as_default():
        op = walk.make_node(TABLE[name], inputs, attrs, walk.constant)
        c = TensorInference(TABLE[name], "node", op.attrs, op.inputs)
        c.opdef = watched  # type: ignore[assignment]
        tiered = compiled.kernel_for(watched, c)  # type: ignore[arg-type]
    if tiered is not None:
        tiered.prepare()
    return watched, op.attrs, tiered


def both(name: str, *inputs: Any, given: list[Any] | None = None, **attrs: Any) -> Both:
    """Run an op on inputs in both tiers; `given` are other arrays of the same shapes and values to hand to the compiled kernel."""
    grouped = [[np.asarray(each) for each in value] if isinstance(value, list) else np.asarray(value) for value in inputs]
    arrays = walk.flat(grouped)
    watched, known, tiered = kernels(name, grouped, attrs)
    if tiered is None:
        return Both(None, None, False)
    states = [[watched.opdef.state(known)] if watched.opdef.needs_state else [] for _ in range(2)]  # alike, and each tier changes its own
    with np.errstate(all="ignore"):
        slow = watched.opdef.kernel(walk.XP, *watched.opdef.arguments([array.copy() for array in arrays], known), *states[0])
        handed = [array.copy() for array in arrays] if given is None else given
        before = [np.copy(array) for array in handed]
        fast = tiered.now(walk.XP, *watched.opdef.arguments(handed, known), *states[1])
    changes = {index for index, argument in enumerate(watched.inputs) if argument.name in watched.updates}
    for index, (array, copy) in enumerate(zip(handed, before)):
        assert index in changes or np.array_equal(array, copy, equal_nan=array.dtype.kind in "fc"), "an input was changed"
    return Both(slow, fast, watched.calls == 0)


def check(name: str, *inputs: Any, tolerance: float = 0.0, relative: float = 0.0, given: list[Any] | None = None, **attrs: Any) -> None:
    """Both tiers give arrays of the same type and shape and, up to a tolerance, the same numbers; machine code did it itself."""
    result = both(name, *inputs, given=given, **attrs)
    assert result.is_compiled
    slow, fast = ([each] if not isinstance(each, (list, tuple)) else list(each) for each in (result.slow, result.fast))
    assert len(slow) == len(fast)
    for left, right in zip(slow, fast):
        assert np.asarray(left).dtype == np.asarray(right).dtype
        assert np.shape(left) == np.shape(right)
        same(right, left, relative, tolerance)


def same(fast: Any, slow: Any, relative: float, tolerance: float) -> None:
    """Strings are equal; numbers up to a tolerance."""
    if np.asarray(slow).dtype == object:
        np.testing.assert_array_equal(fast, slow)
    else:
        np.testing.assert_allclose(fast, slow, rtol=relative, atol=tolerance)


def strange(array: np.ndarray) -> np.ndarray:
    """The same with NaN, infinities, zeros of both signs and the smallest numbers here and there."""
    array = array.copy()
    for step, value in ((7, np.nan), (11, np.inf), (13, -np.inf), (5, 0.0), (9, -0.0), (17, np.finfo(array.dtype).smallest_subnormal)):
        array.reshape(-1)[step - 1 :: step] = value
    return array


def same_bits_for_any_threads(name: str, *inputs: Any, **attrs: Any) -> None:
    """1, 2 and 3 threads give the same bits."""
    before, found = pool.threads(), []
    try:
        for count in (1, 2, 3):
            pool.set_threads(count)
            fast = both(name, *inputs, **attrs).fast
            found.append([np.asarray(each).tobytes() for each in (fast if isinstance(fast, (list, tuple)) else [fast])])
    finally:
        pool.set_threads(before)
    assert found[0] == found[1] == found[2]
