"""Fused kernels: every type, broadcasting, lengths that are no multiple of a vector, threads, inputs that lie otherwise."""
import functools

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.backends import expression as ex
from autograd_lite.core.dtypes import as_dtype
from autograd_lite.graph.opdef import TABLE
from autograd_lite.kernels import native, pool
from autograd_lite.kernels.body import Body, Traced, Unsupported, lower, trace
from autograd_lite.kernels.elementwise import NAME, Fused, Operand, Output, Work, loaded, module_text, output_shapes


def work(formulas, arrays, literals="float32"):
    """What a kernel of formulas of `a`, `b`, ... does to arrays like these."""
    body = Body()
    names = {"abcdef"[index]: body.input(index, array.dtype) for index, array in enumerate(arrays)}
    operands = tuple(Operand(array.dtype.name, array.shape, isinstance(array, np.generic)) for array in arrays)
    domain = np.broadcast_shapes(*[array.shape for array in arrays])
    outputs = tuple(Output(lower(body, ex.parse(formula), names, literals)) for formula in formulas)
    return Work(domain, operands, body, outputs)


def run(what, arrays):
    kernel = native.load_builtin(module_text(what, native.target()), NAME)
    results = [np.empty(shape, dtype) for dtype, shape in output_shapes(what)]
    return kernel(*arrays, *results), results


