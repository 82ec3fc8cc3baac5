"""Every elementwise op of the table, compiled, gives what its own kernel gives: on its samples, odd sizes, and numbers that are special."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.backends.registry import backend_named
from autograd_lite.compiler.passes.fuse import Group, is_pointwise, may_fuse, work_of
from autograd_lite.compiler.program import OP
from autograd_lite.graph.table import TABLE
from autograd_lite.kernels import native
from autograd_lite.kernels.body import Unsupported
from autograd_lite.kernels.elementwise import NAME, module_text, output_shapes
from autograd_lite.ops.samples import arrays
from tests.compiler.compiling import program_after

tf.Session  # the whole op table is loaded with the facade

# Sums, products and the like are exact; functions within 2 units, and what is made of two or three of them within a few more.
MOST_ULPS = 8
ALWAYS = [
    "Abs", "Add", "AddV2", "BiasAdd", "Cast", "ClipByValue", "Cos", "DivNoNan", "Elu", "EluGrad", "Equal", "Erf", "Exp", "Expm1",
    "Floor", "Greater", "LeakyRelu", "LeakyReluGrad", "Log", "Log1p", "LogicalAnd", "LogicalNot", "Maximum", "Minimum", "Mul", "Neg",
    "Pow", "RealDiv", "Reciprocal", "Relu", "Relu6", "Relu6Grad", "ReluGrad", "Rsqrt", "RsqrtGrad", "Select", "SelectV2", "Selu",
    "SeluGrad", "Sigmoid", "SigmoidGrad", "Sign", "Sin", "Softplus", "SoftplusGrad", "Softsign", "Sqrt", "SqrtGrad", "Square",
    "SquaredDifference", "Sub", "Tanh", "TanhGrad", "Xdivy", "Xlogy",
]  # fmt: skip


def elementwise_ops():
    return [
        pytest.param(opdef, id=name) for name, opdef in sorted(TABLE.items())
        if is_pointwise(opdef) and not opdef.updates and isinstance(opdef.samples, list) and not (opdef.elementwise or " ").isidentifier()
    ]  # fmt: skip


def special(value):
    """The same array with NaN, infinities, zeros of both signs, extremes and denormal numbers in it."""
    if value.dtype.kind != "f" or not value.size:
        return value
    info = np.finfo(value.dtype)
    numbers = [np.nan, np.inf, -np.inf, 0.0, -0.0, info.max, info.tiny, -info.tiny / 4, -1.0, 0.5]
    return np.resize(np.array(numbers, value.dtype), value.shape)


CHANGES = {
    "as it is": lambda value: value,
    "single": lambda value: value.astype(np.float32) if value.dtype == np.float64 else value,
    "special": lambda value: special(value.astype(np.float32) if value.dtype == np.float64 else value),
    "special doubles": special,
    "longer": lambda value: np.resize(value.astype(np.float32) if value.dtype == np.float64 else value, (37, *value.shape)),
}


def compiled(opdef, values, attrs):
    """The op in a kernel of its own, on these values; None if kernels do not do it."""
    feeds = [tf.placeholder(value.dtype, value.shape) for value in values]
    op = opdef(*feeds, **attrs).op
    program = program_after("memory", [op.outputs[0]], feeds)
    steps = [step for step in program.steps if step.kind == OP and step.node is op]
    if len(steps) != 1 or not may_fuse(program, steps[0]):
        return op, None
    group = Group(0, program.values[steps[0].outputs[0]].shape)
    try:
        group.take(program, steps[0])
    except Unsupported:
        return op, None
    work, taken = work_of(program, group, [steps[0].outputs[0]])
    results = [np.empty(shape, dtype) for dtype, shape in output_shapes(work)]
    by_value = dict(zip(program.feeds, values))
    inputs = [by_value[value][()] if by_value[value].ndim == 0 else by_value[value] for value in taken]
    assert not native.load_builtin(module_text(work, native.target()), NAME)(*inputs, *results)
    return op, results[0].reshape(work.domain)


def assert_close(got, wanted, name):
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    if got.dtype.kind != "f":
        assert np.array_equal(got, wanted), (name, got, wanted)
        return
    assert np.array_equal(np.isnan(got), np.isnan(wanted)), (name, got, wanted)
    finite = np.isfinite(wanted)
    assert np.array_equal(got[~finite & ~np.isnan(wanted)], wanted[~finite & ~np.isnan(wanted)]), (name, got, wanted)
    if finite.any():
        error = np.abs(got[finite] - wanted[finite]) / np.spacing(np.abs(wanted[finite]))
        assert error.max() <= MOST_ULPS, (name, error.max(), got, wanted)


@pytest.mark.parametrize("opdef", elementwise_ops())
def test_a_compiled_op_gives_what_its_kernel_gives(opdef):
    done = set()
    for sample in opdef.samples:
        for change, function in CHANGES.items():
            values = [function(np.asarray(value)) for value in arrays(sample)]
            try:
                np.broadcast_shapes(*(value.shape for value in values))
            except ValueError:
                continue
            with tf.Graph().as_default():
                op, got = compiled(opdef, values, sample.get("attrs", {}))
            if got is None:
                continue
            with np.errstate(all="ignore"):
                wanted = np.asarray(opdef.compute(backend_named("numpy").xp, values, op.attrs)[0])
            assert_close(got, wanted, f"{opdef.name} {change}")
            done.add(change)
    assert done or opdef.name not in ALWAYS
    if not done:
        pytest.skip("its functions or types are left to NumPy")
