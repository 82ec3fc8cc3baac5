"""Compiled moves of rows give what the ops' own kernels give."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.core.errors import InvalidArgumentError
from tests.conformance import walk
from tests.kernels.tiers import both, check, kernels, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(4)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool", "complex64"])
index_types = pytest.mark.parametrize("index", ["int32", "int64"])


def values(dtype, *shape):
    array = RANDOM.integers(0, 9, shape).astype(dtype)
    return strange(array) if array.dtype.kind == "f" else array


@dtypes
@index_types
@pytest.mark.parametrize(("shape", "seq_dim", "batch_dim"), [((5, 7, 3), 1, 0), ((7, 5, 3), 0, 1), ((2, 5, 3, 7, 4), 3, 1),
                                                             ((2, 7, 3, 5), 1, 3), ((5, 7), 1, 0)])  # fmt: skip
def test_sequences_are_reversed(shape, seq_dim, batch_dim, dtype, index):
    lengths = RANDOM.integers(0, 8, 5).astype(index)
    check("ReverseSequence", values(dtype, *shape), lengths, seq_dim=seq_dim, batch_dim=batch_dim)


@dtypes
@pytest.mark.parametrize("count", [1, 3, 7])
@pytest.mark.parametrize(("shape", "rank"), [((40, 3), 1), ((4, 5, 2), 2), ((20,), 1), ((20_000, 3), 1)])
def test_rows_are_sorted_into_partitions(shape, rank, count, dtype):
    check("DynamicPartition", values(dtype, *shape), RANDOM.integers(0, count, shape[:rank]).astype(np.int32), num_partitions=count)


def test_partitions_do_not_depend_on_the_number_of_threads():
    numbers = RANDOM.integers(0, 4, 30_000).astype(np.int32)
    same_bits_for_any_threads("DynamicPartition", values("float32", 30_000, 3), numbers, num_partitions=4)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool"])
@index_types
@pytest.mark.parametrize("shape", [(30,), (6, 5), (2, 3, 4), (200, 300)])
def test_values_are_written_at_their_positions(shape, dtype, index):
    flat = np.unique(RANDOM.integers(0, np.prod(shape), 25))
    places = np.stack(np.unravel_index(flat, shape), axis=1).astype(index)
    sizes, default = np.array(shape, index), np.array(1, dtype)
    for given in (places, places[:, 0]) if len(shape) == 1 else (places,):
        check("SparseToDense", given, sizes, values(dtype, len(flat)), default)
        check("SparseToDense", given, sizes, values(dtype, 1)[0], default)


def test_every_place_may_have_a_value():
    places = np.stack(np.unravel_index(np.arange(20_000), (100, 200)), axis=1)
    check("SparseToDense", places, np.array([100, 200]), values("float32", 20_000), np.float32(1))


PLACES = np.stack(np.unravel_index(np.arange(0, 40_000, 2), (200, 200)), axis=1)


def swapped(first, second):
    places = PLACES.copy()
    places[[first, second]] = places[[second, first]]
    return places


def with_place(at, *position):
    places = PLACES.copy()
    places[at] = position
    return places


def sparse(places):
    return "SparseToDense", [places, np.array([200, 200]), values("float32", len(places)), np.float32(0)], {}


BAD = {
    "out of order": sparse(swapped(5, 6)),
    "out of order, far away": sparse(swapped(3, 15_000)),
    "out of order at the end of a block": sparse(swapped(4095, 4096)),
    "first before the beginning": sparse(with_place(0, -1, 0)),
    "last after the end": sparse(with_place(19_999, 200, 0)),
    "repeated": sparse(with_place(11, *PLACES[10])),
    "beside the matrix": sparse(with_place(10, 0, 200)),
    "partition after the last": ("DynamicPartition", [values("float32", 3, 2), np.array([0, 2, 1], np.int32)], {"num_partitions": 2}),
    "partition before the first": ("DynamicPartition", [values("float32", 3, 2), np.array([0, -1, 1], np.int32)], {"num_partitions": 2}),
    "too long": ("ReverseSequence", [values("float32", 2, 3), np.array([1, 4])], {"seq_dim": 1}),
    "negative length": ("ReverseSequence", [values("float32", 2, 3), np.array([1, -1])], {"seq_dim": 1}),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_gets_the_ops_own_message(case):
    name, inputs, attrs = BAD[case]
    watched, known, tiered = kernels(name, inputs, attrs)
    with pytest.raises(InvalidArgumentError) as expected:
        watched.opdef.kernel(walk.XP, *watched.opdef.arguments(inputs, known))
    with pytest.raises(InvalidArgumentError) as found:
        tiered.now(walk.XP, *watched.opdef.arguments(inputs, known))
    assert tiered.is_compiled
    assert str(found.value) == str(expected.value)


def test_positions_that_are_not_to_be_looked_at_are_left_to_numpy():
    places = np.array([3, 1, 3])
    assert not both("SparseToDense", places, np.array([5]), values("float32", 3), np.float32(0), validate_indices=False).is_compiled


def test_a_sparse_tensor_without_elements_is_its_default():
    result = both("SparseToDense", np.zeros((0, 2), np.int64), np.array([2, 2]), np.zeros(0, np.float32), np.float32(3))
    assert np.array_equal(result.fast, np.full((2, 2), 3, np.float32))
