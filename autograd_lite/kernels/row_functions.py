"""The functions of which kernels over rows consist: products of a block of rows, sums over its rows, columns copied.

Each is written once for its sizes and called as often as they occur.
"""
from __future__ import annotations

from autograd_lite.kernels.assembly import Block
from autograd_lite.kernels.vectors import Text

__all__ = ["RowFunctions"]

FILL = 16  # floats to which rows of packed weights and of sums are filled up


class RowFunctions:
    """Writes calls into a block, and the functions that they call into the text of the module.

    rows: in a block, a multiple of 8.
    """

    def __init__(self, text: Text, rows: int) -> None:
        self.text = text
        self.rows = rows
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

    def pack(self, block: Block, source: str, target: str, inner: int, outer: int, filled: int, turned: bool) -> None:
        """Copy weights so that each of their `inner` rows is filled up with zeros to a whole number of vectors."""
        name = self._once("pack", _pack)
        steps = (1, inner) if turned else (outer, 1)
        block.do(f"call void @{name}(ptr {source}, ptr {target}, i64 {inner}, i64 {outer}, i64 {filled}, i64 {steps[0]}, i64 {steps[1]})")

    def copy(self, block: Block, source: str, source_width: int, begin: int, target: str, target_width: int, at: int, count: int) -> None:
        """Copy columns of a block."""
        name = self._once("columns", lambda name: _columns(name, self.rows))
        first = block(f"getelementptr float, ptr {source}, i64 {begin}")
        place = block(f"getelementptr float, ptr {target}, i64 {at}")
        block.do(f"call void @{name}(ptr {first}, i64 {source_width}, ptr {place}, i64 {target_width}, i64 {count})")

    def collect(self, block: Block, room: str, place: int, groups: int, distance: int, target: str, high: int, wide: int,
                filled: int) -> None:  # fmt: skip
        """Add up the sums of all parts of the rows, in order."""
        name = self._once("collect", _collect)
        first = block(f"getelementptr float, ptr {room}, i64 {place}")
        block.do(f"call void @{name}(ptr {first}, i64 {groups}, i64 {distance}, ptr {target}, i64 {high}, i64 {wide}, i64 {filled})")

    def _once(self, name: str, write: object) -> str:
        if name not in self.text.functions:
            self.text.functions[name] = write(name)  # type: ignore[operator]
        return name

    # ------------------------------------------------------------ texts

    def _product(self, name: str, inner: int, outer: int) -> str:
        """A tile of rows and all columns is summed up in registers."""
        vectors = -(-outer // self.lanes)
        tile = max(1, min(8, self.registers // vectors))
        while self.rows % tile:
            tile //= 2
        kind, block = f"<{self.lanes} x float>", Block()
        packed = -(-outer // FILL) * FILL
        rows = [_row(block, "%rows", block(f"add i64 %row, {index}"), inner) for index in range(tile)]
        block.do("br label %sum")
        block.do("sum:")
        block.do("%at = phi i64 [ 0, %tile ], [ %more, %sum ]")
        sums = [[f"%s{index}_{vector}" for vector in range(vectors)] for index in range(tile)]
        for each in (item for row in sums for item in row):
            block.do(f"{each} = phi {kind} [ zeroinitializer, %tile ], [ {each}n, %sum ]")
        line = _row(block, "%weights", "%at", packed)
        weights = [block(f"load {kind}, ptr {block(f'getelementptr float, ptr {line}, i64 {vector * self.lanes}')}, align 4")
                   for vector in range(vectors)]
        for index in range(tile):
            factor = self._spread(block, block(f"load float, ptr {block(f'getelementptr float, ptr {rows[index]}, i64 %at')}"))
            for vector in range(vectors):
                block.do(f"{sums[index][vector]}n = {self._fma(factor, weights[vector], sums[index][vector])}")
        block.do("%more = add i64 %at, 1")
        block.do(f"br i1 {block(f'icmp slt i64 %more, {inner}')}, label %sum, label %store")
        block.do("store:")
        for index in range(tile):
            base = _row(block, "%target", block(f"add i64 %row, {index}"), outer)
            for vector in range(vectors):
                place = block(f"getelementptr float, ptr {base}, i64 {vector * self.lanes}")
                self._store(block, f"{sums[index][vector]}n", place, outer - vector * self.lanes)
        return (f"define internal void @{name}(ptr %rows, ptr %weights, ptr %target) noinline {{\nentry:\n  br label %tile\ntile:\n"
                f"  %row = phi i64 [ 0, %entry ], [ %next, %store ]\n{block.text()}\n  %next = add i64 %row, {tile}\n"
                f"  %goes_on = icmp slt i64 %next, {self.rows}\n  br i1 %goes_on, label %tile, label %end\nend:\n  ret void\n}}")

    def _outer(self, name: str, high: int, wide: int) -> str:
        """A tile of the sum is kept in registers while all rows go by."""
        vectors = -(-wide // self.lanes)
        tile = max(1, min(8, high, self.registers // vectors))
        block = Block()
        label = "entry"
        for first in range(0, high, tile):
            label = self._outer_tile(block, label, first, min(tile, high - first), high, wide, vectors)
        return (f"define internal void @{name}(ptr %left, ptr %right, ptr %target, i64 %count) noinline {{\nentry:\n{block.text()}\n"
                "  ret void\n}")

    def _outer_tile(self, block: Block, before: str, first: int, tile: int, high: int, wide: int, vectors: int) -> str:
        kind, filled = f"<{self.lanes} x float>", -(-wide // FILL) * FILL
        places = [[block(f"getelementptr float, ptr %target, i64 {(first + index) * filled + vector * self.lanes}")
                   for vector in range(vectors)] for index in range(tile)]
        starts = [[block(f"load {kind}, ptr {place}, align 4") for place in row] for row in places]
        block.do(f"br label %t{first}")
        block.do(f"t{first}:")
        block.do(f"%r{first} = phi i64 [ 0, %{before} ], [ %n{first}, %t{first} ]")
        names = [[f"%o{first}_{index}_{vector}" for vector in range(vectors)] for index in range(tile)]
        for row, begin in zip(names, starts):
            for each, start in zip(row, begin):
                block.do(f"{each} = phi {kind} [ {start}, %{before} ], [ {each}n, %t{first} ]")
        base = _row(block, "%right", f"%r{first}", wide)
        rights = [self._load(block, block(f"getelementptr float, ptr {base}, i64 {vector * self.lanes}"), wide - vector * self.lanes)
                  for vector in range(vectors)]
        lefts = block(f"getelementptr float, ptr {_row(block, '%left', f'%r{first}', high)}, i64 {first}")
        for index, row in enumerate(names):
            factor = self._spread(block, block(f"load float, ptr {block(f'getelementptr float, ptr {lefts}, i64 {index}')}"))
            for each, right in zip(row, rights):
                block.do(f"{each}n = {self._fma(factor, right, each)}")
        block.do(f"%n{first} = add i64 %r{first}, 1")
        block.do(f"br i1 {block(f'icmp slt i64 %n{first}, %count')}, label %t{first}, label %u{first}")
        block.do(f"u{first}:")
        for row, targets in zip(names, places):
            for each, place in zip(row, targets):
                block.do(f"store {kind} {each}n, ptr {place}, align 4")
        return f"u{first}"

    def _column_sum(self, name: str, wide: int) -> str:
        kind, block, vectors = f"<{self.lanes} x float>", Block(), -(-wide // self.lanes)
        places = [block(f"getelementptr float, ptr %target, i64 {vector * self.lanes}") for vector in range(vectors)]
        starts = [block(f"load {kind}, ptr {place}, align 4") for place in places]
        block.do("br label %rows_")
        block.do("rows_:")
        block.do("%row = phi i64 [ 0, %entry ], [ %next, %rows_ ]")
        for vector, start in enumerate(starts):
            block.do(f"%s{vector} = phi {kind} [ {start}, %entry ], [ %n{vector}, %rows_ ]")
        base = _row(block, "%rows", "%row", wide)
        for vector in range(vectors):
            loaded = self._load(block, block(f"getelementptr float, ptr {base}, i64 {vector * self.lanes}"), wide - vector * self.lanes)
            block.do(f"%n{vector} = fadd {kind} %s{vector}, {loaded}")
        block.do("%next = add i64 %row, 1")
        block.do(f"br i1 {block('icmp slt i64 %next, %count')}, label %rows_, label %end")
        block.do("end:")
        for vector, place in enumerate(places):
            block.do(f"store {kind} %n{vector}, ptr {place}, align 4")
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


def _loops(name: str, arguments: str, sizes: tuple[str, str], body: Block) -> str:
    """A function of two loops, `%i` below the first size and `%j` below the second."""
    return (f"define internal void @{name}({arguments}) noinline {{\nentry:\n  br label %outer\nouter:\n"
            f"  %i = phi i64 [ 0, %entry ], [ %ni, %after ]\n  br label %inner\ninner:\n  %j = phi i64 [ 0, %outer ], [ %nj, %inner_end ]\n"
            f"{body.text()}\n  br label %inner_end\ninner_end:\n  %nj = add i64 %j, 1\n  %cj = icmp slt i64 %nj, {sizes[1]}\n"
            f"  br i1 %cj, label %inner, label %after\nafter:\n  %ni = add i64 %i, 1\n  %ci = icmp slt i64 %ni, {sizes[0]}\n"
            "  br i1 %ci, label %outer, label %end\nend:\n  ret void\n}")


def _row(block: Block, base: str, index: str, width: int) -> str:
    """The address of a row."""
    offset = block(f"mul i64 {index}, {width}")
    return block(f"getelementptr float, ptr {base}, i64 {offset}")


def _place(block: Block, base: str, i: str, i_step: str, j: str, j_step: str) -> str:
    offset = block(f"add i64 {block(f'mul i64 {i}, {i_step}')}, {block(f'mul i64 {j}, {j_step}')}")
    return block(f"getelementptr float, ptr {base}, i64 {offset}")


def _pack(name: str) -> str:
    block = Block()
    is_inside = block("icmp slt i64 %j, %wide")
    column = block(f"select i1 {is_inside}, i64 %j, i64 0")
    value = block(f"load float, ptr {_place(block, '%source', '%i', '%down', column, '%right')}")
    filled = block(f"select i1 {is_inside}, float {value}, float 0.0")
    block.do(f"store float {filled}, ptr {_place(block, '%target', '%i', '%filled', '%j', '1')}")
    arguments = "ptr %source, ptr %target, i64 %high, i64 %wide, i64 %filled, i64 %down, i64 %right"
    return _loops(name, arguments, ("%high", "%filled"), block)


def _columns(name: str, rows: int) -> str:
    block = Block()
    value = block(f"load float, ptr {_place(block, '%source', '%i', '%source_width', '%j', '1')}")
    block.do(f"store float {value}, ptr {_place(block, '%target', '%i', '%target_width', '%j', '1')}")
    return _loops(name, "ptr %source, i64 %source_width, ptr %target, i64 %target_width, i64 %wide", (str(rows), "%wide"), block)


def _collect(name: str) -> str:
    block = Block()
    first = _place(block, "%room", "%i", "%filled", "%j", "1")
    begin = block(f"load float, ptr {first}")
    block.do("br label %groups_")
    block.do("groups_:")
    block.do("%g = phi i64 [ 0, %inner ], [ %ng, %add ]")
    block.do(f"%total = phi float [ {begin}, %inner ], [ %sum, %add ]")
    block.do("%ng = add i64 %g, 1")
    block.do(f"br i1 {block('icmp slt i64 %ng, %groups')}, label %add, label %store")
    block.do("add:")
    place = block(f"getelementptr float, ptr {first}, i64 {block('mul i64 %ng, %distance')}")
    block.do(f"%sum = fadd float %total, {block(f'load float, ptr {place}')}")
    block.do("br label %groups_")
    block.do("store:")
    block.do(f"store float %total, ptr {_place(block, '%target', '%i', '%wide', '%j', '1')}")
    return _loops(name, "ptr %room, i64 %groups, i64 %distance, ptr %target, i64 %high, i64 %wide, i64 %filled", ("%high", "%wide"), block)
