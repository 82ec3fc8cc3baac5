"""Kernels with an epilogue give what the kernels and then the elementwise steps give, bit by bit."""

import functools

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.kernels import direct, native, pool, winograd
from autograd_lite.kernels.body import Body
from autograd_lite.kernels.elementwise import Operand, Output, Work, loaded, module_text
from autograd_lite.kernels.epilogue import epilogue_of
from autograd_lite.kernels.processor import vectors
from autograd_lite.ops import windows
from tests.kernels.tiers import strange

# images, filters, padding
CASES = {
    "whole tiles": ((2, 16, 16, 16), (3, 3, 16, 32), "SAME"),
    "tiles over the edge": ((3, 9, 7, 16), (3, 3, 16, 20), "VALID"),
    "many blocks": ((5, 40, 30, 16), (5, 5, 16, 16), "SAME"),
    "colours": ((3, 11, 9, 3), (3, 3, 3, 21), "SAME"),
}


def numbers(*shape, seed=0):
    return np.random.default_rng((seed, *shape)).standard_normal(shape).astype(np.float32)


def work_of(shape, has_sums):
    """Return max(result + vector, 0) * array, and if wanted the sum and the mean of this and of the result."""
    body = Body()
    result, of_channels, array = (body.input(index, np.float32) for index in range(3))
    kept = body.apply("maximum", body.apply("add", result, of_channels), body.number(np.float32(0), np.float32))
    node = body.apply("multiply", kept, array)
    axes = tuple(range(len(shape) - 1))
    sums = [Output(node, "sum", axes, shape[-1:]), Output(result, "mean", axes, (1, 1, 1, shape[-1]))] if has_sums else []
    operands = tuple(Operand("float32", each) for each in (shape, shape[-1:], shape))
    return Work(shape, operands, body, (Output(node), *sums))


def run(case, kind, has_sums, spoil=lambda array: array):
    """What the kernel gives with its epilogue, and what it gives without and the fused step after it; each with its sums."""
    images, filters, padding = CASES[case]
    where = windows.layout(images[1:3], filters[:2], (1, 1), (1, 1), padding, ())
    module = winograd if winograd.pays(where, *filters[2:]) else direct
    results = (images[0], *where.results, filters[-1])
    shape, first = (results, numbers(*images)) if kind == "convolver" else (images, numbers(*results))
    work = work_of(shape, has_sums)
    epilogue = epilogue_of(work, 0)
    told = vectors(), images[0], *filters[2:], where
    w, others = numbers(*filters), (spoil(numbers(*shape[-1:])), spoil(numbers(*shape, seed=1)))
    made, stored = np.empty((2, *shape), np.float32)
    sums = getattr(module, f"{kind}_into")(*told, epilogue)(spoil(first), w, made, *others, stored)
    plain = getattr(module, kind)(*told)(spoil(first), w)
    fused = loaded(functools.partial(module_text, work))
    arrays = [np.empty(shape, np.float32), *[np.empty(output.shape, np.float32) for output in work.outputs[1:]]]
    assert not fused(plain, *others, *arrays)
    pixels = np.prod(shape[:-1])
    return [stored, *[total / count for total, count in zip(sums, (1, pixels))]], [arrays[0], *[array.reshape(-1) for array in arrays[1:]]]


@pytest.mark.parametrize("has_sums", [False, True])
@pytest.mark.parametrize("kind", ["convolver", "spreader"])
@pytest.mark.parametrize("case", CASES)
def test_it_gives_the_bits_of_the_single_steps(case, kind, has_sums):
    if kind == "spreader" and case == "colours":
        pytest.skip("three channels are for another kernel")
    found, wanted = run(case, kind, has_sums)
    np.testing.assert_array_equal(found[0], wanted[0])
    assert len(found) == len(wanted) == 1 + 2 * has_sums
    for one, other in zip(found[1:], wanted[1:]):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_nan_infinities_and_zeros_too(case):
    with np.errstate(all="ignore"):
        found, wanted = run(case, "convolver", True, strange)
    np.testing.assert_array_equal(found[0], wanted[0])
    is_number = ~np.isnan(found[0])
    np.testing.assert_array_equal(np.signbit(found[0])[is_number], np.signbit(wanted[0])[is_number])


@pytest.mark.parametrize("case", CASES)
def test_sums_do_not_depend_on_threads(case):
    before, found = pool.threads(), []
    try:
        for count in (1, 2, 3):
            pool.set_threads(count)
            found.append([np.asarray(each).tobytes() for each in run(case, "convolver", True)[0]])
    finally:
        pool.set_threads(before)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("case", CASES)
def test_the_code_for_shorter_vectors_agrees(case, monkeypatch):
    if not {"+avx2", "+fma"} <= set(native.target().features.split(",")):
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(native, "target", lambda: native.Target("haswell", "+avx2,+fma"))
    found, wanted = run(case, "convolver", True)
    np.testing.assert_array_equal(found[0], wanted[0])
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-6, atol=1e-6)


def test_work_of_another_kind_is_no_epilogue():
    shape = (2, 3, 4, 16)
    work = work_of(shape, True)
    assert epilogue_of(work, 0) is not None
    assert epilogue_of(work, 1) is None  # a vector is no kernel's result
    assert epilogue_of(work._replace(outputs=(Output(0, "max", (0, 1, 2), (16,)),)), 0) is None
    assert epilogue_of(work._replace(outputs=(Output(0, "sum", (3,), (2, 3, 4)),)), 0) is None
    assert epilogue_of(work._replace(outputs=(Output(0, beside=(1,)),)), 0) is None
    for operand in (Operand("float64", shape), Operand("float32", shape, is_rows=True), Operand("float32", (), is_scalar=True),
                    Operand("float32", (3, 1, 1))):  # fmt: skip
        assert epilogue_of(work._replace(operands=(*work.operands[:2], operand)), 0) is None
