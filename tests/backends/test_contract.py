"""The namespace that kernels may use."""
import numpy as np
import pytest

from autograd_lite.backends import contract
from autograd_lite.backends.contract import to_host
from autograd_lite.backends.registry import backend_named


def reached(xp, name):
    for part in name.split("."):
        xp = getattr(xp, part)
    return xp


@pytest.mark.parametrize("backend", ["numpy", "strict"])
def test_every_name_of_the_contract_is_there(backend):
    xp = backend_named(backend).xp
    for name in contract.ALL_NAMES:
        reached(xp, name)  # raises if it is not


def test_no_name_is_listed_twice():
    assert len(contract.ALL_NAMES) == len(set(contract.ALL_NAMES))


@pytest.mark.parametrize("backend", ["numpy", "strict"])
@pytest.mark.parametrize("name", ["tensorsolve", "linalg.eigvals", "special.jn", "fft.dct", "lib.format"])
def test_a_name_outside_the_contract_points_to_it(backend, name):
    with pytest.raises(AttributeError, match="backends/contract.py lists"):
        reached(backend_named(backend).xp, name)


def test_numpys_namespace_is_numpy_itself():
    xp = backend_named("numpy").xp
    assert xp.add is np.add
    assert xp.linalg.inv is np.linalg.inv
    assert xp.special.erf(0.5) == pytest.approx(0.5204998778130465)


def test_to_host_takes_arrays_of_every_backend_and_numbers():
    assert to_host(backend_named("strict").xp.asarray([1, 2])).tolist() == [1, 2]
    assert to_host(3).tolist() == 3
    array = np.ones(3)
    assert to_host(array) is array


def test_special_functions_come_from_here_when_scipy_is_missing(monkeypatch):
    from autograd_lite.backends import special, special_functions

    monkeypatch.setattr(special.optional, "available", lambda module: False)
    monkeypatch.delitem(special.__dict__, "erfc", raising=False)
    assert special.erfc is special_functions.erfc
    monkeypatch.delitem(special.__dict__, "erfc")
