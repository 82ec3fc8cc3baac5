"""Every compiled kernel gives what the op's own kernel gives, on all samples of all ops that have one."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.kernels.compiled import MODULES
from tests.conformance import walk
from tests.kernels.tiers import both, same

# Ops whose samples hold only what is left to NumPy (their sizes or layouts); their own tests compare them.
LEFT_TO_NUMPY = {
    "MatMul", "ArrangedMatrix", "ArrangedMatMul", "SumOfProducts", "SumOfTurnedProducts",
    "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter",
}  # fmt: skip
UPDATES_HANDLES = "Resource"


def in_single_precision(value):
    return value.astype(np.float32) if isinstance(value, np.ndarray) and value.dtype == np.float64 else value


def compared(name):
    """How many samples machine code computed; all that it computed equal NumPy's."""
    count = 0
    for case in walk.cases(lambda opdef: opdef.name == name):
        for convert in (lambda value: value, in_single_precision):
            inputs = [[convert(each) for each in value] if isinstance(value, list) else convert(value) for value in case.inputs()]
            result = both(name, *inputs, **case.attrs)
            if not result.is_compiled:
                continue
            count += 1
            for fast, slow in zip(*([each] if not isinstance(each, (tuple, list)) else each for each in (result.fast, result.slow))):
                assert np.asarray(fast).dtype == np.asarray(slow).dtype
                same(fast, slow, 2e-5, 2e-5)
    return count


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith(UPDATES_HANDLES)])
def test_both_tiers_agree_on_the_samples(name):
    assert compared(name) or name in LEFT_TO_NUMPY
