"""An op's formula and its kernel are one fact told twice: on the op's own samples both give the same bits."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.backends.registry import backend_named
from autograd_lite.compiler.pipeline import compile_plan
from autograd_lite.graph.table import TABLE
from autograd_lite.ops.samples import arrays

tf.Session  # the whole op table is loaded with the facade

pytestmark = pytest.mark.usefixtures("on_numpy")


def with_formulas():
    return [
        pytest.param(opdef, id=name) for name, opdef in sorted(TABLE.items())
        if opdef.elementwise is not None and not opdef.elementwise.isidentifier() and not opdef.updates and isinstance(opdef.samples, list)
    ]  # fmt: skip


def run_both(opdef, values, attrs):
    """The op as a plan computes it on these values, and its kernel's answer."""
    feeds = [tf.placeholder(value.dtype, value.shape) for value in values]
    out = opdef(*feeds, **attrs)
    plan = compile_plan([out], feeds)
    function = plan.bind(None, None, {"give": lambda value: value}, backend_named("numpy"))
    (got,) = function(*[value[()] if value.ndim == 0 else value for value in values])
    with np.errstate(all="ignore"):
        wanted = opdef.compute(backend_named("numpy").xp, values, out.op.attrs)[0]
    return np.asarray(got), np.asarray(wanted), plan.source


def special(value):
    """The same array with infinities, NaN, zeros of both signs and extremes in it."""
    if value.dtype.kind != "f" or value.ndim == 0 or not value.size:
        return value
    extremes = [np.nan, np.inf, -np.inf, 0.0, -0.0, np.finfo(value.dtype).max, np.finfo(value.dtype).tiny, -1.0]
    return np.resize(np.array(extremes, value.dtype), value.shape)


@pytest.mark.parametrize("opdef", with_formulas())
def test_formula_and_kernel_give_the_same_bits(opdef):
    for sample in opdef.samples:
        for change in (
            lambda v: v,
            special,
            lambda v: v.astype(np.float32) if v.dtype == np.float64 else v,
            lambda v: np.resize(v, (40, *v.shape)),
        ):
            values = [change(np.asarray(value)) for value in arrays(sample)]
            try:
                np.broadcast_shapes(*(value.shape for value in values))
            except ValueError:
                continue
            with tf.Graph().as_default():
                got, wanted, source = run_both(opdef, values, sample.get("attrs", {}))
            assert got.dtype == wanted.dtype and got.shape == wanted.shape, source
            assert np.array_equal(got, wanted, equal_nan=got.dtype.kind in "fc"), (source, got, wanted)
            if got.dtype.kind == "f":
                numbers = ~np.isnan(got)
                assert np.array_equal(np.signbit(got[numbers]), np.signbit(wanted[numbers])), source


def with_templates():
    return [pytest.param(opdef, id=name) for name, opdef in sorted(TABLE.items()) if opdef.prepare is not None or opdef.inline is not None]


def placeholders(value):
    return [placeholders(each) for each in value] if isinstance(value, list) else tf.placeholder(value.dtype, value.shape)


def flat(values):
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("opdef", with_templates())
def test_printed_code_and_kernel_give_the_same(opdef):
    printed = 0
    for sample in opdef.samples:
        values = arrays(sample)
        with tf.Graph().as_default():
            names = [argument.name for argument in opdef.inputs]
            feeds = {name: placeholders(value) for name, value in zip(names, values) if name not in opdef.host}
            out = flat([opdef(*[feeds.get(name, value) for name, value in zip(names, values)], **sample.get("attrs", {}))])
            fed = flat([value for name, value in zip(names, values) if name in feeds])
            plan = compile_plan(out, flat(feeds.values()))
            function = plan.bind(None, None, {"give": lambda value: value, "give_copy": np.copy}, backend_named("numpy"))
            results = function(*[value[()] if value.ndim == 0 else value for value in fed])
            kernel = opdef.compute(backend_named("numpy").xp, flat(values), out[0].op.attrs)
        for got, wanted in zip(map(np.asarray, results), map(np.asarray, kernel)):
            assert got.dtype == wanted.dtype and got.shape == wanted.shape and got.tobytes() == wanted.tobytes(), plan.source
        printed += f"k_{opdef.python_name}" not in plan.source
    assert printed, "no sample is printed: the declaration has no effect"
