"""The GPU computes what NumPy computes: every op on its samples, random streams, and a training step.  Run with `-m gpu` on a GPU."""

import numpy as np
import pytest

from autograd_lite.backends import contract
from autograd_lite.backends.registry import backend_named, use_backend
from tests.backends.op_walk import cases, computed

pytestmark = pytest.mark.gpu

SIGN_IS_FREE = {"SelfAdjointEigV2", "Svd", "Qr", "Eig"}  # vectors of a decomposition may point either way


@pytest.fixture(scope="module")
def cupy_backend():
    return backend_named("cupy")


def test_every_name_of_the_contract_is_there(cupy_backend):
    for name in contract.ALL_NAMES:
        place = cupy_backend.xp
        for part in name.split("."):
            place = getattr(place, part)


def test_arrays_go_there_and_back_and_strings_stay(cupy_backend):
    there = cupy_backend.to_device(np.arange(3))
    assert isinstance(there, cupy_backend.xp.ndarray)
    assert cupy_backend.to_host(there + 1).tolist() == [1, 2, 3]
    cupy_backend.synchronize()
    words = np.array([b"a"], object)
    assert cupy_backend.to_device(words) is words


@pytest.mark.parametrize(("name", "number"), cases())
def test_op_computes_what_it_computes_on_numpy(name, number, cupy_backend):
    wanted = computed(name, number, backend_named("numpy"))
    got = computed(name, number, cupy_backend)
    assert len(got) == len(wanted)
    for one, other in zip(got, wanted):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        if one.dtype == object:
            np.testing.assert_array_equal(one, other)
            continue
        if name in SIGN_IS_FREE:
            one, other = np.abs(one), np.abs(other)
        tolerance = 1e-5 if one.dtype.itemsize <= 4 or one.dtype == np.complex64 else 1e-10
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "int32", "int64", "uint8"])
@pytest.mark.parametrize("name", contract.UFUNCS_WITH_AT)
def test_updates_at_repeated_indices_agree_with_numpys(name, dtype, cupy_backend):
    if (dtype, name) == ("complex64", "floor_divide") or (name in ("divide", "true_divide") and dtype[0] in "iu"):
        pytest.skip("NumPy has no such loop")
    wanted = np.arange(8, 14).reshape(3, 2).astype(dtype)
    indices, values = np.array([2, 0, 2, -1]), np.arange(1, 5).reshape(4, 1).astype(dtype)
    array = cupy_backend.to_device(wanted)
    getattr(cupy_backend.xp, name).at(array, cupy_backend.to_device(indices), cupy_backend.to_device(values))
    getattr(np, name).at(wanted, indices, values)
    np.testing.assert_allclose(cupy_backend.to_host(array), wanted, rtol=1e-3 if dtype == "float16" else 1e-6)


@pytest.mark.parametrize("name", contract.SPECIAL)
def test_special_functions_agree_with_numpys(name, cupy_backend):
    count = {"polygamma": 2, "zeta": 2, "gammainc": 2, "gammaincc": 2, "betaln": 2, "xlogy": 2, "xlog1py": 2, "betainc": 3}.get(name, 1)
    arguments = [np.array([1.0, 2.0, 3.0]), np.linspace(0.2, 0.9, 3), np.array([0.1, 0.5, 0.7])]
    arguments = ([np.array([2.0, 3.0, 4.0])] if name == "zeta" else arguments[:1] if count > 1 else []) + arguments[1:]
    on_host = getattr(backend_named("numpy").xp.special, name)(*arguments[:count])
    on_gpu = getattr(cupy_backend.xp.special, name)(*map(cupy_backend.to_device, arguments[:count]))
    np.testing.assert_allclose(cupy_backend.to_host(on_gpu), on_host, rtol=1e-9)


def trained(backend):
    """Weights and loss after three steps of a small network with dropout on random images."""
    import autograd_lite as tf

    random = np.random.RandomState(0)
    images, digits = random.rand(64, 784).astype(np.float32), random.randint(0, 10, 64)
    with use_backend(backend), tf.Graph().as_default():
        x, labels = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.int64, [None])
        weights = [tf.Variable(tf.truncated_normal(shape, stddev=0.1, seed=1)) for shape in ([784, 32], [32, 10])]
        hidden = tf.nn.dropout(tf.nn.relu(tf.matmul(x, weights[0])), rate=0.2, seed=2)
        logits = tf.matmul(hidden, weights[1])
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.one_hot(labels, 10), logits=logits))
        train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for _ in range(3):
                sess.run(train, {x: images, labels: digits})
            return sess.run([*weights, loss], {x: images, labels: digits})


def test_training_steps_give_the_same_weights_as_on_numpy():
    for on_gpu, on_host in zip(trained("cupy"), trained("numpy")):
        assert isinstance(on_gpu, (np.ndarray, np.generic))
        np.testing.assert_allclose(on_gpu, on_host, rtol=1e-3, atol=1e-5)
