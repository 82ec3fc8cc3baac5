"""No op's kernel leaves the device, and on the strict device all compute what they compute on NumPy."""
import numpy as np
import pytest

from autograd_lite.backends.registry import backend_named
from autograd_lite.graph.table import TABLE
from tests.backends.op_walk import cases, computed


@pytest.mark.parametrize(("name", "number"), cases())
def test_op_computes_on_the_device_what_it_computes_on_numpy(name, number):
    wanted = computed(name, number, backend_named("numpy"))
    got = computed(name, number, backend_named("strict"))
    assert len(got) == len(wanted)
    for one, other in zip(got, wanted):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_the_walk_leaves_out_only_ops_with_variables_or_a_state_and_those_without_samples():
    seen = {name for name, _ in cases()}
    for name, opdef in TABLE.items():
        assert name in seen or opdef.has_effects or isinstance(opdef.samples, str) or not opdef.samples
