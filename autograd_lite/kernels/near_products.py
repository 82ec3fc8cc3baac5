"""Products whose right matrices fit the second cache, in LLVM's assembly: whoever works out some columns arranges them.

The result falls into chunks: some panels of columns by a band of tiles of rows. Whoever takes a chunk arranges its panels, in the cache of
its own processor; the first tile of a band does so while it multiplies, which costs next to nothing. What one processor arranges and
another uses would have to be fetched from the cache of the first: that had taken all the profit of a second thread from matrices of few
rows.

Tiles, panels and the table are those of `products_assembly`; every group is a single block.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.memory import allocated
from autograd_lite.kernels.products_assembly import (
    BLOCK,
    ProductCode,
    entry_text,
    masks_of,
    pieces_of,
    place_for_rows,
    row_of,
    sizes_of,
    store_sums,
    take_rows,
    tile_routine,
    tile_step,
    turn_panel,
)  # fmt: skip
from autograd_lite.kernels.routine import Routine, Value, vector

__all__ = ["near_product_text"]

AHEAD = 8  # lines of a right matrix that are asked for before they are used


@remembered
def near_product_text(code: ProductCode, terms: int = 1) -> str:
    """The module of `i32 @run(a..., b..., out, table)`: the sum of so many products."""
    heights = (code.most_rows - 1, code.most_rows)
    tiles = [tile_routine(code, rows, asks=False) for rows in heights]
    if not code.turned_b:
        tiles += [_first_tile(code, rows) for rows in heights]
    count = lambda routine: sizes_of(routine)["parts"] * sizes_of(routine)["bands"]
    pointers = dict.fromkeys(("a", "b", "out", "refused", "table"), "ptr")
    return entry_text(code, terms, [*tiles, *chunked("whole", pointers, count, functools.partial(_multiply, code))])


class _Chunk(NamedTuple):
    """What a chunk is worked out with. panels: the first, and the one behind the last."""

    code: ProductCode
    routine: Routine
    size: dict[str, Value]
    panels: tuple[Value, Value]
    left: Value  # the place for the rows under a tile
    packed: Value  # the arranged columns

    def right(self, block: dict[str, Value], panel: Value) -> Value:
        """Where a panel of a block is arranged."""
        return self.routine.at(self.packed, (panel - self.panels[0]) * block["inner"] * self.code.panel, "float")


def _multiply(code: ProductCode, routine: Routine, index: Value) -> None:
    """Work out a chunk."""
    size = sizes_of(routine)
    part, band = index / size["bands"], index % size["bands"]
    tiles = (size["tiles"] * band / size["bands"], size["tiles"] * (band + 1) / size["bands"])
    panels = (size["panels"] * part / size["parts"], size["panels"] * (part + 1) / size["parts"])
    left = place_for_rows(routine, code)
    with allocated(routine, (panels[1] - panels[0]) * code.panel * size["room"], routine["refused"]) as packed:
        chunk = _Chunk(code, routine, size, panels, left, packed)
        with routine.loop(0, size["groups"]) as number:
            _multiply_block(chunk, row_of(routine, BLOCK, size["blocks_at"], number), number, tiles)


def _multiply_block(chunk: _Chunk, block: dict[str, Value], number: Value, tiles: tuple[Value, Value]) -> None:
    code, routine, size = chunk.code, chunk.routine, chunk.size
    if code.turned_b:
        for piece in pieces_of(routine, size, block):
            source = routine.load("ptr", routine["b"], piece["term"])
            with routine.loop(*chunk.panels) as panel:
                target = routine.at(chunk.right(block, panel), piece["place_in_block"] * code.panel, "float")
                turn_panel(routine, code, source, piece, panel * code.panel, size["columns"], target)
    with routine.loop(*tiles) as tile:
        rows = (size["rows"] * tile / size["tiles"], size["rows"] * (tile + 1) / size["tiles"])
        take_rows(routine, code, block, rows, chunk.left)
        with routine.loop(*chunk.panels) as panel:
            _multiply_panel(chunk, block, number, tile.equals(tiles[0]), rows, panel)


def _multiply_panel(chunk: _Chunk, block: dict[str, Value], number: Value, is_first: Value, rows: tuple[Value, Value],
                    panel: Value) -> None:  # fmt: skip
    """What a block adds to a panel of a tile; the first tile of a chunk arranges the panel for all."""
    code, routine, size = chunk.code, chunk.routine, chunk.size
    right, column = chunk.right(block, panel), panel * code.panel
    target = routine.at(routine["out"], rows[0] * size["columns"] + column, "float")
    given = (chunk.left, right, block["inner"], target, size["columns"], size["columns"] - column, number)
    has_most = (rows[1] - rows[0]).equals(code.most_rows)

    def multiply() -> None:
        most, less = (functools.partial(routine.call, "void", f"tile{each}", *given) for each in (code.most_rows, code.most_rows - 1))
        routine.either(has_most, most, less)

    if code.turned_b:
        multiply()
        return
    more = (routine["b"], routine["table"], block["first_piece"], block["end_piece"], column)
    first = [functools.partial(routine.call, "void", f"first_tile{each}", *given, *more) for each in (code.most_rows, code.most_rows - 1)]

    def arrange_last() -> None:
        for piece in pieces_of(routine, size, block):
            _copy_columns(routine, code, piece, size, column, routine.at(right, piece["place_in_block"] * code.panel, "float"))
        multiply()

    is_whole = (size["columns"] - column) >= code.panel
    arrange = lambda: routine.either(is_whole, lambda: routine.either(has_most, *first), arrange_last)
    routine.either(is_first, arrange, multiply)


def _copy_columns(routine: Routine, code: ProductCode, piece: dict[str, Value], size: dict[str, Value], column: Value,
                  target: Value) -> None:  # fmt: skip
    """Arrange the columns of the last panel, where some are missing: these are 0."""
    kind, masks = vector("float", code.lanes), masks_of(routine, code, size["columns"] - column)
    source = _lines(routine, piece, column)
    with routine.loop(0, piece["inner"]) as line:
        for v, mask in enumerate(masks):
            loaded = routine.load_masked(kind, source, line * piece["b_line"] + v * code.lanes, mask, routine.value(kind, 0.0))
            routine.store(loaded, target, line * code.panel + v * code.lanes)


def _lines(routine: Routine, piece: dict[str, Value], column: Value) -> Value:
    """Where the lines of a right matrix begin that belong to a piece, from some column on."""
    return routine.at(routine.load("ptr", routine["b"], piece["term"]), piece["begin"] * piece["b_line"] + column, "float")


def _first_tile(code: ProductCode, rows: int) -> Routine:
    """The sums of a tile, whose panel comes from the right matrices and is arranged on the way."""
    parameters = {"left": "ptr", "right": "ptr", "inner": "i64", "out": "ptr", "out_line": "i64", "columns": "i64", "before": "i64",
                  "b": "ptr", "table": "ptr", "first_piece": "i64", "end_piece": "i64", "column": "i64"}  # fmt: skip
    routine = Routine(f"first_tile{rows}", parameters, public=False)
    kind = vector("float", code.lanes)
    sums = [[routine.variable(routine.value(kind, 0.0)) for _ in range(code.vectors)] for _ in range(rows)]
    for piece in pieces_of(routine, sizes_of(routine), routine.arguments):
        source = _lines(routine, piece, routine["column"])
        with routine.loop(0, piece["inner"]) as line:
            at = piece["place_in_block"] + line
            loaded = [routine.load(kind, source, line * piece["b_line"] + v * code.lanes) for v in range(code.vectors)]
            for v, each in enumerate(loaded):
                routine.prefetch(source, (line + AHEAD) * piece["b_line"] + v * code.lanes)
                routine.store(each, routine["right"], at * code.panel + v * code.lanes)
            tile_step(routine, code, sums, at, 0, loaded)
    store_sums(routine, code, sums)
    return routine