def normal(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("shapes", [
    [(5,), (5,)], [(1000,), ()], [(7, 33), (33,)], [(7, 33), (7, 1)], [(7, 1, 5), (3, 1)], [(4, 3, 2, 5), (3, 1, 5)],
    [(2, 1, 16), (2, 16, 1)], [(1, 1), (1,)], [(3, 1, 1, 4), (1, 2, 5, 1)],
], ids=str)  # fmt: skip
def test_operands_broadcast_as_in_numpy(shapes):
    a, b = (normal(*shape) for shape in shapes)
    b = b[()] if b.ndim == 0 else b
    declined, (product, larger) = run(work(["a * b + 1", "a > b"], [a, b]), [a, b])
    assert not declined
    assert np.array_equal(product, a * b + np.float32(1))
    assert np.array_equal(larger, a > b)


@pytest.mark.parametrize("count", [1, 2, 3, 15, 16, 17, 31, 33, 64, 100, 1023])
def test_no_element_beyond_the_end_is_touched(count):
    a = normal(count)
    room = np.full(count + 40, 7, np.float32)
    what = work(["a * a"], [a])
    assert not native.load_builtin(module_text(what, native.target()), NAME)(a, room[:count])
    assert np.array_equal(room[:count], a * a)
    assert (room[count:] == 7).all()


SCALED = ["a * 0.5 + b", "b + 0.25 * a", "b - a * 0.5", "a * -0.125 - b", "a * 0.5 - b * 0.5", "2 * a - b", "a * 0.3 + b", "a * 0.5 + a",
          "a / 4 + b", "b - a / -2", "a / 0.5 - b", "a / 3 + b"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("formula", SCALED)
def test_a_product_by_a_power_of_two_and_what_is_added_are_the_same_bits_in_one_instruction(formula, dtype):
    """But for denormal products, which are not exact."""
    special = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, np.finfo(dtype).max, -np.finfo(dtype).max, 1e-7]
    a, b = (np.concatenate([each.ravel(), normal(100)]).astype(dtype) for each in np.meshgrid(special, special))
    a[100:] *= 3e4
    what = work([formula], [a, b], dtype)
    is_joined = any(node.function == "multiply_add" for node in what.body.nodes)
    assert is_joined == (formula not in ("2 * a - b", "a * 0.3 + b", "a / 0.5 - b", "a / 3 + b"))
    assert any(node.function == "divide" for node in what.body.nodes) == ("/ 3" in formula)
    declined, (got,) = run(what, [a, b])
    with np.errstate(all="ignore"):
        wanted = eval(formula, {"a": a, "b": b})
    assert not declined and got.dtype == dtype
    np.testing.assert_array_equal(got, wanted)
    numbers = ~np.isnan(wanted)
    assert np.array_equal(np.signbit(got[numbers]), np.signbit(wanted[numbers]))


WHOLE = ["a + b", "a * b", "a - b", "maximum(a, b)", "minimum(a, b)", "a & b", "a ^ b", "~a", "a < b", "a == b", "square(a)",
         "where(a > b, a, b)"]


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_whole_numbers_wrap_as_in_numpy(dtype):
    random, limits = np.random.default_rng(3), np.iinfo(dtype)
    a, b = (random.integers(limits.min, limits.max, 200, dtype=dtype, endpoint=True) for _ in range(2))
    formulas = [*WHOLE, *(["-a", "abs(a)", "sign(a)"] if dtype.startswith("i") else [])]
    declined, results = run(work(formulas, [a, b], dtype), [a, b])
    wanted = {"a + b": a + b, "a * b": a * b, "a - b": a - b, "maximum(a, b)": np.maximum(a, b), "minimum(a, b)": np.minimum(a, b),
              "a & b": a & b, "a ^ b": a ^ b, "~a": ~a, "a < b": a < b, "a == b": a == b, "square(a)": np.square(a),
              "where(a > b, a, b)": np.where(a > b, a, b), "-a": -a, "abs(a)": np.abs(a), "sign(a)": np.sign(a)}  # fmt: skip
    assert not declined
    for formula, result in zip(formulas, results):
        assert result.dtype == wanted[formula].dtype and np.array_equal(result, wanted[formula]), formula


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arithmetic_keeps_every_bit_and_the_rules_for_what_is_special(dtype):
    special = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, np.finfo(dtype).tiny, np.finfo(dtype).tiny / 4, np.finfo(dtype).max, 2.5,
                        -2.5, 0.1], dtype)  # fmt: skip
    a, b = (each.ravel() for each in np.meshgrid(special, special))
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    wanted = {"a + b": np.add, "a - b": np.subtract, "a * b": np.multiply, "a / b": np.divide, "maximum(a, b)": np.maximum,
              "minimum(a, b)": np.minimum, "a < b": np.less, "a != b": np.not_equal, "a == b": np.equal, "a >= b": np.greater_equal,
              "-a": np.negative, "sqrt(a)": np.sqrt, "abs(a)": np.abs, "sign(a)": np.sign, "floor(a)": np.floor, "ceil(a)": np.ceil,
              "rint(a)": np.rint, "square(a)": np.square, "isnan(a)": np.isnan, "isinf(a)": np.isinf, "isfinite(a)": np.isfinite,
              "where(a < b, a, b)": lambda a, b: np.where(a < b, a, b)}  # fmt: skip
    declined, results = run(work(list(wanted), [a, b], dtype), [a, b])
    assert not declined
    for (formula, function), result in zip(wanted.items(), results):
        with np.errstate(all="ignore"):
            exact = function(a, b) if " b" in formula else function(a)
        assert result.dtype == exact.dtype and np.array_equal(result, exact, equal_nan=result.dtype.kind == "f"), formula
        if result.dtype.kind == "f" and "imum" not in formula:  # which zero is the larger one NumPy leaves open
            numbers = ~np.isnan(exact)
            assert np.array_equal(np.signbit(result[numbers]), np.signbit(exact[numbers])), formula


def test_small_powers_are_products():
    x = normal(100)
    declined, results = run(work(["a ** 1", "a ** 2", "a ** 3"], [x]), [x])
    assert not declined
    assert all(np.array_equal(result, wanted) for result, wanted in zip(results, [x, x * x, x * x * x]))


def test_results_of_rank_0_come_packed_by_type():
    a, b = np.float32(2), np.float32(3)
    what = work(["a * b", "a < b", "a - b"], [a, b])
    assert output_shapes(what) == [("float32", (2,)), ("bool", (1,))]
    declined, (numbers, bools) = run(what, [a, b])
    assert not declined and numbers.tolist() == [6, -1] and bools.tolist() == [True]


