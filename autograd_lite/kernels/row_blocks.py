"""Kernels that take a few rows of a matrix through many layers before they take the next few.

A narrow network over many points (ten thousand rows, twenty columns) multiplies small matrices hundreds of times, and between two products
every intermediate array travels to memory and back. Here all that is computed for a block of rows lies in the processor's nearest cache
until the block is done: products with small weights, elementwise steps (the bodies of `kernels.elementwise`), columns cut out or joined;
and sums over the rows, which are gathered block by block.

The rows are cut into as many parts as `GROUPS` says, whatever the number of threads, and each part adds up its own sums; these are added in
order at the end. So results do not depend on the threads. Where there is little to do, one part has all rows and adds up its sums where
they belong.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Union

import numpy as np

from autograd_lite.kernels import native
from autograd_lite.kernels.arrays import ArrayArgument, ScalarArgument, builtin_text, kernel_text, unpack
from autograd_lite.kernels.assembly import Block
from autograd_lite.kernels.elementwise import NAME, WORTH_THREADS, Operand, Work, pointwise_text
from autograd_lite.kernels.lane_functions import element_of
from autograd_lite.kernels.row_functions import FILL, RowFunctions, filled
from autograd_lite.kernels.vectors import Text

__all__ = ["CopyPart", "OuterPart", "PointwisePart", "ProductPart", "RowWork", "SumPart", "TotalPart", "Value", "buffers", "made_by",
           "renumbered", "rows_text", "values_of"]

GROUPS = 16  # parts of the rows, for threads
MOST_ROWS = 64  # in a block
MOST_BYTES = 192 << 10  # that a block may need for all its intermediate values
LINE = 64  # bytes; buffers start at a line of the cache


class Value(NamedTuple):
    """What a part takes or makes: with a row of `width` elements for every row, or (`is_row` false) one array for all rows."""

    dtype: str
    shape: tuple[int, ...]
    is_row: bool

    @property
    def width(self) -> int:
        """Elements in one row."""
        return self.shape[1]


class PointwisePart(NamedTuple):
    """Elementwise steps; `work` is for all rows. `inputs`, `outputs`: values."""

    work: Work
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class ProductPart(NamedTuple):
    """Rows times weights, which are transposed if `turned`."""

    rows: int
    weights: int
    turned: bool
    output: int


class OuterPart(NamedTuple):
    """The transpose of `left` times `right`, over all rows."""

    left: int
    right: int
    output: int


class SumPart(NamedTuple):
    """The sum of all rows."""

    rows: int
    output: int


class TotalPart(NamedTuple):
    """The sum of all elements of all rows, divided by a number."""

    rows: int
    output: int
    divisor: int


class CopyPart(NamedTuple):
    """Some columns copied: from `source`, beginning at `begin`, to `target`, beginning at `at`."""

    source: int
    begin: int
    target: int
    at: int
    columns: int


Part = Union[PointwisePart, ProductPart, OuterPart, SumPart, TotalPart, CopyPart]


def values_of(part: Part) -> list[int]:
    """All values that a part takes or makes."""
    if isinstance(part, PointwisePart):
        return [*part.inputs, *part.outputs]
    if isinstance(part, ProductPart):
        return [part.rows, part.weights, part.output]
    if isinstance(part, OuterPart):
        return [part.left, part.right, part.output]
    if isinstance(part, (SumPart, TotalPart)):
        return [part.rows, part.output]
    return [part.source, part.target]


def made_by(part: Part) -> tuple[int, ...]:
    """The values that a part makes, or helps to make."""
    if isinstance(part, PointwisePart):
        return part.outputs
    return (part.target,) if isinstance(part, CopyPart) else (part.output,)


def renumbered(part: Part, numbers: Mapping[int, int]) -> Part:
    """The part with other numbers for its values."""
    if isinstance(part, PointwisePart):
        inputs, outputs = (tuple([numbers[value] for value in values]) for values in (part.inputs, part.outputs))
        return part._replace(inputs=inputs, outputs=outputs)
    names = {"rows", "weights", "left", "right", "source", "target", "output"}
    return part._replace(**{name: numbers[value] for name, value in part._asdict().items() if name in names})  # type: ignore[arg-type]


class RowWork(NamedTuple):
    """What a kernel does. The first values are its inputs; `outputs` are those that somebody else wants."""

    rows: int
    values: tuple[Value, ...]
    inputs: int
    parts: tuple[Part, ...]
    outputs: tuple[int, ...]

    @property
    def operands(self) -> tuple[Operand, ...]:
        """The inputs, as fused steps declare them."""
        return tuple([Operand(value.dtype, value.shape, is_scalar=value.shape == ()) for value in self.values[: self.inputs]])

    @property
    def domain(self) -> tuple[int, ...]:
        """What is looped over."""
        return (self.rows,)

    @property
    def cost(self) -> float:
        """About how many simple instructions it takes."""
        total = 0.0
        for part in self.parts:
            if isinstance(part, PointwisePart):
                total += part.work.cost
            elif isinstance(part, (ProductPart, OuterPart)):
                one, other = (part.rows, part.output) if isinstance(part, ProductPart) else (part.left, part.right)
                total += self.rows * self.values[one].width * self.values[other].width / 4
        return total

    @property
    def is_short(self) -> bool:
        """Whether one thread has done it before another could help."""
        return self.cost < WORTH_THREADS

    def arrays(self) -> list[tuple[str, tuple[int, ...]]]:
        """The type and shape of each array that is handed over: the outputs, and room for the sums of every part of the rows."""
        found = [(self.values[output].dtype, self.values[output].shape) for output in self.outputs]
        room = 0 if self.is_short else GROUPS * _sums_layout(self)[1]
        return [*found, ("float32", (room,))] if room else found


def _sums_layout(work: RowWork) -> tuple[dict[int, int], int]:
    """Where each sum begins in the room of one part of the rows, in elements, and how many elements there are."""
    places: dict[int, int] = {}
    total = 0
    for part in work.parts:
        if isinstance(part, OuterPart):
            places[part.output] = total
            total += work.values[part.left].width * filled(work.values[part.right].width)
        elif isinstance(part, SumPart):
            places[part.output] = total
            total += filled(work.values[part.rows].width)
        elif isinstance(part, TotalPart):
            places[part.output] = total
            total += filled(1)
    return places, total


# ------------------------------------------------------------ where values lie


class _Buffers(NamedTuple):
    """Rows in a block, the place of each value in the buffer of a block (bytes), of packed weights, and the bytes of all."""

    rows: int
    places: dict[int, int]
    weights: dict[tuple[int, bool], int]
    size: int


def buffers(work: RowWork) -> _Buffers | None:
    """Where the values of a block lie, with as many rows as fit, in blocks of equal size if possible; None if not even eight do."""
    most = MOST_ROWS
    while most >= 8:
        found = _placed(work, -(-work.rows // -(-work.rows // most)))
        if found.size <= MOST_BYTES:
            return found
        most //= 2
    return None


def _placed(work: RowWork, rows: int) -> _Buffers:
    """Give each value a place; the place of one that is done with is used again."""
    last: dict[int, int] = {}
    for index, part in enumerate(work.parts):
        for value in values_of(part):
            last[value] = index
    kept = {value for value in range(len(work.values)) if value < work.inputs or value in work.outputs}
    places: dict[int, int] = {}
    free: dict[int, list[int]] = {}
    size = 0
    for value in kept:
        if work.values[value].is_row:
            places[value] = size
            size += _bytes(work, value, rows)
    weights: dict[tuple[int, bool], int] = {}
    for part in work.parts:
        if isinstance(part, ProductPart) and (part.weights, part.turned) not in weights and _is_packed(work, part):
            weights[part.weights, part.turned] = size
            size += 4 * work.values[part.rows].width * filled(work.values[part.output].width)
    for index, part in enumerate(work.parts):
        for value in values_of(part):
            if value not in places and work.values[value].is_row:
                need = _bytes(work, value, rows)
                old = free.get(need)
                places[value] = old.pop() if old else size
                size += 0 if places[value] != size else need
        for value in set(values_of(part)):
            if last[value] == index and value not in kept and value in places:
                free.setdefault(_bytes(work, value, rows), []).append(places[value])
    return _Buffers(rows, places, weights, size)


def _is_packed(work: RowWork, part: ProductPart) -> bool:
    """Whether weights are copied: they lie the other way round, or their rows are no whole vectors."""
    return part.turned or work.values[part.output].width % FILL != 0


def _bytes(work: RowWork, value: int, rows: int) -> int:
    each = work.values[value].width * np.dtype(work.values[value].dtype).itemsize
    return -(-rows * each // LINE) * LINE


# ------------------------------------------------------------ text


def rows_text(work: RowWork, target: native.Target) -> str:
    """Return the LLVM module of a kernel, for a processor.

    Raises: ValueError when a block of rows needs more room than there is.
    """
    found = buffers(work)
    if found is None:
        raise ValueError("a block of rows does not fit")
    text = Text(target.has_wide_vectors)
    if not work.is_short:
        text.declared["parallel"] = "declare void @autograd_lite_parallel(ptr, ptr, i64)"
    text.declared["copy"] = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
    text.declared["set"] = "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"
    writer = _Writer(work, found, text)
    text.functions["group"] = writer.group()
    entry = writer.entry()
    return "\n".join([str(text), entry, builtin_text(NAME, keeps_lock=work.is_short)])


class _Writer:
    """Writes the function for one part of the rows, and the entry that starts it on all parts."""

    def __init__(self, work: RowWork, found: _Buffers, text: Text) -> None:
        self.work = work
        self.rows = found.rows
        self.found = found
        self.text = text
        self.functions = RowFunctions(text, found.rows, fills_sums=not work.is_short)
        self.sums, self.room = _sums_layout(work)
        self.arrays = work.inputs + len(work.outputs)  # the arguments before the room for sums
        self.each = work.rows if work.is_short else -(-work.rows // (GROUPS * found.rows)) * found.rows  # rows of one part
        self.block = Block()

    # ------------------------------------------------------------ the entry

    def entry(self) -> str:
        """Look at the arguments, let the threads work, add up the sums."""
        block, work = Block(), self.work
        arguments: list[ArrayArgument | ScalarArgument] = [
            ScalarArgument(element_of(operand.dtype)) if operand.is_scalar else ArrayArgument(operand.shape) for operand in work.operands]
        arguments += [ArrayArgument(shape, is_output=True) for _, shape in work.arrays()]
        loaded = unpack(block, arguments)
        env = block(f"alloca [{len(loaded)} x i64], align 8")
        for index, (argument, item) in enumerate(zip(arguments, loaded)):
            kind = argument.element if isinstance(argument, ScalarArgument) else "ptr"
            block.do(f"store {kind} {item.value}, ptr {_slot(block, env, index)}")
        if work.is_short:
            block.do(f"call void @group(ptr {env}, i64 0)")
        else:
            groups = -(-work.rows // self.each)
            block.do(f"call void @autograd_lite_parallel(ptr @group, ptr {env}, i64 {groups})")
            for output, place in self.sums.items():
                target = loaded[self._position(output)].value
                self.functions.collect(block, loaded[-1].value, place, groups, self.room, target, *self._sizes_of_sum(output))
        for part in work.parts:
            if isinstance(part, TotalPart) and part.divisor != 1:
                self.functions.divide(block, loaded[self._position(part.output)].value, part.divisor)
        return kernel_text(NAME, block)

    def _position(self, output: int) -> int:
        """Which of the arguments an output is."""
        return self.work.inputs + self.work.outputs.index(output)

    def _sizes_of_sum(self, output: int) -> tuple[int, int]:
        """Height and width of a sum over rows."""
        shape = self.work.values[output].shape
        width = shape[-1] if shape else 1
        return math.prod(shape) // width, width

    # ------------------------------------------------------------ one part of the rows

    def group(self) -> str:
        """The text of `group(env, index)`."""
        block, work = self.block, self.work
        arguments = [self._argument(index) for index in range(self.arrays)]
        sums = self._cleared_sums(arguments)
        scratch = block(f"alloca [{max(self.found.size, LINE)} x i8], align {LINE}")
        most = max([len(part.inputs) + len(part.outputs) for part in work.parts if isinstance(part, PointwisePart)], default=1)
        self.slots = block(f"alloca [{most} x i64], align 8")
        for (weights, turned), place in self.found.weights.items():
            inner, outer = self._sizes_of_weights(weights, turned)
            self.functions.pack(block, arguments[weights], _at(block, scratch, place), inner, outer, turned)
        begin = block(f"mul i64 %index, {self.each}")
        limit = block(f"add i64 {begin}, {self.each}")
        is_less = block(f"icmp slt i64 {limit}, {work.rows}")
        end = block(f"select i1 {is_less}, i64 {limit}, i64 {work.rows}")
        block.do("br label %block")
        block.do("block:")
        block.do(f"%row = phi i64 [ {begin}, %entry ], [ %following, %done ]")
        left = block(f"sub i64 {end}, %row")
        is_whole = block(f"icmp sge i64 {left}, {self.rows}")
        count = block(f"select i1 {is_whole}, i64 {self.rows}, i64 {left}")
        inside = self._take_in(arguments, scratch, is_whole, count)
        self._parts(inside, arguments, scratch, sums, count)
        self._give_out(arguments, scratch, is_whole, count)
        block.do(f"%following = add i64 %row, {self.rows}")
        block.do(f"br i1 {block(f'icmp slt i64 %following, {end}')}, label %block, label %end")
        block.do("end:")
        block.do("ret void")
        return f"define internal void @group(ptr %env, i64 %index) {{\nentry:\n{block.text()}\n}}"

    def _cleared_sums(self, arguments: Sequence[str]) -> dict[int, str]:
        """Where this part of the rows adds up each sum, which is 0 now."""
        block = self.block
        if self.work.is_short:
            places = {output: arguments[self._position(output)] for output in self.sums}
            for output, place in places.items():
                size = 4 * math.prod(self._sizes_of_sum(output))
                block.do(f"call void @llvm.memset.p0.i64(ptr {place}, i8 0, i64 {size}, i1 false)")
            return places
        if not self.sums:
            return {}
        room = block(f"load ptr, ptr {_slot(block, '%env', self.arrays)}")
        own = block(f"getelementptr float, ptr {room}, i64 {block(f'mul i64 %index, {self.room}')}")
        block.do(f"call void @llvm.memset.p0.i64(ptr {own}, i8 0, i64 {4 * self.room}, i1 false)")
        return {output: block(f"getelementptr float, ptr {own}, i64 {place}") for output, place in self.sums.items()}

    def _sizes_of_weights(self, weights: int, turned: bool) -> tuple[int, int]:
        shape = self.work.values[weights].shape
        return (shape[1], shape[0]) if turned else (shape[0], shape[1])

    def _argument(self, index: int) -> str:
        """An array's address, or the place where a scalar lies."""
        slot = _slot(self.block, "%env", index)
        is_scalar = index < self.work.inputs and self.work.values[index].shape == ()
        return slot if is_scalar else self.block(f"load ptr, ptr {slot}")

    def _row_arguments(self) -> Iterable[tuple[int, int]]:
        """The position among the arguments of each input and output that has rows, and the value."""
        for index in range(self.work.inputs):
            if self.work.values[index].is_row:
                yield index, index
        for index, output in enumerate(self.work.outputs):
            if self.work.values[output].is_row:
                yield self.work.inputs + index, output

    def _take_in(self, arguments: Sequence[str], scratch: str, is_whole: str, count: str) -> dict[int, str]:
        """The address of each input's and output's block. A last block with too few rows is worked on in a copy that has enough."""
        block, work = self.block, self.work
        direct, copied = {}, {}
        for position, value in self._row_arguments():
            each = work.values[value].width * np.dtype(work.values[value].dtype).itemsize
            direct[value] = block(f"getelementptr i8, ptr {arguments[position]}, i64 {block(f'mul i64 %row, {each}')}")
        block.do(f"br i1 {is_whole}, label %ready, label %short")
        block.do("short:")
        for position, value in self._row_arguments():
            copied[value] = _at(block, scratch, self.found.places[value])
            if position < work.inputs:
                each = work.values[value].width * np.dtype(work.values[value].dtype).itemsize
                block.do(f"call void @llvm.memset.p0.i64(ptr {copied[value]}, i8 0, i64 {each * self.rows}, i1 false)")
                size = block(f"mul i64 {count}, {each}")
                block.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {copied[value]}, ptr {direct[value]}, i64 {size}, i1 false)")
        block.do("br label %ready")
        block.do("ready:")
        self.direct = direct
        return {value: block(f"phi ptr [ {direct[value]}, %block ], [ {copied[value]}, %short ]") for value in direct}

    def _give_out(self, arguments: Sequence[str], scratch: str, is_whole: str, count: str) -> None:
        """Copy the rows of the last block to where they belong."""
        block, work = self.block, self.work
        block.do(f"br i1 {is_whole}, label %done, label %rest")
        block.do("rest:")
        for position, value in self._row_arguments():
            if position >= work.inputs:
                each = work.values[value].width * np.dtype(work.values[value].dtype).itemsize
                source = _at(block, scratch, self.found.places[value])
                size = block(f"mul i64 {count}, {each}")
                block.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {self.direct[value]}, ptr {source}, i64 {size}, i1 false)")
        block.do("br label %done")
        block.do("done:")

    def _parts(self, inside: dict[int, str], arguments: Sequence[str], scratch: str, sums: dict[int, str], count: str) -> None:
        """Everything that is done with one block."""
        block, work, functions = self.block, self.work, self.functions
        width = lambda value: work.values[value].width

        def address(value: int) -> str:
            if value in inside:
                return inside[value]
            return arguments[value] if value < work.inputs else _at(block, scratch, self.found.places[value])

        for part in work.parts:
            if isinstance(part, PointwisePart):
                self._pointwise(part, address)
            elif isinstance(part, ProductPart):
                place = self.found.weights.get((part.weights, part.turned))
                weights = arguments[part.weights] if place is None else _at(block, scratch, place)
                functions.product(block, address(part.rows), weights, address(part.output), width(part.rows), width(part.output))
            elif isinstance(part, OuterPart):
                functions.outer(block, address(part.left), address(part.right), sums[part.output], count, width(part.left),
                                width(part.right))
            elif isinstance(part, SumPart):
                functions.column_sum(block, address(part.rows), sums[part.output], count, width(part.rows))
            elif isinstance(part, TotalPart):
                functions.total(block, address(part.rows), sums[part.output], count, width(part.rows))
            else:
                functions.copy(block, address(part.source), width(part.source), part.begin, address(part.target), width(part.target),
                               part.at, part.columns)

    def _pointwise(self, part: PointwisePart, address: object) -> None:
        block, work = self.block, self.work
        rows = self.rows
        operands = tuple([operand._replace(shape=_for_block(operand.shape, work.rows, rows)) for operand in part.work.operands])
        name = self.functions.named(pointwise_text(part.work._replace(domain=(rows, part.work.domain[1]), operands=operands), self.text))
        for index, value in enumerate((*part.inputs, *part.outputs)):
            slot = _slot(block, self.slots, index)
            item = work.values[value]
            if value < work.inputs and item.shape == ():
                element = element_of(item.dtype)
                block.do(f"store {element} {block(f'load {element}, ptr {address(value)}')}, ptr {slot}")  # type: ignore[operator]
            else:
                block.do(f"store ptr {address(value)}, ptr {slot}")  # type: ignore[operator]
        block.do(f"call void @{name}(ptr {self.slots}, i64 0)")


def _for_block(shape: tuple[int, ...], rows: int, in_block: int) -> tuple[int, ...]:
    return (in_block, *shape[1:]) if len(shape) == 2 and shape[0] == rows else shape


def _slot(block: Block, env: str, index: int) -> str:
    return block(f"getelementptr i64, ptr {env}, i64 {index}")


def _at(block: Block, base: str, offset: int) -> str:
    return block(f"getelementptr i8, ptr {base}, i64 {offset}")
