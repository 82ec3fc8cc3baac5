"""Products of matrices that fit the caches, and sums of them: layers of a few hundred units, cells of recurrent networks, their gradients.

General routines arrange both matrices anew for blocks of any size, and share work among threads only where there is much of it. Here the
sizes are known when a plan is made: the rows fall into tiles of equal size, as many as go into the registers, and any number of threads
takes them one by one. Measured on one AVX-512 core against the OpenBLAS that NumPy brings: 128x512x156 130 and 150 us, 64x256x256 by a
transposed matrix 60 and 87 us; with two threads 256x256x256 115 and 156 us.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph.inference import Inference
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.memory import empty
from autograd_lite.kernels.near_products import near_product_text
from autograd_lite.kernels.products_assembly import MOST_INNER, SIZES, ProductCode, arrangement_text, product_text
from autograd_lite.kernels.thin_products import LEAST_INNER, MOST_COLUMNS as THIN, thin_product
from autograd_lite.kernels.tier import Tiered

__all__ = [
    "Form", "arranged_fits", "arranged_matrix", "arranged_product", "form_of", "multiplier", "product", "product_fits",
    "right_is_near", "sum_of_products", "sum_of_turned_products", "table_of",
]  # fmt: skip

LEAST_WORK = 500_000  # multiplications; below, a call of the general routine is as quick
LEAST_SIDE = 16  # rows and columns of the result: each matrix is copied once for all numbers of the other
MOST_COLUMNS = 4096
COLUMNS_TOGETHER = 1024  # so that a block of the right matrix stays in the second cache
MOST_ARRANGED = 1 << 18  # bytes of right matrices in a group
SUMS = {16: 28, 8: 12, 4: 12}  # lanes -> registers for sums; the others are for a row of the panel
VECTORS = (2, 3, 1)  # of columns in a panel; the first is quickest where it wastes nothing
MOST_TURNED_ROWS = 16  # in a tile
MOST_KEPT = 1 << 20  # bytes of a matrix that is arranged for several products
WIDEST = 16  # numbers in a vector, on processors with the longest
MOST_WASTED = 0.25  # of the columns of all panels; a product of 17 columns would be worked out as one of 32
PIECES_OF_WORK = 16  # at least; fewer leave threads waiting for the last
MOST_NEAR = 3 << 19  # bytes of right matrices that the second cache may hold besides what is arranged
NEAR_PIECES = 4  # of work on such, if possible; each copies rows or arranges columns anew
PANELS_APART = 4  # at least, if there is more than one part
TILES_IN_BAND, TILES_OF_TURNED, TILES_OF_MANY = 2, 12, 48  # at least, if there is more than one band, or more than NEAR_PIECES
MOST_BANDS = 64
CHUNKS = 8  # of long sums
LEAST_IN_CHUNKS = 8 * MOST_INNER  # numbers of such a sum
MOST_TOTALS = 4 << 20  # bytes of the results of all chunks
SECONDS_PER_MULTIPLICATION = 2e-11
SECONDS_SAVED = 3e-4  # by a matrix that is arranged for several products


class Form(NamedTuple):
    """The sizes of a sum of products, and how its matrices lie. inner: one size for each product."""

    rows: int
    columns: int
    inner: tuple[int, ...]
    turned_a: bool = False
    turned_b: bool = False
    sums_rows: bool = False  # whether there is one row more: the sum of all rows of the right matrices

    @property
    def work(self) -> int:
        """Multiplications."""
        return self.rows * self.columns * sum(self.inner)


def table_of(form: Form, lanes: int, in_one_group: bool = False) -> tuple[ProductCode, list[int]]:
    """What is fixed in the kernel of a sum of products, and the table that it gets."""
    wide = _vectors(form.columns, lanes)
    tiles = -(-form.rows // min(SUMS[lanes] // wide, MOST_TURNED_ROWS if form.turned_a else SUMS[lanes]))
    chunks = 1 if in_one_group else _chunks(form)
    code = ProductCode(-(-form.rows // tiles), lanes, form.turned_a, form.turned_b, form.sums_rows, wide, chunks > 1)
    panels = -(-form.columns // code.panel)
    is_near = not in_one_group and right_is_near(form)
    most_in_group = MOST_INNER if code.in_chunks or is_near else max(MOST_INNER, MOST_ARRANGED // (4 * panels * code.panel))
    if in_one_group:
        most_in_group = sum(form.inner)
    pieces: list[list[int]] = []
    blocks: list[list[int]] = []
    groups: list[list[int]] = []
    for term, size in enumerate(form.inner):
        lines = form.rows - form.sums_rows if form.turned_a else size, size if form.turned_b else form.columns
        count = -(-size // MOST_INNER)
        for index in range(count):
            begin, end = size * index // count, size * (index + 1) // count
            inner = end - begin
            opens_group = not groups or groups[-1][4] + inner > most_in_group
            if opens_group or blocks[-1][3] + inner > MOST_INNER:
                if opens_group:
                    groups.append([len(blocks), len(blocks), len(pieces), len(pieces), 0])
                blocks.append([len(pieces), len(pieces), groups[-1][4], 0])
                groups[-1][1] += 1
            pieces.append([term, begin, inner, groups[-1][4], blocks[-1][3], *lines])
            for part, place, size_at in ((groups[-1], 3, 4), (blocks[-1], 1, 3)):
                part[place] += 1
                part[size_at] += inner
    parts, bands = 1 if chunks > 1 else min(panels, max(-(-PIECES_OF_WORK // tiles), -(-form.columns // COLUMNS_TOGETHER))), 1
    if is_near:
        bands = _bands(tiles, TILES_OF_TURNED if form.turned_b else TILES_IN_BAND)
        parts = max(-(-form.columns // COLUMNS_TOGETHER), min(-(-NEAR_PIECES // bands), panels // PANELS_APART))
    sizes = [form.rows, form.columns, panels, tiles, parts, bands, max(group[4] for group in groups), chunks, len(groups)]
    at = len(sizes) + 2
    rows = [number for part in (groups, blocks, pieces) for row in part for number in row]
    return code, [*sizes, at + 5 * len(groups), at + 5 * len(groups) + 4 * len(blocks), *rows]


def right_is_near(form: Form) -> bool:
    """Whether whoever works out some columns arranges them."""
    return 4 * sum(form.inner) * form.columns <= MOST_NEAR and _chunks(form) == 1


def _bands(tiles: int, least: int) -> int:
    """Into how many bands some tiles fall; each has at least so many."""
    return max(1, min(NEAR_PIECES, tiles // least), min(MOST_BANDS, tiles // TILES_OF_MANY))


def _chunks(form: Form) -> int:
    """Into how many chunks the sums fall."""
    is_long = form.inner[0] >= LEAST_IN_CHUNKS and form.rows * form.columns * 4 * CHUNKS <= MOST_TOTALS
    return CHUNKS if form.turned_a and len(form.inner) == 1 and is_long else 1


def product_fits(form: Form) -> bool:
    """Whether a sum of products is large enough to be worth copying matrices for, and small enough for the caches."""
    if not LEAST_SIDE <= form.columns <= MOST_COLUMNS or form.rows < LEAST_SIDE or form.work < LEAST_WORK:
        return False
    wasted = -form.columns % (WIDEST * _vectors(form.columns, WIDEST))
    return wasted <= MOST_WASTED * (form.columns + wasted)


def _vectors(columns: int, lanes: int) -> int:
    """How many vectors of columns a panel has best."""
    return min(VECTORS, key=lambda count: -(-columns // (lanes * count)) * count)


def arranged_fits(form: Form) -> bool:
    """Whether the right matrix of a product may come arranged."""
    is_thin = form.columns <= THIN and form.inner[0] >= LEAST_INNER
    return product_fits(form) and not is_thin and form.inner[0] * form.columns * 4 <= MOST_KEPT


def form_of(left: Sequence[tuple[int, ...]], right: Sequence[tuple[int, ...]], turned_a: bool, turned_b: bool) -> Form | None:
    """The form of a sum of products of matrices of these shapes; None if they do not fit each other."""
    rows, columns, inner = set(), set(), []
    for a, b in zip(left, right):
        if len(a) != 2 or len(b) != 2:
            return None
        a, b = (a[::-1] if turned_a else a), (b[::-1] if turned_b else b)
        if a[1] != b[0]:
            return None
        rows.add(a[0])
        columns.add(b[1])
        inner.append(a[1])
    return Form(rows.pop(), columns.pop(), tuple(inner), turned_a, turned_b) if len(rows) == 1 and len(columns) == 1 else None


def _run_of(c: Inference, form: Form) -> Any:
    """The function of all left matrices, all right ones, and the result; it tells whether it did its work."""
    return _runner(form, [shape_of(c, index) for index in range(c.count)])


def _runner(form: Form, shapes: Sequence[tuple[int, ...]]) -> Callable[..., bool]:
    """The same of matrices of these shapes."""
    code, table = table_of(form, lanes_of_registers())
    told, totals = np.array(table, np.int64), (table[SIZES.index("chunks")], form.rows, form.columns)
    results = [Given(shape, is_output=True) for shape in ([totals] if code.in_chunks else []) + [totals[1:]]]
    text = (near_product_text if right_is_near(form) else product_text)(code, len(form.inner))
    run = caller(text, "run", [*map(Given, shapes), *results, Given(told.shape)], returns="i32")
    if code.in_chunks:
        return lambda *given: run(*given[:-1], empty(totals), given[-1], told)
    return lambda *given: run(*given, told)


def multiplier(form: Form) -> Callable[[np.ndarray, np.ndarray, np.ndarray], bool]:
    """Return the function (a, b, out) of two matrices and their product, which tells whether it did its work."""
    a, b = (form.rows, form.inner[0]), (form.inner[0], form.columns)
    return _runner(form, [a[::-1] if form.turned_a else a, b[::-1] if form.turned_b else b])


@compiled("MatMul")
def product(c: Inference) -> Tiered | None:
    """Multiply matrices of middle sizes, or by a thin one."""
    form = form_of([shape_of(c, 0)], [shape_of(c, 1)], c.attrs["transpose_a"], c.attrs["transpose_b"])
    if c.dtype(0).name != "float32" or form is None:
        return None
    thin = thin_product(c, form.rows, form.columns, form.inner[0])
    if thin is not None or not product_fits(form):
        return thin

    def prepare() -> Any:
        run = _run_of(c, form)

        def multiply(xp: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
            out = empty((form.rows, form.columns))
            return out if run(a, b, out) else c.opdef.kernel(xp, a, b, transpose_a, transpose_b)

        return multiply

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, form.work * SECONDS_PER_MULTIPLICATION)


def _length(form: Form, code: ProductCode) -> int:
    """Numbers in an arranged matrix."""
    return -(-form.columns // code.panel) * code.panel * form.inner[0]


@compiled("ArrangedMatrix")
def arranged_matrix(c: Inference) -> Tiered | None:
    """Arrange a matrix for several products."""
    columns, inner = shape_of(c, 0) if c.attrs["transpose_b"] else shape_of(c, 0)[::-1]
    form = Form(LEAST_SIDE, columns, (inner,), False, c.attrs["transpose_b"])
    if c.dtype(0).name != "float32" or columns < LEAST_SIDE or inner == 0:
        return None

    def prepare() -> Any:
        code, table = table_of(form, lanes_of_registers(), in_one_group=True)
        told, length = np.array(table, np.int64), _length(form, code)
        arrays = [Given(shape_of(c, 0)), Given((length,), is_output=True), Given((len(table),))]
        run = caller(arrangement_text(code), "run", arrays, returns="i32")

        def arrange(xp: Any, b: Any, transpose_b: bool) -> Any:
            out = empty((length,))
            return out if run(b, out, told) else c.opdef.kernel(xp, b, transpose_b)

        return arrange

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, SECONDS_SAVED)


@compiled("ArrangedMatMul")
def arranged_product(c: Inference) -> Tiered | None:
    """Multiply by a matrix that is arranged already."""
    form = form_of([shape_of(c, 0)], [shape_of(c, 1)], c.attrs["transpose_a"], c.attrs["transpose_b"])
    if c.dtype(0).name != "float32" or form is None or not arranged_fits(form):
        return None

    def prepare() -> Any:
        code, table = table_of(form, lanes_of_registers(), in_one_group=True)
        told = np.array(table, np.int64)
        result = Given((form.rows, form.columns), is_output=True)
        arrays = [Given(shape_of(c, 0)), Given((_length(form, code),)), result, Given((len(table),))]
        run = caller(product_text(code, is_arranged=True), "run", arrays, returns="i32")

        def multiply(xp: Any, a: Any, b: Any, arranged: Any, transpose_a: bool, transpose_b: bool) -> Any:
            out = empty((form.rows, form.columns))
            return out if run(a, arranged, out, told) else c.opdef.kernel(xp, a, b, arranged, transpose_a, transpose_b)

        return multiply

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, form.work * SECONDS_PER_MULTIPLICATION)


@compiled("SumOfProducts")
def sum_of_products(c: Inference) -> Tiered | None:
    """Add up products of matrices in one go."""
    shapes, half = [shape_of(c, index) for index in range(c.count)], c.count // 2
    form = form_of(shapes[:half], shapes[half:], c.attrs["transpose_a"], c.attrs["transpose_b"])
    if c.dtype(0).name != "float32" or form is None or not product_fits(form):
        return None

    def prepare() -> Any:
        run = _run_of(c, form)

        def multiply(xp: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
            out = empty((form.rows, form.columns))
            return out if run(*a, *b, out) else c.opdef.kernel(xp, a, b, transpose_a, transpose_b)

        return multiply

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, form.work * SECONDS_PER_MULTIPLICATION)


@compiled("SumOfTurnedProducts")
def sum_of_turned_products(c: Inference) -> Tiered | None:
    """Add up products of transposed matrices in one go, and the rows of the right ones."""
    shapes, half = [shape_of(c, index) for index in range(c.count)], c.count // 2
    form = form_of(shapes[:half], shapes[half:], True, False)
    if c.dtype(0).name != "float32" or form is None or not product_fits(form):
        return None

    def prepare() -> Any:
        run = _run_of(c, form._replace(rows=form.rows + 1, sums_rows=True))

        def multiply(xp: Any, a: Any, b: Any) -> Any:
            out = empty((form.rows + 1, form.columns))
            return (out[:-1], out[-1]) if run(*a, *b, out) else c.opdef.kernel(xp, a, b)

        return multiply

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, form.work * SECONDS_PER_MULTIPLICATION)
