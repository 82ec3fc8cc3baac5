"""Compiled softmax and losses give what the ops' own kernels give, to 2 units in the last place of the exact result."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.core.errors import InvalidArgumentError
from tests.conformance import walk
from tests.kernels.tiers import both, check, kernels, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(8)
SHAPES = [(1, 1), (5, 3), (128, 10), (7, 16), (4, 17), (3, 100), (2, 1000)]
NAMES = ["Softmax", "LogSoftmax", "SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"]


def inputs_of(name, x):
    if name.startswith("Sparse"):
        return [x, RANDOM.integers(0, x.shape[1], len(x)).astype(np.int32)]
    if "Cross" in name:
        labels = RANDOM.uniform(0, 1, x.shape)
        return [x, (labels / labels.sum(axis=1, keepdims=True)).astype(np.float32)]
    return [x]


def logits(*shape):
    return (RANDOM.standard_normal(shape) * 4).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_it_gives_what_the_ops_kernel_gives(name, shape):
    check(name, *inputs_of(name, logits(*shape)), relative=2e-6, tolerance=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_nan_and_infinities_go_through(name, shape):
    check(name, *inputs_of(name, strange(logits(*shape))), relative=2e-6, tolerance=1e-6)
    check(name, *inputs_of(name, np.full(shape, -np.inf, np.float32)))
    check(name, *inputs_of(name, np.full(shape, np.inf, np.float32)))


@pytest.mark.parametrize("name", NAMES)
def test_large_logits_do_not_overflow(name):
    x = logits(6, 21)
    x[:3] *= np.float32(1e4)
    x[4] += np.float32(3e38)
    check(name, *inputs_of(name, x), relative=2e-6, tolerance=1e-6)


@pytest.mark.parametrize("shape", [(40, 10), (9, 1000)])
def test_softmax_is_exact_to_a_few_units_in_the_last_place(shape):
    x = logits(*shape)
    exponentials = np.exp((x - x.max(axis=1, keepdims=True)).astype(np.float64))  # of the difference that both round
    exact = exponentials / exponentials.sum(axis=1, keepdims=True)
    result = both("Softmax", x)
    error = np.abs(result.fast - exact) / np.spacing(exact.astype(np.float32))
    assert error.max() <= 3
    assert error.max() <= (np.abs(result.slow - exact) / np.spacing(exact.astype(np.float32))).max()


def test_other_ranks_are_rows_too():
    for shape in ((7,), (2, 3, 4), (2, 3, 1, 20)):
        for name in NAMES[:2]:
            check(name, logits(*shape), relative=2e-6, tolerance=1e-6)


def test_labels_may_have_64_bits():
    x, labels = inputs_of(NAMES[3], logits(9, 10))
    check(NAMES[3], x, labels.astype(np.int64), relative=2e-6, tolerance=1e-6)


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_that_is_no_class_gets_the_ops_message(label):
    inputs = [logits(3, 10), np.array([0, label, 2], np.int32)]
    watched, attrs, tiered = kernels(NAMES[3], inputs, {})
    with pytest.raises(InvalidArgumentError, match=rf"Received a label value of {label} which is outside the valid range of \[0, 10\)"):
        tiered.now(walk.XP, *watched.opdef.arguments(inputs, attrs))


@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_threads_does_not_change_a_bit(name):
    same_bits_for_any_threads(name, *inputs_of(name, logits(100, 1000)))


@pytest.mark.parametrize("name", NAMES)
def test_it_agrees_on_the_samples_of_the_ops(name):
    for case in walk.cases(lambda opdef: opdef.name == name):
        inputs = [each.astype(np.float32) if each.dtype == np.float64 else each for each in case.inputs()]
        result = both(name, *inputs, **case.attrs)
        assert result.is_compiled == (len(inputs) == 1 or name.startswith("Sparse") or inputs[0].shape == inputs[1].shape)
        if result.is_compiled:
            for left, right in zip(*([each] if not isinstance(each, tuple) else each for each in (result.fast, result.slow))):
                np.testing.assert_allclose(left, right, rtol=1e-6, atol=1e-6)
