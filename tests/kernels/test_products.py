"""Products of middle-sized matrices are those of double precision, whatever the sizes and the processor."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import autograd_lite as tf
from autograd_lite.kernels import native, pool
from autograd_lite.kernels.processor import vectors
from autograd_lite.kernels.products import Form, right_is_near, table_of
from autograd_lite.kernels.products_assembly import BLOCK, GROUP, MOST_INNER, PIECE, SIZES
from autograd_lite.kernels.tier import Tiered

SHAPES = [(128, 156, 512), (131, 93, 77), (16, 401, 100), (29, 64, 700), (256, 10, 256), (40, 48, 3000), (70, 17, 2700), (150, 620, 700)]


@pytest.fixture
def compiled(monkeypatch):
    """The names of the kernels that are compiled from now on, each before it runs for the first time."""
    made = []
    prepare = Tiered.prepare
    monkeypatch.setattr(Tiered, "prepare", lambda self: (made.append(self.name), prepare(self)))
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")
    return made


@pytest.fixture
def on_cpu(monkeypatch):
    """Lets kernels be compiled for a processor: this one, or one whose vectors are half as long."""

    def choose(cpu):
        if cpu == "host":
            return
        if not {"+avx2", "+fma"} <= set(native.target().features.split(",")):
            pytest.skip("this processor has no AVX2")
        monkeypatch.setattr(native, "target", lambda: native.Target(cpu, "+avx2,+fma"))
        assert vectors().lanes == 8

    return choose


def product(a, b, **how):
    """A @ b by a session."""
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = tf.placeholder(tf.float32, [None, None]), tf.placeholder(tf.float32, [None, None])
        return session.run(tf.matmul(x, y, **how), {x: a, y: b})


@pytest.mark.parametrize("cpu", ["host", "haswell"])
@pytest.mark.parametrize("turned_a, turned_b", [(False, False), (True, False), (False, True), (True, True)])
def test_products_are_those_of_double_precision(on_cpu, compiled, cpu, turned_a, turned_b):
    on_cpu(cpu)
    for rows, columns, inner in SHAPES:
        random = np.random.RandomState(columns)
        a, b = random.randn(rows, inner).astype(np.float32), random.randn(inner, columns).astype(np.float32)
        given = (np.ascontiguousarray(a.T) if turned_a else a), (np.ascontiguousarray(b.T) if turned_b else b)
        got = product(*given, transpose_a=turned_a, transpose_b=turned_b)
        assert compiled.pop() == "MatMul"
        np.testing.assert_allclose(got, a.astype(np.float64) @ b, atol=1e-5 * inner**0.5)  # the standard deviation is inner**0.5


@pytest.mark.parametrize("rows, columns, inner, turned", [(200, 120, 400, False), (50, 70, 4000, True), (150, 620, 700, False)])
def test_the_number_of_threads_changes_no_bit(compiled, rows, columns, inner, turned):
    random = np.random.RandomState(0)
    a, b = random.randn(inner, rows).astype(np.float32), random.randn(inner, columns).astype(np.float32)
    a = a if turned else np.ascontiguousarray(a.T)
    before, results = pool.threads(), []
    try:
        for threads in (1, 2, 3):
            pool.set_threads(threads)
            results.append(product(a, b, transpose_a=turned))
    finally:
        pool.set_threads(before)
    assert compiled
    assert np.array_equal(results[0], results[1]) and np.array_equal(results[0], results[2])


def test_what_is_not_a_number_stays_in_its_row_and_column(compiled):
    a, b = np.ones((50, 400), np.float32), np.ones((400, 60), np.float32)
    a[3, 5], b[399, 33] = np.nan, np.inf
    got = product(a, b)
    assert compiled
    assert np.isnan(got[3]).all() and np.isinf(np.delete(got[:, 33], 3)).all()
    assert (np.delete(np.delete(got, 3, 0), 33, 1) == 400).all()


def test_matrices_that_are_not_in_order_are_multiplied_all_the_same(compiled):
    random = np.random.RandomState(0)
    a, b = random.randn(300, 90).astype(np.float32).T, random.randn(300, 64).astype(np.float32)[:, ::-1]
    got = product(a, b)
    assert compiled
    np.testing.assert_allclose(got, a.astype(np.float64) @ b, atol=2e-4)


@pytest.mark.parametrize("rows, columns, inner", [(8, 512, 512), (512, 8, 20), (32, 64, 64), (64, 4112, 1024)])
def test_small_and_large_products_stay_with_the_general_routine(compiled, rows, columns, inner):
    product(np.ones((rows, inner), np.float32), np.ones((inner, columns), np.float32))
    assert "MatMul" not in compiled


@pytest.mark.parametrize("columns", [32, 48, 100, 144])
@pytest.mark.parametrize("lanes, sums", [(16, 28), (8, 12)])
def test_tiles_are_of_equal_size_and_every_part_has_a_panel(lanes, sums, columns):
    for rows in range(16, 300):
        code, table = table_of(Form(rows, columns, (900,)), lanes)
        told = dict(zip(SIZES, table))
        heights = {rows * (tile + 1) // told["tiles"] - rows * tile // told["tiles"] for tile in range(told["tiles"])}
        assert heights <= {code.most_rows, code.most_rows - 1} and code.most_rows * code.vectors <= sums
        assert 1 <= told["parts"] <= told["panels"]


@pytest.mark.parametrize("columns, panel", [(16, 16), (32, 32), (48, 48), (64, 32), (80, 16), (96, 32), (100, 16), (144, 48), (130, 48)])
def test_panels_are_as_wide_as_wastes_least(columns, panel):
    assert table_of(Form(200, columns, (64,)), 16)[0].panel == panel


@pytest.mark.parametrize("turned_b", [False, True])
@pytest.mark.parametrize("rows, columns, inner", [(16, 16, 2000), (64, 256, 784), (784, 256, 64), (50_000, 64, 64), (1500, 300, 600)])
def test_near_products_have_pieces_for_several_threads_and_their_columns_fit_the_cache(rows, columns, inner, turned_b):
    form = Form(rows, columns, (inner,), False, turned_b)
    code, table = table_of(form, 16)
    told = dict(zip(SIZES, table))
    assert right_is_near(form) and told["groups"] == -(-inner // MOST_INNER)
    assert 1 <= told["parts"] <= told["panels"] and 1 <= told["bands"] <= told["tiles"]
    assert -(-told["panels"] // told["parts"]) * code.panel * told["room"] * 4 <= 1 << 20
    assert told["parts"] * told["bands"] >= 2 or columns == 16


@pytest.mark.parametrize("columns", [16, 156, 1024])
@pytest.mark.parametrize("inner", [(1, 2, 3), (128,) * 28, (3584,), (5000, 7, 320, 321)])
def test_every_number_is_multiplied_in_one_piece_one_block_and_one_group(inner, columns):
    _, table = table_of(Form(200, columns, inner), 16)
    told = dict(zip(SIZES, table))
    parts, begin = [], len(SIZES)
    for names, end in ((GROUP, told["blocks_at"]), (BLOCK, told["pieces_at"]), (PIECE, len(table))):
        parts.append([dict(zip(names, table[at : at + len(names)])) for at in range(begin, end, len(names))])
        begin = end
    groups, blocks, pieces = parts
    assert len(groups) == told["groups"] and max(group["inner"] for group in groups) == told["room"]
    assert [(group["first_block"], group["end_block"]) for group in groups] == spans([g["end_block"] for g in groups])
    assert [(group["first_piece"], group["end_piece"]) for group in groups] == spans([g["end_piece"] for g in groups])
    assert [(block["first_piece"], block["end_piece"]) for block in blocks] == spans([b["end_piece"] for b in blocks])
    for group in groups:
        place = 0
        for block in blocks[group["first_block"] : group["end_block"]]:
            assert block["place"] == place and 0 < block["inner"] <= MOST_INNER
            inside = 0
            for piece in pieces[block["first_piece"] : block["end_piece"]]:
                assert (piece["place"], piece["place_in_block"]) == (place, inside)
                place, inside = place + piece["inner"], inside + piece["inner"]
            assert inside == block["inner"]
        assert place == group["inner"] and (place * columns * 4 <= 1 << 20 or len(blocks) == len(groups))
    for term, size in enumerate(inner):
        own = [(piece["begin"], piece["begin"] + piece["inner"]) for piece in pieces if piece["term"] == term]
        assert own == spans([end for _, end in own]) and own[-1][1] == size


def spans(ends):
    """From one end to the next."""
    return list(zip([0, *ends], ends))


@pytest.mark.parametrize("cpu", ["host", "haswell"])
@pytest.mark.parametrize("turned_a, turned_b", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("inner", [(128, 128, 100), (3, 400, 15, 40)])
def test_sums_of_products_are_those_of_double_precision(on_cpu, compiled, cpu, inner, turned_a, turned_b):
    on_cpu(cpu)
    random = np.random.RandomState(0)
    a, b = [random.randn(90, size).astype(np.float32) for size in inner], [random.randn(size, 90).astype(np.float32) for size in inner]
    with tf.Graph().as_default(), tf.Session() as session:
        left, right = [[tf.placeholder(tf.float32, [None, None]) for _ in inner] for _ in "ab"]
        total = tf.add_n([tf.matmul(x, y, transpose_a=turned_a, transpose_b=turned_b) for x, y in zip(left, right)])
        fed = dict(zip([*left, *right], [*(each.T if turned_a else each for each in a), *(each.T if turned_b else each for each in b)]))
        got = session.run(total, {key: np.ascontiguousarray(each) for key, each in fed.items()})
    assert "SumOfProducts" in compiled
    np.testing.assert_allclose(got, sum(x.astype(np.float64) @ y for x, y in zip(a, b)), atol=1e-5 * sum(inner) ** 0.5)


@pytest.mark.parametrize("cpu", ["host", "haswell"])
@pytest.mark.parametrize("rows", [70, 156, 26, 18])
def test_a_row_more_holds_the_sum_of_rows(on_cpu, compiled, cpu, rows):
    on_cpu(cpu)
    random = np.random.RandomState(0)
    a, b = [[random.randn(128, size).astype(np.float32) for _ in range(4)] for size in (rows, 90)]
    with tf.Graph().as_default(), tf.Session() as session:
        left, right = [[tf.placeholder(tf.float32, [None, None]) for _ in a] for _ in "ab"]
        doubled = [2 * y for y in right]
        total = tf.add_n([tf.matmul(x, y, transpose_a=True) for x, y in zip(left, doubled)])
        sums = tf.add_n([tf.raw_ops.BiasAddGrad(out_backprop=y) for y in doubled])
        got, got_sums = session.run([total, sums], dict(zip([*left, *right], [*a, *b])))
    assert "SumOfTurnedProducts" in compiled
    np.testing.assert_allclose(got, sum(x.T.astype(np.float64) @ (2 * y) for x, y in zip(a, b)), atol=4e-4)
    np.testing.assert_allclose(got_sums, sum((2 * y).sum(0, np.float64) for y in b), atol=2e-4)
