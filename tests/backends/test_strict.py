"""The strict device refuses what a GPU would refuse, and computes what NumPy computes."""
import operator

import numpy as np
import pytest

from autograd_lite.backends.registry import backend_named
from autograd_lite.backends.strict import DeviceError, StrictArray

xp = backend_named("strict").xp
HOST = np.arange(6.0).reshape(2, 3)


@pytest.fixture
def x():
    return xp.asarray(HOST)


@pytest.mark.parametrize("misuse", [np.asarray, np.array, lambda x: np.float64(x), lambda x: np.stack([HOST]).__setitem__(0, x)])
def test_it_does_not_become_a_numpy_array_unasked(x, misuse):
    with pytest.raises(DeviceError, match=r"shape \(2, 3\), float64.*call .get\(\)"):
        misuse(x)


@pytest.mark.parametrize(("misuse", "name"), [
    (np.exp, "exp"), (np.sum, "sum"), (np.add.reduce, "add.reduce"), (lambda x: np.concatenate([x, x]), "concatenate"),
    (np.linalg.inv, "inv"), (lambda x: np.multiply(HOST, x), "multiply"), (lambda x: np.where(True, x, x), "where"),
])
def test_np_functions_refuse_it_and_name_the_right_one(x, misuse, name):
    with pytest.raises(DeviceError, match=rf"np.{name} was called with an array of the device .*: use xp.{name}"):
        misuse(x)


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.lt, operator.eq,
                                       operator.matmul, operator.iadd, operator.mod, operator.floordiv])
def test_operators_refuse_an_array_of_the_host_on_either_side(x, operation):
    with pytest.raises(DeviceError):
        operation(x, HOST)
    with pytest.raises(DeviceError):
        operation(HOST, x)


@pytest.mark.parametrize("misuse", [
    lambda x: xp.add(x, HOST), lambda x: xp.concatenate([x, HOST]), lambda x: xp.where(HOST > 1, x, x), lambda x: x.sum(out=HOST[0]),
    lambda x: xp.exp(x, out=HOST), lambda x: x[np.array([0])], lambda x: x.dot(HOST.T), lambda x: xp.linalg.inv(HOST),
    lambda x: xp.special.erf(HOST), lambda x: xp.add.at(x, (xp.asarray([0]),), HOST[:1]), lambda x: x.__setitem__(0, HOST[0]),
])
def test_functions_methods_and_indexing_refuse_an_array_of_the_host(x, misuse):
    with pytest.raises(DeviceError, match="got a NumPy array of shape"):
        misuse(x)


def test_it_computes_what_numpy_computes(x):
    np.testing.assert_array_equal((x * 2 + 1 - x / 3).get(), HOST * 2 + 1 - HOST / 3)
    np.testing.assert_array_equal((1 - x).get(), 1 - HOST)
    np.testing.assert_array_equal((x.T @ x).get(), HOST.T @ HOST)
    np.testing.assert_array_equal(xp.concatenate([x, x], axis=1).get(), np.concatenate([HOST, HOST], axis=1))
    np.testing.assert_array_equal(xp.where(x > 2, x, 0.0).get(), np.where(HOST > 2, HOST, 0))
    np.testing.assert_array_equal(x[:, xp.asarray([2, 0])].get(), HOST[:, [2, 0]])
    np.testing.assert_array_equal(x[x > 2].get(), HOST[HOST > 2])
    np.testing.assert_array_equal(x.sum(axis=0, keepdims=True).get(), HOST.sum(axis=0, keepdims=True))
    np.testing.assert_array_equal(xp.einsum("ij,ij->i", x, x).get(), np.einsum("ij,ij->i", HOST, HOST))
    np.testing.assert_array_equal(xp.fft.rfft(x).get(), np.fft.rfft(HOST))
    np.testing.assert_array_equal(xp.add.accumulate(x).get(), np.add.accumulate(HOST))
    np.testing.assert_allclose(xp.special.erf(x).get()[0, 1], 0.8427007929497149)
    assert x.shape == (2, 3)
    assert x.dtype == np.float64
    assert len(x) == 2


def test_a_numpy_number_may_stand_on_either_side(x):
    np.testing.assert_array_equal((np.float64(2) * x - np.float64(1)).get(), 2 * HOST - 1)


def test_every_result_is_an_array_of_the_device_also_a_single_number(x):
    for result in (x.sum(), x[0, 0], xp.max(x), xp.add(1, 2), xp.zeros(()), *xp.divmod(x, 2), *xp.nonzero(x), *xp.linalg.qr(x),
                   xp.linalg.svd(x).S, *x, *xp.split(x, 3, axis=1)):
        assert type(result) is StrictArray
    assert xp.result_type(x, xp.float32) == np.float64
    assert xp.shape(x) == (2, 3)


def test_writing_in_place_keeps_the_array(x):
    before = x
    x += 1
    assert x is before
    x[0] = 7.0
    x[1, xp.asarray([0])] = xp.asarray([9.0])
    np.testing.assert_array_equal(x.get(), [[7, 7, 7], [9, 5, 6]])
    out = xp.empty_like(x)
    assert xp.negative(x, out=out).get() is not out.get()
    np.testing.assert_array_equal(out.get(), -x.get())
    xp.add.at(x, (xp.asarray([0, 0]), xp.asarray([1, 1])), 1.0)
    assert x.get()[0, 1] == 9


def test_nothing_is_shared_between_host_and_device():
    host = np.zeros(3)
    device = xp.asarray(host)
    host[0] = 5
    taken = device.get()
    taken[1] = 5
    assert device.tolist() == [0, 0, 0]


def test_reading_a_value_is_allowed_and_counted(x):
    before = StrictArray.reads
    assert bool(x[0, 1])
    assert int(x[0, 2]) == 2
    assert float(x[1, 0]) == 3.0
    assert x[1, 1].item() == 4.0
    assert [10, 20, 30][xp.asarray(2)] == 30
    assert StrictArray.reads == before + 5


def test_strings_live_on_the_host():
    words = np.array([b"a", b"b"], object)
    assert xp.take(words, xp.asarray([1])).tolist() == [b"b"]
