"""Compiled kernels on rows, segments and sparse tensors give what the ops' own kernels give."""
import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph.opdef import TABLE
from autograd_lite.graph.static_value import TensorInference
from autograd_lite.kernels.compiled import MODULES, kernel_for
from tests.conformance import walk
from tests.kernels.tiers import both, check, kernels, same_bits_for_any_threads, strange

RANDOM = np.random.default_rng(5)
SORTED = ["SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin"]
UNSORTED = ["UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin"]
CHOSEN = ["SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN"]
FORMS = [((), "float32", "int32"), ((1,), "float64", "int64"), ((8,), "float32", "int64"), ((21,), "float32", "int32"),
         ((2, 5), "float64", "int32"), ((200,), "float32", "int32")]  # fmt: skip
forms = pytest.mark.parametrize(("inner", "dtype", "index"), FORMS)
types = pytest.mark.parametrize(("dtype", "index"), [("float32", "int32"), ("float64", "int64")])
CLOSE = {"float32": {"relative": 2e-5, "tolerance": 2e-5}, "float64": {"relative": 1e-12, "tolerance": 1e-12}}


def numbers(*shape, dtype="float32"):
    return RANDOM.standard_normal(shape).astype(dtype)


def indices(limit, *shape, dtype="int32", low=0):
    return RANDOM.integers(low, limit, shape).astype(dtype)


@forms
@pytest.mark.parametrize("name", SORTED)
def test_rows_of_sorted_segments_are_combined(name, inner, dtype, index):
    ids = np.sort(indices(20, 57, dtype=index))
    ids[ids == 7] = 8  # a segment without rows
    check(name, numbers(57, *inner, dtype=dtype), ids, **CLOSE[dtype])
    check(name, strange(numbers(57, *inner, dtype=dtype)), ids, **CLOSE[dtype])


@forms
@pytest.mark.parametrize("name", UNSORTED)
def test_rows_of_segments_in_any_order_are_combined(name, inner, dtype, index):
    ids = indices(20, 57, dtype=index, low=-1)
    ids[ids == 7] = 8
    check(name, numbers(57, *inner, dtype=dtype), ids, np.int32(22), **CLOSE[dtype])
    check(name, strange(numbers(57, *inner, dtype=dtype)), ids, np.int32(22), **CLOSE[dtype])


def test_ids_may_have_several_axes():
    check("UnsortedSegmentSum", numbers(4, 6, 3), indices(5, 4, 6), np.int32(5), **CLOSE["float32"])


@forms
@pytest.mark.parametrize("name", CHOSEN)
def test_chosen_rows_are_combined(name, inner, dtype, index):
    ids = np.sort(indices(9, 30))
    check(name, numbers(50, *inner, dtype=dtype), indices(50, 30, dtype=index), ids, **CLOSE[dtype])
    check(f"{name}WithNumSegments", numbers(50, *inner, dtype=dtype), indices(50, 30, dtype=index), ids, np.int32(12), **CLOSE[dtype])


@forms
@pytest.mark.parametrize("name", ["Gather", "GatherV2"])
def test_rows_are_looked_up(name, inner, dtype, index):
    axis = [np.int32(0)] if name == "GatherV2" else []
    check(name, strange(numbers(30, *inner, dtype=dtype)), indices(30, 4, 7, dtype=index), *axis)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int64", "complex64", "complex128", "float16"])
def test_rows_of_any_type_are_looked_up(dtype):
    check("Gather", indices(2, 9, 3, dtype=dtype), indices(9, 11))


