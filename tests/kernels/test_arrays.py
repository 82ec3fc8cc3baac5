"""A kernel sees for itself whether the arrays it got are the arrays it was written for."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.kernels import native
from autograd_lite.kernels.arrays import DONE, MISMATCH, ArrayArgument, ScalarArgument, bytes_layout, kernel_text, layout, unpack
from autograd_lite.kernels.assembly import Block

SHAPE = (2, 3)


@pytest.fixture(scope="module")
def scaled_corner():
    """out[0, 0] = factor * x[0, 0], out[0, 1] = the number of rows of y."""
    block = Block()
    out, x, y, factor = unpack(block, [ArrayArgument(SHAPE, is_output=True), ArrayArgument(SHAPE), ArrayArgument((None, 4)),
                                       ScalarArgument("float")])
    product = block(f"fmul float {block(f'load float, ptr {x.value}')}, {factor.value}")
    block.do(f"store float {product}, ptr {out.value}")
    rows = block(f"sitofp i64 {y.dimensions[0]} to float")
    block.do(f"store float {rows}, ptr {block(f'getelementptr float, ptr {out.value}, i64 1')}")
    return native.load_kernels(kernel_text("scaled_corner", block), ["scaled_corner"], keep_lock=True)["scaled_corner"]


def arguments(out=None, x=None, y=None):
    out = np.zeros(SHAPE, np.float32) if out is None else out
    x = np.full(SHAPE, 3, np.float32) if x is None else x
    return out, x, np.zeros((5, 4), np.float32) if y is None else y, np.float32(2.5)


def test_the_structs_of_this_interpreter_are_known():
    assert layout() is not None


def test_a_kernel_gets_elements_free_dimensions_and_scalars(scaled_corner):
    given = arguments()
    assert scaled_corner(given) == DONE
    assert given[0][0, :2].tolist() == [7.5, 5.0]


OTHER_ARRAYS = {
    "other sizes": ("x", np.ones((3, 2), np.float32)),
    "other rank": ("x", np.ones(6, np.float32)),
    "transposed": ("x", np.ones((3, 2), np.float32).T),
    "one other size": ("y", np.ones((5, 3), np.float32)),
    "repeated": ("x", np.broadcast_to(np.float32(1), SHAPE)),
    "rank 0": ("x", np.ones((), np.float32)),
    "strided": ("out", np.zeros((2, 6), np.float32)[:, ::2]),
    "not aligned": ("x", np.frombuffer(bytes(25), np.uint8)[1:].view(np.float32).reshape(SHAPE)),
}


@pytest.mark.parametrize("other", OTHER_ARRAYS)
def test_a_kernel_does_nothing_to_arrays_it_was_not_written_for(scaled_corner, other):
    name, array = OTHER_ARRAYS[other]
    given = arguments(**{name: array})
    assert scaled_corner(given) == MISMATCH
    assert not given[0].any()


def test_a_kernel_does_not_write_to_what_must_not_be_written_to(scaled_corner):
    constant = np.zeros(SHAPE, np.float32)
    constant.flags.writeable = False
    assert scaled_corner(arguments(out=constant)) == MISMATCH


def test_an_empty_array_is_an_array():
    block = Block()
    unpack(block, [ArrayArgument((0, 3))])
    kernel = native.load_kernels(kernel_text("nothing", block), ["nothing"])["nothing"]
    assert kernel((np.zeros((0, 3), np.float32),)) == DONE


def test_where_things_lie_in_a_string_is_known():
    assert bytes_layout() == (8, 16, 32)