def test_a_result_may_take_the_place_of_an_input():
    a, b = normal(1000), normal(1000)
    kept = a * b
    assert not native.load_builtin(module_text(work(["a * b"], [a, b]), native.target()), NAME)(a, b, a)
    assert np.array_equal(a, kept)


def test_another_shape_is_declined_and_nothing_is_written():
    a, result = normal(10), np.zeros(10, np.float32)
    kernel = native.load_builtin(module_text(work(["a + a"], [a]), native.target()), NAME)
    assert kernel(normal(11), result) is True
    assert kernel(normal(2, 5), result) is True
    assert kernel(normal(20)[::2], result) is True
    assert kernel(a.view(np.int32), result) is True
    assert kernel(a, result.view(np.int32)) is True
    read_only = np.zeros(10, np.float32)
    read_only.flags.writeable = False
    assert kernel(a, read_only) is True
    assert not result.any() and not read_only.any()


def test_inputs_that_are_not_in_c_order_are_copied_from_the_second_time_on():
    a, b = normal(20, 30), normal(30, 20).T
    fused = Fused("test", 2, functools.partial(loaded, functools.partial(module_text, work(["a * b"], [a, b]))), 1e-6)
    fused.prepare()
    result = np.empty((20, 30), np.float32)
    assert fused.ready and fused.now(a, b, result)
    fused.again(a, b)
    assert not fused.now(a, b, result)
    assert np.array_equal(result, a * b)


def test_rows_of_a_larger_array_are_taken_as_they_lie():
    whole = normal(6, 5, 40)
    a = whole[..., 10:30]
    body = Body()
    what = Work(a.shape, (Operand("float32", a.shape, is_rows=True),), body, (Output(body.apply("square", body.input(0, np.float32))),))
    declined, (result,) = run(what, [a])
    assert not declined and np.array_equal(result, a * a)
    assert run(what, [np.ascontiguousarray(a)])[1][0].tolist() == result.tolist()
    assert run(what, [normal(6, 20, 5).transpose(0, 2, 1)])[0]
    assert run(what, [normal(5, 6, 20).transpose(1, 0, 2)])[0]


@pytest.mark.parametrize("shapes", [[(300_000,), (300_000,)], [(700, 512), (512,)], [(333, 1001), (333, 1)]], ids=str)
def test_the_number_of_threads_changes_nothing(shapes):
    a, b = (normal(*shape) for shape in shapes)
    what = work(["tanh(a) * b + exp(a)"], [a, b])
    before, results = pool.threads(), []
    try:
        for count in (1, 2, 3):
            pool.set_threads(count)
            results.append(run(what, [a, b])[1][0])
    finally:
        pool.set_threads(before)
    assert np.array_equal(results[0], results[1]) and np.array_equal(results[0], results[2])
    assert np.allclose(results[0], np.tanh(a) * b + np.exp(a), rtol=1e-6, atol=1e-6)


REDUCED = [((100,), [(100,)]), ((7, 33), [(7, 33), (33,)]), ((7, 33), [(7, 33), (7, 1)]), ((3, 4, 5), [(3, 4, 5), (3, 1, 5)]),
           ((900, 700), [(900, 700), (700,)]), ((60_000, 10), [(60_000, 10), (10,)]), ((3, 500, 400), [(3, 500, 400)])]  # fmt: skip


