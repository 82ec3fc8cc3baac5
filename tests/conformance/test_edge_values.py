"""Every op meets the worst values: it computes something, or fails with an error of `tf.errors`; it never warns, crashes or hangs."""

import warnings

import numpy as np
import pytest

from autograd_lite.core.errors import OpError
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.ops import checks
from tests.conformance.walk import Case, build, constant, flat, run

SAMPLED = [name for name in sorted(TABLE) if not isinstance(TABLE[name].samples, str)]
ELEMENTWISE = [name for name in SAMPLED if TABLE[name].elementwise]


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch):
    """Sizes that are extreme are refused, as on a machine that could not hold them."""
    monkeypatch.setattr(checks, "_PHYSICAL_MEMORY", 1 << 26)


def _extremes(dtype: np.dtype) -> list:
    if dtype.kind in "fc":
        limits = np.finfo(dtype)
        return [np.nan, np.inf, -np.inf, limits.max, -limits.max, limits.tiny, 0]
    if dtype.kind in "iu":
        return [np.iinfo(dtype).min, np.iinfo(dtype).max, -1 if dtype.kind == "i" else 1, 0]
    return []


def _run_or_refuse(opdef, values, attrs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return run(opdef, values, attrs)
        except OpError:
            return None


@pytest.mark.parametrize("name", SAMPLED)
def test_extreme_values_in_any_input_neither_crash_nor_warn(name):
    for number in range(len(TABLE[name].samples)):
        case = Case(name, number)
        with Graph().as_default():
            op = build(case, constant)
        values = [np.asarray(value) for value in flat(case.inputs())]
        for place, value in enumerate(values):
            for extreme in _extremes(value.dtype):
                _run_or_refuse(case.opdef, [*values[:place], np.full_like(value, extreme), *values[place + 1 :]], op.attrs)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1, 1)], ids=str)
def test_scalars_and_empty_arrays_keep_their_shape(name, shape):
    case = Case(name, 0)
    with Graph().as_default():
        op = build(case, constant)
    values = [np.full(shape, 1, np.asarray(value).dtype) for value in flat(case.inputs())]
    (result, *_) = _run_or_refuse(case.opdef, values, op.attrs) or (None,)
    assert result is None or np.shape(result) == shape