@pytest.mark.parametrize("index", ["int32", "int64"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_parts_are_looked_up_by_positions(depth, index):
    shape = (4, 5, 6)
    places = np.stack([indices(size, 3, 7, dtype=index) for size in shape[:depth]], axis=-1)
    check("GatherNd", numbers(*shape), places)


@forms
@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul", "Max", "Min", "Update"])
def test_rows_of_variables_are_changed_in_place(kind, inner, dtype, index):
    held, updates = numbers(12, *inner, dtype=dtype), strange(numbers(5, 4, *inner, dtype=dtype))
    given = [held.copy(), indices(12, 5, 4, dtype=index), updates]
    result = both(f"Scatter{kind}", held, *given[1:], given=given)
    assert result.is_compiled
    assert result.fast is given[0]
    np.testing.assert_allclose(result.fast, result.slow, rtol=CLOSE[dtype]["relative"], atol=CLOSE[dtype]["tolerance"])


@types
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("name", ["ScatterNdAdd", "ScatterNdSub", "ScatterNdUpdate", "TensorScatterAdd", "TensorScatterSub",
                                  "TensorScatterMax", "TensorScatterMin", "TensorScatterUpdate"])  # fmt: skip
def test_parts_are_changed_by_positions(name, depth, dtype, index):
    shape = (4, 5, 6)
    places = np.stack([indices(size, 9, dtype=index) for size in shape[:depth]], axis=-1)
    check(name, numbers(*shape, dtype=dtype), places, numbers(9, *shape[depth:], dtype=dtype), **CLOSE[dtype])


@types
@pytest.mark.parametrize("depth", [1, 2])
def test_updates_are_added_into_zeros(depth, dtype, index):
    shape = (4, 5, 3)
    places = np.stack([indices(size, 40, dtype=index) for size in shape[:depth]], axis=-1)
    check("ScatterNd", places, numbers(40, *shape[depth:], dtype=dtype), np.array(shape, index), **CLOSE[dtype])


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_whole_numbers_are_added_as_numpy_adds_them(dtype):
    places, ends = indices(4, 60, 1), np.iinfo(dtype)
    updates = RANDOM.integers(ends.min, ends.max, (60, 19), dtype=dtype, endpoint=True)
    check("ScatterNd", places, updates, np.int32([4, 19]))
    check("ScatterNd", indices(4, 60, 2), updates[:, 0], np.int32([4, 4]))
    check("ScatterAdd", updates[:4], places[:, 0], updates)


@forms
def test_adagrad_changes_the_named_rows(inner, dtype, index):
    places = indices(15, 20, dtype=index)  # some come twice
    states = [numbers(15, *inner, dtype=dtype), np.abs(numbers(15, *inner, dtype=dtype)) + np.dtype(dtype).type(0.1)]
    check("SparseApplyAdagrad", *states, np.array(0.1, dtype), numbers(20, *inner, dtype=dtype), places)  # the same bits


@types
@pytest.mark.parametrize("columns", [1, 7, 16, 300])
@pytest.mark.parametrize("adjoint_b", [False, True])
@pytest.mark.parametrize("adjoint_a", [False, True])
def test_a_sparse_matrix_is_multiplied(adjoint_a, adjoint_b, columns, dtype, index):
    shape = (13, 9)
    places = np.stack([indices(size, 50, dtype=index) for size in shape], axis=1)
    if not adjoint_a:
        places = places[np.argsort(places[:, 0])]
    b = numbers(*(shape[0 if adjoint_a else 1], columns)[:: -1 if adjoint_b else 1], dtype=dtype)
    check("SparseTensorDenseMatMul", places, strange(numbers(50, dtype=dtype)), np.array(shape, np.int64), b, adjoint_a=adjoint_a,
          adjoint_b=adjoint_b, **CLOSE[dtype])  # fmt: skip


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("limit", [0.0, 0.7])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sparse_tensors_are_added(rank, limit, dtype):
    shape = np.array((30, 4, 5)[:rank], np.int64)

    def drawn(count):
        flat = np.unique(RANDOM.integers(0, shape.prod(), count))
        return np.stack(np.unravel_index(flat, shape), axis=1).astype(np.int64), strange(numbers(len(flat), dtype=dtype))

    for counts in ((40, 25), (1, 40)):
        check("SparseAdd", *drawn(counts[0]), shape, *drawn(counts[1]), shape, np.array(limit, dtype))


@pytest.mark.parametrize("shape", [(30, 6), (4, 5, 40), (3, 5000)])
def test_the_softmax_of_sparse_rows(shape):
    flat = np.unique(RANDOM.integers(0, np.prod(shape), 90))
    places = np.stack(np.unravel_index(flat, shape), axis=1).astype(np.int64)
    check("SparseSoftmax", places, numbers(len(flat)), np.array(shape, np.int64), relative=2e-6, tolerance=1e-7)
    check("SparseSoftmax", places, strange(numbers(len(flat))), np.array(shape, np.int64), relative=2e-6, tolerance=1e-7)


def test_the_softmax_of_sparse_rows_that_several_threads_do():
    places = np.stack(np.unravel_index(np.arange(0, 90_000, 3), (900, 100)), axis=1).astype(np.int64)
    inputs = [places, numbers(len(places)), np.array([900, 100])]
    check("SparseSoftmax", *inputs, relative=2e-6, tolerance=1e-7)
    same_bits_for_any_threads("SparseSoftmax", *inputs)
    one_row = [np.stack([np.zeros(LONG, np.int64), np.arange(LONG)], axis=1), numbers(LONG), np.array([1, LONG])]
    check("SparseSoftmax", *one_row, relative=1e-4, tolerance=1e-7)  # the op's own kernel adds in single precision


def test_rows_out_of_order_are_left_to_numpy():
    places = np.array([[1, 0], [0, 1], [1, 2]])
    result = both("SparseSoftmax", places, numbers(3), np.array([2, 3]))
    assert not result.is_compiled
    np.testing.assert_array_equal(result.fast, result.slow)


BAD = {
    "SparseSoftmax": [np.array([[0, 2], [1, 3]]), numbers(2), np.array([2, 3])],
    "SegmentSum": [numbers(3, 2), np.array([0, 2, 1], np.int32)],
    "SegmentMax": [numbers(3, 2), np.array([-1, 0, 1], np.int32)],
    "UnsortedSegmentSum": [numbers(3, 2), np.array([0, 2, 1], np.int32), np.int32(2)],
    "SparseSegmentSum": [numbers(3, 2), np.array([0, 3], np.int32), np.array([0, 1], np.int32)],
    "Gather": [numbers(3, 2), np.array([0, 3], np.int32)],
    "GatherNd": [numbers(3, 2), np.array([[0, 0], [-1, 0]], np.int32)],
    "ScatterAdd": [numbers(3, 2), np.array([0, -1], np.int32), numbers(2, 2)],
    "ScatterNdUpdate": [numbers(3, 2), np.array([[0, 0], [0, 2]], np.int32), numbers(2)],
    "TensorScatterAdd": [numbers(3, 2), np.array([[3]], np.int32), numbers(1, 2)],
    "ScatterNd": [np.array([[4]], np.int32), numbers(1), np.array([4], np.int32)],
    "SparseApplyAdagrad": [numbers(3, 2), numbers(3, 2), np.float32(1), numbers(2, 2), np.array([0, 5], np.int32)],
    "SparseTensorDenseMatMul": [np.array([[0, 2]]), numbers(1), np.array([2, 2]), numbers(2, 3)],
    "SparseAdd": [np.array([[5]]), numbers(1), np.array([4]), np.array([[0]]), numbers(1), np.array([4]), np.float32(0)],
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_index_gets_the_ops_own_message_and_changes_nothing(name):
    inputs = [np.asarray(each) for each in BAD[name]]
    watched, attrs, tiered = kernels(name, inputs, {})
    before = [each.copy() for each in inputs]
    with pytest.raises(InvalidArgumentError) as expected:
        watched.opdef.kernel(walk.XP, *watched.opdef.arguments([each.copy() for each in inputs], attrs))
    with pytest.raises(InvalidArgumentError) as found:
        tiered.now(walk.XP, *watched.opdef.arguments(inputs, attrs))
    assert tiered.is_compiled
    assert str(found.value) == str(expected.value)
    for left, right in zip(before, inputs):
        assert np.array_equal(left, right)


FAMILIES = ("rows", "segments", "sparse", "unique", "moves", "ranking")


@pytest.mark.parametrize("name", [name for name, module in MODULES.items() if module in FAMILIES])
def test_it_agrees_on_the_samples_of_the_ops(name):
    for case in walk.cases(lambda opdef: opdef.name == name):
        result = both(name, *case.inputs(), **case.attrs)
        if result.is_compiled:
            for left, right in zip(*([each] if not isinstance(each, tuple) else each for each in (result.fast, result.slow))):
                np.testing.assert_allclose(left, right, rtol=1e-12)


def test_a_variable_is_updated_by_machine_code(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")
    for is_resource in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            table = tf.get_variable("table", initializer=tf.zeros([6, 3]), use_resource=is_resource)
            add = tf.scatter_add(table, [1, 4, 1], tf.ones([3, 3]))
            rows = tf.gather(table, [1, 0])
            session.run(tf.global_variables_initializer())
            session.run(add)
            assert session.run(rows).tolist() == [[2, 2, 2], [0, 0, 0]]


def test_a_variable_that_does_not_lie_in_order_is_left_to_numpy():
    held = np.asfortranarray(numbers(6, 3))
    given = [held.copy(order="F"), np.array([1, 1], np.int32), numbers(2, 3)]
    result = both("ScatterAdd", held, *given[1:], given=given)
    assert not result.is_compiled
    assert result.fast is given[0]
    assert np.array_equal(result.fast, result.slow)


@pytest.mark.parametrize("values", [(np.float32(1), np.float32(0)), (np.float64(2), np.float64(np.nan)), (np.int8(5), np.int8(-1)),
                                    (np.bool_(True), np.bool_(False)), (np.int64(7), np.int64(0))], ids=str)  # fmt: skip
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_one_hot(values, index):
    indices = np.random.default_rng(2).integers(0, 10, (7, 3)).astype(index)
    check("OneHot", indices, np.int32(10), *values)
    check("OneHot", indices, np.int32(10), *values, axis=2)


def test_a_row_whose_index_is_nowhere_holds_the_other_value():
    check("OneHot", np.array([1, -1, 10, 2**31 - 1], np.int32), np.int32(10), np.float32(1), np.float32(0))


def test_one_hot_rows_may_be_long():
    check("OneHot", indices(5000, 40), np.int32(5000), np.float32(1), np.float32(-1))


LONG = 30_000  # rows: several threads share them


@pytest.mark.parametrize("name", [*SORTED, "SparseSegmentSum", "SparseSegmentSqrtN"])
@pytest.mark.parametrize("segments", [1, 60, 20_000])
def test_segments_that_several_threads_combine(name, segments):
    ids = np.sort(indices(segments, LONG))
    if name.startswith("Sparse"):
        inputs = [numbers(50, 3), indices(50, LONG), ids]
    else:
        inputs = [numbers(LONG, 3), ids]
    check(name, *inputs, **({} if name[7:] in ("Max", "Min") else {"relative": 1e-3, "tolerance": 1e-3}))
    same_bits_for_any_threads(name, *inputs)


@pytest.mark.parametrize("place", [0, 1, 5461, 5462, LONG - 1])  # 5461 rows of three make a chunk
@pytest.mark.parametrize("name", ["SegmentSum", "SparseSegmentMean"])
def test_ids_out_of_order_are_found_wherever_they_are(name, place):
    ids = np.sort(indices(300, LONG))
    ids[place] = 299 if place == 0 else -1
    inputs = [numbers(LONG, 3), *([indices(LONG, LONG)] if name.startswith("Sparse") else []), ids]
    watched, attrs, tiered = kernels(name, inputs, {})
    with pytest.raises(InvalidArgumentError):
        tiered.now(walk.XP, *watched.opdef.arguments(inputs, attrs))


def test_many_rows_are_looked_up_by_several_threads():
    inputs = [numbers(900, 3), indices(900, LONG)]
    check("Gather", *inputs)
    same_bits_for_any_threads("Gather", *inputs)


@pytest.mark.parametrize("name", ["Gather", "SparseSegmentMean", "SparseToDense"])
def test_rows_whose_number_is_not_known_before(name):
    with tf.Graph().as_default():
        some = tf.unique(tf.constant([4, 2, 4])).y  # any number
        nodes = {
            "Gather": lambda: tf.gather(tf.constant(numbers(9, 2)), some),
            "SparseSegmentMean": lambda: tf.sparse_segment_mean(tf.constant(numbers(9, 2)), some, some),
            "SparseToDense": lambda: tf.sparse_to_dense(some, [6], 1.0),
        }
        op = nodes[name]().op
        op = next(each for each in [op, *(given.op for given in op.inputs)] if each.type.startswith(name))
        tiered = kernel_for(TABLE[op.type], TensorInference(TABLE[op.type], op.name, op.attrs, op.inputs))
        assert tiered is not None