@pytest.mark.parametrize("kind", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize("domain, shapes", REDUCED, ids=str)
def test_reductions_along_the_first_or_the_last_axes(domain, shapes, kind):
    arrays = [normal(*shape) for shape in shapes]
    body = Body()
    nodes = [body.input(index, np.float32) for index in range(len(arrays))]
    node = body.apply("multiply", *nodes) if len(nodes) == 2 else body.apply("square", *nodes)
    rank = len(domain)
    axes = [tuple(range(count, rank)) for count in range(rank)]
    if kind in ("sum", "mean"):
        axes += [tuple(range(count)) for count in range(1, rank)]
    outputs = [Output(node)]
    outputs += [Output(node, kind, each, tuple(size for axis, size in enumerate(domain) if axis not in each)) for each in axes]
    what = Work(domain, tuple(Operand("float32", shape) for shape in shapes), body, tuple(outputs))
    declined, (product, *results) = run(what, arrays)
    exact = np.broadcast_to(arrays[0] * arrays[-1], domain)
    assert not declined and np.array_equal(product, exact)
    for each, result in zip(axes, results):
        wanted = getattr(np, kind)(exact.astype(np.float64), axis=each)
        assert result.shape == wanted.shape
        np.testing.assert_allclose(result, wanted, rtol=3e-7, atol=1e-7 * np.abs(wanted).max())


def test_the_largest_of_numbers_with_nan_is_nan():
    x = normal(1000)
    x[500] = np.nan
    body = Body()
    node = body.input(0, np.float32)
    what = Work((1000,), (Operand("float32", (1000,)),), body, (Output(node, "max", (0,)), Output(node, "sum", (0,))))
    assert all(np.isnan(result) for result in run(what, [x])[1])


def test_types_and_functions_that_are_not_there_are_refused():
    body = Body()
    double, whole = body.input(0, np.float64), body.input(1, np.int32)
    for function, args in (("exp", [double]), ("divide", [whole, whole]), ("add", [double, whole]), ("sin", [whole])):
        with pytest.raises(Unsupported):
            body.apply(function, *args)
    with pytest.raises(Unsupported):
        body.input(2, np.complex64)
    with pytest.raises(Unsupported):
        body.cast(double, np.int32)


@pytest.mark.parametrize("old", ["float32", "float64"])
@pytest.mark.parametrize("new", ["int32", "int64"])
def test_floats_become_whole_numbers_and_what_no_integer_holds_the_most_negative_one(old, new):
    limit = 2.0 ** (31 if new == "int32" else 63)
    values = [0.0, -0.0, 0.9, -0.9, 1.5, -2.5, 1e9, limit, -limit, limit * 2, -limit * 1.0001, np.nan, np.inf, -np.inf, 1e-40]
    x = np.array(values * 3, old)
    cast = TABLE["Cast"].kernel
    body = Body()
    (result,) = trace(body, lambda xp, x: cast(xp, x, as_dtype(old), as_dtype(new)), [Traced(body, body.input(0, old), x.shape)])
    made = Work(x.shape, (Operand(old, x.shape, False),), body, (Output(result.node),))
    _, (found,) = run(made, [x])
    assert np.array_equal(found, cast(np, x, as_dtype(old), as_dtype(new)))
    assert found[7] == found[11] == -limit


def test_a_float_is_not_converted_where_its_bounds_are_those_of_another_type():
    body = Body()
    x = Traced(body, body.input(0, np.float32), (3,))
    for low, high in ((-(2.0**63), 2.0**63), (-(2.0**31), 2.0**32), (0.0, 2.0**31)):
        with pytest.raises(Unsupported):
            trace(body, lambda xp, x: xp.where((x >= low) & (x < high), x, np.float32(low)).astype(np.int32), [x])


def test_a_kernel_is_traced_into_what_it_does():
    body = Body()
    x = Traced(body, body.input(0, np.float32), (3,))
    (result,) = trace(body, lambda xp, x: xp.where(x > 0, x * 2, x.dtype.type(1) - xp.square(x)), [x])
    assert (result.dtype, result.shape) == (np.float32, (3,))
    functions = [node.function for node in body.nodes if node.function != "number"]
    assert functions == ["input", "greater", "multiply", "square", "subtract", "where"]


@pytest.mark.parametrize("kernel", [
    lambda xp, x: x if x > 0 else -x, lambda xp, x: x.sum(), lambda xp, x: xp.cumsum(x), lambda xp, x: x[0], lambda xp, x: 3,
    lambda xp, x: xp.linalg.inv(x),
])  # fmt: skip
def test_a_kernel_that_does_more_than_arithmetic_is_refused(kernel):
    body = Body()
    with pytest.raises(Unsupported):
        trace(body, kernel, [Traced(body, body.input(0, np.float32), (3,))])
