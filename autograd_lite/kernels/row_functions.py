"""The functions of which kernels over rows consist: products of a block of rows, sums over its rows, columns copied.

Each is written once for its sizes and called as often as they occur.
"""
from __future__ import annotations

import functools

import numpy as np

from autograd_lite.kernels.assembly import Block, double_text
from autograd_lite.kernels.routine import Routine, store_turned, vector
from autograd_lite.kernels.vectors import Text

__all__ = ["FILL", "RowFunctions", "filled"]

FILL = 16  # floats to which rows of packed weights and of sums are filled up
MOST_TILE = 8  # rows in a tile
TOTALS = 4  # vectors of sums of all elements: each addition waits for the one before it, those of others do not


class RowFunctions:
    """Writes calls into a block, and the functions that they call into the text of the module.

    Args:
      rows: in a block. fills_sums: rows of sums are filled up to whole vectors; else they lie as results do.
    """

    def __init__(self, text: Text, rows: int, fills_sums: bool) -> None:
        self.text = text
        self.rows = rows
        self.fills_sums = fills_sums
        self.lanes = 16 if text.is_wide else 8
        self.registers = 16 if text.is_wide else 8  # for sums, so that weights and rows find room beside them
        self.names: dict[str, str] = {}

    def named(self, function: str) -> str:
        """The name of a function whose text calls itself `work`; the same text gets the same name."""
        name = self.names.get(function)
        if name is None:
            name = self.names[function] = f"pointwise{len(self.names)}"
            self.text.functions[name] = function.replace("@work(", f"@{name}(").replace(") {", ") noinline {", 1)
        return name

    # ------------------------------------------------------------ calls

    def product(self, block: Block, rows: str, weights: str, target: str, inner: int, outer: int) -> None:
        """Multiply the rows of a block (`inner` elements each) by packed weights."""
        name = self._once(f"product_{inner}_{outer}", lambda name: self._product(name, inner, outer))
        block.do(f"call void @{name}(ptr {rows}, ptr {weights}, ptr {target})")

    def outer(self, block: Block, left: str, right: str, target: str, count: str, high: int, wide: int) -> None:
        """Add to a sum the products of every element of a row of `left` with every one of the same row of `right`."""
        name = self._once(f"outer_{high}_{wide}", lambda name: self._outer(name, high, wide))
        block.do(f"call void @{name}(ptr {left}, ptr {right}, ptr {target}, i64 {count})")

    def column_sum(self, block: Block, rows: str, target: str, count: str, wide: int) -> None:
        """Add rows to a sum."""
        name = self._once(f"sum_{wide}", lambda name: self._column_sum(name, wide))
        block.do(f"call void @{name}(ptr {rows}, ptr {target}, i64 {count})")

    def total(self, block: Block, rows: str, target: str, count: str, wide: int) -> None:
        """Add all elements of rows to a sum."""
        name = self._once(f"total_{wide}", lambda name: self._routine(_total(name, wide, self.lanes)))
        block.do(f"call void @{name}(ptr {rows}, ptr {target}, i64 {count})")

    def divide(self, block: Block, place: str, divisor: int) -> None:
        """Divide a number in memory."""
        quotient = block(f"fdiv float {block(f'load float, ptr {place}')}, {double_text(float(np.float32(divisor)))}")
        block.do(f"store float {quotient}, ptr {place}")

    def pack(self, block: Block, source: str, target: str, inner: int, outer: int, turned: bool) -> None:
        """Copy weights so that each of their `inner` rows is filled up to a whole number of vectors."""
        write = _pack_turned if turned else _pack
        name = self._once(write.__name__, lambda name: self._routine(write(name, self.lanes)))
        block.do(f"call void @{name}(ptr {source}, ptr {target}, i64 {inner}, i64 {outer}, i64 {filled(outer)})")

    def copy(self, block: Block, source: str, source_width: int, begin: int, target: str, target_width: int, at: int, count: int) -> None:
        """Copy columns of a block."""
        name = self._once("columns", lambda name: self._routine(_columns(name, self.rows, self.lanes)))
        first = block(f"getelementptr float, ptr {source}, i64 {begin}")
        place = block(f"getelementptr float, ptr {target}, i64 {at}")
        block.do(f"call void @{name}(ptr {first}, i64 {source_width}, ptr {place}, i64 {target_width}, i64 {count})")

    def collect(self, block: Block, room: str, place: int, groups: int, distance: int, target: str, high: int, wide: int) -> None:
        """Add up the sums of all parts of the rows, in order."""
        name = self._once("collect", lambda name: self._routine(_collect(name, self.lanes)))
        first = block(f"getelementptr float, ptr {room}, i64 {place}")
        block.do(f"call void @{name}(ptr {first}, i64 {groups}, i64 {distance}, ptr {target}, i64 {high}, i64 {wide}, i64 {filled(wide)})")

    def _routine(self, routine: Routine) -> str:
        """The text of a function that is written as a routine."""
        for name, text in routine.declared.items():
            self.text.declared.setdefault(f"@{name}", text)
        return routine.text()

    def _once(self, name: str, write: object) -> str:
        if name not in self.text.functions:
            self.text.functions[name] = write(name)  # type: ignore[operator]
        return name

    # ------------------------------------------------------------ texts

    def _product(self, name: str, inner: int, outer: int) -> str:
        """A tile of rows and all columns is summed up in registers. Tiles have one of two heights, so that none is lower by much."""
        vectors = -(-outer // self.lanes)
        tiles = -(-self.rows // max(1, min(MOST_TILE, self.registers // vectors)))
        height = -(-self.rows // tiles)
        high = (self.rows - tiles * (height - 1)) * height  # rows in tiles of the full height
        block, before = Block(), "entry"
        for tile, first, end in ((height, 0, high), (height - 1, high, self.rows)):
            if first < end:
                before = self._product_tiles(block, before, tile, (first, end), inner, outer)
        return (f"define internal void @{name}(ptr %rows, ptr %weights, ptr %target) noinline {{\nentry:\n{block.text()}\n"
                "  ret void\n}")

    def _product_tiles(self, block: Block, before: str, tile: int, span: tuple[int, int], inner: int, outer: int) -> str:
        """Tiles of one height; returns the label of what comes behind them."""
        kind, starts = f"<{self.lanes} x float>", range(0, outer, self.lanes)
        block.do(f"br label %tile{tile}")
        block.do(f"tile{tile}:")
        block.do(f"%row{tile} = phi i64 [ {span[0]}, %{before} ], [ %next{tile}, %store{tile} ]")
        rows = [_row(block, "%rows", block(f"add i64 %row{tile}, {index}"), inner) for index in range(tile)]
        block.do(f"br label %sum{tile}")
        block.do(f"sum{tile}:")
        block.do(f"%at{tile} = phi i64 [ 0, %tile{tile} ], [ %more{tile}, %sum{tile} ]")
        sums = [[f"%s{tile}_{index}_{start}" for start in starts] for index in range(tile)]
        for each in (item for row in sums for item in row):
            block.do(f"{each} = phi {kind} [ zeroinitializer, %tile{tile} ], [ {each}n, %sum{tile} ]")
        line = _row(block, "%weights", f"%at{tile}", filled(outer))
        weights = [block(f"load {kind}, ptr {block(f'getelementptr float, ptr {line}, i64 {start}')}, align 4") for start in starts]
        for index in range(tile):
            factor = self._spread(block, block(f"load float, ptr {block(f'getelementptr float, ptr {rows[index]}, i64 %at{tile}')}"))
            for each, weight in zip(sums[index], weights):
                block.do(f"{each}n = {self._fma(factor, weight, each)}")
        block.do(f"%more{tile} = add i64 %at{tile}, 1")
        block.do(f"br i1 {block(f'icmp slt i64 %more{tile}, {inner}')}, label %sum{tile}, label %store{tile}")
        block.do(f"store{tile}:")
        for index in range(tile):
            base = _row(block, "%target", block(f"add i64 %row{tile}, {index}"), outer)
            for each, start in zip(sums[index], starts):
                self._store(block, f"{each}n", block(f"getelementptr float, ptr {base}, i64 {start}"), outer - start)
        block.do(f"%next{tile} = add i64 %row{tile}, {tile}")
        block.do(f"br i1 {block(f'icmp slt i64 %next{tile}, {span[1]}')}, label %tile{tile}, label %after{tile}")
        block.do(f"after{tile}:")
        return f"after{tile}"

    def _outer(self, name: str, high: int, wide: int) -> str:
        """A tile of the sum is kept in registers while all rows go by."""
        vectors = -(-wide // self.lanes)
        tile = max(1, min(MOST_TILE, high, self.registers // vectors))
        block = Block()
        label = "entry"
        for first in range(0, high, tile):
            label = self._outer_tile(block, label, first, min(tile, high - first), high, wide)
        return (f"define internal void @{name}(ptr %left, ptr %right, ptr %target, i64 %count) noinline {{\nentry:\n{block.text()}\n"
                "  ret void\n}")

    def _outer_tile(self, block: Block, before: str, first: int, tile: int, high: int, wide: int) -> str:
        kind = f"<{self.lanes} x float>"
        line = self._line_of_sum(wide)
        starts = range(0, wide, self.lanes)
        places = [[block(f"getelementptr float, ptr %target, i64 {(first + index) * line + start}") for start in starts]
                  for index in range(tile)]  # fmt: skip
        begins = [[self._load(block, place, line - start) for place, start in zip(row, starts)] for row in places]
        block.do(f"br label %t{first}")
        block.do(f"t{first}:")
        block.do(f"%r{first} = phi i64 [ 0, %{before} ], [ %n{first}, %t{first} ]")
        names = [[f"%o{first}_{index}_{start}" for start in starts] for index in range(tile)]
        for row, begin in zip(names, begins):
            for each, value in zip(row, begin):
                block.do(f"{each} = phi {kind} [ {value}, %{before} ], [ {each}n, %t{first} ]")
        base = _row(block, "%right", f"%r{first}", wide)
        rights = [self._load(block, block(f"getelementptr float, ptr {base}, i64 {start}"), wide - start) for start in starts]
        lefts = block(f"getelementptr float, ptr {_row(block, '%left', f'%r{first}', high)}, i64 {first}")
        for index, row in enumerate(names):
            factor = self._spread(block, block(f"load float, ptr {block(f'getelementptr float, ptr {lefts}, i64 {index}')}"))
            for each, right in zip(row, rights):
                block.do(f"{each}n = {self._fma(factor, right, each)}")
        block.do(f"%n{first} = add i64 %r{first}, 1")
        block.do(f"br i1 {block(f'icmp slt i64 %n{first}, %count')}, label %t{first}, label %u{first}")
        block.do(f"u{first}:")
        for row, targets in zip(names, places):
            for each, place, start in zip(row, targets, starts):
                self._store(block, f"{each}n", place, line - start)
        return f"u{first}"

    def _line_of_sum(self, wide: int) -> int:
        """How many floats lie from one row of a sum to the next."""
        return filled(wide) if self.fills_sums else wide

    def _column_sum(self, name: str, wide: int) -> str:
        kind, block, line = f"<{self.lanes} x float>", Block(), self._line_of_sum(wide)
        starts = range(0, wide, self.lanes)
        places = [block(f"getelementptr float, ptr %target, i64 {start}") for start in starts]
        begins = [self._load(block, place, line - start) for place, start in zip(places, starts)]
        block.do("br label %rows_")
        block.do("rows_:")
        block.do("%row = phi i64 [ 0, %entry ], [ %next, %rows_ ]")
        for start, begin in zip(starts, begins):
            block.do(f"%s{start} = phi {kind} [ {begin}, %entry ], [ %n{start}, %rows_ ]")
        base = _row(block, "%rows", "%row", wide)
        for start in starts:
            loaded = self._load(block, block(f"getelementptr float, ptr {base}, i64 {start}"), wide - start)
            block.do(f"%n{start} = fadd {kind} %s{start}, {loaded}")
        block.do("%next = add i64 %row, 1")
        block.do(f"br i1 {block('icmp slt i64 %next, %count')}, label %rows_, label %end")
        block.do("end:")
        for start, place in zip(starts, places):
            self._store(block, f"%n{start}", place, line - start)
        return f"define internal void @{name}(ptr %rows, ptr %target, i64 %count) noinline {{\nentry:\n{block.text()}\n  ret void\n}}"

    # ------------------------------------------------------------ vectors

    def _spread(self, block: Block, scalar: str) -> str:
        kind = f"<{self.lanes} x float>"
        first = block(f"insertelement {kind} poison, float {scalar}, i32 0")
        return block(f"shufflevector {kind} {first}, {kind} poison, <{self.lanes} x i32> zeroinitializer")

    def _fma(self, a: str, b: str, c: str) -> str:
        kind, name = f"<{self.lanes} x float>", f"@llvm.fma.v{self.lanes}f32"
        self.text.declared.setdefault(name, f"declare {kind} {name}({kind}, {kind}, {kind})")
        return f"call {kind} {name}({kind} {a}, {kind} {b}, {kind} {c})"

    def _mask(self, count: int) -> str:
        return f"<{', '.join(f'i1 {str(lane < count).lower()}' for lane in range(self.lanes))}>"

    def _load(self, block: Block, place: str, count: int) -> str:
        """A vector, or the first `count` of its lanes."""
        kind = f"<{self.lanes} x float>"
        if count >= self.lanes:
            return block(f"load {kind}, ptr {place}, align 4")
        name = f"@llvm.masked.load.v{self.lanes}f32.p0"
        self.text.declared.setdefault(name, f"declare {kind} {name}(ptr, i32, <{self.lanes} x i1>, {kind})")
        return block(f"call {kind} {name}(ptr {place}, i32 4, <{self.lanes} x i1> {self._mask(count)}, {kind} zeroinitializer)")

    def _store(self, block: Block, value: str, place: str, count: int) -> None:
        kind = f"<{self.lanes} x float>"
        if count >= self.lanes:
            block.do(f"store {kind} {value}, ptr {place}, align 4")
            return
        name = f"@llvm.masked.store.v{self.lanes}f32.p0"
        self.text.declared.setdefault(name, f"declare void {name}({kind}, ptr, i32, <{self.lanes} x i1>)")
        block.do(f"call void {name}({kind} {value}, ptr {place}, i32 4, <{self.lanes} x i1> {self._mask(count)})")


def filled(width: int) -> int:
    """The floats of a row that is filled up to whole vectors, whatever the processor."""
    return -(-width // FILL) * FILL


def _row(block: Block, base: str, index: str, width: int) -> str:
    """The address of a row."""
    offset = block(f"mul i64 {index}, {width}")
    return block(f"getelementptr float, ptr {base}, i64 {offset}")


_PACKING = {"source": "ptr", "target": "ptr", "high": "i64", "wide": "i64", "filled": "i64"}


def _pack(name: str, lanes: int) -> Routine:
    """Rows of any length become rows of whole vectors."""
    routine, kind = Routine(name, _PACKING, public=False), vector("float", lanes)
    with routine.loop(0, routine["high"]) as row, routine.loop(0, routine["filled"], lanes) as at:
        mask = routine.first_lanes(routine["wide"] - at, lanes)
        loaded = routine.load_masked(kind, routine["source"], row * routine["wide"] + at, mask, routine.value(kind, 0.0))
        routine.store(loaded, routine["target"], row * routine["filled"] + at)
    return routine


def _pack_turned(name: str, lanes: int) -> Routine:
    """The same of a matrix that lies the other way round."""
    routine = Routine(name, _PACKING, public=False)
    high = routine["high"]
    begin_of = lambda number: routine.smaller(number, routine["wide"] - 1) * high  # what is beyond is never looked at
    store_turned(routine, lanes, routine["source"], begin_of, high, routine["target"], routine["filled"])
    return routine


def _total(name: str, wide: int, lanes: int) -> Routine:
    """All elements of some rows, which lie one behind the other, are added to a number."""
    routine, kind = Routine(name, {"rows": "ptr", "target": "ptr", "count": "i64"}, public=False), vector("float", lanes)
    zero, count = routine.value(kind, 0.0), routine["count"] * wide
    sums = [routine.variable(zero) for _ in range(TOTALS)]
    whole = count - count % (TOTALS * lanes)
    with routine.loop(0, whole, TOTALS * lanes) as at:
        for number, each in enumerate(sums):
            each.set(each.get() + routine.load(kind, routine["rows"], at + number * lanes))
    with routine.loop(whole, count, lanes) as at:
        mask = routine.first_lanes(count - at, lanes)
        sums[0].set(sums[0].get() + routine.load_masked(kind, routine["rows"], at, mask, zero))
    total = functools.reduce(lambda one, other: one + other, [each.get() for each in sums])
    routine.store(routine.load("float", routine["target"]) + routine.folded("add", total), routine["target"])
    return routine


def _collect(name: str, lanes: int) -> Routine:
    """The sums of all parts of the rows, in order."""
    parameters = {"room": "ptr", "groups": "i64", "distance": "i64", "target": "ptr", "high": "i64", "wide": "i64", "filled": "i64"}
    routine, kind = Routine(name, parameters, public=False), vector("float", lanes)
    with routine.loop(0, routine["high"]) as row, routine.loop(0, routine["wide"], lanes) as at:
        place = row * routine["filled"] + at
        total = routine.variable(routine.load(kind, routine["room"], place))
        with routine.loop(1, routine["groups"]) as group:
            total.set(total.get() + routine.load(kind, routine["room"], place + group * routine["distance"]))
        mask = routine.first_lanes(routine["wide"] - at, lanes)
        routine.store_masked(total.get(), routine["target"], row * routine["wide"] + at, mask)
    return routine


def _columns(name: str, rows: int, lanes: int) -> Routine:
    """Some columns of all rows of a block."""
    parameters = {"source": "ptr", "source_width": "i64", "target": "ptr", "target_width": "i64", "wide": "i64"}
    routine, kind = Routine(name, parameters, public=False), vector("float", lanes)
    with routine.loop(0, rows) as row, routine.loop(0, routine["wide"], lanes) as at:
        mask = routine.first_lanes(routine["wide"] - at, lanes)
        loaded = routine.load_masked(kind, routine["source"], row * routine["source_width"] + at, mask, routine.value(kind, 0.0))
        routine.store_masked(loaded, routine["target"], row * routine["target_width"] + at, mask)
    return routine
