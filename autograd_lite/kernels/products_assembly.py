"""Products of matrices, and sums of products, written in LLVM's assembly: tiles of the result are summed up in registers.

The right matrices are arranged once: in panels of some vectors of columns, in each of which the numbers lie in the order in which they are
used. Then tile after tile of some rows of the result is worked out. The rows of the left matrix under a tile are copied to a place of their
own, which stays in the nearest cache while the panels go by; there every number of a panel meets all rows of the tile.

A sum of products is one product of matrices that stand side by side: its inner size is that of all together. What is summed up is cut into
*blocks*, which the place for a tile holds: several terms, or a piece of a long one. The results of blocks are added up in the result.
Blocks come in *groups*, as many as can be arranged without leaving the second cache. What belongs where stands in a table.

While a tile is worked out, the processor is asked to get the rows of the next one, and the place where its results will be written: large
matrices come from far away, and would otherwise be waited for.

Where a result is small and its sums are long, as in the gradient of filters, there are too few tiles to share. Then the sums fall into
chunks, each with a place of its own for its part of the result, and the parts are added up in the end.

Every number of the result is the same sum in the same order, whoever computes it: tiles and panels fall to threads as these come along.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.memory import allocated, entry
from autograd_lite.kernels.routine import Routine, Value, Variable, module, store_turned, strips, vector

__all__ = [
    "BLOCK", "GROUP", "MOST_INNER", "PIECE", "SIZES", "ProductCode", "arrangement_text", "entry_text", "masks_of", "pieces_of",
    "place_for_rows", "product_text", "row_of", "sizes_of", "store_sums", "take_rows", "tile_routine", "tile_step", "turn_panel",
]  # fmt: skip

MOST_INNER = 320  # numbers of a row that a block takes
LINE_FLOATS = 16  # in a line of the cache
LINE = MOST_INNER + 16  # numbers from one row of a tile to the next, where a row lies together; no power of two, for the cache's sake
TURNED_LINE = 16  # the same from one number of a row to the next, where a column does
UNROLL = 2
LINES = 16  # of right matrices that are arranged together
COLLECTED = 4096  # results that are added up together

# What a kernel is told, as 64-bit integers in this order; then come a row of numbers for each group, each block and each piece.
SIZES = (
    "rows", "columns",
    "panels",
    "tiles", "parts",  # the rows fall into tiles, the panels into parts; every pair is one piece of work
    "bands",  # of tiles, in `near_products`
    "room",  # numbers of a panel in the largest group
    "chunks",  # of groups
    "groups", "blocks_at", "pieces_at",  # how many groups, and where the other rows begin
)  # fmt: skip
GROUP = ("first_block", "end_block", "first_piece", "end_piece", "inner")
BLOCK = ("first_piece", "end_piece", "place", "inner")  # `place`: where it begins in the group
PIECE = ("term", "begin", "inner", "place", "place_in_block", "a_line", "b_line")  # lines: numbers from one line of a matrix to the next


class ProductCode(NamedTuple):
    """What is fixed in the module of a product."""

    most_rows: int  # in a tile; others have one row less
    lanes: int
    turned_a: bool  # whether the left matrix lies the other way round: [inner, rows]
    turned_b: bool  # whether the right one does: [columns, inner]
    sums_rows: bool = False  # whether the last row of the result is the sum of all rows of the right matrices
    vectors: int = 2  # of columns in a panel
    in_chunks: bool = False  # whether the sums are

    @property
    def panel(self) -> int:
        """Columns in a panel."""
        return self.lanes * self.vectors


def sizes_of(routine: Routine) -> dict[str, Value]:
    """The first numbers of the table."""
    return {name: routine.load("i64", routine["table"], index) for index, name in enumerate(SIZES)}


def row_of(routine: Routine, names: tuple[str, ...], first: Value | int, index: Value) -> dict[str, Value]:
    """A row of the table."""
    place = index * len(names) + first
    return {name: routine.load("i64", routine["table"], place + at) for at, name in enumerate(names)}


@remembered
def product_text(code: ProductCode, terms: int = 1, is_arranged: bool = False) -> str:
    """The module of `i32 @run(a..., b..., out, table)`: the sum of so many products. is_arranged: `b` is what `arrangement_text` makes.

    Where sums are cut into chunks, `totals` comes before `out`: room for so many results.
    """
    tiles = [tile_routine(code, rows) for rows in (code.most_rows - 1, code.most_rows)]
    if code.in_chunks:
        steps = [*tiles, *_chunks(code), *_collected(code)]
    else:
        steps = [*tiles, *([] if is_arranged else _arranged(code)), *_multiplied(code), _whole(code, is_arranged)]

    return entry_text(code, terms, steps)


def entry_text(code: ProductCode, terms: int, steps: list[Routine]) -> str:
    """The module of these steps and of what starts them: `whole`, or where sums are cut into chunks `gather` and `collect`."""
    names = ("totals", "out") if code.in_chunks else ("out",)

    def run(routine: Routine, refused: Value) -> None:
        lists = [_list(routine, [routine[f"{side}{term}"] for term in range(terms)]) for side in ("a", "b")]
        if code.in_chunks:
            routine.call("void", "gather", *lists, routine["totals"], refused, routine["table"])
            routine.call("void", "collect", routine["totals"], routine["out"], routine["table"])
        else:
            routine.call("void", "whole", *lists, routine["out"], refused, routine["table"])

    given = [f"{side}{term}" for side in ("a", "b") for term in range(terms)]
    return module([*steps, entry((*given, *names, "table"), run)])


def _whole(code: ProductCode, is_arranged: bool) -> Routine:
    """All groups one after the other; threads share a group."""
    whole = Routine("whole", dict.fromkeys(("a", "b", "out", "refused", "table"), "ptr"), public=False)
    size, none = sizes_of(whole), whole.integer(0)
    if is_arranged:
        packed = whole.load("ptr", whole["b"])
        whole.call("void", "multiply", whole["a"], whole["b"], whole["out"], packed, whole["table"], none, none)
        return whole
    with allocated(whole, size["panels"] * code.panel * size["room"], whole["refused"]) as packed, whole.loop(0, size["groups"]) as group:
        for name in ("arrange", "multiply"):
            whole.call("void", name, whole["a"], whole["b"], whole["out"], packed, whole["table"], group, none)
    return whole


def _chunks(code: ProductCode) -> list[Routine]:
    """A chunk has its own part of the groups, its own room for a right matrix, and its own sums."""

    def body(routine: Routine, index: Value) -> None:
        size, known = sizes_of(routine), routine.arguments
        begin, end = (size["groups"] * number / size["chunks"] for number in (index, index + 1))
        known["out"] = routine.at(routine["totals"], index * size["rows"] * size["columns"], "float")
        known["first_block"] = row_of(routine, GROUP, len(SIZES), begin)["first_block"]
        with allocated(routine, size["panels"] * code.panel * size["room"], routine["refused"]) as known["packed"]:
            with routine.loop(begin, end) as known["group"]:
                for count, work in ((_arrangements(code, routine), _arrange), (size["tiles"] * size["parts"], _multiply)):
                    with routine.loop(0, count) as number:
                        work(code, routine, number)

    pointers = dict.fromkeys(("a", "b", "totals", "refused", "table"), "ptr")
    return chunked("gather", pointers, lambda routine: sizes_of(routine)["chunks"], body)


def _collected(code: ProductCode) -> list[Routine]:
    """Add up what the chunks gave, always in the same order."""

    def body(routine: Routine, index: Value) -> None:
        size = sizes_of(routine)
        length = size["rows"] * size["columns"]
        begin, end = span(routine, index, COLLECTED, length)
        for lanes, at in strips(routine, end - begin, (code.lanes, 1)):
            kind = vector("float", lanes)
            total = routine.variable(routine.load(kind, routine["totals"], begin + at))
            with routine.loop(1, size["chunks"]) as chunk:
                total.set(total.get() + routine.load(kind, routine["totals"], chunk * length + begin + at))
            routine.store(total.get(), routine["out"], begin + at)

    def count(routine: Routine) -> Value:
        return chunks_of(routine, sizes_of(routine)["rows"] * sizes_of(routine)["columns"], COLLECTED)

    return chunked("collect", dict.fromkeys(("totals", "out", "table"), "ptr"), count, body)


@remembered
def arrangement_text(code: ProductCode) -> str:
    """The module of `i32 @run(b, packed, table)`, which arranges a matrix for products in one group."""

    def run(routine: Routine, refused: Value) -> None:
        matrices = _list(routine, [routine["b"]])
        unused = routine["packed"]
        none = routine.integer(0)
        routine.call("void", "arrange", unused, matrices, unused, routine["packed"], routine["table"], none, none)

    return module([*_arranged(code), entry(("b", "packed", "table"), run)])


_POINTERS = {**dict.fromkeys(("a", "b", "out", "packed", "table"), "ptr"), "group": "i64", "first_block": "i64"}


def _arranged(code: ProductCode) -> list[Routine]:
    return chunked("arrange", _POINTERS, functools.partial(_arrangements, code), functools.partial(_arrange, code))


def _multiplied(code: ProductCode) -> list[Routine]:
    pieces = lambda routine: sizes_of(routine)["tiles"] * sizes_of(routine)["parts"]
    return chunked("multiply", _POINTERS, pieces, functools.partial(_multiply, code))


def _list(routine: Routine, pointers: list[Value]) -> Value:
    """A place where some pointers stand."""
    place = routine.room("ptr", len(pointers))
    for number, pointer in enumerate(pointers):
        routine.store(pointer, place, number)
    return place


def _arrangements(code: ProductCode, routine: Routine) -> Value:
    """Into how many chunks arranging falls: panels, or some lines of the right matrices, so that memory is read as it lies."""
    if code.turned_b:
        return sizes_of(routine)["panels"]
    return _line_chunks(routine) * sizes_of(routine)["parts"]


def _line_chunks(routine: Routine) -> Value:
    return chunks_of(routine, row_of(routine, GROUP, len(SIZES), routine["group"])["inner"], LINES)


def _arrange(code: ProductCode, routine: Routine, index: Value) -> None:
    """Arrange a chunk of the right matrices of a group."""
    size = sizes_of(routine)
    group = row_of(routine, GROUP, len(SIZES), routine["group"])
    lines = _line_chunks(routine)
    panels = _part(size, index / lines)
    for piece in pieces_of(routine, size, group):
        source = routine.load("ptr", routine["b"], piece["term"])
        if code.turned_b:
            target = routine.at(routine["packed"], (index * group["inner"] + piece["place"]) * code.panel, "float")
            turn_panel(routine, code, source, piece, index * code.panel, size["columns"], target)
            continue
        begin, end = span(routine, index % lines, LINES, group["inner"])
        first, stop = routine.larger(begin - piece["place"], 0), routine.smaller(end - piece["place"], piece["inner"])
        with routine.loop(first, stop) as line:
            start = routine.at(source, (piece["begin"] + line) * piece["b_line"], "float")
            target = routine.at(routine["packed"], (piece["place"] + line) * code.panel, "float")
            _copy_line(routine, code, start, size, target, group["inner"] * code.panel, panels)


def pieces_of(routine: Routine, size: dict[str, Value], part: dict[str, Value]) -> Iterator[dict[str, Value]]:
    """A loop over the pieces of a group or block."""
    with routine.loop(part["first_piece"], part["end_piece"]) as number:
        yield row_of(routine, PIECE, size["pieces_at"], number)


def _multiply(code: ProductCode, routine: Routine, index: Value) -> None:
    """What a group adds to one tile and part of the columns."""
    size = sizes_of(routine)
    group = row_of(routine, GROUP, len(SIZES), routine["group"])
    part, tile = index / size["tiles"], index % size["tiles"]  # all tiles while a part is in the cache
    first, end = (size["rows"] * number / size["tiles"] for number in (tile, tile + 1))
    begin, stop = _part(size, part)
    room = place_for_rows(routine, code)
    with routine.loop(group["first_block"], group["end_block"]) as number:
        block = row_of(routine, BLOCK, size["blocks_at"], number)
        take_rows(routine, code, block, (first, end), room)
        coming = (_coming_group if code.in_chunks else _coming)(routine, code, size, block, (first, end), room)
        with routine.loop(begin, stop) as panel:
            right = routine.at(routine["packed"], (panel * group["inner"] + block["place"]) * code.panel, "float")
            column = panel * code.panel
            place, below = first * size["columns"] + column, end * size["columns"] + begin * code.panel
            ahead = routine.select((panel + 1) < stop, place + code.panel, below)
            given = (room, right, block["inner"], routine.at(routine["out"], place, "float"), size["columns"], size["columns"] - column,
                     number - routine["first_block"], routine.at(routine["out"], ahead, "float"), coming(panel - begin))  # fmt: skip
            most, less = (functools.partial(routine.call, "void", f"tile{rows}", *given) for rows in (code.most_rows, code.most_rows - 1))
            routine.either((end - first).equals(code.most_rows), most, less)


def _coming(routine: Routine, code: ProductCode, size: dict[str, Value], block: dict[str, Value], rows: tuple[Value, Value],
            room: Value) -> Callable[[Value], Value]:  # fmt: skip
    """What to get from the rows of the next tile while so many panels were worked out with this one; `room` if they do not lie together."""
    if code.turned_a:
        return lambda panels: room
    piece = row_of(routine, PIECE, size["pieces_at"], block["first_piece"])
    next_rows = routine.at(routine.load("ptr", routine["a"], piece["term"]), rows[1] * piece["a_line"], "float")
    left = routine.select(piece["inner"].equals(piece["a_line"]), (rows[1] - rows[0]) * piece["inner"], 0)

    def after(panels: Value) -> Value:
        gone = panels * piece["inner"] * (_lines_coming(code) * LINE_FLOATS // UNROLL)
        return routine.select(gone < left, routine.at(next_rows, gone, "float"), room)

    return after


def _coming_group(routine: Routine, code: ProductCode, size: dict[str, Value], block: dict[str, Value], rows: tuple[Value, Value],
                  room: Value) -> Callable[[Value], Value]:  # fmt: skip
    """The same from the matrices of the next group: first from the right one, then from the left. Groups of one product."""
    group, piece = row_of(routine, GROUP, len(SIZES), routine["group"]), row_of(routine, PIECE, size["pieces_at"], block["first_piece"])
    left, right = (routine.at(routine.load("ptr", routine[side]), (piece["begin"] + group["inner"]) * piece[line], "float")
                   for side, line in (("a", "a_line"), ("b", "b_line")))  # fmt: skip
    in_left, in_right = (group["inner"] * piece[line] for line in ("a_line", "b_line"))
    before = block["place"] * size["panels"] * size["tiles"] + rows[0] * size["tiles"] / size["rows"] * size["panels"] * group["inner"]

    def after(panels: Value) -> Value:
        gone = (before + panels * group["inner"]) * (_lines_coming(code) * LINE_FLOATS // UNROLL)
        beyond = routine.select((gone - in_right) < in_left, routine.at(left, gone - in_right, "float"), room)
        return routine.select(gone < in_right, routine.at(right, gone, "float"), beyond)

    return after


def _lines_coming(code: ProductCode) -> int:
    """Lines of the next tile to get for each turn of the innermost loop."""
    return 2 if code.most_rows > LINE_FLOATS // 2 else 1


def masks_of(routine: Routine, code: ProductCode, columns: Value) -> list[Value]:
    """Which lanes of a panel hold columns."""
    return [routine.first_lanes(columns - v * code.lanes, code.lanes) for v in range(code.vectors)]


def _part(size: dict[str, Value], part: Value) -> tuple[Value, Value]:
    """The first panel of a part, and the one behind its last."""
    return size["panels"] * part / size["parts"], size["panels"] * (part + 1) / size["parts"]


def _copy_line(routine: Routine, code: ProductCode, source: Value, size: dict[str, Value], target: Value, panel_size: Value,
               panels: tuple[Value, Value]) -> None:  # fmt: skip
    """Deal some columns of a line of a right matrix out to their panels; what is missing in the last of all is 0."""
    kind = vector("float", code.lanes)
    whole = size["columns"] / code.panel
    with routine.loop(panels[0], routine.smaller(whole, panels[1])) as panel:
        for v in range(code.vectors):
            routine.store(routine.load(kind, source, panel * code.panel + v * code.lanes), target, panel * panel_size + v * code.lanes)
    with routine.when(whole < panels[1]):
        for v, mask in enumerate(masks_of(routine, code, size["columns"] - whole * code.panel)):
            loaded = routine.load_masked(kind, source, whole * code.panel + v * code.lanes, mask, routine.value(kind, 0.0))
            routine.store(loaded, target, whole * panel_size + v * code.lanes)


def turn_panel(routine: Routine, code: ProductCode, source: Value, piece: dict[str, Value], first: Value, columns: Value,
                target: Value) -> None:  # fmt: skip
    """Arrange columns of a matrix that lies the other way round."""

    def begin_of(number: Value) -> Value:
        line = routine.smaller(first + number, columns - 1)  # what is beyond is never looked at
        return line * piece["b_line"] + piece["begin"]

    store_turned(routine, code.lanes, source, begin_of, piece["inner"], target, code.panel)


def place_for_rows(routine: Routine, code: ProductCode) -> Value:
    """Room for what is under a tile."""
    return routine.room("float", MOST_INNER * TURNED_LINE if code.turned_a else code.most_rows * LINE)


def take_rows(routine: Routine, code: ProductCode, block: dict[str, Value], rows: tuple[Value, Value], room: Value) -> None:
    """Copy what is under a tile, from all pieces of a block."""
    for piece in pieces_of(routine, sizes_of(routine), block):
        source = routine.load("ptr", routine["a"], piece["term"])
        (_take_turned if code.turned_a else _take_rows)(routine, code, source, piece, rows, room)


def _take_rows(routine: Routine, code: ProductCode, source: Value, piece: dict[str, Value], rows: tuple[Value, Value], room: Value) -> None:
    """Copy what is under a tile: a row after the other."""
    kind, inner = vector("float", code.lanes), piece["inner"]
    zero = routine.value(kind, 0.0)
    with routine.loop(*rows) as row:
        begin = routine.at(source, row * piece["a_line"] + piece["begin"], "float")
        target = routine.at(room, (row - rows[0]) * LINE + piece["place_in_block"], "float")
        whole = inner - inner % code.lanes
        with routine.loop(0, whole, code.lanes) as at:
            routine.store(routine.load(kind, begin, at), target, at)
        with routine.when(whole < inner):
            mask = routine.first_lanes(inner - whole, code.lanes)
            routine.store(routine.load_masked(kind, begin, whole, mask, zero), target, whole)


def _take_turned(routine: Routine, code: ProductCode, source: Value, piece: dict[str, Value], rows: tuple[Value, Value],
                 room: Value) -> None:  # fmt: skip
    """Copy what is under a tile of a matrix that lies the other way round; the row that is not there, and sums rows, is all ones."""
    kind = vector("float", code.lanes)
    missing, count = routine.value(kind, float(code.sums_rows)), routine.smaller(rows[1], piece["a_line"]) - rows[0]
    parts = range(0, code.most_rows, code.lanes)
    masks = [routine.first_lanes(count - start, code.lanes) for start in parts]
    begin = routine.at(source, piece["begin"] * piece["a_line"] + rows[0], "float")
    with routine.loop(0, piece["inner"]) as at:
        for start, mask in zip(parts, masks):
            loaded = routine.load_masked(kind, begin, at * piece["a_line"] + start, mask, missing)
            routine.store(loaded, room, (at + piece["place_in_block"]) * TURNED_LINE + start)


def tile_routine(code: ProductCode, rows: int, asks: bool = True) -> Routine:
    """The sums of a tile: `rows` rows of the left matrix times a panel. asks: whether it also asks memory for what comes next."""
    parameters = {"left": "ptr", "right": "ptr", "inner": "i64", "out": "ptr", "out_line": "i64", "columns": "i64", "before": "i64"}
    routine = Routine(f"tile{rows}", parameters | ({"ahead": "ptr", "coming": "ptr"} if asks else {}), public=False)
    kind = vector("float", code.lanes)
    sums = [[routine.variable(routine.value(kind, 0.0)) for _ in range(code.vectors)] for _ in range(rows)]

    def step(at: Value, ahead: int) -> None:
        loaded = [routine.load(kind, routine["right"], at * code.panel + ahead * code.panel + v * code.lanes) for v in range(code.vectors)]
        tile_step(routine, code, sums, at, ahead, loaded)

    def get_more(turn: Value) -> None:
        together = max(UNROLL // code.vectors, 1)
        for row in range(together):
            place = routine.smaller(turn * together + row, rows - 1) * routine["out_line"]
            for column in range(0, code.panel, LINE_FLOATS):
                routine.prefetch(routine["ahead"], place + column, to_write=True)
        for line in range(0 if code.turned_a and not code.in_chunks else _lines_coming(code)):
            routine.prefetch(routine["coming"], (turn * _lines_coming(code) + line) * LINE_FLOATS, is_near=not code.in_chunks)

    whole = routine["inner"] - routine["inner"] % UNROLL
    with routine.loop(0, whole, UNROLL) as at:
        for ahead in range(UNROLL):
            step(at, ahead)
        if asks:
            get_more(at / UNROLL)
    with routine.loop(whole, routine["inner"]) as at:
        step(at, 0)
    store_sums(routine, code, sums)
    return routine


def tile_step(routine: Routine, code: ProductCode, sums: list[list[Variable]], at: Value, ahead: int, loaded: list[Value]) -> None:
    """Numbers of a row of the panel times those of the rows of a tile, at the place `at + ahead` of the inner axis."""
    for row, line in enumerate(sums):
        place = at * TURNED_LINE + (ahead * TURNED_LINE + row) if code.turned_a else at + (row * LINE + ahead)
        number = routine.spread(routine.load("float", routine["left"], place), code.lanes)
        for total, each in zip(line, loaded):
            total.set(routine.fma(number, each, total.get()))


def store_sums(routine: Routine, code: ProductCode, sums: list[list[Variable]]) -> None:
    """Write the sums of a tile, or add them to what blocks before left."""
    kind = vector("float", code.lanes)
    zero, masks = routine.value(kind, 0.0), masks_of(routine, code, routine["columns"])

    def store(adds: bool) -> None:
        for row, line in enumerate(sums):
            for v, total in enumerate(line):
                place = routine["out_line"] * row + v * code.lanes
                value = total.get()
                if adds:
                    value = routine.load_masked(kind, routine["out"], place, masks[v], zero) + value
                routine.store_masked(value, routine["out"], place, masks[v])

    routine.either(routine["before"].equals(0), lambda: store(False), lambda: store(True))
